//! Looks into an OPC UA server and acts on it: reached by its URL, or over a broker behind an edge.
//!
//! ```text
//! browse opc.tcp://127.0.0.1:4840 tree --depth 3
//! browse opc.tcp://127.0.0.1:4840 write "ns=2;s=Setpoint" 17.5
//! browse opc.tcp://127.0.0.1:4840 call "ns=2;s=Pump" "ns=2;s=Start" speed=1500
//! IIOT_KEY=iiot_… browse --transport mqtt://broker:1883 --place iiot/edge --place-key KEY opc.tcp://plc:4840 alarms
//! ```
//!
//! Over a broker the server is named as the edge knows it, and what is asked is sealed for the key that `edge place`
//! prints. Where some of it does not go well the exit code is not 0.

mod act;
mod follow;
mod print;
mod reach;
mod tree;

use std::process::ExitCode;
use std::sync::Arc;

use act::{Acknowledgement, Call, Span};
use clap::{Parser, Subcommand};
use iiot::app::{exit_code, stop_signal};
use iiot::core::{Error, ErrorKind, Result};
use iiot::twin::Twin;
use reach::ReachFlags;
use tree::TreeFlags;

#[derive(Parser)]
#[command(about = "Looks into an OPC UA server and acts on it")]
struct Flags {
    #[command(flatten)]
    reach: ReachFlags,
    /// Prints the answers as they are, as JSON; of streams one update a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// What is below a node, with the values of variables (default)
    Tree(TreeFlags),
    /// Values of nodes
    Read {
        #[arg(required = true)]
        nodes: Vec<String>,
    },
    /// Writes a value, JSON or a text, and reads it back
    Write {
        node: String,
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Calls a method
    Call(Call),
    /// Values as they change
    Watch {
        #[arg(required = true)]
        nodes: Vec<String>,
        /// Ends after so many values
        #[arg(long)]
        count: Option<u64>,
    },
    /// The alarms as they are now
    Alarms {
        /// Goes on with what happens to them
        #[arg(long)]
        watch: bool,
    },
    /// Says of an alarm that somebody has seen it
    Acknowledge(Acknowledgement),
    /// Stored values of a node
    History(Span),
}

/// A server, and how answers are printed.
struct Server {
    twin: Arc<dyn Twin>,
    endpoint: String,
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter("error,mqtt5=off").with_writer(std::io::stderr).init();
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn run(flags: Flags) -> Result<()> {
    let stop = stop_signal();
    let reached = flags.reach.reach().await?;
    let server = Server { twin: Arc::clone(&reached.twin), endpoint: reached.endpoint.clone(), json: flags.json };
    let command = flags.command.unwrap_or_else(|| Command::Tree(TreeFlags::default()));
    let endless = matches!(command, Command::Watch { count: None, .. } | Command::Alarms { watch: true });
    let done = tokio::select! {
        done = server.carry_out(command) => done,
        () = stop => if endless { Ok(()) } else { Err(interrupted()) },
    };
    reached.close().await;
    done
}

impl Server {
    async fn carry_out(&self, command: Command) -> Result<()> {
        match command {
            Command::Tree(flags) => self.tree(flags).await,
            Command::Read { nodes } => self.read(nodes).await,
            Command::Write { node, value } => self.write(node, &value).await,
            Command::Call(call) => self.call(call).await,
            Command::Watch { nodes, count } => self.watch(nodes, count).await,
            Command::Alarms { watch: false } => self.alarms().await,
            Command::Alarms { watch: true } => self.watch_alarms().await,
            Command::Acknowledge(acknowledgement) => self.acknowledge(acknowledgement).await,
            Command::History(span) => self.history(span).await,
        }
    }
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Cancelled, "carry it out", "it was interrupted; a change may have been made all the same")
}
