//! Keys encrypted with a passphrase: Argon2id makes the key that AES-256-GCM encrypts with.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// What protects keys at rest. It is never printed, and cleared from memory when it is dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// A passphrase; a line end behind it, as files have it, does not belong to it.
    ///
    /// # Errors
    /// `InvalidArgument` if it is empty.
    pub fn new(passphrase: impl Into<Vec<u8>>) -> Result<Self> {
        let mut bytes = Zeroizing::new(passphrase.into());
        while let [.., b'\n' | b'\r'] = bytes[..] {
            bytes.pop();
        }
        if bytes.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument, "take passphrase", "it is empty"));
        }
        Ok(Self(bytes))
    }

    /// The bytes, for whoever must hand them on.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// How much work an attacker has for each passphrase that he tries (RFC 9106 §4, second choice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    passes: u32,
}

const COST: Cost = if cfg!(test) { Cost { memory_kib: 64, passes: 1 } } else { Cost { memory_kib: 65_536, passes: 3 } };
/// A file that asks for more was not written by us and would only exhaust the machine.
const MAX_COST: Cost = Cost { memory_kib: 1 << 20, passes: 64 };
const LANES: u32 = 1;

const VERSION: u8 = 1;
const SALT_LENGTH: usize = 16;
const KEY_LENGTH: usize = 32;
/// Version, memory, passes, salt, nonce.
const HEADER_LENGTH: usize = 1 + 4 + 4 + SALT_LENGTH + NONCE_LEN;

/// Encrypts `secret` for the holder of the passphrase. `name` must be given again to open it, so
/// that one sealed key cannot take the place of another.
pub(super) fn seal(passphrase: &Passphrase, name: &str, secret: &[u8]) -> Result<Vec<u8>> {
    seal_with(|derivation| derivation.key(passphrase), Derivation::new()?, name, secret)
}

/// The same with a key that is made, or kept, by `key`.
pub(super) fn seal_with(
    key: impl FnOnce(&Derivation) -> Result<DerivedKey>,
    derivation: Derivation,
    name: &str,
    secret: &[u8],
) -> Result<Vec<u8>> {
    let mut sealed = Vec::with_capacity(HEADER_LENGTH + secret.len() + AES_256_GCM.tag_len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&derivation.cost.memory_kib.to_be_bytes());
    sealed.extend_from_slice(&derivation.cost.passes.to_be_bytes());
    sealed.extend_from_slice(&derivation.salt);
    sealed.extend_from_slice(&random::<NONCE_LEN>()?);
    let header = Header::parse(&sealed).ok_or_else(|| failed("seal key"))?;
    let (key, nonce, aad) = (cipher(&key(&header.derivation)?)?, header.nonce(), authenticated(&sealed, name));
    let mut body = Zeroizing::new(secret.to_vec());
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), body.as_mut_slice());
    sealed.extend_from_slice(&body);
    sealed.extend_from_slice(tag.map_err(|_| failed("seal key"))?.as_ref());
    Ok(sealed)
}

/// Decrypts what [`seal`] made.
pub(super) fn open(passphrase: &Passphrase, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    open_with(|derivation| derivation.key(passphrase), name, sealed)
}

/// The same with a key that is made, or kept, by `key`.
pub(super) fn open_with(
    key: impl FnOnce(&Derivation) -> Result<DerivedKey>,
    name: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let header = Header::parse(sealed).filter(|header| header.derivation.cost.is_bearable());
    let header = header.ok_or_else(unknown_form)?;
    let (head, body) = sealed.split_at(HEADER_LENGTH);
    let key = cipher(&key(&header.derivation)?)?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = key
        .open_in_place(header.nonce(), Aad::from(authenticated(head, name)), &mut body)
        .map_err(|_| wrong_passphrase())?
        .len();
    body.truncate(length);
    Ok(body)
}

/// The first bytes of a sealed key.
struct Header {
    derivation: Derivation,
    nonce: [u8; NONCE_LEN],
}

/// How a key is made of a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Derivation {
    cost: Cost,
    salt: [u8; SALT_LENGTH],
}

