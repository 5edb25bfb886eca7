//! The channel that a push goes over.

use iiot_core::ua::secure::SecurityPolicy;
use iiot_core::ua::trust::leaf_of_chain;

use super::strength::least_of;
use super::{key_of, strength};
use crate::model::{CertificateType, Der};

/// What is known of a session with a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The URI of its security policy.
    pub policy: String,
    /// Whether what it carries is encrypted.
    pub is_encrypted: bool,
    /// The certificate of the device on it, which has proved that it holds the key.
    pub presented: Der,
    /// Our own chain (DER, leaf first).
    pub own: Der,
    /// The NodeIds (of namespace 0) of the certificate types that the group takes; empty if the device does not tell.
    pub certificate_types: Vec<u32>,
}

impl Channel {
    /// Bits of security of the weakest part; 0 for what is not encrypted or not understood.
    #[must_use]
    pub fn strength(&self) -> u32 {
        let policy = SecurityPolicy::from_uri(&self.policy).map_or(0, strength_of_policy);
        let keys = [&self.presented, &self.own].map(strength_of_certificate);
        if self.is_encrypted { keys.into_iter().fold(policy, u32::min) } else { 0 }
    }

    /// Why a certificate of this type must not or cannot be pushed over it.
    pub(super) fn objection(&self, wanted: CertificateType) -> Option<String> {
        let types = &self.certificate_types;
        // Devices with a single type may tell the abstract one.
        if !types.is_empty() && !types.contains(&wanted.node_id()) && !types.contains(&APPLICATION_CERTIFICATE) {
            return Some(format!(
                "the device takes certificates of the types {types:?}, not of i={}",
                wanted.node_id()
            ));
        }
        self.too_weak_for(least_of(wanted))
    }

    /// Why material of so many bits of security must not be pushed over it.
    pub(super) fn too_weak_for(&self, bits: u32) -> Option<String> {
        let own = self.strength();
        (own < bits).then(|| {
            format!(
                "the channel has {own} bits of security and the new key {bits}: nothing stronger than the channel may be \
                 pushed over it (OPC 10000-2 §7.3.4); give the device a stronger certificate by hand first, or order one \
                 with a weaker key"
            )
        })
    }
}

/// ApplicationCertificateType, which is abstract.
const APPLICATION_CERTIFICATE: u32 = 12557;

fn strength_of_policy(policy: SecurityPolicy) -> u32 {
    if [SecurityPolicy::BASIC256_SHA256, SecurityPolicy::AES256_SHA256_RSA_PSS].contains(&policy) {
        return 256;
    }
    if policy == SecurityPolicy::AES128_SHA256_RSA_OAEP { 128 } else { 0 }
}

fn strength_of_certificate(chain: &Der) -> u32 {
    let key = leaf_of_chain(&chain.0).ok().and_then(|(leaf, _)| key_of(leaf.public_key()));
    key.map_or(0, strength)
}
