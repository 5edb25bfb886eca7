//! Two edges and a cloud above them, on a broker and servers of others: what is done through the REST of the cloud by curl is
//! seen by other people's clients; and everything comes back by itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use iiot_core::testing::{Mosquitto, MosquittoOptions, Peers, Process, free_port};
use iiot_stories::{Edge, EdgeOptions, Messages, example};
use serde_json::{Value, json};

use crate::http::{command, curl, encoded};

const PATIENCE: Duration = Duration::from_secs(60);
/// How soon an edge that was killed is shown as away, and all is back after the broker was restarted.
const SECONDS: Duration = Duration::from_secs(10);
const NAMESPACE: &str = "urn:iiot:peer:interop";
const EDGES: [&str; 2] = ["north", "south"];

/// A process above the edges, its administrator's key, and that of a reader.
pub(crate) struct Cloud {
    process: Process,
    pub(crate) url: String,
    pub(crate) key: String,
    reader: String,
    caller: String,
}

impl Cloud {
    fn start(data: &Path, broker: &Mosquitto) -> Self {
        let of = |words: &[&str]| command_of("cloud", data, words).trim().to_owned();
        let (key, reader) = (of(&["key", "first", "alice"]), of(&["key", "make", "rita", "reader"]));
        let caller = of(&["caller"]);
        let (bind, hub) = (format!("127.0.0.1:{}", free_port()), broker.url());
        let mut command = Command::new(example("cloud"));
        command.args(["--http", &bind, "--transport", &hub, "--failover-after", "3", "--data"]).arg(data);
        let process = Process::start(&mut command).expect("the example was built");
        let marks = "HTTP is served at ";
        let served = |lines: &[String]| lines.iter().find_map(|line| Some(line.split_once(marks)?.1.to_owned()));
        let url = process.wait_for_error(PATIENCE, served);
        let url = url.unwrap_or_else(|| panic!("HTTP is not served\n{}", process.said()));
        Self { process, url, key, reader, caller }
    }

    /// What is answered to a request, and the status.
    fn ask_as(&self, key: &str, path: &str, request: &Value) -> (Value, String) {
        let (header, url) = (format!("Authorization: Bearer {key}"), format!("{}/v1/{path}", self.url));
        let answer = curl(&["--globoff", "--header", &header, "--json", &request.to_string(), &url]);
        let (body, status) = answer.rsplit_once(' ').expect("the status is behind the body");
        (serde_json::from_str(body).unwrap_or_else(|_| json!(body)), status.to_owned())
    }

    fn ask(&self, path: &str, request: &Value) -> (Value, String) {
        self.ask_as(&self.key, path, request)
    }

    /// What is answered, which must be well.
    fn well(&self, path: &str, request: &Value) -> Value {
        let (answer, status) = self.ask(path, request);
        assert_eq!(status, "200", "{path}: {answer}\n{}", self.process.said());
        answer
    }

