//! The figures of an edge, as a collector understands them.

use std::time::Duration;

use iiot_core::testing::{Peers, Process, free_port};
use iiot_stories::{Edge, EdgeOptions};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_collector_is_told_the_figures_again_and_again_and_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let (mut collector, url) = peers.python("collector.py", free_port(), &[]).expect("the collector starts");
    let data = folder.path().join("edge");
    let entries = json!([{ "EndpointUrl": "opc.tcp://127.0.0.1:1", "OpcNodes": [{ "Id": "i=2258" }] }]);
    let options = EdgeOptions { published_nodes: &entries, sink: "stdout", data: &data };
    let mut edge = Edge::start_with(&options, |edge| edge.args(["--otlp", &url, "--otlp-interval", "1"]));
    let told = "RESOURCE {\"service.instance.id\": \"edge\", \"service.name\": \"iiot\"}";
    wait_for(&mut collector, told, 2);
    wait_for(&mut collector, "iiot_connection_up gauge {\"endpoint\": \"opc.tcp://127.0.0.1:1\"} 0.0", 2);
    wait_for(&mut collector, "iiot_group_messages_total sum {\"writer_group\": \"DefaultWriterGroup\"} 0.0", 2);
    let before = count(&collector.stdout(), told);
    assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());
    wait_for(&mut collector, told, before + 1);
}

/// Waits until the collector has printed the line so many times.
fn wait_for(collector: &mut Process, line: &str, times: usize) {
    let often = |lines: &[String]| (count(lines, line) >= times).then_some(());
    assert!(collector.wait_for(PATIENCE, often).is_some(), "no {line}\n{}", collector.said());
}

fn count(lines: &[String], wanted: &str) -> usize {
    lines.iter().filter(|line| *line == wanted).count()
}
