//! The JSON encodings of values (OPC 10000-6 §5.4): Compact and Verbose of version 1.05, Reversible
//! and NonReversible of 1.04.
//!
//! There is one writer: it turns the binary encoding of a value straight into JSON text, without
//! building anything in between. [`Variant`] and [`DataValue`] go through it by way of their binary
//! encoding. The reader goes back from [`serde_json::Value`].
//!
//! ```
//! use iiot_core::json::{self, Format};
//! use iiot_core::ua::Variant;
//!
//! let text = json::variant_to_string(&Variant::from(i64::MAX), &Format::default())?;
//! assert_eq!(text, r#"{"UaType":8,"Value":"9223372036854775807"}"#);
//! assert_eq!(json::variant_from_str(&text, &[])?, Variant::from(i64::MAX));
//! # Ok::<(), iiot_core::Error>(())
//! ```
//!
//! Where the specification leaves a choice, or we know less than it asks for:
//! - A namespace or server whose URI is not in the tables is written by index (`ns=`, `svr=`, `n:`).
//! - A structure whose type is not in [`Format::types`], or whose body does not fit its description,
//!   stays in its binary encoding with the NodeId of that encoding as `UaTypeId`, since the DataType
//!   it belongs to is not known here; `UaEncoding` 1 says so.
//! - A null array is `"Value":null`; the `Value` of a null scalar is left out (Compact) or `null`
//!   (Verbose).
//! - A one-dimensional array carries no `Dimensions`.
//! - Nesting deeper than [`MAX_DEPTH`] is refused.

mod binary;
#[cfg(all(feature = "opcua", any(test, fuzzing)))]
pub(crate) mod fuzz;
mod node_id;
mod read;
mod text;
pub mod with;
mod write;

use crate::error::{Error, ErrorKind, Result};
use crate::session::EncodedValue;
use crate::time::UtcTime;
use crate::ua::types::TypeSet;
use crate::ua::{BinaryEncodable, ContextOwned, DataValue, StatusCode, Variant};

pub(crate) use node_id::IdentifierBytes;

pub use node_id::{
    expanded_node_id_from_str, node_id_from_str, node_id_to_string, qualified_name_from_str, qualified_name_to_string,
};
pub use read::{
    data_value_from_json, date_time_from_str, read_data_value, read_raw, read_structure, read_variant,
    status_code_from_json, variant_from_json,
};
pub use text::write_string;

/// Variants, DataValues and DiagnosticInfos inside each other.
pub const MAX_DEPTH: usize = 100;

/// Which of the encodings (OPC 10000-6 §5.4.1), of version 1.05 or of 1.04.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// Leaves out what has its default value.
    #[default]
    Compact,
    /// Writes nulls, and the names of StatusCodes and of enumerations.
    Verbose,
    /// Version 1.04, to be read back: types beside values, indexes of namespaces.
    Reversible,
    /// Version 1.04, for people and dashboards: values without types, names, URIs.
    NonReversible,
}

/// How the encodings of version 1.04 are spelt; those of 1.05 are the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Spelling {
    /// As OPC 10000-6 says.
    #[default]
    Specification,
    /// As OPC Publisher does by default: NodeIds and QualifiedNames as `uri#…`, types by name,
    /// `StatusCode` instead of `Status`, no nulls.
    OpcPublisher,
}

/// How values are written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Format<'a> {
    /// Which encoding.
    pub encoding: Encoding,
    /// How it is spelt.
    pub spelling: Spelling,
    /// Namespace URIs by index; those missing are written as index.
    pub namespaces: &'a [String],
    /// Server URIs by index; those missing are written as index.
    pub servers: &'a [String],
    /// Structures in these types are written by field name, all others as opaque bodies.
    pub types: Option<&'a TypeSet>,
}

impl<'a> Format<'a> {
    /// This encoding, as specified, with this namespace table.
    #[must_use]
    pub const fn new(encoding: Encoding, namespaces: &'a [String]) -> Self {
        Self { encoding, spelling: Spelling::Specification, namespaces, servers: &[], types: None }
    }

    /// Compact with this namespace table.
    #[must_use]
    pub const fn compact(namespaces: &'a [String]) -> Self {
        Self::new(Encoding::Compact, namespaces)
    }

    /// Verbose with this namespace table.
    #[must_use]
    pub const fn verbose(namespaces: &'a [String]) -> Self {
        Self::new(Encoding::Verbose, namespaces)
    }
}

/// How values are read from JSON.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions<'a> {
    /// Which encoding; Compact and Verbose are read alike, and both spellings.
    pub encoding: Encoding,
    /// Namespace URIs by index; those in the text are looked up here.
    pub namespaces: &'a [String],
    /// Structures in these types may have their fields written out.
    pub types: Option<&'a TypeSet>,
    /// What an absent field means.
    pub missing: MissingField,
    /// What the value is, where the text does not say: in raw fields and NonReversible.
    pub value_type: ValueType,
}

/// What the metadata of a data set says of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValueType {
    /// 1 to 25 (OPC 10000-6 Table 1); 24 for any.
    pub built_in_type: u8,
    /// -1 scalar, 1 array, more for matrices, else unknown.
    pub value_rank: i32,
}

