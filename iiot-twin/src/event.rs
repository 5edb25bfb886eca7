//! Events of a server, as they happen (OPC 10000-4 §7.22.3).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::watch::{StreamGap, StreamState};
use crate::{Header, Status, ValueEncoding};

/// Watches the events of a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchEventsRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common. The time is that to the first update.
    #[serde(default)]
    pub header: Header,
    /// How fields are written.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// Whose events. Default those of the whole server (`i=2253`).
    #[serde(default)]
    pub notifier: Option<String>,
    /// Which fields of them. Default those of BaseEventType (OPC 10000-5 §6.4.2).
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub fields: Vec<EventField>,
    /// Which events. Default all.
    #[serde(default)]
    pub condition: Option<EventCondition>,
    /// Events that the server keeps between two looks. Default as many as it likes.
    #[serde(default)]
    pub queue_size: Option<u32>,
    /// Go on behind this sequence.
    #[serde(default)]
    pub after: Option<u64>,
}

/// A field of events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventField {
    /// The type that has it. Default BaseEventType, under which servers find the fields of every type.
    #[serde(default)]
    pub event_type: Option<String>,
    /// BrowseNames from the event to the field: `["ActiveState", "Id"]`, `["nsu=urn:plant;Pressure"]`. Empty for the node
    /// of a condition.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub path: Vec<String>,
    /// Part of an array: `2`, `0:4`.
    #[serde(default)]
    pub index_range: Option<String>,
}

/// An operator with its operands, which may be conditions again (OPC 10000-4 §7.7.3). At most 256 in all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventCondition {
    /// What is done with the operands.
    pub operator: Operator,
    /// As many as the operator takes.
    #[schemars(length(min = 1, max = 256))]
    pub operands: Vec<Operand>,
}

/// What is done with operands (OPC 10000-4 Tables 119 and 120).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Operator {
    Equals,
    IsNull,
    GreaterThan,
    LessThan,
    GreaterThanOrEqual,
    LessThanOrEqual,
    Like,
    Not,
    Between,
    InList,
    And,
    Or,
    Cast,
    InView,
    OfType,
    BitwiseAnd,
    BitwiseOr,
}

/// What an operator works on: exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operand {
    /// A field of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<EventField>,
    /// A Variant (`{"UaType": 5, "Value": 500}`), or a boolean, number or text alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// A node, of a type for instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What another operator yields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Box<EventCondition>>,
}

/// Events, or something else that happened to the stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventUpdate {
    /// Identifies the update; for `after`.
    pub sequence: u64,
    /// The stream begins here: no event before is told of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
    /// Events in the order in which the server sent them: the fields by the names of their paths, joined by `/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<BTreeMap<String, Value>>,
    /// How the server takes the request, at the start and when that changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Fields, by name, that the server does not know; they are null in every event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, Status>,
    /// The connection changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StreamState>,
    /// Updates or events are missing before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<StreamGap>,
}
