//! What is done with what was found: the record of a plant, and the decisions about it.
//!
//! [`Registrar`] is what can be asked: a table of operations like [`Discovery`](crate::Discovery).

pub mod activator;
pub mod applications;
mod cover;
pub mod edges;
pub mod endpoints;
mod id;
pub mod operations;
mod placement;
mod settle;
pub mod watch;

pub use activator::{Activator, Here};
pub use operations::{OPERATIONS, Registrar, RemoteRegistrar};
pub use placement::Fleet;
pub use settle::{Rebalanced, rebalance};
