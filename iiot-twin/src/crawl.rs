//! Walking the address space.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::browse::{NodeClass, View};
use crate::{Header, Status};

/// Requests to the server that one crawl may have under way.
pub const MAX_PARALLEL: u32 = 8;
/// Levels below the start that a crawl may go down to.
pub const MAX_DEPTH: u32 = 1_000;
/// Nodes that a crawl may find.
pub const MAX_NODES: u32 = 5_000_000;

/// Asks for all nodes below others.
///
/// A crawl may take as long as it takes: `timeoutMs` of the header is how long each request to the server may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CrawlRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// Where to begin, at most 1,000 nodes. Default the Objects folder (`i=85`).
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub nodes: Vec<String>,
    /// The references that are followed, with their subtypes, at most 10 types. Default all hierarchical ones (`i=33`).
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub reference_types: Vec<String>,
    /// Only nodes of these classes are told; all where empty. The way goes through the others too.
    #[serde(default)]
    pub node_classes: Vec<NodeClass>,
    /// Levels below the start, up to 1,000. Default 1,000.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000))]
    pub max_depth: Option<u32>,
    /// It ends when so many nodes were found, told or not, up to 5,000,000. Default 1,000,000.
    #[serde(default)]
    #[schemars(range(min = 1, max = 5_000_000))]
    pub max_nodes: Option<u32>,
    /// Requests that may be under way at a time, up to 8, which is the default; all crawls of a server together have 8 too.
    #[serde(default)]
    #[schemars(range(min = 1, max = 8))]
    pub parallel: Option<u32>,
    /// Tells of each node the way to it.
    #[serde(default)]
    pub paths: bool,
    /// Only what this view shows.
    #[serde(default)]
    pub view: Option<View>,
}

/// Some of what was found. The last batch of a crawl has an `end`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrawlBatch {
    /// Nodes that were found, at most 1,000; each of them is in one batch of the crawl and no other.
    pub nodes: Vec<CrawledNode>,
    /// Nodes that could not be looked into, or not to the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<CrawlFailure>,
    /// Nodes told so far.
    pub found: u64,
    /// Nodes that are known and still to be looked into.
    pub waiting: u64,
    /// Why nothing follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<CrawlEnd>,
}

/// A node, as it was found first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrawledNode {
    /// The node.
    pub node: String,
    /// Where it was found.
    pub parent: String,
    /// The type of the reference from there.
    pub reference_type: String,
    /// Its name in browse paths.
    pub browse_name: String,
    /// Its name for people.
    pub display_name: String,
    /// Its class; absent if it is on another server, which is not entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_class: Option<NodeClass>,
    /// Of objects and variables: the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_definition: Option<String>,
    /// References from the start to it, the way that it was found. With `maxDepth` no way is shorter.
    pub level: u32,
    /// The browse names from the start to it, if they are wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
}

/// A node that could not be looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrawlFailure {
    /// The node.
    pub node: String,
    /// Why.
    pub status: Status,
}

/// Why a crawl has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CrawlEnd {
    /// All has been looked into.
    Complete,
    /// As many nodes as were wanted have been found.
    MaxNodes,
}
