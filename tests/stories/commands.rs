//! Writes and calls from far away, while everything between is killed and cut: the server sees each at most once, and
//! whoever asked learns the truth.

use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::access::SigningKey;
use iiot_core::clock::SystemClock;
use iiot_core::rpc::{Caller, Destination};
use iiot_core::testing::{FaultProxy, Mosquitto, MosquittoOptions, Peers, Process, free_port};
use iiot_core::transport::{MqttOptions, MqttTransport};
use iiot_core::{ErrorKind, Result};
use iiot_stories::{Edge, EdgeOptions};
use iiot_twin::call::{CallRequest, MethodCall};
use iiot_twin::write::{WriteItem, WriteRequest};
use iiot_twin::{Header, RemoteTwin, Status, Twin};
use serde_json::{Value, json};

use crate::http::command;
use crate::random::Random;

const PATIENCE: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "urn:iiot:peer:interop";
/// About the bytes that a change takes on a link, there and back.
const MESSAGE: u64 = 1500;
/// How often something breaks; `IIOT_SEEDS` asks for more.
const SEEDS: u64 = 10;

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fault {
    None,
    EdgeKilled,
    EdgeCutFromBroker,
    CallerCutFromBroker,
    ServerCut,
}

/// What the caller learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Learnt {
    Done,
    NotDone,
    Indeterminate,
}

/// Everything between a caller and a server.
struct Distance {
    edge: Edge,
    data: std::path::PathBuf,
    server: FaultProxy,
    far: FaultProxy,
    near: FaultProxy,
    _broker: Mosquitto,
    _server: Process,
}

impl Distance {
    async fn start(folder: &Path, arguments: &[&str]) -> Self {
        let peers = Peers::in_folder(folder).expect("peers");
        let port = free_port();
        let (process, _) = peers.node("interop.mjs", port, arguments).expect("the server starts");
        let proxy = async |port: u16| FaultProxy::start(([127, 0, 0, 1], port).into()).await.expect("a free port");
        let broker = Mosquitto::start(MosquittoOptions::default()).await;
        let broker_port = broker.url().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
        let (server, far, near) = (proxy(port).await, proxy(broker_port).await, proxy(broker_port).await);
        // As far apart as in a plant, so that there is time for something to break.
        [&server, &far, &near].into_iter().for_each(|link| link.delay(Duration::from_millis(5)));
        let data = folder.join("edge");
        let edge = edge(&data, &server, &far);
        Self { edge, data, server, far, near, _broker: broker, _server: process }
    }

    fn endpoint(&self) -> String {
        url_of(&self.server)
    }

    async fn twin(&self) -> Arc<dyn Twin> {
        let key = command(&self.data, &["key", "first", "test"]);
        let place = command(&self.data, &["place"]).trim().parse().expect("the key of the place");
        let options = MqttOptions::from_url(&format!("mqtt://{}", self.near.address())).expect("a URL");
        let hub = Arc::new(MqttTransport::connect(options).await.expect("the broker is there"));
        let (to, key) = (Destination { root: "iiot/edge".into(), key: place }, SigningKey::of(&key).expect("a key"));
        let caller = Caller::connect(hub, to, key, Arc::new(SystemClock)).await.expect("the broker is there");
        Arc::new(RemoteTwin::new(Arc::new(caller.with_timeout(Duration::from_secs(10)))))
    }

    /// Returns when some more bytes have passed one of the links.
    async fn travelled(&self, random: &mut Random) {
        let link = [&self.near, &self.far, &self.server][random.below(3) as usize];
        let (there, back) = link.bytes();
        link.passed(there + back + random.below(MESSAGE)).await;
    }

    fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::None => {}
            Fault::EdgeKilled => {
                self.edge.process.kill();
                self.edge = edge(&self.data, &self.server, &self.far);
            }
            Fault::EdgeCutFromBroker => self.far.cut(),
            Fault::CallerCutFromBroker => self.near.cut(),
            Fault::ServerCut => self.server.cut(),
        }
    }
}

fn url_of(server: &FaultProxy) -> String {
    format!("opc.tcp://{}", server.address())
}

/// An edge that takes remote calls.
fn edge(data: &Path, server: &FaultProxy, broker: &FaultProxy) -> Edge {
    let nodes = json!([{ "EndpointUrl": url_of(server), "UseSecurity": false, "OpcNodes": [{ "Id": "i=2258" }] }]);
    let options = EdgeOptions { published_nodes: &nodes, sink: "null", data };
    let hub = format!("mqtt://{}", broker.address());
    let edge = Edge::start_with(&options, |edge| edge.args(["--transport", &hub]));
    let taken = |lines: &[String]| lines.iter().any(|line| line.contains("remote calls are taken")).then_some(());
    assert!(edge.process.wait_for_error(PATIENCE, taken).is_some(), "{}", edge.process.said());
    edge
}

