//! Structures that foreign servers define: by field name, equal to what the servers hold, written back, and right
//! after a restart with another namespace order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use iiot_core::json::{self, Format, ReadOptions};
use iiot_core::session::{Connector, Identity, Session, SessionExt, SessionState, attribute};
use iiot_core::testing::{Peers, Process, free_port, wait_until};
use iiot_core::ua::types::{TypeLibrary, TypeSet};
use iiot_core::ua::{AttributeId, DataValue, MessageSecurityMode, NodeId, StatusCode, Variant, WriteValue};
use serde_json::{Map, Value, json};

use crate::setup::{connector, options};

const NAMESPACE: &str = "urn:iiot:peer:structures";
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with structures, and a session with it.
struct Plant {
    folder: tempfile::TempDir,
    peers: Peers,
    kind: &'static str,
    port: u16,
    server: Process,
    session: Arc<dyn Session>,
}

/// What one variable holds, as its server says.
#[derive(Debug, Clone)]
struct Truth {
    data_type: String,
    value: Value,
}

impl Plant {
    async fn start(kind: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let port = free_port();
        let server = serve(&peers, folder.path(), kind, port, false);
        let url = format!("opc.tcp://127.0.0.1:{port}");
        let mut options = options(&url, MessageSecurityMode::None, &Identity::Anonymous);
        options.max_backoff = Duration::from_millis(500);
        let session = connector().await.connect(options).await.unwrap();
        Self { folder, peers, kind, port, server, session }
    }

    /// What every variable holds now.
    fn truth(&mut self) -> BTreeMap<String, Truth> {
        let told = |lines: &[String]| lines.iter().filter(|line| *line == "TOLD").count();
        let before = told(&self.server.stdout());
        self.server.send("tell").unwrap();
        self.server.wait_for(PATIENCE, |lines| (told(lines) > before).then_some(())).expect("the server tells");
        let text = std::fs::read_to_string(truth_file(self.folder.path())).unwrap();
        let line = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let data_type = line["type"].as_str().unwrap().to_owned();
            (line["name"].as_str().unwrap().to_owned(), Truth { data_type, value: line["value"].clone() })
        };
        text.lines().map(line).collect()
    }

    fn next_generation(&mut self, generation: u32) {
        self.server.send("set").unwrap();
        self.server.expect_line(&format!("SET {generation}"), PATIENCE).unwrap();
    }

    async fn restart_shifted(&mut self) {
        let before = self.session.namespaces();
        self.server.kill();
        wait_until("the session notices", PATIENCE, || self.session.state() != SessionState::Connected).await;
        self.server = serve(&self.peers, self.folder.path(), self.kind, self.port, true);
        let back = || self.session.state() == SessionState::Connected && self.session.namespaces() != before;
        wait_until("the session is back with the new namespaces", PATIENCE, back).await;
    }

    fn node(&self, name: &str) -> NodeId {
        let namespaces = self.session.namespaces();
        let index = namespaces.iter().position(|uri| uri == NAMESPACE).expect("the server has the namespace");
        NodeId::new(index as u16, name)
    }

    /// The value of a variable as JSON with every field.
    async fn read(&self, name: &str, types: &TypeSet) -> Value {
        let mut values = self.session.read_values(&[self.node(name)]).await.unwrap();
        let value = values.remove(0).value.unwrap();
        let namespaces = self.session.namespaces();
        let format = Format { types: Some(types), ..Format::verbose(&namespaces) };
        let text = json::variant_to_string(&value, &format).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["Value"].clone()
    }

    async fn write(&self, name: &str, value: &Value, types: &TypeSet) {
        let namespaces = self.session.namespaces();
        let options = ReadOptions { namespaces: &namespaces, types: Some(types), ..Default::default() };
        let value = json::read_variant(&json!({ "UaType": 22, "Value": value }), &options).unwrap();
        self.write_variant(name, value).await;
    }

    async fn write_variant(&self, name: &str, value: Variant) {
        let write = WriteValue {
            node_id: self.node(name),
            attribute_id: AttributeId::Value as u32,
            value: DataValue::value_only(value),
            ..Default::default()
        };
        assert_eq!(self.session.write(vec![write]).await.unwrap(), [StatusCode::Good], "{name}");
    }

    async fn all_equal(&mut self, types: &TypeSet) {
        let truth = self.truth();
        assert!(!truth.is_empty());
        for (name, truth) in truth {
            let shown = self.read(&name, types).await;
            assert_eq!(plain(&shown, types), normal(&truth.value), "{name} on {}", self.kind);
        }
    }
}

fn serve(peers: &Peers, folder: &Path, kind: &str, port: u16, shifted: bool) -> Process {
    let truth = truth_file(folder);
    let mut arguments = vec!["--truth", truth.to_str().unwrap()];
    if shifted {
        arguments.push("--shifted");
    }
    let started = match kind {
        "node" => peers.node("structures.mjs", port, &arguments),
        script => {
            arguments.extend(shifted.then_some("yes"));
            peers.python(script, port, &arguments)
        }
    };
    started.unwrap().0
}

fn truth_file(folder: &Path) -> PathBuf {
    folder.join("structures.jsonl")
}