    /// How long it takes until what is answered is as wanted.
    fn until(&self, path: &str, request: &Value, wanted: impl Fn(&Value, &str) -> bool) -> Duration {
        let begun = Instant::now();
        loop {
            let (answer, status) = self.ask(path, request);
            if wanted(&answer, &status) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < PATIENCE, "{path}: {status} {answer}\n{}", self.process.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn edge(&self, id: &str) -> Value {
        let edges = self.well("registry/edges", &json!({}));
        let found = edges["edges"].as_array().into_iter().flatten().find(|edge| edge["id"] == id);
        found.map(|edge| edge["edge"].clone()).unwrap_or_default()
    }

    /// How long it takes until an edge is shown as there, or as away.
    fn until_connected(&self, id: &str, connected: bool) -> Duration {
        self.until("registry/edges", &json!({ "connected": connected }), |edges, _| {
            edges["edges"].as_array().into_iter().flatten().any(|edge| edge["id"] == id)
        })
    }
}

fn command_of(name: &str, data: &Path, words: &[&str]) -> String {
    let output = Command::new(example(name)).arg("--data").arg(data).args(words).output();
    let output = output.expect("the example was built");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

/// Everything of the story.
pub(crate) struct Plant {
    pub(crate) cloud: Cloud,
    broker: Mosquitto,
    edges: Vec<Edge>,
    pub(crate) peers: Peers,
    folder: PathBuf,
    servers: Vec<(Process, String)>,
}

impl Plant {
    pub(crate) async fn start(folder: &Path) -> Self {
        let peers = Peers::in_folder(folder).expect("peers");
        let truth = folder.join("truth.jsonl").display().to_string();
        let servers = vec![
            peers.node("interop.mjs", free_port(), &["--truth", &truth]).expect("the server starts"),
            peers.python("interop_server.py", free_port(), &["--truth", &truth]).expect("the server starts"),
        ];
        let broker = Mosquitto::start(MosquittoOptions::default()).await;
        let cloud = Cloud::start(&folder.join("cloud"), &broker);
        let mut plant = Self { cloud, broker, edges: Vec::new(), peers, folder: folder.to_owned(), servers };
        plant.edges = EDGES.map(|name| plant.edge(name, name)).into();
        plant
    }

    /// An edge of the hall that is called so, with files of its own.
    fn edge(&self, name: &str, files: &str) -> Edge {
        let entries = json!([{ "EndpointUrl": "opc.tcp://127.0.0.1:1", "OpcNodes": [{ "Id": "i=2258" }] }]);
        let (data, hub) = (self.folder.join(files), self.broker.url());
        let options = EdgeOptions { published_nodes: &entries, sink: &hub, data: &data };
        let flags = ["--transport", &hub, "--cloud", &self.cloud.caller, "--site", "hall", "--publisher-id", name];
        Edge::start_with(&options, |edge| edge.args(flags))
    }

    fn place_key(&self, files: &str) -> String {
        command(&self.folder.join(files), &["place"]).trim().to_owned()
    }

    fn decide(&self, edge: &str, place_key: &str, key: &str) -> String {
        let decision = json!({ "edge": edge, "approval": "approved", "placeKey": place_key });
        self.cloud.ask_as(key, "registry/decide_edge", &decision).1
    }

    /// The value of the setpoint as another client reads it at the server itself.
    fn setpoint(&self, url: &str) -> String {
        let mut read = self.peers.python_script("value.py");
        let output = read.args([url, &setpoint()]).output().expect("asyncua is installed");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Ends the processes, which must end well.
    pub(crate) fn stop(&mut self) {
        for edge in &mut self.edges {
            assert!(edge.stop(), "{}", edge.process.said());
        }
        let stopped = self.cloud.process.terminate(Duration::from_secs(5));
        assert!(stopped.is_some_and(|status| status.success()), "{}", self.cloud.process.said());
    }
}

fn twin(endpoint: &str, operation: &str) -> String {
    format!("twins/{}/{operation}", encoded(endpoint))
}

fn setpoint() -> String {
    format!("nsu={NAMESPACE};s=Setpoint")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_through_the_cloud_and_comes_back_by_itself() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut plant = Plant::start(folder.path()).await;
    only_approved_edges_are_asked(&plant);
    let endpoints = found_and_activated(&plant);
    written_and_published(&plant, &endpoints);
    killed_and_back(&mut plant, &endpoints);
    another_key_is_refused(&plant, &endpoints);
    broker_restarted(&mut plant, &endpoints).await;
    let audit = command_of("cloud", &folder.path().join("cloud"), &["audit", "list"]);
    assert!(audit.contains("twin.write") && audit.contains("\"edge\":\"north\""), "{audit}");
    let audit = command(&folder.path().join("north"), &["audit", "list"]);
    assert!(audit.contains("alice by cloud") && audit.contains("twin.write"), "{audit}");
    plant.stop();
}

/// Whoever announces itself is on record; nothing is sent to it before somebody has compared its key.
pub(crate) fn only_approved_edges_are_asked(plant: &Plant) {
    let cloud = &plant.cloud;
    let sent = plant.peers.subscriber("127.0.0.1", plant.broker.port(), "iiot/+/rpc/#").expect("it subscribes");
    for name in EDGES {
        let announced = cloud.until_connected(name, true);
        eprintln!("{name} is announced {} ms after the cloud serves", announced.as_millis());
        let edge = cloud.edge(name);
        assert_eq!((&edge["approval"], &edge["site"]), (&json!("discovered"), &json!("hall")), "{edge}");
        let diagnostics = format!("edges/{name}/edge/diagnostics");
        let (answer, status) = cloud.ask(&diagnostics, &json!({}));
        assert!(status == "503" && answer.to_string().contains("nobody has approved it"), "{status} {answer}");
        assert_eq!(cloud.ask_as(&cloud.reader, "registry/edges", &json!({})).1, "200");
        let shown = plant.place_key(name);
        assert_eq!(plant.decide(name, &shown, &cloud.reader), "403");
        let other = plant.place_key("nobody");
        assert_eq!(plant.decide(name, &other, &cloud.key), "412", "{other} is not the key of {name}");
    }
    let topics = |lines: &[String]| lines.iter().filter(|line| line.contains("\"topic\"")).count();
    assert_eq!(topics(&sent.stdout()), 0, "{}", sent.said());
    for name in EDGES {
        assert_eq!(plant.decide(name, &plant.place_key(name), &cloud.key), "200");
        let answer = cloud.well(&format!("edges/{name}/edge/diagnostics"), &json!({}));
        assert_eq!(answer["publisherId"], name);
    }
    assert!(sent.wait_for(PATIENCE, |lines| (topics(lines) > 0).then_some(())).is_some(), "{}", sent.said());
    assert_eq!(cloud.ask("edges/west/edge/diagnostics", &json!({})).1, "404");
}

/// One edge searches, somebody approves what it found, and one edge uses it. The ids of the endpoints.
pub(crate) fn found_and_activated(plant: &Plant) -> Vec<String> {
    let cloud = &plant.cloud;
    let ports: Vec<String> = plant
        .servers
        .iter()
        .filter_map(|(_, url)| Some(url.rsplit(':').next()?.split('/').next()?.to_owned()))
        .collect();
    let begun = Instant::now();
    let plan = json!({ "plan": { "addresses": ["127.0.0.1"], "ports": ports } });
    assert_eq!(cloud.ask_as(&cloud.reader, "edges/north/discovery/start", &plan).1, "403");
    let run = cloud.well("edges/north/discovery/start", &plan)["run"].as_str().expect("an id").to_owned();
    let entered = |answer: &Value, _: &str| answer["run"]["diff"]["new"].as_array().is_some_and(|new| new.len() == 2);
    cloud.until("registry/run", &json!({ "run": run }), entered);
    eprintln!("two servers were found and entered {} ms after the search was asked for", begun.elapsed().as_millis());
    let found = cloud.well("registry/applications", &json!({}));
    let applications = found["applications"].as_array().expect("applications");
    assert_eq!(applications.len(), 2, "{found}");
    let mut endpoints = Vec::new();
    for (_, url) in &plant.servers {
        let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a port");
        let at = |one: &&Value| one["application"]["addresses"].to_string().contains(&format!(":{port}\""));
        let application = applications.iter().find(at).unwrap_or_else(|| panic!("{url}: {found}"));
        let decision = json!({ "application": application["id"], "approval": "approved" });
        let decided = cloud.well("registry/decide_application", &decision);
        let open = |one: &&Value| one["endpoint"]["description"]["securityMode"] == "None";
        let endpoint = decided["endpoints"].as_array().expect("endpoints").iter().find(open).expect("without security");
        let id = endpoint["id"].as_str().expect("an id").to_owned();
        assert_eq!(cloud.ask(&twin(&id, "read"), &json!({ "nodes": [] })).1, "503", "it is not activated");
        let activated = cloud.well("registry/activate", &json!({ "endpoint": id }));
        assert_eq!(activated["endpoint"]["edge"], "north", "{activated}");
        endpoints.push(id);
    }
    endpoints
}

fn written_and_published(plant: &Plant, endpoints: &[String]) {
    let cloud = &plant.cloud;
    for (index, (id, (_, url))) in endpoints.iter().zip(&plant.servers).enumerate() {
        let browsed = cloud.well(&twin(id, "browse"), &json!({ "nodes": [format!("nsu={NAMESPACE};s=Interop")] }));
        assert!(browsed.to_string().contains(&setpoint()), "{browsed}");
        let value = 36.5 + index as f64;
        let write = json!({ "nodes": [{ "node": setpoint(), "value": value }] });
        let written = cloud.well(&twin(id, "write"), &write);
        assert_eq!(written["results"][0]["status"]["symbol"], "Good", "{written}");
        assert_eq!(plant.setpoint(url), value.to_string(), "as asyncua reads it at {url}");
        assert_eq!(cloud.ask_as(&cloud.reader, &twin(id, "write"), &write).1, "403");
    }
    let messages = plant.peers.subscriber("127.0.0.1", plant.broker.port(), "north/messages/#").expect("it subscribes");
    let messages = Messages::new(messages);
    let entry = json!({ "EndpointUrl": plant.servers[0].1, "UseSecurity": false, "DataSetWriterGroup": "line",
        "DataSetWriterId": "press", "OpcNodes": [{ "Id": format!("nsu={NAMESPACE};s=Counter"), "DataSetFieldId": "Counter" }] });
    cloud.well("edges/north/configuration/add_entries", &json!({ "entries": [entry] }));
    let seen = messages.wait_until(PATIENCE, |published| published.iter().any(|one| one.field == "Counter"));
    assert!(seen, "a foreign subscriber sees what was configured through the cloud\n{}", plant.edges[0].process.said());
    let node = json!({ "Id": setpoint(), "DataSetFieldId": "Setpoint" });
    let nodes = json!({ "writerGroup": "line", "writer": "press", "nodes": [node] });
    cloud.well("edges/north/configuration/add_nodes", &nodes);
    assert!(messages.wait_until(PATIENCE, |published| published.iter().any(|one| one.field == "Setpoint")));
}

/// What an edge did that was killed is done by the other one of its site.
fn killed_and_back(plant: &mut Plant, endpoints: &[String]) {
    let read = json!({ "encoding": "raw", "nodes": [{ "node": setpoint() }] });
    plant.edges[0].process.kill();
    let away = plant.cloud.until_connected("north", false);
    eprintln!("an edge that was killed is shown as away after {} ms", away.as_millis());
    assert!(away < SECONDS, "{away:?}");
    for id in endpoints {
        let through = |answer: &Value, status: &str| status == "200" && answer["results"][0]["value"].is_number();
        let taken = plant.cloud.until(&twin(id, "read"), &read, through);
        eprintln!("its endpoint is read through the other edge {} ms later", taken.as_millis());
        let endpoint = plant.cloud.well("registry/endpoint", &json!({ "endpoint": id }));
        assert_eq!(endpoint["endpoint"]["edge"], "south", "{endpoint}");
    }
    let (answer, status) = plant.cloud.ask("edges/north/edge/diagnostics", &json!({}));
    assert!(status == "503" && answer.to_string().contains("away since"), "{status} {answer}");
    let begun = Instant::now();
    plant.edges[0] = plant.edge("north", "north");
    plant.cloud.until_connected("north", true);
    plant.cloud.until("edges/north/edge/diagnostics", &json!({}), |_, status| status == "200");
    eprintln!("the edge answers {} ms after it was started again", begun.elapsed().as_millis());
    assert!(begun.elapsed() < SECONDS, "{:?}", begun.elapsed());
}

/// Another process has the name of an edge that was approved.
fn another_key_is_refused(plant: &Plant, endpoints: &[String]) {
    let own = plant.place_key("south");
    let mut stranger = plant.edge("south", "stranger");
    let problem = |edges: &Value, _: &str| edges.to_string().contains(&plant.place_key("stranger"));
    plant.cloud.until("registry/edges", &json!({}), problem);
    let edge = plant.cloud.edge("south");
    assert_eq!((&edge["placeKey"], &edge["approval"]), (&json!(own), &json!("approved")), "{edge}");
    assert!(edge["problem"].as_str().is_some_and(|problem| problem.contains("not used")), "{edge}");
    let read = json!({ "nodes": [{ "node": setpoint() }] });
    plant.cloud.well(&twin(&endpoints[0], "read"), &read);
    assert!(stranger.stop(), "{}", stranger.process.said());
}

async fn broker_restarted(plant: &mut Plant, endpoints: &[String]) {
    let read = json!({ "nodes": [{ "node": setpoint() }] });
    for outage in [0, 8] {
        plant.broker.kill();
        tokio::time::sleep(Duration::from_secs(outage)).await;
        plant.broker.restart().await;
        let begun = Instant::now();
        for id in endpoints {
            plant.cloud.until(&twin(id, "read"), &read, |_, status| status == "200");
        }
        for name in EDGES {
            plant.cloud.until(&format!("edges/{name}/edge/diagnostics"), &json!({}), |_, status| status == "200");
        }
        let back = begun.elapsed();
        eprintln!("all is back {} ms after the broker, which was away for {outage} s", back.as_millis());
        assert!(back < SECONDS, "{back:?}");
        assert!(EDGES.iter().all(|name| plant.cloud.edge(name)["presence"]["connected"] == true));
    }
}
