//! The stock client, counting, as its documentation tells users to.

use std::any::Any;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stock::client::{ClientBuilder, DataChangeCallback, IdentityToken};
use stock::crypto::SecurityPolicy;
use stock::types::{
    MessageSecurityMode, MonitoredItemCreateRequest, MonitoringMode, MonitoringParameters, NodeId, ReadValueId,
    TimestampsToReturn, UserTokenPolicy,
};

use crate::live::Count;

/// Items in one call.
const BATCH: usize = 1000;
/// The plant's own namespace.
const NAMESPACE: &str = "urn:iiot:plant";

/// Subscribes to the nodes and looks at every value.
pub async fn subscribe(url: &str, secure: bool, ids: &[String], count: Count) -> Box<dyn Any> {
    let folder = std::env::temp_dir().join(format!("iiot-stock-{}", std::process::id()));
    let mut client = ClientBuilder::new()
        .application_name("ratios")
        .application_uri("urn:stock:ratios")
        .product_uri("urn:stock:ratios")
        .create_sample_keypair(true)
        .trust_server_certs(true)
        .verify_server_certs(false)
        .pki_dir(folder)
        .max_array_length(100_000)
        .max_message_size(16 << 20)
        .max_chunk_count(4096)
        .request_timeout(Duration::from_secs(60))
        .client()
        .expect("the options fit");
    let (policy, mode) = match secure {
        true => (SecurityPolicy::Basic256Sha256, MessageSecurityMode::SignAndEncrypt),
        false => (SecurityPolicy::None, MessageSecurityMode::None),
    };
    let endpoint = (url, policy.to_str(), mode, UserTokenPolicy::anonymous());
    let connected = client.connect_to_matching_endpoint(endpoint, IdentityToken::Anonymous).await;
    let (session, events) = connected.expect("the plant takes anybody");
    let running = events.spawn();
    assert!(session.wait_for_connection().await, "the stock client connects");
    let namespace = session.get_namespace_index(NAMESPACE).await.expect("the plant has it");
    let callback = DataChangeCallback::new(move |value, _| {
        let seen = std::hint::black_box(value.value.is_some());
        count.fetch_add(u64::from(seen), Ordering::Relaxed);
    });
    let interval = Duration::from_millis(200);
    let subscription = session.create_subscription(interval, 300, 10, 2000, 0, true, callback).await.expect("created");
    for batch in items(ids, namespace).chunks(BATCH) {
        let made = session.create_monitored_items(subscription, TimestampsToReturn::Both, batch.to_vec()).await;
        made.expect("the plant has the nodes");
    }
    Box::new((client, session, running))
}

fn items(ids: &[String], namespace: u16) -> Vec<MonitoredItemCreateRequest> {
    let item = |(handle, id): (usize, &String)| {
        let name = id.rsplit_once(";s=").map_or("", |(_, name)| name);
        MonitoredItemCreateRequest {
            item_to_monitor: ReadValueId::from(NodeId::new(namespace, name)),
            monitoring_mode: MonitoringMode::Reporting,
            requested_parameters: MonitoringParameters {
                client_handle: handle as u32 + 1,
                sampling_interval: 0.0,
                queue_size: 10,
                discard_oldest: true,
                ..Default::default()
            },
        }
    };
    ids.iter().enumerate().map(item).collect()
}
