//! Certificates and trust lists for the life of OPC UA applications (OPC 10000-12).
//!
//! - [`model`]: the words and records of it.
//! - [`store`]: where they are kept, with the record of everything that was ever to be signed.

#[cfg(feature = "local")]
pub mod doctor;
pub mod model;
pub mod store;
