//! Values of OPC UA servers as OPC UA PubSub messages.

pub mod config;
pub mod continuity;
mod data_set;
pub mod decode;
mod deliveries;
pub mod diagnostics;
mod encode;
mod field;
mod last_value;
pub mod ledger;
pub mod log;
pub mod message;
pub mod operations;
mod outbox;
pub mod plan;
pub mod profile;
#[cfg(feature = "service")]
pub mod service;
pub mod sink;
mod throttle;
mod timers;
pub mod topic;
pub mod writer_group;
