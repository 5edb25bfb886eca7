//! The edge of one site: publishes values of OPC UA servers as OPC UA PubSub messages.
//!
//! ```text
//! cargo run --example edge -- --published-nodes published_nodes.json --sink mqtt://127.0.0.1:1883
//! ```
//!
//! With `--http` it answers over HTTP what can be asked of it, to whoever has an API key:
//!
//! ```text
//! cargo run --example edge -- --data data key first alice       # prints the first administrator's key, once
//! cargo run --example edge -- --data data --http 127.0.0.1:9702
//! curl -H "Authorization: Bearer iiot_…" http://127.0.0.1:9702/v1/edge/diagnostics
//! curl -H "Authorization: Bearer iiot_…" 'http://127.0.0.1:9702/v1/twins/opc.tcp%3A%2F%2Fplc%3A4840/read?node=i=2258'
//! ```
//!
//! Below `/v1/twins/` are the servers of the configuration, by their EndpointUrl, and activated endpoints on record, by their
//! ids: browse, read, write, call, history. `/v1/discovery/start` searches for servers, `/v1/registry/` tells what was found.
//! With `--jwks`, `--issuer` and `--audience` users can show tokens of an identity provider instead of API keys.
//!
//! With `--certificates` and the token of an invitation it obtains its certificate from a certificate manager, renews it by
//! itself, and follows the trust lists that the manager has for it.
//!
//! Messages go to the sink, the log goes to standard error. A server or broker that cannot be reached
//! is tried again and again; nodes and entries that cannot be published are named and left out.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | stopped in order |
//! | 1 | it could not go on: nobody reads standard output any more |
//! | 2 | the command line or the configuration cannot be used |
//! | 3 | a file or folder cannot be used: certificates, losses, file sink |

#[path = "flags/enrolment.rs"]
mod enrolment;
mod flags;
#[path = "flags/keys.rs"]
mod keys;

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use enrolment::CertificateFlags;
use flags::{TlsFlags, TokenFlags};
use iiot::app::{exit_code, stop_signal_or_after};
use iiot::core::access::CallerKey;
use iiot::core::clock::{Clock, SystemClock};
use iiot::core::{Error, ErrorKind, Result, registry};
use iiot::core_dumps::forbid_core_dumps;
use iiot::edge::EdgeParts;
use iiot::http::{HttpSettings, audit_command, key_command};
use iiot::otlp::OtlpSettings;
use iiot::pki::Pki;
use iiot::publisher::configuration::ConfigurationOptions;
use iiot::publisher::ledger::Ledger;
use iiot::publisher::log::LogOptions;
use iiot::publisher::profile::Dialect;
use iiot::publisher::service::{Parts, Store, StoreOptions, WhenFull};
use iiot::twin::GuardPolicy;
use iiot::{offer, records, sink};
use keys::KeyFlags;

