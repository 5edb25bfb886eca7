//! What a server is and can take (OPC 10000-5 §6.3).

use std::collections::BTreeMap;

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Header;

/// Asks what a server is and can take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CapabilitiesRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
}

/// What it says of itself; what it does not say is empty or absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapabilitiesResponse {
    /// Namespace URIs by index.
    pub namespaces: Vec<String>,
    /// The server's own ApplicationUri, and those of others that it refers to.
    pub servers: Vec<String>,
    /// Profiles that it supports, by URI.
    pub profiles: Vec<String>,
    /// Languages that it has texts in.
    pub locales: Vec<String>,
    /// Limits by their name: `MaxNodesPerRead`. Those that it does not know are left out.
    pub limits: BTreeMap<String, u32>,
    /// Its make.
    pub build: BuildInfo,
    /// When it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<UtcTime>,
    /// What it does with history, by the name of the capability (OPC 10000-11 §5.4.2): `AccessHistoryDataCapability`.
    pub history: BTreeMap<String, bool>,
    /// What is wrong with its certificate although it is let pass.
    pub concerns: Vec<String>,
}

/// Who made the server (OPC 10000-5 §12.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct BuildInfo {
    pub product_name: String,
    pub product_uri: String,
    pub manufacturer_name: String,
    pub software_version: String,
    pub build_number: String,
}
