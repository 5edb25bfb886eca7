//! Whether a certificate may be trusted, and certificates of our own (OPC 10000-4 §6.1.3,
//! OPC 10000-6 §6.2.2).

#[cfg(feature = "brainpool")]
mod brainpool;
mod certificate;
mod chain;
pub mod draft;
mod finding;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod key;
mod lists;
mod own;
mod policy;
mod pss;
mod revocation;
mod self_signed;
mod signature;
mod signing_request;
mod structure;
#[cfg(test)]
pub(crate) mod tests;
mod usage;
mod verdict;

pub use certificate::{Certificate, leaf_of_chain};
pub(crate) use certificate::{leaf_bytes, thumbprint, thumbprint_sha1};
pub use finding::{Check, Finding, Verdict};
pub use key::{EcCurve, KeyKind};
pub use lists::ParsedLists;
pub use own::{OwnCertificate, renewal_due};
pub use policy::{Suppressions, TrustPolicy, UsageRule};
pub use revocation::RevocationList;
pub use self_signed::{CertificateProfile, self_signed};
pub use signature::{Signature, verify_signature, weak_hash_of};
pub use signing_request::{RequestedNames, signing_request};
pub use verdict::{Purpose, Role, verdict};
