//! The capability of asking for certificates, and of deciding on them (OPC 10000-12 §7).
//!
//! [`Certificates`] is what can be asked. With the feature `local`, `LocalCertificates` does it on the authorities of an
//! [`Office`](crate::office::Office); [`RemoteCertificates`] has it done elsewhere.
//!
//! Somebody asks for the certificate of an application ([`requests`]); as many as its group wants agree; it is issued at
//! once, and fetched with FinishRequest. What changes authorities, groups and the policy itself, and what revokes, is a
//! [proposal](proposals) first: where the policy asks for votes it waits for them, else it is carried out at once. Either
//! way it is on record, and a vote counts for exactly what was looked at.

pub mod audit;
pub mod authorities;
pub mod groups;
pub mod issued;
#[cfg(feature = "local")]
pub mod local;
pub mod operations;
pub mod password;
pub mod proposals;
pub mod requests;
pub mod status;

#[cfg(feature = "local")]
pub use local::{CertificatesOptions, LocalCertificates, Tended};
pub use operations::{Certificates, OPERATIONS, RemoteCertificates};
pub use password::Password;
