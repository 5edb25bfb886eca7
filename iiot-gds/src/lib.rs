//! Certificates and trust lists for the life of OPC UA applications (OPC 10000-12).
//!
//! - [`model`]: the words and records of it.
//! - `audit`: the record of what was done, which nobody can change unnoticed (feature `local`).
//! - `pki`: what certificates, revocation lists and requests for certificates say (feature `local`).
//! - [`store`]: where they are kept, with the record of everything that was ever to be signed.

#[cfg(feature = "local")]
pub mod audit;
#[cfg(all(feature = "local", any(test, fuzzing)))]
pub mod fuzz;
pub mod model;
#[cfg(feature = "local")]
pub mod pki;
pub mod store;
