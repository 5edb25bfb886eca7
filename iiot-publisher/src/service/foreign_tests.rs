//! Ways of reading, on servers whose stacks share no code with ours.

#![allow(clippy::unwrap_used)]

use iiot_core::session::Connector;
use iiot_core::testing::{Peers, Process, free_port, within};
use iiot_core::transport::Message;
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};

use super::tests::{numbers, until};
use super::*;
use crate::config;
use crate::ledger::LossCause;
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
        {"Id": "i=85", "BrowsePath": ["<0:HierarchicalReferences>nsu=urn:iiot:peer:counter;Counter&.1"]},
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

async fn cyclic_reads(start: Start) {
    let read = |id: &str, more: &str| {
        format!(
            r#"{{"Id": "nsu=urn:iiot:peer:counter;s=Counter.{id}", "DataSetFieldId": "{id}", "OpcSamplingInterval": 100,
            "UseCyclicRead": true {more}}}"#
        )
    };
    let nodes = [read("0", ""), read("1", r#", "RegisterNode": true, "CyclicReadMaxAge": 100"#)].join(",");
    let plant = Plant::start(start, "", &nodes);
    for field in ["0", "1"] {
        plant.published(field, 5).await;
    }
    let values = numbers(&plant.sink.messages(), "0");
    assert!(values.is_sorted() && values.first() < values.last(), "{values:?}");
    plant.stop().await;
}

#[tokio::test]
async fn nodes_of_node_opcua_are_read_in_cycles() {
    cyclic_reads(node).await;
}

#[tokio::test]
async fn nodes_of_asyncua_are_read_in_cycles() {
    cyclic_reads(python).await;
}

const TRIGGERS: &str = r#"
    {"Id": "nsu=urn:iiot:peer:counter;s=Counter.0", "OpcSamplingInterval": 50, "TriggeredNodes": [
        {"Id": "nsu=urn:iiot:peer:counter;s=Counter.1", "DataSetFieldId": "with it", "OpcSamplingInterval": 50}]},
    {"Id": "i=2255", "DataSetFieldId": "still", "TriggeredNodes": [
        {"Id": "nsu=urn:iiot:peer:counter;s=Counter.2", "DataSetFieldId": "kept back", "OpcSamplingInterval": 50}]}"#;

#[tokio::test]
async fn a_node_of_node_opcua_is_reported_when_its_trigger_is_and_else_not() {
    let plant = Plant::start(node, r#""DataSetPublishingInterval": 100, "DataSetFetchDisplayNames": true,"#, TRIGGERS);
    for field in ["Counter.0", "with it"] {
        plant.published(field, 10).await;
    }
    let kept_back = numbers(&plant.sink.messages(), "kept back").len();
    assert!(kept_back <= 3, "its trigger was reported once, it {kept_back} times");
    let before = plant.publisher.losses();
    assert_eq!(before, []);
    plant.stop().await;
}

#[tokio::test]
async fn a_late_node_resets_the_subscription_which_goes_on() {
    let properties = r#""DataSetPublishingInterval": 100, "OpcNodeWatchdogTimespan": "00:00:02",
        "DataSetWriterWatchdogBehavior": "Reset","#;
    let nodes = r#"
        {"Id": "i=2255", "DataSetFieldId": "still"},
        {"Id": "nsu=urn:iiot:peer:counter;s=Counter.2", "DataSetFieldId": "counter", "OpcSamplingInterval": 50}"#;
    let plant = Plant::start(node, properties, nodes);
    plant.published("counter", 10).await;
    let reset = || plant.publisher.losses().iter().any(|loss| loss.cause == LossCause::SubscriptionLost);
    until("the subscription to be created anew", reset).await;
    let before = numbers(&plant.sink.messages(), "counter").len();
    plant.published("counter", before + 10).await;
    plant.stop().await;
}

#[tokio::test]
async fn node_opcua_says_what_it_knows_of_the_session() {
    let nodes = r#"{"Id": "nsu=urn:iiot:peer:counter;s=Counter.0"}, {"Id": "nsu=urn:iiot:peer:counter;s=Counter.1"}"#;
    let plant = Plant::start(node, r#""DumpConnectionDiagnostics": true, "DataSetPublishingInterval": 100,"#, nodes);
    let told = || plant.publisher.diagnostics().connections[0].session.clone();
    until("what it knows of both items", || told().is_some_and(|session| session.monitored_items == 2)).await;
    let session = told().unwrap();
    assert_eq!((session.subscriptions, session.failed_requests, session.unauthorized_requests), (1, 0, 0));
    assert!(session.requests > session.published && session.published > 0, "{session:?}");
    assert!(session.connected <= session.last_contact, "{session:?}");
    plant.stop().await;
}
