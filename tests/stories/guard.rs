//! An edge with a policy: what it does not allow never reaches the server, and the record says what was changed to what.

use iiot_core::testing::{Peers, free_port};
use serde_json::{Value, json};

use crate::http::{command, face_with};

#[test]
fn a_write_beyond_the_limit_is_not_sent_and_one_within_is_recorded() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let truth = folder.path().join("truth.jsonl");
    let arguments = ["--truth", truth.to_str().expect("the folder's name is text")];
    let (_server, url) = peers.node("interop.mjs", free_port(), &arguments).expect("the server starts");
    let node = |name: &str| format!("nsu=urn:iiot:peer:interop;s={name}");
    let write = json!([{ "nodes": [node("Setpoint")], "min": 0, "max": 80 }]);
    let policy = folder.path().join("guard.json");
    std::fs::write(&policy, json!({ "endpoints": { &url: { "write": write } } }).to_string()).expect("it is writable");
    let bind = format!("127.0.0.1:{}", free_port());
    let mut face = face_with(folder.path(), &bind, &[&url], |edge| edge.arg("--guard").arg(&policy));
    let seen = |value: f64| {
        let truth = std::fs::read_to_string(&truth).unwrap_or_default();
        truth.contains(&format!("{:016x}", value.to_bits()))
    };
    let write = |items: Value| {
        let (answer, status) = face.twin(&face.key, "write", &json!({ "endpoint": url, "nodes": items }));
        assert_eq!(status, "200", "{answer}");
        let results = answer["results"].as_array().expect("results");
        results.iter().map(|result| result["status"]["symbol"].to_string()).collect::<Vec<_>>().join(" ")
    };
    let namespaces = face.twin(&face.key, "capabilities", &json!({ "endpoint": url })).0["namespaces"].clone();
    let known = namespaces.as_array().expect("namespaces");
    let index = known.iter().position(|uri| uri == "urn:iiot:peer:interop").expect("it is there");
    let by_index = format!("ns={index};s=Setpoint");

    assert_eq!(write(json!([{ "node": node("Setpoint"), "value": 36.5 }])), r#""Good""#);
    let items = json!([
        { "node": node("Setpoint"), "value": 81.25 },
        { "node": by_index, "value": { "UaType": 11, "Value": 82.25 } },
        { "node": node("Double"), "value": 12.25 },
        { "node": by_index, "value": 79.25 },
    ]);
    assert_eq!(write(items), r#""BadOutOfRange" "BadOutOfRange" "BadUserAccessDenied" "Good""#);
    assert!(seen(36.5) && seen(79.25), "what is allowed is sent");
    assert!(!seen(81.25) && !seen(82.25) && !seen(12.25), "what is not allowed is not");
    let add = json!({ "object": node("Interop"), "method": node("Add"), "inputs": [2, 40] });
    let (answer, _) = face.twin(&face.key, "call", &json!({ "endpoint": url, "calls": [add] }));
    assert_eq!(answer["results"][0]["status"]["symbol"], "BadUserAccessDenied");

    let data = folder.path().join("edge");
    let record = command(&data, &["audit", "list"]);
    let ends = record.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let ends: Vec<Value> = ends.filter(|line| line["event"] == "done" && line["operation"] == "twin.write").collect();
    let [_, end] = &ends[..] else { panic!("two writes were carried out\n{record}") };
    let value = |value: f64| json!({ "UaType": 11, "Value": value });
    let item = &end["details"]["items"][3];
    assert_eq!((&end["principal"], &item["asked"]["node"]), (&json!("test"), &json!(node("Setpoint"))), "{record}");
    assert_eq!((&item["before"]["value"], &item["asked"]["value"]), (&value(36.5), &json!(79.25)), "{record}");
    assert_eq!(item["result"]["readBack"]["value"], value(79.25), "{record}");
    assert_eq!(end["details"]["items"][0]["result"]["status"]["symbol"], "BadOutOfRange", "{record}");
    assert!(command(&data, &["audit", "check"]).contains("records follow from each other"));
    assert!(face.edge.stop(), "the edge did not stop well\n{}", face.edge.process.said());
}
