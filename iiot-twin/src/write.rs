//! Writing values and other attributes (OPC 10000-4 §5.11.4).

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribute::Attribute;
use crate::read::DataValue;
use crate::{Header, Status, ValueEncoding};

/// Writes values and other attributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// How values are written that are read back.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// What to write.
    #[schemars(length(max = 10_000))]
    pub nodes: Vec<WriteItem>,
    /// Reads what was written, as the server has it afterwards.
    #[serde(default)]
    pub read_back: bool,
}

/// Something to write.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteItem {
    /// The node.
    pub node: String,
    /// Which attribute of it. Default `Value`.
    #[serde(default)]
    pub attribute: Attribute,
    /// Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27).
    #[serde(default)]
    pub index_range: Option<String>,
    /// A Variant as answers have it (`{"UaType": 11, "Value": 21.5}`), or the value alone. The type of such a one is that
    /// of the variable, or of its present value where any type will do; structures are then objects of their fields,
    /// elements of enumerations numbers or names, matrices arrays of arrays.
    pub value: Value,
    /// Writes this status too; most servers refuse that (`BadWriteNotSupported`).
    #[serde(default)]
    pub status: Option<u32>,
    /// Writes this time too; most servers refuse that (`BadWriteNotSupported`).
    #[serde(default)]
    pub source_timestamp: Option<UtcTime>,
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteResponse {
    /// One for each item.
    pub results: Vec<WriteResult>,
}

/// How one went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteResult {
    /// What the server said, or why it was not asked: `BadTypeMismatch` if the value does not fit the type.
    pub status: Status,
    /// What the server has now, if that was asked for and it took the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_back: Option<DataValue>,
}
