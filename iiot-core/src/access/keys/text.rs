//! The text of a key, `iiot_ID_SECRET`, and what is kept of it.

use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// The SHA-256 of a secret.
///
/// Not a slow hash such as Argon2id: those make guessing expensive where people choose secrets. Ours are 256 random bits,
/// which nobody guesses at any speed, and a slow hash on each request would be a way to wear the server out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SecretHash([u8; 32]);

/// A random id and secret.
pub(super) fn generate() -> Result<(String, Zeroizing<String>)> {
    let (mut id, mut secret) = ([0; 8], Zeroizing::new([0; 32]));
    rand::fill(&mut id).and_then(|()| rand::fill(&mut *secret)).map_err(|_| no_random())?;
    Ok((hex(&id), Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*secret))))
}

/// The text of a key.
pub(super) fn join(id: &str, secret: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{PREFIX}{id}_{secret}"))
}

/// Id and secret of a text, if it is one of a key.
pub(super) fn split(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(PREFIX)?.split_once('_').filter(|(id, secret)| id.len() == 16 && secret.len() == 43)
}

impl SecretHash {
    pub(super) fn of(secret: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
        Self(hash)
    }

    /// The hash of a text with 64 hexadecimal digits.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        bytes_of_hex(text).map(Self)
    }

    pub(super) fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Whether they are equal, in a time that does not tell where they differ.
    pub(super) fn matches(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that 64 hexadecimal digits stand for.
pub(super) fn bytes_of_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

fn no_random() -> Error {
    Error::new(ErrorKind::Internal, "make API key", "the system gives no random numbers")
}

const PREFIX: &str = "iiot_";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn texts_split_as_they_were_joined() {
        let (id, secret) = generate().unwrap();
        assert_eq!(split(&join(&id, &secret)), Some((id.as_str(), secret.as_str())));
        let (long, joined) = (format!("{}x", *join(&id, &secret)), join(&id, &secret).replacen(&id, "", 1));
        for other in ["", "iiot_", "iiot_1_2", "bearer", &long, &joined] {
            assert_eq!(split(other), None, "{other}");
        }
    }

    #[test]
    fn hashes_read_back_and_match_their_secret_only() {
        let hash = SecretHash::of("a");
        assert!(SecretHash::from_hex(&hash.to_hex()).unwrap().matches(&SecretHash::of("a")));
        assert!(!hash.matches(&SecretHash::of("b")));
        assert_eq!(hash.to_hex(), "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
        assert!(SecretHash::from_hex("ca").is_none());
        assert!(SecretHash::from_hex(&"ä".repeat(32)).is_none());
    }
}
