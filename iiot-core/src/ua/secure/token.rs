//! Security tokens: which keys secure and open a chunk, and when they are renewed (OPC 10000-4 §5.5.2).

use std::time::{Duration, Instant};

use bytes::BytesMut;

use crate::error::{Error, Result};
use crate::ua::StatusCode;
use crate::ua::secure::chunk::{OpenedChunk, Protection, token_id};
use crate::ua::secure::fault::protocol;

/// A token as OPN issued it, with the keys of both directions.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) id: u32,
    pub(crate) issued: Instant,
    pub(crate) lifetime: Duration,
    /// Secures what we send.
    pub(crate) own: Protection,
    /// Opens what we receive.
    pub(crate) remote: Protection,
}

/// The token in use and what is left of the one before it.
#[derive(Debug)]
pub(crate) struct Tokens {
    current: Token,
    previous: Option<Previous>,
}

#[derive(Debug)]
struct Previous {
    id: u32,
    /// Gone after the grace period.
    remote: Option<Protection>,
    expires: Instant,
}

impl Token {
    /// When to ask for the next token: after 75 % of the lifetime.
    fn renewal(&self) -> Instant {
        self.issued + self.lifetime * 3 / 4
    }

    /// When nothing may be accepted under it any more: after 125 % of the lifetime.
    fn expiry(&self) -> Instant {
        self.issued + self.lifetime * 5 / 4
    }
}

impl Tokens {
    pub(crate) fn new(first: Token) -> Self {
        Self { current: first, previous: None }
    }

    /// Uses `next` from now on; chunks under the old token are still taken for a while.
    pub(crate) fn renew(&mut self, next: Token) {
        let old = std::mem::replace(&mut self.current, next);
        self.previous = Some(Previous { id: old.id, expires: old.expiry(), remote: Some(old.remote) });
    }

    pub(crate) fn current(&self) -> &Token {
        &self.current
    }

    /// Checks a chunk and decrypts it in place. Fails with `BadSecureChannelTokenUnknown` or `BadSecurityChecksFailed`.
    pub(crate) fn open(&mut self, frame: &mut BytesMut) -> Result<OpenedChunk> {
        let id = token_id(frame)?;
        if id == self.current.id {
            return self.current.remote.open(frame);
        }
        match &self.previous {
            Some(previous) if previous.id == id => self.open_late(frame),
            _ => Err(unknown(id)),
        }
    }

    /// The next time at which [`renewal_is_due`](Self::renewal_is_due), [`has_expired`](Self::has_expired)
    /// or the old keys change. `renewing` says that a renewal is under way.
    pub(crate) fn deadline(&self, renewing: bool) -> Instant {
        let own = if renewing { self.current.expiry() } else { self.current.renewal() };
        let grace = self.previous.as_ref().filter(|previous| previous.remote.is_some());
        grace.map_or(own, |previous| previous.expires.min(own))
    }

    pub(crate) fn renewal_is_due(&self, now: Instant) -> bool {
        now >= self.current.renewal()
    }

    pub(crate) fn has_expired(&self, now: Instant) -> bool {
        now >= self.current.expiry()
    }

    /// Drops the old keys after their grace period.
    pub(crate) fn expire_previous(&mut self, now: Instant) {
        if let Some(previous) = self.previous.as_mut().filter(|previous| now >= previous.expires) {
            previous.remote = None;
        }
    }

    /// Opens a chunk that names the old token. Some servers (node-opcua) answer each request under the
    /// token that it came with, also after they have used the new one, and once the old token has
    /// expired with its id but the new keys, hence the second try.
    fn open_late(&self, frame: &mut BytesMut) -> Result<OpenedChunk> {
        let old = self.previous.as_ref().and_then(|previous| previous.remote.as_ref());
        if let Some(protection) = old {
            // Decryption works in place: keep what arrived for the second try.
            let mut copy = frame.clone();
            if let Ok(opened) = protection.open(&mut copy) {
                *frame = copy;
                return Ok(opened);
            }
        }
        self.current.remote.open(frame)
    }
}

fn unknown(id: u32) -> Error {
    let message = format!("a chunk names token {id}, which has expired or was never issued");
    protocol(StatusCode::BadSecureChannelTokenUnknown, message)
}
