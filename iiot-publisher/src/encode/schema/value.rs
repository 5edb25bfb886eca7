//! Schemas of values, by type, rank and encoding (OPC 10000-6 §5.4).

use iiot_core::json::{Encoding, Spelling};
use serde_json::{Value, json};

use crate::data_set::FieldMetaData;
use crate::profile::MessageProfile;

/// How values are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueStyle {
    encoding: Encoding,
    spelling: Spelling,
    raw: bool,
}

impl ValueStyle {
    pub(super) const fn of(profile: MessageProfile) -> Self {
        Self { encoding: profile.json_encoding(), spelling: profile.spelling(), raw: profile.is_raw() }
    }

    /// A field: a DataValue, or the value alone.
    pub(super) fn field(self, types: &FieldMetaData) -> Value {
        if self.raw { self.raw_value(types) } else { self.data_value(types) }
    }

    /// Fields without a value are null.
    fn raw_value(self, types: &FieldMetaData) -> Value {
        match types.built_in_type {
            // Which type it is stands with the value.
            22..=24 => json!({}),
            _ => json!({ "anyOf": [self.value(types), { "type": "null" }] }),
        }
    }

    fn data_value(self, types: &FieldMetaData) -> Value {
        let mut members = json!({
            "SourceTimestamp": super::time(),
            "SourcePicoseconds": picoseconds(),
            "ServerTimestamp": super::time(),
            "ServerPicoseconds": picoseconds(),
        });
        let status = match self.spelling {
            Spelling::OpcPublisher if !self.tells_types_beside() => "StatusCode",
            _ => "Status",
        };
        members[status] = self.status();
        match self.encoding {
            Encoding::Reversible => members["Value"] = self.variant(types),
            Encoding::NonReversible => members["Value"] = self.value(types),
            Encoding::Compact | Encoding::Verbose => {
                members["UaType"] = self.type_name(types.built_in_type);
                members["Value"] = self.value(types);
                members["Dimensions"] = dimensions();
            }
        }
        json!({ "type": "object", "properties": members, "additionalProperties": false })
    }

    /// A Variant in the ReversibleEncoding of 1.04.
    fn variant(self, types: &FieldMetaData) -> Value {
        json!({
            "type": "object",
            "properties": {
                "Type": self.type_name(types.built_in_type), "Body": self.value(types), "Dimensions": dimensions(),
            },
            "required": ["Type"],
            "additionalProperties": false,
        })
    }

    const fn tells_types_beside(self) -> bool {
        matches!(self.encoding, Encoding::Compact | Encoding::Verbose)
    }

    fn type_name(self, built_in_type: u8) -> Value {
        let by_name = self.spelling == Spelling::OpcPublisher && self.encoding == Encoding::Reversible;
        match (built_in_type, by_name) {
            (24, true) => json!({ "type": "string" }),
            (24, false) => json!({ "type": "integer", "minimum": 1, "maximum": 25 }),
            (known, true) => json!({ "const": BUILT_IN_TYPES.get(usize::from(known)).copied().unwrap_or_default() }),
            (known, false) => json!({ "const": known }),
        }
    }

    /// A value with its rank.
    fn value(self, types: &FieldMetaData) -> Value {
        if types.built_in_type == 24 {
            return json!({});
        }
        let element = self.element(types.built_in_type);
        match types.value_rank {
            -1 => element,
            1 => array(&element),
            rank @ 2.. => self.matrix(&element, rank),
            _ => json!({}),
        }
    }

    /// In a flat array with its dimensions beside, or in arrays in arrays.
    fn matrix(self, element: &Value, rank: i32) -> Value {
        match self.encoding {
            Encoding::NonReversible => (0..rank.min(MAX_RANK)).fold(element.clone(), |inner, _| array(&inner)),
            _ if self.raw => json!({
                "type": "object",
                "properties": { "Array": array(element), "Dimensions": dimensions() },
                "required": ["Array", "Dimensions"],
                "additionalProperties": false,
            }),
            _ => array(element),
        }
    }

    /// A scalar (OPC 10000-6 §5.4.2).
    fn element(self, built_in_type: u8) -> Value {
        let bits = |signed: bool, bits: u32| {
            let (low, high) =
                if signed { (-(1_i64 << (bits - 1)), (1_i64 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
            json!({ "type": "integer", "minimum": low, "maximum": high })
        };
        match built_in_type {
            1 => json!({ "type": "boolean" }),
            2 => bits(true, 8),
            3 => bits(false, 8),
            4 => bits(true, 16),
            5 => bits(false, 16),
            6 => bits(true, 32),
            7 => bits(false, 32),
            8 => json!({ "type": "string", "pattern": "^(0|-?[1-9][0-9]{0,18})$" }),
            9 => json!({ "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" }),
            10 | 11 => json!({ "anyOf": [{ "type": "number" }, { "enum": ["NaN", "Infinity", "-Infinity"] }] }),
            12 | 16 => text(&json!({})),
            13 => text(&json!({ "format": "date-time" })),
            14 => text(&json!({ "format": "uuid" })),
            15 => text(&json!({ "contentEncoding": "base64" })),
            17 | 18 | 20 => self.name(),
            19 => self.status(),
            21 if self.encoding == Encoding::NonReversible => text(&json!({})),
            21 | 25 => json!({ "type": ["object", "null"] }),
            // Structures, and values in values, say themselves what they are.
            _ => json!({}),
        }
    }

    /// NodeIds and QualifiedNames.
    fn name(self) -> Value {
        let as_text = self.tells_types_beside() || self.spelling == Spelling::OpcPublisher;
        if as_text { text(&json!({})) } else { json!({ "type": ["object", "null"] }) }
    }

    fn status(self) -> Value {
        let code = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
        if self.encoding == Encoding::Reversible {
            return code;
        }
        json!({
            "type": ["object", "null"],
            "properties": { "Code": code, "Symbol": { "type": "string" } },
            "additionalProperties": false,
        })
    }
}

fn text(more: &Value) -> Value {
    let mut schema = more.clone();
    schema["type"] = json!(["string", "null"]);
    schema
}

fn array(element: &Value) -> Value {
    json!({ "type": ["array", "null"], "items": element })
}

fn dimensions() -> Value {
    json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": u32::MAX } })
}

fn picoseconds() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": u16::MAX })
}

const MAX_RANK: i32 = 16;
/// By their number (OPC 10000-6 Table 1).
const BUILT_IN_TYPES: [&str; 26] = [
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
