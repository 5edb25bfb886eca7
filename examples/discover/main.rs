//! Finds OPC UA servers on networks, or says why there is none somewhere.
//!
//! ```text
//! discover --preset fast                                   # the networks around this machine
//! discover --addresses 10.0.0.0/24 --ports 4840,48000-48100 --deny 10.0.0.13
//! discover --url opc.tcp://lds:4840 --follow everywhere    # whom a discovery server knows
//! discover --addresses 10.0.0.0/24 --json                  # a result a line
//! discover --explain opc.tcp://plc-7:4840                  # why it is not found, step by step
//! ```
//!
//! Nothing is contacted that no flag names. Standard error shows how the search gets on where it is a terminal; ctrl-c ends
//! the search, and what it had found is printed.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | it was searched; of `--explain`, a client can connect |
//! | 1 | it could not go on; of `--explain`, a client cannot connect |
//! | 2 | the command line cannot be used |

mod print;
mod progress;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use iiot::app::{exit_code, stop_signal};
use iiot::core::clock::SystemClock;
use iiot::core::registry::MemoryRegistry;
use iiot::core::{Error, ErrorKind, Result};
use iiot::discovery::explain::ExplainParts;
use iiot::discovery::explanation::ExplainRequest;
use iiot::discovery::found::{ResultsRequest, SearchResult};
use iiot::discovery::operations::{RunRequest, StartRequest};
use iiot::discovery::plan::{Follow, Preset, ScanPlan};
use iiot::discovery::{Discovery, DiscoveryParts, LocalDiscovery, NetworkSearch};

#[derive(Parser)]
#[command(about = "Finds OPC UA servers on networks, or says why there is none somewhere")]
struct Flags {
    /// Addresses and ports to try where no others are named
    #[arg(long, value_enum, default_value = "off")]
    preset: PresetFlag,
    /// Addresses to try: 10.0.0.0/24, 10.0.0.1-10.0.0.99, fd00::17, plc-7
    #[arg(long, value_delimiter = ',', value_name = "RANGES")]
    addresses: Vec<String>,
    /// Ports to try at each of them: 4840, 48000-48100
    #[arg(long, value_delimiter = ',', value_name = "RANGES")]
    ports: Vec<String>,
    /// A server to ask, whatever the addresses say
    #[arg(long)]
    url: Vec<String>,
    /// Addresses that are never contacted
    #[arg(long, value_delimiter = ',', value_name = "RANGES")]
    deny: Vec<String>,
    /// Which URLs are visited that servers report
    #[arg(long, value_enum, default_value = "inside")]
    follow: FollowFlag,
    /// Listens to servers that announce themselves by multicast DNS
    #[arg(long)]
    multicast: bool,
    /// New connections in a second, at most
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// Open connections, at most
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
    /// Prints results as JSON, one a line
    #[arg(long)]
    json: bool,
    /// Says why there is or is not a server at a URL or address, and searches nothing
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["preset", "addresses", "ports", "url", "multicast"])]
    explain: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum PresetFlag {
    Off,
    Local,
    Fast,
    Network,
    Scan,
}

#[derive(Clone, Copy, ValueEnum)]
enum FollowFlag {
    Never,
    Inside,
    Everywhere,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter("error").with_writer(std::io::stderr).init();
    match run(Flags::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn run(flags: Flags) -> Result<ExitCode> {
    let discovery = discovery().await?;
    match flags.explain.clone() {
        Some(target) => explain(discovery.as_ref(), target, flags.json).await,
        None => search(discovery.as_ref(), flags).await,
    }
}

/// Here the networks are those of this machine; with `RemoteDiscovery` they are those of an edge.
async fn discovery() -> Result<Arc<dyn Discovery>> {
    let parts = DiscoveryParts {
        search: Arc::new(NetworkSearch::new(ExplainParts::default())),
        registry: Arc::new(MemoryRegistry::new()),
        edge: None,
        finished: None,
        clock: Arc::new(SystemClock),
    };
    Ok(Arc::new(LocalDiscovery::start(parts).await?))
}

async fn explain(discovery: &dyn Discovery, target: String, json: bool) -> Result<ExitCode> {
    let told = discovery.explain(ExplainRequest { target, timeout_ms: None }).await?;
    if json {
        print::json(&told)?
    } else {
        print::explanation(&told)?
    }
    Ok(if told.reachable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn search(discovery: &dyn Discovery, flags: Flags) -> Result<ExitCode> {
    let (json, stop) = (flags.json, stop_signal());
    let plan = plan(flags);
    if plan.preset == Preset::Off && plan.addresses.is_empty() && plan.urls.is_empty() && !plan.multicast {
        let why = "say where: --addresses 10.0.0.0/24, --url opc.tcp://plc-7:4840, --preset fast or --multicast";
        return Err(Error::new(ErrorKind::InvalidArgument, "search", why));
    }
    let run = discovery.start(StartRequest { plan }).await?.run;
    tokio::select! {
        told = progress::show(discovery, &run) => told?,
        () = stop => drop(discovery.cancel(RunRequest { run: run.clone() }).await?),
    }
    let found = results(discovery, &run).await?;
    if json {
        found.iter().try_for_each(print::json)?
    } else {
        print::results(&found)?
    }
    let ended = discovery.run(RunRequest { run }).await?.run;
    match ended.error {
        Some(error) => Err(Error::new(ErrorKind::Unavailable, "search", error)),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn plan(flags: Flags) -> ScanPlan {
    let preset = match flags.preset {
        PresetFlag::Off => Preset::Off,
        PresetFlag::Local => Preset::Local,
        PresetFlag::Fast => Preset::Fast,
        PresetFlag::Network => Preset::Network,
        PresetFlag::Scan => Preset::Scan,
    };
    let follow = match flags.follow {
        FollowFlag::Never => Follow::Never,
        FollowFlag::Inside => Follow::Inside,
        FollowFlag::Everywhere => Follow::Everywhere,
    };
    let Flags { addresses, ports, url: urls, deny, multicast, rate, concurrency, .. } = flags;
    let usual = ScanPlan::default();
    let (rate, concurrency) = (rate.unwrap_or(usual.rate), concurrency.unwrap_or(usual.concurrency));
    ScanPlan { preset, addresses, ports, urls, deny, follow, multicast, rate, concurrency, ..usual }
}

/// Every page.
async fn results(discovery: &dyn Discovery, run: &str) -> Result<Vec<SearchResult>> {
    let (mut all, mut next) = (Vec::new(), Some(0));
    while let Some(after) = next {
        let page = discovery.results(ResultsRequest { run: run.to_owned(), after, limit: Some(1000) }).await?;
        all.extend(page.results);
        next = page.next;
    }
    Ok(all)
}
