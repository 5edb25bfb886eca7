//! Searches for servers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::UtcTime;

/// A search for servers, from its request to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveryRun {
    /// The edge that searches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<String>,
    /// What is searched, in a line.
    pub what: String,
    /// How far it is.
    pub state: RunState,
    /// When it was asked for.
    pub requested: UtcTime,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<UtcTime>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<UtcTime>,
    /// How much was done.
    #[serde(default)]
    pub counts: Counts,
    /// What it changed in the registry, once its results were entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<RunDiff>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// Others come first, or its hours have not come.
    Pending,
    /// Under way.
    Running,
    /// All was searched.
    Finished,
    /// Somebody ended it.
    Cancelled,
    /// It could not go on, or its process was ended.
    Failed,
}

impl RunState {
    /// Whether nothing more happens.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled | Self::Failed)
    }
}

/// How much a search has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Addresses and ports to be tried.
    pub planned: u64,
    /// Those that were tried.
    pub probed: u64,
    /// Those that speak OPC UA.
    pub answered: u64,
    /// Servers that were found.
    pub servers: u64,
    /// Addresses and URLs that should be servers and could not be asked.
    pub failed: u64,
}

/// What a search changed in the registry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunDiff {
    /// `2 new, 1 gone, 3 changed, 40 as before`
    pub summary: String,
    /// Applications that were not known.
    pub new: Vec<NamedApplication>,
    /// Those that had been gone.
    pub back: Vec<NamedApplication>,
    /// Those that say something else of themselves, or are elsewhere.
    pub changed: Vec<NamedApplication>,
    /// Those that should have been found and were not.
    pub gone: Vec<NamedApplication>,
    /// Those that are as they were.
    pub unchanged: u64,
}

/// An application in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedApplication {
    /// Its record id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What has changed, by name; empty where all is new or gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<String>,
}
