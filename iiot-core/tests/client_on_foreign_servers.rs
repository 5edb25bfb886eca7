//! The client against servers whose stacks share no code with ours.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore};
use iiot_core::session::{
    ConnectOptions, Connector, Identity, Item, ModeChoice, Session, SessionExt, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::testing::{Peers, Process, free_port, within};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{CertificateProfile, self_signed};
use iiot_core::ua::{BrowseDescription, MessageSecurityMode, NodeId, ObjectId, ReferenceTypeId};

const URI: &str = "urn:iiot:test:client";

async fn connector() -> UaConnector {
    let key = MemoryKeyStore::default().generate("client", KeySpec::Rsa(2048)).await.unwrap();
    let profile = CertificateProfile {
        application_uri: URI.into(),
        common_name: "client".into(),
        organization: String::new(),
        dns_names: vec!["localhost".into()],
        ip_addresses: Vec::new(),
        valid_from: SystemClock.utc(),
        valid_days: 30,
    };
    let chain = self_signed(key.as_ref(), &profile).await.unwrap();
    let certificate = Some(ApplicationCertificate { chain, key });
    UaConnector::new(UaConnectorOptions {
        certificate,
        danger_accept_untrusted: true,
        ..UaConnectorOptions::new(URI, Arc::new(MemoryTrustStore::default()))
    })
}

fn user(password: &str) -> Identity {
    Identity::UserName { user: "user".into(), password: password.into() }
}

fn options(url: &str, mode: MessageSecurityMode, identity: &Identity) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.security.mode = ModeChoice::Exactly(mode);
    options.identity = identity.clone();
    options
}

async fn objects(session: &dyn Session) -> Vec<NodeId> {
    let references = session
        .browse(BrowseDescription {
            node_id: ObjectId::ObjectsFolder.into(),
            reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
            include_subtypes: true,
            result_mask: 63,
            ..Default::default()
        })
        .await
        .unwrap();
    references.into_iter().map(|reference| reference.node_id.node_id).filter(|id| id.namespace > 0).collect()
}

/// Waits for values of every item.
async fn first_values(subscription: &mut dyn Subscription, items: usize) {
    let mut seen = HashSet::new();
    while seen.len() < items {
        match subscription.next().await.expect("the subscription lives") {
            SubscriptionEvent::Data(batch) => {
                seen.extend(batch.rows().map(|row| row.client_handle));
                subscription.acknowledge(batch.token);
            }
            SubscriptionEvent::Gap(gap) => panic!("nothing was lost, but {gap:?}"),
            _ => {}
        }
    }
}

async fn everything(connector: &UaConnector, options: ConnectOptions) {
    let what = format!("{:?} {:?} on {}", options.security.mode, options.identity, options.endpoint_url);
    let session = connector.connect(options).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let nodes = objects(session.as_ref()).await;
    assert!(nodes.len() > 200, "{what}: {} nodes", nodes.len());
    let values = session.read_values(&nodes).await.unwrap();
    assert!(values.iter().filter(|value| value.value.is_some()).count() > 100, "{what}");
    let items = nodes.iter().enumerate().map(|(handle, node)| Item::new(handle as u32, node.clone()));
    let fast = SubscriptionOptions { publishing_interval: Duration::from_millis(100), ..Default::default() };
    let mut subscription = session.subscribe(fast, items.collect()).await.unwrap();
    within(&what, Duration::from_secs(20), first_values(subscription.as_mut(), 200)).await;
    within(&what, Duration::from_secs(5), subscription.close()).await;
    session.close().await;
}

async fn all_ways_in(connector: &UaConnector, url: &str) {
    for mode in [MessageSecurityMode::None, MessageSecurityMode::Sign, MessageSecurityMode::SignAndEncrypt] {
        for identity in [Identity::Anonymous, user("secret")] {
            everything(connector, options(url, mode, &identity)).await;
        }
    }
}

fn start(folder: &Path, peers: &Peers, kind: &str, certificate: &str) -> (Process, String) {
    let pki = peers.certificates(&format!("pki-{kind}-{certificate}"), "urn:iiot:peer:types").unwrap();
    let truth = folder.join(format!("{kind}-{certificate}.jsonl"));
    let arguments = ["--truth", truth.to_str().unwrap(), "--pki", pki.to_str().unwrap(), "--certificate", certificate];
    match kind {
        "node" => peers.node("types.mjs", free_port(), &arguments).unwrap(),
        _ => peers.python("types_server.py", free_port(), &arguments).unwrap(),
    }
}

async fn check(kind: &str, certificate: &str) {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, kind, certificate);
    all_ways_in(&connector().await, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_with_its_own_certificate() {
    check("node", "self-signed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_with_a_chain() {
    check("node", "chain").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asyncua() {
    check("python", "self-signed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, "node", "leaf");
    let options = options(&url, MessageSecurityMode::SignAndEncrypt, &user("wrong"));
    let error = connector().await.connect(options).await.unwrap_err();
    assert_eq!(error.kind(), iiot_core::ErrorKind::Unauthenticated, "{error:?}");
}
