//! What somebody does with the example `browse` at a terminal, or a script with it.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use iiot_core::testing::{Mosquitto, MosquittoOptions, Peers, Process, free_port};
use iiot_stories::{Edge, EdgeOptions, example};
use serde_json::{Value, json};

use crate::http::command;

const PATIENCE: Duration = Duration::from_secs(60);

/// How a server is reached.
struct Way {
    flags: Vec<String>,
    key: String,
}

impl Way {
    fn straight(url: &str) -> Self {
        Self { flags: vec![url.to_owned()], key: String::new() }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(example("browse"));
        command.args(&self.flags).args(words).env("IIOT_KEY", &self.key);
        command
    }

    fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the example was built")
    }

    /// What it prints when all goes well.
    fn said(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it prints text")
    }

    /// The same as JSON.
    fn json(&self, words: &[&str]) -> Value {
        let said = self.said(&[words, &["--json"]].concat());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// What it says when something goes wrong.
    fn refused(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).expect("it prints text")
    }
}

fn interop(name: &str) -> String {
    format!("nsu=urn:iiot:peer:interop;s={name}")
}

/// A server that writes down each value that it takes.
fn witnessing(peers: &Peers, truth: &Path) -> (Process, String) {
    let arguments = ["--truth", truth.to_str().expect("the folder's name is text")];
    peers.node("interop.mjs", free_port(), &arguments).expect("the server starts")
}

/// Whether the server has taken this value.
fn took(truth: &Path, value: f64) -> bool {
    let seen = std::fs::read_to_string(truth).unwrap_or_default();
    seen.contains(&format!("{:016x}", value.to_bits()))
}

#[test]
fn a_server_is_looked_into_and_acted_on_from_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let truth = folder.path().join("truth.jsonl");
    let (_server, url) = witnessing(&peers, &truth);
    let way = Way::straight(&url);
    let (setpoint, object, add) = (interop("Setpoint"), interop("Interop"), interop("Add"));

    assert_eq!(way.said(&["write", &setpoint, "36.6"]), "Good\nreads back as 36.6\n");
    assert!(took(&truth, 36.6), "the server has not seen it");
    assert_eq!(way.said(&["read", &setpoint]), format!("{setpoint}  36.6\n"));
    assert_eq!(way.json(&["read", &setpoint])["results"][0]["value"], 36.6);
    let wrong = way.refused(&["read", &interop("None"), &setpoint]);
    assert!(wrong.contains("BadNodeIdUnknown"), "{wrong}");
    let wrong = way.refused(&["write", &setpoint, "warm"]);
    assert!(wrong.contains("BadTypeMismatch"), "{wrong}");

    let tree = way.said(&["tree", "--node", &object, "--depth", "1"]);
    assert!(tree.contains(&format!("─ Setpoint  {setpoint}  Variable  = 36.6\n")), "{tree}");
    assert!(tree.contains(&format!("─ Add  {add}  Method\n")), "{tree}");
    assert_eq!(tree.lines().filter(|line| line.starts_with("└─ ")).count(), 1, "{tree}");
    let tree = way.said(&[]);
    assert!(tree.contains("─ Interop  ") && tree.contains("│  ├─ ServerArray  i=2254  Variable  = "), "{tree}");

    assert_eq!(way.said(&["call", &object, &add, "a=2", "b=40"]), "Good\nsum = 42\n");
    assert_eq!(way.json(&["call", &object, &add, "[-2, 44]"])["results"][0]["outputs"][0]["value"], 42);
    let wrong = way.refused(&["call", &object, &add, "a=2", "c=40"]);
    assert!(wrong.contains("Bad"), "{wrong}");

    let watched = way.said(&["watch", &interop("Counter"), "--count", "3"]);
    let counts: Vec<u64> = watched.lines().filter_map(|line| line.rsplit("  ").next()?.parse().ok()).collect();
    assert!(counts.len() == 3 && counts.is_sorted_by(|one, next| one < next), "{watched}");
}

#[test]
fn a_server_that_wants_security_is_reached_by_those_who_trust_it_and_as_its_user() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let pki = peers.certificates("pki", "urn:iiot:peer:interop").expect("certificates");
    let text = |path: &Path| path.to_str().expect("the folder's name is text").to_owned();
    let (_server, url) = peers.node("interop.mjs", free_port(), &["--pki", &text(&pki)]).expect("the server starts");
    let (ours, password) = (text(&folder.path().join("ours")), folder.path().join("password"));
    let secure = [&url, "--security", "secure", "--pki", &ours, "--user", "user", "--password-file", &text(&password)];
    let mut way = Way { flags: secure.map(str::to_owned).to_vec(), key: String::new() };
    let setpoint = interop("Setpoint");

    std::fs::write(&password, "secret\n").expect("the test's folder is writable");
    assert!(way.refused(&["read", &setpoint]).contains("trust"), "nobody has trusted its certificate");
    way.flags.push("--trust-all".into());
    assert_eq!(way.said(&["write", &setpoint, "-2.5"]), "Good\nreads back as -2.5\n");
    std::fs::write(&password, "abracadabra").expect("the test's folder is writable");
    let wrong = way.refused(&["read", &setpoint]);
    assert!(wrong.contains("refused user user or the password") && !wrong.contains("abracadabra"), "{wrong}");
}

