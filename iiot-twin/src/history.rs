//! Stored values (OPC 10000-11 §6.5).

use std::collections::BTreeMap;

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read::DataValue;
use crate::{Header, Status, ValueEncoding};

/// Values of one node in one answer.
pub const MAX_VALUES: u32 = 100_000;

/// Asks for stored values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryReadRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// How values are written.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// The nodes, at most 100.
    #[schemars(length(max = 100))]
    pub nodes: Vec<String>,
    /// Which values.
    pub details: HistoryDetails,
    /// At most so many values of each node, up to 100,000, and a million of all nodes. Default 10,000. They are fetched up to there, in as many answers
    /// as the server likes.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_values: Option<u32>,
}

/// Which values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields, tag = "kind")]
pub enum HistoryDetails {
    /// As they were stored. At least one of `start` and `end` is needed; with one of them the values are counted from
    /// there, and `end` alone counts backwards.
    Raw {
        /// Where it begins. Later than `end`: the values come backwards.
        #[serde(default)]
        start: Option<UtcTime>,
        /// Where it ends.
        #[serde(default)]
        end: Option<UtcTime>,
        /// Whether the values at or around both ends belong to it.
        #[serde(default)]
        bounds: bool,
    },
    /// Computed from those that were stored (OPC 10000-13).
    Processed {
        /// Where it begins.
        start: UtcTime,
        /// Where it ends.
        end: UtcTime,
        /// How: the node of an aggregate, as `i=2342` for the average.
        aggregate: String,
        /// The length of the span that each value stands for, in milliseconds; 0 makes one of all.
        #[serde(default)]
        interval_ms: u32,
    },
    /// At these times, interpolated where there is none.
    AtTimes {
        /// The times, at most 10,000.
        #[schemars(length(min = 1, max = 10_000))]
        times: Vec<UtcTime>,
    },
    /// What was changed after it had been stored: the value that was inserted, else the one that was replaced or deleted, and
    /// who did it when.
    Modified {
        /// Where it begins. Later than `end`: the values come backwards.
        start: UtcTime,
        /// Where it ends.
        end: UtcTime,
    },
    /// Events of a notifier.
    Events {
        /// Where it begins. Later than `end`: the events come backwards.
        start: UtcTime,
        /// Where it ends.
        end: UtcTime,
        /// Names of fields, as `Severity`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100. Default those that all events
        /// have.
        #[serde(default)]
        #[schemars(length(max = 100))]
        fields: Vec<String>,
        /// Only events of this type and its subtypes.
        #[serde(default)]
        event_type: Option<String>,
    },
}

/// Stored values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryReadResponse {
    /// One for each node.
    pub results: Vec<HistoryResult>,
}

/// Stored values of one node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryResult {
    /// How it went.
    pub status: Status,
    /// The values, in the order of the server.
    pub values: Vec<DataValue>,
    /// Of modified values: what happened to each, in the same order; null where the server does not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifications: Vec<Option<Modification>>,
    /// The events, each with its fields by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<BTreeMap<String, Value>>,
    /// There are more of them, or there may be: go on behind the last one. Also if the status is bad and something was read before.
    pub more: bool,
}

/// A change of a stored value (OPC 10000-11 §6.6.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Modification {
    /// What was done.
    pub kind: ModificationKind,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<UtcTime>,
    /// Who did it.
    pub user: String,
}

/// What was done to a stored value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ModificationKind {
    /// It was inserted.
    Insert,
    /// Another one took its place.
    Replace,
    /// It was inserted, or another one took its place.
    Update,
    /// It was deleted.
    Delete,
}
