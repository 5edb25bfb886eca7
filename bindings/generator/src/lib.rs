//! Writes what both bindings say of the operations: classes with a method for each, and the types of what they take and
//! give. All of it comes from the OpenAPI documents in `docs/`, which come from the tables of the operations. So a new
//! operation needs nothing in a binding but that these files are written again:
//!
//! ```text
//! IIOT_UPDATE=1 cargo test --workspace --lib
//! ```

mod model;
mod names;
mod python;
mod schema;
#[cfg(test)]
mod tests;
mod typescript;
mod words;

pub use model::{Capability, Model, Operation};
pub use python::python;
pub use schema::{Definition, Member, Type};
pub use typescript::typescript;
