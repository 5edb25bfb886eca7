//! What certificates and revocation lists are made of, in the types of the crate `x509-cert`, for whoever issues some.

use std::net::IpAddr;

use aws_lc_rs::{digest, rand};
use const_oid::db::rfc4519::{CN, O};
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, SHA_256_WITH_RSA_ENCRYPTION};
use der::asn1::{Any, BitString, Ia5String, Null, OctetString, SetOfVec, Utf8StringRef};
use der::flagset::FlagSet;
use der::{DateTime, Decode, Encode, Sequence};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::{Extension, Extensions, ToExtension};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo, Version};

use crate::keys::SignatureAlgorithm;
use crate::time::UtcTime;
use crate::ua::trust::KeyKind;

/// The part of a certificate that is signed (RFC 5280 §4.1), which the X.509 library does not let us fill in.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub struct CertificateDraft {
    /// Always v3.
    #[asn1(context_specific = "0", default = "Default::default")]
    pub version: Version,
    /// The number that its issuer gives it, and no other.
    pub serial_number: SerialNumber,
    /// How it will be signed.
    pub signature: AlgorithmIdentifier,
    /// The name of its issuer.
    pub issuer: Name,
    /// From when until when it is valid.
    pub validity: Validity,
    /// The name of its holder.
    pub subject: Name,
    /// The key of its holder.
    pub subject_public_key_info: SubjectPublicKeyInfo,
    /// Everything else that it says.
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub extensions: Option<Extensions>,
}

/// A certificate or revocation list as it is encoded.
#[derive(Sequence)]
struct Signed {
    content: Any,
    algorithm: AlgorithmIdentifier,
    signature: BitString,
}

impl CertificateDraft {
    /// The bytes to sign.
    pub fn to_be_signed(&self) -> der::Result<Vec<u8>> {
        self.to_der()
    }
}

/// The certificate or revocation list of these signed bytes and the signature over them.
pub fn signed(content: &[u8], algorithm: &AlgorithmIdentifier, signature: &[u8]) -> der::Result<Vec<u8>> {
    let (algorithm, signature) = (algorithm.clone(), BitString::from_bytes(signature)?);
    Signed { content: Any::from_der(content)?, algorithm, signature }.to_der()
}

/// How a signature names its algorithm; `None` for those that certificates are not signed with here.
#[must_use]
pub fn algorithm_identifier(algorithm: SignatureAlgorithm) -> Option<AlgorithmIdentifier> {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => {
            Some(AlgorithmIdentifier { oid: SHA_256_WITH_RSA_ENCRYPTION, parameters: Some(Null.into()) })
        }
        SignatureAlgorithm::EcdsaSha256 => Some(AlgorithmIdentifier { oid: ECDSA_WITH_SHA_256, parameters: None }),
        SignatureAlgorithm::EcdsaSha384 => Some(AlgorithmIdentifier { oid: ECDSA_WITH_SHA_384, parameters: None }),
        SignatureAlgorithm::RsaPssSha256 | SignatureAlgorithm::RsaPkcs1Sha1 => None,
    }
}

/// What the key of an application is for (OPC 10000-6 §6.2.2): to sign, and with RSA to decrypt.
#[must_use]
pub fn application_usage(key: KeyKind) -> FlagSet<KeyUsages> {
    match key {
        KeyKind::Rsa { .. } => {
            KeyUsages::DigitalSignature
                | KeyUsages::NonRepudiation
                | KeyUsages::KeyEncipherment
                | KeyUsages::DataEncipherment
        }
        KeyKind::Ec(_) | KeyKind::Other => KeyUsages::DigitalSignature.into(),
    }
}

/// The name `CN=common_name,O=organization`; an empty part is left out.
pub fn name(common_name: &str, organization: &str) -> der::Result<Name> {
    let mut parts = RdnSequence::default();
    for (oid, value) in [(O, organization), (CN, common_name)] {
        if !value.is_empty() {
            let value = Any::from(Utf8StringRef::new(value)?);
            parts
                .push(RelativeDistinguishedName::from(SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?));
        }
    }
    Name::from_der(&parts.to_der()?)
}

/// Sixteen random bytes, positive.
pub fn random_serial() -> der::Result<SerialNumber> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| der::ErrorKind::Failed)?;
    // Neither negative nor with a leading zero, so that every library reads it back the same.
    bytes[0] = bytes[0] & 0x3f | 0x40;
    SerialNumber::new(&bytes)
}

/// SHA-1 over the public key: how certificates name keys (RFC 5280 §4.2.1.2).
pub fn key_identifier(key: &SubjectPublicKeyInfo) -> der::Result<OctetString> {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key.subject_public_key.raw_bytes());
    OctetString::new(hash.as_ref())
}

/// A time of a certificate, in whole seconds. Fails before 1970, which no encoding can show.
pub fn time(time: UtcTime) -> der::Result<Time> {
    if time < UtcTime::UNIX_EPOCH {
        return Err(der::ErrorKind::DateTime.into());
    }
    Ok(Time::from(DateTime::from_unix_duration(time.since(UtcTime::UNIX_EPOCH))?))
}

/// An extension of the certificate of `subject`.
pub fn extension<T>(subject: &Name, critical: bool, content: &T) -> der::Result<Extension>
where
    T: const_oid::AssociatedOid + Encode,
{
    (critical, content).to_extension(subject, &[])
}

/// A URI among the alternative names, or where something is found; ASCII.
pub fn uri(uri: &str) -> der::Result<GeneralName> {
    Ia5String::new(uri).map(GeneralName::UniformResourceIdentifier)
}

/// A host name among the alternative names; ASCII.
pub fn dns_name(name: &str) -> der::Result<GeneralName> {
    Ia5String::new(name).map(GeneralName::DnsName)
}

/// An address among the alternative names.
pub fn ip_address(address: IpAddr) -> der::Result<GeneralName> {
    let bytes = match address {
        IpAddr::V4(four) => OctetString::new(four.octets())?,
        IpAddr::V6(six) => OctetString::new(six.octets())?,
    };
    Ok(GeneralName::IpAddress(bytes))
}
