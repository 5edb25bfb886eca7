//! The way back: values from JSON (OPC 10000-6 §5.4.2). Depth is bounded by the JSON parser's own limit of 128.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::json::node_id::{expanded_node_id_from_str, node_id_from_str, qualified_name_from_str};
use crate::json::{Encoding, MissingField, ReadOptions, ValueType};
use crate::ua::type_loader::{ByteStringBody, XmlBody};
use crate::ua::types::{GlobalNodeId, TypeSet};
use crate::ua::{
    Array, ByteString, DataValue, DateTime, DiagnosticInfo, ExpandedNodeId, ExtensionObject, Guid, LocalizedText,
    NodeId, QualifiedName, StatusCode, UAString, Variant, VariantScalarTypeId, XmlElement,
};

mod earlier;
mod raw;
mod structure;

const OPERATION: &str = "read a value from JSON";

/// Reads a Variant; namespace URIs are looked up in the table.
///
/// # Errors
/// `InvalidArgument` with the path of what is wrong; `Unsupported` for a structure whose fields
/// are written out, since its type is not known here.
pub fn variant_from_json(value: &Value, namespaces: &[String]) -> Result<Variant> {
    Reader::new(&ReadOptions { namespaces, ..ReadOptions::default() }).variant(value, &Path::ROOT)
}

/// Reads a Variant whose structures may have their fields written out.
///
/// # Errors
/// `InvalidArgument` with the path of what is wrong, as a field that the type does not have;
/// `Unsupported` for a structure whose type is not known.
pub fn read_variant(value: &Value, options: &ReadOptions<'_>) -> Result<Variant> {
    Reader::new(options).variant(value, &Path::ROOT)
}

/// Reads a structure of this type from its fields; `UaTypeId` may be missing, or name a subtype.
///
/// # Errors
/// As [`read_variant`].
pub fn read_structure(value: &Value, data_type: &GlobalNodeId, options: &ReadOptions<'_>) -> Result<ExtensionObject> {
    let (reader, members) = (Reader::new(options), object(value, &Path::ROOT)?);
    if members.contains_key("UaTypeId") {
        return reader.extension_object(value, &Path::ROOT);
    }
    let types = options.types.and_then(|types| Some((types, types.position_of(data_type)?)));
    let (types, position) = types.ok_or_else(|| unknown_structure(&Path::ROOT).with("type", data_type))?;
    reader.structure(types, position, members, &Path::ROOT)
}

/// Reads a DataValue; namespace URIs are looked up in the table.
///
/// # Errors
/// As [`variant_from_json`].
pub fn data_value_from_json(value: &Value, namespaces: &[String]) -> Result<DataValue> {
    read_data_value(value, &ReadOptions { namespaces, ..ReadOptions::default() })
}

/// Reads a DataValue; what it is without type in the text is taken for
/// [`ReadOptions::value_type`].
///
/// # Errors
/// As [`read_variant`].
pub fn read_data_value(value: &Value, options: &ReadOptions<'_>) -> Result<DataValue> {
    Reader::new(options).data_value(value, options.value_type, &Path::ROOT)
}

/// Reads what [`write_raw`](crate::json::write_raw) wrote of a value of
/// [`ReadOptions::value_type`].
///
/// # Errors
/// As [`read_variant`].
pub fn read_raw(value: &Value, options: &ReadOptions<'_>) -> Result<Variant> {
    Reader::new(options).raw(value, options.value_type, &Path::ROOT)
}

/// Reads a StatusCode: `{"Code": 1}`, or the number alone.
///
/// # Errors
/// `InvalidArgument` with the path of what is wrong.
pub fn status_code_from_json(value: &Value) -> Result<StatusCode> {
    status_code(value, &Path::ROOT)
}

/// Reads a time in ISO 8601; the limits of the calendar are the smallest and largest DateTime.
///
/// # Errors
/// `InvalidArgument` if it is none.
pub fn date_time_from_str(text: &str) -> Result<DateTime> {
    date_time(text).ok_or_else(|| Error::new(ErrorKind::InvalidArgument, OPERATION, "not a time").with("text", text))
}

