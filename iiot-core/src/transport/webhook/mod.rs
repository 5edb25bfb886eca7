//! Messages as HTTP requests.

mod connection;
mod options;
mod pace;
mod request;
#[cfg(test)]
mod tests;
mod verdict;

use std::fmt;
use std::time::Instant;

use async_trait::async_trait;
use futures::stream::BoxStream;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{Carries, Message, Transport};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use connection::Connection;
use pace::Pace;
use verdict::Verdict;

pub use options::WebhookOptions;

/// A [`Transport`] that sends each message as a request to one URL, POST or PUT.
///
/// One request is under way at a time, so that messages arrive in order; a writer group that has many
/// batches them. The header `Idempotency-Key` carries [`Message::id`], the same whenever the message is
/// sent again, so that a server can drop what it has had. `X-Topic` carries the topic; properties are
/// headers: `ce-…` where they are those of a CloudEvent, else `X-Property-…`.
///
/// | answer | |
/// |---|---|
/// | 2xx | the server has the message |
/// | 400, 422 | the server cannot take this message; it is sent three times, then given up with `InvalidArgument` |
/// | 413 | it is too large, and given up at once |
/// | everything else: 401, 403, 404, 3xx, 429, 5xx … and no answer | the message waits and is sent again |
///
/// What is wrong with address, key or server concerns every message, so none is given up for it:
/// [`publish`](Transport::publish) fails with `Unavailable` or what fits after
/// [`WebhookOptions::timeout`], and whoever calls it again goes on. The time between two attempts doubles
/// up to a minute, is shortened at random by up to half, and never ends before a `Retry-After` (of an
/// hour at most). A redirect is not followed: it would carry the key elsewhere.
///
/// Nothing can be received: [`subscribe`](Transport::subscribe) fails with `Unsupported`.
pub struct WebhookTransport {
    options: WebhookOptions,
    line: Mutex<Line>,
    closed: CancellationToken,
}

/// What one request at a time uses.
struct Line {
    connection: Connection,
    pace: Pace,
    /// What was wrong last, for those who have waited in vain.
    trouble: Option<String>,
}

impl WebhookTransport {
    /// A client that connects with its first message.
    ///
    /// # Errors
    /// `InvalidArgument` for certificates and headers that cannot be used.
    pub fn new(options: WebhookOptions) -> Result<Self> {
        let line = Line { connection: Connection::new(&options)?, pace: Pace::default(), trouble: None };
        Ok(Self { options, line: Mutex::new(line), closed: CancellationToken::new() })
    }

    async fn deliver(&self, message: &Message) -> Result<()> {
        let deadline = SystemClock.now() + self.options.timeout;
        let id = message.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        let late = || self.failed("other messages are waited for".to_owned());
        let mut line = tokio::time::timeout_at(deadline.into(), self.line.lock()).await.map_err(|_| late())?;
        let mut refusals = 0;
        loop {
            self.wait(&line, deadline).await?;
            let request = request::of(&self.options, message, &id)?;
            let outcome = line.connection.send(request, self.options.attempt_timeout).await;
            let verdict = Verdict::of(outcome.as_ref());
            let (now, random) = (SystemClock.now(), uuid::Uuid::new_v4().as_fields().0);
            line.pace.handle(&verdict, now, random);
            line.trouble = verdict.trouble();
            match verdict {
                Verdict::Taken => return Ok(()),
                Verdict::Never { kind, reason, at_once } => {
                    refusals += 1;
                    if at_once || refusals == MAX_REFUSALS {
                        return Err(Error::new(kind, PUBLISH, reason).retryable(false));
                    }
                }
                Verdict::Later { .. } => {}
            }
        }
    }

    /// Until the next attempt may be made; fails if that is too late.
    async fn wait(&self, line: &Line, deadline: Instant) -> Result<()> {
        let Some(next) = line.pace.next_attempt() else { return Ok(()) };
        let trouble = || line.trouble.clone().unwrap_or_default();
        if next >= deadline {
            // Not at once, or the caller would spin.
            SystemClock.sleep_until(deadline).await;
            return Err(self.failed(trouble()));
        }
        SystemClock.sleep_until(next).await;
        Ok(())
    }

    fn failed(&self, reason: String) -> Error {
        Error::new(ErrorKind::Unavailable, PUBLISH, reason)
    }
}

#[async_trait]
impl Transport for WebhookTransport {
    async fn publish(&self, message: Message) -> Result<()> {
        let closed = || Err(Error::new(ErrorKind::Closed, PUBLISH, "the transport was closed"));
        let sent = tokio::select! {
            biased;
            () = self.closed.cancelled() => closed(),
            sent = self.deliver(&message) => sent,
        };
        sent.map_err(|error| error.with("server", self.address()).with("topic", message.topic))
    }

    async fn subscribe(&self, _: &str) -> Result<BoxStream<'static, Message>> {
        Err(Error::new(ErrorKind::Unsupported, "subscribe", "messages are sent to an HTTP server, and none received"))
    }

    fn max_payload(&self) -> Option<usize> {
        None
    }

    fn carries(&self) -> Carries {
        Carries::NOTHING
    }

    fn address(&self) -> String {
        self.options.address()
    }

    async fn close(&self) {
        // Who holds the line finishes its request first, for a while.
        let _ = tokio::time::timeout(CLOSE_PATIENCE, self.line.lock()).await;
        self.closed.cancel();
    }
}

impl fmt::Debug for WebhookTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookTransport").field("address", &self.address()).finish_non_exhaustive()
    }
}

const PUBLISH: &str = "send to the HTTP server";
const MAX_REFUSALS: u32 = 3;
const CLOSE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
