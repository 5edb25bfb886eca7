//! A server with few sessions, one subscription, few items and little speed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::session::{
    ConnectOptions, Connector, Identity, Item, ItemState, Session, SessionExt, SpreadSubscription, Subscription,
    SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::testing::{Peers, Process, free_port, within};
use iiot_core::ua::{AttributeId, DataValue, MessageSecurityMode, NodeId, StatusCode, Variant, WriteValue};

use crate::setup::{connector, options};

const PATIENCE: Duration = Duration::from_secs(120);
const TAGS: u32 = 500;

fn start(peers: &Peers, arguments: &[&str]) -> (Process, ConnectOptions) {
    let (server, url) = peers.node("small_plc.mjs", free_port(), arguments).unwrap();
    (server, options(&url, MessageSecurityMode::None, &Identity::Anonymous))
}

fn tags(session: &dyn Session, count: u32) -> Vec<NodeId> {
    let index = session.namespaces().iter().position(|uri| uri == "urn:iiot:peer:small-plc").unwrap() as u16;
    (0..count).map(|tag| NodeId::new(index, format!("Tag.{tag}"))).collect()
}

/// How often each service was asked for so far.
fn counts(server: &mut Process) -> BTreeMap<String, u64> {
    let seen = server.stdout().len();
    server.send("count").unwrap();
    let line = server.wait_for(PATIENCE, |lines| {
        lines[seen..].iter().find_map(|line| line.strip_prefix("COUNT ").map(str::to_owned))
    });
    serde_json::from_str(&line.unwrap()).unwrap()
}

fn since(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>, service: &str) -> u64 {
    now.get(service).copied().unwrap_or(0) - before.get(service).copied().unwrap_or(0)
}

/// What has become of the items of a subscription.
#[derive(Default)]
struct Seen {
    reporting: BTreeSet<u32>,
    refused: BTreeMap<u32, (StatusCode, bool)>,
    valued: BTreeSet<u32>,
}

