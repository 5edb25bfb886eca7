//! Elliptic curves as PKCS#11 writes them: parameters, points, signatures.

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5639::{BRAINPOOL_P_256_R_1, BRAINPOOL_P_384_R_1};
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, SECP_256_R_1, SECP_384_R_1};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use der::asn1::{AnyRef, BitString, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::{Outcome, label};
use crate::keys::SignatureAlgorithm;
use crate::keys::curve::Curve;

/// The curve as the attribute CKA_EC_PARAMS has it.
pub(super) fn parameters(curve: Curve) -> Vec<u8> {
    identifier(curve).to_der().expect("an identifier can be encoded")
}

/// What a token says of a key on a curve.
pub(super) struct Description {
    /// `None` for curves that are not used here.
    pub(super) curve: Option<Curve>,
    pub(super) id: Vec<u8>,
    /// Tokens keep it with the public half only, which has the label and the id of the private one.
    pub(super) point: Option<Vec<u8>>,
}

/// Reads what a token says of this private half.
pub(super) fn read(session: &Session, name: &str, private: ObjectHandle) -> Outcome<Description> {
    let (mut curve, mut id) = (None, Vec::new());
    for attribute in session.get_attributes(private, &[AttributeType::EcParams, AttributeType::Id])? {
        match attribute {
            Attribute::EcParams(parameters) => curve = curve_of(&parameters),
            Attribute::Id(bytes) => id = bytes,
            _ => {}
        }
    }
    let point = point(session, name, &id)?;
    Ok(Description { curve, id, point })
}

fn point(session: &Session, name: &str, id: &[u8]) -> Outcome<Option<Vec<u8>>> {
    let description = [Attribute::Class(ObjectClass::PUBLIC_KEY), label(name), Attribute::Id(id.to_vec())];
    let found = session.find_objects(&description)?;
    let Some(public) = found.first() else { return Ok(None) };
    let attributes = session.get_attributes(*public, &[AttributeType::EcPoint])?;
    Ok(attributes.into_iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => Some(unwrapped(point)),
        _ => None,
    }))
}

/// The public half as SubjectPublicKeyInfo (DER).
pub(super) fn subject_public_key_info(curve: Curve, point: &[u8]) -> der::Result<Vec<u8>> {
    if point.len() != 2 * length(curve) + 1 || point[0] != UNCOMPRESSED {
        return Err(der::ErrorKind::Failed.into());
    }
    let parameters = Some(AnyRef::from(&identifier(curve)).into());
    SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid: ID_EC_PUBLIC_KEY, parameters },
        subject_public_key: BitString::from_bytes(point)?,
    }
    .to_der()
}

/// Signs with a private half. The hash is made here, since not every token makes it, SoftHSM among them.
pub(super) fn sign(session: &Session, key: ObjectHandle, curve: Curve, data: &[u8]) -> Outcome<Vec<u8>> {
    let hash = match curve.signature() {
        SignatureAlgorithm::EcdsaSha384 => &digest::SHA384,
        _ => &digest::SHA256,
    };
    session.sign(&Mechanism::Ecdsa, key, digest::digest(hash, data).as_ref())
}

/// The two numbers of a signature, one behind the other, as X.509 wants them.
pub(super) fn signature(numbers: &[u8]) -> der::Result<Vec<u8>> {
    let (r, s) = numbers.split_at(numbers.len() / 2);
    if r.len() != s.len() || r.is_empty() {
        return Err(der::ErrorKind::Failed.into());
    }
    Signature { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der()
}

/// ECDSA-Sig-Value (RFC 3279 §2.2.3).
#[derive(Sequence)]
struct Signature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// The first byte of a point that has both coordinates.
const UNCOMPRESSED: u8 = 4;

fn curve_of(parameters: &[u8]) -> Option<Curve> {
    Curve::ALL.into_iter().find(|curve| self::parameters(*curve) == parameters)
}

fn identifier(curve: Curve) -> ObjectIdentifier {
    match curve {
        Curve::P256 => SECP_256_R_1,
        Curve::P384 => SECP_384_R_1,
        Curve::BrainpoolP256r1 => BRAINPOOL_P_256_R_1,
        Curve::BrainpoolP384r1 => BRAINPOOL_P_384_R_1,
    }
}

/// The bytes of a coordinate.
fn length(curve: Curve) -> usize {
    match curve {
        Curve::P256 | Curve::BrainpoolP256r1 => 32,
        Curve::P384 | Curve::BrainpoolP384r1 => 48,
    }
}

/// PKCS#11 §6.3.3 wants the point inside an OCTET STRING; some tokens leave that out.
fn unwrapped(point: Vec<u8>) -> Vec<u8> {
    <&OctetStringRef>::from_der(&point).map(|inner| inner.as_bytes().to_vec()).unwrap_or(point)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn numbers_become_a_signature_without_needless_zeros_and_never_negative() {
        assert_eq!(signature(&[0, 1, 0x80, 0]).unwrap(), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 0]);
        signature(&[]).unwrap_err();
        signature(&[1, 2, 3]).unwrap_err();
    }

    #[test]
    fn a_point_is_taken_in_both_forms() {
        let point = [&[UNCOMPRESSED][..], &[7; 64]].concat();
        let wrapped = [&[4, 65][..], &point].concat();
        assert_eq!(unwrapped(wrapped), point);
        assert_eq!(unwrapped(point.clone()), point);
        subject_public_key_info(Curve::P256, &point).unwrap();
        subject_public_key_info(Curve::P384, &point).unwrap_err();
    }
}
