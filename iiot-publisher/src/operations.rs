//! What can be asked of an edge.
//!
//! ```no_run
//! # async fn example(
//! #     place: iiot_core::rpc::Place,
//! #     hub: std::sync::Arc<dyn iiot_core::transport::Transport>,
//! #     to: iiot_core::rpc::Destination,
//! #     api_key: &str,
//! #     publisher: std::sync::Arc<iiot_publisher::service::Publisher>,
//! # ) -> iiot_core::Result<()> {
//! use std::sync::Arc;
//! use iiot_core::access::SigningKey;
//! use iiot_core::clock::SystemClock;
//! use iiot_core::rpc::{Caller, Server};
//! use iiot_publisher::operations::{DiagnosticsRequest, Edge, RemoteEdge};
//!
//! // On the edge:
//! let edge: Arc<dyn Edge> = publisher;
//! let _server = Server::start(place, vec![Arc::new(edge)]).await?;
//!
//! // Anywhere:
//! let caller = Caller::connect(hub, to, SigningKey::of(api_key)?, Arc::new(SystemClock)).await?;
//! let diagnostics = RemoteEdge::new(Arc::new(caller)).diagnostics(DiagnosticsRequest {}).await?;
//! println!("{} groups", diagnostics.writer_groups.len());
//! # Ok(()) }
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostics::Diagnostics;
use crate::ledger::{MissingRequest, MissingResponse};
use crate::nodes::{KeyFramesRequest, KeyFramesResponse, NodesRequest, NodesResponse};

iiot_core::operations! {
    /// What publishes on an edge, seen from outside.
    pub trait Edge / RemoteEdge = "edge" {
        calls {
            /// How the publisher stands.
            diagnostics(DiagnosticsRequest) -> Diagnostics, Reader, Reads;
            /// How single nodes stand, page by page: the last status and the time of the last value, and why a node
            /// does not report.
            nodes(NodesRequest) -> NodesResponse, Reader, Reads;
            /// What is missing between two times, and why.
            missing(MissingRequest) -> MissingResponse, Reader, Reads;
            /// Sends key frames of what writers last received.
            key_frames(KeyFramesRequest) -> KeyFramesResponse, Operator, Changes;
        }
        streams {
            /// How the publisher stands, now and again after every interval.
            watch_diagnostics(WatchDiagnosticsRequest) -> Diagnostics, Reader;
        }
    }
}

/// Asks how the publisher stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiagnosticsRequest {}

/// Asks how the publisher stands, again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchDiagnosticsRequest {
    /// Milliseconds between two items, from 100 to a day.
    #[schemars(range(min = 100, max = 86_400_000))]
    pub interval_ms: u64,
}
