//! Wrong input: one sentence that says what, where and what to do; the rest keeps running.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use iiot_core::testing::{Peers, Process, free_port};
use iiot_stories::{Edge, EdgeOptions, example};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// What cannot be started with: arguments, exit code, and what the sentence says.
struct Refused {
    what: &'static str,
    arguments: &'static [&'static str],
    code: i32,
    says: &'static [&'static str],
}

const REFUSED: [Refused; 10] = [
    Refused {
        what: "a missing file",
        arguments: &["--published-nodes", "missing.json"],
        code: 2,
        says: &["missing.json", "there is no such file", "check the path"],
    },
    Refused {
        what: "broken JSON",
        arguments: &["--published-nodes", "broken.json"],
        code: 2,
        says: &["broken.json", "not valid JSON", "line 1"],
    },
    Refused {
        what: "something else than a list",
        arguments: &["--published-nodes", "object.json"],
        code: 2,
        says: &["object.json", "put the entries into an array"],
    },
    Refused {
        what: "nothing to publish",
        arguments: &["--published-nodes", "empty.json"],
        code: 2,
        says: &["empty.json", "nothing in it can be published", "add an entry"],
    },
    Refused {
        what: "an unknown sink",
        arguments: &["--published-nodes", "good.json", "--sink", "amqp://broker"],
        code: 2,
        says: &["open sink", "stdout, null, file:PATH", "mqtt://HOST:PORT"],
    },
    Refused {
        what: "a folder that is a file",
        arguments: &["--published-nodes", "good.json", "--data", "good.json"],
        code: 3,
        says: &["good.json", "choose another folder"],
    },
    Refused {
        what: "HTTP in clear for everybody",
        arguments: &["--published-nodes", "good.json", "--data", "data", "--http", "http://0.0.0.0:9702"],
        code: 2,
        says: &["http://0.0.0.0:9702", "keys would travel in clear", "write https://"],
    },
    Refused {
        what: "a missing policy",
        arguments: &["--published-nodes", "good.json", "--guard", "missing.json"],
        code: 2,
        says: &["missing.json", "read the policy of the guard", "cannot be read"],
    },
    Refused {
        what: "a policy with a node by index",
        arguments: &["--published-nodes", "good.json", "--guard", "guard.json"],
        code: 2,
        says: &["guard.json", "ns=2;s=Valve", "write nsu= with the URI"],
    },
    Refused { what: "an unknown flag", arguments: &["--no-such-flag"], code: 2, says: &["--no-such-flag", "Usage"] },
];

#[test]
fn what_cannot_be_started_with_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let good = json!([entry("opc.tcp://127.0.0.1:1", &[])]).to_string();
    let guard = json!({ "endpoints": { "*": { "write": [{ "nodes": ["ns=2;s=Valve"] }] } } }).to_string();
    let files = [
        ("broken.json", "[{"),
        ("object.json", "{}"),
        ("empty.json", "[]"),
        ("good.json", &good),
        ("guard.json", &guard),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("the test's folder is writable");
    }
    for refused in REFUSED {
        let mut edge = Process::start(Command::new(example("edge")).args(refused.arguments).current_dir(folder.path()))
            .expect("the example was built");
        let status = edge.wait(PATIENCE).unwrap_or_else(|| panic!("{}: it goes on\n{}", refused.what, edge.said()));
        assert_eq!(status.code(), Some(refused.code), "{}\n{}", refused.what, edge.said());
        assert_eq!(edge.stdout(), Vec::<String>::new(), "{}", refused.what);
        let sentence = edge.stderr().join("\n");
        for part in refused.says {
            assert!(sentence.contains(part), "{}: `{part}` is missing in\n{sentence}", refused.what);
        }
    }
}

#[test]
fn what_goes_wrong_with_one_server_is_told_and_the_rest_keeps_running() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let pki = peers.certificates("pki", "urn:iiot:peer:types").expect("certificates");
    let stranger = peers.certificates("stranger", "urn:iiot:peer:types").expect("certificates");
    let (_server, url) = server(&peers, &pki);
    let (_other, untrusted) = server(&peers, &stranger);
    let password = [("OpcAuthenticationMode", "UsernamePassword"), ("OpcAuthenticationUsername", "user")];
    let mut unknown_node = entry(&url, &[("DataSetWriterGroup", "unknown node")]);
    unknown_node["OpcNodes"] = json!([{ "Id": "nsu=urn:iiot:peer:types;s=No.Such.Node" }]);
    let entries = json!([
        entry(&url, &[("DataSetWriterGroup", "good")]),
        unknown_node,
        entry(&url, &[&password[..], &[("OpcAuthenticationPassword", "wrong")]].concat()),
        entry(&untrusted, &[("EndpointSecurityMode", "SignAndEncrypt")]),
        entry("opc.tcp://127.0.0.1:1", &[]),
    ]);
    Edge::trust(&folder.path().join("edge"), &pki.join("self-signed.der"));
    let mut edge = start(&entries, "stdout", folder.path());
    told(&edge, "an unknown node", &["No.Such.Node", "BadNodeIdUnknown"]);
    told(&edge, "a wrong password", &[&url, "as user", "refused user user or the password"]);
    told(&edge, "an untrusted certificate", &[&untrusted, "not trusted", "rejected/certs"]);
    told(&edge, "an unreachable host", &["opc.tcp://127.0.0.1:1", "refused"]);
    let is_good =
        |line: &String| line.contains(r#""WriterGroupName":"good""#) && line.contains(r#""Int32":{"UaType":6"#);
    let published = edge.process.wait_for(PATIENCE, |lines| lines.iter().any(is_good).then_some(()));
    assert!(published.is_some(), "the good server is not published\n{}", edge.process.said());
    assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());
}

#[test]
fn an_unreachable_broker_is_told_and_tried_again() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let broker = format!("mqtt://127.0.0.1:{}", free_port());
    let mut edge = start(&json!([entry("opc.tcp://127.0.0.1:1", &[])]), &broker, folder.path());
    told(&edge, "an unreachable broker", &[&broker, "refused", "is the broker running there?"]);
    told(&edge, "an unreachable host", &["opc.tcp://127.0.0.1:1", "refused"]);
    assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());
}

fn server(peers: &Peers, pki: &Path) -> (Process, String) {
    let (truth, pki) = (pki.join("truth").display().to_string(), pki.display().to_string());
    peers.node("types.mjs", free_port(), &["--truth", &truth, "--pki", &pki]).expect("the server starts")
}

fn start(entries: &Value, sink: &str, folder: &Path) -> Edge {
    Edge::start(&EdgeOptions { published_nodes: entries, sink, data: &folder.join("edge") })
}

fn entry(url: &str, more: &[(&str, &str)]) -> Value {
    let mut entry = json!({
        "EndpointUrl": url,
        "DataSetPublishingInterval": 200,
        "OpcNodes": [{ "Id": "nsu=urn:iiot:peer:types;s=Int32.Scalar.0", "DataSetFieldId": "Int32" }],
    });
    for (name, value) in more {
        entry[name] = json!(value);
    }
    entry
}

/// Waits for a line of the log that says all of this.
fn told(edge: &Edge, what: &str, parts: &[&str]) {
    let says = |line: &String| parts.iter().all(|part| line.contains(part));
    let told = edge.process.wait_for_error(PATIENCE, |lines| lines.iter().any(says).then_some(()));
    assert!(told.is_some(), "{what} is not told in one line with {parts:?}\n{}", edge.process.said());
}
