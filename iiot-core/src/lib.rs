//! Vocabulary, ports and adapters of `iiot`.
//!
//! Without features this crate holds the OPC UA data model, the ports (traits towards everything
//! outside the process) and their in-memory doubles. Features add adapters: `opcua` the OPC UA
//! client and stores on disk, `mqtt` the MQTT transport, `http` operations over HTTP, `rest` whoever calls them, `testing` the
//! conformance functions that every implementation of a port runs.

#[cfg(any(feature = "http", feature = "rpc"))]
pub mod access;
pub mod clock;
pub mod error;
#[cfg(all(feature = "opcua", any(test, fuzzing)))]
pub mod fuzz;
#[cfg(feature = "http")]
pub mod http;
pub mod json;
pub mod keys;
pub mod metrics;
pub mod model;
pub mod operation;
#[cfg(feature = "rpc")]
pub mod presence;
pub mod registry;
#[cfg(feature = "rest")]
pub mod rest;
#[cfg(feature = "rpc")]
pub mod rpc;
pub mod session;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod sql;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod time;
pub mod transport;
pub mod trust;
pub mod ua;

pub use error::{Error, ErrorKind, Result};
