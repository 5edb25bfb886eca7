//! OPC UA applications.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Seen};

/// An OPC UA application as it was found, and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// What it says of itself.
    pub description: ApplicationDescription,
    /// Where it answered, `IP:PORT` each, as its edge sees it.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// SHA-1 of the certificates that it shows, hexadecimal; they name them, they prove nothing.
    #[serde(default)]
    pub thumbprints: Vec<String>,
    /// The site where it stands, if its edge has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The edge that looks after it: whose searches may say that it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<String>,
    /// Whether it belongs to the plant.
    pub approval: Approval,
    /// Whether it may be used; what is not is also not activated.
    pub enabled: bool,
    /// Since when it is known. None of one that was entered by hand and never found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// What is wrong with it.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The searches that found it first and last.
    #[serde(default)]
    pub runs: Vec<String>,
    /// What somebody has set by hand and searches leave as it is: members of the description, `site`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<String>,
}

impl Application {
    /// One that nobody has looked at yet.
    #[must_use]
    pub fn new(description: ApplicationDescription) -> Self {
        Self {
            description,
            addresses: Vec::new(),
            thumbprints: Vec::new(),
            site: None,
            edge: None,
            approval: Approval::Discovered,
            enabled: true,
            seen: None,
            findings: Vec::new(),
            runs: Vec::new(),
            edited: Vec::new(),
        }
    }
}

/// An OPC UA application, as it describes itself (OPC 10000-4 §7.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationDescription {
    /// Should be globally unique, and equal to the URI in its certificate.
    #[schemars(length(min = 1, max = 4096))]
    pub application_uri: String,
    /// For people.
    #[schemars(length(max = 4096))]
    pub application_name: String,
    /// Language of the name: `de-AT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub locale: Option<String>,
    /// The product.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub product_uri: String,
    /// Server, client or both.
    pub application_type: ApplicationType,
    /// The server that leads to it, where it is not reached directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub gateway_server_uri: Option<String>,
    /// How its discovery URLs are to be used, where not as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub discovery_profile_uri: Option<String>,
    /// Where its endpoints can be asked for, as it says.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub discovery_urls: Vec<String>,
    /// What it can do, by the identifiers of OPC 10000-12 Annex D: `DA`, `HD`, `LDS`.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub capabilities: Vec<String>,
}

/// What an application is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApplicationType {
    /// Offers services.
    Server,
    /// Uses services.
    Client,
    /// Both.
    ClientAndServer,
    /// Tells of servers.
    DiscoveryServer,
}

/// What was decided about something that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Approval {
    /// Nothing yet.
    #[default]
    Discovered,
    /// It belongs here.
    Approved,
    /// It does not; it stays on record, so that it is not offered again.
    Rejected,
}
