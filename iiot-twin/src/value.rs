//! Values as they change (OPC 10000-4 §5.13).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attribute::Attribute;
use crate::read::DataValue;
use crate::watch::{StreamGap, StreamState};
use crate::{Header, Status, ValueEncoding};

/// Watches values and other attributes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchValuesRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common. The time is that to the first update.
    #[serde(default)]
    pub header: Header,
    /// How values are written.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// What to watch.
    #[schemars(length(max = 10_000))]
    pub nodes: Vec<WatchedItem>,
    /// How often the server sends, in milliseconds. Default 1,000.
    #[serde(default)]
    #[schemars(range(min = 10, max = 3_600_000))]
    pub publishing_interval_ms: Option<u32>,
    /// Go on behind this sequence instead of beginning with the present values.
    #[serde(default)]
    pub after: Option<u64>,
}

/// Something to watch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchedItem {
    /// The node.
    pub node: String,
    /// Which attribute of it. Default `Value`.
    #[serde(default)]
    pub attribute: Attribute,
    /// Part of an array or text: `2`, `0:4`, `1,0:2` (OPC 10000-4 §7.27).
    #[serde(default)]
    pub index_range: Option<String>,
    /// How often the server looks, in milliseconds; 0: as often as it can. Default as often as it sends.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub sampling_interval_ms: Option<f64>,
    /// Values that the server keeps between two messages. Default 1: only the last one is sent.
    #[serde(default)]
    pub queue_size: Option<u32>,
    /// By how much a number must change to be told.
    #[serde(default)]
    pub deadband: Option<Deadband>,
}

/// By how much a number must change (OPC 10000-4 §7.22.2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deadband {
    /// By what it is measured.
    pub kind: DeadbandKind,
    /// How much.
    #[schemars(range(min = 0))]
    pub value: f64,
}

/// By what a deadband is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeadbandKind {
    /// In units of the value.
    Absolute,
    /// In percent of the span of its EURange.
    Percent,
}

/// Values, or something else that happened to the stream. The first update has the present values as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueUpdate {
    /// Identifies the update; for `after`.
    pub sequence: u64,
    /// `items` and `values` are all that is known, whatever was known before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
    /// How items stand, at the start and when that changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<WatchedState>,
    /// Values in the order in which the server sent them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<WatchedValue>,
    /// The connection changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StreamState>,
    /// Updates or values are missing before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<StreamGap>,
}

/// How an item stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WatchedState {
    /// The item, by its place in the request.
    pub item: u32,
    /// `Good` if it is watched; else why not. Unless the reason is final the server is asked again from time to time.
    pub status: Status,
    /// What the server made of the sampling interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling_interval_ms: Option<f64>,
    /// What the server made of the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_size: Option<u32>,
}

/// A value of an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WatchedValue {
    /// The item, by its place in the request.
    pub item: u32,
    /// The value with its status and times.
    #[serde(flatten)]
    pub value: DataValue,
}
