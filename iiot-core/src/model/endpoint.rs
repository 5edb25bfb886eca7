//! Ways to reach an application.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Seen};

/// One way to reach an application, and whether it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The application's record id.
    pub application: String,
    /// What the server says of it.
    pub description: EndpointDescription,
    /// The site of its application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Whether somebody wants it to be used.
    pub activated: bool,
    /// The edge through which it is used while it is activated; none while no edge can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<String>,
    /// Why it is not used although it is activated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Edges that may still use it, because they could not be told otherwise yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreleased: Vec<String>,
    /// Since when it is known. None of one that was entered by hand and never found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// What is wrong with it.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl Endpoint {
    /// One of an application that nobody uses yet.
    #[must_use]
    pub fn new(application: impl Into<String>, description: EndpointDescription) -> Self {
        Self {
            application: application.into(),
            description,
            site: None,
            activated: false,
            edge: None,
            problem: None,
            unreleased: Vec::new(),
            seen: None,
            findings: Vec::new(),
        }
    }
}

/// One way to reach an application, as it describes it (OPC 10000-4 §7.14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointDescription {
    /// The URL that reaches it from its edge.
    #[schemars(length(min = 1, max = 4096))]
    pub url: String,
    /// The URL that the server reports, which often only it can resolve.
    #[schemars(length(max = 4096))]
    pub reported_url: String,
    /// `None`, `Sign` or `SignAndEncrypt`.
    #[schemars(length(max = 32))]
    pub security_mode: String,
    /// URI of the security policy.
    #[schemars(length(max = 4096))]
    pub security_policy_uri: String,
    /// 0 to 255, what the server itself thinks of it; larger is more secure.
    #[serde(default)]
    pub security_level: u8,
    /// URI of the transport profile.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub transport_profile_uri: String,
    /// SHA-1 of the server's certificate, hexadecimal; names it, does not prove it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub certificate_thumbprint: Option<String>,
    /// The certificate with its issuers as the server sends them: DER, one after the other, in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub certificate: Option<String>,
    /// Who may log in, and how.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub user_tokens: Vec<UserTokenPolicy>,
}

/// One way to log in (OPC 10000-4 §7.42).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserTokenPolicy {
    /// The server's name for it.
    #[schemars(length(max = 4096))]
    pub policy_id: String,
    /// `Anonymous`, `UserName`, `Certificate` or `IssuedToken`.
    #[schemars(length(max = 32))]
    pub token_type: String,
    /// What protects the secret; that of the endpoint where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub security_policy_uri: Option<String>,
}
