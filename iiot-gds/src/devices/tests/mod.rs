//! Devices in memory, on real authorities.

#![allow(clippy::unwrap_used)]

mod kills;
mod people;
mod reach;
mod works;
