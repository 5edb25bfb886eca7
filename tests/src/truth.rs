//! What a server held, and whether a published field says the same (OPC 10000-6 §5.4.2, Compact).

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::moment::iso;

/// One value of one variable, as the server wrote it down before it showed it.
#[derive(Debug, Clone)]
pub struct Truth {
    /// `nsu=…;s=…`
    pub node: String,
    /// Browse name and field name.
    pub name: String,
    /// Name of the built-in type.
    pub data_type: String,
    /// `None` for a scalar.
    pub dimensions: Option<Vec<u64>>,
    /// In the text forms of `simulation/peers/values.json`.
    pub value: Value,
    /// Whether the server shows the value: some stacks do not when it is bad.
    pub has_value: bool,
    /// StatusCode.
    pub status: u64,
    /// 100 ns ticks since 1601.
    pub source_ticks: i64,
}

/// Reads a truth file.
///
/// # Panics
/// If it is missing or not what a peer writes.
#[must_use]
pub fn truths(file: &Path) -> Vec<Truth> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("read {}: {error}", file.display()));
    // The last line may be half written when its server was killed.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| Truth::read(&serde_json::from_str(line).expect("a peer writes JSON"))).collect()
}

impl Truth {
    fn read(line: &Value) -> Self {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        Self {
            node: text("node"),
            name: text("name"),
            data_type: line["type"].as_str().unwrap_or("Int64").to_owned(),
            dimensions: line["dimensions"].as_array().map(|all| all.iter().filter_map(Value::as_u64).collect()),
            value: line["value"].clone(),
            has_value: line["has_value"].as_bool().unwrap_or(true),
            status: line["status"].as_u64().unwrap_or_default(),
            source_ticks: text("source_ticks").parse().expect("a peer writes ticks"),
        }
    }
}

/// Says how a published DataValue differs from the truth; server timestamps are not looked at.
///
/// # Errors
/// The difference, in words.
pub fn compare(truth: &Truth, published: &Value) -> Result<(), String> {
    let mut published = published.clone();
    let fields = published.as_object_mut().ok_or("the field is no DataValue")?;
    fields.remove("ServerTimestamp");
    let (shown, expected) = (comparable(truth, published), expected(truth));
    if shown == expected {
        return Ok(());
    }
    Err(format!("{} holds {expected} but was published as {shown}", truth.node))
}

fn expected(truth: &Truth) -> Value {
    let mut data_value = if truth.has_value { expected_variant(truth) } else { json!({}) };
    if truth.status != 0 {
        data_value["Status"] = json!({ "Code": truth.status });
    }
    data_value["SourceTimestamp"] = json!(iso(truth.source_ticks));
    data_value
}

fn expected_variant(truth: &Truth) -> Value {
    let mut variant = json!({ "UaType": built_in_type(&truth.data_type) });
    let value = match &truth.dimensions {
        None => element(&truth.data_type, &truth.value),
        Some(_) => array(&truth.data_type, &truth.value),
    };
    // A null scalar is left out, a null array is not: else it would be a null scalar.
    if !value.is_null() || truth.dimensions.is_some() {
        variant["Value"] = value;
    }
    if let Some(dimensions) = truth.dimensions.as_ref().filter(|dimensions| dimensions.len() > 1) {
        variant["Dimensions"] = json!(dimensions);
    }
    variant
}

fn array(data_type: &str, value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|value| element(data_type, value)).collect(),
        _ => Value::Null,
    }
}

fn element(data_type: &str, value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    match data_type {
        "SByte" | "Byte" | "Int16" | "UInt16" | "Int32" | "UInt32" => json!(text.parse::<i64>().expect("an integer")),
        "Float" => float(f32::from_bits(bits(text) as u32).into(), text),
        "Double" => float(f64::from_bits(bits(text)), text),
        "DateTime" if text == "0" => Value::Null,
        "DateTime" => json!(iso(text.parse().expect("ticks"))),
        "Guid" if text.bytes().all(|byte| matches!(byte, b'0' | b'-')) => Value::Null,
        "ByteString" if !value.is_null() => json!(STANDARD.encode(bytes(text))),
        "NodeId" | "ExpandedNodeId" => json!(node_id(value)),
        "StatusCode" if value == 0 => json!({}),
        "StatusCode" => json!({ "Code": value }),
        "QualifiedName" => json!(qualified(value)),
        "LocalizedText" => localized(value),
        "ExtensionObject" => structure(value),
        "Variant" => variant(value),
        _ => value.clone(),
    }
}

/// The bits, or the name of a special value.
fn float(value: f64, bits: &str) -> Value {
    match value {
        _ if value.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        _ => json!(bits),
    }
}

/// The published value with what may be written in several ways put in one.
fn comparable(truth: &Truth, mut published: Value) -> Value {
    if let Some(value) = published.get_mut("Value") {
        match truth.data_type.as_str() {
            "Guid" => each(value, |element| json!(element.as_str().map(str::to_lowercase))),
            "Float" => each(value, |element| in_bits(element, |number| format!("{:08x}", (number as f32).to_bits()))),
            "Double" => each(value, |element| in_bits(element, |number| format!("{:016x}", number.to_bits()))),
            _ => {}
        }
    }
    published
}

fn each(value: &mut Value, change: impl Fn(&Value) -> Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|element| *element = change(element)),
        Value::Null => {}
        scalar => *scalar = change(scalar),
    }
}

