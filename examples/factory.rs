//! A whole factory in one process: simulated OPC UA servers, a publisher, and a table that shows it
//! at work. Needs nothing else.
//!
//! ```text
//! cargo run --example factory
//! cargo run --example factory -- --mqtt-broker 127.0.0.1:1883    # and watch: mosquitto_sub -v -t '#'
//! ```

use std::io::{IsTerminal, stderr};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use iiot::app::{App, stop_signal_or_after};
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::core::{Error, ErrorKind, Result};
use iiot::publisher::config;
use iiot::publisher::service::{Parts, Publisher};
use iiot_simulation::watch::{Tap, show, summary};
use iiot_simulation::{Broker, Plant, PlantOptions};

#[derive(Parser)]
#[command(about = "Simulates a factory and publishes its values, all in one process")]
struct Flags {
    /// Number of OPC UA servers
    #[arg(long, env = "IIOT_PLANT_SERVERS", default_value_t = 3)]
    servers: u16,
    /// Variables of each server
    #[arg(long, env = "IIOT_PLANT_NODES", default_value_t = 1000)]
    nodes: usize,
    /// Milliseconds between two values of a variable
    #[arg(long, env = "IIOT_PLANT_INTERVAL_MS", default_value_t = 100)]
    interval_ms: u64,
    /// Opens an MQTT broker there and publishes to it
    #[arg(long, env = "IIOT_MQTT_BROKER", value_name = "ADDRESS")]
    mqtt_broker: Option<SocketAddr>,
    /// Stops after so many seconds
    #[arg(long, env = "IIOT_EXIT_AFTER", value_name = "SECONDS")]
    exit_after: Option<u64>,
}

/// The stock server complains of certificates it is not meant to have.
const LOG: &str = "warn,opcua_core=off,opcua_crypto=off,opcua_server=off,mqtt5=off";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter(LOG).with_writer(stderr).with_ansi(stderr().is_terminal()).init();
    iiot_simulation::exit_code(run(Flags::parse()).await)
}

async fn run(flags: Flags) -> Result<()> {
    let stop = stop_signal_or_after(flags.exit_after.map(Duration::from_secs));
    let interval = Duration::from_millis(flags.interval_ms);
    let options =
        PlantOptions { port: 0, servers: flags.servers, nodes: flags.nodes, interval, ..PlantOptions::default() };
    let plant = Plant::start(&options).await?;
    let broker = match flags.mqtt_broker {
        Some(address) => Some(Broker::start(address).await?),
        None => None,
    };
    let behind = match &broker {
        Some(broker) => Some(iiot::sink::open(&broker.url()).await?),
        None => None,
    };
    let tap = Arc::new(Tap::new(behind));
    let trust = Arc::new(MemoryTrustStore::default());
    let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:factory", trust));
    let parts = Parts::new(Arc::new(connector), Arc::clone(&tap) as _, "factory");
    let plan = config::load(&plant.published_nodes(interval).to_string())?.plan;
    let publisher = Arc::new(Publisher::start(&plan, parts));
    let started = Instant::now();
    let shown = tokio::spawn(show(Arc::clone(&publisher), tap));
    let outcome = App::new().with_shared(Arc::clone(&publisher) as _).run_until(stop).await;
    shown.abort();
    let _ = shown.await;
    println!("{}", summary(started.elapsed(), &publisher.diagnostics()));
    plant.stop().await;
    outcome.and_then(|()| published_something(&publisher))
}

fn published_something(publisher: &Publisher) -> Result<()> {
    if publisher.diagnostics().writer_groups.iter().any(|group| group.values_out > 0) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Internal,
        "run the factory",
        "nothing was published; run it for longer, or look at the log",
    ))
}
