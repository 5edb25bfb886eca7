//! OPC UA secure conversation without I/O (OPC 10000-6 §6.7 and §7).
//!
//! [`SecureChannel`] takes bytes and gives back messages, bytes to write and events. It never
//! waits: private-key operations leave as [`KeyOperation`] events and come back by
//! [`SecureChannel::key_done`], time comes in as an argument. Every size that the other side
//! claims is checked against the negotiated [`Limits`] before anything is allocated for it.

#[cfg(test)]
mod attacks;
mod channel;
mod chunk;
mod config;
mod event;
mod fault;
mod fields;
mod frame;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod hello;
mod message;
mod open_chunk;
mod opening;
mod outbox;
mod policy;
mod reply;
mod reverse;
mod secret;
mod sequence;
#[cfg(any(test, fuzzing))]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod token;

pub use channel::{CHANNEL_REQUEST_IDS, SecureChannel};
pub use config::{ApplicationCertificate, ChannelConfig, ChannelSecurity, Limits};
pub use event::{ChannelEvent, KeyOperation, KeyWork};
pub(crate) use hello::hello as hello_of;
pub use policy::SecurityPolicy;
pub(crate) use reply::{Reply, reply};
pub use reverse::ReverseHello;
pub(crate) use reverse::{REVERSE_HELLO_HEADER, refusal};
pub(crate) use secret::{legacy_secret, rsa_encrypted_secret};
