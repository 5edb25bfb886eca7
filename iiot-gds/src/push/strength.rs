//! How strong keys and channels are, so that nothing strong goes over something weak (OPC 10000-2 §7.3.4).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1};
use der::asn1::{AnyRef, UintRef};
use der::{Decode, Reader, SliceReader};
use spki::SubjectPublicKeyInfoRef;

use crate::model::{CertificateType, Curve, KeyAlgorithm};

const BRAINPOOL_P256_R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7");
const BRAINPOOL_P384_R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11");

/// Bits of security that a key gives (NIST SP 800-57 part 1, table 2; between its rows by the bits of the modulus).
#[must_use]
pub const fn strength(key: KeyAlgorithm) -> u32 {
    match key {
        KeyAlgorithm::Rsa(bits) => match bits {
            ..1024 => 0,
            1024..2048 => 80,
            2048..3072 => 112,
            3072..4096 => 128,
            4096..7680 => 152,
            _ => 192,
        },
        KeyAlgorithm::Ec(Curve::NistP256 | Curve::BrainpoolP256r1) => 128,
        KeyAlgorithm::Ec(Curve::NistP384 | Curve::BrainpoolP384r1) => 192,
    }
}

/// The least that a certificate of this type has.
pub(super) const fn least_of(kind: CertificateType) -> u32 {
    match kind {
        CertificateType::NistP256 | CertificateType::BrainpoolP256r1 => 128,
        CertificateType::NistP384 | CertificateType::BrainpoolP384r1 => 192,
        _ => 112,
    }
}

/// The algorithm of a public key (SubjectPublicKeyInfo, DER); `None` if it is none that certificates here have.
#[must_use]
pub fn key_of(public_key: &[u8]) -> Option<KeyAlgorithm> {
    let info = SubjectPublicKeyInfoRef::from_der(public_key).ok()?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => rsa_bits(info.subject_public_key.as_bytes()?).map(KeyAlgorithm::Rsa),
        ID_EC_PUBLIC_KEY => curve(info.algorithm.parameters?).map(KeyAlgorithm::Ec),
        _ => None,
    }
}

fn rsa_bits(key: &[u8]) -> Option<u32> {
    let mut reader = SliceReader::new(key).ok()?;
    let modulus: UintRef<'_> = reader
        .sequence(|inner| -> der::Result<_> {
            let modulus = UintRef::decode(inner)?;
            UintRef::decode(inner)?;
            Ok(modulus)
        })
        .ok()?;
    let bytes = modulus.as_bytes();
    let bits = bytes.len().checked_mul(8)? - bytes.first()?.leading_zeros() as usize;
    u32::try_from(bits).ok()
}

fn curve(parameters: AnyRef<'_>) -> Option<Curve> {
    match parameters.decode_as::<ObjectIdentifier>().ok()? {
        SECP_256_R_1 => Some(Curve::NistP256),
        SECP_384_R_1 => Some(Curve::NistP384),
        BRAINPOOL_P256_R1 => Some(Curve::BrainpoolP256r1),
        BRAINPOOL_P384_R1 => Some(Curve::BrainpoolP384r1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SubjectPublicKeyInfo of a curve, with a point of so many bytes.
    fn point(parameters: &[u8], length: usize) -> Vec<u8> {
        const EC_PUBLIC_KEY: [u8; 9] = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        let algorithm = [&EC_PUBLIC_KEY, parameters].concat();
        let mut key = vec![0x30, algorithm.len() as u8];
        key.extend(algorithm);
        key.extend([3, length as u8 + 2, 0, 4]);
        key.extend(vec![1; length]);
        [vec![0x30, key.len() as u8], key].concat()
    }

    #[test]
    fn curves_are_told_by_their_names() {
        let p256 = point(&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], 64);
        let p384 = point(&[6, 5, 0x2b, 0x81, 4, 0, 0x22], 96);
        let brainpool = point(&[6, 9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7], 64);
        assert_eq!(key_of(&p256), Some(KeyAlgorithm::Ec(Curve::NistP256)));
        assert_eq!(key_of(&brainpool), Some(KeyAlgorithm::Ec(Curve::BrainpoolP256r1)));
        assert_eq!(key_of(&p384), Some(KeyAlgorithm::Ec(Curve::NistP384)));
        assert_eq!(key_of(&point(&[6, 3, 0x2b, 0x65, 0x70], 32)), None);
        assert_eq!(key_of(b"nonsense"), None);
    }

    #[test]
    fn longer_keys_are_stronger() {
        let keys = [512, 1024, 2048, 3072, 4096, 8192].map(KeyAlgorithm::Rsa);
        let found = keys.map(strength);
        assert!(found.is_sorted() && found[2] == 112, "{found:?}");
        assert!(strength(KeyAlgorithm::Ec(Curve::NistP384)) > strength(KeyAlgorithm::Rsa(4096)));
    }
}
