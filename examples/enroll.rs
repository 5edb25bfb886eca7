//! Obtains key, certificate and trust lists of any OPC UA application from a certificate manager, as files.
//!
//! ```text
//! enroll --pki press/pki --name press --application-uri urn:works:press --type server --host press.local \
//!        --certificates https://gds.local:9704 --certificates-ca gds.pem --certificates-token-file token
//! ```
//!
//! Run it again, from cron once an hour: it renews the certificate when that is due, and brings the trust lists up to date. It
//! prints one line for whatever has changed, and nothing where nothing has: then the application is to read its files again.
//!
//! | file | holds |
//! |---|---|
//! | `own/private/NAME.pem` | the key (PKCS #8), readable by its owner only; it never leaves the machine |
//! | `own/certs/NAME.der`, `NAME.pem` | the certificate |
//! | `own/certs/NAME.chain.pem` | the certificate and the authorities above it, without the root |
//! | `trusted/certs`, `trusted/crl` | whom to trust, and revocation lists; those of the manager are called `managed_…` |
//! | `issuers/certs`, `issuers/crl` | authorities that complete chains, and theirs |
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | the files are up to date |
//! | 1 | the manager could not be asked: try again later; what is there can be used |
//! | 2 | the command line cannot be used |
//! | 3 | a file or folder cannot be used |
//! | 4 | somebody has to agree first: run it again |
//! | 5 | refused: the invitation is used by another key, has expired or was withdrawn, or the certificate was revoked |

#[path = "flags/enrolment.rs"]
mod enrolment;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use enrolment::CertificateFlags;
use iiot::Transport;
use iiot::app::exit_code;
use iiot::core::clock::SystemClock;
use iiot::core::keys::KeySpec;
use iiot::core::model::ApplicationType;
use iiot::core::{Error, ErrorKind, Result};
use iiot::core_dumps::forbid_core_dumps;
use iiot::enrolment::{EnrolledFiles, Enrollee};
use iiot::sink;

#[derive(Parser)]
#[command(about = "Obtains key, certificate and trust lists of any OPC UA application, as files")]
struct Flags {
    /// Folder of the files
    #[arg(long, env = "IIOT_PKI", value_name = "DIR")]
    pki: PathBuf,
    /// Name of the files: letters, digits, `.`, `-` and `_`
    #[arg(long, value_name = "NAME", default_value = "application")]
    name: String,
    /// The ApplicationUri; the application must use the same one
    #[arg(long, value_name = "URI")]
    application_uri: String,
    /// What the application is called [default: the name of the files]
    #[arg(long, value_name = "TEXT")]
    application_name: Option<String>,
    /// What it is
    #[arg(long, value_name = "TYPE", default_value = "server")]
    r#type: Type,
    /// A name or address that it is reached by; several times. Servers need one
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// The key that is made where there is none yet
    #[arg(long, value_name = "KEY", default_value = "rsa2048")]
    key: Key,
    #[command(flatten)]
    certificates: CertificateFlags,
    /// The broker, for a manager at a hub
    #[arg(long, env = "IIOT_TRANSPORT", value_name = "URL", hide_env_values = true)]
    transport: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Type {
    Server,
    Client,
    ClientAndServer,
}

#[derive(Clone, Copy, ValueEnum)]
enum Key {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    NistP256,
    NistP384,
}

impl From<Type> for ApplicationType {
    fn from(kind: Type) -> Self {
        match kind {
            Type::Server => Self::Server,
            Type::Client => Self::Client,
            Type::ClientAndServer => Self::ClientAndServer,
        }
    }
}

impl From<Key> for KeySpec {
    fn from(key: Key) -> Self {
        match key {
            Key::Rsa2048 => Self::Rsa(2048),
            Key::Rsa3072 => Self::Rsa(3072),
            Key::Rsa4096 => Self::Rsa(4096),
            Key::NistP256 => Self::NistP256,
            Key::NistP384 => Self::NistP384,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter("off").init();
    match run(Flags::parse()).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::from(code(&error))
        }
    }
}

async fn run(flags: Flags) -> Result<u8> {
    forbid_core_dumps()?;
    let clock = Arc::new(SystemClock);
    let hub = flags.transport.as_deref().map(sink::hub).transpose()?;
    let manager = flags.certificates.manager(hub.clone(), Arc::clone(&clock) as _)?;
    let manager = manager.ok_or_else(|| wrong("say where the certificate manager is, with --certificates"))?;
    let files = EnrolledFiles::open(&flags.pki, enrollee(&flags)?).await?;
    let step = files.update(&*manager, clock.as_ref()).await;
    if let Some(hub) = hub {
        Transport::close(&*hub).await;
    }
    let step = step?;
    if let (true, Some(until)) = (step.certificate, step.valid_until) {
        println!("certificate: {}, valid until {until}", files.certificate_file().display());
    }
    if step.lists {
        println!("trust lists: {}", flags.pki.display());
    }
    if step.pending {
        eprintln!("somebody has to agree to the certificate first: run it again");
    }
    Ok(if step.pending { PENDING } else { 0 })
}

fn enrollee(flags: &Flags) -> Result<Enrollee> {
    let mut enrollee = Enrollee::new(&flags.name, &flags.application_uri, flags.r#type.into());
    let description = &mut enrollee.description;
    description.application_name = flags.application_name.clone().unwrap_or_else(|| flags.name.clone());
    description.discovery_urls = flags.host.iter().map(|host| url(host)).collect();
    if matches!(flags.r#type, Type::Server | Type::ClientAndServer) && flags.host.is_empty() {
        return Err(wrong("a server is reached by a name or address: give it with --host"));
    }
    enrollee.key = flags.key.into();
    Ok(enrollee)
}

fn url(host: &str) -> String {
    if host.contains(':') { format!("opc.tcp://[{host}]") } else { format!("opc.tcp://{host}") }
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read the command line", message)
}

/// The manager's no is not a wrong command line.
fn code(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::Unauthenticated => REFUSED,
        ErrorKind::Forbidden | ErrorKind::AlreadyExists if !error.context().iter().any(|(key, _)| key == "file") => {
            REFUSED
        }
        _ => exit_code(error),
    }
}

const PENDING: u8 = 4;
const REFUSED: u8 = 5;
