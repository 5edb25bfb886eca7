//! What the lines share: the broker, whoever witnesses what it gets, and how long things go on.

use std::env;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use iiot_core::testing::{Mosquitto, MosquittoOptions, Peers};
use tokio::sync::Mutex;

use super::line::{COUNTERS, PATIENCE};
use super::witness::Witness;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) lines: usize,
    /// Faults of all lines together; each kind once a line where it is 0.
    pub(super) faults: u64,
    /// How long they go on at least.
    pub(super) time: Duration,
    pub(super) broker_away: Duration,
    pub(super) disk_full: Duration,
}

impl Settings {
    pub(super) fn read() -> Self {
        Self {
            seed: number("IIOT_SEED", 1),
            lines: number("IIOT_LINES", 3) as usize,
            faults: number("IIOT_FAULTS", 0),
            time: seconds("IIOT_SECONDS", 0),
            broker_away: seconds("IIOT_BROKER_AWAY", 10),
            disk_full: seconds("IIOT_DISK_FULL", 5),
        }
    }
}

/// A duration from the environment.
pub(super) fn seconds(variable: &str, default: u64) -> Duration {
    Duration::from_secs(number(variable, default))
}

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

/// The shared part.
pub(super) struct Plant {
    pub(super) settings: Settings,
    pub(super) broker_address: SocketAddr,
    pub(super) witness: Witness,
    broker: Mutex<Mosquitto>,
}

impl Plant {
    pub(super) async fn start(settings: Settings, folder: &Path) -> Self {
        // What is for the subscriber goes to its socket before the publisher has its PUBACK, so that a kill
        // takes away nothing that was acknowledged.
        let extra = vec!["max_inflight_messages 0".to_owned()];
        let broker =
            Mosquitto::start(MosquittoOptions { persistence: true, extra, ..MosquittoOptions::default() }).await;
        let peers = Peers::in_folder(folder).expect("peers");
        let witness = Witness::start(&peers, broker.port(), &folder.join("witness"), settings.lines, COUNTERS);
        let broker_address = ([127, 0, 0, 1], broker.port()).into();
        Self { settings, broker_address, witness, broker: Mutex::new(broker) }
    }

    /// Ends the broker at once and starts it again, until the subscriber has its session back.
    pub(super) async fn kill_broker(&self) {
        let mut broker = self.broker.lock().await;
        let returns = self.witness.resumed();
        broker.kill();
        broker.restart().await;
        self.witness.wait_for_return(returns, PATIENCE).await;
    }
}
