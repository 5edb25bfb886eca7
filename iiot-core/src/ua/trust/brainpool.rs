//! Signatures on the brainpool curves.

use aws_lc_rs::digest;
use bp256::BrainpoolP256r1;
use bp384::BrainpoolP384r1;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512};
use ecdsa::signature::hazmat::PrehashVerifier;
use ecdsa::{VerifyingKey, der};
use elliptic_curve::pkcs8::DecodePublicKey;

use crate::ua::trust::key::{EcCurve, KeyKind};
use crate::ua::trust::signature::Signature;

/// Whether `signature` over `data` was made with this key (SubjectPublicKeyInfo, DER); `None` if it is on no such curve.
pub(super) fn verify(
    kind: KeyKind,
    algorithm: ObjectIdentifier,
    key: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Option<Signature> {
    let on = match kind {
        KeyKind::Ec(EcCurve::BrainpoolP256r1) => holds_on_256,
        KeyKind::Ec(EcCurve::BrainpoolP384r1) => holds_on_384,
        _ => return None,
    };
    let hash = match algorithm {
        ECDSA_WITH_SHA_256 => &digest::SHA256,
        ECDSA_WITH_SHA_384 => &digest::SHA384,
        ECDSA_WITH_SHA_512 => &digest::SHA512,
        _ => return Some(Signature::Unverifiable),
    };
    let holds = on(key, digest::digest(hash, data).as_ref(), signature);
    Some(if holds.is_some() { Signature::Holds } else { Signature::Wrong })
}

fn holds_on_256(key: &[u8], hash: &[u8], signature: &[u8]) -> Option<()> {
    let signature = der::Signature::<BrainpoolP256r1>::from_bytes(signature).ok()?;
    VerifyingKey::from_public_key_der(key).ok()?.verify_prehash(hash, &signature).ok()
}

fn holds_on_384(key: &[u8], hash: &[u8], signature: &[u8]) -> Option<()> {
    let signature = der::Signature::<BrainpoolP384r1>::from_bytes(signature).ok()?;
    VerifyingKey::from_public_key_der(key).ok()?.verify_prehash(hash, &signature).ok()
}
