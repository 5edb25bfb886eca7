//! Certificates and trust lists for the life of OPC UA applications (OPC 10000-12).
//!
//! - `doctor` (with the feature `local`): why a client cannot talk to a server.
//! - [`model`]: the words and records of it.
//! - [`store`]: where they are kept, with the record of everything that was ever to be signed.

#[cfg(feature = "local")]
pub mod doctor;
pub mod model;
pub mod store;
