//! Signatures of authorities over certificates and revocation lists.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{
    DSA_WITH_SHA_1, ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_RSASSA_PSS,
    MD_2_WITH_RSA_ENCRYPTION, MD_5_WITH_RSA_ENCRYPTION, SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION,
    SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use x509_cert::AlgorithmIdentifier;

use crate::ua::trust::Certificate;
use crate::ua::trust::key::KeyKind;
use crate::ua::trust::pss::PssParameters;

type Algorithms = &'static [&'static dyn VerificationAlgorithm];

/// Whether something was signed by whom it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// It was.
    Holds,
    /// It was not, or changed since.
    Wrong,
    /// Nobody can tell: the key or the algorithm is none that can be verified with here.
    Unverifiable,
}

/// Whether `signature` over `data` was made with this key (SubjectPublicKeyInfo, DER) by exactly this algorithm.
///
/// It holds for weak algorithms too: [`weak_hash_of`] tells which those are.
#[must_use]
pub fn verify_signature(
    public_key: &[u8],
    algorithm: &AlgorithmIdentifier,
    data: &[u8],
    signature: &[u8],
) -> Signature {
    let Some(kind) = KeyKind::of_der(public_key).filter(|kind| kind.is_verifiable()) else {
        return Signature::Unverifiable;
    };
    if algorithm.oid != ID_RSASSA_PSS {
        // RFC 4055 §5 and RFC 5758 §3.2: nothing stands there but a NULL, else one signature could be written in many ways.
        if algorithm.parameters.as_ref().is_some_and(|parameters| !parameters.is_null()) {
            return Signature::Wrong;
        }
        return verify_by(algorithm.oid, kind, public_key, data, signature);
    }
    match PssParameters::of(algorithm).and_then(PssParameters::verification) {
        Some(parameters) if parameters.verify_sig(public_key, data, signature).is_ok() => Signature::Holds,
        Some(_) => Signature::Wrong,
        None => Signature::Unverifiable,
    }
}

/// The hash under signatures by this algorithm, if it is SHA-1 or worse, so that they can be forged.
#[must_use]
pub fn weak_hash_of(algorithm: &AlgorithmIdentifier) -> Option<&'static str> {
    if algorithm.oid == ID_RSASSA_PSS {
        return PssParameters::of(algorithm).filter(|parameters| parameters.is_sha1()).map(|_| "SHA-1");
    }
    weak_hash(algorithm.oid)
}

/// Whether the key of `issuer` signed a certificate. Weak algorithms count here; the policy check
/// refuses them afterwards, by name.
pub(super) fn check(certificate: &Certificate, issuer: &Certificate) -> Signature {
    let x509 = certificate.x509();
    let algorithm = x509.signature_algorithm();
    // RFC 5280 §4.1.1.2: what is signed names the same algorithm, else the outer one could be exchanged.
    if algorithm != x509.tbs_certificate().signature() {
        return Signature::Wrong;
    }
    // Bits that are left over could be changed without anybody's key.
    let Some(bytes) = x509.signature().as_bytes() else { return Signature::Wrong };
    check_over(issuer, algorithm.oid, certificate.signed_bytes(), bytes)
}

/// Whether `signature` over `data` was made with the key of `issuer` by this algorithm.
pub(super) fn check_over(
    issuer: &Certificate,
    algorithm: ObjectIdentifier,
    data: &[u8],
    signature: &[u8],
) -> Signature {
    match issuer.key_kind().filter(|kind| kind.is_verifiable()) {
        Some(kind) => verify_by(algorithm, kind, issuer.public_key(), data, signature),
        None => Signature::Unverifiable,
    }
}

/// Whether a key of this kind made it by this algorithm.
fn verify_by(algorithm: ObjectIdentifier, kind: KeyKind, key: &[u8], data: &[u8], signature: &[u8]) -> Signature {
    #[cfg(feature = "brainpool")]
    if let Some(verdict) = super::brainpool::verify(kind, algorithm, key, data, signature) {
        return verdict;
    }
    let _ = kind;
    verify_with(candidates(algorithm), key, data, signature)
}

/// Whether one of these made it.
fn verify_with(candidates: Algorithms, key: &[u8], data: &[u8], signature: &[u8]) -> Signature {
    if candidates.is_empty() {
        return Signature::Unverifiable;
    }
    let holds = |candidate: &&'static dyn VerificationAlgorithm| {
        UnparsedPublicKey::new(*candidate, key).verify(data, signature).is_ok()
    };
    if candidates.iter().any(holds) { Signature::Holds } else { Signature::Wrong }
}

/// Whether signatures by this algorithm can be forged.
pub(super) fn is_sha1(algorithm: ObjectIdentifier) -> bool {
    algorithm == SHA_1_WITH_RSA_ENCRYPTION
}

/// The hash of an algorithm that nobody should use any more.
pub(super) fn weak_hash(algorithm: ObjectIdentifier) -> Option<&'static str> {
    WEAK.iter().find(|(identifier, _)| *identifier == algorithm).map(|(_, hash)| *hash)
}

/// Signatures with RSA, DSA and on elliptic curves.
const WEAK: &[(ObjectIdentifier, &str)] = &[
    (SHA_1_WITH_RSA_ENCRYPTION, "SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), "SHA-1"),
    (DSA_WITH_SHA_1, "SHA-1"),
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.29"), "SHA-1"),
    (MD_5_WITH_RSA_ENCRYPTION, "MD5"),
    (MD_2_WITH_RSA_ENCRYPTION, "MD2"),
];

/// What an identifier can stand for: curve and PSS hash stand elsewhere, the key fits one of them at most.
fn candidates(algorithm: ObjectIdentifier) -> Algorithms {
    match algorithm {
        SHA_256_WITH_RSA_ENCRYPTION => &[&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY],
        SHA_384_WITH_RSA_ENCRYPTION => &[&RSA_PKCS1_2048_8192_SHA384],
        SHA_512_WITH_RSA_ENCRYPTION => &[&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY],
        SHA_1_WITH_RSA_ENCRYPTION => &[&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY],
        ID_RSASSA_PSS => &[&RSA_PSS_2048_8192_SHA256, &RSA_PSS_2048_8192_SHA384, &RSA_PSS_2048_8192_SHA512],
        ECDSA_WITH_SHA_256 => &[&ECDSA_P256_SHA256_ASN1, &ECDSA_P384_SHA256_ASN1, &ECDSA_P521_SHA256_ASN1],
        ECDSA_WITH_SHA_384 => &[&ECDSA_P256_SHA384_ASN1, &ECDSA_P384_SHA384_ASN1, &ECDSA_P521_SHA384_ASN1],
        ECDSA_WITH_SHA_512 => &[&ECDSA_P256_SHA512_ASN1, &ECDSA_P384_SHA512_ASN1, &ECDSA_P521_SHA512_ASN1],
        _ => &[],
    }
}
