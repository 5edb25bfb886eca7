//! Applications that enrol: one at a desk, over HTTP and over a hub.
#![allow(clippy::unwrap_used)]

mod faces;
mod interrupted;
mod life;
mod many;
mod one_time;
mod works;
