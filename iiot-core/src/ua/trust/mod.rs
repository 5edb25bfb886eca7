//! Whether a certificate may be trusted, and certificates of our own (OPC 10000-4 §6.1.3,
//! OPC 10000-6 §6.2.2).

mod certificate;
mod chain;
mod draft;
mod revocation;
mod self_signed;
mod signature;
#[cfg(test)]
mod tests;
mod verdict;

pub use certificate::{Certificate, leaf_of_chain};
pub(crate) use certificate::{leaf_bytes, thumbprint_sha1};
pub use self_signed::{CertificateProfile, self_signed};
pub use verdict::{Check, Purpose, Verdict, verdict};
