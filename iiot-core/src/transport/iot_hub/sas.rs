//! Signatures that an IoT Hub takes as password.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Secret;
use crate::time::UtcTime;
use crate::transport::mqtt::{Token, TokenSource};
use crate::transport::percent::encoded;

/// A key of a device; never shown.
#[derive(Clone)]
pub struct SasKey(Zeroizing<Vec<u8>>);

impl SasKey {
    /// The key as the portal shows it.
    ///
    /// # Errors
    /// `InvalidArgument` if it is not Base64, or empty.
    pub fn from_base64(text: &str) -> Result<Self> {
        let key = STANDARD.decode(text).ok().filter(|key| !key.is_empty());
        let wrong = || Error::new(ErrorKind::InvalidArgument, "read shared access key", "the key is not Base64");
        key.map(|key| Self(Zeroizing::new(key))).ok_or_else(wrong)
    }

    /// The signature for `resource` (not encoded), good until `expiry` in seconds since 1970.
    #[must_use]
    pub fn sign(&self, resource: &str, expiry: u64) -> Secret {
        let resource = encoded(resource);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let signature = STANDARD.encode(hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes()));
        let signature = encoded(&signature);
        format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}").into()
    }
}

impl fmt::Debug for SasKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SasKey")
    }
}

/// Signs for one resource, and says when to sign anew.
#[derive(Debug)]
pub(super) struct SasTokens {
    key: SasKey,
    resource: String,
    lifetime: Duration,
}

impl SasTokens {
    pub(super) fn new(key: SasKey, resource: &str, lifetime: Duration) -> Self {
        Self { key, resource: resource.to_owned(), lifetime }
    }
}

impl TokenSource for SasTokens {
    fn token(&self, now: UtcTime) -> Result<Token> {
        let expiry = now.since(UtcTime::UNIX_EPOCH) + self.lifetime;
        // Rounded up: a short life must not become none.
        let seconds = expiry.as_secs() + u64::from(expiry.subsec_nanos() > 0);
        let until_renewal = self.lifetime.mul_f64(RENEWAL);
        let ticks = i64::try_from(until_renewal.as_nanos() / 100).unwrap_or(i64::MAX);
        let renew_at = UtcTime::from_ticks(now.ticks().saturating_add(ticks));
        Ok(Token { text: self.key.sign(&self.resource, seconds), renew_at })
    }
}

/// The part of its life after which a signature is renewed: the rest is for clocks that differ and for
/// hubs that are away just then.
const RENEWAL: f64 = 0.85;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn signatures_are_renewed_before_they_end() {
        let tokens =
            SasTokens::new(SasKey::from_base64("c2VjcmV0").unwrap(), "hub/devices/d", Duration::from_secs(3600));
        let mut now = UtcTime::from_ticks(UtcTime::UNIX_EPOCH.ticks() + 10_000_000 * 1_700_000_000);
        for round in 0..3 {
            let token = tokens.token(now).unwrap();
            let ends = 1_700_000_000 + round * 3060 + 3600;
            assert!(token.text.expose().ends_with(&format!("&se={ends}")), "{}", token.text.expose());
            assert_eq!(token.renew_at.since(now), Duration::from_secs(3060));
            now = token.renew_at;
        }
        let (a, b) = (tokens.token(now).unwrap(), tokens.token(now).unwrap());
        assert_eq!(a.text.expose(), b.text.expose(), "nothing but the time is in it");
    }
}
