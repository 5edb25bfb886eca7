//! What is lost when connections break and servers die, against what the server says it had.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iiot_core::session::{
    Connector, Gap, GapReason, Identity, Item, ItemNode, Session, SessionState, Subscription, SubscriptionEvent,
    SubscriptionOptions,
};
use iiot_core::testing::{FaultProxy, Peers, Process, free_port, wait_until, within};
use iiot_core::time::UtcTime;
use iiot_core::ua::{MessageSecurityMode, NodeId};
use std::sync::Arc;

use crate::setup::{connector, options, start};

const COUNTERS: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(60);

/// A counter server behind a proxy, and a subscription to all of its counters.
struct Plant {
    folder: tempfile::TempDir,
    peers: Peers,
    port: u16,
    server: Process,
    proxy: FaultProxy,
    session: Arc<dyn Session>,
    subscription: Box<dyn Subscription>,
    received: BTreeMap<u32, BTreeSet<i64>>,
    gaps: Vec<Gap>,
}

impl Plant {
    async fn start(mode: MessageSecurityMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let port = free_port();
        let server = serve(&peers, folder.path(), port);
        let proxy = FaultProxy::start(([127, 0, 0, 1], port).into()).await.unwrap();
        let url = format!("opc.tcp://{}", proxy.address());
        let mut options = options(&url, mode, &Identity::Anonymous);
        options.request_timeout = Duration::from_secs(2);
        options.max_backoff = Duration::from_secs(2);
        let session = connector().await.connect(options).await.unwrap();
        let subscription_options =
            SubscriptionOptions { publishing_interval: Duration::from_millis(200), ..Default::default() };
        let subscription = session.subscribe(subscription_options, items()).await.unwrap();
        let (received, gaps) = (BTreeMap::new(), Vec::new());
        let mut plant = Self { folder, peers, port, server, proxy, session, subscription, received, gaps };
        plant.catch_up().await;
        plant
    }

    /// Takes events until everything that the server has counted so far was received or lies in
    /// the past of what was received.
    async fn catch_up(&mut self) {
        let goal: BTreeMap<u32, i64> = truth(&self.truth_file())
            .into_iter()
            .map(|(counter, values)| (counter, values.last().unwrap().0))
            .collect();
        let caught_up = |received: &BTreeMap<u32, BTreeSet<i64>>| {
            goal.iter().all(|(counter, value)| received.get(counter).and_then(BTreeSet::last) >= Some(value))
        };
        within("the counters go on", PATIENCE, async {
            while !caught_up(&self.received) {
                let event = self.subscription.next().await.expect("the subscription lives");
                self.take(event);
            }
        })
        .await;
    }

    fn take(&mut self, event: SubscriptionEvent) {
        match event {
            SubscriptionEvent::Data(batch) => {
                for row in batch.rows() {
                    let number = i64::from_le_bytes(row.value.bytes()[1..9].try_into().unwrap());
                    self.received.entry(row.client_handle).or_default().insert(number);
                }
                self.subscription.acknowledge(batch.token);
            }
            SubscriptionEvent::Gap(gap) => self.gaps.push(gap),
            _ => {}
        }
    }

    async fn lost(&self) {
        let session = Arc::clone(&self.session);
        wait_until("the loss is noticed", PATIENCE, || session.state() != SessionState::Connected).await;
    }

    async fn back(&mut self) {
        let session = Arc::clone(&self.session);
        wait_until("the connection is back", PATIENCE, || session.state() == SessionState::Connected).await;
        self.catch_up().await;
    }

    /// Values that the server had and we never saw, as counter, value and source time.
    fn missing(&self) -> Vec<(u32, i64, UtcTime)> {
        let mut missing = Vec::new();
        for (counter, values) in truth(&self.truth_file()) {
            let received = &self.received[&counter];
            let (first, last) = (received.first().unwrap(), received.last().unwrap());
            let expected = values.into_iter().filter(|(value, _)| value > first && value < last);
            missing.extend(expected.filter(|(value, _)| !received.contains(value)).map(|(v, at)| (counter, v, at)));
        }
        missing
    }

    fn truth_file(&self) -> PathBuf {
        self.folder.path().join("truth.jsonl")
    }

    async fn finish_without_loss(self) {
        assert_eq!(self.missing(), []);
        assert_eq!(self.gaps, []);
        self.session.close().await;
    }
}

fn serve(peers: &Peers, folder: &Path, port: u16) -> Process {
    let pki = folder.join("pki");
    if !pki.exists() {
        peers.certificates("pki", "urn:iiot:peer:counter").unwrap();
    }
    let (truth, counters) = (folder.join("truth.jsonl"), COUNTERS.to_string());
    let arguments = ["--truth", truth.to_str().unwrap(), "--counters", &counters, "--pki", pki.to_str().unwrap()];
    peers.node("counter.mjs", port, &arguments).unwrap().0
}

