//! Requests about who may talk to whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::push::PushedLists;
use crate::trust::{Relation, TrustGraph};

/// Asks for the trust graph.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustGraphRequest {}

/// The trust graph as it stands on record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedTrustGraph {
    /// Its revision; 0 before there is one on record.
    pub revision: u64,
    /// The graph.
    pub graph: TrustGraph,
}

/// Says which client may talk to which server, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutTrustGraphRequest {
    /// The graph: 10,000 relations, 1,000 groups and 10,000 members of groups at most, names of 1 to 256 bytes.
    pub graph: TrustGraph,
    /// The revision that it replaces; `conflict` if it was changed since. 0 if there is none.
    pub revision: u64,
}

/// Asks whether a client may talk to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainRequest {
    /// The id of the client's application.
    #[schemars(length(min = 1, max = 256))]
    pub client: String,
    /// The id of the server's application.
    #[schemars(length(min = 1, max = 256))]
    pub server: String,
}

/// Whether a client may talk to a server, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Whether it may.
    pub allowed: bool,
    /// The relation that says so; none where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// The same for people.
    pub sentence: String,
}

/// Asks for the trust list of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustListRequest {
    /// The id of the application.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// The certificate group from which it gets its first certificate: the authority of the group is in the list then
    /// before the application has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub certificate_group: Option<String>,
}

/// A trust list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustListResponse {
    /// Tells one content from another: SHA-256, hexadecimal.
    pub digest: String,
    /// The content.
    pub lists: PushedLists,
}
