//! What a broker keeps of an edge, and tells whoever comes later: its status, metadata and schemas.

use std::path::Path;
use std::time::{Duration, Instant};

use iiot_core::testing::{Mosquitto, MosquittoOptions, Peers, free_port};
use iiot_stories::{Edge, EdgeOptions, Message, Messages};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a message; the last one counts.
fn wait(what: &str, messages: &Messages, wanted: impl Fn(&Message) -> bool) -> Message {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let all = messages.all();
        if let Some(found) = all.iter().rfind(|message| wanted(message)) {
            return found.clone();
        }
        let topics: Vec<_> = all.iter().map(|message| &message.topic).collect();
        assert!(Instant::now() < deadline, "no {what}: {topics:?}");
        let _ = messages.wait_until(Duration::from_millis(200), |_| false);
    }
}

/// Waits until the last status is this one.
fn wait_for_status(messages: &Messages, state: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let all = messages.all();
        let last = all.iter().rfind(|message| message.topic == "edge/status");
        if last.is_some_and(|message| message.body["Status"] == state) {
            return;
        }
        assert!(Instant::now() < deadline, "the status is not {state}: {last:?}");
        let _ = messages.wait_until(Duration::from_millis(200), |_| false);
    }
}

fn start_edge(data: &Path, port: u16, broker: u16) -> Edge {
    let entries = json!([{
        "EndpointUrl": format!("opc.tcp://127.0.0.1:{port}"), "UseSecurity": false, "DataSetWriterGroup": "counters",
        "DataSetWriterId": "Counters", "DataSetPublishingInterval": 200,
        "OpcNodes": [{ "Id": "nsu=urn:iiot:peer:counter;s=Counter.0", "DataSetFieldId": "Count" }],
    }]);
    let sink = format!("mqtt://127.0.0.1:{broker}");
    let options = EdgeOptions { published_nodes: &entries, sink: &sink, data };
    Edge::start_with(&options, |edge| edge.args(["--schemas", "--status-interval", "1"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_knows_whether_the_edge_is_there_and_what_it_publishes() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (data, truth) = (folder.path().join("edge"), folder.path().join("truth"));
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let port = free_port();
    let arguments = ["--truth", &truth.display().to_string(), "--counters", "1", "--interval-ms", "200"];
    let _server = peers.node("counter.mjs", port, &arguments).expect("the server starts");
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let subscribe = || Messages::new(peers.subscriber("127.0.0.1", broker.port(), "#").expect("a subscriber"));
    let messages = subscribe();

    let mut edge = start_edge(&data, port, broker.port());
    wait_for_status(&messages, 2);
    let schema = wait("schema", &messages, |message| message.topic.contains("/schema/"));
    assert_eq!(schema.topic, "edge/messages/counters/schema/Counters");
    let data_set = wait("data", &messages, |message| message.body["Messages"].is_array()).body["Messages"][0].clone();
    let validator = jsonschema::validator_for(&schema.body).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&data_set).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0], "{data_set}");

    edge.process.kill();
    wait_for_status(&messages, 3);
    let mut edge = start_edge(&data, port, broker.port());
    wait_for_status(&messages, 2);
    let cyclic = wait("status", &messages, |message| message.body["IsCyclic"] == true).body;
    assert!(cyclic["NextReportTime"].as_str() > cyclic["Timestamp"].as_str(), "{cyclic}");
    assert!(edge.stop(), "{}", edge.process.said());
    wait_for_status(&messages, 0);

    let later = subscribe();
    wait_for_status(&later, 0);
    wait("kept schema", &later, |message| message.topic == schema.topic && message.body == schema.body);
    wait("kept metadata", &later, |message| message.body["MessageType"] == "ua-metadata");
}
