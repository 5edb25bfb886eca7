//! The twin: cases held as data on servers in memory and of other people, values of every type there and back, servers
//! that stall, alarms and streams.
#![allow(clippy::unwrap_used)]

mod alarms;
mod cases;
mod crawl;
mod elevation;
mod faces;
mod files;
mod foreign;
mod guard;
mod history;
mod memory;
mod refresh;
mod rest;
mod setup;
mod stalled;
mod streams;
mod structures;
mod types;
