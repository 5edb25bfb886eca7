//! Records that the capabilities share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a registry stores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Record {
    /// An OPC UA application.
    Application(Application),
    /// An endpoint of an application.
    Endpoint(Endpoint),
}

/// An OPC UA application, as a server describes itself (OPC 10000-4 §7.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Globally unique, equal to the URI in its certificate.
    pub application_uri: String,
    /// For people.
    pub application_name: String,
    /// The product.
    pub product_uri: String,
    /// Server, client or both.
    pub application_type: ApplicationType,
    /// Where its endpoints can be asked for.
    pub discovery_urls: Vec<String>,
}

/// What an application is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// One way to reach an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The application's record id.
    pub application: String,
    /// The URL that reaches it from the edge.
    pub url: String,
    /// The URL that the server reports.
    pub reported_url: String,
    /// None, Sign or SignAndEncrypt.
    pub security_mode: String,
    /// URI of the security policy.
    pub security_policy_uri: String,
    /// 0 to 255, larger is more secure.
    pub security_level: u8,
    /// SHA-1 of the server's certificate, hexadecimal; names it, does not prove it.
    pub certificate_thumbprint: Option<String>,
}
