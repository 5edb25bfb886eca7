//! Watching a publisher at work: a sink that looks on, and a table for people.

mod table;
mod tap;

pub use table::{Table, summary};
pub use tap::Tap;
