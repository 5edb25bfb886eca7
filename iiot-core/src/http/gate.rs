//! Who comes in.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use parking_lot::Mutex;

use super::failures::{Failures, Verdict};
use super::keys::{ApiKeys, Grant};
use super::limiter::{Limiter, Pass};
use super::problem::Refusal;
use super::stats::Stats;
use super::tokens::Tokens;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};

/// Checks keys and tokens, and how much each has running.
pub(super) struct Gate {
    pub(super) keys: Arc<ApiKeys>,
    pub(super) tokens: Option<Arc<Tokens>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stats: Arc<Stats>,
    pub(super) failures: Mutex<Failures>,
    pub(super) calls: Limiter<String>,
}

impl Gate {
    /// Whom the key or token stands for that the request shows.
    pub(super) async fn admit(&self, headers: &HeaderMap, address: IpAddr) -> Result<Grant, Refusal> {
        let Some(shown) = shown(headers) else { return Err(self.refused(missing())) };
        let granted = match &self.tokens {
            Some(tokens) if shown.contains('.') => tokens.check(shown).await,
            _ => self.keys.check(shown, self.clock.utc()),
        };
        granted.map_err(|error| match error.kind() {
            ErrorKind::Unauthenticated => self.failed(error, address),
            _ => Refusal::from(error),
        })
    }

    /// A place among the calls of a key.
    pub(super) fn enter(&self, grant: &Grant) -> Result<Pass<String>, Refusal> {
        self.calls.enter(grant.id.clone()).ok_or_else(|| {
            let message = "too many calls and streams run with this API key or for this user; end some, or try again";
            let error = Error::new(ErrorKind::LimitExceeded, "take the request", message);
            Refusal::from(error).with_header(RETRY_AFTER, HeaderValue::from_static("1"))
        })
    }

    fn failed(&self, error: Error, address: IpAddr) -> Refusal {
        match self.failures.lock().failed(address, self.clock.now()) {
            Verdict::Tell => self.refused(error),
            Verdict::TooMany { wait, first } => {
                if first {
                    tracing::warn!(%address, "somebody tries one wrong API key or token after the other");
                }
                self.stats.unauthenticated.fetch_add(1, Ordering::Relaxed);
                too_many(wait)
            }
        }
    }

    fn refused(&self, error: Error) -> Refusal {
        self.stats.unauthenticated.fetch_add(1, Ordering::Relaxed);
        Refusal::from(error).with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"iiot\""))
    }
}

/// What stands behind `Bearer` in the only header of its kind.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (all.next()?, all.next()) else { return None };
    let (scheme, key) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn missing() -> Error {
    let message = "an API key is needed: give one as `Authorization: Bearer iiot_ID_SECRET`";
    Error::new(ErrorKind::Unauthenticated, "check API key", message)
}

fn too_many(wait: Duration) -> Refusal {
    let message = "too many wrong API keys or tokens came from this address; a right one is still taken";
    let seconds = wait.as_secs().max(1);
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, ErrorKind::LimitExceeded, message)
        .with_header(RETRY_AFTER, HeaderValue::from(seconds))
}
