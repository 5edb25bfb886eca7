//! Servers of other people, with the same address space.

use iiot_core::testing::{Peers, Stack, free_port};
use serde_json::{Value, json};

use crate::cases;
use crate::setup::{PATIENCE, ask, good, twin_of};

async fn cases_on(stack: Stack) {
    let folder = tempfile::tempdir().unwrap();
    let truth = folder.path().join("truth.jsonl");
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = peers.interop(stack, free_port(), &["--truth", truth.to_str().unwrap()]).unwrap();
    let twin = twin_of(&url);
    assert!(cases::run(&twin, cases::INTEROP, stack.name()).await >= 19);
    assert!(cases::run(&twin, cases::REACH, stack.name()).await >= 15);

    // What was written last is what the server saw.
    let bits = format!("{:016x}", 36.6_f64.to_bits());
    let seen = std::fs::read_to_string(&truth).unwrap();
    assert!(seen.lines().last().unwrap().contains(&bits), "{seen}");

    // History, to the end, without a gap.
    let counter = "nsu=urn:iiot:peer:interop;s=Counter";
    let details = json!({ "kind": "raw", "start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z" });
    let request = |max: u32| json!({ "encoding": "raw", "nodes": [counter], "details": details, "maxValues": max });
    let counts = loop {
        let history = good(&twin, "history_read", request(10_000)).await;
        let values: Vec<u64> = history[0]["values"].as_array().unwrap().iter().filter_map(number).collect();
        if values.len() > 10 {
            break values;
        }
    };
    assert!(counts.windows(2).all(|pair| pair[1] == pair[0] + 1), "{counts:?}");
    let some = ask(&twin, "history_read", request(3)).await.unwrap();
    assert_eq!(
        (some["results"][0]["values"].as_array().map(Vec::len), &some["results"][0]["more"]),
        (Some(3), &json!(true))
    );
}

fn number(value: &Value) -> Option<u64> {
    value["value"].as_u64().filter(|count| *count > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_on_node_opcua() {
    cases_on(Stack::NodeOpcua).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_on_asyncua() {
    cases_on(Stack::Asyncua).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_on_open62541() {
    cases_on(Stack::Open62541).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_on_milo() {
    cases_on(Stack::Milo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn averages_of_node_opcua() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = peers.node("events.mjs", free_port(), &[]).unwrap();
    let twin = twin_of(&url);
    let read = |details: Value| json!({ "encoding": "raw", "nodes": ["nsu=urn:iiot:peer:events;s=Trend"], "details": details });
    let of = |answer: &[Value]| -> Vec<f64> {
        answer[0]["values"].as_array().unwrap().iter().map(|value| value["value"].as_f64().unwrap()).collect()
    };
    let (start, end) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:30Z");
    let average =
        json!({ "kind": "processed", "start": start, "end": end, "aggregate": "i=2342", "intervalMs": 10_000 });
    assert_eq!(of(&good(&twin, "history_read", read(average)).await), [4.5, 14.5, 24.5]);
    let backwards = json!({ "kind": "raw", "end": "2026-01-01T00:04:09Z" });
    let mut request = read(backwards);
    request["maxValues"] = json!(3);
    assert_eq!(of(&good(&twin, "history_read", request).await), [249.0, 248.0, 247.0]);
    let at_times = read(json!({ "kind": "atTimes", "times": [start] }));
    let refused = ask(&twin, "history_read", at_times).await.unwrap();
    assert!(refused["results"][0]["status"]["symbol"].as_str().unwrap().starts_with("Bad"), "{refused}");
}

/// In three answers, since the server gives as many values in one as it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn history_of_node_opcua_is_read_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = peers.node("events.mjs", free_port(), &["--values", "12000"]).unwrap();
    let twin = twin_of(&url);
    let details = json!({ "kind": "raw", "start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z" });
    let trend = "nsu=urn:iiot:peer:events;s=Trend";
    let request = |max: u32| json!({ "encoding": "raw", "nodes": [trend], "details": details, "maxValues": max });
    let history = good(&twin, "history_read", request(20_000)).await;
    let values = history[0]["values"].as_array().unwrap();
    assert_eq!((values.len(), &history[0]["more"]), (12_000, &json!(false)));
    assert!(values.iter().enumerate().all(|(index, value)| value["value"] == json!(index as f64)));
    let history = good(&twin, "history_read", request(11_000)).await;
    assert_eq!(history[0]["values"].as_array().map(Vec::len), Some(11_000));
    assert_eq!(history[0]["more"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_says_of_itself_reaches_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = peers.interop(Stack::NodeOpcua, free_port(), &[]).unwrap();
    let twin = twin_of(&url);
    let header = json!({ "auditId": "shift 3, alice", "locales": ["de-AT", "en"] });
    let write = json!({ "node": "nsu=urn:iiot:peer:interop;s=Setpoint", "value": 1 });
    good(&twin, "write", json!({ "header": header, "nodes": [write] })).await;
    good(&twin, "browse", json!({ "nodes": ["i=85"] })).await;
    server.send("heard").unwrap();
    let heard = |lines: &[String]| lines.iter().find_map(|line| line.strip_prefix("HEARD ").map(str::to_owned));
    let heard: Value = serde_json::from_str(&server.wait_for(PATIENCE, heard).unwrap()).unwrap();
    let audits = heard["audits"].as_array().unwrap();
    assert!(audits.contains(&json!("WriteRequest shift 3, alice")), "{heard}");
    assert!(!audits.iter().any(|audit| audit.as_str().unwrap().starts_with("Browse")), "{heard}");
    assert_eq!(heard["locales"], json!([["de-AT", "en"]]), "the second session leaves the language to the server");
}
