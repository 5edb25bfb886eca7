//! Reading values and other attributes (OPC 10000-4 §5.11.2).

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribute::Attribute;
use crate::{Header, Status, ValueEncoding};

/// Asks for values and other attributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// How values are written.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// What to read.
    #[schemars(length(max = 10_000))]
    pub nodes: Vec<ReadItem>,
    /// How old a value may be that the server has at hand, in milliseconds. Default 0: it looks anew.
    #[serde(default)]
    pub max_age_ms: u32,
    /// How long ago the value may have been read for somebody else, in milliseconds, up to a day; the answer says how long it
    /// was. Default 0: the server is asked. What is changed through the same twin is not remembered from before, and with an
    /// elevation nothing is.
    #[serde(default)]
    #[schemars(range(max = 86_400_000))]
    pub cache_ms: u32,
    /// Which timestamps are wanted.
    #[serde(default)]
    pub timestamps: Timestamps,
}

/// Something to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadItem {
    /// The node.
    pub node: String,
    /// Which attribute of it. Default `Value`.
    #[serde(default)]
    pub attribute: Attribute,
    /// Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27).
    #[serde(default)]
    pub index_range: Option<String>,
}

/// Which timestamps are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Timestamps {
    /// When the value came about.
    Source,
    /// When the server got it.
    Server,
    /// Both.
    #[default]
    Both,
    /// None.
    Neither,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadResponse {
    /// One for each item.
    pub results: Vec<DataValue>,
}

/// A value with its status and times.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataValue {
    /// How it went, and how good the value is.
    pub status: Status,
    /// The value, in the encoding that was asked for; null where there is none.
    #[serde(default)]
    pub value: Value,
    /// When it came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_timestamp: Option<UtcTime>,
    /// When the server got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_timestamp: Option<UtcTime>,
    /// How many milliseconds ago it was read, where it was not read for this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u32>,
}