struct Reader<'n> {
    encoding: Encoding,
    namespaces: &'n [String],
    types: Option<&'n TypeSet>,
    missing: MissingField,
}

/// Where in the document something is.
enum Path<'p> {
    Root,
    Member(&'p Self, &'p str),
    Element(&'p Self, usize),
}

impl Path<'_> {
    const ROOT: Path<'static> = Path::Root;

    fn error(&self, cause: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::InvalidArgument, OPERATION, cause).with("path", self)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl<'n> Reader<'n> {
    const fn new(options: &ReadOptions<'n>) -> Self {
        let ReadOptions { encoding, namespaces, types, missing, .. } = *options;
        Self { encoding, namespaces, types, missing }
    }
}

impl Reader<'_> {
    fn variant(&self, value: &Value, at: &Path<'_>) -> Result<Variant> {
        match value {
            Value::Null => Ok(Variant::Empty),
            value if self.encoding == Encoding::NonReversible => self.raw(value, ValueType::ANY, at),
            _ => self.variant_members(object(value, at)?, at),
        }
    }

    fn variant_members(&self, members: &Map<String, Value>, at: &Path<'_>) -> Result<Variant> {
        let [type_name, value_name] = self.variant_names();
        let at_type = Path::Member(at, type_name);
        let built_in_type = match members.get(type_name) {
            None if members.contains_key(value_name) => return Err(at_type.error("is missing")),
            None => return Ok(Variant::Empty),
            Some(Value::String(name)) if self.is_earlier() => earlier::built_in_type(name, &at_type)?,
            Some(number) => integer::<u8>(number, &at_type)?,
        };
        if built_in_type == 0 {
            return Ok(Variant::Empty);
        }
        let type_id = scalar_type(built_in_type).ok_or_else(|| at_type.error("is no built-in type"))?;
        let at_value = Path::Member(at, value_name);
        match members.get(value_name).unwrap_or(&Value::Null) {
            Value::Array(elements) => self.array(type_id, elements, members.get("Dimensions"), &at_value),
            Value::Null if !is_nullable(type_id) => Ok(Variant::from(empty_array(type_id))),
            value => self.scalar(type_id, value, &at_value),
        }
    }

    fn array(
        &self,
        type_id: VariantScalarTypeId,
        elements: &[Value],
        dimensions: Option<&Value>,
        at: &Path<'_>,
    ) -> Result<Variant> {
        let values = elements
            .iter()
            .enumerate()
            .map(|(index, element)| self.scalar(type_id, element, &Path::Element(at, index)))
            .collect::<Result<Vec<_>>>()?;
        let array = match dimensions {
            None | Some(Value::Null) => Array::new(type_id, values),
            Some(dimensions) => Array::new_multi(type_id, values, dimension_list(dimensions, at)?),
        };
        array.map(Variant::from).map_err(|error| at.error("dimensions do not fit the array").because(error))
    }

    fn scalar(&self, type_id: VariantScalarTypeId, value: &Value, at: &Path<'_>) -> Result<Variant> {
        use VariantScalarTypeId as Type;
        Ok(match type_id {
            Type::Boolean => Variant::Boolean(value.as_bool().ok_or_else(|| at.error("expected true or false"))?),
            Type::SByte => Variant::SByte(integer(value, at)?),
            Type::Byte => Variant::Byte(integer(value, at)?),
            Type::Int16 => Variant::Int16(integer(value, at)?),
            Type::UInt16 => Variant::UInt16(integer(value, at)?),
            Type::Int32 => Variant::Int32(integer(value, at)?),
            Type::UInt32 => Variant::UInt32(integer(value, at)?),
            Type::Int64 => Variant::Int64(integer(value, at)?),
            Type::UInt64 => Variant::UInt64(integer(value, at)?),
            Type::Float => Variant::Float(float(value, at)?),
            Type::Double => Variant::Double(float(value, at)?),
            Type::StatusCode => Variant::StatusCode(status_code(value, at)?),
            _ if value.is_null() => null_of(type_id),
            _ => self.structured(type_id, value, at)?,
        })
    }

    /// Scalars that can be null, but are not.
    fn structured(&self, type_id: VariantScalarTypeId, value: &Value, at: &Path<'_>) -> Result<Variant> {
        use VariantScalarTypeId as Type;
        Ok(match type_id {
            Type::String => Variant::String(UAString::from(string(value, at)?)),
            Type::XmlElement => Variant::XmlElement(XmlElement::from(string(value, at)?)),
            Type::DateTime => {
                let time = date_time(string(value, at)?).ok_or_else(|| at.error("expected a time in ISO 8601"))?;
                Variant::DateTime(Box::new(time))
            }
            Type::Guid => {
                let guid = string(value, at)?.parse::<Guid>().map_err(|_| at.error("expected a Guid"))?;
                Variant::Guid(Box::new(guid))
            }
            Type::ByteString => Variant::ByteString(ByteString::from(base64(value, at)?)),
            Type::NodeId => Variant::NodeId(Box::new(self.node_id(value, at)?)),
            Type::ExpandedNodeId => {
                let id = self.expanded_node_id(value, at).map_err(|error| error.with("path", at));
                Variant::ExpandedNodeId(Box::new(id?))
            }
            Type::QualifiedName => {
                let name = self.qualified_name(value, at).map_err(|error| error.with("path", at));
                Variant::QualifiedName(Box::new(name?))
            }
            Type::LocalizedText if value.is_string() && self.encoding == Encoding::NonReversible => {
                Variant::LocalizedText(Box::new(LocalizedText {
                    locale: UAString::null(),
                    text: string(value, at)?.into(),
                }))
            }
            Type::LocalizedText => Variant::LocalizedText(Box::new(localized_text(value, at)?)),
            Type::ExtensionObject => Variant::ExtensionObject(self.extension_object(value, at)?),
            Type::DataValue => Variant::DataValue(Box::new(self.data_value(value, ValueType::ANY, at)?)),
            Type::Variant => Variant::Variant(Box::new(self.variant(value, at)?)),
            Type::DiagnosticInfo => Variant::DiagnosticInfo(Box::new(diagnostic_info(value, at)?)),
            _ => return Err(at.error("unexpected type")),
        })
    }

    fn node_id(&self, value: &Value, at: &Path<'_>) -> Result<NodeId> {
        let id = if self.is_earlier() {
            self.earlier_node_id(value, at)
        } else {
            node_id_from_str(string(value, at)?, self.namespaces)
        };
        id.map_err(|error| error.with("path", at))
    }

    fn expanded_node_id(&self, value: &Value, at: &Path<'_>) -> Result<ExpandedNodeId> {
        if self.is_earlier() {
            return self.earlier_expanded_node_id(value, at);
        }
        expanded_node_id_from_str(string(value, at)?, self.namespaces)
    }

    fn qualified_name(&self, value: &Value, at: &Path<'_>) -> Result<QualifiedName> {
        if self.is_earlier() {
            return self.earlier_qualified_name(value, at);
        }
        qualified_name_from_str(string(value, at)?, self.namespaces)
    }

    fn data_value(&self, value: &Value, value_type: ValueType, at: &Path<'_>) -> Result<DataValue> {
        if value.is_null() {
            return Ok(DataValue::null());
        }
        let members = object(value, at)?;
        let member = |name| members.get(name).filter(|value| !value.is_null());
        let time = |name| member(name).map(|value| time_member(value, &Path::Member(at, name))).transpose();
        let picoseconds = |name| member(name).map(|value| integer(value, &Path::Member(at, name))).transpose();
        Ok(DataValue {
            value: match self.value_of(members, value_type, at)? {
                Variant::Empty => None,
                value => Some(value),
            },
            status: member("Status")
                .or_else(|| member("StatusCode").filter(|_| self.is_earlier()))
                .map(|status| status_code(status, &Path::Member(at, "Status")))
                .transpose()?,
            source_timestamp: time("SourceTimestamp")?,
            source_picoseconds: picoseconds("SourcePicoseconds")?,
            server_timestamp: time("ServerTimestamp")?,
            server_picoseconds: picoseconds("ServerPicoseconds")?,
        })
    }

    /// The value of a DataValue.
    fn value_of(&self, members: &Map<String, Value>, value_type: ValueType, at: &Path<'_>) -> Result<Variant> {
        let at_value = Path::Member(at, "Value");
        match (self.encoding, members.get("Value").filter(|value| !value.is_null())) {
            (Encoding::Compact | Encoding::Verbose, _) => self.variant_members(members, at),
            (_, None) => Ok(Variant::Empty),
            (Encoding::Reversible, Some(value)) => self.variant(value, &at_value),
            (Encoding::NonReversible, Some(value)) => self.raw(value, value_type, &at_value),
        }
    }

    fn extension_object(&self, value: &Value, at: &Path<'_>) -> Result<ExtensionObject> {
        if self.is_earlier() {
            return self.earlier_extension_object(value, at);
        }
        let members = object(value, at)?;
        let at_type = Path::Member(at, "UaTypeId");
        let type_id = members.get("UaTypeId").ok_or_else(|| at_type.error("is missing"))?;
        let type_id = self.node_id(type_id, &at_type)?;
        let at_body = Path::Member(at, "UaBody");
        let body = || base64(members.get("UaBody").unwrap_or(&Value::Null), &at_body);
        match members.get("UaEncoding").and_then(Value::as_u64) {
            Some(1) => Ok(ExtensionObject::new(ByteStringBody::new(ByteString::from(body()?), type_id))),
            Some(2) => Ok(ExtensionObject::new(XmlBody::new(body()?, type_id, "XmlElement".to_owned()))),
            _ => {
                let known = self.types.zip(GlobalNodeId::of(&type_id, self.namespaces));
                let known = known.and_then(|(types, id)| Some((types, types.position_of(&id)?)));
                let (types, position) = known.ok_or_else(|| unknown_structure(at).with("type", type_id))?;
                self.structure(types, position, members, at)
            }
        }
    }
}

