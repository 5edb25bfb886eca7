//! Whether a server can be reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Header, Status};

/// Asks whether a server can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestConnectionRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
}

/// How the connection stands. That a server cannot be reached is an answer and no failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestConnectionResponse {
    /// How it stands.
    pub state: Connectivity,
    /// The server's answer, or what failed and why.
    pub status: Status,
    /// Name of the kind of failure, as problems have it: `untrusted`, `unauthenticated`, `unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What the server says of itself (OPC 10000-5 §12.6): 0 running, 1 failed, 3 suspended, 4 shutting down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_state: Option<i32>,
    /// How long the server took to answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<u32>,
}

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Connectivity {
    /// The server answers.
    Connected,
    /// The connection was lost and is being made again.
    Reconnecting,
    /// It cannot be made.
    Unreachable,
    /// It is being made for the first time.
    Connecting,
    /// There is none: nobody has asked the server anything lately.
    Disconnected,
}

/// Asks of the connections that there are, without making one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionRequest {
    /// Which server.
    pub endpoint: String,
}

/// The connections with a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionResponse {
    /// The best of them.
    pub state: Connectivity,
    /// One for each user and choice of languages.
    pub connections: Vec<Connection>,
}

/// A connection as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// How it stands.
    pub state: Connectivity,
    /// Why it was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisconnectResponse {
    /// Connections that were closed. The next request makes a new one.
    pub closed: u32,
}
