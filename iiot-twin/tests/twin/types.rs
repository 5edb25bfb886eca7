//! Every built-in type, scalar, array and matrix: read, written, and compared by the server that holds it.

use std::path::Path;
use std::sync::Arc;

use iiot_core::testing::{Peers, Process, free_port};
use iiot_twin::Twin;
use serde_json::{Value, json};

use crate::faces::Faces;
use crate::setup::{PATIENCE, good, twin_of};

const NAMESPACE: &str = "urn:iiot:peer:types";

struct Plant {
    server: Process,
    twin: Arc<dyn Twin>,
    nodes: Vec<String>,
}

impl Plant {
    async fn start(folder: &Path, kind: &str) -> Self {
        let peers = Peers::in_folder(folder).unwrap();
        let truth = folder.join("truth.jsonl");
        let truth = truth.to_str().unwrap();
        let (server, url) = match kind {
            "node" => peers.node("types.mjs", free_port(), &["--truth", truth, "--writable"]),
            _ => peers.python("types_server.py", free_port(), &["--truth", truth, "--writable", "yes"]),
        }
        .unwrap();
        let twin = twin_of(&url);
        let found = good(&twin, "browse", json!({ "nodes": ["i=85"], "nodeClasses": ["variable"] })).await;
        let nodes = found[0]["references"].as_array().unwrap().iter();
        let nodes = nodes.map(|reference| reference["node"].as_str().unwrap().to_owned());
        Self { server, twin, nodes: nodes.filter(|node| node.contains(NAMESPACE)).collect() }
    }

    fn next_generation(&mut self, generation: u32) {
        self.server.send("set").unwrap();
        self.server.expect_line(&format!("SET {generation}"), PATIENCE).unwrap();
    }

    async fn read(&self, encoding: &str) -> Vec<Value> {
        let nodes: Vec<Value> = self.nodes.iter().map(|node| json!({ "node": node })).collect();
        let request = json!({ "encoding": encoding, "nodes": nodes });
        let answer = crate::setup::ask(&self.twin, "read", request).await.unwrap();
        answer["results"].as_array().unwrap().iter().map(|result| result["value"].clone()).collect()
    }

    async fn write(&self, items: impl Iterator<Item = (&String, Value)>) {
        let nodes: Vec<Value> = items.map(|(node, value)| json!({ "node": node, "value": value })).collect();
        assert!(nodes.len() > 150, "{}", nodes.len());
        good(&self.twin, "write", json!({ "nodes": nodes })).await;
    }

    /// Names of the variables that do not hold the values of a generation, as the server says.
    fn differing(&mut self, generation: u32) -> Vec<String> {
        self.server.send(&format!("holds {generation}")).unwrap();
        let answer = |lines: &[String]| lines.iter().find_map(|line| line.strip_prefix("HOLDS ").map(str::to_owned));
        let answer = self.server.wait_for(PATIENCE, answer).expect("the server compares");
        drop(self.server.take_lines());
        serde_json::from_str(&answer).unwrap()
    }
}

/// What is read in a generation is written over the next one, and the server finds the values of the first, byte for byte.
/// On every face.
async fn there_and_back(kind: &str, encoding: &str, spared: impl Fn(&str) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut plant = Plant::start(folder.path(), kind).await;
    assert!(plant.nodes.len() > 200, "{}", plant.nodes.len());
    let name = |node: &str| node.rsplit_once(";s=").unwrap().1.to_owned();
    let is_spared = |node: &str| spared(&name(node)) || name(node).ends_with(".Status");
    let faces = Faces::of(&plant.twin).await;
    // The arrays of odd generations are not null, which JSON does not tell from empty here.
    for ((face, twin), generation) in faces.all().into_iter().zip((1..).step_by(2)) {
        plant.twin = Arc::clone(twin);
        plant.next_generation(generation);
        let read = plant.read(encoding).await;
        plant.next_generation(generation + 1);
        drop(plant.server.take_lines());
        plant.write(plant.nodes.iter().zip(read).filter(|(node, _)| !is_spared(node))).await;
        let mut differing = plant.differing(generation);
        differing.retain(|name| !spared(name) && !name.ends_with(".Status"));
        assert!(differing.is_empty(), "{kind}, {encoding}, {face}: {differing:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_node_opcua_with_their_types() {
    there_and_back("node", "compact", |_| false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_node_opcua_alone() {
    // Values of any type say it themselves.
    there_and_back("node", "raw", |name| name.starts_with("Variant.")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_asyncua_with_their_types() {
    there_and_back("python", "verbose", |_| false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_asyncua_alone() {
    there_and_back("python", "raw", |name| name.starts_with("Variant.")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_node_opcua_lead_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let plant = Plant::start(folder.path(), "node").await;
    let request = json!({ "nodes": ["i=85"], "nodeClasses": ["variable"], "maxReferences": 50 });
    let mut page = good(&plant.twin, "browse", request).await.remove(0);
    let mut found = Vec::new();
    loop {
        let references = page["references"].as_array().unwrap();
        assert!(references.len() <= 50);
        found.extend(references.iter().map(|reference| reference["node"].as_str().unwrap().to_owned()));
        if page["next"].is_null() {
            break;
        }
        page = good(&plant.twin, "browse_next", json!({ "tokens": [page["next"]] })).await.remove(0);
    }
    found.retain(|node| node.contains(NAMESPACE));
    assert_eq!(found, plant.nodes);
    // One that is not followed to the end is let go of.
    let request = json!({ "nodes": ["i=85"], "maxReferences": 1 });
    let token = good(&plant.twin, "browse", request).await.remove(0)["next"].clone();
    good(&plant.twin, "browse_next", json!({ "tokens": [token], "release": true })).await;
    let next = crate::setup::ask(&plant.twin, "browse_next", json!({ "tokens": [token] })).await.unwrap();
    assert_eq!(next["results"][0]["status"]["symbol"], "BadContinuationPointInvalid");
}
