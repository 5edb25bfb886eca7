//! What a host program does with all of this, with a server of another stack.

mod columns;
mod process;
mod publisher;

use std::time::Duration;

use iiot::Result;
use iiot::core::testing::{Peers, Process as Peer, Stack, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Face, Reach};

/// A server on asyncua; it ends with this.
pub(super) struct Plant {
    pub(super) url: String,
    _peer: Peer,
    _folder: TempDir,
}

impl Plant {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let (peer, url) = peers.interop(Stack::Asyncua, free_port(), &[]).unwrap();
        Self { url, _peer: peer, _folder: folder }
    }

    /// The twin that this process has of it.
    pub(super) async fn twin(&self) -> Face {
        reach(&json!({ "kind": "local", "url": self.url, "security": "none" }), "twin").await.unwrap()
    }

    /// A request about it.
    pub(super) fn about(&self, request: Value) -> Vec<u8> {
        let mut request = request;
        request["endpoint"] = json!(self.url);
        request.to_string().into_bytes()
    }
}

pub(super) async fn reach(options: &Value, capability: &str) -> Result<Face> {
    Reach::read(options.to_string().as_bytes())?.face(capability).await
}

pub(super) fn parsed(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}

pub(super) fn node(name: &str) -> String {
    format!("nsu=urn:iiot:peer:interop;s={name}")
}

pub(super) const PATIENCE: Duration = Duration::from_secs(60);
