//! What a public key is, as far as judging it needs.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5639::{BRAINPOOL_P_256_R_1, BRAINPOOL_P_384_R_1};
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1, SECP_521_R_1};
use der::Decode;
use der::asn1::UintRef;
use x509_cert::SubjectPublicKeyInfo;

use crate::keys::SignatureAlgorithm;

/// What a public key is, as far as judging it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// The bits of its modulus.
        bits: usize,
        /// Whether its exponent is odd, more than 1 and of four bytes at most.
        exponent_is_sound: bool,
    },
    /// On a curve that signatures can be verified with here.
    Ec(EcCurve),
    /// Of a kind that they cannot be verified with.
    Other,
}

/// A curve, of NIST or, with the feature `brainpool`, of RFC 5639; without it keys on the latter are [`KeyKind::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcCurve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
    /// brainpoolP256r1.
    BrainpoolP256r1,
    /// brainpoolP384r1.
    BrainpoolP384r1,
}

/// Longer keys make whoever verifies work for the sender, and cannot be verified by the library.
pub(super) const MAX_RSA_BITS: usize = 8192;
/// Shorter ones cannot be verified either.
pub(super) const LEAST_RSA_BITS: usize = 1024;

/// RFC 8017 §A.1.1.
#[derive(der::Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

impl KeyKind {
    /// The kind of a SubjectPublicKeyInfo (DER); `None` if it is malformed.
    #[must_use]
    pub fn of_der(key: &[u8]) -> Option<Self> {
        Self::of(&SubjectPublicKeyInfo::from_der(key).ok()?)
    }

    /// How keys of this kind sign certificates here; `None` if they do not.
    #[must_use]
    pub fn signature_algorithm(self) -> Option<SignatureAlgorithm> {
        match self {
            Self::Rsa { .. } => Some(SignatureAlgorithm::RsaPkcs1Sha256),
            Self::Ec(EcCurve::P256 | EcCurve::BrainpoolP256r1) => Some(SignatureAlgorithm::EcdsaSha256),
            Self::Ec(EcCurve::P384 | EcCurve::BrainpoolP384r1) => Some(SignatureAlgorithm::EcdsaSha384),
            Self::Ec(EcCurve::P521) | Self::Other => None,
        }
    }

    /// `None` if the key is not what its algorithm says.
    pub(super) fn of(key: &SubjectPublicKeyInfo) -> Option<Self> {
        match key.algorithm.oid {
            RSA_ENCRYPTION => Self::rsa(key.subject_public_key.as_bytes()?),
            ID_EC_PUBLIC_KEY => Self::ec(key),
            _ => Some(Self::Other),
        }
    }

    /// Whether signatures of this key can be verified here, at a cost worth it.
    pub(super) fn is_verifiable(self) -> bool {
        match self {
            Self::Rsa { bits, exponent_is_sound } => {
                exponent_is_sound && (LEAST_RSA_BITS..=MAX_RSA_BITS).contains(&bits)
            }
            Self::Ec(_) => true,
            Self::Other => false,
        }
    }

    fn rsa(key: &[u8]) -> Option<Self> {
        let key = RsaPublicKey::from_der(key).ok()?;
        let modulus = key.modulus.as_bytes();
        let bits = (modulus.len() * 8).checked_sub(modulus.first()?.leading_zeros() as usize)?;
        Some(Self::Rsa { bits, exponent_is_sound: is_sound(key.exponent.as_bytes()) })
    }

    fn ec(key: &SubjectPublicKeyInfo) -> Option<Self> {
        let curve: ObjectIdentifier = key.algorithm.parameters.as_ref()?.decode_as().ok()?;
        Some(match curve {
            SECP_256_R_1 => Self::Ec(EcCurve::P256),
            SECP_384_R_1 => Self::Ec(EcCurve::P384),
            SECP_521_R_1 => Self::Ec(EcCurve::P521),
            BRAINPOOL_P_256_R_1 if cfg!(feature = "brainpool") => Self::Ec(EcCurve::BrainpoolP256r1),
            BRAINPOOL_P_384_R_1 if cfg!(feature = "brainpool") => Self::Ec(EcCurve::BrainpoolP384r1),
            _ => Self::Other,
        })
    }
}

/// With 1 nothing is encrypted, an even one has no inverse, and long ones cost time.
fn is_sound(exponent: &[u8]) -> bool {
    let is_odd = exponent.last().is_some_and(|last| last & 1 == 1);
    is_odd && exponent != [1] && exponent.len() <= 4
}
