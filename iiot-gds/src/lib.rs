//! Certificates and trust lists for the life of OPC UA applications (OPC 10000-12).
//!
//! - [`model`]: the words and records of it.
//! - [`store`]: where they are kept, with the record of everything that was ever to be signed.

pub mod model;
#[cfg(feature = "local")]
pub mod push;
pub mod store;
