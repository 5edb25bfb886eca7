//! Connections break, servers, brokers and edges die, disks are full: publishing resumes, and what is
//! missing is declared.

use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use iiot_core::testing::{FaultProxy, Mosquitto, MosquittoOptions, Peers, Process, free_port};
use iiot_core::time::UtcTime;
use iiot_stories::{Edge, EdgeOptions, Messages, Published, Truth, truths};
use serde_json::json;
use tokio::time::sleep;

use crate::ledger::{Window, lost, some, undeclared, unfounded};

const COUNTERS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(90);
const OUTAGE: Duration = Duration::from_secs(5);
/// What a server may hold unsent when it is killed: some publishing intervals.
const SLACK_TICKS: i64 = 30_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Cut,
    Outage,
    ServerKilled,
    BrokerKilled,
    BrokerAway,
    EdgeKilled,
    /// While the broker is away, so that values are in the log.
    EdgeKilledBehindOutage,
    DiskFull,
}

const FAULTS: [Fault; 8] = [
    Fault::Cut,
    Fault::Outage,
    Fault::ServerKilled,
    Fault::BrokerKilled,
    Fault::BrokerAway,
    Fault::EdgeKilled,
    Fault::EdgeKilledBehindOutage,
    Fault::DiskFull,
];

#[tokio::test(flavor = "multi_thread")]
async fn what_faults_lose_is_declared_and_nothing_else() {
    let seeds: u64 = env::var("IIOT_SEEDS").map_or(2, |seeds| seeds.parse().expect("IIOT_SEEDS is a number"));
    for seed in 1..=seeds {
        Telling::begin(seed).await.tell().await;
    }
}

/// A counter server, an edge and a broker, with a proxy on either side of the edge.
struct Telling {
    random: Random,
    seed: u64,
    peers: Peers,
    port: u16,
    server: Process,
    truth: PathBuf,
    server_proxy: FaultProxy,
    broker: Mosquitto,
    broker_proxy: FaultProxy,
    messages: Messages,
    subscriptions: usize,
    edge: Edge,
    disk: Disk,
    edges: u32,
    /// When a server was dead, and shortly before.
    deaths: Vec<Window>,
    _folder: tempfile::TempDir,
}

impl Telling {
    async fn begin(seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let peers = Peers::in_folder(folder.path()).expect("peers");
        let (port, truth) = (free_port(), folder.path().join("truth"));
        let server = start_server(&peers, port, &truth);
        let server_proxy = FaultProxy::start(local(port)).await.expect("a proxy");
        let broker = Mosquitto::start(MosquittoOptions::default()).await;
        let broker_proxy = FaultProxy::start(local(broker.port())).await.expect("a proxy");
        let messages = Messages::new(peers.subscriber("127.0.0.1", broker.port(), "#").expect("a subscriber"));
        let disk = Disk::new(&folder.path().join("edge"));
        let edge = start_edge(&disk.folder, server_proxy.address(), broker_proxy.address());
        let random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Self {
            random,
            seed,
            peers,
            port,
            server,
            truth,
            server_proxy,
            broker,
            broker_proxy,
            messages,
            subscriptions: 1,
            edge,
            disk,
            edges: 1,
            deaths: Vec::new(),
            _folder: folder,
        }
    }

    async fn tell(mut self) {
        let until = Instant::now() + seconds("IIOT_SECONDS", 0);
        self.resumed("the start");
        loop {
            for fault in self.random.shuffled(FAULTS) {
                self.suffer(fault).await;
            }
            if Instant::now() >= until {
                break;
            }
        }
        self.settle();
    }

    async fn suffer(&mut self, fault: Fault) {
        sleep(Duration::from_millis(500 + self.random.below(2000))).await;
        let from = now() - SLACK_TICKS;
        self.inject(fault).await;
        self.resumed(&format!("{fault:?}"));
        if fault == Fault::ServerKilled {
            self.deaths.push(Window { from, until: now() });
        }
    }

