//! The certificate manager of a plant: authorities, certificates and trust lists of OPC UA applications (OPC 10000-12).
//!
//! ```text
//! export IIOT_DATA=data IIOT_KEY_PASSPHRASE_FILE=passphrase
//! cargo run --example gds -- setup --organization "Plant One" --by alice --public-url http://pki.plant:9703
//! cargo run --example gds -- key first alice               # prints the first administrator's key, once
//! cargo run --example gds -- key make bob approver         # whoever asks for a certificate does not approve it himself
//! cargo run --example gds -- --http 127.0.0.1:9701 --public http://0.0.0.0:9703
//! ```
//!
//! `setup` makes a root, an authority below it and the DefaultApplicationGroup, and prints what people compare. It can be carried
//! out again. The keys of authorities lie in files that a passphrase encrypts, or in a PKCS#11 token which they never leave; the
//! passphrase also seals passwords of devices on record.
//!
//! What applications there are is on record below `/v1/registry/`; their certificates are asked for, voted on, fetched and
//! revoked below `/v1/certificates/`; who may talk to whom, and the devices that are given their trust lists, is below
//! `/v1/devices/`; applications that come by themselves with an invitation enrol below `/v1/enrolment/`.
//!
//! Revocation lists and certificates of authorities are for everybody, `/crl/AUTHORITY.crl` and `/issuer/AUTHORITY.cer`; `--public`
//! serves them, and nothing else, in clear: whoever checks a certificate needs them before he can trust any TLS.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | stopped in order |
//! | 1 | it could not go on, or another process uses the folder |
//! | 2 | the command line cannot be used |
//! | 3 | a file, folder or database cannot be used, or is older than it was: see `accept` |

mod flags;
#[path = "flags/keys.rs"]
mod keys;

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use flags::{TlsFlags, TokenFlags};
use iiot::app::{App, exit_code, stop_signal_or_after};
use iiot::certificate_manager::{Callers, Ceremony, Foundation, Manager, Places, Public, Rounds, Standing};
use iiot::core::clock::{Clock, SystemClock};
use iiot::core::{Error, ErrorKind, Result};
use iiot::core_dumps::forbid_core_dumps;
use iiot::gds::authority::AuthorityKey;
use iiot::http::{Http, HttpSettings, accept_tokens, audit_command, key_command};
use iiot::offer::{self, Offer};
use iiot::pki::{Pki, Renewal};
use iiot::{http, sink};
use keys::KeyFlags;

#[derive(Parser)]
#[command(
    about = "The certificate manager of a plant: authorities, certificates and trust lists of OPC UA applications"
)]
struct Flags {
    /// Serves HTTP there; beyond loopback by TLS, with a certificate of our own if none is given
    #[arg(long, env = "IIOT_HTTP", value_name = "[https://]ADDRESS", default_value = "127.0.0.1:9701")]
    http: String,
    /// Serves revocation lists and certificates of authorities there, in clear and to everybody, and nothing else
    #[arg(long, env = "IIOT_PUBLIC", value_name = "http://ADDRESS")]
    public: Option<String>,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten)]
    tokens: TokenFlags,
    /// Takes remote calls at this broker too, below the topic iiot/NAME, of callers who sign with an API key: edges that enrol
    #[arg(long, env = "IIOT_TRANSPORT", value_name = "URL", hide_env_values = true)]
    transport: Option<String>,
    /// What it is called at the broker, and among processes on the same records
    #[arg(long, env = "IIOT_NAME", value_name = "NAME", default_value = "gds")]
    name: String,
    /// Where the records of certificates are kept: memory:, sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE [default: sqlite
    /// below the data]
    #[arg(long, env = "IIOT_CERTIFICATES", value_name = "ADDRESS", hide_env_values = true)]
    certificates: Option<String>,
    /// Where the record of the plant is kept, whose applications these are: as the cloud's [default: sqlite below the data]
    #[arg(long, env = "IIOT_DATABASE", value_name = "ADDRESS", hide_env_values = true)]
    database: Option<String>,
    /// How far the records of certificates have come, so that an old backup is noticed: a file that no backup of them brings back,
    /// best on another disk [default: gds/marks.json below the data]
    #[arg(long, env = "IIOT_MARKS", value_name = "FILE")]
    marks: Option<PathBuf>,
    /// Folder for what outlasts the process: keys of authorities, records, API keys, audit record of the HTTP face
    #[arg(long, env = "IIOT_DATA", value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    key: KeyFlags,
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
    /// Makes the first authorities and groups; what there is stays as it is. Not while the process runs
    Setup(Setup),
    /// Takes the records as they are, although they are older than they were: a backup was restored. Not while the process runs
    Accept {
        /// Who says so, for the record
        name: String,
    },
    /// API keys: first NAME | make NAME reader|operator|approver|administrator [DAYS] | list | revoke ID
    Key { words: Vec<String> },
    /// What was asked for over HTTP and the broker, by whom: list | check
    Audit { words: Vec<String> },
    /// The public key that requests over --transport are sealed for
    Place,
}

