//! What is known of a data type (OPC 10000-3 §5.8.3, §8.48 to §8.52).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The type of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataTypeDescription {
    /// The DataType node.
    pub data_type: String,
    /// Its name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How its values are encoded: the number of a built-in type (OPC 10000-6 Table 1), 22 for structures, 24 for any.
    /// Absent where the server does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in_type: Option<u8>,
    /// Of a structure: what it is made of, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDescription>,
    /// Whether only one of the fields is there (OPC 10000-3 §8.36).
    #[serde(default, skip_serializing_if = "is_false")]
    pub union: bool,
    /// Of an enumeration: its values; of an option set: its bits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<EnumerationValue>,
}

/// A field of a structure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldDescription {
    /// Its name.
    pub name: String,
    /// The type of it or its elements: a DataType.
    pub data_type: String,
    /// Scalar, array or matrix.
    pub rank: FieldRank,
    /// Whether it may be absent.
    pub optional: bool,
}

/// The shape of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldRank {
    /// One value.
    #[default]
    Scalar,
    /// An array of one dimension.
    Array,
    /// An array of more dimensions.
    Matrix,
}

/// A value with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnumerationValue {
    /// The number, or the position of the bit.
    pub value: i64,
    /// The name.
    pub name: String,
}

fn is_false(value: &bool) -> bool {
    !value
}
