//! Edges and sites.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Approval;
use crate::time::UtcTime;

/// A process on a factory floor that searches, publishes and acts for others. Its id is the name that it announces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The topic below which it takes requests.
    pub root: String,
    /// The key that requests to it are sealed for. Compare it with what the edge itself shows before it is approved.
    pub place_key: String,
    /// Whether it belongs to the plant: nothing is sent to one that was not approved.
    pub approval: Approval,
    /// Whether it is there.
    pub presence: Presence,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// What it can do: the names of capabilities.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// When it was heard of first.
    pub first_seen: UtcTime,
    /// Why it is not used although it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Whether an edge is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    /// Whether it was heard of lately.
    pub connected: bool,
    /// Since when that is so.
    pub since: UtcTime,
}

/// A plant, or a part of one. Its id is what edges are told to be at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// For people.
    pub name: String,
    /// When it was first named.
    pub created: UtcTime,
}
