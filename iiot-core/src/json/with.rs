//! `#[serde(with = …)]` for the types of the data model, and their schemas for `#[schemars(with = …)]`.
//!
//! NodeIds keep their namespace index (`ns=2;s=…`), since a document by itself has no table.
//!
//! ```
//! use iiot_core::json::with;
//! use iiot_core::ua::{NodeId, Variant};
//!
//! #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! struct WriteRequest {
//!     #[serde(with = "with::node_id")]
//!     #[schemars(with = "with::NodeIdText")]
//!     node: NodeId,
//!     #[serde(with = "with::variant")]
//!     #[schemars(with = "with::VariantObject")]
//!     value: Variant,
//! }
//! let request = WriteRequest { node: NodeId::new(2, "Setpoint"), value: Variant::from(1.5) };
//! let text = serde_json::to_string(&request)?;
//! assert_eq!(text, r#"{"node":"ns=2;s=Setpoint","value":{"UaType":11,"Value":1.5}}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::json::{self, Format};
use crate::ua::{DataValue, DateTime, NodeId, StatusCode, Variant};

/// Declares a module that serde's `with` takes: how the text is made, how the JSON is read.
macro_rules! with {
    ($(#[$doc:meta])* $module:ident, $type:ty, $to_text:expr, $from_json:expr) => {
        $(#[$doc])*
        pub mod $module {
            use super::*;

            /// Serializes the value.
            ///
            /// # Errors
            /// Those of the serializer, and of a value without an encoding.
            pub fn serialize<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                let to_text: fn(&$type) -> Result<String, Error> = $to_text;
                let text = to_text(value).map_err(S::Error::custom)?;
                RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
            }

            /// Deserializes a value.
            ///
            /// # Errors
            /// Those of the deserializer, and where in the value something is wrong.
            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let from_json: fn(&Value) -> Result<$type, Error> = $from_json;
                from_json(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    };
}

with! {
    /// A NodeId as text.
    node_id, NodeId,
    |id| Ok(quoted(&json::node_id_to_string(id, &[]))),
    |value| json::node_id_from_str(value.as_str().unwrap_or_default(), &[])
}
with! {
    /// A StatusCode with its name.
    status_code, StatusCode,
    |status| json::variant_to_string(&Variant::from(*status), &Format::verbose(&[])).map(|text| value_of(&text)),
    json::status_code_from_json
}
with! {
    /// A time in ISO 8601.
    date_time, DateTime,
    |time| Ok(quoted(&crate::time::UtcTime::from(*time).to_string())),
    |value| json::date_time_from_str(value.as_str().unwrap_or_default())
}
with! {
    /// A Variant.
    variant, Variant,
    |value| json::variant_to_string(value, &Format::default()),
    |value| json::variant_from_json(value, &[])
}
with! {
    /// A DataValue.
    data_value, DataValue,
    |value| json::data_value_to_string(value, &Format::default()),
    |value| json::data_value_from_json(value, &[])
}

fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    json::write_string(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}

/// The `Value` of a Variant's text.
fn value_of(text: &str) -> String {
    let inner = text.split_once(r#""Value":"#).and_then(|(_, value)| value.strip_suffix('}'));
    inner.unwrap_or("{}").to_owned()
}

/// Declares a type that stands for a schema.
macro_rules! schema {
    ($(#[$doc:meta])* $name:ident, $label:literal, $schema:tt) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $label.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

schema! {
    /// The schema of [`node_id`].
    NodeIdText, "NodeId",
    { "type": "string", "description": "ns=<index>;i=, s=, g= or b= and the identifier", "examples": ["i=2258", "ns=2;s=Boiler.Temperature"] }
}
schema! {
    /// The schema of [`status_code`].
    StatusCodeObject, "StatusCode",
    {
        "type": "object",
        "properties": {
            "Code": { "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 },
            "Symbol": { "type": "string" }
        }
    }
}
schema! {
    /// The schema of [`date_time`].
    DateTimeText, "DateTime", { "type": "string", "format": "date-time" }
}
schema! {
    /// The schema of [`variant`].
    VariantObject, "Variant",
    {
        "type": ["object", "null"],
        "description": "OPC 10000-6 §5.4.2.17: UaType is the built-in type",
        "properties": {
            "UaType": { "type": "integer", "minimum": 0, "maximum": 25 },
            "Value": {},
            "Dimensions": { "type": "array", "items": { "type": "integer", "minimum": 0 } }
        }
    }
}
schema! {
    /// The schema of [`data_value`].
    DataValueObject, "DataValue",
    {
        "type": ["object", "null"],
        "description": "OPC 10000-6 §5.4.2.18: a Variant with status and times",
        "properties": {
            "UaType": { "type": "integer", "minimum": 0, "maximum": 25 },
            "Value": {},
            "Dimensions": { "type": "array", "items": { "type": "integer", "minimum": 0 } },
            "Status": { "type": "object" },
            "SourceTimestamp": { "type": "string", "format": "date-time" },
            "SourcePicoseconds": { "type": "integer", "minimum": 0, "maximum": 65535 },
            "ServerTimestamp": { "type": "string", "format": "date-time" },
            "ServerPicoseconds": { "type": "integer", "minimum": 0, "maximum": 65535 }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct All {
        #[serde(with = "node_id")]
        node: NodeId,
        #[serde(with = "status_code")]
        status: StatusCode,
        #[serde(with = "date_time")]
        time: DateTime,
        #[serde(with = "variant")]
        value: Variant,
        #[serde(with = "data_value")]
        data: DataValue,
    }

    #[test]
    fn documents_read_back() {
        let all = All {
            node: NodeId::new(2, "a\"b"),
            status: StatusCode::BadNodeIdUnknown,
            time: DateTime::ymd_hms_nano(2026, 2, 3, 4, 5, 6, 700),
            value: Variant::from(vec![1_i64, i64::MIN]),
            data: DataValue::new_at("grün", DateTime::ymd(2026, 1, 1)),
        };
        let text = serde_json::to_string(&all).unwrap();
        assert!(text.contains(r#""status":{"Code":2150891520,"Symbol":"BadNodeIdUnknown"}"#), "{text}");
        let mut read: All = serde_json::from_str(&text).unwrap();
        // Good is what an absent status means; picoseconds of zero likewise.
        read.data.status = Some(StatusCode::Good);
        read.data.source_picoseconds = Some(0);
        read.data.server_picoseconds = Some(0);
        assert_eq!(read, all);
        let value = serde_json::to_value(&all).unwrap();
        assert_eq!(value["value"]["Value"][1], "-9223372036854775808");
    }

    #[test]
    fn errors_say_where() {
        let error = serde_json::from_str::<All>(r#"{"node": 3}"#).unwrap_err();
        assert!(error.to_string().contains("read a NodeId"), "{error}");
    }
}