/// Keeps less of what was needed for a moment than the system's own; with `MIMALLOC_PURGE_DELAY=0` in the environment it
/// keeps nothing, for a third more CPU time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Publishes values of OPC UA servers as OPC UA PubSub messages")]
struct Flags {
    /// What to publish; a change of the file is applied at once
    #[arg(long, env = "IIOT_PUBLISHED_NODES", value_name = "FILE", default_value = "published_nodes.json")]
    published_nodes: PathBuf,
    /// Messages as OPC Publisher sends them by default, instead of as OPC 10000-14 says
    #[arg(long, env = "IIOT_COMPATIBLE")]
    compatible: bool,
    /// Where messages go: stdout, null, file:PATH, folder:PATH, mqtt://HOST:PORT, mqtts://, ws://, wss://, iothub:file:PATH,
    /// http://HOST/PATH, https://. Can be given several times: writer groups name the one they use, the others use the first
    #[arg(
        long,
        env = "IIOT_SINK",
        value_name = "[NAME=]ADDRESS",
        default_value = "stdout",
        hide_env_values = true,
        value_delimiter = '\n'
    )]
    sink: Vec<String>,
    /// Takes remote calls at this broker, below the topic iiot/PUBLISHER_ID, of callers who sign with an API key, and announces
    /// the edge there. Needs --data
    #[arg(long, env = "IIOT_TRANSPORT", value_name = "URL", hide_env_values = true, requires = "data")]
    transport: Option<String>,
    /// Takes remote calls of this cloud too, as of an administrator: what `cloud caller` prints
    #[arg(long, env = "IIOT_CLOUD", value_name = "KEY", requires = "transport")]
    cloud: Option<CallerKey>,
    /// The site where the edge stands: others there can take over what it does
    #[arg(long, env = "IIOT_SITE", value_name = "NAME")]
    site: Option<String>,
    /// Where servers that were found are kept on record, and endpoints that are to be used: memory:, sqlite:PATH or
    /// postgres://… [default: sqlite below the data, else memory]
    #[arg(long, env = "IIOT_DATABASE", value_name = "ADDRESS", hide_env_values = true)]
    database: Option<String>,
    /// Serves HTTP there; beyond loopback by TLS, with a certificate of our own if none is given. Needs --data
    #[arg(long, env = "IIOT_HTTP", value_name = "[https://]ADDRESS", requires = "data")]
    http: Option<String>,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten)]
    tokens: TokenFlags,
    /// What may be written, called and changed on which server, checked before anything is sent; a JSON file
    #[arg(long, env = "IIOT_GUARD", value_name = "FILE")]
    guard: Option<PathBuf>,
    /// Sends figures to an OpenTelemetry collector each minute, as OTLP over HTTP: http://HOST:4318
    #[arg(long, env = "IIOT_OTLP", value_name = "URL", hide_env_values = true)]
    otlp: Option<String>,
    /// How often, in seconds
    #[arg(long, env = "IIOT_OTLP_INTERVAL", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    otlp_interval: u64,
    /// PublisherId in messages and topics
    #[arg(long, env = "IIOT_PUBLISHER_ID", default_value = "edge")]
    publisher_id: String,
    /// Folder for what outlasts the process: values until the sink has them, sessions, losses, API keys, audit record
    #[arg(long, env = "IIOT_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Values of each writer group that wait for the sink in the data folder, in MiB
    #[arg(long, env = "IIOT_LOG_MIB", value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    log_mib: u64,
    /// What happens to values when that is full: their servers keep them, or some are dropped and declared
    #[arg(long, env = "IIOT_WHEN_FULL", default_value = "pause")]
    when_full: Full,
    /// Folder of certificates; ours is made there on the first start [default: pki below the data]
    #[arg(long, env = "IIOT_PKI", value_name = "DIR")]
    pki: Option<PathBuf>,
    #[command(flatten)]
    key: KeyFlags,
    #[command(flatten)]
    certificates: CertificateFlags,
    /// How often the certificate manager is asked for other trust lists, in seconds
    #[arg(long, env = "IIOT_CERTIFICATES_INTERVAL", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    certificates_interval: u64,
    /// Danger: connects to servers that nobody trusted; forged, expired and revoked certificates are refused all the same
    #[arg(long, env = "IIOT_TRUST_ALL")]
    trust_all: bool,
    /// How often a broker is told that the edge works, in seconds; 0 never. With MQTT the broker says itself when it loses us
    #[arg(long, env = "IIOT_STATUS_INTERVAL", value_name = "SECONDS", default_value_t = 60)]
    status_interval: u64,
    /// Publishes the JSON Schema of each data set beside its metadata
    #[arg(long, env = "IIOT_SCHEMAS")]
    schemas: bool,
    /// What to log: error, warn, info, debug, or by module
    #[arg(long, env = "IIOT_LOG", default_value = "info,mqtt5=off")]
    log: String,
    /// Stops after so many seconds
    #[arg(long, value_name = "SECONDS")]
    exit_after: Option<u64>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Done on the files below --data instead of publishing.
#[derive(Subcommand)]
enum Command {
    /// API keys: first NAME | make NAME reader|operator|approver|administrator [DAYS] | list | revoke ID
    Key { words: Vec<String> },
    /// What was changed by whom: list | check
    Audit { words: Vec<String> },
    /// The public key that requests over --transport are sealed for
    Place,
}

#[derive(Clone, Copy, ValueEnum)]
enum Full {
    Pause,
    DropOldest,
    DropNewest,
}

