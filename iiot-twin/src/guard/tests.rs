#![allow(clippy::unwrap_used)]

use std::time::Duration;

use iiot_core::clock::{ManualClock, SystemClock};
use iiot_core::operation::Role;
use iiot_core::session::{ConnectOptions, MemoryServer, PoolOptions, SessionPool};
use iiot_core::time::UtcTime;
use iiot_core::ua::{NodeId, Variant};

use super::*;
use crate::{EndpointMap, LocalTwin};

struct Site {
    _server: MemoryServer,
    clock: Arc<ManualClock>,
    guarded: Guarded,
    details: Details,
}

impl Site {
    fn new(endpoint: Option<Value>) -> Self {
        let server = MemoryServer::new();
        server.add_variable(NodeId::new(1, "Boiler"), "Boiler", 21.5);
        server.add_variable(NodeId::new(1, "Valve"), "Valve", 1.0);
        server.add_method(NodeId::new(1, "Reset"), "Reset", Arc::new(|_| Ok(vec![Variant::from(7)])));
        let pool = SessionPool::new(Arc::new(server.connector()), Arc::new(SystemClock), PoolOptions::default());
        let endpoints = EndpointMap::new();
        endpoints.insert("plc", ConnectOptions::new(server.url()));
        endpoints.insert("gone", ConnectOptions::new("opc.memory://gone"));
        let twin = Arc::new(LocalTwin::new(Arc::new(pool), Arc::new(endpoints), Arc::new(SystemClock)));
        let policy = endpoint.map(|endpoint| {
            GuardPolicy::from_json(&json!({ "endpoints": { "plc": endpoint, "gone": endpoint } }).to_string()).unwrap()
        });
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
        let guarded = Guarded::new(twin, policy, Arc::clone(&clock) as _);
        Self { _server: server, clock, guarded, details: Details::default() }
    }

    /// The URI of the server's own namespace.
    async fn uri(&self) -> String {
        self.guarded.namespaces("plc").await.unwrap()[1].clone()
    }

    async fn ask(&self, operation: &str, mut request: Value) -> Result<Value> {
        request.as_object_mut().unwrap().entry("endpoint").or_insert("plc".into());
        let (who, request) = (Principal::new("alice", Role::Operator), request.to_string());
        match self.guarded.dispatch_recorded(operation, &who, request.as_bytes(), &self.details).await? {
            Reply::One(json) => Ok(serde_json::from_slice(&json).unwrap()),
            Reply::Many(_) => panic!("{operation} is a stream"),
        }
    }

    async fn statuses(&self, operation: &str, request: Value) -> Vec<String> {
        let answer = self.ask(operation, request).await.unwrap();
        let results = answer["results"].as_array().unwrap();
        results.iter().map(|result| result["status"]["symbol"].as_str().unwrap().to_owned()).collect()
    }

    async fn value(&self, node: &str) -> Value {
        let answer = self.ask("read", json!({ "encoding": "raw", "nodes": [{ "node": node }] })).await.unwrap();
        answer["results"][0]["value"].clone()
    }
}

fn write(items: &[(&str, Value)]) -> Value {
    let items: Vec<_> = items.iter().map(|(node, value)| json!({ "node": node, "value": value })).collect();
    json!({ "encoding": "raw", "nodes": items })
}

/// The namespace of the server in memory, as its table has it.
async fn uri() -> String {
    Site::new(None).uri().await
}

#[tokio::test]
async fn in_a_batch_only_what_is_allowed_is_sent() {
    let uri = uri().await;
    let site = Site::new(Some(json!({ "write": [{ "nodes": [format!("nsu={uri};s=Boiler")], "min": 0, "max": 80 }] })));
    let named = format!("nsu={uri};s=Boiler");
    let request = write(&[
        ("ns=1;s=Boiler", json!(81)),
        ("ns=1;s=Valve", json!(0)),
        (&named, json!({ "UaType": 11, "Value": 80.5 })),
        ("ns=1;s=Boiler", json!(42)),
        ("ns=7;s=Boiler", json!(42)),
        ("Boiler", json!(42)),
    ]);
    let expected =
        ["BadOutOfRange", "BadUserAccessDenied", "BadOutOfRange", "Good", "BadNodeIdUnknown", "BadNodeIdInvalid"];
    assert_eq!(site.statuses("write", request).await, expected);
    assert_eq!((site.value("ns=1;s=Boiler").await, site.value("ns=1;s=Valve").await), (json!(42.0), json!(1.0)));
    let told = site.details.to_json().unwrap();
    let good = &told["items"][3];
    assert_eq!((&good["asked"]["node"], &good["asked"]["value"]), (&json!(named), &json!(42)));
    assert_eq!(
        (&good["before"]["value"], &good["result"]["readBack"]["value"]),
        (&json!(21.5), &json!(42.0)),
        "{told}"
    );
    assert!(told["items"][0]["result"]["status"]["reason"].as_str().unwrap().contains("0..80"), "{told}");
    assert!(told["items"][1].get("before").is_none());
}

