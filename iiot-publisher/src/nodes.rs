//! How single nodes stand, for people who look for what is missing.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks how nodes stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodesRequest {
    /// Of this writer group alone.
    #[serde(default)]
    pub writer_group: Option<String>,
    /// Of writers with this name alone.
    #[serde(default)]
    pub writer: Option<String>,
    /// Only those that the server refuses.
    #[serde(default)]
    pub failed_only: bool,
    /// Position of the first one among those that fit.
    #[serde(default)]
    pub from: u32,
    /// At most so many, up to 10,000. Default 1000.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10_000))]
    pub limit: Option<u32>,
}

/// Some nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodesResponse {
    /// In the order of groups, writers and fields.
    pub nodes: Vec<Node>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<u32>,
}

/// How a node stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// The writer's group.
    pub writer_group: String,
    /// The writer.
    pub writer: String,
    /// Its name in messages.
    pub field: String,
    /// As configured.
    pub node: String,
    /// How it stands.
    pub state: NodeCondition,
    /// Source timestamp of the last value received.
    pub last_value_time: Option<UtcTime>,
    /// Its status, as a StatusCode's name.
    pub last_status: Option<String>,
    /// Why it does not report; absent while it does.
    pub reason: Option<String>,
}

/// How a node stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NodeCondition {
    /// The server has not been asked yet, or does not answer.
    #[default]
    Waiting,
    /// The server reports it.
    Reporting,
    /// The server refuses it and is asked again from time to time.
    Retrying,
    /// The server refuses it for good: the configuration has to be corrected.
    Failed,
}

/// Asks for key frames.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyFramesRequest {
    /// Of these writer groups or writers, at most 1000.
    #[schemars(length(max = 1000))]
    pub of: Vec<KeyFrameOf>,
}

/// A writer, or all of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyFrameOf {
    /// Its group.
    pub writer_group: String,
    /// Its name; all of the group where it is absent.
    #[serde(default)]
    pub writer: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyFramesResponse {
    /// For each in the order asked for: why there is no key frame; null where one is sent.
    pub errors: Vec<Option<String>>,
}
