//! What a search found.

use iiot_core::model::{ApplicationDescription, DiscoveryRun, EndpointDescription, Finding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// Asks what a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultsRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub run: String,
    /// Servers and failures that were read already, from `next` of the page before.
    #[serde(default)]
    pub after: u32,
    /// Servers and failures in the page. Default 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultsResponse {
    /// How it stands.
    pub run: DiscoveryRun,
    /// What it covers: who stands there and was not found is gone.
    pub scope: Scope,
    /// Servers, and what should be a server and could not be asked.
    pub results: Vec<SearchResult>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum SearchResult {
    /// A server.
    Server(FoundServer),
    /// What speaks OPC UA, or was said to, and could not be asked.
    Failed(FailedTarget),
}

/// A server, asked at one or several addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundServer {
    /// What it says of itself.
    pub description: ApplicationDescription,
    /// Where it answered: `IP:PORT` each. Several only where it is surely one server.
    pub addresses: Vec<String>,
    /// Its endpoints with the URLs that reach them.
    pub endpoints: Vec<FoundEndpoint>,
    /// What is wrong with it as a whole.
    pub findings: Vec<Finding>,
    /// How it was found.
    pub via: Vec<Via>,
}

/// An endpoint, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundEndpoint {
    /// The endpoint.
    pub description: EndpointDescription,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// How something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "camelCase")]
pub enum Via {
    /// The plan names its URL.
    Url {
        /// The URL.
        url: String,
    },
    /// It answered at an address of the plan.
    Scan {
        /// `IP:PORT`
        address: String,
    },
    /// It announces itself by multicast DNS.
    Multicast {
        /// The name of its service.
        name: String,
    },
    /// Another server told of it: FindServers or FindServersOnNetwork (OPC 10000-4 §5.5).
    Reported {
        /// The URL of that server.
        server: String,
    },
}

/// What should be a server and could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedTarget {
    /// Its URL.
    pub url: String,
    /// Where it was tried: `IP:PORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What it turned out to be, where the connection itself is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it could not be asked, in a sentence.
    pub message: String,
    /// How it was found.
    pub via: Vec<Via>,
}

/// What a search covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Addresses: `10.0.0.0/24`, `10.0.0.7`, `fd00::17`; those that are denied are left out by `deny`.
    pub addresses: Vec<String>,
    /// Addresses that were left out.
    pub deny: Vec<String>,
    /// Ports that were tried at each: `4840`, `48000-48100`.
    pub ports: Vec<String>,
    /// Single places that were asked by URL: `IP:PORT`.
    pub places: Vec<String>,
    /// Whether all of that was tried: a search that was ended covers nothing.
    pub complete: bool,
}