#[tokio::test]
async fn without_a_policy_all_is_sent_and_told() {
    let site = Site::new(None);
    let answer = site.ask("write", write(&[("ns=1;s=Boiler", json!(5))])).await.unwrap();
    assert_eq!(answer, json!({ "results": [{ "status": { "code": 0, "symbol": "Good" } }] }), "nobody asked for more");
    let mut request = write(&[("ns=1;s=Boiler", json!(6))]);
    request["readBack"] = json!(true);
    assert_eq!(site.ask("write", request).await.unwrap()["results"][0]["readBack"]["value"], 6.0);
    let call = json!({ "calls": [{ "object": "i=85", "method": "ns=1;s=Reset" }] });
    assert_eq!(site.statuses("call", call).await, ["Good"]);
    let told = site.details.to_json().unwrap();
    assert_eq!(told["items"][0]["result"]["outputs"][0]["value"]["Value"], 7, "{told}");
    let failed = site.ask("write", json!({ "endpoint": "none", "nodes": [{ "node": "i=1", "value": 1 }] })).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(site.details.to_json().unwrap()["items"][0]["asked"]["node"], "i=1", "what failed is told, too");
}

#[tokio::test]
async fn what_the_policy_does_not_name_is_refused() {
    let site = Site::new(Some(json!({})));
    let call = json!({ "calls": [{ "object": "i=85", "method": "ns=1;s=Reset" }] });
    assert_eq!(site.statuses("call", call).await, ["BadUserAccessDenied"]);
    for operation in ["enable", "disable", "unshelve"] {
        let request = json!({ "conditions": ["ns=1;s=Boiler"] });
        assert_eq!(site.statuses(operation, request).await, ["BadUserAccessDenied"], "{operation}");
    }
    for operation in ["acknowledge", "confirm", "add_comment"] {
        let request = json!({ "events": [{ "condition": "ns=1;s=Boiler" }] });
        assert_eq!(site.statuses(operation, request).await, ["BadUserAccessDenied"], "{operation}");
    }
    let change = json!({ "node": "ns=1;s=Boiler", "change": { "kind": "deleteAtTimes", "times": [] } });
    assert_eq!(site.statuses("history_update", json!({ "changes": [change] })).await, ["BadUserAccessDenied"]);
    let file = json!({ "kind": "createFile", "directory": "i=85", "name": "x" });
    assert_eq!(site.statuses("file_change", json!({ "changes": [file] })).await, ["BadUserAccessDenied"]);
    let file = site.ask("file_write", json!({ "file": "i=85", "data": "AAAA" })).await.unwrap();
    assert_eq!(file["status"]["symbol"], "BadUserAccessDenied");
    assert_eq!(site.ask("disconnect", json!({})).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let elsewhere = json!({ "endpoint": "elsewhere", "nodes": [{ "node": "i=1", "value": 1 }] });
    assert_eq!(site.statuses("write", elsewhere).await, ["BadUserAccessDenied"]);
}

#[tokio::test]
async fn a_node_by_index_is_refused_where_the_table_is_not_known() {
    let site = Site::new(Some(json!({ "write": [{ "nodes": ["*"] }] })));
    let request = json!({ "endpoint": "gone", "nodes": [{ "node": "ns=1;s=Boiler", "value": 1 }] });
    assert_eq!(site.statuses("write", request).await, ["BadUserAccessDenied"]);
}

#[tokio::test]
async fn no_more_than_the_rate_is_sent_and_nothing_in_a_dry_run() {
    let site = Site::new(Some(json!({ "write": [{ "nodes": ["*"] }], "perMinute": 2 })));
    let boiler = |value: u32| ("ns=1;s=Boiler", json!(value));
    let request = write(&[boiler(1), boiler(2), boiler(3)]);
    assert_eq!(site.statuses("write", request).await, ["Good", "Good", "BadTooManyOperations"]);
    assert_eq!(site.value("ns=1;s=Boiler").await, 2.0);
    site.clock.advance(Duration::from_secs(30));
    assert_eq!(site.statuses("write", write(&[boiler(4), boiler(5)])).await, ["Good", "BadTooManyOperations"]);
    let site = Site::new(Some(json!({ "write": [{ "nodes": ["*"] }], "dryRun": true })));
    assert_eq!(site.statuses("write", write(&[boiler(9)])).await, ["BadOperationAbandoned"]);
    assert_eq!(site.value("ns=1;s=Boiler").await, 21.5);
}

#[tokio::test]
async fn roles_are_checked_first_and_everything_that_changes_is_known() {
    let site = Site::new(Some(json!({})));
    for operation in OPERATIONS.iter().filter(|operation| operation.effect == Effect::Changes) {
        let reader = Principal::new("eve", Role::Reader);
        let refused = site.guarded.dispatch(operation.name, &reader, b"[").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden, "{operation:?}");
        let operator = Principal::new("alice", Role::Operator);
        let unread = site.guarded.dispatch(operation.name, &operator, b"[").await.unwrap_err();
        assert_eq!(unread.kind(), ErrorKind::InvalidArgument, "{operation:?}");
    }
}

#[tokio::test]
async fn passwords_are_not_told() {
    let site = Site::new(None);
    let header = json!({ "elevation": { "user": "bob", "password": "s3cret" } });
    let mut request = write(&[("ns=1;s=Boiler", json!(5))]);
    request["header"] = header;
    let _ = site.ask("write", request).await;
    let add_user = json!({ "object": "i=24290", "method": "ns=0;i=24304", "inputs": ["carol", "s3cret"] });
    let _ = site.ask("call", json!({ "calls": [add_user.clone()] })).await;
    let told = site.details.to_json().unwrap().to_string();
    assert!(told.contains("24304") && !told.contains("s3cret"), "{told}");
}
