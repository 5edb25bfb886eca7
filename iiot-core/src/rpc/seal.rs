//! What is sealed between a caller and a place: nobody else reads or changes it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{self, HKDF_SHA256, Prk, Salt};
use zeroize::Zeroizing;

/// The keys of one request, one for each purpose, so that nothing sealed for one fits another.
#[derive(Debug)]
pub(super) struct Keys {
    /// The request itself, from the caller.
    pub(super) request: Seal,
    /// What the caller says afterwards.
    pub(super) control: Seal,
    /// What the place answers.
    pub(super) answers: Seal,
}

/// A key that seals and opens.
#[derive(Debug)]
pub(super) struct Seal(LessSafeKey);

impl Keys {
    /// The keys that follow from what both sides know after X25519, for this caller's and this place's public keys.
    pub(super) fn derive(agreed: &[u8], caller: &[u8], place: &[u8]) -> Self {
        let agreed = Salt::new(HKDF_SHA256, PROTOCOL).extract(agreed);
        let seal = |purpose: &[u8]| Seal::derive(&agreed, &[purpose, caller, place]);
        Self { request: seal(b"request"), control: seal(b"control"), answers: seal(b"answers") }
    }
}

impl Seal {
    fn derive(agreed: &Prk, about: &[&[u8]]) -> Self {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let filled = agreed.expand(about, KeyLength).and_then(|derived| derived.fill(&mut *key));
        filled.expect("HKDF gives 32 bytes");
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).expect("a key of AES-256 has 32 bytes")))
    }

    /// Seals something together with what it is about. A nonce is used for one thing only.
    pub(super) fn seal(&self, nonce: [u8; NONCE_LEN], about: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(plain.len() + TAG_LEN);
        sealed.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let done = self.0.seal_in_place_append_tag(nonce, Aad::from(about), &mut sealed);
        done.expect("pieces are far shorter than AES-GCM allows");
        sealed
    }

    /// What was sealed; `None` if it was not sealed with this key, or is about something else.
    pub(super) fn open(&self, nonce: [u8; NONCE_LEN], about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = sealed.to_vec();
        let length =
            self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

/// A nonce that counts, for what is numbered.
pub(super) fn counted(number: u64) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - 8..].copy_from_slice(&number.to_be_bytes());
    nonce
}

struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_LEN
    }
}

const KEY_LEN: usize = 32;
const TAG_LEN: usize = 16;
const PROTOCOL: &[u8] = b"iiot remote call, 1";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_what_was_sealed_opens() {
        let keys = Keys::derive(b"agreed", b"caller", b"place");
        let sealed = keys.request.seal(counted(1), b"about", b"plain");
        assert_eq!(keys.request.open(counted(1), b"about", &sealed).unwrap(), b"plain");
        assert_eq!(keys.request.open(counted(2), b"about", &sealed), None);
        assert_eq!(keys.request.open(counted(1), b"other", &sealed), None);
        assert_eq!(keys.answers.open(counted(1), b"about", &sealed), None, "keys of other purposes differ");
        assert_eq!(keys.request.open(counted(1), b"about", &sealed[..3]), None);
        let others = Keys::derive(b"agreed", b"caller", b"another place");
        assert_eq!(others.request.open(counted(1), b"about", &sealed), None);
        for byte in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[byte] ^= 1;
            assert_eq!(keys.request.open(counted(1), b"about", &changed), None);
        }
    }
}
