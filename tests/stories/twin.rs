//! A server behind an edge, in the hands of somebody with curl and a key.

use std::time::Duration;

use iiot_core::testing::{Peers, free_port};
use serde_json::{Value, json};

use crate::http::{Face, command, curl, encoded, face_of, noticed};

const NAMESPACE: &str = "urn:iiot:peer:interop";

impl Face {
    /// Where a request goes, and what is left of it.
    fn addressed(&self, operation: &str, request: &Value) -> (String, String) {
        let mut request = request.clone();
        let endpoint = request.as_object_mut().and_then(|request| request.remove("endpoint")).expect("an endpoint");
        let endpoint = encoded(endpoint.as_str().expect("a text"));
        (format!("{}/v1/twins/{endpoint}/{operation}", self.url), request.to_string())
    }

    /// What an operation of the twin answers, and its status.
    pub(crate) fn twin(&self, key: &str, operation: &str, request: &Value) -> (Value, String) {
        let (url, request) = self.addressed(operation, request);
        let header = format!("Authorization: Bearer {key}");
        let answer = curl(&["--header", &header, "--json", &request, &url]);
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
    let read = || face.twin(reader.trim(), "read", &read);
    let (answer, _) = noticed(&face.edge, || Some(read()).filter(|(_, status)| status == "200"));
    assert_eq!(answer["results"][0]["value"], 36.6);
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

/// What curl prints of a stream in a moment, in events: id and update.
fn events(face: &Face, operation: &str, request: &Value, last: Option<u64>) -> Vec<(u64, Value)> {
    let (url, request) = face.addressed(operation, request);
    let key = format!("Authorization: Bearer {}", face.key);
    let last = last.map(|last| format!("Last-Event-ID: {last}"));
    let mut arguments = vec!["--max-time", "3", "--no-buffer", "--header", &key, "--json", &request];
    arguments.extend(last.iter().flat_map(|last| ["--header", last]));
    arguments.push(&url);
    let printed = curl(&arguments);
    let mut events = Vec::new();
    let mut id = 0;
    for line in printed.lines() {
        if let Some(text) = line.strip_prefix("id: ") {
            id = text.parse().expect("a sequence");
        } else if let Some(data) = line.strip_prefix("data: ") {
            events.push((id, serde_json::from_str(data).expect("JSON")));
        }
    }
    events
}

#[test]
fn curl_follows_alarms_and_acknowledges_them_through_an_edge() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let (mut server, url) = peers.node("events.mjs", free_port(), &[]).expect("the server starts");
    let face = face_of(folder.path(), &format!("127.0.0.1:{}", free_port()), &url);
    let mut tell = |line: &str| {
        drop(server.take_lines());
        server.send(line).expect("the server listens");
        server.expect_line("DONE", Duration::from_secs(20)).expect("it does so");
    };
    let alarm = "nsu=urn:iiot:peer:events;s=SpeedAlarm";
    tell("speed 150");
    let (listed, status) = face.twin(&face.key, "alarms", &json!({ "endpoint": url }));
    assert_eq!((status.as_str(), &listed["alarms"][0]["condition"]), ("200", &json!(alarm)), "{listed}");

    let begun = events(&face, "watch_alarms", &json!({ "endpoint": url }), None);
    let (last, update) = begun.last().expect("the list");
    assert_eq!((&update["changed"][0]["acknowledged"], update["complete"].as_str()), (&json!(false), Some("refresh")));
    let event = json!({ "condition": alarm, "eventId": listed["alarms"][0]["eventId"], "comment": "by curl" });
    let (answer, _) = face.twin(&face.key, "acknowledge", &json!({ "endpoint": url, "events": [event] }));
    assert_eq!(answer["results"][0]["status"]["symbol"], "Good", "{answer}");
    let missed = events(&face, "watch_alarms", &json!({ "endpoint": url }), Some(*last));
    assert!(missed.iter().all(|(id, update)| id > last && update["snapshot"].is_null()), "{missed:?}");
    let newest = missed.iter().rev().find_map(|(_, update)| update["changed"].as_array()?.last());
    let changed = newest.expect("the acknowledgement is told");
    assert_eq!((&changed["acknowledged"], &changed["comment"]), (&json!(true), &json!("by curl")));

    let data = folder.path().join("edge");
    let reader = command(&data, &["key", "make", "dashboard", "reader", "1"]);
    let refuse = || face.twin(reader.trim(), "confirm", &json!({ "endpoint": url, "events": [] })).1;
    noticed(&face.edge, || (refuse() == "403").then_some(()));
    assert!(command(&data, &["audit", "list"]).contains("twin.acknowledge"));
}
