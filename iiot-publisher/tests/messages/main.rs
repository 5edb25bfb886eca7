//! Messages as subscribers get them.
//!
//! `UPDATE_GOLDEN=1 cargo test --workspace --test messages` writes the golden files anew.

#![allow(clippy::unwrap_used)]

mod data_set;
mod data_set_schema;
mod foreign;
mod golden;
mod round_trip;
mod schema;
