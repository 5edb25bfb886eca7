//! Structures and enumerations that a server defines: their descriptions, loaded when they are
//! needed, and kept by namespace URI.
//!
//! A [`TypeLibrary`] belongs to one server. It hands out an immutable [`TypeSet`], which
//! [`Format::types`](crate::json::Format::types) takes: known structures are then written by
//! field name. What the set does not know stays an opaque body that carries its type, is counted,
//! and can be loaded from the server for the values that follow.
//!
//! What a server says of its types is not trusted: a description with more than
//! [`MAX_FIELDS`] fields, names that occur twice or are reserved, or a field of unknown type is
//! refused with the reason, and bodies that do not fit stay opaque.

mod ask;
mod definition;
mod description;
mod dictionary;
mod global_node_id;
mod legacy;
mod library;
mod load;
mod set;
mod standard;

pub use description::{
    EnumerationDescription, FieldDescription, FieldType, MAX_FIELDS, Rank, StructureDescription, StructureKind,
};
pub use global_node_id::GlobalNodeId;
pub use library::TypeLibrary;
pub use set::{TypeSet, UnknownType};

pub(crate) use global_node_id::namespace_uri;
pub(crate) use set::{Field, Structure, ValueKind};
