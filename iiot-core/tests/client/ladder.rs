//! Faults in a seeded order between our client and a foreign server: whatever breaks, every item
//! reports again and no session is left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::ErrorKind;
use iiot_core::session::{
    ConnectOptions, Connector, Identity, Item, ItemNode, ItemState, Session, SessionExt, SessionState, Subscription,
    SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::testing::{FaultProxy, Peers, Process, Stack, free_port, wait_until, within};
use iiot_core::ua::client::UaConnector;
use iiot_core::ua::{MessageSecurityMode, NodeId, VariableId, Variant};

use crate::faults::truth;
use crate::setup::{connector, options};

pub(crate) const NAMESPACE: &str = "urn:iiot:peer:counter";
const OTHER: &str = "urn:iiot:peer:other";
const COUNTERS: u32 = 12;
const FAULTS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(240);
const SESSION_TIMEOUT: Duration = Duration::from_secs(20);

/// A counter server whose namespaces and limits can change, behind a proxy.
pub(crate) struct Stand {
    folder: tempfile::TempDir,
    peers: Peers,
    stack: Stack,
    port: u16,
    server: Process,
    pub(crate) proxy: FaultProxy,
}

impl Stand {
    pub(crate) async fn start(more: &[&str]) -> Self {
        Self::start_on(Stack::NodeOpcua, more).await
    }

    /// On node-opcua or asyncua.
    async fn start_on(stack: Stack, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        peers.certificates("pki", "urn:iiot:peer:counter-server").unwrap();
        let port = free_port();
        let server = serve(&peers, stack, folder.path(), port, more);
        let proxy = FaultProxy::start(([127, 0, 0, 1], port).into()).await.unwrap();
        Self { folder, peers, stack, port, server, proxy }
    }

    pub(crate) fn restart(&mut self, more: &[&str]) {
        self.server.kill();
        self.server = serve(&self.peers, self.stack, self.folder.path(), self.port, more);
    }

    pub(crate) fn url(&self) -> String {
        format!("opc.tcp://{}", self.proxy.address())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The last value of each counter.
    pub(crate) fn counted(&self) -> BTreeMap<u32, i64> {
        let truth = truth(&self.folder.path().join("truth.jsonl"));
        truth.into_iter().map(|(counter, values)| (counter, values.last().unwrap().0)).collect()
    }

    /// How many sessions the server says that it has, without the one that asks.
    pub(crate) async fn sessions(&self) -> u32 {
        let url = format!("opc.tcp://127.0.0.1:{}", self.port);
        let mut asking = options(&url, MessageSecurityMode::None, &Identity::Anonymous);
        // On a busy machine a server that has just started is slow.
        (asking.connect_timeout, asking.request_timeout) = (PATIENCE, PATIENCE);
        let session = connector().await.connect(asking).await.unwrap();
        let count = VariableId::Server_ServerDiagnostics_ServerDiagnosticsSummary_CurrentSessionCount;
        let values = session.read_values(&[count.into()]).await.unwrap();
        session.close().await;
        match values[0].value {
            Some(Variant::UInt32(count)) => count - 1,
            ref other => panic!("a count of sessions, not {other:?}"),
        }
    }

    /// Waits until the server has so many sessions; those that nobody can close end by their timeout.
    pub(crate) async fn has_sessions(&self, count: u32, patience: Duration) {
        let deadline = Instant::now() + patience;
        loop {
            let sessions = self.sessions().await;
            if sessions == count {
                return;
            }
            assert!(Instant::now() < deadline, "{sessions} sessions on the server, not {count}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

fn serve(peers: &Peers, stack: Stack, folder: &Path, port: u16, more: &[&str]) -> Process {
    let (truth, counters) = (folder.join("truth.jsonl"), COUNTERS.to_string());
    let pki = folder.join("pki");
    let mut arguments =
        vec!["--truth", truth.to_str().unwrap(), "--counters", &counters, "--pki", pki.to_str().unwrap()];
    if !more.contains(&"--namespaces") {
        arguments.extend(["--namespaces", NAMESPACE]);
    }
    arguments.extend(more);
    let started = match stack {
        Stack::Asyncua => peers.python("counter_server.py", port, &arguments),
        _ => peers.node("counter.mjs", port, &arguments),
    };
    started.unwrap().0
}

/// The values of a subscription, checked as they come.
#[derive(Default)]
pub(crate) struct Received {
    tokens: BTreeSet<u64>,
    pub(crate) last: BTreeMap<u32, i64>,
    /// The sequence number of the message that each last value came in.
    numbers: BTreeMap<u32, u32>,
    /// Counters whose next value need not follow the one before: a gap was declared.
    excused: BTreeSet<u32>,
    /// Counters whose last value may come again: node-opcua sends the last values of a subscription
    /// once more after each activation, unless newer ones are queued. No value may be skipped for that.
    repeatable: BTreeSet<u32>,
    pub(crate) gaps: usize,
    /// Why the connection was lost, each time.
    interruptions: Vec<String>,
    pub(crate) values: u64,
    failed: BTreeMap<u32, ItemState>,
}

impl Received {
    pub(crate) fn take(&mut self, subscription: &dyn Subscription, event: SubscriptionEvent) {
        match event {
            SubscriptionEvent::Gap(_) => {
                self.gaps += 1;
                self.excused = (0..COUNTERS).collect();
            }
            SubscriptionEvent::Interrupted(reason) => {
                self.repeatable = (0..COUNTERS).collect();
                self.interruptions.push(reason);
            }
            SubscriptionEvent::Items(states) => {
                for (handle, state) in states {
                    match state {
                        ItemState::Failed { .. } => drop(self.failed.insert(handle, state)),
                        ItemState::Reporting { .. } | ItemState::Unlinked { .. } => drop(self.failed.remove(&handle)),
                    }
                }
            }
            SubscriptionEvent::Data(batch) => {
                assert!(self.tokens.insert(batch.token), "a message came twice");
                for row in batch.rows() {
                    let value = i64::from_le_bytes(row.value.bytes()[1..9].try_into().unwrap());
                    assert!(row.status.is_good() && !row.status.overflow(), "{value} came as {}", row.status);
                    self.value(row.client_handle, value, batch.sequence_number);
                }
                subscription.acknowledge(batch.token);
            }
            _ => {}
        }
    }

    fn value(&mut self, counter: u32, value: i64, number: u32) {
        self.values += 1;
        let (before, excused) = (self.numbers.insert(counter, number), self.excused.remove(&counter));
        let Some(last) = self.last.insert(counter, value) else { return };
        // A new subscription begins with the value of now, which may have come already.
        let fits =
            value == last + 1 || (excused && value >= last) || (value == last && self.repeatable.remove(&counter));
        assert!(
            fits,
            "{value} of counter {counter} in message {number} follows {last} in message {before:?}, \
             and no gap was declared"
        );
    }

    /// Takes events until every counter is beyond `goal`.
    pub(crate) async fn pass(&mut self, subscription: &mut dyn Subscription, goal: &BTreeMap<u32, i64>) {
        let deadline = Instant::now() + PATIENCE;
        while !goal.iter().all(|(counter, value)| self.last.get(counter).is_some_and(|last| last > value)) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(event) = tokio::time::timeout(left, subscription.next()).await else {
                panic!("not beyond {goal:?} within {PATIENCE:?}: {:?}, failed: {:?}", self.last, self.failed);
            };
            self.take(subscription, event.expect("the subscription lives"));
        }
    }
}

/// Half of the items by URI, half by the index that the namespace has now.
pub(crate) fn items(session: &dyn Session, counters: u32) -> Vec<Item> {
    let index = session.namespaces().iter().position(|uri| uri == NAMESPACE).unwrap() as u16;
    let item = |counter: u32| {
        let name = format!("Counter.{counter}");
        let node = if counter.is_multiple_of(2) {
            ItemNode::Uri(NAMESPACE.into(), NodeId::new(0, name))
        } else {
            ItemNode::Indexed(NodeId::new(index, name))
        };
        Item { node: node.into(), sampling_interval_ms: 0.0, queue_size: 1000, ..Item::new(counter, NodeId::null()) }
    };
    (0..counters).map(item).collect()
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn soak_options(url: &str, random: &mut Random) -> ConnectOptions {
    let modes = [MessageSecurityMode::None, MessageSecurityMode::Sign, MessageSecurityMode::SignAndEncrypt];
    ConnectOptions {
        request_timeout: Duration::from_secs(3),
        max_backoff: Duration::from_secs(1),
        session_timeout: SESSION_TIMEOUT,
        ..options(url, modes[random.below(3) as usize], &Identity::Anonymous)
    }
}

/// One session, some faults, and what must hold behind them.
async fn play(seed: u64, stand: &mut Stand, connector: &UaConnector) {
    let mut random = Random(seed);
    let start = Instant::now();
    let session = first_session(connector, soak_options(&stand.url(), &mut random)).await;
    let cycle = SubscriptionOptions { publishing_interval: Duration::from_millis(200), ..Default::default() };
    let mut subscription = session.subscribe(cycle, items(session.as_ref(), COUNTERS)).await.unwrap();
    let mut received = Received::default();
    received.pass(subscription.as_mut(), &stand.counted()).await;
    let mut faults = Vec::new();
    for _ in 0..FAULTS {
        faults.push(break_something(&mut random, stand, session.as_ref()).await);
        let pause = Duration::from_millis(random.below(1500));
        // Events go on while the fault has its way.
        let _ = tokio::time::timeout(pause, async {
            while let Some(event) = subscription.next().await {
                received.take(subscription.as_ref(), event);
            }
        })
        .await;
    }
    stand.proxy.heal();
    let healed = Instant::now();
    received.pass(subscription.as_mut(), &stand.counted()).await;
    let back = healed.elapsed();
    received.pass(subscription.as_mut(), &stand.counted()).await;
    assert_eq!(session.state(), SessionState::Connected);
    session.close().await;
    let left = stand.sessions().await;
    stand.has_sessions(0, SESSION_TIMEOUT + Duration::from_secs(20)).await;
    println!(
        "{} seed {seed}: {faults:?}; back {:.1} s after the last, {} values, {} gaps, {left} left to their timeout; {:.1} s",
        stand.stack.name(),
        back.as_secs_f64(),
        received.values,
        received.gaps,
        start.elapsed().as_secs_f64()
    );
}

/// On a busy machine a server that has just started is slow.
async fn first_session(connector: &UaConnector, options: ConnectOptions) -> Arc<dyn Session> {
    within("the first session", PATIENCE, async {
        loop {
            match connector.connect(options.clone()).await {
                Ok(session) => return session,
                Err(error) if error.kind() == ErrorKind::Timeout => {}
                Err(error) => panic!("{}", error.report()),
            }
        }
    })
    .await
}

async fn break_something(random: &mut Random, stand: &mut Stand, session: &dyn Session) -> &'static str {
    match random.below(8) {
        0 => {
            stand.proxy.cut();
            "cut"
        }
        1 => {
            stand.proxy.outage();
            let time = Duration::from_millis(random.below(4000));
            tokio::time::sleep(time).await;
            stand.proxy.heal();
            "outage"
        }
        2 => {
            stand.proxy.stall();
            wait_until("the silence is noticed", PATIENCE, || session.state() != SessionState::Connected).await;
            stand.proxy.heal();
            "stall"
        }
        3 => {
            stand.proxy.delay(Duration::from_millis(20 + random.below(300)));
            "delay"
        }
        4 => {
            stand.proxy.half_open();
            "half-open"
        }
        5 => {
            let order =
                if random.below(2) == 0 { format!("{OTHER},{NAMESPACE}") } else { format!("{NAMESPACE},{OTHER}") };
            stand.restart(&["--namespaces", &order]);
            "restart with another namespace order"
        }
        6 => {
            let limit = (1 + random.below(8)).to_string();
            stand.restart(&["--max-items-per-call", &limit, "--max-sessions", "4"]);
            "restart with fewer limits"
        }
        _ => {
            stand.proxy.cut();
            tokio::time::sleep(Duration::from_millis(random.below(200))).await;
            stand.proxy.cut();
            "cut twice"
        }
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_every_item_reports_again_and_no_session_is_left() {
    play_seeds(Stack::NodeOpcua, 3, number("IIOT_SEEDS", 3)).await;
}

/// With seeds of its own: a fifth of the others, since the stack is slower.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_every_item_reports_again_on_asyncua_too() {
    play_seeds(Stack::Asyncua, 2, number("IIOT_SEEDS", 5).div_ceil(5)).await;
}

/// Plays them on so many stands side by side. The first seed is `IIOT_SEED`, or 1.
async fn play_seeds(stack: Stack, stands: u64, count: u64) {
    let first = number("IIOT_SEED", 1);
    let stands = (0..stands.min(count)).map(|stand| {
        tokio::spawn(async move {
            let connector = connector().await;
            let mut server = Stand::start_on(stack, &[]).await;
            for seed in (first + stand..first + count).step_by(stands as usize) {
                play(seed, &mut server, &connector).await;
            }
        })
    });
    for stand in stands.collect::<Vec<_>>() {
        stand.await.unwrap();
    }
}

/// `IIOT_SECONDS` says for how long.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_under_load_and_nothing_is_lost() {
    let seconds = std::env::var("IIOT_SECONDS").ok().map_or(8, |text| text.parse().unwrap());
    let stand = Stand::start(&["--interval-ms", "20"]).await;
    let connector = connector().await;
    let mut secure = options(&stand.url(), MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous);
    // Renewed at three quarters: every three seconds.
    secure.token_lifetime = Duration::from_secs(4);
    let session = connector.connect(secure).await.unwrap();
    let cycle = SubscriptionOptions { publishing_interval: Duration::from_millis(50), ..Default::default() };
    let mut subscription = session.subscribe(cycle, items(session.as_ref(), COUNTERS)).await.unwrap();
    let (mut received, start, before) = (Received::default(), Instant::now(), stand.proxy.openings());
    while start.elapsed() < Duration::from_secs(seconds) {
        let event = within("an event", PATIENCE, subscription.next()).await.unwrap();
        received.take(subscription.as_ref(), event);
        if received.values.is_multiple_of(500) {
            assert_eq!(session.read_values(&[VariableId::Server_ServerStatus_State.into()]).await.unwrap().len(), 1);
        }
    }
    let renewals = stand.proxy.openings() - before;
    let (goal, values) = (stand.counted(), received.values);
    received.pass(subscription.as_mut(), &goal).await;
    let behind = received.values - values;
    let connections = stand.proxy.connections();
    println!("{renewals} renewals in {seconds} s, {values} values, {behind} behind, {connections} connections");
    assert!(renewals >= seconds / 4, "{renewals} renewals");
    // Not by the number of connections: a client of another test that looks for a server which it
    // has lost may meet this one on the same port.
    assert_eq!((received.gaps, received.interruptions), (0, Vec::new()), "one channel for all of it");
    session.close().await;
}
