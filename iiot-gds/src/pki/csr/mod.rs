//! Requests for certificates (PKCS #10, RFC 2986), as applications send them.

mod fault;
mod judge;

pub use fault::CsrFault;
pub use judge::{Accepted, judge};

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use const_oid::AssociatedOid;
use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::asn1::{BitStringRef, SequenceRef};
use der::{Decode, Encode, Reader, SliceReader};
use x509_cert::AlgorithmIdentifier;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::request::CertReqInfo;

use super::key::{KeyFault, key_algorithm};
use crate::model::KeyAlgorithm;

/// A request for a certificate. That it parses says nothing of who sent it: [`judge`] does.
///
/// Of the extensions that it asks for, only the alternative names and whether it asks to be an authority are read;
/// a certificate has those of its profile.
#[derive(Clone, PartialEq, Eq)]
pub struct Csr {
    signed: Vec<u8>,
    algorithm: AlgorithmIdentifier,
    signature: Vec<u8>,
    public_key: Vec<u8>,
    key: KeyAlgorithm,
    subject: String,
    uris: Vec<String>,
    hosts: Vec<String>,
    asks_authority: bool,
}

/// With an RSA key of 4096 bits and a dozen names, a request has two KiB.
const MAX_CSR: usize = 16 << 10;

impl Csr {
    /// Parses exactly one request (DER) of 16 KiB at most, whose key can be certified.
    ///
    /// # Errors
    /// `TooLarge`, `TrailingBytes`, `Malformed`, `UnknownKey`, `WeakKey`, `UnsoundKey`.
    pub fn parse(der: &[u8]) -> Result<Self, CsrFault> {
        if der.len() > MAX_CSR {
            return Err(CsrFault::TooLarge { bytes: der.len() });
        }
        let Parts { signed, algorithm, signature } = parts(der)?;
        let content = CertReqInfo::from_der(signed).map_err(malformed)?;
        let public_key = content.public_key.to_der().map_err(malformed)?;
        let extensions = requested(&content)?;
        let names = extension::<SubjectAltName>(&extensions)?.map(|names| names.0).unwrap_or_default();
        let constraints = extension::<BasicConstraints>(&extensions)?;
        Ok(Self {
            key: key_algorithm(&public_key)?,
            subject: shown(&content.subject.to_string()),
            uris: names.iter().filter_map(uri).collect(),
            hosts: names.iter().filter_map(host).collect(),
            asks_authority: constraints.is_some_and(|constraints| constraints.ca),
            signed: signed.to_vec(),
            algorithm,
            signature,
            public_key,
        })
    }

    /// The key to be certified, as SubjectPublicKeyInfo (DER).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// What kind of key it is.
    #[must_use]
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key
    }

    /// The name that it asks for, as in `CN=Boiler,O=Works`, for people to read.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Every URI among the alternative names that it asks for.
    #[must_use]
    pub fn application_uris(&self) -> &[String] {
        &self.uris
    }

    /// The host names, in lower case, and addresses that it asks for.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Whether it asks to be an authority.
    #[must_use]
    pub fn asks_authority(&self) -> bool {
        self.asks_authority
    }
}

/// The parts of a request as it is encoded.
struct Parts<'a> {
    /// What was signed, byte for byte.
    signed: &'a [u8],
    algorithm: AlgorithmIdentifier,
    signature: Vec<u8>,
}

fn parts(der: &[u8]) -> Result<Parts<'_>, CsrFault> {
    let mut reader = SliceReader::new(der).map_err(malformed)?;
    let content = <&SequenceRef>::decode(&mut reader).map_err(malformed)?;
    if !reader.is_finished() {
        return Err(CsrFault::TrailingBytes);
    }
    let mut reader = SliceReader::new(content.as_bytes()).map_err(malformed)?;
    let signed = reader.tlv_bytes().map_err(malformed)?;
    let algorithm = AlgorithmIdentifier::decode(&mut reader).map_err(malformed)?;
    let signature = BitStringRef::decode(&mut reader).map_err(malformed)?;
    reader.finish().map_err(malformed)?;
    let signature = signature.as_bytes().ok_or(CsrFault::Malformed)?.to_vec();
    Ok(Parts { signed, algorithm, signature })
}

/// The extensions that are asked for. More than one list, or one extension twice, could be read in two ways.
fn requested(content: &CertReqInfo) -> Result<Extensions, CsrFault> {
    let mut lists = content.attributes.iter().filter(|attribute| attribute.oid == ID_EXTENSION_REQ);
    let (Some(list), None) = (lists.next(), lists.next()) else {
        return if content.attributes.iter().any(|attribute| attribute.oid == ID_EXTENSION_REQ) {
            Err(CsrFault::Malformed)
        } else {
            Ok(Extensions::new())
        };
    };
    let mut values = list.values.iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(CsrFault::Malformed) };
    let extensions: Extensions = value.decode_as().map_err(malformed)?;
    let mut seen = HashSet::new();
    let distinct = extensions.iter().all(|extension| seen.insert(extension.extn_id));
    if distinct { Ok(extensions) } else { Err(CsrFault::Malformed) }
}

fn extension<T: for<'a> Decode<'a, Error = der::Error> + AssociatedOid>(
    extensions: &Extensions,
) -> Result<Option<T>, CsrFault> {
    let found = extensions.iter().find(|extension| extension.extn_id == T::OID);
    found.map(|extension| T::from_der(extension.extn_value.as_bytes())).transpose().map_err(malformed)
}

fn uri(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        _ => None,
    }
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// Text of a stranger that people are to read.
fn shown(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(MAX_SHOWN).collect()
}

const MAX_SHOWN: usize = 256;

fn malformed(_: der::Error) -> CsrFault {
    CsrFault::Malformed
}

impl From<KeyFault> for CsrFault {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Malformed => Self::Malformed,
            KeyFault::Unknown => Self::UnknownKey,
            KeyFault::Length(bits) => Self::WeakKey { bits },
            KeyFault::Exponent => Self::UnsoundKey,
        }
    }
}

impl fmt::Debug for Csr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csr")
            .field("subject", &self.subject)
            .field("key", &self.key)
            .field("uris", &self.uris)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}
