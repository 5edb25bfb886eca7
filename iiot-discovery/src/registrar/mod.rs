//! What is done with what was found: the record of a plant, and the decisions about it.
//!
//! [`Registrar`] is what can be asked: a table of operations like [`Discovery`](crate::Discovery).

pub mod activator;
pub mod applications;
pub mod edges;
pub mod endpoints;
pub mod operations;
pub mod watch;

pub use activator::{Activator, Here};
pub use operations::{OPERATIONS, Registrar, RemoteRegistrar};
