//! What tests of several crates share: child processes, foreign peers, faults.

pub mod conformance;
mod peers;
mod process;
mod proxy;

pub use peers::{Peers, free_port};
pub use process::Process;
pub use proxy::FaultProxy;
