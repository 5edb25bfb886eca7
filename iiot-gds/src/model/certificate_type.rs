//! Types of certificates (OPC 10000-12 §7.8.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a certificate is for and which key it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CertificateType {
    /// RsaSha256ApplicationCertificateType: RSA of 2048 to 4096 bits, signed with SHA-256.
    RsaSha256,
    /// EccNistP256ApplicationCertificateType.
    NistP256,
    /// EccNistP384ApplicationCertificateType.
    NistP384,
    /// EccBrainpoolP256r1ApplicationCertificateType.
    BrainpoolP256r1,
    /// EccBrainpoolP384r1ApplicationCertificateType.
    BrainpoolP384r1,
    /// HttpsCertificateType: of a web server.
    Https,
    /// UserCertificateType: of a person.
    User,
}

/// The key of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KeyAlgorithm {
    /// RSA, with the bits of its modulus.
    Rsa(u32),
    /// On an elliptic curve.
    Ec(Curve),
}

/// An elliptic curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Curve {
    /// secp256r1.
    NistP256,
    /// secp384r1.
    NistP384,
    /// brainpoolP256r1.
    BrainpoolP256r1,
    /// brainpoolP384r1.
    BrainpoolP384r1,
}

impl CertificateType {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::RsaSha256,
        Self::NistP256,
        Self::NistP384,
        Self::BrainpoolP256r1,
        Self::BrainpoolP384r1,
        Self::Https,
        Self::User,
    ];

    /// The number of its NodeId, in the namespace of OPC UA itself.
    #[must_use]
    pub const fn node_id(self) -> u32 {
        match self {
            Self::RsaSha256 => 12560,
            Self::NistP256 => 23538,
            Self::NistP384 => 23539,
            Self::BrainpoolP256r1 => 23540,
            Self::BrainpoolP384r1 => 23541,
            Self::Https => 12558,
            Self::User => 19323,
        }
    }

    /// The type of this NodeId.
    #[must_use]
    pub fn of_node_id(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.node_id() == number)
    }

    /// Whether a certificate of this type may have such a key.
    #[must_use]
    pub const fn allows(self, key: KeyAlgorithm) -> bool {
        match (self, key) {
            (Self::RsaSha256 | Self::Https | Self::User, KeyAlgorithm::Rsa(bits)) => bits >= 2048 && bits <= 4096,
            (Self::NistP256, KeyAlgorithm::Ec(Curve::NistP256))
            | (Self::NistP384, KeyAlgorithm::Ec(Curve::NistP384))
            | (Self::BrainpoolP256r1, KeyAlgorithm::Ec(Curve::BrainpoolP256r1))
            | (Self::BrainpoolP384r1, KeyAlgorithm::Ec(Curve::BrainpoolP384r1))
            | (Self::Https | Self::User, KeyAlgorithm::Ec(Curve::NistP256 | Curve::NistP384)) => true,
            _ => false,
        }
    }

    /// Whether it is of an OPC UA application, so that it needs an ApplicationUri.
    #[must_use]
    pub const fn is_application(self) -> bool {
        !matches!(self, Self::Https | Self::User)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_back_to_its_type() {
        for kind in CertificateType::ALL {
            assert_eq!(CertificateType::of_node_id(kind.node_id()), Some(kind));
        }
        assert_eq!(CertificateType::of_node_id(12557), None, "the abstract type is none");
    }

    #[test]
    fn each_type_has_keys_of_its_own() {
        assert!(CertificateType::RsaSha256.allows(KeyAlgorithm::Rsa(2048)));
        assert!(!CertificateType::RsaSha256.allows(KeyAlgorithm::Rsa(1024)));
        assert!(!CertificateType::RsaSha256.allows(KeyAlgorithm::Ec(Curve::NistP256)));
        assert!(!CertificateType::NistP256.allows(KeyAlgorithm::Ec(Curve::NistP384)));
        assert!(CertificateType::Https.allows(KeyAlgorithm::Ec(Curve::NistP384)));
    }
}
