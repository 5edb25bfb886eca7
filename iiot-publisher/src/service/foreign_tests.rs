//! Ways of reading, on servers whose stacks share no code with ours.

#![allow(clippy::unwrap_used)]

use iiot_core::session::Connector;
use iiot_core::testing::{Peers, Process, free_port, within};
use iiot_core::transport::Message;
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};

use super::tests::numbers;
use super::*;
use crate::config;
use crate::sink::MemorySink;

/// A server with counters, and what is published of it.
struct Plant {
    _server: Process,
    _folder: tempfile::TempDir,
    sink: Arc<MemorySink>,
    publisher: Publisher,
}

type Start = fn(&Peers, u16, &[&str]) -> (Process, String);

impl Plant {
    /// Publishes nodes; `properties` and `nodes` as in a file.
    fn start(start: Start, properties: &str, nodes: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).expect("peers");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let flags = ["--data", &path("data"), "--truth", &path("truth"), "--counters", "4", "--interval-ms", "50"];
        let (server, url) = start(&peers, free_port(), &flags);
        let text = format!(r#"[{{"EndpointUrl": "{url}", {properties} "OpcNodes": [{nodes}]}}]"#);
        let loaded = config::load(&text).unwrap();
        assert_eq!(loaded.findings, []);
        let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:ways", Arc::<MemoryTrustStore>::default()));
        let (connector, sink): (Arc<dyn Connector>, _) = (Arc::new(connector), Arc::new(MemorySink::default()));
        let publisher = Publisher::start(&loaded.plan, Parts::new(connector, Arc::clone(&sink) as _, "edge"));
        Self { _server: server, _folder: folder, sink, publisher }
    }

    /// Waits until a field had so many values.
    async fn published(&self, field: &str, count: usize) {
        let has = |messages: &[Message]| numbers(messages, field).len() >= count;
        within(field, PATIENCE, self.sink.wait_for(has)).await;
    }

    async fn stop(self) {
        self.publisher.stop(PATIENCE).await;
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

fn node(peers: &Peers, port: u16, flags: &[&str]) -> (Process, String) {
    peers.node("counter.mjs", port, flags).expect("node-opcua")
}

fn python(peers: &Peers, port: u16, flags: &[&str]) -> (Process, String) {
    peers.python("counter_server.py", port, &flags[2..]).expect("asyncua")
}

async fn paths_and_names(start: Start) {
    let nodes = r#"
        {"BrowsePath": ["/Objects", "/nsu=urn:iiot:peer:counter;Counter&.0"], "DataSetFieldId": "path"},
        {"Id": "i=85", "BrowsePath": ["<Organizes>nsu=urn:iiot:peer:counter;Counter&.1"]},
        {"Id": "nsu=urn:iiot:peer:counter;s=Counter.2"}"#;
    let plant = Plant::start(start, r#""DataSetPublishingInterval": 200, "DataSetFetchDisplayNames": true,"#, nodes);
    for field in ["path", "Counter.1", "Counter.2"] {
        plant.published(field, 3).await;
    }
    plant.stop().await;
}

#[tokio::test]
async fn paths_and_names_of_node_opcua_are_followed() {
    paths_and_names(node).await;
}

#[tokio::test]
async fn paths_and_names_of_asyncua_are_followed() {
    paths_and_names(python).await;
}