/// What is encrypted with.
pub(super) type DerivedKey = Zeroizing<[u8; KEY_LENGTH]>;

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk::<1>()?;
        let (memory, rest) = rest.split_first_chunk::<4>()?;
        let (passes, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, _) = rest.split_first_chunk()?;
        let cost = Cost { memory_kib: u32::from_be_bytes(*memory), passes: u32::from_be_bytes(*passes) };
        let derivation = Derivation { cost, salt: *salt };
        (*version == [VERSION]).then_some(Self { derivation, nonce: *nonce })
    }

    fn nonce(&self) -> Nonce {
        Nonce::assume_unique_for_key(self.nonce)
    }
}

impl Derivation {
    /// As it is done now, with a new salt.
    pub(super) fn new() -> Result<Self> {
        Ok(Self { cost: COST, salt: random()? })
    }

    pub(super) fn key(&self, passphrase: &Passphrase) -> Result<DerivedKey> {
        let params = Params::new(self.cost.memory_kib, self.cost.passes, LANES, Some(KEY_LENGTH));
        let params = params.map_err(|_| unknown_form())?;
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.bytes(), &self.salt, key.as_mut_slice())
            .map_err(|_| failed("derive key"))?;
        Ok(key)
    }
}

fn cipher(key: &DerivedKey) -> Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| failed("derive key"))?;
    Ok(LessSafeKey::new(key))
}

impl Cost {
    fn is_bearable(self) -> bool {
        self.memory_kib <= MAX_COST.memory_kib && self.passes <= MAX_COST.passes
    }
}

fn authenticated(header: &[u8], name: &str) -> Vec<u8> {
    [header, name.as_bytes()].concat()
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).map_err(|_| failed("make random numbers"))?;
    Ok(bytes)
}

fn wrong_passphrase() -> Error {
    let message = "the passphrase is wrong, or the file was changed or renamed";
    Error::new(ErrorKind::Unauthenticated, "read key", message)
}

fn unknown_form() -> Error {
    Error::new(ErrorKind::Corrupt, "read key", "it is not sealed in a form that this version knows")
}

fn failed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Internal, operation, "the cryptographic library refused")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_passphrase_and_the_name_open_it() {
        let passphrase = Passphrase::new("correct horse\r\n").unwrap();
        let sealed = seal(&passphrase, "edge", b"the key").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"the key"));
        let same = Passphrase::new("correct horse").unwrap();
        assert_eq!(open(&same, "edge", &sealed).unwrap()[..], *b"the key");
        let other = Passphrase::new("correct house").unwrap();
        for refused in [open(&other, "edge", &sealed), open(&same, "cloud", &sealed)] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unauthenticated);
        }
        assert_ne!(seal(&passphrase, "edge", b"the key").unwrap(), sealed, "salt and nonce are new each time");
    }

    #[test]
    fn no_changed_or_missing_byte_goes_unnoticed() {
        let passphrase = Passphrase::new("p").unwrap();
        let sealed = seal(&passphrase, "edge", b"the key").unwrap();
        for index in (0..sealed.len()).filter(|index| !(1..9).contains(index)) {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open(&passphrase, "edge", &changed).is_err(), "byte {index}");
            assert!(open(&passphrase, "edge", &sealed[..index]).is_err(), "length {index}");
        }
    }

    #[test]
    fn a_file_cannot_ask_for_all_memory_or_time() {
        let passphrase = Passphrase::new("p").unwrap();
        for (at, value) in [(1, u32::MAX), (5, u32::MAX), (1, 0), (5, 0)] {
            let mut sealed = seal(&passphrase, "edge", b"the key").unwrap();
            sealed[at..at + 4].copy_from_slice(&value.to_be_bytes());
            assert_eq!(open(&passphrase, "edge", &sealed).unwrap_err().kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn a_passphrase_is_never_printed_and_never_empty() {
        assert_eq!(format!("{:?}", Passphrase::new("secret").unwrap()), "Passphrase(…)");
        assert_eq!(Passphrase::new("\n").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
