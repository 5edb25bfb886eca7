//! What tests of several crates share: a conformance function for each port, child processes,
//! foreign peers, a broker, faults.
//!
//! All of it is for tests: it panics, with a sentence, where an implementation breaks its contract
//! or the machine lacks a program.

pub mod conformance;
mod mosquitto;
mod peers;
mod process;
mod proxy;
mod wait;

pub use mosquitto::{Mosquitto, MosquittoOptions, TestAuthority};
pub use peers::{Peers, free_port};
pub use process::Process;
pub use proxy::FaultProxy;
pub use wait::{wait_until, within};