#[derive(Args)]
struct Setup {
    /// The organization in the names of the authorities
    #[arg(long, value_name = "NAME")]
    organization: String,
    /// Who carries it out, for the record
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Where everybody finds what --public serves; stands in all certificates
    #[arg(long, value_name = "http://HOST:PORT")]
    public_url: Option<String>,
    /// The keys of the authorities
    #[arg(long, value_name = "KIND", default_value = "rsa3072")]
    authority_key: Kind,
    /// Makes a DefaultHttpsGroup too, for certificates of web servers
    #[arg(long)]
    https_group: bool,
    /// Makes a DefaultUserTokenGroup too, for certificates of people
    #[arg(long)]
    user_group: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    P256,
    P384,
    #[cfg(feature = "brainpool")]
    Brainpoolp256r1,
    #[cfg(feature = "brainpool")]
    Brainpoolp384r1,
}

impl From<Kind> for AuthorityKey {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Rsa2048 => Self::Rsa2048,
            Kind::Rsa3072 => Self::Rsa3072,
            Kind::Rsa4096 => Self::Rsa4096,
            Kind::P256 => Self::NistP256,
            Kind::P384 => Self::NistP384,
            #[cfg(feature = "brainpool")]
            Kind::Brainpoolp256r1 => Self::BrainpoolP256r1,
            #[cfg(feature = "brainpool")]
            Kind::Brainpoolp384r1 => Self::BrainpoolP384r1,
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
        Some(command) => carry_out(command, &flags).await,
        None => run(flags, stop).await,
    }
}

async fn carry_out(command: &Command, flags: &Flags) -> Result<()> {
    let folder = flags.data.join("http");
    let printed = match command {
        Command::Setup(setup) => set_up(setup, flags).await?,
        Command::Accept { name } => {
            Foundation::accept(&places(flags)?, Arc::new(SystemClock), name).await?.marked().flush().await?;
            "the records are taken as they are".into()
        }
        Command::Key { words } => key_command(&folder, words, SystemClock.utc())?,
        Command::Audit { words } => audit_command(&folder, words)?,
        Command::Place => offer::place_key(&flags.data)?.to_string(),
    };
    println!("{printed}");
    Ok(())
}

async fn set_up(setup: &Setup, flags: &Flags) -> Result<String> {
    let ceremony = Ceremony {
        organization: setup.organization.clone(),
        by: setup.by.clone(),
        public_url: setup.public_url.clone(),
        key: setup.authority_key.into(),
        https: setup.https_group,
        users: setup.user_group,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let parts = http::parts("iiot gds", &flags.data.join("http"), Arc::clone(&clock))?;
    let foundation = Foundation::open(&places(flags)?, clock).await?;
    let made = ceremony.carry_out(&foundation.office(Arc::new(Callers::of(&parts))).await?).await?;
    foundation.marked().flush().await?;
    Ok(made.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

async fn run(flags: Flags, stop: impl Future<Output = ()>) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let settings = http_settings(&flags);
    settings.check()?;
    let tokens = flags.tokens.options()?;
    flags.public.as_deref().map(Public::address).transpose()?;
    let hub = flags.transport.as_deref().map(sink::hub).transpose()?;
    let foundation = Foundation::open(&places(&flags)?, Arc::clone(&clock)).await?;
    let mut parts = http::parts("iiot gds", &settings.folder, Arc::clone(&clock))?;
    tokens.into_iter().for_each(|options| accept_tokens(&mut parts, options));

    let pki = Pki::open_with(flags.data.join("pki"), &flags.name, &flags.key.place()?, &*clock).await?;
    let manager = Arc::new(Manager::start(&foundation, &parts, &pki, &flags.name).await?);
    let standing = Arc::new(Standing::new(&foundation, &manager));
    let rounds = Rounds::start(&foundation, &manager, Arc::clone(&standing)).await;
    standing.show(&mut parts);
    parts.public = Some(manager.lists());
    parts.capabilities.extend(manager.capabilities());

    let renewal = Renewal::start(pki, Arc::clone(&clock));
    let mut app = App::new().with(renewal).with(rounds).with_shared(Arc::clone(&manager) as _);
    if let Some(bind) = &flags.public {
        app = app.with(Public::start(bind, manager.lists()).await?);
    }
    if let Some(hub) = hub {
        let place = offer::place(hub, format!("iiot/{}", flags.name), &flags.data, Arc::clone(&clock))?;
        app = app.with(Offer::start(place, manager.capabilities()));
    }
    let http = Http::start(&settings, parts).await?;
    app.with(http).run_until(stop).await
}

fn places(flags: &Flags) -> Result<Places> {
    let missing = || {
        let message = "the keys of authorities and the passwords of devices are not kept in clear: give a passphrase in a file by \
            --key-passphrase-file, or in the variable IIOT_KEY_PASSPHRASE";
        Error::new(ErrorKind::InvalidArgument, "open the certificate manager", message)
    };
    Ok(Places {
        passphrase: flags.key.passphrase()?.ok_or_else(missing)?,
        data: flags.data.clone(),
        store: flags.certificates.clone(),
        registry: flags.database.clone(),
        marks: flags.marks.clone(),
        keys: flags.key.place()?,
    })
}

fn http_settings(flags: &Flags) -> HttpSettings {
    let certificate = flags.tls.http_certificate.clone().zip(flags.tls.http_key.clone());
    HttpSettings { bind: flags.http.clone(), certificate, folder: flags.data.join("http") }
}
