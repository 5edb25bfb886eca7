//! Private keys in files that only a password opens: how a key goes to its application (OPC 10000-12 §7.9.4).
//!
//! Both formats encrypt with PBES2 (RFC 8018 §6.2): PBKDF2 with HMAC-SHA-256 and AES-256 in CBC mode. Nothing but the file
//! leaves here: the key is encrypted in the place to which it is copied.

mod pbes2;
mod pfx;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::{Error, ErrorKind, Result};
use zeroize::Zeroizing;

pub use pfx::Pfx;

/// A PEM file (`ENCRYPTED PRIVATE KEY`, RFC 7468 §11) with a key, which is PKCS #8 (DER).
///
/// # Errors
/// `Internal` if the cryptographic library refuses.
pub fn encrypted_pem(key: &Zeroizing<Vec<u8>>, password: &str) -> Result<Vec<u8>> {
    let der = pbes2::encrypted_key(key, password).map_err(failed)?;
    let text = BASE64_STANDARD.encode(der);
    let mut pem = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n".to_vec();
    for line in text.as_bytes().chunks(64) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(b"-----END ENCRYPTED PRIVATE KEY-----\n");
    Ok(pem)
}

fn failed(cause: der::Error) -> Error {
    Error::new(ErrorKind::Internal, "encrypt private key", "the cryptographic library refused").because(cause)
}
