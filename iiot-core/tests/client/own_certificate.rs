//! Our own certificate is replaced while the client runs.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey};
use iiot_core::session::{
    ConnectOptions, Connector, Identity, Item, Session, SessionExt, SessionState, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::testing::{Peers, within};
use iiot_core::time::UtcTime;
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{CertificateProfile, OwnCertificate, self_signed};
use iiot_core::ua::{MessageSecurityMode, NodeId, StatusCode};

use crate::setup::{connector_with, options, start, start_with};

const PATIENCE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const CURRENT_TIME: u32 = 2258;

/// Certificates of one application and key.
struct Application {
    key: Arc<dyn PrivateKey>,
}

impl Application {
    async fn new() -> Self {
        Self { key: MemoryKeyStore::default().generate("client", KeySpec::Rsa(2048)).await.unwrap() }
    }

    /// Valid for ten days, of which so much is left.
    async fn certificate(&self, left: Duration) -> ApplicationCertificate {
        let age = DAY * 10 - left;
        let profile = CertificateProfile {
            application_uri: "urn:iiot:test:client".into(),
            common_name: "client".into(),
            organization: "iiot".into(),
            dns_names: vec!["localhost".into()],
            ip_addresses: Vec::new(),
            valid_from: UtcTime::UNIX_EPOCH + (SystemClock.utc().since(UtcTime::UNIX_EPOCH) - age),
            valid_days: 10,
        };
        let chain = self_signed(self.key.as_ref(), &profile).await.unwrap();
        ApplicationCertificate { chain, key: Arc::clone(&self.key) }
    }
}

async fn connect(url: &str, own: &OwnCertificate) -> iiot_core::Result<Arc<dyn Session>> {
    let connector = connector_with(|parts| parts.certificate = Some(own.clone())).await;
    connector.connect(secured(url)).await
}

fn secured(url: &str) -> ConnectOptions {
    options(url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous)
}

async fn clock_values(session: &dyn Session) -> Box<dyn Subscription> {
    let options = SubscriptionOptions { publishing_interval: Duration::from_millis(200), ..Default::default() };
    let item = Item { sampling_interval_ms: 100.0, queue_size: 10, ..Item::new(1, (0, CURRENT_TIME)) };
    session.subscribe(options, vec![item]).await.unwrap()
}

/// The events up to a number of batches of values, which are acknowledged.
async fn events(subscription: &mut dyn Subscription, batches: usize) -> Vec<SubscriptionEvent> {
    let mut events = Vec::new();
    let mut seen = 0;
    while seen < batches {
        let event = within("values arrive", PATIENCE, subscription.next()).await.unwrap();
        if let SubscriptionEvent::Data(batch) = &event {
            subscription.acknowledge(batch.token);
            seen += 1;
        }
        events.push(event);
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_stays_with_its_certificate_and_changes_over_before_it_expires() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, "node", "self-signed");
    let application = Application::new().await;

    let young = OwnCertificate::new(application.certificate(DAY * 2).await);
    let session = connect(&url, &young).await.unwrap();
    let mut values = clock_values(session.as_ref()).await;
    events(values.as_mut(), 2).await;
    young.replace(application.certificate(DAY * 10).await);
    let after = events(values.as_mut(), 10).await;
    assert!(!after.iter().any(|event| matches!(event, SubscriptionEvent::Interrupted(_))), "{after:?}");
    session.close().await;

    let old = OwnCertificate::new(application.certificate(Duration::from_secs(1800)).await);
    let session = connect(&url, &old).await.unwrap();
    let mut values = clock_values(session.as_ref()).await;
    events(values.as_mut(), 2).await;
    old.replace(application.certificate(DAY * 10).await);
    let mut moved = Vec::new();
    while !moved.iter().any(|event| matches!(event, SubscriptionEvent::Resumed(_))) {
        moved.extend(events(values.as_mut(), 1).await);
    }
    let lost = |event: &SubscriptionEvent| matches!(event, SubscriptionEvent::Gap(_));
    assert!(
        moved.iter().any(|event| matches!(event, SubscriptionEvent::Interrupted(reason) if reason.contains("expires")))
    );
    assert!(!moved.iter().any(lost), "the subscription was transferred: {moved:?}");
    assert_eq!(session.state(), SessionState::Connected);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_trust_the_new_one_yet_is_shown_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let application = Application::new().await;
    let (first, second) = (application.certificate(DAY).await, application.certificate(DAY * 10).await);
    let trusted = folder.path().join("first.der");
    std::fs::write(&trusted, &first.chain).unwrap();
    let flags = ["--trusted", trusted.to_str().unwrap()];
    let (_server, url) = start_with(folder.path(), &peers, "node", "self-signed", &flags);

    connect(&url, &OwnCertificate::new(second.clone())).await.expect_err("the server trusts the first one only");
    let session = connect(&url, &OwnCertificate::renewed(second, Some(first))).await.unwrap();
    let time = session.read_values(&[NodeId::new(0, CURRENT_TIME)]).await.unwrap();
    assert_eq!(time[0].status.unwrap_or(StatusCode::Good), StatusCode::Good);
    session.close().await;
}
