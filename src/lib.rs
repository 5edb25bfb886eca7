//! Industrial internet of things on OPC UA, as reusable parts.
//!
//! One program is assembled from a few parts: a connector that reaches OPC UA servers, a transport
//! or sink that takes messages, a clock, a ledger of losses. What the main job needs is re-exported
//! here; everything else is in the crates, which are modules of this one.
//!
//! | module | holds |
//! |---|---|
//! | [`core`] | vocabulary, ports (transport, session, registry, keys, trust, clock) and their adapters, remote calls |
//! | [`publisher`] | values of servers as OPC UA PubSub messages |
//! | [`twin`] | browse, read, write, call, history, alarms, events and live values of servers |
//! | [`discovery`] | searches of networks, explanations, the record of a plant |
//! | [`gds`] | authorities, certificates, approvals, trust lists, devices, enrolment, the certificate doctor |
//!
//! Features: `opcua` (default) the OPC UA client and the running publisher, `mqtt` (default) MQTT 5,
//! `webhook` (default) messages as HTTP requests, `nats` NATS JetStream, `pkcs11` (default) private keys in hardware,
//! `http` (default) operations over HTTP, `rpc` (default) operations over a hub,
//! `brainpool` certificates for keys on the brainpool curves,
//! `sqlite` (default) and `postgres` what is known of the plant in a database, `otlp` (default) figures for OpenTelemetry.

#[cfg(feature = "opcua")]
pub mod app;
#[cfg(feature = "opcua")]
pub mod capabilities;
#[cfg(feature = "http")]
pub mod certificate_manager;
#[cfg(all(feature = "http", feature = "rpc"))]
pub mod cloud;
#[cfg(feature = "opcua")]
pub mod core_dumps;
#[cfg(all(feature = "http", feature = "otlp", feature = "rpc"))]
pub mod edge;
#[cfg(feature = "opcua")]
pub mod enrolment;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "rpc")]
pub mod offer;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "opcua")]
pub mod pki;
#[cfg(feature = "opcua")]
pub mod records;
#[cfg(feature = "opcua")]
pub mod servers;
#[cfg(feature = "opcua")]
pub mod sink;

pub use iiot_core as core;
pub use iiot_discovery as discovery;
pub use iiot_gds as gds;
pub use iiot_publisher as publisher;
pub use iiot_twin as twin;

#[cfg(feature = "opcua")]
pub use app::App;
pub use iiot_core::{Error, ErrorKind, Result};

pub use iiot_core::clock::Clock;
#[cfg(feature = "opcua")]
pub use iiot_core::clock::SystemClock;
pub use iiot_core::session::{Connector, Session};
pub use iiot_core::transport::{MemoryTransport, Message, Transport};
#[cfg(feature = "mqtt")]
pub use iiot_core::transport::{MqttOptions, MqttTransport};
#[cfg(feature = "opcua")]
pub use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
#[cfg(feature = "opcua")]
pub use iiot_publisher::service::{Parts, Publisher};
pub use iiot_publisher::{ledger::Ledger, plan::Plan};
#[cfg(feature = "opcua")]
pub use iiot_twin::LocalTwin;
pub use iiot_twin::{RemoteTwin, Twin};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