impl From<Full> for WhenFull {
    fn from(full: Full) -> Self {
        match full {
            Full::Pause => Self::Pause,
            Full::DropOldest => Self::DropOldest,
            Full::DropNewest => Self::DropNewest,
        }
    }
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
        Some(command) => carry_out(command, flags.data.as_deref()),
        None => run(flags, stop).await,
    }
}

fn carry_out(command: &Command, data: Option<&Path>) -> Result<()> {
    let data = data.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "read command", "say where with --data"))?;
    let printed = match command {
        Command::Key { words } => key_command(&data.join("http"), words, SystemClock.utc())?,
        Command::Audit { words } => audit_command(&data.join("http"), words)?,
        Command::Place => offer::place_key(data)?.to_string(),
    };
    println!("{printed}");
    Ok(())
}

async fn run(flags: Flags, stop: impl Future<Output = ()>) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let guard = flags.guard.as_deref().map(GuardPolicy::open).transpose()?;
    let configuration = ConfigurationOptions {
        dialect: Dialect::compatible(flags.compatible),
        folder: flags.data.as_deref().map(|folder| folder.join("configuration")),
        ..ConfigurationOptions::new(&flags.published_nodes)
    };
    configuration.check()?;
    let status_interval = Some(Duration::from_secs(flags.status_interval)).filter(|interval| !interval.is_zero());
    let sinks = match status_interval {
        Some(_) => sink::open_all_as(&flags.publisher_id, &flags.sink).await?,
        None => sink::open_all(&flags.sink).await?,
    };
    let hub = flags.transport.as_deref().map(sink::hub).transpose()?;
    let database = flags.database.clone().map_or_else(|| records::below(flags.data.as_deref()), Ok)?;
    let http = http_settings(&flags);
    let tokens = flags.tokens.options()?;
    let otlp = otlp_settings(&flags)?;
    http.as_ref().map_or(Ok(()), HttpSettings::check)?;
    let ledger = flags.data.as_deref().map_or_else(|| Ok(Ledger::in_memory()), Ledger::open)?;
    let log = LogOptions { max_bytes: flags.log_mib << 20, ..LogOptions::default() };
    let store = StoreOptions { log, when_full: flags.when_full.into(), ..StoreOptions::default() };
    let store = flags.data.as_deref().map(|folder| Store::open(folder, store)).transpose()?.map(Arc::new);
    let data = flags.data.unwrap_or_default();
    let folder = flags.pki.unwrap_or_else(|| data.join("pki"));
    let pki = Pki::open_with(folder, &flags.publisher_id, &flags.key.place()?, clock.as_ref()).await?;
    let publisher = Parts {
        connector: Arc::new(pki.connector(flags.trust_all)),
        sinks,
        clock: Arc::clone(&clock),
        ledger: Arc::new(ledger),
        store,
        publisher_id: flags.publisher_id,
        status_interval,
        schemas: flags.schemas,
    };
    tracing::info!("publishing {} to {}", flags.published_nodes.display(), publisher.sinks.first().address());
    let interval = Duration::from_secs(flags.certificates_interval);
    let certificates = flags.certificates.manager(hub.clone(), clock)?.map(|manager| (manager, interval));
    let parts = EdgeParts {
        configuration,
        publisher,
        pki,
        certificates,
        registry: registry::open(&database).await?,
        site: flags.site,
        guard,
        http,
        tokens,
        otlp,
        hub,
        cloud: flags.cloud,
        data,
    };
    parts.start().await?.app.run_until(stop).await
}

fn http_settings(flags: &Flags) -> Option<HttpSettings> {
    let certificate = flags.tls.http_certificate.clone().zip(flags.tls.http_key.clone());
    let folder = flags.data.clone().unwrap_or_default().join("http");
    flags.http.clone().map(|bind| HttpSettings { bind, certificate, folder })
}

fn otlp_settings(flags: &Flags) -> Result<Option<OtlpSettings>> {
    let Some(collector) = &flags.otlp else { return Ok(None) };
    let interval = Duration::from_secs(flags.otlp_interval);
    Ok(Some(OtlpSettings { interval, ..OtlpSettings::new(collector, &flags.publisher_id)? }))
}
