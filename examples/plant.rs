//! A simulated plant: OPC UA servers with counters, waves, strings, arrays, a structure and a sensor
//! that fails now and then.
//!
//! ```text
//! cargo run --example plant -- --port 4840 --servers 3 --nodes 1000 --interval-ms 100
//! ```

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use iiot::app::stop_signal;
use iiot::core::Result;
use iiot_simulation::{Plant, PlantOptions, Security};

#[derive(Parser)]
#[command(about = "Simulates a plant: OPC UA servers whose variables change")]
struct Flags {
    /// Port of the first server; the others follow
    #[arg(long, env = "IIOT_PLANT_PORT", default_value_t = 4840)]
    port: u16,
    /// Number of servers
    #[arg(long, env = "IIOT_PLANT_SERVERS", default_value_t = 3)]
    servers: u16,
    /// Variables of each server
    #[arg(long, env = "IIOT_PLANT_NODES", default_value_t = 1000)]
    nodes: usize,
    /// Milliseconds between two values of a variable
    #[arg(long, env = "IIOT_PLANT_INTERVAL_MS", default_value_t = 100)]
    interval_ms: u64,
    /// Endpoints: none, or all (Basic256Sha256 too)
    #[arg(long, env = "IIOT_PLANT_SECURITY", default_value_t = Security::None)]
    security: Security,
    /// The same seed makes the same values
    #[arg(long, env = "IIOT_PLANT_SEED", default_value_t = 1)]
    seed: u64,
    /// Where the servers keep keys and certificates
    #[arg(long, env = "IIOT_PLANT_DATA", default_value = "target/plant")]
    data: PathBuf,
    /// Writes a configuration for the edge that publishes every variable
    #[arg(long, value_name = "FILE")]
    published_nodes: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter("warn,opcua_core=off,opcua_crypto=error")
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
    iiot_simulation::exit_code(run(Flags::parse()).await)
}

async fn run(flags: Flags) -> Result<()> {
    let stop = stop_signal();
    let interval = Duration::from_millis(flags.interval_ms);
    let plant = Plant::start(&PlantOptions {
        port: flags.port,
        servers: flags.servers,
        nodes: flags.nodes,
        interval,
        security: flags.security,
        seed: flags.seed,
        data: flags.data,
    })
    .await?;
    if let Some(file) = flags.published_nodes {
        iiot_simulation::write_json(&file, &plant.published_nodes(interval))?;
    }
    for url in plant.urls() {
        println!("plant: listening on {url}, {} variables every {} ms", flags.nodes, flags.interval_ms);
    }
    stop.await;
    plant.stop().await;
    println!("plant: stopped");
    Ok(())
}
