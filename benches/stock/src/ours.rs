//! Our client, counting.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore};
use iiot_core::session::{
    ConnectOptions, Connector, Item, ItemNode, ModeChoice, Session, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{CertificateProfile, TrustPolicy, self_signed};
use iiot_core::ua::{MessageSecurityMode, NodeId};

use crate::live::Count;

const URI: &str = "urn:iiot:ratios";

/// Subscribes to the nodes and looks at every value.
pub async fn subscribe(url: &str, secure: bool, ids: &[String], count: Count) -> Arc<dyn Session> {
    let mode = if secure { MessageSecurityMode::SignAndEncrypt } else { MessageSecurityMode::None };
    let mut options = ConnectOptions::new(url);
    options.security.mode = ModeChoice::Exactly(mode);
    options.request_timeout = Duration::from_secs(60);
    options.connect_timeout = Duration::from_secs(60);
    let session = connector().await.connect(options).await.expect("the plant takes anybody");
    let items = ids.iter().enumerate().map(|(handle, id)| Item {
        node: id.parse::<ItemNode>().expect("the plant writes node ids").into(),
        queue_size: 10,
        sampling_interval_ms: 0.0,
        ..Item::new(handle as u32, NodeId::null())
    });
    let wanted = SubscriptionOptions { publishing_interval: Duration::from_millis(200), max_notifications_per_publish: 2000, ..Default::default() };
    let mut subscription = session.subscribe(wanted, items.collect()).await.expect("the session is open");
    tokio::spawn(async move {
        while let Some(event) = subscription.next().await {
            if let SubscriptionEvent::Data(batch) = event {
                let seen = batch.rows().filter(|row| std::hint::black_box(!row.value.is_null())).count();
                count.fetch_add(seen as u64, Ordering::Relaxed);
                subscription.acknowledge(batch.token);
            }
        }
    });
    session
}

async fn connector() -> UaConnector {
    let key = MemoryKeyStore::default().generate("ratios", KeySpec::Rsa(2048)).await.expect("a key");
    let profile = CertificateProfile {
        application_uri: URI.into(),
        common_name: "ratios".into(),
        organization: String::new(),
        dns_names: vec!["localhost".into()],
        ip_addresses: Vec::new(),
        valid_from: SystemClock.utc(),
        valid_days: 30,
    };
    let chain = self_signed(key.as_ref(), &profile).await.expect("a certificate");
    UaConnector::new(UaConnectorOptions {
        certificate: Some(ApplicationCertificate { chain, key }.into()),
        trust_policy: TrustPolicy::danger_accept_untrusted(),
        ..UaConnectorOptions::new(URI, Arc::new(MemoryTrustStore::default()))
    })
}
