//! Whom we trust: certificates, revocation lists, and the verdict on a chain.

#[cfg(feature = "opcua")]
mod fs;
mod memory;

#[cfg(feature = "opcua")]
pub use fs::FsTrustStore;
pub use memory::MemoryTrustStore;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;

/// Holds the lists that decide whom we trust, and the certificates we refused.
/// The verdict itself is the pure function [`ua::trust::verdict`](crate::ua::trust::verdict).
#[async_trait]
pub trait TrustStore: Debug + Send + Sync + 'static {
    /// The lists as they are now.
    async fn lists(&self) -> Result<TrustLists>;

    /// Trusts a certificate (DER): moves it from the rejected ones if it is there.
    async fn trust(&self, certificate: &[u8]) -> Result<()>;

    /// Keeps a refused certificate (DER) so that a person can look at it and trust it.
    /// The number kept is bounded; the oldest goes first.
    /// Returns where it is now and how to trust it, as a sentence fragment for people.
    async fn reject(&self, certificate: &[u8]) -> Result<String>;

    /// The refused certificates (DER), newest first.
    async fn rejected(&self) -> Result<Vec<Vec<u8>>>;

    /// No longer trusts a certificate (DER). Fails with `NotFound` if it was not trusted.
    async fn distrust(&self, certificate: &[u8]) -> Result<()>;
}

/// The four lists of a TrustListDataType (OPC 10000-12 §7.8.2.6); each entry is DER.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustLists {
    /// Applications and authorities we trust.
    pub trusted_certificates: Vec<Vec<u8>>,
    /// Revocation lists of trusted authorities.
    pub trusted_crls: Vec<Vec<u8>>,
    /// Authorities needed to complete chains, not trusted by themselves.
    pub issuer_certificates: Vec<Vec<u8>>,
    /// Revocation lists of issuers.
    pub issuer_crls: Vec<Vec<u8>>,
}

/// The number of refused certificates that stores keep.
pub const MAX_REJECTED: usize = 64;
