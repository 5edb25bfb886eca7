//! Values of OPC UA servers as OPC UA PubSub messages.

pub mod message;
pub mod plan;
