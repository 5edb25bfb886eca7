//! Structures and enumerations by the names of their fields: read, written, and told by the server that holds them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iiot_core::testing::{Peers, Process, free_port};
use iiot_twin::Twin;
use serde_json::{Value, json};

use crate::faces::Faces;
use crate::setup::{PATIENCE, ask, good, twin_of};

const NAMESPACE: &str = "urn:iiot:peer:structures";

struct Plant {
    server: Process,
    truth: PathBuf,
    twin: Arc<dyn Twin>,
}

impl Plant {
    fn start(folder: &Path, kind: &str) -> Self {
        let peers = Peers::in_folder(folder).unwrap();
        let truth = folder.join("truth.jsonl");
        let arguments = ["--truth", truth.to_str().unwrap()];
        let (server, url) = match kind {
            "node" => peers.node("structures.mjs", free_port(), &arguments),
            _ => peers.python("structures_server.py", free_port(), &arguments),
        }
        .unwrap();
        Self { server, truth, twin: twin_of(&url) }
    }

    /// What every variable holds now, by name, as the server says.
    fn told(&mut self) -> Vec<(String, Value)> {
        let count = |lines: &[String]| lines.iter().filter(|line| *line == "TOLD").count();
        let before = count(&self.server.stdout());
        self.server.send("tell").unwrap();
        self.server.wait_for(PATIENCE, |lines| (count(lines) > before).then_some(())).expect("the server tells");
        let text = std::fs::read_to_string(&self.truth).unwrap();
        let mut told = std::collections::BTreeMap::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            told.insert(line["name"].as_str().unwrap().to_owned(), normal(&line["value"]));
        }
        told.into_iter().collect()
    }

    fn next_generation(&mut self, generation: u32) {
        self.server.send("set").unwrap();
        self.server.expect_line(&format!("SET {generation}"), PATIENCE).unwrap();
    }

    async fn read(&self, names: &[String], encoding: &str) -> Vec<Value> {
        let nodes: Vec<Value> = names.iter().map(|name| json!({ "node": node(name) })).collect();
        let results = good(&self.twin, "read", json!({ "encoding": encoding, "nodes": nodes })).await;
        results.into_iter().map(|result| result["value"].clone()).collect()
    }

    async fn write(&self, names: &[String], values: Vec<Value>) {
        let item = |(name, value): (&String, Value)| json!({ "node": node(name), "value": value });
        let nodes: Vec<Value> = names.iter().zip(values).map(item).collect();
        good(&self.twin, "write", json!({ "nodes": nodes })).await;
    }
}

fn node(name: &str) -> String {
    format!("nsu={NAMESPACE};s={name}")
}

/// Numbers as doubles, null and empty strings alike: stacks differ in which of them they keep.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap()),
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(all) => all.iter().map(normal).collect(),
        Value::Object(all) => all.iter().map(|(name, value)| (name.clone(), normal(value))).collect(),
        other => other.clone(),
    }
}

/// Without the types of structures: then those of the variables are looked up.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let fields = members.iter().filter(|(name, _)| *name != "UaTypeId");
            Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        Value::Array(elements) => elements.iter().map(bare).collect(),
        other => other.clone(),
    }
}

async fn there_and_back(kind: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut plant = Plant::start(folder.path(), kind);
    let first = plant.told();
    let names: Vec<String> = first.iter().map(|(name, _)| name.clone()).collect();
    assert!(names.len() >= 10);
    let mut generation = 0;
    let faces = Faces::of(&plant.twin).await;
    for (face, twin) in faces.all() {
        plant.twin = Arc::clone(twin);
        for encoding in ["compact", "verbose", "raw"] {
            let read = plant.read(&names, encoding).await;
            assert!(
                !Value::from(read.clone()).to_string().contains("UaBody"),
                "every structure is known by its fields"
            );
            let read = if encoding == "raw" { read.iter().map(bare).collect() } else { read };
            plant.next_generation(generation + 1);
            assert_ne!(plant.told(), first);
            plant.write(&names, read).await;
            assert_eq!(plant.told(), first, "{encoding} on {kind}, {face}");
            // Every other generation is the same.
            generation += 2;
            plant.next_generation(generation);
        }
        described(&plant).await;
        called(&plant).await;
    }
}

/// A method that takes a structure and returns one, by the names of arguments and fields.
async fn called(plant: &Plant) {
    let found = good(&plant.twin, "method", json!({ "methods": [node("Shift")] })).await;
    let (point, by) = (&found[0]["inputs"][0], &found[0]["inputs"][1]);
    assert_eq!(
        (&point["dataType"]["name"], &by["dataType"]["name"]),
        (&json!("Point"), &json!("Double")),
        "{}",
        found[0]
    );
    let inputs = json!({ "by": 0.5, "point": { "X": 1, "Y": 2.25, "Label": "grün" } });
    let call = json!({ "object": "i=2253", "method": node("Shift"), "inputs": inputs });
    let wrong = json!({ "object": "i=2253", "method": node("Shift"), "inputs": [{ "X": 1, "Colour": "red" }, 1] });
    let request = json!({ "encoding": "raw", "calls": [call, wrong] });
    let answer = ask(&plant.twin, "call", request).await.unwrap();
    let [called, refused] = [0, 1].map(|index| &answer["results"][index]);
    assert_eq!(called["outputs"][0]["name"], "shifted", "{called}");
    let shifted = &called["outputs"][0]["value"];
    assert_eq!([&shifted["X"], &shifted["Y"], &shifted["Label"]], [&json!(1.5), &json!(2.75), &json!("grün")]);
    assert_eq!(refused["status"]["symbol"], "BadTypeMismatch");
    assert!(refused["status"]["reason"].as_str().unwrap().contains("Colour"), "{refused}");
}

/// The type of a variable: fields, values of an enumeration, a union.
async fn described(plant: &Plant) {
    let nodes = ["Pose", "Number"].map(node);
    let found = good(&plant.twin, "node", json!({ "nodes": nodes })).await;
    let pose = &found[0]["dataType"];
    assert_eq!((&pose["name"], &pose["builtInType"]), (&json!("Pose"), &json!(22)), "{pose}");
    let mode = pose["fields"].as_array().unwrap().iter().find(|field| field["name"] == "Mode").unwrap();
    assert_eq!(mode["rank"], "scalar");
    assert_eq!(found[1]["dataType"]["union"], true, "{}", found[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn structures_of_node_opcua() {
    there_and_back("node").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structures_of_asyncua() {
    there_and_back("python").await;
}