fn items() -> Vec<Item> {
    let node = |counter: u32| NodeId::new(0, format!("Counter.{counter}"));
    let item = |counter| Item {
        node: ItemNode::Uri("urn:iiot:peer:counter".into(), node(counter)).into(),
        sampling_interval_ms: 0.0,
        queue_size: 1000,
        ..Item::new(counter, node(counter))
    };
    (0..COUNTERS).map(item).collect()
}

/// What the server has counted: value and source time by counter.
pub(crate) fn truth(file: &Path) -> BTreeMap<u32, Vec<(i64, UtcTime)>> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut counters: BTreeMap<u32, Vec<(i64, UtcTime)>> = BTreeMap::new();
    // The last line may be half written.
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let number = |key: &str| line[key].as_str().unwrap().parse::<i64>().unwrap();
        let counter = line["name"].as_str().unwrap().trim_start_matches("Counter.").parse().unwrap();
        counters.entry(counter).or_default().push((number("value"), UtcTime::from_ticks(number("source_ticks"))));
    }
    counters
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_loses_nothing() {
    let mut plant = Plant::start(MessageSecurityMode::SignAndEncrypt).await;
    for _ in 0..3 {
        plant.proxy.cut();
        plant.lost().await;
        plant.back().await;
    }
    plant.finish_without_loss().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_loses_nothing() {
    let mut plant = Plant::start(MessageSecurityMode::None).await;
    plant.proxy.outage();
    plant.lost().await;
    let session = Arc::clone(&plant.session);
    wait_until(
        "several attempts fail",
        PATIENCE,
        || matches!(session.state(), SessionState::Reconnecting { attempts, .. } if attempts >= 3),
    )
    .await;
    plant.proxy.heal();
    plant.back().await;
    plant.finish_without_loss().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_network_is_noticed_and_loses_nothing() {
    let mut plant = Plant::start(MessageSecurityMode::Sign).await;
    plant.proxy.stall();
    plant.lost().await;
    plant.proxy.heal();
    plant.back().await;
    plant.finish_without_loss().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dies_with_a_server_lies_in_one_declared_gap() {
    let mut plant = Plant::start(MessageSecurityMode::SignAndEncrypt).await;
    plant.server.kill();
    plant.lost().await;
    plant.server = serve(&plant.peers, plant.folder.path(), plant.port);
    plant.back().await;
    let [gap] = &plant.gaps[..] else { panic!("one gap, not {:?}", plant.gaps) };
    assert_eq!(gap.reason, GapReason::SubscriptionLost);
    for (counter, value, at) in plant.missing() {
        let inside = gap.after.is_none_or(|after| after <= at) && gap.before.is_some_and(|before| at <= before);
        assert!(inside, "{value} of counter {counter} at {at} is outside of {gap:?}");
    }
    plant.session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_new_certificate_is_found_again() {
    let mut plant = Plant::start(MessageSecurityMode::SignAndEncrypt).await;
    plant.server.kill();
    plant.lost().await;
    std::fs::remove_dir_all(plant.folder.path().join("pki")).unwrap();
    plant.server = serve(&plant.peers, plant.folder.path(), plant.port);
    plant.back().await;
    plant.session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_on_another_stack_goes_on_after_a_cut() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = start(folder.path(), &peers, "python", "self-signed");
    let port = url.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    let proxy = FaultProxy::start(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    let url = format!("opc.tcp://{}", proxy.address());
    let options = options(&url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous);
    let session = connector().await.connect(options).await.unwrap();
    let node = ItemNode::Uri("urn:iiot:peer:types".into(), NodeId::new(0, "Int32.Scalar.0"));
    let item = Item { node: node.into(), ..Item::new(0, NodeId::null()) };
    let mut subscription = session.subscribe(SubscriptionOptions::default(), vec![item]).await.unwrap();
    let mut gaps = within("a first value", PATIENCE, until_value(subscription.as_mut())).await;
    proxy.cut();
    wait_until("the loss is noticed", PATIENCE, || session.state() != SessionState::Connected).await;
    wait_until("the connection is back", PATIENCE, || session.state() == SessionState::Connected).await;
    server.send("set").unwrap();
    gaps.extend(within("another value", PATIENCE, until_value(subscription.as_mut())).await);
    assert_eq!(gaps, []);
    session.close().await;
}

/// Takes events up to the next value; returns the gaps before it.
async fn until_value(subscription: &mut dyn Subscription) -> Vec<Gap> {
    let mut gaps = Vec::new();
    loop {
        match subscription.next().await.expect("the subscription lives") {
            SubscriptionEvent::Data(_) => return gaps,
            SubscriptionEvent::Gap(gap) => gaps.push(gap),
            _ => {}
        }
    }
}
