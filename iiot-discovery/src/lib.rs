//! Finds the OPC UA servers of a network, and says why others were not found.
//!
//! [`Discovery`] is what can be asked: a table of operations whose requests and responses are plain structs and JSON at the
//! same time. With the feature `local`, `LocalDiscovery` searches the networks of this machine; [`RemoteDiscovery`] has it
//! done elsewhere.
//!
//! Nothing is ever contacted that a [`plan`] does not name: addresses, ports or URLs of the user's own, or a preset that
//! he chose.

pub mod explanation;
#[cfg(feature = "local")]
pub mod findings;
pub mod found;
#[cfg(feature = "local")]
pub mod interrogation;
#[cfg(feature = "local")]
pub mod local;
pub mod operations;
pub mod outcome;
pub mod pace;
mod permutation;
pub mod plan;
pub mod presets;
pub mod progress;
pub mod quiet;
pub mod range;
pub mod registrar;
mod spans;
mod unassigned;

#[cfg(feature = "local")]
pub use local::{DiscoveryParts, Findings, LocalDiscovery, OnFinished, Prepared, Report, Search};
pub use operations::{Discovery, OPERATIONS, RemoteDiscovery};
pub use registrar::{Registrar, RemoteRegistrar};