fn unknown_structure(at: &Path<'_>) -> Error {
    Error::new(ErrorKind::Unsupported, OPERATION, "the type of this structure is not known").with("path", at)
}

fn diagnostic_info(value: &Value, at: &Path<'_>) -> Result<DiagnosticInfo> {
    let members = object(value, at)?;
    let index = |name| members.get(name).map(|value| integer::<i32>(value, &Path::Member(at, name))).transpose();
    let at_inner = Path::Member(at, "InnerDiagnosticInfo");
    let inner = members.get("InnerDiagnosticInfo").filter(|value| !value.is_null());
    let status = members.get("InnerStatusCode");
    Ok(DiagnosticInfo {
        symbolic_id: index("SymbolicId")?,
        namespace_uri: index("NamespaceUri")?,
        locale: index("Locale")?,
        localized_text: index("LocalizedText")?,
        additional_info: members.get("AdditionalInfo").and_then(Value::as_str).map(UAString::from),
        inner_status_code: status
            .map(|status| status_code(status, &Path::Member(at, "InnerStatusCode")))
            .transpose()?,
        inner_diagnostic_info: inner.map(|inner| diagnostic_info(inner, &at_inner).map(Box::new)).transpose()?,
    })
}

fn localized_text(value: &Value, at: &Path<'_>) -> Result<LocalizedText> {
    let members = object(value, at)?;
    let text = |name| match members.get(name) {
        None | Some(Value::Null) => Ok(UAString::null()),
        Some(value) => string(value, &Path::Member(at, name)).map(UAString::from),
    };
    Ok(LocalizedText { locale: text("Locale")?, text: text("Text")? })
}