impl Seen {
    async fn take(&mut self, subscription: &mut dyn Subscription) {
        match subscription.next().await.expect("the subscription lives") {
            SubscriptionEvent::Items(states) => states.into_iter().for_each(|(handle, state)| match state {
                ItemState::Reporting { .. } | ItemState::Unlinked { .. } => drop(self.reporting.insert(handle)),
                ItemState::Failed { status, will_retry, .. } => drop(self.refused.insert(handle, (status, will_retry))),
            }),
            SubscriptionEvent::Data(batch) => {
                self.valued.extend(batch.rows().map(|row| row.client_handle));
                subscription.acknowledge(batch.token);
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_plc_serves_what_it_can_says_why_it_does_not_serve_the_rest_and_is_not_stormed() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, options) = start(&peers, &[]);
    let connector = connector().await;
    let session = connector.connect(options.clone()).await.unwrap();
    assert_eq!(session.limits().max_monitored_items_per_call, Some(20), "{:?}", session.limits());
    let nodes = tags(session.as_ref(), TAGS);
    let items = nodes.iter().enumerate().map(|(handle, node)| Item::new(handle as u32, node.clone()));
    let mut subscription = session.subscribe(SubscriptionOptions::default(), items.collect()).await.unwrap();
    let mut seen = Seen::default();
    within("each of the 500 items is served or refused", PATIENCE, async {
        while seen.valued.len() < 100 || seen.reporting.len() + seen.refused.len() < TAGS as usize {
            seen.take(subscription.as_mut()).await;
        }
    })
    .await;
    assert_eq!((seen.reporting.len(), seen.refused.len(), seen.valued.len()), (100, 400, 100));
    assert!(seen.refused.values().all(|refused| *refused == (StatusCode::BadTooManyMonitoredItems, true)));
    let before = counts(&mut server);
    assert_eq!(since(&BTreeMap::new(), &before, "CreateMonitoredItems"), 6, "{before:?}");

    // It has room for one more session and not for two; its subscription is taken.
    let second = connector.connect(options.clone()).await.unwrap();
    let refused = connector.connect(options).await.unwrap_err();
    assert_eq!((refused.kind(), refused.status()), (ErrorKind::LimitExceeded, StatusCode::BadTooManySessions));
    assert!(refused.report().contains("no room for another session"), "{}", refused.report());
    let item = Item::new(7, nodes[0].clone());
    let mut crowded = second.subscribe(SubscriptionOptions::default(), vec![item]).await.unwrap();
    let mut crowded_seen = Seen::default();
    within("the second subscription is refused", PATIENCE, async {
        while crowded_seen.refused.is_empty() {
            crowded_seen.take(crowded.as_mut()).await;
        }
    })
    .await;
    assert_eq!(crowded_seen.refused[&7], (StatusCode::BadTooManySubscriptions, true));

    let (steady, start) = (counts(&mut server), std::time::Instant::now());
    while start.elapsed() < Duration::from_secs(6) {
        let _ = tokio::time::timeout(Duration::from_millis(500), seen.take(subscription.as_mut())).await;
    }
    let elapsed = start.elapsed().as_secs_f64();
    let after = counts(&mut server);
    let requests: u64 = after.values().sum::<u64>() - steady.values().sum::<u64>();
    println!("{:.2} requests/s in steady state: {steady:?} to {after:?}", requests as f64 / elapsed);
    assert!(requests as f64 / elapsed <= 5.0, "{steady:?} to {after:?} in {elapsed} s");
    assert_eq!(since(&before, &after, "CreateMonitoredItems"), 0);
    second.close().await;
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_go_to_more_subscriptions_as_long_as_the_server_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let arguments = ["--subscriptions", "3", "--items", "1000", "--operation-ms", "2"];
    let (mut server, options) = start(&peers, &arguments);
    let session = connector().await.connect(options).await.unwrap();
    let nodes = tags(session.as_ref(), TAGS);
    let items = nodes.iter().enumerate().map(|(handle, node)| Item::new(handle as u32, node.clone()));
    let options = SubscriptionOptions::default();
    let mut subscription = SpreadSubscription::open(Arc::clone(&session), options, items.collect()).await.unwrap();
    let mut seen = Seen::default();
    within("300 items report", PATIENCE, async {
        while seen.valued.len() < 300 || seen.reporting.len() + seen.refused.len() < TAGS as usize {
            seen.take(&mut subscription).await;
        }
    })
    .await;
    assert_eq!((seen.reporting.len(), seen.refused.len(), seen.valued.len()), (300, 200, 300));
    assert!(seen.refused.values().all(|refused| *refused == (StatusCode::BadTooManyMonitoredItems, true)));
    let created = counts(&mut server)["CreateSubscription"];
    assert_eq!(created, 4, "three are there, a fourth was refused once");
    subscription.close().await;
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_calls_go_out_in_pieces_and_one_bad_node_spoils_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, options) = start(&peers, &["--silent-limits", "--operation-ms", "2"]);
    let session = connector().await.connect(options).await.unwrap();
    assert_eq!(session.limits().max_nodes_per_read, None);
    let nodes = tags(session.as_ref(), TAGS);
    let values = session.read_values(&nodes).await.unwrap();
    let mut numbers = values.iter().map(|value| match value.value {
        Some(Variant::Double(number)) => number.floor() as u32 / 4,
        _ => panic!("{value:?}"),
    });
    // Each tag holds its number and counts up slowly, so the order shows.
    assert!(numbers.clone().is_sorted() && numbers.next_back() >= Some(TAGS / 4 - 1));

    let before = counts(&mut server);
    session.read_values(&nodes[..60]).await.unwrap();
    let after = counts(&mut server);
    assert_eq!(since(&before, &after, "Read"), 4, "it is remembered that 15 at a time go well");

    server.send("poison Tag.123").unwrap();
    server.expect_line("POISONED", PATIENCE).unwrap();
    let values = session.read_values(&nodes).await.unwrap();
    let bad: Vec<usize> = (0..values.len()).filter(|tag| values[*tag].value.is_none()).collect();
    assert_eq!(bad, [123]);
    assert_eq!(values[123].status, Some(StatusCode::BadInternalError));

    let before = counts(&mut server);
    let write = |node: &NodeId| WriteValue {
        node_id: node.clone(),
        attribute_id: AttributeId::Value as u32,
        value: DataValue::value_only(1.5),
        ..Default::default()
    };
    let statuses = session.write(nodes[..200].iter().map(write).collect()).await.unwrap();
    let bad: Vec<usize> = (0..statuses.len()).filter(|tag| statuses[*tag].is_bad()).collect();
    let sent = since(&before, &counts(&mut server), "Write");
    // 200, 100, 50 and 25 are refused unread for their number; then each of 12 is sent once, and one of 6 is.
    assert!(bad.contains(&123) && bad.len() <= 12, "{bad:?}");
    assert_eq!(sent, 4 + 200_u64.div_ceil(12) + 1, "what may change something is sent once");
    session.close().await;
}
