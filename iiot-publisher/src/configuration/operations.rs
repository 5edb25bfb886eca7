//! What can be asked of the configuration of an edge, and how it is changed from outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::history::Version;
use crate::config::Finding;

iiot_core::operations! {
    /// What an edge publishes, as configured: the entries of its file, which these operations change
    /// too. A change applies without touching what it does not concern.
    pub trait Configure / RemoteConfiguration = "configuration" {
        calls {
            /// The entries, page by page. Secrets are masked.
            entries(EntriesRequest) -> EntriesResponse, Reader, Reads;
            /// Who changed the configuration when, newest first.
            history(HistoryRequest) -> HistoryResponse, Reader, Reads;
            /// Adds entries. A masked secret is that of the entry with the same server, group and writer.
            add_entries(EntryList) -> ChangeResponse, Administrator, Changes;
            /// Puts entries where those of the same server, group and writer are.
            update_entries(EntryList) -> ChangeResponse, Administrator, Changes;
            /// Removes all entries of a server, a group or a writer.
            remove_entries(RemoveEntriesRequest) -> ChangeResponse, Administrator, Changes;
            /// Puts other entries in the place of all; none of them where one cannot be used.
            replace_entries(EntryList) -> ChangeResponse, Administrator, Changes;
            /// Adds nodes to a writer.
            add_nodes(NodeList) -> ChangeResponse, Administrator, Changes;
            /// Puts nodes of a writer where those of the same id are.
            update_nodes(NodeList) -> ChangeResponse, Administrator, Changes;
            /// Removes nodes of a writer, by id.
            remove_nodes(RemoveNodesRequest) -> ChangeResponse, Administrator, Changes;
            /// Goes back to an earlier version.
            restore(RestoreRequest) -> ChangeResponse, Administrator, Changes;
            /// Publishes writers that were stopped.
            start_writers(SwitchRequest) -> SwitchResponse, Operator, Changes;
            /// Publishes writers no longer, also after a restart, until they are started. They stay
            /// configured, and what they have received is still sent.
            stop_writers(SwitchRequest) -> SwitchResponse, Operator, Changes;
        }
    }
}

/// Asks for entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntriesRequest {
    /// Position of the first one.
    #[serde(default)]
    pub from: u32,
    /// At most so many, up to 1000. Default 100.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Some entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntriesResponse {
    /// Of the whole configuration. A change that names it is refused when there is another one.
    pub revision: String,
    /// Entries in all.
    pub total: u32,
    /// As in the file, with secrets masked.
    pub entries: Vec<Map<String, Value>>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<u32>,
    /// Writers that are configured and stopped.
    pub stopped: Vec<WriterName>,
}

/// Entries, as in the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryList {
    /// The revision that is changed; whatever there is where it is absent.
    #[serde(default)]
    pub revision: Option<String>,
    /// The entries, at most 10,000.
    #[schemars(length(max = 10_000))]
    pub entries: Vec<Map<String, Value>>,
}

/// Which entries to remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveEntriesRequest {
    /// The revision that is changed; whatever there is where it is absent.
    #[serde(default)]
    pub revision: Option<String>,
    /// Which, at most 10,000.
    #[schemars(length(max = 10_000))]
    pub entries: Vec<EntryName>,
}

/// Names entries by what they have in common; at least one of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryName {
    /// `opc.tcp://host:port/path`
    #[serde(default)]
    pub endpoint_url: Option<String>,
    /// DataSetWriterGroup
    #[serde(default)]
    pub writer_group: Option<String>,
    /// DataSetWriterId
    #[serde(default)]
    pub writer: Option<String>,
}

/// Nodes of a writer, as in the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeList {
    /// The revision that is changed; whatever there is where it is absent.
    #[serde(default)]
    pub revision: Option<String>,
    /// DataSetWriterGroup
    pub writer_group: String,
    /// DataSetWriterId
    pub writer: String,
    /// The nodes, at most 100,000.
    #[schemars(length(max = 100_000))]
    pub nodes: Vec<Map<String, Value>>,
}

/// Which nodes of a writer to remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveNodesRequest {
    /// The revision that is changed; whatever there is where it is absent.
    #[serde(default)]
    pub revision: Option<String>,
    /// DataSetWriterGroup
    pub writer_group: String,
    /// DataSetWriterId
    pub writer: String,
    /// Their ids as in the file, at most 100,000.
    #[schemars(length(max = 100_000))]
    pub nodes: Vec<String>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeResponse {
    /// The configuration has this revision now.
    pub revision: String,
    /// What became of each thing that was asked for, in its order.
    pub results: Vec<ItemResult>,
    /// What the author of the configuration should know of it; at most 1000.
    pub findings: Vec<Finding>,
}

/// What became of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemResult {
    /// How many entries or nodes it changed.
    pub changed: u32,
    /// Why it changed nothing; absent where it was done.
    pub error: Option<String>,
}

/// Asks for versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryRequest {
    /// At most so many of the newest, up to 100. Default 100.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

/// Versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryResponse {
    /// Newest first.
    pub versions: Vec<Version>,
}

/// Asks to go back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreRequest {
    /// The revision that is changed; whatever there is where it is absent.
    #[serde(default)]
    pub revision: Option<String>,
    /// The version to go back to.
    pub number: u64,
}

/// Writers to start or stop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SwitchRequest {
    /// Which, at most 10,000.
    #[schemars(length(max = 10_000))]
    pub writers: Vec<WriterName>,
}

/// A writer, or all of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriterName {
    /// Its group.
    pub writer_group: String,
    /// Its name; all of the group where it is absent.
    #[serde(default)]
    pub writer: Option<String>,
}

/// What became of starting or stopping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchResponse {
    /// What became of each, in the order asked for.
    pub results: Vec<ItemResult>,
    /// All writers that are stopped now.
    pub stopped: Vec<WriterName>,
}
