//! Requests about edges, sites and searches.

use iiot_core::model::{Approval, DiscoveryRun, Edge, RunState, Site};
use iiot_core::registry::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks for edges that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EdgesRequest {
    /// The site.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub site: Option<String>,
    /// What was decided about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Whether it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected: Option<bool>,
    /// One of its capabilities: `discovery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub capability: Option<String>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Edges in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Edges, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EdgesResponse {
    /// Those of the page.
    pub edges: Vec<RecordedEdge>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An edge as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedEdge {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The edge.
    pub edge: Edge,
}

/// Says whether an edge belongs to the plant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EdgeDecision {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub edge: String,
    /// `approved`, `rejected`, or `discovered` to take a decision back.
    pub approval: Approval,
    /// The key that was compared with what the edge shows; `conflict` where the edge announces another one.
    #[schemars(length(min = 1, max = 4096))]
    pub place_key: String,
}

/// Names an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EdgeRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub edge: String,
}

/// Asks for sites.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SitesRequest {
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Sites in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Sites, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SitesResponse {
    /// Those of the page.
    pub sites: Vec<RecordedSite>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A site as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedSite {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The site.
    pub site: Site,
}

/// Names a site, or renames it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutSiteRequest {
    /// Its id, which edges are told to be at.
    #[schemars(length(min = 1, max = 256))]
    pub site: String,
    /// For people.
    #[schemars(length(min = 1, max = 4096))]
    pub name: String,
    /// The revision that it must have; `conflict` if it was changed since. Any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

/// Names a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SiteRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub site: String,
}

/// Asks for searches that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RecordedRunsRequest {
    /// The edge that searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub edge: Option<String>,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RunState>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Searches in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Searches, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRunsResponse {
    /// Those of the page.
    pub runs: Vec<RecordedRun>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Names a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedRunRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub run: String,
}

/// A search as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRun {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The search.
    pub run: DiscoveryRun,
}
