//! What is done with what was found: the record of a plant, and the decisions about it.
//!
//! [`Registrar`] is what can be asked: a table of operations like [`Discovery`](crate::Discovery). [`LocalRegistrar`] keeps the
//! record in a [`Registry`](iiot_core::registry::Registry); what a search found is entered there by
//! [`LocalRegistrar::merge`]. [`RemoteRegistrar`] asks one somewhere else.
//!
//! An application that was found is *discovered* until somebody, or a rule of [`ApprovalRules`], says that it is *approved* or
//! *rejected*. One that is approved and enabled can have its endpoints activated: the [`Activator`] has them used by the edge
//! whose search found them, else by another one of the site. [`rebalance`] moves them when edges go or come.

pub mod activator;
pub mod applications;
mod cover;
pub mod edges;
pub mod endpoints;
mod id;
mod local;
mod merge;
pub mod operations;
mod placement;
mod rules;
mod settle;
#[cfg(test)]
mod tests;
pub mod watch;

pub use activator::{Activator, Here};
pub use local::{LocalRegistrar, RegistrarOptions, findings};
pub use merge::Findings;
pub use operations::{OPERATIONS, Registrar, RemoteRegistrar};
pub use placement::Fleet;
pub use rules::{ApprovalRule, ApprovalRules, SecurityMode};
pub use settle::{Rebalanced, rebalance};
