//! Values of OPC UA servers as OPC UA PubSub messages.

pub mod config;
pub mod message;
pub mod plan;
pub mod topic;
