//! Encryption with a password (RFC 8018), and the little DER that goes with it.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_256, DecryptionContext, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use aws_lc_rs::rand;
use const_oid::ObjectIdentifier;
use der::asn1::{Any, Null, OctetString};
use der::{Encode, Tag};
use zeroize::Zeroizing;

/// How often a password is hashed. Whoever tries passwords has to do so each time; importers do it once.
pub(super) const ITERATIONS: NonZeroU32 = NonZeroU32::new(100_000).expect("it is not zero");

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const HMAC_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const BLOCK: usize = 16;

/// EncryptedPrivateKeyInfo (RFC 5958 §3).
pub(super) fn encrypted_key(key: &Zeroizing<Vec<u8>>, password: &str) -> der::Result<Vec<u8>> {
    let (algorithm, encrypted) = encrypt(key, password)?;
    sequence(&[algorithm, octets(&encrypted)?])
}

/// The AlgorithmIdentifier with a new salt, and the data encrypted.
pub(super) fn encrypt(plain: &[u8], password: &str) -> der::Result<(Vec<u8>, Vec<u8>)> {
    let (salt, iv) = (random::<BLOCK>()?, random::<BLOCK>()?);
    let mut key = Zeroizing::new([0; 32]);
    derive(PBKDF2_HMAC_SHA256, ITERATIONS, &salt, password.as_bytes(), &mut *key);
    // With room for the padding: a vector that grows leaves a copy of the plain text behind.
    let mut data = Vec::with_capacity(plain.len() + BLOCK);
    data.extend_from_slice(plain);
    aes_256_cbc(&key, iv, &mut data)?;
    Ok((algorithm(&salt, &iv)?, data))
}

fn aes_256_cbc(key: &[u8; 32], iv: [u8; BLOCK], data: &mut Vec<u8>) -> der::Result<()> {
    let refused = |_| der::Error::from(der::ErrorKind::Failed);
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, key).map_err(refused)?);
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    let _: DecryptionContext = key.map_err(refused)?.less_safe_encrypt(data, context).map_err(refused)?;
    Ok(())
}

fn algorithm(salt: &[u8], iv: &[u8]) -> der::Result<Vec<u8>> {
    let hmac = sequence(&[HMAC_WITH_SHA256.to_der()?, Null.to_der()?])?;
    let kdf = sequence(&[octets(salt)?, ITERATIONS.get().to_der()?, hmac])?;
    let kdf = sequence(&[PBKDF2.to_der()?, kdf])?;
    let cipher = sequence(&[AES_256_CBC.to_der()?, octets(iv)?])?;
    sequence(&[PBES2.to_der()?, sequence(&[kdf, cipher])?])
}

pub(super) fn random<const N: usize>() -> der::Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| der::ErrorKind::Failed)?;
    Ok(bytes)
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> der::Result<Vec<u8>> {
    wrapped(Tag::Sequence, &parts.concat())
}

pub(super) fn octets(bytes: &[u8]) -> der::Result<Vec<u8>> {
    OctetString::new(bytes)?.to_der()
}

pub(super) fn wrapped(tag: Tag, content: &[u8]) -> der::Result<Vec<u8>> {
    Any::new(tag, content)?.to_der()
}