fn in_bits(element: &Value, bits: impl Fn(f64) -> String) -> Value {
    element.as_f64().map_or_else(|| element.clone(), |number| json!(bits(number)))
}

fn bits(hex: &str) -> u64 {
    u64::from_str_radix(hex, 16).expect("hex digits")
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| bits(std::str::from_utf8(pair).expect("hex digits")) as u8).collect()
}

fn node_id(value: &Value) -> String {
    let (namespace, id) = (value["namespace"].as_str().unwrap_or_default(), value["id"].as_str().unwrap_or_default());
    let id = id.strip_prefix("b=").map_or_else(|| id.to_owned(), |hex| format!("b={}", STANDARD.encode(bytes(hex))));
    if namespace.is_empty() { id } else { format!("nsu={namespace};{id}") }
}

fn qualified(value: &Value) -> String {
    let (namespace, name) =
        (value["namespace"].as_str().unwrap_or_default(), value["name"].as_str().unwrap_or_default());
    if namespace.is_empty() { name.to_owned() } else { format!("nsu={namespace};{name}") }
}

fn localized(value: &Value) -> Value {
    let members = [("Locale", &value["locale"]), ("Text", &value["text"])];
    members
        .into_iter()
        .filter(|(_, text)| !text.is_null())
        .map(|(name, text)| (name.to_owned(), text.clone()))
        .collect()
}

/// By field name, as the server's DataTypeDefinition has them.
fn structure(value: &Value) -> Value {
    let fields = &value["fields"];
    match value["structure"].as_str() {
        Some("Range") => json!({ "UaTypeId": "i=884", "Low": double(&fields["Low"]), "High": double(&fields["High"]) }),
        _ => json!({
            "UaTypeId": "i=887",
            "NamespaceUri": fields["NamespaceUri"],
            "UnitId": fields["UnitId"].as_str().and_then(|text| text.parse::<i32>().ok()),
            "DisplayName": localized(&fields["DisplayName"]),
            "Description": localized(&fields["Description"]),
        }),
    }
}

fn double(hex: &Value) -> Value {
    let number = f64::from_bits(bits(hex.as_str().unwrap_or_default()));
    match number {
        _ if number.is_finite() => json!(number),
        _ if number > 0.0 => json!("Infinity"),
        _ => json!("-Infinity"),
    }
}

fn variant(value: &Value) -> Value {
    let data_type = value["type"].as_str().unwrap_or_default();
    json!({ "UaType": built_in_type(data_type), "Value": element(data_type, &value["value"]) })
}

fn built_in_type(name: &str) -> usize {
    BUILT_IN_TYPES.iter().position(|known| *known == name).map_or(0, |position| position + 1)
}

/// OPC 10000-6 Table 1, from id 1.
const BUILT_IN_TYPES: [&str; 25] = [
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

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(data_type: &str, dimensions: Option<Vec<u64>>, value: Value) -> Truth {
        let (node, name) = ("nsu=u;s=n".into(), "n".into());
        Truth {
            node,
            name,
            data_type: data_type.into(),
            dimensions,
            value,
            has_value: true,
            status: 0,
            source_ticks: 0,
        }
    }

    fn published(ua_type: u8, value: Value) -> Value {
        json!({ "UaType": ua_type, "Value": value, "SourceTimestamp": "1601-01-01T00:00:00Z" })
    }

    #[test]
    fn values_that_differ_in_the_last_digit_differ() {
        let truth = truth("Int64", None, json!("9007199254740993"));
        assert_eq!(compare(&truth, &published(8, json!("9007199254740993"))), Ok(()));
        assert!(compare(&truth, &published(8, json!("9007199254740992"))).is_err());
        assert!(compare(&truth, &published(9, json!("9007199254740993"))).is_err());
    }

    #[test]
    fn floats_are_compared_by_what_they_mean() {
        let truth = |bits: &str| truth("Float", None, json!(bits));
        assert_eq!(compare(&truth("3dcccccd"), &published(10, json!(0.1))), Ok(()));
        assert_eq!(compare(&truth("7fc00000"), &published(10, json!("NaN"))), Ok(()));
        assert_eq!(compare(&truth("3f800000"), &published(10, json!(1))), Ok(()));
        assert_eq!(compare(&truth("80000000"), &published(10, json!(-0.0))), Ok(()));
        assert!(compare(&truth("80000000"), &published(10, json!(0.0))).is_err());
    }

    #[test]
    fn a_null_array_is_not_an_empty_one() {
        let null = truth("String", Some(vec![0]), Value::Null);
        assert_eq!(compare(&null, &published(12, Value::Null)), Ok(()));
        assert!(compare(&null, &published(12, json!([]))).is_err());
    }

    #[test]
    fn status_and_time_count() {
        let mut bad = truth("Boolean", None, json!(true));
        bad.status = 0x8031_0000;
        let mut shown = published(1, json!(true));
        assert!(compare(&bad, &shown).is_err());
        shown["Status"] = json!({ "Code": 0x8031_0000_u32 });
        assert_eq!(compare(&bad, &shown), Ok(()));
        shown["SourceTimestamp"] = json!("1601-01-01T00:00:00.0000001Z");
        assert!(compare(&bad, &shown).is_err());
    }
}