    async fn inject(&mut self, fault: Fault) {
        println!("seed {}: {fault:?}", self.seed);
        match fault {
            Fault::Cut => self.server_proxy.cut(),
            Fault::Outage => {
                self.server_proxy.outage();
                sleep(OUTAGE).await;
                self.server_proxy.heal();
            }
            Fault::ServerKilled => {
                self.server.kill();
                self.server = start_server(&self.peers, self.port, &self.truth);
            }
            Fault::BrokerKilled => self.kill_broker().await,
            Fault::BrokerAway => {
                let before = self.edge.resident_kib();
                self.broker_proxy.outage();
                sleep(seconds("IIOT_BROKER_AWAY", 10)).await;
                self.check_memory(before);
                self.broker_proxy.heal();
            }
            Fault::EdgeKilled => self.kill_edge(),
            Fault::EdgeKilledBehindOutage => {
                self.broker_proxy.outage();
                sleep(OUTAGE).await;
                self.kill_edge();
                sleep(OUTAGE / 2).await;
                self.broker_proxy.heal();
            }
            Fault::DiskFull => {
                self.disk.fill();
                sleep(seconds("IIOT_DISK_FULL", 5)).await;
                self.disk.free();
            }
        }
    }

    /// What the next edge finds is what the killed one has left on the disk and at the server.
    fn kill_edge(&mut self) {
        self.edge.process.kill();
        self.edge = start_edge(&self.disk.folder, self.server_proxy.address(), self.broker_proxy.address());
        self.edges += 1;
    }

    /// A broker that is away costs disk and no memory.
    fn check_memory(&self, before: Option<u64>) {
        let (Some(before), Some(after)) = (before, self.edge.resident_kib()) else { return };
        println!("seed {}: {before} KiB before the broker was away, {after} KiB after", self.seed);
        assert!(after <= before + before / 10 + 4096, "the edge grew from {before} to {after} KiB");
    }

    /// The edge waits until the subscriber is back: what nobody subscribes to, a broker drops.
    async fn kill_broker(&mut self) {
        self.broker.kill();
        self.broker_proxy.outage();
        self.broker.restart().await;
        self.subscriptions += 1;
        self.messages.wait_for_subscription(self.subscriptions, PATIENCE);
        self.broker_proxy.heal();
    }

    /// Waits until the present value of every counter has been published.
    fn resumed(&self, what: &str) {
        let present = last(&truths(&self.truth));
        let came = |published: &[Published], truth: &Truth| {
            published
                .iter()
                .rev()
                .any(|field| field.field == truth.name && field.source_ticks() >= Some(truth.source_ticks))
        };
        let resumed =
            self.messages.wait_until(PATIENCE, |published| present.iter().all(|truth| came(published, truth)));
        assert!(resumed, "seed {}: publishing did not resume after {what}\n{}", self.seed, self.edge.process.said());
    }

    /// Also an edge that goes on with another one's subscription knows the types.
    fn check_types(&self) {
        const INT64: u64 = 8;
        let messages = self.messages.all();
        let metadata = messages.iter().filter_map(|message| message.body["MetaData"]["Fields"].as_array()).next_back();
        let fields = metadata.expect("metadata was published");
        assert!(fields.iter().all(|field| field["BuiltInType"] == INT64), "{fields:?}");
    }

    fn settle(mut self) {
        let truths = truths(&self.truth);
        let until = last(&truths).iter().map(|truth| truth.source_ticks).min().unwrap_or_default();
        self.resumed("everything");
        let told = |truth: &Truth| {
            self.deaths.iter().any(|death| death.from <= truth.source_ticks && truth.source_ticks <= death.until)
        };
        let all_there = |published: &[Published]| lost(&truths, published, until).iter().all(|truth| told(truth));
        // What was held back during an outage may come behind newer values.
        let _ = self.messages.wait_until(PATIENCE / 3, all_there);
        let published = self.messages.published();
        let declared = self.edge.declared_losses();
        let lost = lost(&truths, &published, until);
        println!(
            "seed {}: {} values, {} published, {} edges, {} lost, {} intervals declared",
            self.seed,
            truths.len(),
            published.len(),
            self.edges,
            lost.len(),
            declared.len()
        );
        let without_cause: Vec<_> = lost.iter().copied().filter(|truth| !told(truth)).collect();
        assert!(
            without_cause.is_empty(),
            "seed {}: lost although the server held them: {}",
            self.seed,
            some(&without_cause)
        );
        let silent = undeclared(&lost, &declared);
        assert!(
            silent.is_empty(),
            "seed {}: lost and not declared: {}\ndeclared: {declared:#?}",
            self.seed,
            some(&silent)
        );
        let unfounded = unfounded(&declared, &self.deaths);
        assert!(unfounded.is_empty(), "seed {}: declared without a cause: {unfounded:#?}", self.seed);
        check_values(&truths, &published);
        self.check_types();
        assert!(self.edge.stop(), "seed {}: the edge did not stop well\n{}", self.seed, self.edge.process.said());
    }
}

