//! The process above the edges: the record of all plants, and one REST face to every server behind every edge.
//!
//! ```text
//! cargo run --example cloud -- --data data key first alice       # prints the first administrator's key, once
//! cargo run --example cloud -- --data data caller                # prints what edges are started with as --cloud
//! cargo run --example cloud -- --data data --http 127.0.0.1:9700 --transport mqtt://127.0.0.1:1883
//! ```
//!
//! Edges at the same broker announce themselves (`edge --transport URL --cloud KEY`). Nothing is sent to one before an
//! administrator has compared its key with what the edge shows and approved it:
//!
//! ```text
//! curl -H "Authorization: Bearer iiot_…" http://127.0.0.1:9700/v1/registry/edges
//! curl -H "Authorization: Bearer iiot_…" --json '{"edge": "edge", "approval": "approved", "placeKey": "…"}' \
//!     http://127.0.0.1:9700/v1/registry/decide_edge
//! ```
//!
//! Below `/v1/edges/EDGE/` is what concerns an edge: its searches, its configuration, how it stands. Below `/v1/twins/` are the
//! activated endpoints of `/v1/registry/endpoints`, whichever edge uses them; when that goes, another of its site takes over.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | stopped in order |
//! | 1 | it could not go on |
//! | 2 | the command line cannot be used |
//! | 3 | a file, folder or database cannot be used |

mod flags;

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use flags::{TlsFlags, TokenFlags};
use iiot::app::{App, exit_code, stop_signal_or_after};
use iiot::cloud::{self, AtEdges, Balance, Edges, Runs};
use iiot::core::clock::{Clock, SystemClock};
use iiot::core::presence::{EdgeWatch, INTERVAL};
use iiot::core::{Result, registry};
use iiot::core_dumps::forbid_core_dumps;
use iiot::discovery::registrar::{Activator, LocalRegistrar, RegistrarOptions};
use iiot::http::{Http, HttpSettings, accept_tokens, audit_command, key_command};
use iiot::{capabilities, http, records, sink};

#[derive(Parser)]
#[command(about = "The record of all plants, and one REST face to every server behind every edge")]
struct Flags {
    /// Serves HTTP there; beyond loopback by TLS, with a certificate of our own if none is given
    #[arg(long, env = "IIOT_HTTP", value_name = "[https://]ADDRESS", default_value = "127.0.0.1:9700")]
    http: String,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten)]
    tokens: TokenFlags,
    /// The broker at which edges announce themselves and are asked
    #[arg(
        long,
        env = "IIOT_TRANSPORT",
        value_name = "URL",
        default_value = "mqtt://127.0.0.1:1883",
        hide_env_values = true
    )]
    transport: String,
    /// Where the record is kept: memory:, sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE [default: sqlite below the data]
    #[arg(long, env = "IIOT_DATABASE", value_name = "ADDRESS", hide_env_values = true)]
    database: Option<String>,
    /// Folder for what outlasts the process: API keys, audit record, the key that requests to edges are signed with, the record
    #[arg(long, env = "IIOT_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Which applications are approved and activated as soon as a search finds them; a JSON file
    #[arg(long, env = "IIOT_RULES", value_name = "FILE")]
    rules: Option<PathBuf>,
    /// How long an edge may be away before others of its site use its endpoints, in seconds
    #[arg(long, env = "IIOT_FAILOVER_AFTER", value_name = "SECONDS", default_value_t = 30)]
    failover_after: u64,
    /// What to log: error, warn, info, debug, or by module
    #[arg(long, env = "IIOT_LOG", default_value = "info,mqtt5=off")]
    log: String,
    /// Stops after so many seconds
    #[arg(long, value_name = "SECONDS")]
    exit_after: Option<u64>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Done on the files below --data instead of running.
#[derive(Subcommand)]
enum Command {
    /// API keys: first NAME | make NAME reader|operator|approver|administrator [DAYS] | list | revoke ID
    Key { words: Vec<String> },
    /// What was changed by whom: list | check
    Audit { words: Vec<String> },
    /// The public key that requests to edges are signed with, which edges are started with as --cloud
    Caller,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    tracing_subscriber::fmt().with_env_filter(&flags.log).with_writer(stderr).with_ansi(stderr().is_terminal()).init();
    match do_it(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", error.report());
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn do_it(flags: Flags) -> Result<()> {
    forbid_core_dumps()?;
    let stop = stop_signal_or_after(flags.exit_after.map(Duration::from_secs));
    match &flags.command {
        Some(command) => carry_out(command, &flags),
        None => run(flags, stop).await,
    }
}

fn carry_out(command: &Command, flags: &Flags) -> Result<()> {
    let folder = flags.data.join("http");
    let printed = match command {
        Command::Key { words } => key_command(&folder, words, SystemClock.utc())?,
        Command::Audit { words } => audit_command(&folder, words)?,
        Command::Caller => cloud::caller_key(&flags.data)?.public().to_string(),
    };
    println!("{printed}");
    Ok(())
}

async fn run(flags: Flags, stop: impl Future<Output = ()>) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let settings = http_settings(&flags);
    settings.check()?;
    let tokens = flags.tokens.options()?;
    let rules = flags.rules.as_deref().map(cloud::rules).transpose()?.unwrap_or_default();
    let patience = Duration::from_secs(flags.failover_after);
    let hub = sink::hub(&flags.transport)?;
    let database = flags.database.map_or_else(|| records::below(Some(&flags.data)), Ok)?;
    let registry = registry::open(&database).await?;
    let signer = cloud::caller_key(&flags.data)?;
    tracing::info!("edges at {} that are started with --cloud {} can be approved", hub.address(), signer.public());

    let watch = EdgeWatch::start(Arc::clone(&hub), Arc::clone(&registry), INTERVAL, Arc::clone(&clock));
    let edges = Arc::new(Edges::new(hub, Arc::clone(&registry), signer, Arc::clone(&clock)));
    let activator: Arc<dyn Activator> = Arc::new(AtEdges::new(Arc::clone(&edges)));
    let options = RegistrarOptions { patience, rules, ..RegistrarOptions::default() };
    let registrar = LocalRegistrar::new(Arc::clone(&registry), Arc::clone(&activator), Arc::clone(&clock), options);
    let registrar = Arc::new(registrar);
    let balance = Balance::start(registry, activator, patience, Arc::clone(&clock));
    let runs = Runs::start(Arc::clone(&edges), Arc::clone(&registrar), Arc::clone(&clock));

    let watch = Arc::new(watch);
    let mut parts = http::parts("iiot cloud", &settings.folder, clock)?;
    tokens.into_iter().for_each(|options| accept_tokens(&mut parts, options));
    parts.capabilities.push(capabilities::of_registrar(&registrar));
    parts.capabilities.push(cloud::of_twins(&edges));
    parts.capabilities.extend(cloud::of_edges(&edges));
    let listening = Arc::clone(&watch);
    parts.ready.push(Arc::new(move || listening.check()));
    let http = Http::start(&settings, parts).await?;
    App::new().with_shared(edges).with_shared(watch).with(balance).with(runs).with(http).run_until(stop).await
}

fn http_settings(flags: &Flags) -> HttpSettings {
    let certificate = flags.tls.http_certificate.clone().zip(flags.tls.http_key.clone());
    HttpSettings { bind: flags.http.clone(), certificate, folder: flags.data.join("http") }
}
