//! A request as somebody else.

use std::sync::Arc;
use std::time::Instant;

use iiot_core::testing::{Peers, free_port};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::trust::TrustPolicy;
use iiot_core::{Error, ErrorKind};
use iiot_twin::EndpointMap;
use serde_json::{Value, json};

use crate::setup::{ENDPOINT, PATIENCE, ask, good, plain, twin};

fn as_user(password: &str) -> Value {
    let elevation = json!({ "user": "user", "password": password });
    json!({ "header": { "elevation": elevation }, "nodes": [{ "node": "i=2258" }] })
}

/// The password is encrypted for the server although the channel is in clear, since the server asks for that.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_as_somebody_else_has_a_session_of_its_own_that_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let pki = peers.certificates("pki", "urn:iiot:peer:interop").unwrap();
    let (_server, url) = peers.node("interop.mjs", free_port(), &["--pki", pki.to_str().unwrap()]).unwrap();
    let options = UaConnectorOptions::new("urn:iiot:test:twin", Arc::new(MemoryTrustStore::default()));
    let trust_policy = TrustPolicy::danger_accept_untrusted();
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, plain(&url));
    let twin = twin(Arc::new(UaConnector::new(UaConnectorOptions { trust_policy, ..options })), endpoints);
    let sessions = async || {
        let answer = ask(&twin, "diagnostics", json!({ "encoding": "raw" })).await.unwrap();
        let summary = &answer["summary"]["value"];
        let count = |name: &str| summary[name].as_u64().unwrap();
        (count("CurrentSessionCount"), count("CumulatedSessionCount"))
    };
    let (_, before) = sessions().await;
    good(&twin, "read", as_user("secret")).await;
    let error: Error = ask(&twin, "read", as_user("abracadabra")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
    let told = format!("{error:?} {}", error.report());
    assert!(!told.contains("abracadabra"), "{told}");
    good(&twin, "read", as_user("secret")).await;
    let deadline = Instant::now() + PATIENCE;
    let after = loop {
        let (now, after) = sessions().await;
        if now == 1 {
            break after;
        }
        assert!(Instant::now() < deadline, "{now} sessions are left");
    };
    assert!(after >= before + 2, "each request had one of its own: {before} and {after}");
}
