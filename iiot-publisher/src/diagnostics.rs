//! How a publisher stands, for people and dashboards.

use std::collections::BTreeMap;

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::{DeclaredLoss, LossCause};

/// How a publisher stands. Counters count from its start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostics {
    /// PublisherId of the process.
    pub publisher_id: String,
    /// When it was started.
    pub started: UtcTime,
    /// When this was taken.
    pub taken: UtcTime,
    /// Where messages go.
    pub sink: String,
    /// The servers, in the order of the plan.
    pub connections: Vec<ConnectionDiagnostics>,
    /// What nodes with `Expand` stand for.
    #[serde(default)]
    pub expansions: Vec<ExpansionDiagnostics>,
    /// The writer groups, in the order of the plan.
    pub writer_groups: Vec<WriterGroupDiagnostics>,
    /// How many losses were declared, by cause; a cause that never occurred is absent.
    pub losses: BTreeMap<LossCause, u64>,
    /// The newest declared losses, oldest first; at most 100.
    pub newest_losses: Vec<DeclaredLoss>,
}

/// What a node that stands for those below it has come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpansionDiagnostics {
    /// `opc.tcp://host:port/path`
    pub endpoint_url: String,
    /// The node, or where the path to it begins.
    pub node: String,
    /// The way from there; absent where the node itself is meant.
    pub path: Option<String>,
    /// Variables that it stands for.
    pub variables: u32,
    /// Why the server could not be asked last; absent where it could.
    pub error: Option<String>,
}

/// What a server knows of our session (SessionDiagnosticsDataType, OPC 10000-5 §12.11). It counts from when the session
/// was created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionDiagnostics {
    /// When it was asked.
    pub taken: UtcTime,
    /// When the session was created.
    pub connected: UtcTime,
    /// When the server heard of us last.
    pub last_contact: UtcTime,
    /// Subscriptions.
    pub subscriptions: u32,
    /// Items of all subscriptions.
    pub monitored_items: u32,
    /// Publish requests that wait at the server.
    pub publish_requests: u32,
    /// Requests of all services.
    pub requests: u32,
    /// Those of them that failed.
    pub failed_requests: u32,
    /// Requests that were refused for want of rights.
    pub unauthorized_requests: u32,
    /// Publish requests.
    pub published: u32,
    /// Messages that had to be asked for again (Republish).
    pub republished: u32,
}

/// How a session with a server stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDiagnostics {
    /// `opc.tcp://host:port/path`
    pub endpoint_url: String,
    /// The connection as it is now.
    pub state: ConnectionState,
    /// What is wrong, in one sentence; absent while connected.
    pub reason: Option<String>,
    /// Failed attempts since the connection was last there.
    pub attempts: u32,
    /// What is wrong with the server's certificate although the trust policy let it pass, and what to do about it.
    #[serde(default)]
    pub concerns: Vec<String>,
    /// What the server knew of the session when it was asked last; absent where that is not wanted or the server does
    /// not tell.
    #[serde(default)]
    pub session: Option<SessionDiagnostics>,
    /// Its writers.
    pub writers: Vec<WriterDiagnostics>,
}

/// The connection as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ConnectionState {
    /// It has not been there yet.
    Connecting,
    /// Requests flow.
    Connected,
    /// It was lost and is being re-established.
    Reconnecting,
    /// The publisher is being stopped.
    Closed,
}

/// How a writer's subscription stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriterDiagnostics {
    /// DataSetWriterId.
    pub id: u16,
    /// DataSetWriterName.
    pub name: String,
    /// Fields in the plan.
    pub fields: u32,
    /// Fields whose monitored item reports.
    pub reporting: u32,
    /// Fields whose server keeps one value only although it samples faster than it publishes, so
    /// that it cannot tell when it drops one.
    pub loss_unobservable: u32,
    /// Fields that the server refused.
    pub failed: Vec<FailedField>,
    /// Values received.
    pub values: u64,
}

/// A field that the server refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedField {
    /// Its name in messages.
    pub field: String,
    /// Its node as configured.
    pub node: String,
    /// Why, as a StatusCode's name.
    pub status: String,
    /// Whether it will be tried again.
    pub will_retry: bool,
}

/// How a writer group stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriterGroupDiagnostics {
    /// Its name.
    pub name: String,
    /// Topic of its data.
    pub topic: String,
    /// Values taken in from servers.
    pub values_in: u64,
    /// Values in messages that the sink has taken.
    pub values_out: u64,
    /// Messages that the sink has taken, metadata included.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages that wait for the sink.
    pub waiting: u64,
    /// What is wrong with the sink, in one sentence; absent while it takes messages.
    pub sink_error: Option<String>,
    /// Its log; absent where there is none.
    #[serde(default)]
    pub log: Option<LogDiagnostics>,
}

/// How the log of a writer group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogDiagnostics {
    /// Its size on the disk in bytes.
    pub bytes: u64,
    /// Whether it takes no values because it is full or the disk fails; then they wait in the servers.
    pub paused: bool,
}
