//! OPC UA secure conversation without I/O (OPC 10000-6 §6.7 and §7).
//!
//! [`SecureChannel`] takes bytes and gives back messages, bytes to write and events. It never
//! waits: private-key operations leave as [`KeyOperation`] events and come back by
//! [`SecureChannel::key_done`], time comes in as an argument. Every size that the other side
//! claims is checked against the negotiated [`Limits`] before anything is allocated for it.

mod config;
mod event;
mod policy;

pub use config::{ApplicationCertificate, ChannelConfig, ChannelSecurity, Limits};
pub use event::{ChannelEvent, KeyOperation, KeyWork};
pub use policy::SecurityPolicy;
