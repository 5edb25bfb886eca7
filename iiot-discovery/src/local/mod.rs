//! Searches networks that this process reaches itself.

pub mod multicast;
pub mod prober;
pub mod resolve;
pub mod scan;
pub mod surroundings;

mod descriptors;
mod tally;
