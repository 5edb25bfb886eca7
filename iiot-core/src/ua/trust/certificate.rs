//! X.509 certificates as OPC UA uses them (OPC 10000-6 §6.2.2).

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use aws_lc_rs::digest;
use const_oid::AssociatedOid;
use der::{Decode, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};

use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;
use crate::ua::StatusCode;
use crate::ua::trust::chain::may_have_issued;
use crate::ua::trust::key::KeyKind;
use crate::ua::trust::signature::weak_hash;

/// A parsed certificate, with the bytes it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    /// Where the part that the issuer signed lies in `der`.
    signed: Range<usize>,
    public_key: Vec<u8>,
    key_kind: Option<KeyKind>,
    parsed: x509_cert::Certificate,
}

impl Certificate {
    /// Parses exactly one certificate (DER) of 64 KiB at most. Fails with `BadCertificateInvalid`.
    pub fn parse(der: &[u8]) -> Result<Self> {
        if der.len() > MAX_CERTIFICATE {
            return Err(malformed().with("limit of bytes", MAX_CERTIFICATE).with("bytes", der.len()));
        }
        let parsed = x509_cert::Certificate::from_der(der).map_err(|cause| malformed().because(cause))?;
        let public_key = parsed.tbs_certificate().subject_public_key_info().to_der();
        Ok(Self {
            der: der.to_vec(),
            signed: signed_part(der).ok_or_else(malformed)?,
            public_key: public_key.map_err(|cause| malformed().because(cause))?,
            key_kind: KeyKind::of(parsed.tbs_certificate().subject_public_key_info()),
            parsed,
        })
    }

    /// The bytes it was parsed from.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-1 over the certificate: what OPC UA calls the thumbprint.
    #[must_use]
    pub fn thumbprint_sha1(&self) -> [u8; 20] {
        thumbprint_sha1(&self.der)
    }

    /// The thumbprint in upper-case hexadecimal, as people compare it.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.der)
    }

    /// The public key as SubjectPublicKeyInfo (DER).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The ApplicationUri: the first URI among the alternative names.
    #[must_use]
    pub fn application_uri(&self) -> Option<String> {
        self.uris().into_iter().next()
    }

    /// Every URI among the alternative names; there should be one.
    #[must_use]
    pub fn uris(&self) -> Vec<String> {
        let names = self.alternative_names().into_iter();
        names
            .filter_map(|name| match name {
                GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
                _ => None,
            })
            .collect()
    }

    /// The host names it was issued for.
    #[must_use]
    pub fn dns_names(&self) -> Vec<String> {
        let names = self.alternative_names().into_iter();
        names
            .filter_map(|name| if let GeneralName::DnsName(dns) = name { Some(dns.to_string()) } else { None })
            .collect()
    }

    /// The addresses it was issued for.
    #[must_use]
    pub fn ip_addresses(&self) -> Vec<IpAddr> {
        let names = self.alternative_names().into_iter();
        names
            .filter_map(|name| if let GeneralName::IpAddress(ip) = name { ip_address(ip.as_bytes()) } else { None })
            .collect()
    }

    /// Valid from this time on.
    #[must_use]
    pub fn not_before(&self) -> UtcTime {
        UtcTime::UNIX_EPOCH + self.parsed.tbs_certificate().validity().not_before.to_unix_duration()
    }

    /// Valid until this time.
    #[must_use]
    pub fn not_after(&self) -> UtcTime {
        UtcTime::UNIX_EPOCH + self.parsed.tbs_certificate().validity().not_after.to_unix_duration()
    }

    /// Whether it is valid at this time.
    #[must_use]
    pub fn is_valid_at(&self, time: UtcTime) -> bool {
        (self.not_before()..=self.not_after()).contains(&time)
    }

    /// Whom it was issued to, as in `CN=Boiler,O=Works`.
    #[must_use]
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// Who issued it, as in `CN=Works CA`.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.parsed.tbs_certificate().issuer().to_string()
    }

    /// The serial number, in hexadecimal.
    #[must_use]
    pub fn serial(&self) -> String {
        self.serial_bytes().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Whether subject and issuer are the same.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.parsed.tbs_certificate().subject() == self.parsed.tbs_certificate().issuer()
    }

    /// Whether it may be the issuer of another one by names and key identifiers; the signature was not looked at.
    #[must_use]
    pub fn may_have_issued(&self, other: &Self) -> bool {
        may_have_issued(self, other)
    }

    /// Whether it may issue certificates: BasicConstraints says so.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.extension::<BasicConstraints>().is_some_and(|constraints| constraints.ca)
    }

    /// How many authorities may stand between this one and a leaf.
    pub(crate) fn path_length(&self) -> Option<u8> {
        self.extension::<BasicConstraints>().and_then(|constraints| constraints.path_len_constraint)
    }

    /// An extension and whether it is critical, if there is one that can be read.
    pub(super) fn stated<'a, T: Decode<'a> + AssociatedOid>(&'a self) -> Option<(bool, T)> {
        self.parsed.tbs_certificate().get_extension().ok().flatten()
    }

    /// The first extension of this kind, if there is one that can be read.
    pub(crate) fn extension<'a, T: Decode<'a> + AssociatedOid>(&'a self) -> Option<T> {
        self.stated().map(|(_, extension)| extension)
    }

    /// The bits of its RSA key; `None` if its key is another, or malformed.
    #[must_use]
    pub fn rsa_bits(&self) -> Option<usize> {
        match self.key_kind {
            Some(KeyKind::Rsa { bits, .. }) => Some(bits),
            _ => None,
        }
    }

    /// The hash under its signature, if that is SHA-1 or worse, so that the signature can be forged.
    #[must_use]
    pub fn weak_signature(&self) -> Option<&'static str> {
        weak_hash(self.parsed.signature_algorithm().oid)
    }

    /// What its key is; `None` if the key is malformed.
    #[must_use]
    pub fn key_kind(&self) -> Option<KeyKind> {
        self.key_kind
    }

    /// The certificate as the X.509 library sees it.
    pub(crate) fn x509(&self) -> &x509_cert::Certificate {
        &self.parsed
    }

    /// The bytes that the issuer signed.
    pub(crate) fn signed_bytes(&self) -> &[u8] {
        &self.der[self.signed.clone()]
    }

    pub(crate) fn serial_bytes(&self) -> &[u8] {
        self.parsed.tbs_certificate().serial_number().as_bytes()
    }

    fn alternative_names(&self) -> Vec<GeneralName> {
        self.extension::<SubjectAltName>().map(|names| names.0).unwrap_or_default()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("subject", &self.subject()).field("serial", &self.serial()).finish()
    }
}

