//! The OPC UA vocabulary and, with the feature `opcua`, the client.
//!
//! The data model and the service structures are those of `async-opcua-types`; import them from
//! here, so that a program has one spelling of them.

#[cfg(feature = "opcua")]
mod batching;
#[cfg(feature = "opcua")]
pub mod client;
#[cfg(feature = "opcua")]
mod codec;
#[cfg(all(feature = "opcua", any(test, fuzzing)))]
pub(crate) mod fuzz;
pub(crate) mod guarded;
#[cfg(feature = "opcua")]
pub mod secure;
mod services;
#[cfg(feature = "opcua")]
mod subscribe;
#[cfg(all(feature = "opcua", feature = "testing"))]
pub(crate) use subscribe::decode_publish_response;
#[cfg(feature = "opcua")]
pub(crate) use subscribe::decode_stored;
#[cfg(feature = "opcua")]
pub mod trust;
pub mod types;
#[cfg(feature = "opcua")]
mod values;

pub use guarded::{read_binary, read_variant_body};
pub use opcua::*;
pub use services::{Request, Response, Service};
