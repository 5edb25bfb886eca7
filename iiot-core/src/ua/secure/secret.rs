//! How a password or token is hidden from all but the server (OPC 10000-4 §7.40.2).

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;
use crate::ua::DataTypeId;
use crate::ua::secure::SecurityPolicy;
use crate::ua::secure::fields::{put_byte_string, put_uint32};
use crate::ua::secure::policy::{BLOCK, DirectionKeys, SymmetricSuite};
use crate::ua::trust::Certificate;

/// The legacy form: length, secret and server nonce, encrypted block by block (OPC 10000-4 §7.40.2.2).
pub(crate) fn legacy_secret(
    policy: SecurityPolicy,
    server: &Certificate,
    secret: &[u8],
    server_nonce: &[u8],
) -> Result<Vec<u8>> {
    policy.encrypt(server.public_key(), &legacy_plain(secret, server_nonce))
}

fn legacy_plain(secret: &[u8], server_nonce: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = secret.len() + server_nonce.len();
    let mut plain = Zeroizing::new(Vec::with_capacity(4 + length));
    put_uint32(&mut plain, u32::try_from(length).expect("our own secrets are short"));
    plain.extend_from_slice(secret);
    plain.extend_from_slice(server_nonce);
    plain
}

/// An RsaEncryptedSecret: symmetric keys encrypted for the server, and nonce and secret encrypted
/// with them, all of it with a MAC (OPC 10000-4 §7.40.2.3 and §7.40.2.4).
pub(crate) fn rsa_encrypted_secret(
    policy: SecurityPolicy,
    server: &Certificate,
    secret: &[u8],
    server_nonce: &[u8],
    now: UtcTime,
) -> Result<Vec<u8>> {
    let suite = policy.symmetric().ok_or_else(|| failed("the policy None encrypts nothing"))?;
    let material = random(suite.material())?;
    let keys = DirectionKeys::from_material(suite, &material)?;
    let mut out = Vec::new();
    put_type(&mut out);
    let length_at = out.len();
    put_uint32(&mut out, 0);
    put_byte_string(&mut out, Some(policy.uri().as_bytes()));
    put_byte_string(&mut out, Some(&server.thumbprint_sha1()));
    out.extend_from_slice(&now.ticks().to_le_bytes());
    let key_data = policy.encrypt(server.public_key(), &key_data(suite, &material))?;
    put_uint16(&mut out, key_data.len());
    out.extend_from_slice(&key_data);
    let mut payload = payload(server_nonce, secret);
    keys.encrypt(&mut payload)?;
    out.extend_from_slice(&payload);
    let length = out.len() - length_at - 4 + keys.mac_length();
    out[length_at..length_at + 4]
        .copy_from_slice(&u32::try_from(length).expect("our own secrets are short").to_le_bytes());
    let mut mac = vec![0; keys.mac_length()];
    keys.sign(&out, &mut mac);
    out.extend_from_slice(&mac);
    Ok(out)
}

/// The NodeId of the DataType, in its form of four bytes, and the mark of a binary body.
fn put_type(out: &mut Vec<u8>) {
    out.extend_from_slice(&[1, 0]);
    put_uint16(out, DataTypeId::RsaEncryptedSecret as usize);
    out.push(1);
}

fn key_data(suite: &SymmetricSuite, material: &[u8]) -> Zeroizing<Vec<u8>> {
    let parts = suite.parts(material);
    let mut data = Zeroizing::new(Vec::with_capacity(material.len() + 4 * parts.len()));
    for part in parts {
        put_byte_string(&mut data, Some(part));
    }
    data
}

/// Nonce, secret, and padding up to whole blocks with its size behind it.
fn payload(server_nonce: &[u8], secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let content = 4 + server_nonce.len() + 4 + secret.len() + 2;
    let whole = content.next_multiple_of(BLOCK);
    let padding = whole - content;
    let mut payload = Zeroizing::new(Vec::with_capacity(whole));
    put_byte_string(&mut payload, Some(server_nonce));
    put_byte_string(&mut payload, Some(secret));
    payload.resize(whole - 2, padding as u8);
    put_uint16(&mut payload, padding);
    payload
}

fn put_uint16(out: &mut Vec<u8>, number: usize) {
    let number = u16::try_from(number).expect("padding, type ids and RSA blocks are short");
    out.extend_from_slice(&number.to_le_bytes());
}

fn random(length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    rand::fill(&mut bytes).map_err(|cause| failed("there is no randomness").because(cause))?;
    Ok(bytes)
}

