//! Browsing the address space (OPC 10000-4 §5.9).

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Header, Status};

/// Asks for the references of nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrowseRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// Where to begin.
    #[schemars(length(max = 10_000), extend("x-iiot-each" = "node"))]
    pub nodes: Vec<String>,
    /// Which way the references go.
    #[serde(default)]
    pub direction: Direction,
    /// Only references of this type. Default all hierarchical ones (`i=33`).
    #[serde(default)]
    pub reference_type: Option<String>,
    /// Leaves out references of its subtypes.
    #[serde(default)]
    pub without_subtypes: bool,
    /// Only nodes of these classes; all where empty.
    #[serde(default)]
    pub node_classes: Vec<NodeClass>,
    /// At most so many references of each node, and a token for more. Without it they are fetched to the end.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_references: Option<u32>,
    /// Only what this view shows.
    #[serde(default)]
    pub view: Option<View>,
}

/// A view of the address space (OPC 10000-3 §5.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct View {
    /// Its node.
    pub node: String,
    /// As it was then, where the server keeps earlier versions.
    #[serde(default)]
    pub timestamp: Option<UtcTime>,
    /// This version of it. Not together with `timestamp`.
    #[serde(default)]
    pub version: Option<u32>,
}

/// Asks for more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrowseNextRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common; the locales must be those of the first request.
    #[serde(default)]
    pub header: Header,
    /// What the pages before said.
    #[schemars(length(max = 10_000), extend("x-iiot-each" = "token"))]
    pub tokens: Vec<String>,
    /// No more is wanted: the server may forget where it was.
    #[serde(default)]
    pub release: bool,
}

/// Which way references go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// From the node.
    #[default]
    Forward,
    /// To the node.
    Inverse,
    /// Both.
    Both,
}

/// What kind of node it is (OPC 10000-3 §8.29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum NodeClass {
    Object = 1,
    Variable = 2,
    Method = 4,
    ObjectType = 8,
    VariableType = 16,
    ReferenceType = 32,
    DataType = 64,
    View = 128,
}

impl NodeClass {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Object,
        Self::Variable,
        Self::Method,
        Self::ObjectType,
        Self::VariableType,
        Self::ReferenceType,
        Self::DataType,
        Self::View,
    ];

    /// The class with this number; several or none are not one.
    #[must_use]
    pub fn of(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|class| *class as i32 == number)
    }
}

/// References, a result for each node or token, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrowseResponse {
    /// One for each item of the request.
    pub results: Vec<BrowseResult>,
}

/// The references of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrowseResult {
    /// How it went. `BadContinuationPointInvalid`: the token no longer holds, since the connection is another one or the
    /// server has forgotten it; browse again.
    pub status: Status,
    /// What was found.
    pub references: Vec<Reference>,
    /// For `browse_next`, if there is more. It holds as long as the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A reference and the node at its other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// Its type.
    pub reference_type: String,
    /// Whether it goes from the node that was asked for.
    pub forward: bool,
    /// The other node.
    pub node: String,
    /// The other node's name in browse paths.
    pub browse_name: String,
    /// The other node's name for people.
    pub display_name: String,
    /// The other node's class; absent if it is on another server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_class: Option<NodeClass>,
    /// Of objects and variables: the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_definition: Option<String>,
}
