//! Searches against real networks, hosts and servers of others.
#![allow(clippy::unwrap_used)]

#[path = "discovery/foreign.rs"]
mod foreign;