fn failed(message: &'static str) -> Error {
    Error::new(ErrorKind::Internal, "encrypt a secret", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures::executor::block_on;

    use super::*;
    use crate::ua::secure::fields::Fields;
    use crate::ua::secure::testing::identity;
    use crate::ua::secure::{ApplicationCertificate, SecurityPolicy};
    use crate::ua::trust::leaf_of_chain;

    const NONCE: [u8; 32] = [7; 32];

    fn policies() -> impl Iterator<Item = SecurityPolicy> {
        SecurityPolicy::ALL.iter().copied().filter(|policy| !policy.is_none())
    }

    fn server() -> (ApplicationCertificate, Certificate) {
        let own = identity("server", 2048);
        let certificate = leaf_of_chain(&own.chain).unwrap().0;
        (own, certificate)
    }

    fn decrypt(policy: SecurityPolicy, own: &ApplicationCertificate, sealed: &[u8]) -> Vec<u8> {
        let algorithm = policy.decrypt_algorithm().unwrap();
        sealed.chunks(256).flat_map(|block| block_on(own.key.decrypt(algorithm, block)).unwrap()).collect()
    }

    #[test]
    fn the_legacy_form_is_length_secret_and_nonce_in_as_many_blocks_as_needed() {
        let (own, certificate) = server();
        for policy in policies() {
            for length in [0, 2, 64, 1000] {
                let secret = vec![b'x'; length];
                let sealed = legacy_secret(policy, &certificate, &secret, &NONCE).unwrap();
                let plain = decrypt(policy, &own, &sealed);
                assert_eq!(plain[..4], (length as u32 + 32).to_le_bytes());
                assert_eq!(plain[4..], [secret.as_slice(), &NONCE].concat());
            }
        }
    }

    /// What a server reads; every length is taken from the bytes.
    fn open(policy: SecurityPolicy, own: &ApplicationCertificate, sealed: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let suite = policy.symmetric().unwrap();
        assert_eq!(sealed[..5], [1, 0, 0x89, 0x44, 1], "four-byte node id 17545, binary body");
        let mut fields = Fields(&sealed[5..]);
        assert_eq!(fields.uint32().unwrap() as usize, sealed.len() - 9);
        assert_eq!(fields.byte_string().unwrap(), Some(policy.uri().as_bytes()));
        assert_eq!(fields.byte_string().unwrap().map(<[u8]>::len), Some(20));
        let (head, rest) = fields.0.split_at(10);
        let (key_data, rest) = rest.split_at(usize::from(u16::from_le_bytes([head[8], head[9]])));
        let key_data = decrypt(policy, own, key_data);
        let mut parts = Fields(&key_data);
        let material: Vec<u8> = (0..3).flat_map(|_| parts.byte_string().unwrap().unwrap().to_vec()).collect();
        assert!(parts.0.is_empty());
        let keys = DirectionKeys::from_material(suite, &material).unwrap();
        let (payload, mac) = rest.split_at(rest.len() - keys.mac_length());
        assert!(keys.verifies(&sealed[..sealed.len() - mac.len()], mac));
        let mut payload = payload.to_vec();
        keys.decrypt(&mut payload).unwrap();
        let padding = usize::from(u16::from_le_bytes(payload[payload.len() - 2..].try_into().unwrap()));
        let content = payload.len() - 2 - padding;
        assert!(payload[content..content + padding].iter().all(|byte| usize::from(*byte) == padding));
        let mut fields = Fields(&payload[..content]);
        let nonce = fields.byte_string().unwrap().unwrap().to_vec();
        let secret = fields.byte_string().unwrap().unwrap().to_vec();
        assert!(fields.0.is_empty());
        (nonce, secret)
    }

    #[test]
    fn an_rsa_encrypted_secret_opens_under_every_policy_and_length() {
        let (own, certificate) = server();
        for policy in policies() {
            for length in (0..40).chain([65, 4000]) {
                let secret = vec![b'x'; length];
                let sealed = rsa_encrypted_secret(policy, &certificate, &secret, &NONCE, UtcTime::UNIX_EPOCH).unwrap();
                assert_eq!(open(policy, &own, &sealed), (NONCE.to_vec(), secret), "{policy} {length}");
            }
        }
        let none = rsa_encrypted_secret(SecurityPolicy::NONE, &certificate, b"x", &NONCE, UtcTime::UNIX_EPOCH);
        assert!(none.is_err());
    }

    #[test]
    fn no_two_are_alike() {
        let (_, certificate) = server();
        let policy = SecurityPolicy::AES256_SHA256_RSA_PSS;
        let make = || rsa_encrypted_secret(policy, &certificate, b"secret", &NONCE, UtcTime::UNIX_EPOCH).unwrap();
        assert_ne!(make(), make());
    }
}
