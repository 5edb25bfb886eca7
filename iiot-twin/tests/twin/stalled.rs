//! A server that takes connections and says nothing.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use iiot_core::testing::{Peers, free_port};
use iiot_twin::EndpointMap;
use serde_json::json;

use crate::setup::{ENDPOINT, ask, connector, good, plain, twin};

/// Calls to the server that answers, side by side with those to the one that stalls.
const CALLS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_costs_only_those_who_ask_it() {
    let folder = tempfile::tempdir().unwrap();
    let truth = folder.path().join("truth.jsonl");
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = peers.node("interop.mjs", free_port(), &["--truth", truth.to_str().unwrap()]).unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, plain(&url));
    endpoints.insert("silent", plain(&format!("opc.tcp://{}", silent.local_addr().unwrap())));
    let twin = twin(Arc::new(connector()), endpoints);
    let request = || json!({ "nodes": [{ "node": "nsu=urn:iiot:peer:interop;s=Int32" }] });
    good(&twin, "read", request()).await;

    let stalled = |_| ask(&twin, "read", json!({ "endpoint": "silent", "nodes": [], "header": { "timeoutMs": 2000 } }));
    let mut stalled = Box::pin(join_all((0..CALLS).map(stalled)));
    let started = Instant::now();
    let answered = join_all((0..CALLS).map(|_| good(&twin, "read", request())));
    let took = tokio::select! {
        _ = answered => started.elapsed(),
        _ = &mut stalled => panic!("the server that stalls was quicker"),
    };
    let errors = stalled.await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    for error in errors {
        assert_eq!(error.unwrap_err().kind(), iiot_core::ErrorKind::Timeout);
    }
    assert!(started.elapsed() < Duration::from_secs(10), "deadlines hold");
}
