//! Events and values as they happen, on servers in memory and of other people.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use iiot_core::clock::ManualClock;
use iiot_core::session::{ConnectOptions, MemoryServer, PoolOptions, SessionPool};
use iiot_core::testing::{FaultProxy, Peers, Process, free_port, wait_until};
use iiot_core::time::UtcTime;
use iiot_core::ua::NodeId;
use iiot_core::{ErrorKind, Result};
use iiot_twin::{EndpointMap, LocalTwin, Twin};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::setup::{ENDPOINT, PATIENCE, good, in_memory, open, remote, twin, twin_of};

type Updates = BoxStream<'static, Result<Value>>;

async fn next(updates: &mut Updates) -> Value {
    timeout(PATIENCE, updates.next()).await.expect("an update comes").expect("the stream goes on").unwrap()
}

/// The next update that has this.
async fn with(updates: &mut Updates, member: &str) -> Value {
    loop {
        let update = next(updates).await;
        if !update[member].is_null() {
            return update;
        }
    }
}

/// The next update with this value; servers repeat the one before when a connection comes back.
async fn until_value(updates: &mut Updates, value: f64) -> Value {
    loop {
        let update = with(updates, "values").await;
        if update["values"].as_array().unwrap().last().unwrap()["value"] == value {
            assert_eq!((&update["snapshot"], &update["gap"]), (&Value::Null, &Value::Null), "{update}");
            return update;
        }
    }
}

fn boiler() -> NodeId {
    NodeId::new(1, "Boiler")
}

fn server_in_memory() -> (MemoryServer, Arc<dyn Twin>) {
    let server = MemoryServer::new();
    server.add_variable(boiler(), "Boiler", 0.0);
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, ConnectOptions::new(server.url()));
    let twin = twin(Arc::new(server.connector()), endpoints);
    (server, twin)
}

fn watch_boiler() -> Value {
    json!({ "encoding": "raw", "nodes": [{ "node": "ns=1;s=Boiler" }, { "node": "ns=1;s=None" }, { "node": "what" }] })
}

#[tokio::test]
async fn values_begin_with_how_each_item_stands() {
    let (server, local) = server_in_memory();
    for twin in [&local, &remote(&local, in_memory()).await.twin] {
        let mut updates = open(twin, "watch_values", watch_boiler()).await.unwrap();
        let first = next(&mut updates).await;
        let symbols: Vec<&str> =
            first["items"].as_array().unwrap().iter().map(|item| item["status"]["symbol"].as_str().unwrap()).collect();
        assert_eq!(symbols, ["Good", "BadNodeIdUnknown", "BadNodeIdInvalid"], "{first}");
        let first = if first["values"].is_null() { with(&mut updates, "values").await } else { first };
        let before = first["values"][0]["value"].as_f64().unwrap();
        server.set(&boiler(), before + 1.0);
        let update = with(&mut updates, "values").await;
        assert_eq!((&update["values"][0]["item"], &update["values"][0]["value"]), (&json!(0), &json!(before + 1.0)));
        server.interrupt("pulled");
        assert_eq!(with(&mut updates, "state").await["state"], json!({ "state": "reconnecting", "reason": "pulled" }));
        server.restart();
        assert_eq!(with(&mut updates, "state").await["state"]["state"], "connected");
        assert_eq!(with(&mut updates, "gap").await["gap"]["reason"], "subscriptionLost");
        assert_eq!(with(&mut updates, "values").await["values"][0]["value"], json!(before + 1.0));
    }
    assert_eq!(server.subscriptions(), 1, "all who watch the same share one");
}

/// Whoever does not read falls behind and is told so; nobody else notices.
#[tokio::test]
async fn a_reader_that_stops_delays_nobody() {
    let (server, twin) = server_in_memory();
    let mut asleep = open(&twin, "watch_values", watch_boiler()).await.unwrap();
    let mut awake = open(&twin, "watch_values", watch_boiler()).await.unwrap();
    with(&mut awake, "values").await;
    next(&mut asleep).await;
    for number in 1..=3_000 {
        server.set(&boiler(), f64::from(number));
        assert_eq!(with(&mut awake, "values").await["values"][0]["value"], json!(f64::from(number)));
    }
    let late = with(&mut asleep, "gap").await;
    assert_eq!((&late["gap"]["reason"], &late["snapshot"]), (&json!("readerTooSlow"), &json!(true)));
    assert_eq!(late["values"][0]["value"], json!(3_000.0));
    assert!(asleep.next().now_or_never().is_none(), "it knows all there is");
    server.set(&boiler(), 3_001.0);
    assert_eq!(with(&mut asleep, "values").await["values"][0]["value"], json!(3_001.0));
}

#[tokio::test]
async fn a_request_that_means_nothing_is_refused() {
    let (_server, twin) = server_in_memory();
    let wrong = [
        ("watch_values", json!({ "nodes": [], "publishingIntervalMs": 1 })),
        ("watch_events", json!({ "condition": { "operator": "not", "operands": [] } })),
        ("watch_events", json!({ "notifier": "what" })),
        ("watch_events", json!({ "fields": vec![json!({ "path": ["Message"] }); 201] })),
    ];
    for (operation, request) in wrong {
        let refused = open(&twin, operation, request.clone()).await;
        assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::InvalidArgument), "{request}");
    }
    let elsewhere = open(&twin, "watch_alarms", json!({ "endpoint": "elsewhere" })).await;
    assert_eq!(elsewhere.err().map(|error| error.kind()), Some(ErrorKind::NotFound));
}

