//! Certificates and trust lists for the life of OPC UA applications (OPC 10000-12).
//!
//! - `audit` (feature `local`): the record of what was done, which nobody can change unnoticed.
//! - `authority` (feature `local`): authorities that sign certificates and revocation lists.
//! - [`certificates`]: the capability of asking for certificates, and of deciding on them.
//! - `devices` (feature `local`): the devices that are given trust lists and certificates, and who sees to it.
//! - `doctor` (feature `local`): why a client cannot talk to a server.
//! - `enrolment` (feature `local`): certificates and trust lists for applications that ask for them.
//! - [`model`]: the words and records of it.
//! - `office` (feature `local`): what the capabilities of a certificate manager share.
//! - `pki` (feature `local`): what certificates, revocation lists and requests for certificates say.
//! - [`policy`]: who must agree before a certificate is made, and when what is due.
//! - `push` (feature `local`): trust lists and certificates for devices with push management.
//! - [`store`]: where they are kept, with the record of everything that was ever to be signed.
//! - [`trust`]: who may talk to whom, and the trust lists that follow from it.

#[cfg(feature = "local")]
pub mod audit;
#[cfg(feature = "local")]
pub mod authority;
pub mod certificates;
#[cfg(feature = "local")]
pub mod devices;
#[cfg(feature = "local")]
pub mod doctor;
#[cfg(feature = "local")]
mod document;
#[cfg(feature = "local")]
pub mod enrolment;
#[cfg(all(feature = "local", any(test, fuzzing)))]
pub mod fuzz;
pub mod model;
#[cfg(feature = "local")]
pub mod office;
#[cfg(feature = "local")]
pub mod pki;
pub mod policy;
#[cfg(feature = "local")]
pub mod push;
pub mod store;
pub mod trust;
