//! What a tag costs: a publisher of many servers' variables, changing and still.
//!
//! ```text
//! cargo bench -p iiot-simulation --bench scale
//! cargo bench -p iiot-simulation --bench scale -- --servers 10 --nodes 10000 --seconds 60
//! ```
//!
//! The servers run in a process of their own, and so does each case: first every variable changes once a
//! second, then none does and heartbeats are sent every ten seconds. Memory is what the process has more than
//! before it read the configuration.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use cap::Cap;
use clap::Parser;
use iiot::core::clock::SystemClock;
use iiot::core::transport::Message;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::core::{Error, ErrorKind, Result};
use iiot::pki::Pki;
use iiot::publisher::config;
use iiot::publisher::ledger::Ledger;
use iiot::publisher::service::{Parts, Publisher, Store, StoreOptions};
use iiot::publisher::sink::Sink;
use iiot_simulation::{Plant, PlantOptions};
use mimalloc::MiMalloc;
use serde_json::Value;

#[global_allocator]
static HEAP: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

#[derive(Parser)]
struct Flags {
    /// OPC UA servers
    #[arg(long, default_value_t = 5)]
    servers: u16,
    /// Variables of each
    #[arg(long, default_value_t = 20_000)]
    nodes: usize,
    /// How long each case is watched
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Values go through the durable log in this folder
    #[arg(long)]
    data: Option<std::path::PathBuf>,
    /// Is one case, with variables that change in this interval
    #[arg(long, hide = true)]
    case_interval_ms: Option<u64>,
    /// Is the plant, and writes its configuration to standard output
    #[arg(long, hide = true)]
    plant_interval_ms: Option<u64>,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let flags = Flags::parse();
    iiot_simulation::exit_code(match (flags.plant_interval_ms, flags.case_interval_ms) {
        (Some(interval), _) => be_plant(&flags, Duration::from_millis(interval)).await,
        (None, Some(interval)) => case(&flags, interval).await,
        (None, None) => measure(&flags),
    })
}

/// Serves until standard input ends.
async fn be_plant(flags: &Flags, interval: Duration) -> Result<()> {
    let options =
        PlantOptions { port: 0, servers: flags.servers, nodes: flags.nodes, interval, ..PlantOptions::default() };
    let plant = Plant::start(&options).await?;
    println!("{}", with_heartbeats(plant.published_nodes(Duration::from_secs(1))));
    let wait = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    wait.await.map(|_| ()).map_err(|cause| failed("the plant did not wait").because(cause))
}

/// A heartbeat of ten seconds for every node.
fn with_heartbeats(mut entries: Value) -> Value {
    for entry in entries.as_array_mut().into_iter().flatten() {
        entry["DefaultHeartbeatInterval"] = 10_000.into();
    }
    entries
}

fn measure(flags: &Flags) -> Result<()> {
    println!("{} tags on {} servers", flags.tags(), flags.servers);
    for (title, interval) in [("each changes every second", 1_000), ("none changes", 86_400_000)] {
        println!("{title}");
        let mut command = flags.again()?;
        command.args(["--seconds", &flags.seconds.to_string(), "--case-interval-ms", &interval.to_string()]);
        if let Some(data) = &flags.data {
            command.arg("--data").arg(data.join(interval.to_string()));
        }
        let status = command.status().map_err(|cause| failed("a case did not start").because(cause))?;
        if !status.success() {
            return Err(failed("a case failed"));
        }
    }
    Ok(())
}

impl Flags {
    fn tags(&self) -> usize {
        usize::from(self.servers) * self.nodes
    }

    /// This program with the same servers.
    fn again(&self) -> Result<Command> {
        let program = std::env::current_exe().map_err(|cause| failed("no program").because(cause))?;
        let mut command = Command::new(program);
        command.args(["--servers", &self.servers.to_string(), "--nodes", &self.nodes.to_string()]);
        Ok(command)
    }
}