fn status_code(value: &Value, at: &Path<'_>) -> Result<StatusCode> {
    let code = match value {
        Value::Null => 0,
        Value::Number(_) => integer(value, at)?,
        _ => object(value, at)?
            .get("Code")
            .map(|code| integer(code, &Path::Member(at, "Code")))
            .transpose()?
            .unwrap_or(0),
    };
    Ok(StatusCode::from(code))
}

fn time_member(value: &Value, at: &Path<'_>) -> Result<DateTime> {
    date_time(string(value, at)?).ok_or_else(|| at.error("expected a time in ISO 8601"))
}

fn date_time(text: &str) -> Option<DateTime> {
    match text {
        // What stands for "never" and "none" (§5.4.2.6).
        "9999-12-31T23:59:59Z" => Some(DateTime::endtimes()),
        "0001-01-01T00:00:00Z" => Some(DateTime::null()),
        _ => DateTime::parse_from_rfc3339(text).ok(),
    }
}

fn dimension_list(value: &Value, at: &Path<'_>) -> Result<Vec<u32>> {
    let list = value.as_array().ok_or_else(|| at.error("dimensions are not an array"))?;
    let lengths = list.iter().map(|length| integer(length, at)).collect::<Result<Vec<u32>>>()?;
    // An array takes their product unchecked.
    let elements = lengths.iter().try_fold(1_usize, |product, length| product.checked_mul(*length as usize));
    elements.map(|_| lengths).ok_or_else(|| at.error("dimensions do not fit the array"))
}

