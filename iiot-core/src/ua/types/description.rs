//! What is known of a type (OPC 10000-3 §8.48 to §8.52), free of namespace indexes.

use std::collections::HashSet;

use crate::error::{Error, ErrorKind, Result};
use crate::ua::types::GlobalNodeId;

/// A structured DataType.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureDescription {
    /// Its BrowseName.
    pub name: String,
    /// The DataType node.
    pub data_type: GlobalNodeId,
    /// The node of its default binary encoding; those that occur only inside others need none.
    pub binary_encoding: Option<GlobalNodeId>,
    /// How its fields are laid out.
    pub kind: StructureKind,
    /// The fields in order, inherited ones first.
    pub fields: Vec<FieldDescription>,
}

/// How the fields of a structure are laid out (OPC 10000-6 §5.2.6 to §5.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructureKind {
    /// One after the other.
    Plain,
    /// An encoding mask says which of the optional ones are there.
    OptionalFields,
    /// A switch says which one is there.
    Union,
}

/// One field of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDescription {
    /// Unique in the structure.
    pub name: String,
    /// The type of its elements.
    pub data_type: FieldType,
    /// Whether it is an array.
    pub rank: Rank,
    /// Whether it may be absent; only in structures with optional fields.
    pub optional: bool,
}

/// The type of a field, as it decides its encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A built-in type by its number (OPC 10000-6 Table 1): 22 where any structure may come, 24
    /// where any value may.
    BuiltIn(u8),
    /// This structure and no subtype.
    Structure(GlobalNodeId),
    /// An Int32 with names.
    Enumeration(GlobalNodeId),
}

/// The shape of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// One value.
    Scalar,
    /// An array of one dimension.
    Array,
    /// An array of more dimensions, or of any number above zero.
    Matrix,
}

impl Rank {
    /// The rank for a ValueRank; what is no array in the first place counts as scalar.
    #[must_use]
    pub const fn of(value_rank: i32) -> Self {
        match value_rank {
            1 => Self::Array,
            0 | 2.. => Self::Matrix,
            _ => Self::Scalar,
        }
    }
}

/// An enumerated DataType, or an option set whose bits have names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumerationDescription {
    /// Its BrowseName.
    pub name: String,
    /// The DataType node.
    pub data_type: GlobalNodeId,
    /// What it is encoded as: 6 for an enumeration, an unsigned integer for an option set.
    pub built_in_type: u8,
    /// Values with their names; positions of bits in an option set.
    pub values: Vec<(i64, String)>,
}

/// Fields of one structure, and values of one enumeration. Real ones have tens, a few hundreds.
pub const MAX_FIELDS: usize = 4096;
/// Bytes in the name of a field.
const MAX_NAME: usize = 512;
/// Bits in an encoding mask.
const MAX_OPTIONAL: usize = 32;
/// Names that have a meaning of their own in JSON (OPC 10000-6 §5.4.6).
const RESERVED: [&str; 6] = ["UaType", "UaTypeId", "UaEncoding", "UaBody", "EncodingMask", "SwitchField"];

impl StructureDescription {
    /// Refuses what no decoder should be asked to follow.
    ///
    /// # Errors
    /// `Corrupt` with the field that is wrong.
    pub fn check(&self) -> Result<()> {
        if self.fields.len() > MAX_FIELDS {
            return Err(self.refused(format!("it has {} fields, the limit is {MAX_FIELDS}", self.fields.len())));
        }
        let mut names = HashSet::new();
        for field in &self.fields {
            if let Some(cause) = field.fault() {
                return Err(self.refused(cause).with("field", &field.name));
            }
            if !names.insert(&field.name) {
                return Err(self.refused("two fields have the same name").with("field", &field.name));
            }
        }
        let optional = self.fields.iter().filter(|field| field.optional).count();
        match self.kind {
            StructureKind::OptionalFields if optional <= MAX_OPTIONAL => Ok(()),
            StructureKind::OptionalFields => Err(self.refused("it has more than 32 optional fields")),
            _ if optional == 0 => Ok(()),
            _ => Err(self.refused("it has optional fields and no encoding mask")),
        }
    }

    fn refused(&self, cause: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::Corrupt, "take a description of a type", cause).with("type", &self.data_type)
    }
}

impl FieldDescription {
    fn fault(&self) -> Option<&'static str> {
        match &self.data_type {
            _ if self.name.is_empty() => Some("a field has no name"),
            _ if self.name.len() > MAX_NAME => Some("the name of a field is longer than 512 bytes"),
            _ if RESERVED.contains(&self.name.as_str()) => Some("the name of a field is reserved"),
            FieldType::BuiltIn(1..=25) | FieldType::Structure(_) | FieldType::Enumeration(_) => None,
            FieldType::BuiltIn(_) => Some("the type of a field is no built-in type"),
        }
    }
}

impl EnumerationDescription {
    /// Refuses a list of values beyond all reason.
    ///
    /// # Errors
    /// `Corrupt` with the number of values.
    pub fn check(&self) -> Result<()> {
        if self.values.len() <= MAX_FIELDS {
            return Ok(());
        }
        let cause = format!("it has {} values, the limit is {MAX_FIELDS}", self.values.len());
        Err(Error::new(ErrorKind::Corrupt, "take a description of a type", cause).with("type", &self.data_type))
    }

    /// The name of a value.
    #[must_use]
    pub fn name_of(&self, value: i64) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == value).map(|(_, name)| name.as_str())
    }
}
