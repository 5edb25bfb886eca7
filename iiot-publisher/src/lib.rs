//! Values of OPC UA servers as OPC UA PubSub messages.

pub mod cloud_events;
mod conditions;
pub mod config;
#[cfg(feature = "service")]
pub mod configuration;
mod constant;
pub mod continuity;
mod data_set;
mod data_types;
pub mod decode;
mod deliveries;
pub mod diagnostics;
mod encode;
mod event_layout;
mod events;
pub mod expand;
mod field;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod heartbeat;
mod last_value;
pub mod ledger;
pub mod log;
pub mod message;
mod meta_data_version;
pub mod metrics;
mod moment;
pub mod nodes;
pub mod operations;
mod outbox;
mod path;
mod places;
pub mod plan;
pub mod plan_change;
pub mod profile;
pub mod publisher_status;
#[cfg(feature = "service")]
mod replace;
pub mod routing;
#[cfg(feature = "service")]
pub mod service;
mod shared;
pub mod sink;
mod throttle;
mod timers;
pub mod topic;
pub mod writer_group;
