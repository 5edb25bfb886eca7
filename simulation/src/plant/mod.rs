//! OPC UA servers of a plant, all in this process.

mod address_space;
mod server;
mod station;

use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use iiot::core::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use server::Running;
pub use station::{Reading, SIGNALS, Station};

/// What to simulate.
#[derive(Debug, Clone)]
pub struct PlantOptions {
    /// Port of the first server, the others follow; 0 takes any free ones. Default 4840.
    pub port: u16,
    /// Number of servers. Default 3.
    pub servers: u16,
    /// Variables of each server, in stations of [`SIGNALS`]. Default 1,000.
    pub nodes: usize,
    /// Time between two values of a variable. Default 100 ms.
    pub interval: Duration,
    /// Endpoints of each server.
    pub security: Security,
    /// The same seed makes the same values.
    pub seed: u64,
    /// Where the servers keep keys and certificates.
    pub data: PathBuf,
}

impl Default for PlantOptions {
    fn default() -> Self {
        Self {
            port: 4840,
            servers: 3,
            nodes: 1000,
            interval: Duration::from_millis(100),
            security: Security::None,
            seed: 1,
            data: std::env::temp_dir().join("iiot-plant"),
        }
    }
}

/// Endpoints that a server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// Policy None alone.
    #[default]
    None,
    /// None and Basic256Sha256 in both modes; anonymous, and the user `user` with `secret`.
    All,
}

impl FromStr for Security {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "all" => Ok(Self::All),
            _ => Err(format!("`{text}` is neither `none` nor `all`")),
        }
    }
}

impl fmt::Display for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::All => "all",
        })
    }
}

/// Servers that run until they are stopped.
#[derive(Debug)]
pub struct Plant {
    servers: Vec<Running>,
}

impl Plant {
    /// Starts every server; they listen when this returns.
    ///
    /// # Errors
    /// If a port is taken, or keys cannot be made.
    pub async fn start(options: &PlantOptions) -> Result<Self> {
        let mut plant = Self { servers: Vec::new() };
        for number in 1..=options.servers {
            let port = if options.port == 0 { 0 } else { options.port + number - 1 };
            let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.map_err(|cause| {
                Error::new(ErrorKind::Unavailable, "start the plant", "the port is taken; choose another with --port")
                    .with("port", port)
                    .because(cause)
            })?;
            plant.servers.push(Running::start(options, number, listener).await?);
        }
        Ok(plant)
    }

    /// Where the servers listen.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(|server| server.url.clone()).collect()
    }

    /// A `published_nodes.json` with every variable of every server.
    #[must_use]
    pub fn published_nodes(&self, publishing_interval: Duration) -> Value {
        self.servers.iter().map(|server| server.published_nodes(publishing_interval)).collect()
    }

    /// Stops every server, and waits until it has.
    pub async fn stop(self) {
        for server in self.servers {
            server.stop().await;
        }
    }
}

impl Running {
    fn published_nodes(&self, publishing_interval: Duration) -> Value {
        let nodes: Vec<_> =
            self.node_names.iter().map(|name| json!({ "Id": self.expanded(name), "DataSetFieldId": name })).collect();
        json!({
            "EndpointUrl": self.url,
            "UseSecurity": false,
            "DataSetWriterGroup": format!("plant-{}", self.number),
            "DataSetWriterId": format!("stations-{}", self.number),
            "DataSetPublishingInterval": publishing_interval.as_millis() as u64,
            "DataSetSamplingInterval": publishing_interval.as_millis() as u64,
            "OpcNodes": nodes,
        })
    }
}
