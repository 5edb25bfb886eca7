//! Every value that foreign servers hold arrives as it is at an independent subscriber.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use iiot_core::testing::{Mosquitto, MosquittoOptions, Peers, Process, free_port, repository};
use iiot_stories::{Edge, EdgeOptions, Message, Messages, Published, Truth, compare, truths};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
/// Values of each variable: the first, and one after each `set`.
const GENERATIONS: usize = 4;

/// How the edge reaches the server.
#[derive(Debug, Clone, Copy)]
struct Way {
    mode: &'static str,
    user: bool,
}

const WAYS: [Way; 4] = [
    Way { mode: "None", user: false },
    Way { mode: "None", user: true },
    Way { mode: "SignAndEncrypt", user: false },
    Way { mode: "SignAndEncrypt", user: true },
];

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_with_a_self_signed_certificate() {
    every_way("types.mjs", "self-signed", &["self-signed.der"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_with_a_chain() {
    every_way("types.mjs", "chain", &["ca.der", "ca.crl"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asyncua_with_a_self_signed_certificate() {
    every_way("types_server.py", "self-signed", &["self-signed.der"]).await;
}

async fn every_way(script: &str, certificate: &str, trusted: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let pki = peers.certificates("pki", "urn:iiot:peer:types").expect("certificates");
    for way in WAYS {
        let told = Telling {
            script,
            certificate,
            trusted,
            way,
            peers: &peers,
            pki: &pki,
            folder: folder.path(),
            broker: &broker,
        };
        tokio::task::block_in_place(|| told.tell());
    }
}

/// One server, one edge, one subscriber.
struct Telling<'a> {
    script: &'a str,
    certificate: &'a str,
    trusted: &'a [&'a str],
    way: Way,
    peers: &'a Peers,
    pki: &'a Path,
    folder: &'a Path,
    broker: &'a Mosquitto,
}

impl Telling<'_> {
    fn tell(&self) {
        let name = format!("{}-{}-{}", self.script, self.way.mode, self.way.user);
        let (truth_file, data) = (self.folder.join(format!("{name}.truth")), self.folder.join(&name));
        let (mut server, url) = self.server(&truth_file);
        let first = truths(&truth_file);
        assert!(first.len() >= 200, "{} variables", first.len());
        let messages =
            Messages::new(self.peers.subscriber("127.0.0.1", self.broker.port(), "#").expect("a subscriber"));
        self.trusted.iter().for_each(|file| Edge::trust(&data, &self.pki.join(file)));
        let nodes = self.published_nodes(&url, &first);
        let sink = format!("mqtt://127.0.0.1:{}", self.broker.port());
        let mut edge = Edge::start(&EdgeOptions { published_nodes: &nodes, sink: &sink, data: &data });
        for generation in 0..GENERATIONS {
            wait_for_all(&messages, &changed(&truths(&truth_file), first.len(), generation), &edge, &name);
            if generation + 1 < GENERATIONS {
                server.send("set").expect("the server listens");
                server.expect_line(&format!("SET {}", generation + 1), PATIENCE).expect("the server sets");
            }
        }
        check_values(&truths(&truth_file), &messages.published(), &name);
        check_messages(&messages.all(), &name);
        assert_eq!(edge.declared_losses(), Vec::<Value>::new(), "{name}: nothing was lost");
        assert!(edge.stop(), "{name}: the edge did not stop well\n{}", edge.process.said());
    }

    fn server(&self, truth: &Path) -> (Process, String) {
        let texts = [truth, self.pki].map(|path| path.display().to_string());
        let arguments = ["--truth", &texts[0], "--pki", &texts[1], "--certificate", self.certificate];
        let python = self.script.ends_with(".py");
        let start = if python { Peers::python } else { Peers::node };
        start(self.peers, self.script, free_port(), &arguments).expect("the server starts")
    }

    fn published_nodes(&self, url: &str, truths: &[Truth]) -> Value {
        let nodes: Vec<_> = truths
            .iter()
            .map(|truth| json!({ "Id": truth.node, "DataSetFieldId": truth.name, "QueueSize": 10 }))
            .collect();
        let mut entry = json!({
            "EndpointUrl": url,
            "EndpointSecurityMode": self.way.mode,
            "DataSetWriterGroup": "types",
            "DataSetWriterId": "all",
            "DataSetPublishingInterval": 200,
            "DataSetSamplingInterval": 100,
            "OpcNodes": nodes,
        });
        if self.way.user {
            entry["OpcAuthenticationMode"] = json!("UsernamePassword");
            entry["OpcAuthenticationUsername"] = json!("user");
            entry["OpcAuthenticationPassword"] = json!("secret");
        }
        json!([entry])
    }
}

/// The values of a generation that differ from the one before: a server reports no others.
fn changed(truths: &[Truth], variables: usize, generation: usize) -> Vec<Truth> {
    let (before, now) = truths.split_at(generation * variables);
    let before = before.rchunks(variables).next().unwrap_or_default();
    let differs = |index: usize, now: &Truth| {
        before.get(index).is_none_or(|old| (&old.value, old.status) != (&now.value, now.status))
    };
    now.iter().enumerate().filter(|(index, truth)| differs(*index, truth)).map(|(_, truth)| truth.clone()).collect()
}

/// Waits until every one of these values has come.
fn wait_for_all(messages: &Messages, truths: &[Truth], edge: &Edge, name: &str) {
    let missing = |published: &[Published]| -> BTreeSet<(String, i64)> {
        let came: BTreeSet<_> =
            published.iter().filter_map(|field| Some((field.field.as_str(), field.source_ticks()?))).collect();
        let held = truths.iter().map(|truth| (truth.name.as_str(), truth.source_ticks));
        held.filter(|value| !came.contains(value)).map(|(name, ticks)| (name.to_owned(), ticks)).collect()
    };
    if !messages.wait_until(PATIENCE, |published| missing(published).is_empty()) {
        let missing = missing(&messages.published());
        let some: Vec<_> = missing.iter().take(5).collect();
        panic!("{name}: {} of {} values did not come: {some:?}\n{}", missing.len(), truths.len(), edge.process.said());
    }
}

/// Every published value is what the server held at that time.
fn check_values(truths: &[Truth], published: &[Published], name: &str) {
    let held: BTreeMap<_, _> = truths.iter().map(|truth| ((truth.name.as_str(), truth.source_ticks), truth)).collect();
    let differences: Vec<_> = published
        .iter()
        .filter_map(|field| {
            let Some(ticks) = field.source_ticks() else {
                return Some(format!("{} has no source timestamp", field.field));
            };
            match held.get(&(field.field.as_str(), ticks)) {
                Some(truth) => compare(truth, &field.value).err(),
                None => Some(format!("{} was published as {}, which the server never held", field.field, field.value)),
            }
        })
        .collect();
    let shown = differences.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{name}: {} of {} values differ:\n{shown}", differences.len(), published.len());
}

/// Every message is a NetworkMessage.
fn check_messages(messages: &[Message], name: &str) {
    let schema = schema();
    assert!(messages.iter().any(|message| message.body["MessageType"] == "ua-data"), "{name}: no data message");
    assert!(messages.iter().any(|message| message.body["MessageType"] == "ua-metadata"), "{name}: no metadata message");
    for message in messages.iter().filter(|message| is_network_message(message)) {
        let errors: Vec<_> = schema
            .iter_errors(&message.body)
            .take(3)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: on {} came {:.500}\n{errors:?}", message.topic, message.body.to_string());
    }
}

fn is_network_message(message: &Message) -> bool {
    message.body.get("MessageType").is_some()
}

fn schema() -> jsonschema::Validator {
    let file = repository().join("iiot-publisher/schema/network_message.json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("read {}: {error}", file.display()));
    jsonschema::validator_for(&serde_json::from_str(&text).expect("the schema is JSON"))
        .expect("the schema is a schema")
}