/// Our JSON in the form of the truth: `$type` where a field may hold several, enumerations as numbers, bytes in hex.
fn plain(value: &Value, types: &TypeSet) -> Value {
    fn of(value: &Value, named: bool, types: &TypeSet) -> Value {
        match value {
            Value::Object(members) => {
                let mut plain: Map<String, Value> = members
                    .iter()
                    .filter(|(name, _)| *name != "UaTypeId")
                    .map(|(name, value)| (name.clone(), member(name, value, types)))
                    .collect();
                if let Some(id) = members.get("UaTypeId").filter(|_| named) {
                    plain.insert("$type".into(), json!(type_name(id, types)));
                }
                Value::Object(plain)
            }
            Value::Array(elements) => elements.iter().map(|element| of(element, named, types)).collect(),
            other => other.clone(),
        }
    }
    fn member(name: &str, value: &Value, types: &TypeSet) -> Value {
        match (name, value) {
            ("Tag", Value::String(text)) => {
                let bytes = STANDARD.decode(text).unwrap();
                json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            }
            ("Mode", Value::String(text)) => number(text),
            ("Modes", Value::Array(all)) => all.iter().map(|text| number(text.as_str().unwrap())).collect(),
            _ => of(value, true, types),
        }
    }
    fn number(text: &str) -> Value {
        let (name, number) = text.rsplit_once('_').unwrap();
        assert!(["Off_0", "Manual_1", "Automatic_7"].contains(&text), "{name}");
        json!(number.parse::<f64>().unwrap())
    }
    normal(&of(value, false, types))
}

fn type_name(id: &Value, types: &TypeSet) -> String {
    let is_it = |known: &&iiot_core::ua::types::StructureDescription| known.data_type.to_string() == *id;
    types.structures().find(is_it).unwrap().name.clone()
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

/// The truth's form in our JSON.
fn writable(truth: &Value, data_type: Option<&str>, types: &TypeSet) -> Value {
    let by_name =
        |name: &str| types.structures().find(|known| known.name == name && known.binary_encoding.is_some()).unwrap();
    let id_of = |name: &str| by_name(name).data_type.to_string();
    match truth {
        Value::Object(members) => {
            let mut object: Map<String, Value> = members
                .iter()
                .filter(|(name, _)| *name != "$type")
                .map(|(name, value)| (name.clone(), writable_member(name, value, types)))
                .collect();
            if let Some(name) = members.get("$type").and_then(Value::as_str).or(data_type) {
                object.insert("UaTypeId".into(), json!(id_of(name)));
            }
            Value::Object(object)
        }
        Value::Array(elements) => elements.iter().map(|element| writable(element, data_type, types)).collect(),
        other => other.clone(),
    }
}

fn writable_member(name: &str, value: &Value, types: &TypeSet) -> Value {
    match (name, value) {
        ("Tag", Value::String(hex)) => {
            let bytes: Vec<u8> =
                (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
            json!(STANDARD.encode(bytes))
        }
        _ => writable(value, None, types),
    }
}

/// Nothing is known: values are opaque, say what is missing, and are right once that is loaded.
async fn types_are_loaded_as_values_need_them(plant: &Plant, name: &str, expected: &[&str]) {
    let library = TypeLibrary::new();
    let shown = plant.read(name, &library.types()).await;
    assert_eq!(shown["UaEncoding"], 1);
    assert!(library.has_missing());
    library.load_missing(plant.session.as_ref()).await.unwrap();
    let types = library.types();
    let refused: Vec<_> = types.refused().collect();
    assert!(!library.has_missing() && types.unknown().is_empty(), "{:?}, {refused:?}", types.unknown());
    let names: Vec<_> = types.structures().map(|known| known.name.as_str()).collect();
    assert_eq!(names, expected, "what {name} needs and no more");
}

/// The types of all variables by their DataTypes, and those that only values show.
async fn load_all(plant: &mut Plant, library: &TypeLibrary) {
    let nodes: Vec<NodeId> = plant.truth().keys().map(|name| plant.node(name)).collect();
    let wanted = nodes.iter().map(|node| attribute(node, AttributeId::DataType)).collect();
    let data_types = plant.session.read(wanted).await.unwrap().into_iter().map(|value| match value.value {
        Some(Variant::NodeId(id)) => *id,
        other => panic!("{other:?}"),
    });
    library.load(plant.session.as_ref(), &data_types.collect::<Vec<_>>()).await.unwrap();
    for name in plant.truth().keys() {
        plant.read(name, &library.types()).await;
    }
    library.load_missing(plant.session.as_ref()).await.unwrap();
}

/// Writes into every variable what its server would give it next, and reads it back on both sides.
async fn write_all(plant: &mut Plant, types: &TypeSet) {
    plant.next_generation(1);
    let next = plant.truth();
    plant.next_generation(2);
    plant.all_equal(types).await;
    for (name, truth) in &next {
        plant.write(name, &writable(&truth.value, Some(&truth.data_type), types), types).await;
    }
    for (name, held) in plant.truth() {
        assert_eq!(normal(&held.value), normal(&next[&name].value), "{name} as {} holds it", plant.kind);
    }
    plant.all_equal(types).await;
}

async fn structures_on(kind: &'static str, variables: usize, first: &str, needs: &[&str]) {
    let mut plant = Plant::start(kind).await;
    assert_eq!(plant.truth().len(), variables);
    types_are_loaded_as_values_need_them(&plant, first, needs).await;
    let library = TypeLibrary::new();
    load_all(&mut plant, &library).await;
    let types = library.types();
    plant.all_equal(&types).await;
    write_all(&mut plant, &types).await;

    // The same descriptions serve the server with another namespace order.
    plant.restart_shifted().await;
    plant.all_equal(&types).await;
    library.refresh(plant.session.as_ref()).await.unwrap();
    write_all(&mut plant, &library.types()).await;
    plant.session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structures_of_node_opcua() {
    structures_on("node", 12, "Station", &["Choice", "Point", "Pose", "Reading", "Station"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structures_of_asyncua() {
    structures_on("structures_server.py", 10, "Station", &["Choice", "Point", "Pose", "Reading", "Station"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structures_of_a_dictionary() {
    structures_on("dictionary_server.py", 3, "Path", &["Path", "Point"]).await;
}
