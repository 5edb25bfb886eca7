//! How a search gets on.

use iiot_core::model::{Counts, RunState};
use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks how a search gets on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgressRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub run: String,
    /// The sequence behind which to begin. Default 0, the beginning, as far as it is still known.
    #[serde(default)]
    pub after: u64,
}

/// How a search stands at a moment: at each change of its state, at each server, and every second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Rises.
    pub sequence: u64,
    /// When.
    pub at: UtcTime,
    /// How far it is.
    pub state: RunState,
    /// How much was done.
    pub counts: Counts,
    /// What has just been found, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
