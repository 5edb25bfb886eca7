//! History of a foreign server: changed, read back, with who changed it, and events.

use std::net::SocketAddr;
use std::sync::Arc;

use iiot_core::testing::{FaultProxy, Peers, Process, eventually, free_port, within};
use iiot_twin::Twin;
use serde_json::{Value, json};

use crate::setup::{PATIENCE, ask, good, twin_of};

const TREND: &str = "nsu=urn:iiot:peer:events;s=Trend";

fn second(number: u32) -> String {
    format!("2026-01-01T00:{:02}:{:02}Z", number / 60, number % 60)
}

fn raw(start: u32, end: u32) -> Value {
    let details = json!({ "kind": "raw", "start": second(start), "end": second(end) });
    json!({ "encoding": "raw", "nodes": [TREND], "details": details })
}

fn numbers(result: &Value) -> Vec<f64> {
    result["values"].as_array().unwrap().iter().map(|value| value["value"].as_f64().unwrap()).collect()
}

fn symbols(result: &Value) -> Vec<&str> {
    result["items"].as_array().unwrap().iter().map(|status| status["symbol"].as_str().unwrap()).collect()
}

fn asyncua() -> (tempfile::TempDir, Process, String, u16) {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let port = free_port();
    let (server, url) = peers.python("events_server.py", port, &[]).unwrap();
    (folder, server, url, port)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_in_history_is_read_back_with_who_changed_it() {
    let (_folder, _server, url, _) = asyncua();
    let twin = twin_of(&url);
    let value = |number: f64, at: u32| json!({ "value": number, "sourceTimestamp": second(at) });
    let values = json!([value(-5.0, 5), { "value": "warm", "sourceTimestamp": second(6) }, value(-300.0, 300)]);
    let change = |kind: &str| json!({ "node": TREND, "change": { "kind": kind, "values": values } });
    let request = json!({ "changes": [change("insert"), change("update"), { "node": "nsu=urn:none;s=x", "change": { "kind": "deleteAtTimes", "times": [] } }] });
    let answer = ask(&twin, "history_update", request).await.unwrap();
    assert_eq!(symbols(&answer["results"][0]), ["BadEntryExists", "BadTypeMismatch", "GoodEntryInserted"]);
    assert_eq!(answer["results"][0]["status"]["symbol"], "BadEntryExists", "what is bad is told first");
    assert_eq!(symbols(&answer["results"][1]), ["GoodEntryReplaced", "BadTypeMismatch", "GoodEntryReplaced"]);
    assert_eq!(answer["results"][2]["status"]["symbol"], "BadNodeIdUnknown");
    assert_eq!(numbers(&good(&twin, "history_read", raw(4, 7)).await[0]), [4.0, -5.0, 6.0, 7.0]);
    assert_eq!(numbers(&good(&twin, "history_read", raw(300, 300)).await[0]), [-300.0]);

    let times = json!({ "kind": "deleteAtTimes", "times": [second(5), second(1000)] });
    let range = json!({ "kind": "deleteRange", "start": second(10), "end": second(240) });
    let replace = json!({ "kind": "replace", "values": [value(1.5, 2), value(1.5, 400)] });
    let changes: Vec<_> =
        [times, range, replace].into_iter().map(|change| json!({ "node": TREND, "change": change })).collect();
    let answer = ask(&twin, "history_update", json!({ "changes": changes })).await.unwrap();
    assert_eq!(symbols(&answer["results"][0]), ["Good", "BadNoEntryExists"]);
    assert_eq!((&answer["results"][1]["status"]["symbol"], symbols(&answer["results"][1]).len()), (&json!("Good"), 0));
    assert_eq!(symbols(&answer["results"][2]), ["GoodEntryReplaced", "BadNoEntryExists"]);
    let left = numbers(&good(&twin, "history_read", raw(0, 242)).await[0]);
    assert_eq!(left, [0.0, 1.0, 1.5, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0, 240.0, 241.0, 242.0]);

    let mut request = raw(0, 9);
    request["details"]["kind"] = "modified".into();
    let modified = good(&twin, "history_read", request).await.remove(0);
    assert_eq!(numbers(&modified), [5.0, 2.0], "the values that were replaced");
    let infos = modified["modifications"].as_array().unwrap();
    assert!(infos.iter().all(|info| info["kind"] == "replace" && info["user"] == "operator of asyncua"), "{infos:?}");
    assert!(infos.iter().all(|info| info["time"].as_str().unwrap().starts_with("20")));
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_events_come_with_their_fields_by_name() {
    let (_folder, mut server, url, _) = asyncua();
    for severity in [100, 900] {
        server.send(&format!("raise {severity} 1.5 pressure is {severity}")).unwrap();
    }
    let done = |lines: &[String]| (lines.iter().filter(|line| *line == "DONE").count() == 2).then_some(());
    server.wait_for(PATIENCE, done).unwrap();
    let twin = twin_of(&url);
    let fields = json!(["Severity", "Message", "nsu=urn:iiot:peer:events;Pressure"]);
    let details =
        json!({ "kind": "events", "start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z", "fields": fields });
    let request = json!({ "encoding": "raw", "nodes": ["i=2253"], "details": details });
    // The stack stores an event a moment after it was raised.
    let stored = async || {
        let read = good(&twin, "history_read", request.clone()).await.remove(0);
        let events = read["events"].as_array().cloned().unwrap_or_default();
        if events.len() == 2 { Ok(events) } else { Err(events) }
    };
    let events = eventually(PATIENCE, stored).await.unwrap();
    let severities: Vec<_> = events.iter().map(|event| event["Severity"].as_u64().unwrap()).collect();
    assert_eq!(severities, [100, 900]);
    assert_eq!(events[1]["Message"]["Text"], "pressure is 900");
    assert_eq!(events[1]["nsu=urn:iiot:peer:events;Pressure"], 1.5);
    events_are_changed(&twin, &request).await;
    let mut wrong = request;
    wrong["details"]["fields"] = json!(["nsu=urn:none;Pressure"]);
    let error = ask(&twin, "history_read", wrong).await.unwrap_err();
    assert!(error.report().contains("Pressure is no field"), "{}", error.report());
}

/// Events are added and replaced by their EventId, item by item, and read back.
async fn events_are_changed(twin: &Arc<dyn Twin>, read: &Value) {
    let event = |id: &str, severity: u16| {
        json!([{ "UaType": 15, "Value": id }, { "UaType": 13, "Value": "2026-01-01T00:00:00Z" },
            { "UaType": 5, "Value": severity }, { "UaType": 21, "Value": { "Text": "entered later" } }])
    };
    let change = |kind: &str, events: Value| {
        let change = json!({ "kind": kind, "fields": ["EventId", "Time", "Severity", "Message"], "events": events });
        json!({ "node": "i=2253", "change": change })
    };
    let changes = [
        change("insertEvents", json!([event("AQ==", 1), event("AQ==", 2), [1]])),
        change("replaceEvents", json!([event("AQ==", 3), event("Ag==", 4)])),
        change("updateEvents", json!([event("Ag==", 5)])),
    ];
    let answer = ask(twin, "history_update", json!({ "changes": changes })).await.unwrap();
    let expected = [
        &["GoodEntryInserted", "BadEntryExists", "BadInvalidArgument"][..],
        &["GoodEntryReplaced", "BadNoEntryExists"],
        &["GoodEntryInserted"],
    ];
    for (result, expected) in answer["results"].as_array().unwrap().iter().zip(expected) {
        assert_eq!(symbols(result), expected, "{answer:#}");
    }
    let mut request = read.clone();
    request["details"]["fields"] = json!(["Severity", "Message"]);
    let found = good(twin, "history_read", request).await.remove(0);
    let later = found["events"].as_array().unwrap().iter().filter(|event| event["Message"]["Text"] == "entered later");
    assert_eq!(later.map(|event| event["Severity"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 5], "{found:#}");
}

/// In the middle of it the way is cut: it is read to the end, or what came stands and the reason is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_in_the_middle_costs_no_value_that_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let port = free_port();
    let (_server, _) = peers.node("events.mjs", port, &["--values", "30000"]).unwrap();
    let proxy = FaultProxy::start(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    let twin = twin_of(&format!("opc.tcp://{}", proxy.address()));
    let details = json!({ "kind": "raw", "start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z" });
    let request = json!({ "encoding": "raw", "nodes": [TREND], "details": details, "maxValues": 40_000 });
    good(&twin, "read", json!({ "nodes": [{ "node": TREND }] })).await;
    let before = proxy.bytes().0 + proxy.bytes().1;
    let reading = ask(&twin, "history_read", request);
    let cutting = async {
        within("the history is on its way", PATIENCE, proxy.passed(before + 300_000)).await;
        proxy.cut();
    };
    let (answer, ()) = tokio::join!(reading, cutting);
    let result = &answer.unwrap()["results"][0];
    let values = numbers(result);
    assert!(values.len() >= 5_000, "what came stands: {}", values.len());
    assert!(values.iter().enumerate().all(|(index, value)| *value == index as f64));
    match result["status"]["code"].as_u64() {
        Some(0) => assert_eq!((values.len(), &result["more"]), (30_000, &json!(false))),
        _ => {
            assert!(result["status"]["reason"].is_string(), "{}", result["status"]);
            assert_eq!(result["more"], true, "go on behind the last");
        }
    }
}
