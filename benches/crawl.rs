//! How quickly a plant of a foreign server is walked, near and far.
//!
//! ```text
//! cargo bench -p iiot-simulation --bench crawl
//! cargo bench -p iiot-simulation --bench crawl -- --nodes 20000 --rounds 5 --parallel 4
//! ```
//!
//! The server is node-opcua with a plant of 100,000 nodes. Each round walks it as it is and with a longer way, in turns; then
//! asyncua walks a part of it one node after the other over the same long way. Peers have to be installed
//! (`cargo xtask setup`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cap::Cap;
use clap::Parser;
use futures::StreamExt;
use iiot::core::clock::SystemClock;
use iiot::core::session::{ConnectOptions, ModeChoice, PoolOptions, SessionPool};
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::MessageSecurityMode;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::twin::crawl::{CrawlEnd, CrawlRequest};
use iiot::twin::{EndpointMap, LocalTwin, Twin};
use iiot_core::testing::{Distance, Peers, free_port};
use mimalloc::MiMalloc;

#[global_allocator]
static HEAP: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

#[derive(Parser)]
struct Flags {
    /// Nodes of the plant
    #[arg(long, default_value_t = 100_000)]
    nodes: u64,
    /// Added to each round trip
    #[arg(long, default_value_t = 10)]
    round_trip_ms: u64,
    /// Crawls near and far
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Requests that may be under way
    #[arg(long, default_value_t = 8)]
    parallel: u32,
    /// Nodes that the peer looks into
    #[arg(long, default_value_t = 1_000)]
    peer_nodes: usize,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// How a crawl went.
struct Walked {
    rate: f64,
    most: usize,
    /// Live heap beyond that at the start, at a tenth and at nine tenths of the nodes.
    heap: [i64; 2],
}

const START: &str = "nsu=urn:iiot:peer:tree;s=Plant";
/// The same, by the index that the server gives the namespace.
const START_THERE: &str = "ns=2;s=Plant";

fn main() {
    let flags = Flags::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(run(&flags));
}

async fn run(flags: &Flags) {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let peers = Peers::in_folder(folder.path()).expect("the peers are installed: cargo xtask setup");
    let port = free_port();
    let nodes = flags.nodes.to_string();
    let (_server, _) = peers.node("tree.mjs", port, &["--nodes", &nodes]).expect("the server starts");
    let target = SocketAddr::from(([127, 0, 0, 1], port));
    let near = Distance::start(target, Duration::ZERO).await.expect("a port is free");
    let far = Distance::start(target, Duration::from_millis(flags.round_trip_ms)).await.expect("a port is free");
    // The server is slower until its code is compiled.
    walk(&near, flags).await;
    let (mut near_rates, mut far_rates) = (Vec::new(), Vec::new());
    for round in 1..=flags.rounds {
        for (name, way, rates) in [("near", &near, &mut near_rates), ("far", &far, &mut far_rates)] {
            let walked = walk(way, flags).await;
            walked.tell(round, name);
            assert!(walked.most <= flags.parallel as usize, "more under way than allowed");
            rates.push(walked.rate);
        }
    }
    let peer = serial(&peers, &far, flags.peer_nodes).await;
    let (near, far) = (median(near_rates), median(far_rates));
    println!("near {near:.0}, far {far:.0} nodes/s: {:.0} %", 100.0 * far / near);
    println!("asyncua, far, one after the other: {peer:.0} nodes/s; ours {:.0} times that", far / peer);
}

async fn walk(way: &Distance, flags: &Flags) -> Walked {
    let twin = twin_at(way.address());
    let request = CrawlRequest {
        endpoint: "plant".into(),
        nodes: vec![START.into()],
        parallel: Some(flags.parallel),
        ..Default::default()
    };
    // Connecting is no part of it.
    let first = CrawlRequest { max_nodes: Some(1), ..request.clone() };
    twin.crawl(first).await.expect("the server answers").collect::<Vec<_>>().await;
    let _ = way.most_under_way();
    let (before, started) = (HEAP.allocated() as i64, Instant::now());
    let mut batches = twin.crawl(request).await.expect("the server answers");
    let (mut heap, mut last) = (Vec::new(), None);
    while let Some(batch) = batches.next().await {
        let batch = batch.expect("the server answers");
        if [1, 9].get(heap.len()).is_some_and(|tenths| batch.found > flags.nodes / 10 * tenths) {
            heap.push(HEAP.allocated() as i64 - before);
        }
        last = Some((batch.found, batch.end));
    }
    assert_eq!(last, Some((flags.nodes, Some(CrawlEnd::Complete))));
    let rate = flags.nodes as f64 / started.elapsed().as_secs_f64();
    Walked { rate, most: way.most_under_way(), heap: [heap[0], heap[1]] }
}

impl Walked {
    fn tell(&self, round: usize, way: &str) {
        let [early, late] = self.heap.map(|bytes| bytes / 1024);
        let Self { rate, most, .. } = self;
        println!(
            "round {round}, {way}: {rate:.0} nodes/s, {most} requests under way at most, heap {early} KiB at a tenth, {late} KiB at nine tenths"
        );
    }
}

fn twin_at(address: SocketAddr) -> Arc<dyn Twin> {
    let options = UaConnectorOptions::new("urn:iiot:bench:crawl", Arc::new(MemoryTrustStore::default()));
    let pool = SessionPool::new(Arc::new(UaConnector::new(options)), Arc::new(SystemClock), PoolOptions::default());
    let mut server = ConnectOptions::new(format!("opc.tcp://{address}"));
    server.security.mode = ModeChoice::Exactly(MessageSecurityMode::None);
    let endpoints = EndpointMap::new();
    endpoints.insert("plant", server);
    Arc::new(LocalTwin::new(Arc::new(pool), Arc::new(endpoints), Arc::new(SystemClock)))
}

/// Nodes that asyncua looks into in a second.
async fn serial(peers: &Peers, way: &Distance, nodes: usize) -> f64 {
    let mut command = peers.python_script("crawl.py");
    command.arg(format!("opc.tcp://{}", way.address())).args([START_THERE, "--nodes", &nodes.to_string()]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it does not panic");
    let output = String::from_utf8(output.expect("python runs").stdout).expect("it prints text");
    let words: Vec<f64> = output.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    words[0] / words[1]
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
