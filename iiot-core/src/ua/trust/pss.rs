//! What a signature by RSASSA-PSS says of itself (RFC 4055 §3.1).

use aws_lc_rs::signature::{
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPssSaltLength,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_MGF_1, ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512};
use der::{Decode, Encode};
use x509_cert::AlgorithmIdentifier;

/// What is left out means SHA-1 and a salt of 20 bytes.
#[derive(der::Sequence)]
struct Encoded {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifier>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifier>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt: Option<u16>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u8>,
}

/// The parameters of such a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PssParameters {
    hash: ObjectIdentifier,
    salt: u16,
}

impl PssParameters {
    /// `None` if they are malformed, or mask with another hash than they sign with, as nobody does.
    pub(super) fn of(algorithm: &AlgorithmIdentifier) -> Option<Self> {
        let encoded = Encoded::from_der(&algorithm.parameters.as_ref()?.to_der().ok()?).ok()?;
        let hash = encoded.hash.map_or(ID_SHA_1, |hash| hash.oid);
        let mask = encoded.mask.map_or(Some(ID_SHA_1), |mask| masked_with(&mask))?;
        let sound = mask == hash && matches!(encoded.trailer, None | Some(1));
        sound.then_some(Self { hash, salt: encoded.salt.unwrap_or(20) })
    }

    pub(super) fn is_sha1(self) -> bool {
        self.hash == ID_SHA_1
    }

    /// How to verify it; `None` for hashes that it is not verified with here.
    pub(super) fn verification(self) -> Option<RsaParameters> {
        let parameters = match self.hash {
            ID_SHA_256 => RSA_PSS_2048_8192_SHA256,
            ID_SHA_384 => RSA_PSS_2048_8192_SHA384,
            ID_SHA_512 => RSA_PSS_2048_8192_SHA512,
            _ => return None,
        };
        Some(parameters.with_pss_salt_length(RsaPssSaltLength::Custom(self.salt)))
    }
}

/// The hash inside a mask function.
fn masked_with(mask: &AlgorithmIdentifier) -> Option<ObjectIdentifier> {
    let inner = AlgorithmIdentifier::from_der(&mask.parameters.as_ref()?.to_der().ok()?).ok()?;
    (mask.oid == ID_MGF_1).then_some(inner.oid)
}