fn tell(server: &mut Process, line: &str) {
    drop(server.take_lines());
    server.send(line).unwrap();
    server.expect_line("DONE", PATIENCE).unwrap();
}

/// The events of a server that a condition lets through, with fields of a type of its own.
async fn events_of(kind: &str, pressure: Value) {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = match kind {
        "node" => peers.node("events.mjs", free_port(), &[]),
        _ => peers.python("events_server.py", free_port(), &[]),
    }
    .unwrap();
    let local = twin_of(&url);
    let behind = remote(&local, in_memory()).await;
    let severe = json!({ "operator": "greaterThanOrEqual",
        "operands": [{ "field": { "path": ["Severity"] } }, { "value": { "UaType": 5, "Value": 500 } }] });
    let request = json!({ "encoding": "raw", "condition": severe,
        "fields": [{ "path": ["Severity"] }, { "path": ["Message"] }, pressure] });
    let mut streams = Vec::new();
    for twin in [&local, &behind.twin] {
        let mut updates = open(twin, "watch_events", request.clone()).await.unwrap();
        let first = next(&mut updates).await;
        assert_eq!((&first["status"]["symbol"], &first["refused"]), (&json!("Good"), &Value::Null), "{first}");
        streams.push(updates);
    }
    tell(&mut server, "raise 100 1 low");
    tell(&mut server, "raise 800 4.5 high");
    for updates in &mut streams {
        let update = with(updates, "events").await;
        let event = &update["events"][0];
        assert_eq!(event["Severity"], 800, "{update}");
        assert_eq!(event[pressure["path"][0].as_str().unwrap()], 4.5, "{update}");
        assert!(event["Message"].to_string().contains("high"), "{update}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_node_opcua() {
    let path = ["nsu=urn:iiot:peer:events;Pressure"];
    events_of("node", json!({ "path": path, "eventType": "nsu=urn:iiot:peer:events;s=PumpEventType" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_asyncua() {
    events_of("python", json!({ "path": ["Pressure"] })).await;
}

/// Values with a deadband over a connection that is cut; who comes again goes on where he was.
#[tokio::test(flavor = "multi_thread")]
async fn values_of_node_opcua_over_a_cut() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let port = free_port();
    let (_server, url) = peers.node("events.mjs", port, &[]).unwrap();
    let proxy = FaultProxy::start(([127, 0, 0, 1], port).into()).await.unwrap();
    let (twin, past) = (twin_of(&format!("opc.tcp://{}", proxy.address())), twin_of(&url));
    let speed = "nsu=urn:iiot:peer:events;s=Speed";
    let set = async |value: f64| good(&past, "write", json!({ "nodes": [{ "node": speed, "value": value }] })).await;
    let item = json!({ "node": speed, "samplingIntervalMs": 0, "queueSize": 10,
        "deadband": { "kind": "absolute", "value": 1.0 } });
    let request = json!({ "encoding": "raw", "publishingIntervalMs": 50, "nodes": [item] });
    let mut updates = open(&twin, "watch_values", request.clone()).await.unwrap();
    let first = next(&mut updates).await;
    assert_eq!(first["items"][0]["queueSize"], 10, "{first}");
    let first = if first["values"].is_null() { with(&mut updates, "values").await } else { first };
    assert_eq!(first["values"][0]["value"], 10.0);
    set(10.5).await;
    set(20.0).await;
    let update = until_value(&mut updates, 20.0).await;
    assert!(!update.to_string().contains("10.5"), "it is within the deadband: {update}");
    proxy.cut();
    assert_eq!(with(&mut updates, "state").await["state"]["state"], "reconnecting");
    set(30.0).await;
    let update = until_value(&mut updates, 30.0).await;
    drop(updates);
    set(40.0).await;
    let mut request = request;
    request["after"] = update["sequence"].clone();
    let mut again = open(&twin, "watch_values", request).await.unwrap();
    until_value(&mut again, 40.0).await;
}

/// After the last reader a subscription is kept for who comes again, and then closed.
#[tokio::test]
async fn what_nobody_watches_is_let_go_of() {
    let server = MemoryServer::new();
    server.add_variable(boiler(), "Boiler", 0.0);
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, ConnectOptions::new(server.url()));
    let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH + Duration::from_secs(1_000)));
    let pool = SessionPool::new(Arc::new(server.connector()), Arc::clone(&clock) as _, PoolOptions::default());
    let twin: Arc<dyn Twin> = Arc::new(LocalTwin::new(Arc::new(pool), Arc::new(endpoints), Arc::clone(&clock) as _));
    let mut updates = open(&twin, "watch_values", watch_boiler()).await.unwrap();
    let sequence = next(&mut updates).await["sequence"].as_u64().unwrap();
    drop(updates);
    clock.advance(Duration::from_secs(29));
    let mut request = watch_boiler();
    request["after"] = json!(sequence);
    let mut again = open(&twin, "watch_values", request.clone()).await.unwrap();
    clock.advance(Duration::from_secs(1_000));
    server.set(&boiler(), 7.0);
    loop {
        let update = next(&mut again).await;
        assert!(update["gap"].is_null(), "{update}");
        if update["values"][0]["value"] == 7.0 {
            break;
        }
    }
    drop(again);
    clock.advance(Duration::from_secs(30));
    wait_until("the subscription is closed", PATIENCE, || server.subscriptions() == 0).await;
    let mut late = open(&twin, "watch_values", request).await.unwrap();
    let first = next(&mut late).await;
    assert_eq!((&first["gap"]["reason"], &first["snapshot"]), (&json!("notKept"), &json!(true)), "{first}");
}