async fn case(flags: &Flags, interval_ms: u64) -> Result<()> {
    let (tags, mut plant) = (flags.tags(), PlantProcess::start(flags, interval_ms)?);
    let pki = Pki::open(std::env::temp_dir().join("iiot-scale-pki"), "scale", &SystemClock).await?;
    let mut client = UaConnectorOptions::new(pki.application_uri, Arc::new(pki.trust));
    client.certificate = Some(pki.certificate);
    let sink = Arc::new(CountingSink::default());
    let mut parts = Parts::new(Arc::new(UaConnector::new(client)), Arc::clone(&sink) as _, "scale");
    if let Some(data) = &flags.data {
        parts.ledger = Arc::new(Ledger::open(data)?);
        parts.store = Some(Arc::new(Store::open(data, StoreOptions::default())?));
    }
    let (heap, resident) = (HEAP.allocated(), resident_bytes());
    let configuration = plant.configuration()?;
    let begun = Instant::now();
    let publisher = start(configuration, parts)?;
    wait_until_all_report(&publisher, tags).await;
    println!("  all report after            {:8.1} s", begun.elapsed().as_secs_f64());
    let watched = watch(&sink, Duration::from_secs(flags.seconds), tags).await;
    let per_tag = |bytes: usize| bytes as f64 / tags as f64;
    println!("  live heap                   {:8.0} B/tag", per_tag(watched.heap.saturating_sub(heap)));
    println!("  resident                    {:8.0} B/tag", per_tag(resident_bytes().saturating_sub(resident)));
    println!("  values to the sink          {:8.0} /s", watched.values_per_second);
    println!("  CPU time                    {:8.2} cores", watched.cores);
    println!("  CPU time per value          {:8.0} ns", watched.cores * 1e9 / watched.values_per_second.max(1.0));
    println!("  values in any 11 s, at least{:8.3} of the tags", watched.least_in_eleven_seconds);
    publisher.stop(Duration::from_secs(10)).await;
    Ok(())
}

fn start(configuration: String, parts: Parts) -> Result<Publisher> {
    let loaded = config::load(&configuration)?;
    for finding in loaded.findings.iter().take(3) {
        println!("  {finding}");
    }
    Ok(Publisher::start(&loaded.plan, parts))
}

async fn wait_until_all_report(publisher: &Publisher, tags: usize) {
    let reporting = || {
        let connections = publisher.diagnostics().connections;
        connections
            .iter()
            .flat_map(|connection| &connection.writers)
            .map(|writer| writer.reporting as usize)
            .sum::<usize>()
    };
    while reporting() < tags {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

struct Watched {
    /// At the quietest moment.
    heap: usize,
    values_per_second: f64,
    cores: f64,
    least_in_eleven_seconds: f64,
}

async fn watch(sink: &CountingSink, time: Duration, tags: usize) -> Watched {
    let (begun, cpu, values) = (Instant::now(), cpu_time(), sink.values.load(Relaxed));
    let (mut heap, mut least) = (usize::MAX, f64::INFINITY);
    let mut window = VecDeque::new();
    while begun.elapsed() < time {
        tokio::time::sleep(Duration::from_millis(20)).await;
        heap = heap.min(HEAP.allocated());
        window.push_back((Instant::now(), sink.values.load(Relaxed)));
        while let Some((at, before)) = window.front().copied()
            && at.elapsed() >= Duration::from_secs(11)
        {
            least = least.min((sink.values.load(Relaxed) - before) as f64 / tags as f64);
            window.pop_front();
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    Watched {
        heap,
        values_per_second: (sink.values.load(Relaxed) - values) as f64 / seconds,
        cores: (cpu_time() - cpu).as_secs_f64() / seconds,
        least_in_eleven_seconds: least,
    }
}

/// Counts the values of messages and forgets them.
#[derive(Debug, Default)]
struct CountingSink {
    values: AtomicU64,
}

#[async_trait::async_trait]
impl Sink for CountingSink {
    async fn send(&self, message: Message) -> Result<()> {
        let values = memchr::memmem::find_iter(&message.payload, b"\"Value\":").count();
        self.values.fetch_add(values as u64, Relaxed);
        Ok(())
    }

    fn max_message_size(&self) -> Option<usize> {
        None
    }

    fn address(&self) -> String {
        "nowhere".into()
    }

    async fn close(&self) {}
}

/// The servers, until this is dropped.
struct PlantProcess(Child);

impl PlantProcess {
    fn start(flags: &Flags, interval_ms: u64) -> Result<Self> {
        let mut command = flags.again()?;
        command.args(["--plant-interval-ms", &interval_ms.to_string()]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        child.map(Self).map_err(|cause| failed("the plant did not start").because(cause))
    }

    /// Its configuration.
    fn configuration(&mut self) -> Result<String> {
        let mut line = String::new();
        if let Some(stdout) = &mut self.0.stdout {
            BufReader::new(stdout).read_line(&mut line).map_err(|cause| failed("no configuration").because(cause))?;
        }
        Ok(line)
    }
}

impl Drop for PlantProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).map_or(0, |pages: usize| pages * 4096)
}

/// Of all threads, in user and system mode.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn failed(message: &'static str) -> Error {
    Error::new(ErrorKind::Internal, "measure", message)
}
