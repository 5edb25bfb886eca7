//! Browse paths (OPC 10000-4 §5.9.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Header, Status};

/// Asks where browse paths lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TranslateRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// The paths, at most 1,000.
    #[schemars(length(max = 1_000))]
    pub paths: Vec<BrowsePath>,
}

/// A path from a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrowsePath {
    /// Where it begins. Default the Objects folder (`i=85`).
    #[serde(default)]
    pub start: Option<String>,
    /// Step by step.
    #[schemars(length(min = 1, max = 100))]
    pub elements: Vec<PathElement>,
}

/// A step of a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PathElement {
    /// The BrowseName of the next node: `nsu=urn:plant;Boiler`, `2:Boiler`.
    pub target_name: String,
    /// By references of this type. Default all hierarchical ones (`i=33`).
    #[serde(default)]
    pub reference_type: Option<String>,
    /// Leaves out references of its subtypes.
    #[serde(default)]
    pub without_subtypes: bool,
    /// Goes against their direction.
    #[serde(default)]
    pub inverse: bool,
}

/// Where they lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslateResponse {
    /// One for each path.
    pub results: Vec<TranslateResult>,
}

/// Where one leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslateResult {
    /// How it went; `BadNoMatch` if it leads nowhere.
    pub status: Status,
    /// The nodes at its end; several where names are not unique.
    pub targets: Vec<PathTarget>,
}

/// The end of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PathTarget {
    /// The node.
    pub node: String,
    /// The path goes on in another server, with this element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_path_index: Option<u32>,
}
