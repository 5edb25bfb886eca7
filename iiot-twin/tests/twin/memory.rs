//! The server in memory.

use std::sync::Arc;

use iiot_core::session::{ConnectOptions, MemoryServer};
use iiot_core::ua::{NodeId, Variant};
use iiot_twin::EndpointMap;
use serde_json::json;

use crate::cases;
use crate::setup::{ENDPOINT, ask, twin};

fn server() -> MemoryServer {
    let server = MemoryServer::new();
    server.add_variable(NodeId::new(1, "Boiler"), "Boiler", 21.5);
    server.add_variable(NodeId::new(1, "Counts"), "Counts", Variant::from(vec![1, 2, 3]));
    server.add_variable(NodeId::new(1, "Text"), "Text", "grün");
    server.add_variable(NodeId::new(1, "Total"), "Total", Variant::from(u64::MAX));
    server.add_method(NodeId::new(1, "Reset"), "Reset", Arc::new(|_| Ok(vec![Variant::from(7)])));
    server
}

#[tokio::test]
async fn cases_on_a_server_in_memory() {
    let server = server();
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, ConnectOptions::new(server.url()));
    endpoints.insert("elsewhere", ConnectOptions::new("opc.memory://elsewhere"));
    let twin = twin(Arc::new(server.connector()), endpoints);
    assert!(cases::run(&twin, cases::MEMORY, "memory").await >= 30);
}

#[tokio::test]
async fn tokens_hold_as_long_as_the_connection() {
    let server = server();
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, ConnectOptions::new(server.url()));
    let twin = twin(Arc::new(server.connector()), endpoints);
    let page = ask(&twin, "browse", json!({ "nodes": ["i=85"], "maxReferences": 2 })).await.unwrap();
    let token = &page["results"][0]["next"];
    let next = ask(&twin, "browse_next", json!({ "tokens": [token] })).await.unwrap();
    assert_eq!(next["results"][0]["references"].as_array().map(Vec::len), Some(2));
    let token = &next["results"][0]["next"];
    server.add_namespace("urn:after:a:reconnect");
    let next = ask(&twin, "browse_next", json!({ "tokens": [token] })).await.unwrap();
    assert_eq!(next["results"][0]["status"]["symbol"], "BadContinuationPointInvalid");
    assert!(next["results"][0]["status"]["reason"].as_str().unwrap().contains("browse again"), "{next}");
}

#[tokio::test]
async fn an_endpoint_can_be_forgotten() {
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, ConnectOptions::new("opc.memory://server"));
    assert!(endpoints.remove(ENDPOINT) && !endpoints.remove(ENDPOINT));
    let twin = twin(Arc::new(server().connector()), endpoints);
    let error = ask(&twin, "capabilities", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), iiot_core::ErrorKind::NotFound);
}

#[tokio::test]
async fn a_value_may_be_as_old_as_the_caller_says_and_no_change_of_ours_is_missed() {
    let server = server();
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, ConnectOptions::new(server.url()));
    let twin = twin(Arc::new(server.connector()), endpoints);
    let read = async |cache_ms: u32| {
        let nodes = json!([{ "node": "ns=1;s=Boiler" }, { "node": "ns=1;s=None" }]);
        let request = json!({ "encoding": "raw", "cacheMs": cache_ms, "nodes": nodes });
        let answer = ask(&twin, "read", request).await.unwrap();
        assert_eq!(answer["results"][1]["status"]["symbol"], "BadNodeIdUnknown");
        assert_eq!(answer["results"][1].get("ageMs"), None, "what is bad is asked for again");
        (answer["results"][0]["value"].as_f64().unwrap(), answer["results"][0].get("ageMs").is_some())
    };
    assert_eq!(read(60_000).await, (21.5, false));
    server.set(&NodeId::new(1, "Boiler"), 30.0);
    assert_eq!(read(60_000).await, (21.5, true), "as it was read, with its age");
    assert_eq!(read(0).await, (30.0, false));
    let elevated = json!({ "encoding": "raw", "cacheMs": 60_000, "nodes": [{ "node": "ns=1;s=Boiler" }],
        "header": { "elevation": { "user": "u", "password": "p" } } });
    if let Ok(answer) = ask(&twin, "read", elevated).await {
        assert_eq!(answer["results"][0].get("ageMs"), None, "somebody else may see something else");
    }
    let write = json!({ "nodes": [{ "node": "ns=1;s=Boiler", "value": 40.0 }] });
    ask(&twin, "write", write).await.unwrap();
    assert_eq!(read(60_000).await, (40.0, false), "what we changed is not remembered from before");
    server.add_namespace("urn:after:a:reconnect");
    assert_eq!(read(60_000).await, (40.0, false), "another connection");
}
