//! Every way into servers whose stacks share no code with ours.

use std::collections::HashSet;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::session::{
    ConnectOptions, Connector, Identity, Item, Session, SessionExt, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::testing::{Peers, within};
use iiot_core::trust::{MemoryTrustStore, TrustStore};
use iiot_core::ua::client::UaConnector;
use iiot_core::ua::{BrowseDescription, MessageSecurityMode, NodeId, ObjectId, ReferenceTypeId, StatusCode};

use crate::setup::{connector, connector_trusting, options, start, user};

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
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_server_is_refused_until_its_certificate_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, "node", "self-signed");
    let store = std::sync::Arc::new(MemoryTrustStore::default());
    let connector = connector_trusting(std::sync::Arc::clone(&store) as _, false).await;
    for (mode, identity) in
        [(MessageSecurityMode::SignAndEncrypt, Identity::Anonymous), (MessageSecurityMode::None, user("secret"))]
    {
        let error = connector.connect(options(&url, mode, &identity)).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Untrusted, StatusCode::BadCertificateUntrusted));
        assert!(error.message().contains("trusted certificates"), "it says what to do: {error}");
    }
    let rejected = store.rejected().await.unwrap();
    assert_eq!(rejected.len(), 1);
    store.trust(&rejected[0].certificate).await.unwrap();
    let session =
        connector.connect(options(&url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous)).await.unwrap();
    session.close().await;
}
