//! What is searched, and how quickly.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is searched, and how quickly. Only what it names is contacted; with the preset `off` and nothing else that is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ScanPlan {
    /// Fills in addresses and ports where there are none.
    pub preset: Preset,
    /// Addresses to try: `10.0.0.0/24`, `10.0.0.1-10.0.0.99`, `10.0.0.7`, `fd00::17`, `plc-7.plant.example`. IPv6 networks are
    /// /112 at the largest.
    #[schemars(length(max = 1000), inner(length(max = 255)))]
    pub addresses: Vec<String>,
    /// Ports to try at each of them: `4840`, `48000-48100`. Default those of the preset, else 4840.
    #[schemars(length(max = 1000), inner(length(max = 11)))]
    pub ports: Vec<String>,
    /// Servers to ask, whatever the addresses say: `opc.tcp://plc-7:4840/path`.
    #[schemars(length(max = 1000), inner(length(max = 4096)))]
    pub urls: Vec<String>,
    /// Addresses that are never contacted, written as `addresses` are; it goes before everything else.
    #[schemars(length(max = 1000), inner(length(max = 255)))]
    pub deny: Vec<String>,
    /// Which URLs are visited that servers and discovery servers report.
    pub follow: Follow,
    /// Whether servers that announce themselves by multicast DNS are asked, as far as `follow` says. It takes three seconds.
    pub multicast: bool,
    /// New connections in a second, at most.
    #[schemars(range(min = 1, max = 100_000))]
    pub rate: u32,
    /// Open connections, at most.
    #[schemars(range(min = 1, max = 10_000))]
    pub concurrency: u32,
    /// How long a connection and its first answer may take, in milliseconds.
    #[schemars(range(min = 50, max = 60_000))]
    pub probe_timeout_ms: u32,
    /// How long a server may take to tell all about itself, in milliseconds.
    #[schemars(range(min = 100, max = 600_000))]
    pub server_timeout_ms: u32,
    /// Hours in which nothing is contacted; a search waits for their end.
    #[schemars(length(max = 50))]
    pub quiet_hours: Vec<QuietHours>,
    /// Languages of names, the preferred first.
    #[schemars(length(max = 10), inner(length(max = 64)))]
    pub locales: Vec<String>,
}

impl Default for ScanPlan {
    fn default() -> Self {
        Self {
            preset: Preset::Off,
            addresses: Vec::new(),
            ports: Vec::new(),
            urls: Vec::new(),
            deny: Vec::new(),
            follow: Follow::Inside,
            multicast: false,
            rate: 100,
            concurrency: 100,
            probe_timeout_ms: 3_000,
            server_timeout_ms: 20_000,
            quiet_hours: Vec::new(),
            locales: Vec::new(),
        }
    }
}

/// What is searched where a plan names no addresses or no ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    /// No address but those that are named.
    #[default]
    Off,
    /// The addresses of this machine; all ports.
    Local,
    /// The 256 addresses around each IPv4 address of this machine, and its gateways; the ports that servers usually have.
    Fast,
    /// The whole IPv4 networks of this machine, and its gateways; ports 4840 and 4841.
    Network,
    /// The same; the ports that servers usually have, and all blocks of a hundred ports and more that are registered for nothing.
    Scan,
}

/// Which URLs are visited that a server reports of itself or of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Follow {
    /// None.
    Never,
    /// Those whose host is one of the addresses of the plan, at any port.
    #[default]
    Inside,
    /// All but those that are denied.
    Everywhere,
}

/// Hours of each day in which nothing is contacted, in the time of the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuietHours {
    /// When they begin: `06:00`.
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// When they end; on the next day if that is earlier.
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub to: String,
    /// Minutes that the clocks there are ahead of UTC. Default 0.
    #[serde(default)]
    #[schemars(range(min = -840, max = 840))]
    pub utc_offset_minutes: i16,
}