/// The disk of an edge: one that can be filled, where we may mount one.
struct Disk {
    folder: PathBuf,
    mounted: bool,
}

impl Disk {
    fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("the test's folder is writable");
        let mount = |command: &mut Command| command.status().is_ok_and(|status| status.success());
        let mounted = mount(Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(folder));
        if !mounted {
            println!("no disk could be mounted: that one is full is left out");
        }
        Self { folder: folder.to_owned(), mounted }
    }

    /// Leaves no room at all.
    fn fill(&self) {
        if self.mounted {
            let ballast = std::fs::File::create(self.folder.join("ballast"));
            let zeros = std::io::copy(&mut std::io::repeat(0), &mut ballast.expect("a name needs no room"));
            assert!(zeros.is_err(), "the disk is full");
        }
    }

    fn free(&self) {
        if self.mounted {
            std::fs::remove_file(self.folder.join("ballast")).expect("it was written");
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily: the edge may still have files open.
            let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
    }
}

/// A duration from the environment.
fn seconds(variable: &str, default: u64) -> Duration {
    let seconds = env::var(variable).map_or(default, |text| text.parse().expect("a number of seconds"));
    Duration::from_secs(seconds)
}

fn start_server(peers: &Peers, port: u16, truth: &Path) -> Process {
    let arguments =
        ["--truth", &truth.display().to_string(), "--counters", &COUNTERS.to_string(), "--interval-ms", "100"];
    peers.node("counter.mjs", port, &arguments).expect("the server starts").0
}

fn start_edge(data: &Path, server: SocketAddr, broker: SocketAddr) -> Edge {
    let node = |index| {
        json!({
            "Id": format!("nsu=urn:iiot:peer:counter;s=Counter.{index}"),
            "DataSetFieldId": format!("Counter.{index}"),
            "OpcSamplingInterval": 0,
            "QueueSize": 2000,
        })
    };
    let published_nodes = json!([{
        "EndpointUrl": format!("opc.tcp://{server}"),
        "UseSecurity": false,
        "DataSetWriterGroup": "counters",
        "DataSetWriterId": "all",
        "DataSetPublishingInterval": 200,
        "OpcNodes": (0..COUNTERS).map(node).collect::<Vec<_>>(),
    }]);
    Edge::start(&EdgeOptions { published_nodes: &published_nodes, sink: &format!("mqtt://{broker}"), data })
}

/// The newest value of each counter.
fn last(truths: &[Truth]) -> Vec<Truth> {
    let name = |index| format!("Counter.{index}");
    (0..COUNTERS).filter_map(|index| truths.iter().rev().find(|truth| truth.name == name(index)).cloned()).collect()
}

/// Nothing was published that the server never held.
fn check_values(truths: &[Truth], published: &[Published]) {
    let newest = truths.iter().map(|truth| truth.source_ticks).max().unwrap_or_default();
    for field in published.iter().filter(|field| field.source_ticks() <= Some(newest)) {
        let held =
            truths.iter().find(|truth| truth.name == field.field && Some(truth.source_ticks) == field.source_ticks());
        let truth = held
            .unwrap_or_else(|| panic!("{} was published as {}, which the server never held", field.field, field.value));
        iiot_stories::compare(truth, &field.value).expect("what the server held");
    }
}

fn now() -> i64 {
    UtcTime::from(SystemTime::now()).ticks()
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// The same order for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn shuffled<T, const N: usize>(&mut self, mut items: [T; N]) -> [T; N] {
        for index in (1..N).rev() {
            items.swap(index, self.below(index as u64 + 1) as usize);
        }
        items
    }
}