fn object<'v>(value: &'v Value, at: &Path<'_>) -> Result<&'v Map<String, Value>> {
    value.as_object().ok_or_else(|| at.error("expected an object"))
}

fn string<'v>(value: &'v Value, at: &Path<'_>) -> Result<&'v str> {
    value.as_str().ok_or_else(|| at.error("expected a string"))
}

/// Takes numbers and, as 64-bit integers are written, strings.
fn integer<T: TryFrom<i128>>(value: &Value, at: &Path<'_>) -> Result<T> {
    let wide = match value {
        Value::Number(number) => number.as_i128(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    wide.and_then(|wide| T::try_from(wide).ok()).ok_or_else(|| at.error("expected an integer within the type's range"))
}

fn float<T: std::str::FromStr>(value: &Value, at: &Path<'_>) -> Result<T> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => text.clone(),
        _ => return Err(at.error("expected a number")),
    };
    text.parse().map_err(|_| at.error("expected a number"))
}

fn base64(value: &Value, at: &Path<'_>) -> Result<Vec<u8>> {
    STANDARD.decode(string(value, at)?).map_err(|error| at.error("expected Base64").because(error))
}

fn scalar_type(built_in_type: u8) -> Option<VariantScalarTypeId> {
    if (1..=25).contains(&built_in_type) { VariantScalarTypeId::from_encoding_mask(built_in_type) } else { None }
}

const fn is_nullable(type_id: VariantScalarTypeId) -> bool {
    use VariantScalarTypeId as Type;
    !matches!(
        type_id,
        Type::Boolean
            | Type::SByte
            | Type::Byte
            | Type::Int16
            | Type::UInt16
            | Type::Int32
            | Type::UInt32
            | Type::Int64
            | Type::UInt64
            | Type::Float
            | Type::Double
            | Type::StatusCode
    )
}

/// The types crate knows no null arrays.
fn empty_array(type_id: VariantScalarTypeId) -> Array {
    Array { value_type: type_id, values: Vec::new(), dimensions: None }
}

fn null_of(type_id: VariantScalarTypeId) -> Variant {
    use VariantScalarTypeId as Type;
    match type_id {
        Type::String => Variant::String(UAString::null()),
        Type::XmlElement => Variant::XmlElement(XmlElement::null()),
        Type::DateTime => Variant::DateTime(Box::new(DateTime::null())),
        Type::Guid => Variant::Guid(Box::new(Guid::null())),
        Type::ByteString => Variant::ByteString(ByteString::null()),
        Type::NodeId => Variant::NodeId(Box::new(NodeId::null())),
        Type::ExpandedNodeId => Variant::ExpandedNodeId(Box::new(ExpandedNodeId::null())),
        Type::QualifiedName => Variant::QualifiedName(Box::new(QualifiedName::null())),
        Type::LocalizedText => Variant::LocalizedText(Box::new(LocalizedText::null())),
        Type::ExtensionObject => Variant::ExtensionObject(ExtensionObject::null()),
        Type::DataValue => Variant::DataValue(Box::new(DataValue::null())),
        Type::Variant => Variant::Variant(Box::new(Variant::Empty)),
        _ => Variant::DiagnosticInfo(Box::new(DiagnosticInfo::null())),
    }
}
