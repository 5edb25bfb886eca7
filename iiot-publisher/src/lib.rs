//! Values of OPC UA servers as OPC UA PubSub messages.

pub mod config;
pub mod continuity;
pub mod diagnostics;
pub mod ledger;
pub mod message;
pub mod plan;
pub mod sink;
pub mod topic;
