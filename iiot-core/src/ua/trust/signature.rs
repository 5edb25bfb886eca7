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
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_RSASSA_PSS, SHA_1_WITH_RSA_ENCRYPTION,
    SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};

use crate::ua::trust::Certificate;

type Algorithms = &'static [&'static dyn VerificationAlgorithm];

/// Whether `signature` over `data` was made with the key of `issuer` by this algorithm. Weak algorithms
/// count here; the policy check refuses them afterwards, by name.
pub(super) fn is_signed_by(issuer: &Certificate, algorithm: ObjectIdentifier, data: &[u8], signature: &[u8]) -> bool {
    let key = issuer.public_key();
    candidates(algorithm)
        .iter()
        .any(|candidate| UnparsedPublicKey::new(*candidate, key).verify(data, signature).is_ok())
}

/// Whether an algorithm is no longer good enough (SHA-1) or not known.
pub(super) fn is_weak(algorithm: ObjectIdentifier) -> bool {
    algorithm == SHA_1_WITH_RSA_ENCRYPTION || candidates(algorithm).is_empty()
}

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
