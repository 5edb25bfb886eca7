//! Our client against five stacks, whose servers show the same address space
//! (`simulation/peers/README.md`).
//!
//! A smoke per stack runs always. The whole matrix runs where the environment variable
//! `IIOT_INTEROP` names the page to write it to: `cargo xtask interop`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iiot_core::session::{Connector, Identity, Session};
use iiot_core::testing::{Peers, Process, Stack, free_port};
use iiot_core::ua::client::UaConnector;
use iiot_core::ua::{MessageSecurityMode, NodeId};

use crate::setup::{connector, options};

mod features;
mod gaps;
mod matrix;
mod page;
mod samples;
mod versions;

const NAMESPACE: &str = "urn:iiot:peer:interop";

/// A running server and a way into it.
struct Server {
    stack: Stack,
    url: String,
    /// What clients wrote, as the server saw it.
    truth: PathBuf,
    process: Process,
    connector: UaConnector,
}

impl Server {
    async fn start(folder: &Path, stack: Stack) -> Self {
        Self::start_with(folder, stack, &[]).await
    }

    async fn start_with(folder: &Path, stack: Stack, more: &[&str]) -> Self {
        let peers = Peers::in_folder(folder).unwrap();
        let pki = peers.certificates("pki-interop", NAMESPACE).unwrap();
        let truth = folder.join(format!("{stack:?}.jsonl"));
        let mut arguments = vec!["--truth", truth.to_str().unwrap(), "--pki", pki.to_str().unwrap()];
        arguments.extend(more);
        let (process, url) = peers.interop(stack, free_port(), &arguments).unwrap();
        Self { stack, url, truth, process, connector: connector().await }
    }

    async fn session(&self) -> Arc<dyn Session> {
        let options = options(&self.url, best_mode(self.stack), &Identity::Anonymous);
        self.connector.connect(options).await.unwrap_or_else(|error| {
            panic!("{}: {}\n{}", self.stack.name(), error.report(), self.process.said());
        })
    }
}

/// gopcua offers secured channels and never answers the request to open one.
fn best_mode(stack: Stack) -> MessageSecurityMode {
    if stack == Stack::Gopcua { MessageSecurityMode::None } else { MessageSecurityMode::SignAndEncrypt }
}

/// A node of the peers' namespace.
fn node(session: &dyn Session, name: &str) -> NodeId {
    let index = session.namespaces().iter().position(|uri| uri == NAMESPACE).expect("the peer has its namespace");
    NodeId::new(u16::try_from(index).unwrap(), name)
}

async fn smoke(stack: Stack) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), stack).await;
    let session = server.session().await;
    for feature in [features::Feature::Read, features::Feature::Data, features::Feature::Write] {
        if let Err(why) = feature.try_on(&server, &session).await {
            panic!("{} {feature:?}: {why}\n{}", stack.name(), server.process.said());
        }
    }
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua() {
    smoke(Stack::NodeOpcua).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asyncua() {
    smoke(Stack::Asyncua).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn milo() {
    smoke(Stack::Milo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gopcua() {
    smoke(Stack::Gopcua).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open62541() {
    smoke(Stack::Open62541).await;
}
