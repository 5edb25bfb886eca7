//! A certificate before it is signed.

use const_oid::db::rfc4519::{CN, O};
use der::asn1::{Any, BitString, SetOfVec, Utf8StringRef};
use der::{Decode, Encode, Sequence};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extensions;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Validity;
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo, Version};

/// The part that is signed (RFC 5280 §4.1), which the X.509 library does not let us fill in.
#[derive(Debug, Sequence)]
pub(crate) struct CertificateDraft {
    #[asn1(context_specific = "0", default = "Default::default")]
    pub(crate) version: Version,
    pub(crate) serial_number: SerialNumber,
    pub(crate) signature: AlgorithmIdentifier,
    pub(crate) issuer: Name,
    pub(crate) validity: Validity,
    pub(crate) subject: Name,
    pub(crate) subject_public_key_info: SubjectPublicKeyInfo,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(crate) extensions: Option<Extensions>,
}

/// A certificate as it is encoded.
#[derive(Sequence)]
struct Signed {
    content: Any,
    algorithm: AlgorithmIdentifier,
    signature: BitString,
}

impl CertificateDraft {
    /// The bytes to sign.
    pub(crate) fn to_be_signed(&self) -> der::Result<Vec<u8>> {
        self.to_der()
    }

    /// The certificate, from [`to_be_signed`](Self::to_be_signed) and the signature over it.
    pub(crate) fn signed(&self, content: &[u8], signature: &[u8]) -> der::Result<Vec<u8>> {
        Signed {
            content: Any::from_der(content)?,
            algorithm: self.signature.clone(),
            signature: BitString::from_bytes(signature)?,
        }
        .to_der()
    }
}

/// The name `CN=common_name,O=organization`; an empty organization is left out.
pub(crate) fn name(common_name: &str, organization: &str) -> der::Result<Name> {
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
