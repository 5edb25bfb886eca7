//! Certificates, revocation lists and requests for certificates: what they say, and nothing that signs or keeps them.
//!
//! ```
//! # futures::executor::block_on(async {
//! use std::time::Duration;
//!
//! use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, SignatureAlgorithm};
//! use iiot_core::time::UtcTime;
//! use iiot_gds::pki::{CertificateContent, Issuer, Kind, Serial, Subject, certificate, revocation_list};
//!
//! let key = MemoryKeyStore::default().generate("root", KeySpec::NistP256).await?;
//! let from = UtcTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//! let root = CertificateContent {
//!     subject: Subject::new("Works Root", "Works")?,
//!     kind: Kind::Authority { path_len: Some(1) },
//!     application_uri: None,
//!     hosts: Vec::new(),
//!     public_key: key.public_key().to_vec(),
//!     from,
//!     until: from + Duration::from_secs(20 * 365 * 86_400),
//!     crl_urls: Vec::new(),
//!     issuer_urls: Vec::new(),
//! };
//! let content = certificate(&root, None, &Serial::random()?, SignatureAlgorithm::EcdsaSha256)?;
//! // Here the content goes on record, before anything is signed.
//! let root = content.signed(&key.sign(content.algorithm(), content.bytes()).await?)?;
//!
//! let issuer = Issuer::of(&root)?;
//! let content = revocation_list(&issuer, 1, from, from + Duration::from_secs(7 * 86_400), [])?;
//! let signature = key.sign(content.algorithm(), content.bytes()).await?;
//! issuer.check(&content, &signature)?;
//! println!("{} bytes", content.signed(&signature)?.len());
//! # Ok::<(), iiot_core::Error>(())
//! # }).expect("a root and its list can be made");
//! ```

mod certificate;
mod check;
mod content;
mod csr;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod issuer;
mod key;
mod key_file;
mod revocation_list;
mod serial;
mod subject;
#[cfg(test)]
mod tests;
mod to_be_signed;

pub use certificate::certificate;
pub use content::{CertificateContent, Kind};
pub use csr::{Accepted, Csr, CsrFault, judge};
pub use issuer::Issuer;
pub use key_file::{Pfx, encrypted_pem};
pub use revocation_list::{RevokedEntry, revocation_list};
pub use serial::Serial;
pub use subject::Subject;
pub use to_be_signed::ToBeSigned;
