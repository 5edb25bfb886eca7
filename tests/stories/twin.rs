//! A server behind an edge, in the hands of somebody with curl and a key.

use iiot_core::testing::{Peers, free_port};
use serde_json::{Value, json};

use crate::http::{Face, command, curl, encoded, face_of};

const NAMESPACE: &str = "urn:iiot:peer:interop";

impl Face {
    /// What an operation of the twin answers, and its status.
    fn twin(&self, key: &str, operation: &str, request: &Value) -> (Value, String) {
        let mut request = request.clone();
        let endpoint = request.as_object_mut().and_then(|request| request.remove("endpoint")).expect("an endpoint");
        let endpoint = encoded(endpoint.as_str().expect("a text"));
        let (url, header) =
            (format!("{}/v1/twins/{endpoint}/{operation}", self.url), format!("Authorization: Bearer {key}"));
        let answer = curl(&["--header", &header, "--json", &request.to_string(), &url]);
        let (body, status) = answer.rsplit_once(' ').expect("the status is behind the body");
        (serde_json::from_str(body).unwrap_or_default(), status.to_owned())
    }
}

#[test]
fn curl_reads_writes_and_calls_through_an_edge() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let truth = folder.path().join("truth.jsonl");
    let arguments = ["--truth", truth.to_str().expect("the folder's name is text")];
    let (_server, url) = peers.node("interop.mjs", free_port(), &arguments).expect("the server starts");
    let mut face = face_of(folder.path(), &format!("127.0.0.1:{}", free_port()), &url);
    let node = |name: &str| format!("nsu={NAMESPACE};s={name}");

    let (answer, status) = face.twin(&face.key, "browse", &json!({ "endpoint": url, "nodes": [node("Interop")] }));
    assert_eq!(status, "200", "{answer}");
    let found = answer["results"][0]["references"].as_array().expect("references");
    assert!(found.iter().any(|reference| reference["node"] == node("Setpoint")), "{answer}");

    let write = json!({ "endpoint": url, "readBack": true, "nodes": [{ "node": node("Setpoint"), "value": 36.6 }] });
    let (answer, status) = face.twin(&face.key, "write", &write);
    assert_eq!((status.as_str(), &answer["results"][0]["status"]["symbol"]), ("200", &json!("Good")), "{answer}");
    assert_eq!(answer["results"][0]["readBack"]["value"], json!({ "UaType": 11, "Value": 36.6 }));
    let seen = std::fs::read_to_string(&truth).expect("the server has seen it");
    assert!(seen.contains(&format!("{:016x}", 36.6_f64.to_bits())), "{seen}");

    let add = json!({ "object": node("Interop"), "method": node("Add"), "inputs": { "a": 2, "b": 40 } });
    let (answer, _) = face.twin(&face.key, "call", &json!({ "endpoint": url, "encoding": "raw", "calls": [add] }));
    assert_eq!(answer["results"][0]["outputs"], json!([{ "name": "sum", "value": 42 }]), "{answer}");

    let data = folder.path().join("edge");
    let reader = command(&data, &["key", "make", "dashboard", "reader", "1"]);
    let read = json!({ "endpoint": url, "encoding": "raw", "nodes": [{ "node": node("Setpoint") }] });
    let taken = (0..100).map(|_| face.twin(reader.trim(), "read", &read)).find(|(_, status)| status == "200");
    assert_eq!(taken.expect("the key is known soon").0["results"][0]["value"], 36.6);
    let header = format!("Authorization: Bearer {}", reader.trim());
    let place = format!("{}/v1/twins/{}", face.url, encoded(&url));
    let got = |operation: &str, query: &str| {
        curl(&["--header", &header, "--globoff", &format!("{place}/{operation}?{query}")])
    };
    let answer =
        got("read", &format!("encoding=raw&node={}&node={}", encoded(&node("Setpoint")), encoded(&node("Int32"))));
    assert!(answer.contains("\"value\":36.6") && answer.ends_with("}]} 200"), "{answer}");
    assert!(got("browse", "node=i=85&nodeClasses=object&header.timeoutMs=9000").contains("\"browseName\":\"Server\""));
    assert!(got("node", "node=i=2258").contains("\"browseName\":\"CurrentTime\""));
    assert!(got("browse", "nod=i=85").ends_with(" 400"));
    assert_eq!(face.twin(reader.trim(), "write", &write).1, "403");
    let elsewhere = json!({ "endpoint": "opc.tcp://elsewhere:4840", "nodes": [] });
    assert_eq!(face.twin(reader.trim(), "read", &elsewhere).1, "404");

    let record = command(&data, &["audit", "list"]);
    assert!(record.contains("twin.write") && record.contains("twin.call"), "{record}");
    assert!(face.edge.stop(), "the edge did not stop well\n{}", face.edge.process.said());
}