impl ValueType {
    /// Nothing is known.
    pub const ANY: Self = Self { built_in_type: 24, value_rank: -2 };
}

impl Default for ValueType {
    fn default() -> Self {
        Self::ANY
    }
}

/// What it means that a field, neither optional nor of a union, is not in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingField {
    /// It has its default value, as the CompactEncoding says.
    #[default]
    Default,
    /// It was forgotten; for what people write.
    Refuse,
}

/// A DataValue whose Variant is still in its binary encoding.
#[derive(Debug, Clone, Copy)]
pub struct EncodedDataValue<'a> {
    /// The value.
    pub value: EncodedValue<'a>,
    /// Its status.
    pub status: StatusCode,
    /// When it came about at its source.
    pub source_timestamp: Option<UtcTime>,
    /// When the server got it.
    pub server_timestamp: Option<UtcTime>,
}

/// Appends a Variant (§5.4.2.17); `null` where there is none.
///
/// # Errors
/// `Corrupt` if the bytes are no Variant; `out` is then as before.
pub fn write_variant(out: &mut Vec<u8>, value: EncodedValue<'_>, format: &Format<'_>) -> Result<()> {
    write::variant(out, value.bytes(), format).map_err(corrupt)
}

/// Appends the value of a Variant without its type, as raw fields of PubSub are; `null` where there
/// is none. [`read_raw`] takes it back.
///
/// # Errors
/// `Corrupt` if the bytes are no Variant; `out` is then as before.
pub fn write_raw(out: &mut Vec<u8>, value: EncodedValue<'_>, format: &Format<'_>) -> Result<()> {
    write::bare(out, value.bytes(), format).map_err(corrupt)
}

/// Appends a DataValue (§5.4.2.18).
///
/// # Errors
/// `Corrupt` if the bytes of the value are no Variant; `out` is then as before.
pub fn write_data_value(out: &mut Vec<u8>, value: &EncodedDataValue<'_>, format: &Format<'_>) -> Result<()> {
    write::data_value(out, value, format).map_err(corrupt)
}

/// A Variant as JSON text.
///
/// # Errors
/// `InvalidArgument` if it has no binary encoding, as an array in an array.
pub fn variant_to_string(value: &Variant, format: &Format<'_>) -> Result<String> {
    let mut out = Vec::new();
    write::variant(&mut out, &to_binary(value)?, format).map_err(corrupt)?;
    into_text(out)
}

/// A DataValue as JSON text.
///
/// # Errors
/// `InvalidArgument` if it has no binary encoding.
pub fn data_value_to_string(value: &DataValue, format: &Format<'_>) -> Result<String> {
    let mut out = Vec::new();
    write::encoded_data_value(&mut out, &to_binary(value)?, format).map_err(corrupt)?;
    into_text(out)
}

/// The binary encoding of a Variant or a DataValue, which the writers take.
///
/// # Errors
/// `InvalidArgument` if it has none, as an array in an array.
pub fn to_binary(value: &impl BinaryEncodable) -> Result<Vec<u8>> {
    let context = ContextOwned::default();
    let mut bytes = Vec::new();
    value.encode(&mut bytes, &context.context()).map_err(|error| {
        Error::new(ErrorKind::InvalidArgument, "encode a value", "it has no binary encoding").because(error)
    })?;
    Ok(bytes)
}

/// Reads a Variant from JSON text; namespace URIs are looked up in the table.
///
/// # Errors
/// `InvalidArgument` with the path of what is wrong.
pub fn variant_from_str(text: &str, namespaces: &[String]) -> Result<Variant> {
    variant_from_json(&parse(text)?, namespaces)
}

/// Reads a DataValue from JSON text; namespace URIs are looked up in the table.
///
/// # Errors
/// `InvalidArgument` with the path of what is wrong.
pub fn data_value_from_str(text: &str, namespaces: &[String]) -> Result<DataValue> {
    data_value_from_json(&parse(text)?, namespaces)
}

/// Names of the built-in types by number (OPC 10000-6 Table 1).
pub(crate) const BUILT_IN_TYPES: [&str; 26] = [
    "Null",
    "Boolean",
    "SByte",
    "Byte",
    "Int16",
    "UInt16",
    "Int32",
    "UInt32",
    "Int64",
    "UInt64",
    "Float",
    "Double",
    "String",
    "DateTime",
    "Guid",
    "ByteString",
    "XmlElement",
    "NodeId",
    "ExpandedNodeId",
    "StatusCode",
    "QualifiedName",
    "LocalizedText",
    "ExtensionObject",
    "DataValue",
    "Variant",
    "DiagnosticInfo",
];

fn parse(text: &str) -> Result<serde_json::Value> {
    serde_json::from_str(text)
        .map_err(|error| Error::new(ErrorKind::InvalidArgument, "read a value from JSON", "not JSON").because(error))
}

fn into_text(out: Vec<u8>) -> Result<String> {
    String::from_utf8(out)
        .map_err(|error| Error::new(ErrorKind::Internal, "encode a value", "not UTF-8").because(error))
}

fn corrupt(cause: binary::Malformed) -> Error {
    Error::new(ErrorKind::Corrupt, "encode a value as JSON", cause.0)
}

#[cfg(test)]
mod earlier_tests;
#[cfg(test)]
mod structure_tests;
#[cfg(test)]
mod tests;
