//! What the policies Basic128Rsa15 and Basic256 need of a private key. Signatures with SHA-1 are made by OpenSSL,
//! since aws-lc does not make them.

use aws_lc_rs::rand;
use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// RSASSA-PKCS1-v1_5 with SHA-1; `key` is PKCS#8 (DER).
pub(super) fn sign_sha1(key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
    let refused = |cause| Error::new(ErrorKind::Internal, "sign", "OpenSSL makes no SHA-1 signature").because(cause);
    let key = PKey::private_key_from_pkcs8(key).map_err(refused)?;
    let mut signer = Signer::new(MessageDigest::sha1(), &key).map_err(refused)?;
    signer.sign_oneshot_to_vec(data).map_err(refused)
}

/// RSAES-PKCS1-v1_5; `key` is PKCS#8 (DER). Wrong padding gives random bytes, so that nobody learns of it.
pub(super) fn decrypt_pkcs1(key: &[u8], block: &[u8]) -> Result<Vec<u8>> {
    let refused = || Error::new(ErrorKind::Internal, "decrypt", "the cryptographic library refused the key");
    let key = PrivateDecryptingKey::from_pkcs8(key).map_err(|cause| refused().because(cause))?;
    let key = Pkcs1PrivateDecryptingKey::new(key).map_err(|cause| refused().because(cause))?;
    let mut plain = Zeroizing::new(vec![0; key.min_output_size()]);
    // Made beforehand, so that both outcomes cost the same.
    let synthetic = synthetic(key.key_size_bytes()).ok_or_else(refused)?;
    Ok(key.decrypt(block, &mut plain).map_or(synthetic, |plain| plain.to_vec()))
}

/// Random bytes of a random length that a block could have held.
fn synthetic(block: usize) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    rand::fill(&mut length).ok()?;
    let mut bytes = vec![0; usize::from(u16::from_le_bytes(length)) % (block - OVERHEAD + 1)];
    rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// What the padding takes at least.
const OVERHEAD: usize = 11;
