//! Which public keys certificates are issued for.

use der::Decode;
use iiot_core::ua::trust::{EcCurve, KeyKind};
use spki::SubjectPublicKeyInfoRef;

use crate::model::{Curve, KeyAlgorithm};

/// Why no certificate is issued for a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyFault {
    Malformed,
    /// Its algorithm or curve is not known here.
    Unknown,
    /// An RSA key of so many bits.
    Length(u32),
    /// An RSA key whose exponent is even, 1 or longer than four bytes.
    Exponent,
}

/// The algorithm of a public key (SubjectPublicKeyInfo, DER) that can be certified.
pub(super) fn key_algorithm(public_key: &[u8]) -> Result<KeyAlgorithm, KeyFault> {
    match KeyKind::of_der(public_key).ok_or(KeyFault::Malformed)? {
        KeyKind::Rsa { exponent_is_sound: false, .. } => Err(KeyFault::Exponent),
        KeyKind::Rsa { bits, .. } => rsa(bits),
        KeyKind::Ec(EcCurve::P256) => on_curve(public_key, Curve::NistP256, 32),
        KeyKind::Ec(EcCurve::P384) => on_curve(public_key, Curve::NistP384, 48),
        KeyKind::Ec(EcCurve::BrainpoolP256r1) => on_curve(public_key, Curve::BrainpoolP256r1, 32),
        KeyKind::Ec(EcCurve::BrainpoolP384r1) => on_curve(public_key, Curve::BrainpoolP384r1, 48),
        _ => Err(KeyFault::Unknown),
    }
}

fn rsa(bits: usize) -> Result<KeyAlgorithm, KeyFault> {
    let bits = u32::try_from(bits).unwrap_or(u32::MAX);
    if (2048..=4096).contains(&bits) { Ok(KeyAlgorithm::Rsa(bits)) } else { Err(KeyFault::Length(bits)) }
}

/// A point must have both coordinates: some stacks do not read the short form.
fn on_curve(public_key: &[u8], curve: Curve, coordinate: usize) -> Result<KeyAlgorithm, KeyFault> {
    let key = SubjectPublicKeyInfoRef::from_der(public_key).map_err(|_| KeyFault::Malformed)?;
    match key.subject_public_key.as_bytes() {
        Some([4, point @ ..]) if point.len() == 2 * coordinate => Ok(KeyAlgorithm::Ec(curve)),
        _ => Err(KeyFault::Malformed),
    }
}
