//! JSON Web Tokens: callers whom somebody else vouches for.

mod key_set;
mod known;
mod pace;
mod source;
#[cfg(test)]
mod tests;
mod verdict;

use std::sync::Arc;

use jsonwebtoken::crypto::{CryptoProvider, aws_lc};
use parking_lot::Mutex;

use self::key_set::KeySet;
use self::known::People;
use self::pace::Pace;
pub use self::source::KeySource;
use super::keys::Grant;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Role;

/// Whose tokens are taken, and what they must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenOptions {
    /// The public keys of the issuer, as JSON Web Key Set (RFC 7517).
    pub keys: KeySource,
    /// The claim `iss` of each token.
    pub issuer: String,
    /// What the claim `aud` of each token names.
    pub audience: String,
    /// The claim with the role: its name, or a JSON pointer to it, as `/realm_access/roles`. It holds one or several of `reader`,
    /// `operator`, `approver` and `administrator` as a list or a text with spaces, among others; the highest counts.
    pub role_claim: String,
}

/// Takes JSON Web Tokens (RFC 7519) of one issuer, signed by RS256, ES256 or EdDSA (Ed25519).
///
/// The issuer's keys are fetched when the first token comes, again after ten minutes, and at most each half minute when a
/// token names a key that is not known. While they cannot be fetched those known stay in force. A token needs `exp` and
/// `sub`, which becomes the principal's name; clocks may differ by half a minute.
///
/// ```no_run
/// # async fn example(text: &str) -> iiot_core::Result<()> {
/// use std::sync::Arc;
/// use iiot_core::clock::SystemClock;
/// use iiot_core::http::{KeySource, TokenOptions, Tokens};
///
/// let options = TokenOptions {
///     keys: KeySource::parse("https://login.example.com/keys")?,
///     issuer: "https://login.example.com".into(),
///     audience: "plant".into(),
///     role_claim: "roles".into(),
/// };
/// let tokens = Arc::new(Tokens::new(options, Arc::new(SystemClock)));
/// println!("{}", tokens.check(text).await?.name);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Tokens {
    options: TokenOptions,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    people: Mutex<People>,
    /// Held by whoever fetches; the others wait for what comes of it.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Arc<KeySet>,
    pace: Pace,
}

impl Tokens {
    /// Fetches nothing yet.
    #[must_use]
    pub fn new(options: TokenOptions, clock: Arc<dyn Clock>) -> Self {
        // Another crate of the process may have chosen already; it then verifies for us too.
        let _ = CryptoProvider::install_default(&aws_lc::DEFAULT_PROVIDER);
        let (known, people) = (Mutex::default(), Mutex::default());
        Self { options, clock, known, people, fetching: tokio::sync::Mutex::default() }
    }

    /// Who shows this token.
    ///
    /// # Errors
    /// `Unauthenticated` if it is not valid, `Forbidden` if it is and gives none of our roles.
    pub async fn check(self: &Arc<Self>, token: &str) -> Result<Grant> {
        let header = verdict::header(token)?;
        if self.known.lock().pace.is_stale(self.clock.now()) {
            // The keys that are known are good enough for this token.
            let this = Arc::clone(self);
            tokio::spawn(async move { this.fetch(|_| false).await });
        }
        let find = |keys: &KeySet| keys.find(&header).is_some();
        if !find(&self.keys()) {
            self.fetch(find).await;
        }
        let keys = self.keys();
        let key =
            keys.find(&header).ok_or_else(|| refused("none of the issuer's keys that are known has signed it"))?;
        let grant = verdict::verdict(token, key, &self.options, self.clock.utc())?;
        self.people.lock().came(&grant, self.clock.utc());
        Ok(grant)
    }

    /// The role that somebody had in his latest token, for eight hours after that has expired, so that what he decided counts while
    /// others still have to decide; `None` for who has not come since this process was started.
    #[must_use]
    pub fn role_of(&self, name: &str) -> Option<Role> {
        self.people.lock().role_of(name, self.clock.utc())
    }

    fn keys(&self) -> Arc<KeySet> {
        Arc::clone(&self.known.lock().keys)
    }

    /// Fetches the keys, unless others have and they will do, or it was tried a moment ago.
    async fn fetch(&self, will_do: impl Fn(&KeySet) -> bool) {
        let _turn = self.fetching.lock().await;
        if will_do(&self.keys()) || !self.known.lock().pace.try_now(self.clock.now()) {
            return;
        }
        match self.options.keys.read().await.and_then(|text| KeySet::parse(&text)) {
            Ok(keys) => {
                let mut known = self.known.lock();
                known.keys = Arc::new(keys);
                known.pace.fetched(self.clock.now());
            }
            Err(error) => tracing::warn!("the keys for tokens stay as they were: {}", error.report()),
        }
    }
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unauthenticated, "check token", message)
}
