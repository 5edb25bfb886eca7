//! Industrial internet of things on OPC UA, as reusable parts.

#[cfg(feature = "opcua")]
pub mod app;
#[cfg(feature = "opcua")]
pub mod config;
#[cfg(feature = "opcua")]
pub mod pki;
#[cfg(feature = "opcua")]
pub mod sink;

pub use iiot_core as core;
pub use iiot_discovery as discovery;
pub use iiot_gds as gds;
pub use iiot_publisher as publisher;
pub use iiot_twin as twin;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
