//! A line of the plant: a counter server, an edge, and a link on either side of it, which suffer faults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use iiot_core::testing::{FaultProxy, Peers, Process, free_port};
use iiot_core::time::UtcTime;
use iiot_stories::{Edge, EdgeOptions};
use serde_json::json;
use tokio::task::block_in_place;
use tokio::time::sleep;

use super::fault::Fault;
use super::memory::Memory;
use super::plant::Plant;
use super::truth::newest;
use crate::disk::Disk;
use crate::ledger::Window;
use crate::random::Random;

pub(super) const COUNTERS: usize = 4;
/// For what takes seconds on a machine with nothing else to do.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);
/// What a server may hold unsent when it is killed: some publishing intervals, on a busy machine.
const SLACK_TICKS: i64 = 50_000_000;

/// One line.
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) truth: PathBuf,
    pub(super) edge: Edge,
    /// When a server was dead, and shortly before.
    pub(super) deaths: Vec<Window>,
    pub(super) memory: Option<Memory>,
    random: Random,
    peers: Peers,
    port: u16,
    server: Process,
    server_link: FaultProxy,
    broker_link: FaultProxy,
    disk: Disk,
    plant: Arc<Plant>,
}

impl Line {
    pub(super) async fn start(number: usize, plant: &Arc<Plant>, folder: &Path) -> Self {
        let peers = Peers::in_folder(folder).expect("peers");
        let (port, truth) = (free_port(), folder.join(format!("truth-{number}")));
        let server = block_in_place(|| start_server(&peers, port, &truth));
        let server_link = FaultProxy::start(([127, 0, 0, 1], port).into()).await.expect("a proxy");
        let broker_link = FaultProxy::start(plant.broker_address).await.expect("a proxy");
        let disk = Disk::new(&folder.join(format!("edge-{number}")), 32);
        let edge = start_edge(number, &disk.folder, server_link.address(), broker_link.address());
        let random = Random::new(plant.settings.seed * 100 + number as u64);
        let (deaths, memory, plant) = (Vec::new(), None, Arc::clone(plant));
        Self { number, truth, edge, deaths, memory, random, peers, port, server, server_link, broker_link, disk, plant }
    }

    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// One fault, until publishing goes on; says whether there was one.
    pub(super) async fn suffer(&mut self, fault: Fault) -> bool {
        let needs_disk = matches!(fault, Fault::DiskFull | Fault::EdgeKilledOnFullDisk);
        if needs_disk && !self.disk.can_be_full() {
            return false;
        }
        sleep(self.random.between(200, 1500)).await;
        let from = now();
        println!("{} line {}: {fault:?}", UtcTime::from(SystemTime::now()), self.number);
        self.inject(fault).await;
        self.resumed(&format!("{fault:?}")).await;
        if matches!(fault, Fault::ServerKilled | Fault::ServerKilledBehindOutage) {
            self.deaths.push(Window { from: from - SLACK_TICKS, until: now() });
        }
        true
    }

    async fn inject(&mut self, fault: Fault) {
        let a_while = self.random.between(500, 6000);
        match fault {
            Fault::LinkCut => self.server_link.cut(),
            Fault::LinkOutage => outage(&self.server_link, a_while).await,
            Fault::LinkStalled => stall(&self.server_link, a_while).await,
            Fault::LinkHalfOpen => half_open(&self.server_link, a_while).await,
            Fault::BrokerCut => self.broker_link.cut(),
            Fault::BrokerOutage => outage(&self.broker_link, a_while).await,
            Fault::BrokerStalled => stall(&self.broker_link, a_while).await,
            Fault::BrokerKilled => self.plant.kill_broker().await,
            Fault::BrokerAway => self.broker_away().await,
            Fault::ServerKilled => self.kill_server(),
            Fault::ServerKilledBehindOutage => {
                self.server_link.outage();
                sleep(a_while).await;
                self.kill_server();
                self.server_link.heal();
            }
            Fault::EdgeKilled => self.kill_edge(),
            Fault::EdgeKilledBehindOutage => {
                self.broker_link.outage();
                sleep(a_while).await;
                self.kill_edge();
                sleep(a_while / 2).await;
                self.broker_link.heal();
            }
            Fault::EdgeKilledTwice => {
                self.kill_edge();
                sleep(a_while / 3).await;
                self.kill_edge();
            }
            Fault::DiskFull => {
                self.disk.fill();
                sleep(self.plant.settings.disk_full).await;
                self.disk.free();
            }
            Fault::EdgeKilledOnFullDisk => self.kill_edge_on_full_disk(a_while).await,
        }
    }

    fn kill_server(&mut self) {
        self.server.kill();
        self.server = block_in_place(|| start_server(&self.peers, self.port, &self.truth));
    }

    /// What the next edge finds is what the killed one has left on the disk and at the server.
    fn kill_edge(&mut self) {
        self.edge.process.kill();
        self.start_edge();
    }

    fn start_edge(&mut self) {
        let (server, broker) = (self.server_link.address(), self.broker_link.address());
        self.edge = start_edge(self.number, &self.disk.folder, server, broker);
    }

    /// Whoever watches over the edge starts it again as soon as there is room.
    async fn kill_edge_on_full_disk(&mut self, time: Duration) {
        self.disk.fill();
        sleep(time).await;
        self.edge.process.kill();
        self.disk.free();
        self.start_edge();
    }

    /// A broker that is away costs disk and no memory.
    async fn broker_away(&mut self) {
        self.broker_link.outage();
        let memory = Memory::watch(&self.edge, self.plant.settings.broker_away).await;
        self.broker_link.heal();
        println!("line {}: {memory}", self.number);
        self.memory = Some(memory);
    }

    /// Waits until the present value of every counter has been published.
    pub(super) async fn resumed(&self, what: &str) {
        let present = newest(&self.truth);
        assert!(present.iter().flatten().count() == COUNTERS, "the server of line {} counts not", self.number);
        let resumed = self.plant.witness.wait_until(PATIENCE, |seen| {
            let came = seen.lines[self.number].counters.iter().map(|counter| counter.last_key_value());
            came.zip(&present).all(|(came, present)| came.map(|(at, _)| *at) >= *present)
        });
        let (resumed, number) = (resumed.await, self.number);
        assert!(resumed, "line {number}: nothing came any more after {what}\n{}", self.edge.process.said());
    }
}

async fn outage(link: &FaultProxy, time: Duration) {
    link.outage();
    sleep(time).await;
    link.heal();
}

async fn stall(link: &FaultProxy, time: Duration) {
    link.stall();
    sleep(time).await;
    link.heal();
}

async fn half_open(link: &FaultProxy, time: Duration) {
    link.half_open();
    sleep(time).await;
    link.cut();
}

fn start_server(peers: &Peers, port: u16, truth: &Path) -> Process {
    let (truth, counters) = (truth.display().to_string(), COUNTERS.to_string());
    let arguments = ["--truth", &truth, "--counters", &counters, "--interval-ms", "100"];
    peers.node("counter.mjs", port, &arguments).expect("the server starts").0
}

fn start_edge(number: usize, data: &Path, server: SocketAddr, broker: SocketAddr) -> Edge {
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
    let options = EdgeOptions { published_nodes: &published_nodes, sink: &format!("mqtt://{broker}"), data };
    Edge::start_with(&options, |edge| edge.args(["--publisher-id", &format!("line-{number}")]))
}

pub(super) fn now() -> i64 {
    UtcTime::from(SystemTime::now()).ticks()
}
