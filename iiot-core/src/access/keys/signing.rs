//! Signing with an API key: what shows who asks where the key itself must not be shown.
//!
//! An Ed25519 key follows from the secret of each API key. Its owner signs with it; the file of the keys holds the public
//! half, so that one list says who may do what on every face, and one revocation ends it on all of them. A process that asks
//! many places has a key of its own instead, whose public half the places are told.

use aws_lc_rs::hkdf::{self, HKDF_SHA256, Salt};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::caller::CallerKey;
#[cfg(feature = "rpc")]
use super::seed;
use super::text;
use crate::error::{Error, ErrorKind, Result};

/// Signs requests of whoever has an API key.
#[derive(Debug)]
pub struct SigningKey {
    id: String,
    pair: Ed25519KeyPair,
}

/// The public half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct VerifyingKey([u8; 32]);

impl SigningKey {
    /// The signing key of an API key, `iiot_ID_SECRET`.
    ///
    /// # Errors
    /// `InvalidArgument` if the text is no API key.
    pub fn of(api_key: &str) -> Result<Self> {
        let (id, secret) = text::split(api_key.trim()).ok_or_else(no_key)?;
        Ok(Self { id: id.to_owned(), pair: pair(secret) })
    }

    /// A key of one's own in a file, which is made with a new one where it is missing. Only its owner can read it. Places take
    /// what it signs once they admit its [`public`](Self::public) half.
    ///
    /// # Errors
    /// `Io` if it cannot be read or written, `Corrupt` if it holds no key.
    #[cfg(feature = "rpc")]
    pub fn open(path: &std::path::Path) -> Result<Self> {
        let seed = seed::open(OPEN, path)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| {
            Error::new(ErrorKind::Corrupt, OPEN, "it holds no Ed25519 key").with("file", path.display())
        })?;
        let mut key = Self { id: String::new(), pair };
        key.id = key.public().id();
        Ok(key)
    }

    /// The half of it that is no secret.
    #[must_use]
    pub fn public(&self) -> CallerKey {
        CallerKey(VerifyingKey::of_pair(&self.pair))
    }

    /// The id of the API key, or that of the [`public`](Self::public) half where there is none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE] {
        let mut signature = [0; SIGNATURE];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }
}

impl VerifyingKey {
    pub(super) fn of(secret: &str) -> Self {
        Self::of_pair(&pair(secret))
    }

    fn of_pair(pair: &Ed25519KeyPair) -> Self {
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Self(public)
    }

    pub(super) const fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn from_hex(text: &str) -> Option<Self> {
        text::bytes_of_hex(text).map(Self)
    }

    pub(super) fn to_hex(self) -> String {
        text::hex(&self.0)
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

fn pair(secret: &str) -> Ed25519KeyPair {
    let mut seed = Zeroizing::new([0; 32]);
    let derived = Salt::new(HKDF_SHA256, &[]).extract(secret.as_bytes());
    let filled = derived.expand(&[PURPOSE], Seed).and_then(|seed_material| seed_material.fill(&mut *seed));
    filled.expect("HKDF gives 32 bytes");
    Ed25519KeyPair::from_seed_unchecked(&*seed).expect("any 32 bytes are a seed")
}

/// How much is derived.
struct Seed;

impl hkdf::KeyType for Seed {
    fn len(&self) -> usize {
        32
    }
}

fn no_key() -> Error {
    Error::new(ErrorKind::InvalidArgument, "read API key", "it is no API key, which looks like iiot_ID_SECRET")
}

/// Bytes of a signature.
pub(crate) const SIGNATURE: usize = 64;
#[cfg(feature = "rpc")]
const OPEN: &str = "open the key that requests are signed with";
const PURPOSE: &[u8] = b"iiot: signs requests, 1";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_signature_is_of_one_key_and_one_message() {
        let (id, secret) = text::generate().unwrap();
        let signer = SigningKey::of(&text::join(&id, &secret)).unwrap();
        let public = VerifyingKey::from_hex(&VerifyingKey::of(&secret).to_hex()).unwrap();
        let signature = signer.sign(b"open the valve");
        assert!(public.verifies(b"open the valve", &signature));
        assert!(!public.verifies(b"open the valve!", &signature));
        let (_, other) = text::generate().unwrap();
        assert!(!VerifyingKey::of(&other).verifies(b"open the valve", &signature));
        assert_eq!(signer.id(), id);
        assert!(!format!("{signer:?}").contains(secret.as_str()));
        assert!(SigningKey::of("password").is_err());
    }
}
