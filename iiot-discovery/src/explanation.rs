//! Why there is or is not a server somewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks why there is or is not a server somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainRequest {
    /// An URL, or an address with or without a port (4840): `opc.tcp://plc-7:4840/path`, `10.0.0.7`, `[fd00::17]:4841`.
    #[schemars(length(min = 1, max = 4096))]
    pub target: String,
    /// How long each step may take, in milliseconds. Default 5,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 60_000))]
    pub timeout_ms: Option<u32>,
}

/// Why there is or is not a server somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What was asked for.
    pub target: String,
    /// Whether a client can connect there as it should.
    pub reachable: bool,
    /// The whole of it, in a sentence, with what to do.
    pub sentence: String,
    /// Step by step, as far as they went.
    pub steps: Vec<Step>,
}

/// One step towards a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Which.
    pub step: StepName,
    /// Where, if the step is made at one of several addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How it went.
    pub verdict: Verdict,
    /// What was seen.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
}

/// The steps towards a server, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepName {
    /// The host's name becomes addresses.
    Name,
    /// This machine has a way to the address.
    Route,
    /// Something listens at the port.
    Port,
    /// It speaks OPC UA: Hello and Acknowledge.
    Hello,
    /// It tells its endpoints, and where they are said to be.
    Endpoints,
    /// Its certificate is sound.
    Certificate,
    /// There is a way to log in.
    Identity,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All is well.
    Good,
    /// It goes on, and something is not as it should be.
    Doubtful,
    /// It goes no further.
    Bad,
}
