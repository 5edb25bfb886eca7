//! The client against servers whose stacks share no code with ours, and against faults.

#![allow(clippy::unwrap_used)]

mod contract;
mod events;
mod faults;
mod foreign_servers;
mod hardware_key;
mod history;
mod identities;
mod interop;
mod ladder;
#[cfg(feature = "legacy-policies")]
mod legacy;
mod own_certificate;
mod redundancy;
mod resume;
mod reverse;
mod setup;
mod small_plc;
mod structures;
mod trust;