#[test]
fn alarms_are_followed_and_acknowledged_and_history_is_read_from_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let (mut server, url) = peers.node("events.mjs", free_port(), &[]).expect("the server starts");
    let way = Way::straight(&url);
    let alarm = "nsu=urn:iiot:peer:events;s=SpeedAlarm";
    let mut watching = Process::start(&mut way.command(&["alarms", "--watch"])).expect("the example was built");
    server.send("speed 150").expect("the server listens");
    let line = |states: &'static str| {
        move |lines: &[String]| {
            let mut of_it = lines.iter().filter(|line| line.contains(alarm));
            of_it.find(|line| line.contains(states)).cloned()
        }
    };
    assert!(watching.wait_for(PATIENCE, line(" active unacknowledged ")).is_some(), "{}", watching.said());
    let listed = way.json(&["alarms"]);
    let event = listed["alarms"][0]["eventId"].as_str().expect("the alarm has an event");
    let said = way.said(&["acknowledge", alarm, "--comment", "by hand", "--event", event]);
    assert_eq!(said, "Good\n");
    assert!(watching.wait_for(PATIENCE, line(" active acknowledged ")).is_some(), "{}", watching.said());
    let now = way.said(&["alarms"]);
    assert!(now.contains(" active acknowledged ") && now.contains("\"by hand\""), "{now}");
    let (mut reader, _) = peers.python("reader.py", 0, &["--url", &url]).expect("a client");
    reader.send(&format!("{alarm} AckedState/Id")).expect("the client listens");
    assert_eq!(reader.expect_line("READ ", PATIENCE).expect("an answer"), "true");
    assert!(way.refused(&["acknowledge", alarm, "--event", event]).contains("Bad"), "it is acknowledged already");
    assert!(watching.terminate(PATIENCE).is_some_and(|status| status.success()), "{}", watching.said());

    let (trend, begin) = ("nsu=urn:iiot:peer:events;s=Trend", "2026-01-01T00:00:10Z");
    // The server counts the end of a span to it.
    let history = way.said(&["history", trend, "--from", begin, "--to", "2026-01-01T00:00:12Z"]);
    assert_eq!(history, "2026-01-01T00:00:10Z  10.0\n2026-01-01T00:00:11Z  11.0\n2026-01-01T00:00:12Z  12.0\n");
    let newest = way.said(&["history", trend, "--to", "2026-01-01T00:00:12Z", "--max-values", "1"]);
    assert_eq!(newest, "2026-01-01T00:00:12Z  12.0\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_acts_on_a_server_through_a_broker_as_far_as_its_key_allows() {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    tokio::task::block_in_place(|| act_through(&broker));
}

fn act_through(broker: &Mosquitto) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (data, truth) = (folder.path().join("edge"), folder.path().join("truth.jsonl"));
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let (_server, url) = witnessing(&peers, &truth);
    let [operator, reader] = ["operator", "reader"].map(|role| command(&data, &["key", "make", "script", role, "1"]));
    let place_key = command(&data, &["place"]);
    let entries = json!([{ "EndpointUrl": url, "UseSecurity": false, "OpcNodes": [{ "Id": "i=2258" }] }]);
    let options = EdgeOptions { published_nodes: &entries, sink: "null", data: &data };
    let mut edge = Edge::start_with(&options, |edge| edge.args(["--transport", &broker.url()]));
    let offered = |lines: &[String]| lines.iter().find(|line| line.contains("remote calls are taken")).cloned();
    assert!(edge.process.wait_for_error(PATIENCE, offered).is_some(), "{}", edge.process.said());
    let way = |key: &str| {
        let hub = ["--transport", &broker.url(), "--place", "iiot/edge", "--place-key", place_key.trim()];
        let flags = hub.into_iter().chain(["--endpoint", &url]).map(str::to_owned).collect();
        Way { flags, key: key.trim().to_owned() }
    };
    let (operator, reader, setpoint) = (way(&operator), way(&reader), interop("Setpoint"));

    assert_eq!(operator.said(&["write", &setpoint, "36.6"]), "Good\nreads back as 36.6\n");
    assert!(took(&truth, 36.6), "the server has not seen it");
    assert_eq!(reader.said(&["read", &setpoint]), format!("{setpoint}  36.6\n"));
    let wrong = reader.refused(&["write", &setpoint, "99.5"]);
    assert!(wrong.contains("needs the role Operator"), "{wrong}");
    let sum = operator.said(&["call", &interop("Interop"), &interop("Add"), "a=2", "b=40"]);
    assert_eq!(sum, "Good\nsum = 42\n");
    assert!(reader.said(&["tree", "--depth", "1"]).contains("─ Interop  "));
    assert_eq!(reader.said(&["watch", &setpoint, "--count", "1"]).lines().count(), 1);
    let keyless = Way { key: "iiot_none".into(), ..way("") };
    assert!(keyless.refused(&["read", &setpoint]).contains("key"), "a key that is none");
    assert_eq!(operator.said(&["read", &setpoint]), format!("{setpoint}  36.6\n"));
    assert!(!took(&truth, 99.5), "a reader has written");

    let record = command(&data, &["audit", "list"]);
    assert!(record.contains("twin.write"), "{record}");
    assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());
}
