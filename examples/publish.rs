//! Prints what nodes of an OPC UA server do, as OPC UA PubSub messages, one JSON message a line.
//!
//! ```text
//! cargo run --example publish -- opc.tcp://127.0.0.1:4840 "ns=2;s=Boiler" i=2258
//! ```

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use iiot::app::{App, exit_code, stop_signal};
use iiot::core::Result;
use iiot::core::session::ItemNode;
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::publisher::plan::Plan;
use iiot::publisher::service::{Parts, Publisher};
use iiot::publisher::sink::StdoutSink;

#[derive(Parser)]
#[command(about = "Prints values of an OPC UA server as OPC UA PubSub messages")]
struct Flags {
    /// The server, as opc.tcp://HOST:PORT/PATH
    url: String,
    /// Node ids, as ns=2;s=Name, nsu=http://example.org/;i=7 or i=2258
    #[arg(required = true)]
    nodes: Vec<ItemNode>,
    /// Milliseconds between two messages
    #[arg(long, default_value_t = 1000)]
    interval_ms: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter("warn").with_writer(std::io::stderr).init();
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn run(flags: Flags) -> Result<()> {
    let plan = Plan::of_nodes(flags.url, flags.nodes, Duration::from_millis(flags.interval_ms));
    let trust = Arc::new(MemoryTrustStore::default());
    let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:publish", trust));
    let parts = Parts::new(Arc::new(connector), Arc::new(StdoutSink::new()), "publish");
    App::new().with(Publisher::start(&plan, parts)).run_until(stop_signal()).await
}
