//! Why an application cannot talk to an OPC UA server: which check fails, on which side, and what to do.
//!
//! ```text
//! doctor opc.tcp://plc-7:4840 --pki data/pki                       # as the application of this folder
//! doctor opc.tcp://plc-7:4840 --pki data/pki --server-pki plc-7/pki   # with a copy of the server's folder too
//! doctor opc.tcp://plc-7:4840 --pki data/pki --user operator       # with a user; the password is in IIOT_PASSWORD
//! doctor opc.tcp://plc-7:4840 --pki data/pki --json                # for programs
//! ```
//!
//! It says Hello, asks for endpoints, and attempts to connect as the application whose certificate and key lie in
//! `own/certs` and `own/private` of its folder. Nothing is written anywhere.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | the application can connect |
//! | 1 | it cannot, or most likely cannot |
//! | 2 | the command line cannot be used |
//! | 3 | a file or folder cannot be used |
//! | 4 | nothing known keeps it from the server, and not everything is known |

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use iiot::app::exit_code;
use iiot::core::keys::FsKeyStore;
use iiot::core::session::{ConnectOptions, Identity};
use iiot::core::trust::FsTrustStore;
use iiot::core::ua::client::UaConnectorOptions;
use iiot::core::ua::trust::leaf_of_chain;
use iiot::core::{Error, ErrorKind, Result};
use iiot::gds::doctor::{Connects, Diagnosis, Outcome, PkiFolder, Step, diagnose, gather};

#[derive(Parser)]
#[command(about = "Says why an application cannot talk to an OPC UA server")]
struct Flags {
    /// The server, as opc.tcp://HOST:PORT/PATH
    url: String,
    /// Folder of the application's certificates
    #[arg(long, value_name = "DIR")]
    pki: PathBuf,
    /// Folder of the server's certificates, or a copy
    #[arg(long, value_name = "DIR")]
    server_pki: Option<PathBuf>,
    /// Who the user is; the password is in the variable IIOT_PASSWORD
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Prints the diagnosis as JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter("off").init();
    match run(Flags::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn run(flags: Flags) -> Result<ExitCode> {
    let mut options = ConnectOptions::new(&flags.url);
    options.identity = identity(flags.user.clone())?;
    let (client, mut server) = gather(&application(&flags.pki).await?, &options).await?;
    if let Some(folder) = &flags.server_pki {
        server.party.trust = Some(PkiFolder::read(folder).await?.judge());
        server.users = PkiFolder::read(folder.join("users")).await.ok().map(|users| users.judge());
    }
    let told = diagnose(&client, &server);
    if flags.json {
        print_json(&told)?
    } else {
        print(&told)?
    }
    Ok(match told.connects {
        Connects::Yes => ExitCode::SUCCESS,
        Connects::No | Connects::Unlikely => ExitCode::FAILURE,
        Connects::Unknown => ExitCode::from(4),
    })
}

/// The application of a folder: whom it trusts, and its certificate, if there is one with its key.
async fn application(folder: &Path) -> Result<UaConnectorOptions> {
    let trust = FsTrustStore::new(folder);
    let own = PkiFolder::read(folder).await?.application(&FsKeyStore::new(trust.own_keys())).await?;
    let leaf = own.as_ref().map(|own| leaf_of_chain(&own.chain)).transpose()?;
    let uri = leaf.and_then(|(leaf, _)| leaf.application_uri()).unwrap_or_else(|| "urn:iiot:doctor".into());
    Ok(UaConnectorOptions { certificate: own.map(Into::into), ..UaConnectorOptions::new(uri, Arc::new(trust)) })
}

fn identity(user: Option<String>) -> Result<Identity> {
    let Some(user) = user else { return Ok(Identity::Anonymous) };
    let missing =
        |_| Error::new(ErrorKind::InvalidArgument, "take the password", "put it into the variable IIOT_PASSWORD");
    Ok(Identity::UserName { user, password: std::env::var("IIOT_PASSWORD").map_err(missing)?.into() })
}

fn print_json(told: &Diagnosis) -> Result<()> {
    let unfit = |cause| Error::new(ErrorKind::Internal, "print", "it does not fit into JSON").because(cause);
    line(&serde_json::to_string(told).map_err(unfit)?)
}

/// The sentence, and the steps beneath it; checks of a certificate that pass stand in one line.
fn print(told: &Diagnosis) -> Result<()> {
    line(&told.sentence)?;
    line("")?;
    let passes = |step: &Step| step.check.is_some() && step.outcome == Outcome::Passed;
    let alike = |one: &Step, next: &Step| passes(one) && passes(next) && one.step == next.step;
    told.steps.chunk_by(alike).try_for_each(|steps| match steps {
        [step] => print_step(step),
        several => print_passed(several),
    })
}

fn print_passed(steps: &[Step]) -> Result<()> {
    let checks: Vec<String> = steps.iter().filter_map(|step| Some(format!("{:?}", step.check?))).collect();
    let name = steps.first().map(|step| format!("{:?}", step.step)).unwrap_or_default();
    line(&format!("{:<6}  {name:<34}  {}", "ok", checks.join(", ")))
}

fn print_step(step: &Step) -> Result<()> {
    let outcome = match step.outcome {
        Outcome::Passed => "ok",
        Outcome::Doubtful => "doubt",
        Outcome::Failed => "FAILS",
        Outcome::Likely => "LIKELY",
        Outcome::Unknown => "?",
    };
    let check = step.check.map(|check| format!(": {check:?}")).unwrap_or_default();
    line(&format!("{outcome:<6}  {:<34}  {}", format!("{:?}{check}", step.step), step.detail))?;
    if let Some(fix) = &step.fix {
        line(&format!("        at {}: {}", format!("{:?}", fix.side).to_lowercase(), fix.action))?;
    }
    let codes = &step.codes;
    let shown = [("sent", &codes.wire), ("client's log", &codes.client_log), ("server's log", &codes.server_log)];
    let shown: Vec<String> =
        shown.iter().filter_map(|(place, code)| Some(format!("{place} {}", code.as_ref()?))).collect();
    if shown.is_empty() { Ok(()) } else { line(&format!("        {}", shown.join(", "))) }
}

/// Fails if nobody reads any more.
fn line(text: &str) -> Result<()> {
    let written = writeln!(stdout().lock(), "{text}");
    written.map_err(|cause| Error::new(ErrorKind::Io, "print", "nobody reads standard output").because(cause))
}
