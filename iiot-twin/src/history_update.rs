//! Changing stored values and events (OPC 10000-11 §6.9).

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Header, Status};

/// Changes history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryUpdateRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// What to change, in this order, at most 100 changes.
    #[schemars(length(max = 100))]
    pub changes: Vec<HistoryChange>,
}

/// A change of the history of one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryChange {
    /// The node; of events their notifier.
    pub node: String,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields, tag = "kind")]
pub enum Change {
    /// Adds values; one whose time has a value already is refused.
    Insert {
        /// The values, at most 1,000.
        #[schemars(length(max = 1_000))]
        values: Vec<StoredValue>,
    },
    /// Replaces the values of these times; one whose time has none is refused.
    Replace {
        /// The values, at most 1,000.
        #[schemars(length(max = 1_000))]
        values: Vec<StoredValue>,
    },
    /// Adds or replaces.
    Update {
        /// The values, at most 1,000.
        #[schemars(length(max = 1_000))]
        values: Vec<StoredValue>,
    },
    /// Deletes what lies between two times.
    DeleteRange {
        /// From here on.
        start: UtcTime,
        /// Before this.
        end: UtcTime,
        /// Deletes what is kept of earlier changes, and no values.
        #[serde(default)]
        modified: bool,
    },
    /// Deletes the values of these times.
    DeleteAtTimes {
        /// The times, at most 1,000.
        #[schemars(length(max = 1_000))]
        times: Vec<UtcTime>,
    },
    /// Adds events; one whose EventId is there already is refused.
    InsertEvents(StoredEvents),
    /// Replaces events by their EventId; one that is not there is refused.
    ReplaceEvents(StoredEvents),
    /// Adds or replaces events.
    UpdateEvents(StoredEvents),
    /// Deletes events.
    DeleteEvents {
        /// Their EventIds in base64, at most 1,000.
        #[schemars(length(max = 1_000))]
        event_ids: Vec<String>,
    },
}

/// A value with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredValue {
    /// A Variant as answers have it, or the value alone, of the type of the variable.
    pub value: Value,
    /// When it came about.
    pub source_timestamp: UtcTime,
    /// How good it is. Default 0, good.
    #[serde(default)]
    pub status: Option<u32>,
}

/// Events with their fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredEvents {
    /// Names of the fields that are given, as `EventId`, `Time`, `ActiveState/Id`, `nsu=urn:plant;Pressure`, at most 100.
    #[schemars(length(min = 1, max = 100))]
    pub fields: Vec<String>,
    /// The events, at most 1,000: of each as many values as there are fields, in their order. A Variant
    /// (`{"UaType": 13, "Value": "2026-01-01T00:00:00Z"}`), or a boolean, a number that fits into Int32, Int64 or Double, or a text.
    #[schemars(length(max = 1_000))]
    pub events: Vec<Vec<Value>>,
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryUpdateResponse {
    /// One for each change.
    pub results: Vec<HistoryUpdateResult>,
}

/// How a change went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryUpdateResult {
    /// Of the change as a whole: the first bad one of its items, if there is any.
    pub status: Status,
    /// One for each value, time or event; none of a range, or if the change was refused as a whole.
    pub items: Vec<Status>,
}
