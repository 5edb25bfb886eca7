//! All that is known of nodes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::browse::NodeClass;
use crate::data_type::DataTypeDescription;
use crate::read::DataValue;
use crate::{Header, Status, ValueEncoding};

/// Asks for all that is known of nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// How values are written.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// The nodes, at most 1,000.
    #[schemars(length(max = 1_000), extend("x-iiot-each" = "node"))]
    pub nodes: Vec<String>,
}

/// All that is known of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeResponse {
    /// One for each node.
    pub results: Vec<NodeDescription>,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeDescription {
    /// How it went; `BadNodeIdUnknown` if there is no such node.
    pub status: Status,
    /// The node, its namespace by URI.
    pub node: String,
    /// What kind of node it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_class: Option<NodeClass>,
    /// Its name in browse paths.
    pub browse_name: String,
    /// Its name for people.
    pub display_name: String,
    /// The attributes that it has, by name. One that cannot be read says why.
    pub attributes: BTreeMap<String, DataValue>,
    /// Of an object or a variable: the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_definition: Option<String>,
    /// Whether anything is below it, by hierarchical references.
    pub has_children: bool,
    /// Of a variable or a variable type: the type of its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataTypeDescription>,
}
