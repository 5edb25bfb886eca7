//! Requests about endpoints.

use iiot_core::model::Endpoint;
use iiot_core::registry::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks for endpoints that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EndpointsRequest {
    /// What an URL contains, whatever its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub contains: Option<String>,
    /// The id of its application.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub application: Option<String>,
    /// The URL that reaches it, whatever its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub url: Option<String>,
    /// `None`, `Sign` or `SignAndEncrypt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub security_mode: Option<String>,
    /// URI of the security policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub security_policy_uri: Option<String>,
    /// SHA-1 of its certificate, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub thumbprint: Option<String>,
    /// The site.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub site: Option<String>,
    /// The edge through which it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub edge: Option<String>,
    /// Whether somebody wants it to be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activated: Option<bool>,
    /// Whether the last search that should have found it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<bool>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Endpoints in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Endpoints, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointsResponse {
    /// Those of the page.
    pub endpoints: Vec<RecordedEndpoint>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An endpoint as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedEndpoint {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The endpoint.
    pub endpoint: Endpoint,
}

/// Names an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub endpoint: String,
}

/// Names an endpoint that is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeEndpointRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub endpoint: String,
    /// The revision that it must have; `conflict` if it was changed since. Any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

/// Names an endpoint that somebody above has no more use for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub endpoint: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseResponse {
    /// Whether it was in use until now.
    pub released: bool,
}
