//! A guarded twin behind a hub.

use std::sync::Arc;

use iiot_core::access::AuditEvent;
use iiot_core::clock::SystemClock;
use iiot_core::operation::Role;
use iiot_core::session::{ConnectOptions, MemoryServer};
use iiot_core::testing::Offered;
use iiot_core::ua::NodeId;
use iiot_twin::{EndpointMap, GuardPolicy, Guarded, RemoteTwin, Twin};
use serde_json::json;

use crate::setup::{ENDPOINT, ask, in_memory, twin};

#[tokio::test]
async fn what_comes_over_a_hub_is_guarded_and_recorded_too() {
    let server = MemoryServer::new();
    server.add_variable(NodeId::new(1, "Boiler"), "Boiler", 21.5);
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, ConnectOptions::new(server.url()));
    let local = twin(Arc::new(server.connector()), endpoints);
    let policy = json!({ "endpoints": { ENDPOINT: { "write": [{ "nodes": ["*"], "max": 80 }] } } });
    let policy = GuardPolicy::from_json(&policy.to_string()).unwrap();
    let guarded = Guarded::new(local, Some(policy), Arc::new(SystemClock));
    let ([near, far], folder) = (in_memory(), tempfile::tempdir().unwrap());
    let offered = Offered::start(far, folder.path(), vec![Arc::new(guarded)]).await.unwrap();
    let caller = offered.caller(near, Role::Operator).await.unwrap();
    let remote: Arc<dyn Twin> = Arc::new(RemoteTwin::new(Arc::new(caller)));

    let item = |value: f64| json!({ "node": "ns=1;s=Boiler", "value": value });
    let write = json!({ "encoding": "raw", "nodes": [item(81.0), item(42.0)] });
    let answer = ask(&remote, "write", write).await.unwrap();
    assert_eq!(answer["results"][0]["status"]["symbol"], "BadOutOfRange");
    assert_eq!(answer["results"][1], json!({ "status": { "code": 0, "symbol": "Good" } }));
    let read = json!({ "encoding": "raw", "nodes": [{ "node": "ns=1;s=Boiler" }] });
    assert_eq!(ask(&remote, "read", read).await.unwrap()["results"][0]["value"], 42.0);
    let records = offered.place.audit.read(0, 10).unwrap();
    let end = records.iter().find(|record| record.entry.event == AuditEvent::Done).unwrap();
    let items = end.entry.details.as_ref().unwrap()["items"].as_array().unwrap().clone();
    assert_eq!((items.len(), &items[1]["before"]["value"]), (2, &json!(21.5)));
    assert_eq!(items[1]["result"]["readBack"]["value"], 42.0);
}
