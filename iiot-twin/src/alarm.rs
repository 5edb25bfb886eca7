//! The live list of a server's alarms and conditions (OPC 10000-9).
//!
//! While somebody looks, and a moment longer, the condition events of the server are followed. The list is what they leave
//! behind: the last event of each condition and branch that is retained. After each reconnect, after a gap, and when the
//! server asks for it, the server is asked for all of them again (ConditionRefresh), or the nodes of its conditions are
//! read where it does not know that.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::watch::{StreamGap, StreamState};
use crate::{Header, Status};

/// Asks for the alarms of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlarmsRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
}

/// The alarms as they are now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlarmsResponse {
    /// All that are retained, by condition and branch.
    pub alarms: Vec<Alarm>,
    /// What the list is made of.
    pub basis: Basis,
    /// `Good`, or why the server reports no events.
    pub status: Status,
    /// The connection is lost, and this is how it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StreamState>,
    /// Alarms that had no room in the list, which holds 10,000.
    #[serde(default)]
    pub left_out: u64,
    /// For `watch_alarms`, to hear what comes next.
    pub sequence: u64,
}

/// Watches the alarms of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchAlarmsRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common. The time is that to the first update.
    #[serde(default)]
    pub header: Header,
    /// Go on behind this sequence instead of beginning with all alarms.
    #[serde(default)]
    pub after: Option<u64>,
}

/// What happened to the list. The first update has all alarms, unless it goes on behind another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlarmUpdate {
    /// Identifies the update; for `after`.
    pub sequence: u64,
    /// `changed` are all alarms there are: whatever was known before is to be forgotten.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
    /// Alarms that are new or other than before. One that has just ended is told a last time, with `retain` false.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Alarm>,
    /// Alarms that are no longer in the list: they have ended, also while nobody heard of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<AlarmName>,
    /// The list was rebuilt and is complete, by this means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<Basis>,
    /// Why the server reports no events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The connection changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StreamState>,
    /// Updates or events are missing before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<StreamGap>,
}

/// What a list of alarms is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// The server sent all that it retains, and its events since.
    Refresh,
    /// The nodes of its conditions were read, since it knows no ConditionRefresh, and its events since.
    Nodes,
    /// Only events that came since somebody looks: the server tells of no others.
    #[default]
    Events,
}

/// A condition, or a branch of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlarmName {
    /// The condition's node.
    pub condition: String,
    /// An earlier state of it that still needs somebody's attention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// An alarm or another condition; what the server does not tell is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Condition and branch.
    #[serde(flatten)]
    pub name: AlarmName,
    /// The event that this is the content of, in base64: what is acknowledged.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// The name of the condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_name: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The name of what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How urgent it is, from 1 to 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<u16>,
    /// How urgent it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_severity: Option<u16>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<UtcTime>,
    /// When the server learnt of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receive_time: Option<UtcTime>,
    /// Whether it is of interest still.
    pub retain: bool,
    /// Whether the condition is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether what it warns of is the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Whether somebody has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<bool>,
    /// Whether somebody has done what was to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// Whether the server keeps it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<bool>,
    /// Whether somebody has put it aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shelving: Option<Shelving>,
    /// Whether it is one or the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed_or_shelved: Option<bool>,
    /// The last comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Who commented, acknowledged or confirmed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_user: Option<String>,
    /// How good the values are that it is made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Status>,
    /// Of a dialog: what it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialog: Option<Dialog>,
}

/// Whether an alarm was put aside (OPC 10000-9 §5.8.17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Shelving {
    /// It was not.
    Unshelved,
    /// For a time.
    Timed,
    /// Until it ends.
    OneShot,
}

/// What a dialog asks (OPC 10000-9 §5.6).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dialog {
    /// Whether it waits for an answer.
    pub active: bool,
    /// The question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The answers to choose from, by their places.
    pub options: Vec<String>,
}