/// Splits a chain as it is sent (OPC 10000-6 §6.2.6): leaf first, issuers behind it.
/// Fails with `BadCertificateInvalid` if there is none, one does not parse, or there are more than 10.
pub fn leaf_of_chain(chain: &[u8]) -> Result<(Certificate, Vec<Certificate>)> {
    let leaf = Certificate::parse(leaf_bytes(chain).ok_or_else(malformed)?)?;
    let mut issuers = Vec::new();
    let mut rest = &chain[leaf.der.len()..];
    while !rest.is_empty() {
        if issuers.len() + 1 == MAX_CHAIN_LENGTH {
            return Err(malformed().with("limit of certificates", MAX_CHAIN_LENGTH));
        }
        let one = leaf_bytes(rest).ok_or_else(malformed)?;
        issuers.push(Certificate::parse(one)?);
        rest = &rest[one.len()..];
    }
    Ok((leaf, issuers))
}

/// The first certificate of a chain, unparsed.
pub(crate) fn leaf_bytes(chain: &[u8]) -> Option<&[u8]> {
    let (header, content) = sequence_lengths(chain)?;
    chain.get(..header.checked_add(content)?)
}

/// SHA-1 over a certificate (DER).
pub(crate) fn thumbprint_sha1(der: &[u8]) -> [u8; 20] {
    let mut thumbprint = [0; 20];
    thumbprint.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref());
    thumbprint
}

/// Real ones have a few thousand bytes.
const MAX_CERTIFICATE: usize = 64 << 10;
/// The thumbprint of a certificate (DER) in upper-case hexadecimal.
pub(crate) fn thumbprint(der: &[u8]) -> String {
    thumbprint_sha1(der).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Enough for every real chain, and a bound on the work that a hostile one makes.
const MAX_CHAIN_LENGTH: usize = 10;

fn malformed() -> Error {
    Error::new(ErrorKind::Untrusted, "parse certificate", "the bytes are no X.509 certificate (DER)")
        .with_status(StatusCode::BadCertificateInvalid)
}

/// Where the first element inside the outer SEQUENCE lies: the part that is signed.
pub(super) fn signed_part(der: &[u8]) -> Option<Range<usize>> {
    let (outer, _) = sequence_lengths(der)?;
    let (header, content) = sequence_lengths(der.get(outer..)?)?;
    let end = outer.checked_add(header)?.checked_add(content)?;
    (end <= der.len()).then_some(outer..end)
}

/// Lengths of the header and of the content of a DER SEQUENCE.
fn sequence_lengths(der: &[u8]) -> Option<(usize, usize)> {
    let (&tag, &first) = (der.first()?, der.get(1)?);
    if tag != 0x30 {
        return None;
    }
    if first < 0x80 {
        return Some((2, usize::from(first)));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return None;
    }
    let content = der.get(2..2 + count)?.iter().fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
    Some((2 + count, content))
}

fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(four.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}
