//! The doctor on faults that were made on purpose: on facts, and between real applications.
#![allow(clippy::unwrap_used)]

mod controls;
mod faults;
mod folders;
mod scene;
mod wire;
mod workshop;