/// Asks for the change with this number: a write where it is even, else a call.
async fn ask(twin: Arc<dyn Twin>, endpoint: String, number: u64) -> (Learnt, String) {
    let header = Header { timeout_ms: Some(5000), ..Header::default() };
    let node = |name: &str| format!("nsu={NAMESPACE};s={name}");
    if number.is_multiple_of(2) {
        let item = WriteItem { node: node("Setpoint"), value: json!(number as f64), ..WriteItem::default() };
        let request = WriteRequest { endpoint, header, nodes: vec![item], ..WriteRequest::default() };
        return learnt(twin.write(request).await.map(|mut answer| answer.results.remove(0).status));
    }
    let inputs = json!({ "a": number, "b": 0 });
    let inputs = serde_json::from_value(inputs).expect("inputs by name");
    let item = MethodCall { object: node("Interop"), method: node("Add"), inputs };
    let request = CallRequest { endpoint, header, calls: vec![item], ..CallRequest::default() };
    learnt(twin.call(request).await.map(|mut answer| answer.results.remove(0).status))
}

fn learnt(outcome: Result<Status>) -> (Learnt, String) {
    match outcome {
        Ok(status) if status.is_bad() => (Learnt::NotDone, format!("{status:?}")),
        Ok(_) => (Learnt::Done, String::new()),
        Err(error) if error.kind() == ErrorKind::Indeterminate => (Learnt::Indeterminate, error.report()),
        Err(error) => (Learnt::NotDone, error.report()),
    }
}

/// How often the server has seen each number.
fn seen(writes: &Path, calls: &Path) -> HashMap<u64, u32> {
    let lines = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let number = |line: &str| -> Option<u64> {
        let line: Value = serde_json::from_str(line).ok()?;
        match line["a"].as_u64() {
            Some(number) => Some(number),
            None => {
                let bits = u64::from_str_radix(line["value"].as_str()?, 16).ok()?;
                Some(f64::from_bits(bits) as u64)
            }
        }
    };
    let mut seen = HashMap::new();
    for line in lines(writes).lines().chain(lines(calls).lines()) {
        *seen.entry(number(line).expect("a line of the server")).or_default() += 1;
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_happen_once_and_their_callers_learn_the_truth() {
    let seeds = std::env::var("IIOT_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (writes, calls) = (folder.path().join("writes.jsonl"), folder.path().join("calls.jsonl"));
    let files = [writes.to_str().expect("text"), calls.to_str().expect("text")];
    let mut distance = Distance::start(folder.path(), &["--truth", files[0], "--calls", files[1]]).await;
    let twin = distance.twin().await;
    let faults =
        [Fault::EdgeKilled, Fault::None, Fault::EdgeCutFromBroker, Fault::CallerCutFromBroker, Fault::ServerCut];
    let mut outcomes = Vec::new();
    for seed in 0..seeds {
        // Numbers from 1 on, of both kinds for each fault.
        let (number, mut random) = (seed + 1, Random::new(seed + 1));
        let fault = faults[(seed as usize / 2) % faults.len()];
        let asked = tokio::spawn(ask(Arc::clone(&twin), distance.endpoint(), number));
        // Where on its way it breaks is left to chance.
        let mut asked = pin!(asked);
        let ended = tokio::select! {
            () = distance.travelled(&mut random) => None,
            ended = &mut asked => Some(ended),
        };
        tokio::task::block_in_place(|| distance.suffer(fault));
        let ended = match ended {
            Some(ended) => ended,
            None => asked.await,
        };
        let (learnt, why) = ended.expect("it ends");
        outcomes.push((number, fault, learnt, why));
    }
    let seen = seen(&writes, &calls);
    let mut counts: HashMap<(Fault, Learnt), u32> = HashMap::new();
    for (number, fault, learnt, why) in &outcomes {
        let times = seen.get(number).copied().unwrap_or_default();
        let is_true = match learnt {
            Learnt::Done => times == 1,
            Learnt::NotDone => times == 0,
            Learnt::Indeterminate => times <= 1,
        };
        assert!(is_true, "{number}, {fault:?}: the caller learnt {learnt:?} ({why}), the server saw it {times} times");
        *counts.entry((*fault, *learnt)).or_default() += 1;
    }
    println!("{seeds} changes: {counts:?}");
    let undisturbed = outcomes.iter().filter(|(_, fault, ..)| *fault == Fault::None);
    for (number, _, learnt, why) in undisturbed {
        assert_eq!(*learnt, Learnt::Done, "{number}: {why}");
    }
    assert!(distance.edge.stop(), "{}", distance.edge.process.said());
}
