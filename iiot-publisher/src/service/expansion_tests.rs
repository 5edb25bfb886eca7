//! Expansions that follow their server.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use iiot_core::session::{Connector, MemoryServer};
use iiot_core::testing::{Peers, free_port, within};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};

use super::tests::{Network, PATIENCE, node, numbers, until, value};
use super::*;
use crate::config;
use crate::sink::MemorySink;

fn start(connector: Arc<dyn Connector>, entry: &str) -> (Arc<MemorySink>, Publisher) {
    start_with(connector, entry, None)
}

fn start_with(connector: Arc<dyn Connector>, entry: &str, store: Option<Arc<Store>>) -> (Arc<MemorySink>, Publisher) {
    let loaded = config::load(&format!("[{entry}]")).unwrap();
    assert_eq!(loaded.findings, []);
    let sink = Arc::new(MemorySink::default());
    let parts = Parts { store, ..Parts::new(connector, Arc::clone(&sink) as _, "edge") };
    (sink, Publisher::start(&loaded.plan, parts))
}

async fn published(sink: &MemorySink, field: &str) {
    let has = |messages: &[iiot_core::transport::Message]| !numbers(messages, field).is_empty();
    within(field, Duration::from_secs(60), sink.wait_for(has)).await;
}

/// Reaches the server as `opc.tcp://server0`.
fn network(server: &MemoryServer) -> Arc<dyn Connector> {
    Arc::new(Network { servers: vec![server.clone()], ..Network::default() })
}

fn fields(publisher: &Publisher) -> u32 {
    publisher.diagnostics().connections.iter().flat_map(|connection| &connection.writers).map(|w| w.fields).sum()
}

#[tokio::test]
async fn a_server_that_tells_of_new_nodes_is_asked_for_them_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let data = folder.path().join("data").display().to_string();
    let (mut server, url) = peers.node("growing.mjs", free_port(), &["--data", &data]).expect("node-opcua");
    let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:expand", Arc::<MemoryTrustStore>::default()));
    let entry = format!(
        r#"{{"EndpointUrl": "{url}", "DataSetPublishingInterval": 200, "OpcNodes": [{{
            "Id": "nsu=urn:iiot:peer:growing;s=Line", "DisplayName": "Line", "Expand": {{"Exclude": ["*Internal*"]}}}}]}}"#
    );
    let (sink, publisher) = start(Arc::new(connector), &entry);
    published(&sink, "Line/Speed").await;
    // Its next look without an event would be in twelve hours.
    for (order, fields_after) in [("add Internal", 1), ("add Torque", 2)] {
        server.send(order).unwrap();
        until("the number of fields", || fields(&publisher) == fields_after).await;
    }
    published(&sink, "Line/Torque").await;
    server.send("remove Speed").unwrap();
    until("one field", || fields(&publisher) == 1).await;
    publisher.stop(PATIENCE).await;
    assert!(numbers(&sink.messages(), "Line/Internal").is_empty());
}

#[tokio::test]
async fn what_a_server_tells_of_changed_nodes_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let data = folder.path().join("data").display().to_string();
    let (mut server, url) = peers.node("growing.mjs", free_port(), &["--data", &data]).expect("node-opcua");
    let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:expand", Arc::<MemoryTrustStore>::default()));
    let nodes = r#"{"ModelChangeHandling": {}}, {"Id": "i=2267", "DisplayName": "level"}"#;
    let entry = format!(r#"{{"EndpointUrl": "{url}", "DataSetPublishingInterval": 200, "OpcNodes": [{nodes}]}}"#);
    let (sink, publisher) = start(Arc::new(connector), &entry);
    published(&sink, "level").await;
    let subscribed = || publisher.diagnostics().connections[0].writers.iter().all(|writer| writer.reporting == 1);
    until("both writers", subscribed).await;
    server.send("add Torque").unwrap();
    let told = |message: &iiot_core::transport::Message| {
        let message: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        message["Messages"][0]["Payload"]["Change"]["Value"].as_array().is_some_and(|changes| !changes.is_empty())
    };
    within("the event", Duration::from_secs(60), sink.wait_for(|messages| messages.iter().any(told))).await;
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn a_server_that_tells_nothing_is_asked_in_an_interval_and_what_stays_is_left_alone() {
    let server = MemoryServer::new();
    server.add_variable(node("A"), "A", value(1, 1));
    let entry = r#"{"EndpointUrl": "opc.tcp://server0", "OpcNodes": [{"Id": "i=85", "Expand": {"Include": ["?"]},
            "ModelChangeHandling": {"RebrowseIntervalTimespan": "00:00:01"}}]}"#;
    let (sink, publisher) = start(network(&server), entry);
    published(&sink, "A").await;
    server.add_variable(node("B"), "B", value(2, 2));
    published(&sink, "B").await;
    publisher.stop(PATIENCE).await;
    assert_eq!(numbers(&sink.messages(), "A"), [1], "it was not subscribed to anew");
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn a_process_begins_with_the_fields_of_the_one_before() {
    let (server, folder) = (MemoryServer::new(), tempfile::tempdir().unwrap());
    server.add_variable(node("A"), "A", value(1, 1));
    let entry = r#"{"EndpointUrl": "opc.tcp://server0", "OpcNodes": [{"Id": "i=85", "Expand": {}}]}"#;
    let store = || Some(Arc::new(Store::open(folder.path(), StoreOptions::default()).unwrap()));
    let (sink, publisher) = start_with(network(&server), entry, store());
    published(&sink, "A").await;
    until("the file", || folder.path().join("expansions.json").exists()).await;
    publisher.stop(PATIENCE).await;
    let (_, again) = start_with(network(&server), entry, store());
    assert_eq!(fields(&again), 1, "before anybody was asked");
    again.stop(PATIENCE).await;
}
