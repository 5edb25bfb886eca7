//! Servers that connect to us.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::session::{ConnectOptions, Connector, Identity, ReverseServer, SessionExt, SessionState};
use iiot_core::testing::{FaultProxy, Peers, Process, free_port, wait_until};
use iiot_core::ua::client::{ReverseListener, UaConnector};
use iiot_core::ua::{MessageSecurityMode, NodeId};

use crate::setup::{connector_with, options};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that connects to the listener of the client through a proxy.
async fn start(folder: &std::path::Path) -> (Process, FaultProxy, UaConnector, ConnectOptions) {
    let listener = ReverseListener::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let proxy = FaultProxy::start(listener.address()).await.unwrap();
    let peers = Peers::in_folder(folder).unwrap();
    let pki = peers.certificates("pki", "urn:iiot:peer:types").unwrap();
    let (truth, reverse) = (folder.join("truth.jsonl"), format!("opc.tcp://{}", proxy.address()));
    let arguments = ["--truth", truth.to_str().unwrap(), "--pki", pki.to_str().unwrap(), "--reverse", &reverse];
    let (server, url) = peers.node("types.mjs", free_port(), &arguments).unwrap();
    let mut options = options(&url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous);
    options.reverse = Some(ReverseServer::Uri("urn:iiot:peer:types".into()));
    options.max_backoff = Duration::from_secs(1);
    (server, proxy, connector_with(|parts| parts.reverse = Some(Arc::new(listener))).await, options)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_found_again_when_it_connects_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, proxy, connector, options) = start(folder.path()).await;
    let session = connector.connect(options).await.unwrap();
    let index = session.namespaces().iter().position(|uri| uri == "urn:iiot:peer:types").unwrap() as u16;
    let node = [NodeId::new(index, "Int32.Scalar.0")];
    assert!(session.read_values(&node).await.unwrap()[0].value.is_some());
    for _ in 0..2 {
        proxy.cut();
        wait_until("the loss is noticed", PATIENCE, || session.state() != SessionState::Connected).await;
        wait_until("the server is back", PATIENCE, || session.state() == SessionState::Connected).await;
        assert!(session.read_values(&node).await.unwrap()[0].value.is_some());
    }
    // Each for the endpoints, for the session, and after each cut.
    assert!(proxy.connections() >= 4, "{}", proxy.connections());
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_connect_is_not_waited_for_longer_than_allowed() {
    let listener = ReverseListener::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let connector = connector_with(|parts| parts.reverse = Some(Arc::new(listener))).await;
    let options = ConnectOptions {
        reverse: Some(ReverseServer::Endpoint),
        reverse_timeout: Duration::from_millis(300),
        ..ConnectOptions::new("opc.tcp://nobody:4840")
    };
    let error = connector.connect(options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.report().contains("did not connect to us"), "{}", error.report());
    let without_listener = connector_with(|_| ()).await;
    assert_eq!(without_listener.connect(options).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
}
