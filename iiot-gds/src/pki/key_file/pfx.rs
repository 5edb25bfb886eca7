//! PKCS #12 files (RFC 7292).

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::hmac;
use const_oid::ObjectIdentifier;
use der::asn1::{BmpString, Null};
use der::{Encode, Tag, TagNumber};
use iiot_core::Result;
use zeroize::Zeroizing;

use super::failed;
use super::pbes2::{ITERATIONS, encrypt, encrypted_key, octets, random, sequence, wrapped};

/// What a PKCS #12 file holds: a key with its certificate, and the certificates above that.
///
/// It is encrypted with PBES2, certificates too, and has a MAC with SHA-256: what OpenSSL 3, Java 17 and Windows 10 read;
/// Windows Server 2016 and older ones do not.
#[derive(Debug)]
pub struct Pfx<'a> {
    /// What importers call the key.
    pub name: &'a str,
    /// The key: PKCS #8 (DER).
    pub key: &'a Zeroizing<Vec<u8>>,
    /// Its certificate (DER).
    pub certificate: &'a [u8],
    /// The certificates of the authorities above it (DER).
    pub issuers: &'a [Vec<u8>],
}

impl Pfx<'_> {
    /// The file (DER).
    ///
    /// # Errors
    /// `Internal` if the cryptographic library refuses.
    pub fn encrypted(&self, password: &str) -> Result<Vec<u8>> {
        self.write(password).map_err(failed)
    }

    fn write(&self, password: &str) -> der::Result<Vec<u8>> {
        let safe = sequence(&[self.certificates(password)?, self.keys(password)?])?;
        let mac = mac_data(&safe, password)?;
        sequence(&[3_u8.to_der()?, data(&safe)?, mac])
    }

    /// The certificates, encrypted.
    fn certificates(&self, password: &str) -> der::Result<Vec<u8>> {
        let mut bags = vec![certificate_bag(self.certificate, Some(self.attributes()?))?];
        for issuer in self.issuers {
            bags.push(certificate_bag(issuer, None)?);
        }
        let (algorithm, encrypted) = encrypt(&sequence(&bags)?, password)?;
        let content = sequence(&[DATA.to_der()?, algorithm, context(false, &encrypted)?])?;
        let encrypted = sequence(&[0_u8.to_der()?, content])?;
        sequence(&[ENCRYPTED_DATA.to_der()?, context(true, &encrypted)?])
    }

    /// The key, encrypted in its bag.
    fn keys(&self, password: &str) -> der::Result<Vec<u8>> {
        let key = context(true, &encrypted_key(self.key, password)?)?;
        let bag = sequence(&[SHROUDED_KEY_BAG.to_der()?, key, self.attributes()?])?;
        data(&sequence(&[bag])?)
    }

    /// What ties the key to its certificate, and the name.
    fn attributes(&self) -> der::Result<Vec<u8>> {
        let id = digest::digest(&SHA256, self.certificate);
        let id = sequence(&[LOCAL_KEY_ID.to_der()?, wrapped(Tag::Set, &octets(id.as_ref())?)?])?;
        let name: String = self.name.chars().filter(|letter| u32::from(*letter) < 0x1_0000).collect();
        let name = wrapped(Tag::Set, &BmpString::from_utf8(&name)?.to_der()?)?;
        let mut both = [sequence(&[FRIENDLY_NAME.to_der()?, name])?, id];
        // The members of a set are sorted in DER.
        both.sort();
        wrapped(Tag::Set, &both.concat())
    }
}

fn certificate_bag(certificate: &[u8], attributes: Option<Vec<u8>>) -> der::Result<Vec<u8>> {
    let certificate = sequence(&[X509_CERTIFICATE.to_der()?, context(true, &octets(certificate)?)?])?;
    let mut parts = vec![CERTIFICATE_BAG.to_der()?, context(true, &certificate)?];
    parts.extend(attributes);
    sequence(&parts)
}

/// ContentInfo with data that is not encrypted as a whole.
fn data(content: &[u8]) -> der::Result<Vec<u8>> {
    sequence(&[DATA.to_der()?, context(true, &octets(content)?)?])
}

/// `[0]`.
fn context(constructed: bool, content: &[u8]) -> der::Result<Vec<u8>> {
    wrapped(Tag::ContextSpecific { constructed, number: TagNumber(0) }, content)
}

/// The MAC over everything (RFC 7292 §4 and appendix B).
fn mac_data(safe: &[u8], password: &str) -> der::Result<Vec<u8>> {
    let salt = random::<16>()?;
    let key = mac_key(&salt, password);
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*key), safe);
    let algorithm = sequence(&[SHA_256.to_der()?, Null.to_der()?])?;
    let digest = sequence(&[algorithm, octets(mac.as_ref())?])?;
    sequence(&[digest, octets(&salt)?, ITERATIONS.get().to_der()?])
}

/// The key of the MAC (RFC 7292 appendix B.2): as long as one hash, so that its first block is all of it.
fn mac_key(salt: &[u8], password: &str) -> Zeroizing<[u8; 32]> {
    let units = password.encode_utf16().chain([0]);
    let mut text = Zeroizing::new(Vec::with_capacity(2 * password.len() + 2));
    units.for_each(|unit| text.extend_from_slice(&unit.to_be_bytes()));
    let filled = |bytes: &[u8]| bytes.len().div_ceil(HASH_BLOCK) * HASH_BLOCK;
    let mut input = Zeroizing::new(Vec::with_capacity(HASH_BLOCK + filled(salt) + filled(&text)));
    input.extend_from_slice(&[FOR_MAC; HASH_BLOCK]);
    input.extend(salt.iter().cycle().take(filled(salt)));
    input.extend(text.iter().cycle().take(filled(&text)));
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(digest::digest(&SHA256, &input).as_ref());
    for _ in 1..ITERATIONS.get() {
        let next = digest::digest(&SHA256, &*key);
        key.copy_from_slice(next.as_ref());
    }
    key
}

/// Of SHA-256.
const HASH_BLOCK: usize = 64;
const FOR_MAC: u8 = 3;
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
