//! What can be done with conditions (OPC 10000-9 §5.5 to §5.8).
//!
//! Acknowledge, Confirm and AddComment concern an **event**: what somebody has seen. If its id is left out, that of the
//! [live list](crate::alarm) is taken, as it is at this moment: the caller then answers for whatever the condition says now,
//! be it something else than what he has looked at. The result names the event. Where the list is not live yet, it is made
//! first, within the time of the request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Header, Status};

/// Acknowledges, confirms or comments on events of conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionEventsRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common. The first locale is that of the comments.
    #[serde(default)]
    pub header: Header,
    /// The events, at most 1,000.
    #[schemars(length(max = 1_000))]
    pub events: Vec<ConditionEvent>,
}

/// An event of a condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionEvent {
    /// The condition's node.
    pub condition: String,
    /// Which event, in base64. Default the one of the live list.
    #[serde(default)]
    pub event_id: Option<String>,
    /// Where the event is taken from the live list: of which branch. Default the condition itself.
    #[serde(default)]
    pub branch: Option<String>,
    /// What is to be said to it. Without it a comment made before stays.
    #[serde(default)]
    #[schemars(length(max = 4_096))]
    pub comment: Option<String>,
}

/// Does something to conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionsRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The nodes of the conditions, at most 1,000.
    #[schemars(length(max = 1_000))]
    pub conditions: Vec<String>,
}

/// Puts alarms aside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShelveRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The alarms, at most 1,000.
    #[schemars(length(max = 1_000))]
    pub alarms: Vec<ShelvedAlarm>,
}

/// An alarm to put aside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShelvedAlarm {
    /// The condition's node.
    pub condition: String,
    /// For how many milliseconds. Without it the alarm is put aside until it ends.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub duration_ms: Option<f64>,
}

/// Answers dialogs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RespondRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The answers, at most 1,000.
    #[schemars(length(max = 1_000))]
    pub responses: Vec<DialogResponse>,
}

/// An answer to a dialog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DialogResponse {
    /// The condition's node.
    pub condition: String,
    /// The place of the answer among the options.
    pub option: i32,
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConditionResponse {
    /// One for each item of the request.
    pub results: Vec<ConditionResult>,
}

/// How one went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConditionResult {
    /// What the server said, or why it was not asked: `BadEventIdUnknown` if the live list has no such alarm.
    pub status: Status,
    /// The event that it was about, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}
