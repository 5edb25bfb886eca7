//! From JSON to what a server takes.

use std::borrow::Cow;

use iiot_core::json::{self, ReadOptions, ValueType};
use iiot_core::ua::types::{EnumerationDescription, FieldType, TypeSet};
use iiot_core::ua::{StatusCode, Variant};
use iiot_core::{Error, ErrorKind};
use serde_json::{Value, json};

use super::types::STRUCTURE;
use crate::Status;

/// What a value has to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// Its type; `None` where the server does not describe it.
    pub(super) kind: Option<FieldType>,
    /// -1 scalar, 1 array, more for matrices, else unknown.
    pub(super) value_rank: i32,
    /// The built-in type of what is there now, for where any type will do.
    pub(super) present: Option<u8>,
}

/// The built-in type Variant: any.
pub(super) const ANY: u8 = 24;

const SCALAR: i32 = -1;

/// Whether the text itself says what the value is.
pub(super) fn is_typed(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.contains_key("UaType"))
}

/// The value that a text stands for.
///
/// # Errors
/// `BadTypeMismatch` with what is wrong where.
pub(super) fn convert(
    value: &Value,
    target: &Target,
    namespaces: &[String],
    types: &TypeSet,
) -> Result<Variant, Status> {
    let options = ReadOptions { namespaces, types: Some(types), ..Default::default() };
    if is_typed(value) {
        return json::read_variant(value, &options).map_err(|error| mismatch(&error));
    }
    let (built_in_type, value) = plain(value, target, types).map_err(|error| mismatch(&error))?;
    let is_list = value.is_array() && target.value_rank == SCALAR;
    if is_list && built_in_type != ANY {
        return Err(Status::because(StatusCode::BadTypeMismatch, "it is an array, and the type is a scalar"));
    }
    let value_type = ValueType { built_in_type, value_rank: target.value_rank };
    json::read_raw(&value, &ReadOptions { value_type, ..options }).map_err(|error| mismatch(&error))
}

/// The built-in type of a value without type, and the value as that is read.
fn plain<'v>(value: &'v Value, target: &Target, types: &TypeSet) -> Result<(u8, Cow<'v, Value>), Error> {
    match &target.kind {
        Some(FieldType::BuiltIn(ANY)) => match target.present {
            Some(present) => Ok((present, Cow::Borrowed(value))),
            None => Err(untold("any type will do and nothing is there yet")),
        },
        Some(FieldType::BuiltIn(number)) => Ok((*number, Cow::Borrowed(value))),
        Some(FieldType::Structure(id)) => Ok((STRUCTURE, Cow::Owned(with_type(value, &id.to_string())))),
        Some(FieldType::Enumeration(id)) => match types.enumeration_of(id) {
            Some(known) => Ok((known.built_in_type, Cow::Owned(with_numbers(value, known)))),
            None => Err(untold("the server does not tell the values of the enumeration")),
        },
        None => Err(untold("the server does not describe the data type")),
    }
}

/// Says of every structure what it is, unless it says so itself; one in another is a field.
fn with_type(value: &Value, data_type: &str) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| with_type(element, data_type)).collect(),
        Value::Object(members) if !members.contains_key("UaTypeId") && !is_matrix(value) => {
            let mut members = members.clone();
            members.insert("UaTypeId".into(), data_type.into());
            Value::Object(members)
        }
        Value::Object(members) if is_matrix(value) => {
            json!({ "Array": with_type(&members["Array"], data_type), "Dimensions": members["Dimensions"] })
        }
        other => other.clone(),
    }
}

/// Numbers in the place of names: `Running`, or `Running_2` as the VerboseEncoding has it.
fn with_numbers(value: &Value, known: &EnumerationDescription) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| with_numbers(element, known)).collect(),
        Value::Object(members) if is_matrix(value) => {
            json!({ "Array": with_numbers(&members["Array"], known), "Dimensions": members["Dimensions"] })
        }
        Value::String(name) => {
            let is_it = |(number, known): &&(i64, String)| known == name || format!("{known}_{number}") == *name;
            known.values.iter().find(is_it).map_or_else(|| value.clone(), |(number, _)| json!(number))
        }
        other => other.clone(),
    }
}

/// A matrix as answers have it (OPC 10000-6 §5.4.5).
fn is_matrix(value: &Value) -> bool {
    value.get("Array").is_some_and(Value::is_array) && value.get("Dimensions").is_some_and(Value::is_array)
}

fn untold(cause: &'static str) -> Error {
    let message = format!("{cause}: say the type, as {{\"UaType\": 11, \"Value\": 1.5}}");
    Error::new(ErrorKind::InvalidArgument, "read a value from JSON", message)
}

fn mismatch(error: &Error) -> Status {
    Status::because(StatusCode::BadTypeMismatch, error.report())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use iiot_core::ua::types::GlobalNodeId;

    use super::*;

    fn target(kind: Option<FieldType>, value_rank: i32) -> Target {
        Target { kind, value_rank, present: None }
    }

    fn converted(value: &Value, target: &Target, types: &TypeSet) -> Result<Variant, Status> {
        convert(value, target, &[], types)
    }

    #[test]
    fn a_value_becomes_what_the_type_says() {
        let types = TypeSet::default();
        let built_in = |number, rank| target(Some(FieldType::BuiltIn(number)), rank);
        let good: [(Value, Target, Variant); 6] = [
            (json!(5), built_in(11, -1), Variant::from(5.0)),
            (json!(5), built_in(3, -1), Variant::from(5_u8)),
            (json!("18446744073709551615"), built_in(9, -1), Variant::from(u64::MAX)),
            (json!([1, 2]), built_in(6, 1), Variant::from(vec![1, 2])),
            (json!({ "UaType": 4, "Value": 7 }), built_in(11, -1), Variant::from(7_i16)),
            (json!(7), Target { present: Some(4), ..built_in(24, -2) }, Variant::from(7_i16)),
        ];
        for (value, target, expected) in good {
            assert_eq!(converted(&value, &target, &types), Ok(expected), "{value}");
        }
        let bad = [
            (json!(256), built_in(3, -1)),
            (json!("5"), built_in(1, -1)),
            (json!([1]), built_in(6, -1)),
            (json!(1), built_in(6, 1)),
            (json!(1), built_in(24, -1)),
            (json!(1), target(None, -1)),
        ];
        for (value, target) in bad {
            let status = converted(&value, &target, &types).unwrap_err();
            assert_eq!((status.symbol.as_str(), status.reason.is_some()), ("BadTypeMismatch", true), "{value}");
        }
    }

    #[test]
    fn elements_of_enumerations_have_names() {
        let id = GlobalNodeId::new("urn:plant", 1_u32);
        let values = vec![(0, "Off".to_owned()), (7, "Automatic".to_owned())];
        let known = EnumerationDescription { name: "Mode".into(), data_type: id.clone(), built_in_type: 6, values };
        let types = TypeSet::of([], [known]);
        let target = target(Some(FieldType::Enumeration(id)), -2);
        for value in [json!(7), json!("Automatic"), json!("Automatic_7")] {
            assert_eq!(converted(&value, &target, &types), Ok(Variant::from(7)), "{value}");
        }
        assert_eq!(converted(&json!(["Off", 7]), &target, &types), Ok(Variant::from(vec![0, 7])));
        assert!(converted(&json!("Elsewhere"), &target, &types).is_err());
    }
}
