//! A thousand nodes come and go while others are published.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use iiot_core::testing::{Peers, free_port};
use iiot_stories::{Edge, EdgeOptions, example, ticks, truths};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
const STEADY: usize = 10;
const MANY: usize = 1000;

/// An edge that is asked over HTTP.
struct Asked {
    url: String,
    key: String,
}

impl Asked {
    fn get(&self, operation: &str) -> Value {
        self.curl(&[&format!("{}/v1/{operation}", self.url)])
    }

    fn post(&self, operation: &str, body: &Value, file: &Path) -> Value {
        std::fs::write(file, body.to_string()).expect("the test's folder is writable");
        let (data, url) = (format!("@{}", file.display()), format!("{}/v1/{operation}", self.url));
        self.curl(&["--header", "Content-Type: application/json", "--data", &data, &url])
    }

    fn curl(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "30", "--header"]);
        command.arg(format!("Authorization: Bearer {}", self.key)).args(arguments);
        let output = command.output().expect("curl is installed");
        let body = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body} {output:?}"))
    }

    /// How many fields of a writer are configured, and how many report.
    fn fields(&self, writer: &str) -> (u64, u64) {
        let diagnostics = self.get("edge/diagnostics");
        let connections = diagnostics["connections"].as_array().cloned().unwrap_or_default();
        let mut writers =
            connections.iter().flat_map(|connection| connection["writers"].as_array().into_iter().flatten());
        let found = writers.find(|known| known["name"] == writer);
        found.map_or((0, 0), |found| (found["fields"].as_u64().unwrap_or(0), found["reporting"].as_u64().unwrap_or(0)))
    }

    /// Waits until so many fields of a writer report, and no others are configured.
    fn reports(&self, writer: &str, count: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.fields(writer) != (count, count) {
            assert!(Instant::now() < deadline, "{writer} has {:?} of {count} fields", self.fields(writer));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn node(index: usize) -> Value {
    json!({ "Id": format!("nsu=urn:iiot:peer:counter;s=Counter.{index}"), "DataSetFieldId": format!("Counter.{index}"),
        "OpcSamplingInterval": 0, "QueueSize": 100 })
}

fn entry(port: u16, writer: &str, nodes: &[Value]) -> Value {
    json!({ "EndpointUrl": format!("opc.tcp://127.0.0.1:{port}"), "UseSecurity": false, "DataSetWriterGroup": "counters",
        "DataSetWriterId": writer, "DataSetPublishingInterval": 200, "OpcNodes": nodes })
}

/// How often each value of the steady counters was published, by name and source time.
fn published(file: &Path) -> BTreeMap<(String, i64), usize> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut found = BTreeMap::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let messages = line["Messages"].as_array().cloned().unwrap_or_default();
        let steady = messages.iter().filter(|message| message["DataSetWriterName"] == "Steady");
        for (name, value) in steady.filter_map(|message| message["Payload"].as_object()).flatten() {
            let time = value["SourceTimestamp"].as_str().and_then(ticks).expect("a value has its time");
            *found.entry((name.clone(), time)).or_default() += 1;
        }
    }
    found
}

#[test]
fn a_thousand_nodes_come_and_go_and_the_others_do_not_notice() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (data, truth, sent) = (folder.path().join("edge"), folder.path().join("truth"), folder.path().join("sent"));
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let port = free_port();
    let (count, body) = ((STEADY + MANY + 1).to_string(), folder.path().join("body"));
    let arguments = ["--truth", &truth.display().to_string(), "--counters", &count, "--interval-ms", "500"];
    let _server = peers.node("counter.mjs", port, &arguments).expect("the server starts");
    let made = Command::new(example("edge")).arg("--data").arg(&data).args(["key", "first", "test"]).output();
    let key = String::from_utf8(made.expect("the example was built").stdout).expect("a key is text").trim().to_owned();
    let steady = entry(port, "Steady", &(0..STEADY).map(node).collect::<Vec<_>>());
    let entries = json!([steady, entry(port, "Wide", &[node(STEADY)])]);
    let url = format!("http://127.0.0.1:{}", free_port());
    let options = EdgeOptions { published_nodes: &entries, sink: &format!("file:{}", sent.display()), data: &data };
    let mut edge = Edge::start_with(&options, |edge| edge.args(["--http", &url]));
    let served = |lines: &[String]| lines.iter().any(|line| line.contains("HTTP is served at")).then_some(());
    assert!(edge.process.wait_for_error(PATIENCE, served).is_some(), "{}", edge.process.said());
    let asked = Asked { url, key };
    asked.reports("Steady", STEADY as u64);
    asked.reports("Wide", 1);

    let many: Vec<Value> = (STEADY + 1..=STEADY + MANY).map(node).collect();
    let names = json!({ "writerGroup": "counters", "writer": "Wide" });
    let with = |nodes: Value| {
        let mut request = names.clone();
        request["nodes"] = nodes;
        request
    };
    let begun = Instant::now();
    let added = asked.post("configuration/add_nodes", &with(json!(many)), &body);
    asked.reports("Wide", MANY as u64 + 1);
    eprintln!("{MANY} nodes report {} ms after they were asked for", begun.elapsed().as_millis());
    assert!(added["results"].as_array().is_some_and(|results| results.len() == MANY), "{added}");
    let ids: Vec<&Value> = many.iter().map(|node| &node["Id"]).collect();
    let begun = Instant::now();
    asked.post("configuration/remove_nodes", &with(json!(ids)), &body);
    asked.reports("Wide", 1);
    eprintln!("{MANY} nodes are gone after {} ms", begun.elapsed().as_millis());
    // The same by the file.
    let wider = json!([steady, entry(port, "Wide", &[&[node(STEADY)], &many[..]].concat())]);
    let begun = Instant::now();
    std::fs::write(data.join("published_nodes.json"), wider.to_string()).expect("the test's folder is writable");
    asked.reports("Wide", MANY as u64 + 1);
    eprintln!("{MANY} nodes report {} ms after the file was written", begun.elapsed().as_millis());
    std::thread::sleep(Duration::from_secs(1));
    assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());

    let published = published(&sent);
    assert!(published.values().all(|times| *times == 1), "a value came twice");
    let last = published.keys().map(|(_, time)| *time).max().expect("something was published");
    let first: BTreeMap<&str, i64> = published.keys().rev().map(|(name, time)| (name.as_str(), *time)).collect();
    let missing = truths(&truth).into_iter().filter(|truth| {
        let due = first.get(truth.name.as_str()).is_some_and(|first| (*first..last).contains(&truth.source_ticks));
        due && !published.contains_key(&(truth.name.clone(), truth.source_ticks))
    });
    let missing: Vec<String> = missing.map(|truth| format!("{} {}", truth.name, truth.value)).collect();
    assert!(missing.is_empty(), "{missing:?}\n{}", edge.process.said());
    let losses = edge.declared_losses();
    assert!(losses.iter().all(|loss| loss["writer"] == "Wide" && loss["cause"] == "noLongerWanted"), "{losses:?}");
    let history = std::fs::read_dir(data.join("configuration/history")).expect("there is a history").count();
    assert_eq!(history, 8, "four versions: at the start, by two operations, by the file");
}
