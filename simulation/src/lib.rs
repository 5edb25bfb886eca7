//! A simulated plant on the stock OPC UA server, and what the examples assemble around it.
//!
//! This package is never published: it keeps the stock server out of every library.

mod broker;
pub mod plant;
mod process;
pub mod watch;

pub use broker::Broker;
pub use plant::{Plant, PlantOptions, Security};
pub use process::{exit_code, write_json};
