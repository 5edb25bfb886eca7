//! Whom we trust: certificates, revocation lists, and the verdict on a chain.

#[cfg(feature = "opcua")]
mod fs;
#[cfg(feature = "opcua")]
mod managed;
mod memory;
#[cfg(feature = "opcua")]
mod rejection;
#[cfg(feature = "opcua")]
mod users;

#[cfg(feature = "opcua")]
pub use fs::{FolderContents, FsTrustStore, read_folder};
pub use memory::MemoryTrustStore;
#[cfg(feature = "opcua")]
pub use rejection::{Rejection, TrustStoreExt};
#[cfg(feature = "opcua")]
pub use users::FsUserStore;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;

/// Holds the lists that decide whom we trust, and the certificates we refused.
/// The verdict itself is the pure function [`ua::trust::verdict`](crate::ua::trust::verdict).
///
/// A store is for one kind of peers: applications and users have a store each.
#[async_trait]
pub trait TrustStore: Debug + Send + Sync + 'static {
    /// The lists as they are now.
    async fn lists(&self) -> Result<TrustLists>;

    /// Returns when the lists differ from those of `seen`, within 2 s of the change, with the
    /// revision that they have now; at once if `seen` is `None`. Whoever asks for the revision
    /// before the lists misses no change.
    async fn changed(&self, seen: Option<TrustRevision>) -> Result<TrustRevision>;

    /// Trusts a certificate (DER): moves it from the rejected ones if it is there.
    async fn trust(&self, certificate: &[u8]) -> Result<()>;

    /// Keeps a refused certificate (DER) and why it was refused, so that a person can look at it
    /// and trust it. The number kept is bounded; the oldest goes first.
    /// Returns where it is now and how to trust it, as a sentence fragment for people.
    async fn reject(&self, certificate: &[u8], finding: &str) -> Result<String>;

    /// The refused certificates, newest first.
    async fn rejected(&self) -> Result<Vec<Rejected>>;

    /// No longer trusts a certificate (DER). Fails with `NotFound` if it was not trusted.
    async fn distrust(&self, certificate: &[u8]) -> Result<()>;
}

/// Tells one state of the lists from another. It means nothing to another store, or after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrustRevision(pub u64);

/// A certificate that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// What was wrong with it when it was last refused, and what to do; empty if nobody knows any more.
    pub finding: String,
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
