//! Requests about certificates that were issued.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Der;
use crate::store::RevocationReason;

/// Asks for certificates that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CertificatesRequest {
    /// The authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub issuer: Option<String>,
    /// The application.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub application: Option<String>,
    /// The certificate group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub group: Option<String>,
    /// Whether it was revoked. Among the revoked are those that were reserved and revoked to be sure that they are never
    /// used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<bool>,
    /// Only those that are valid at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_after: Option<UtcTime>,
    /// Where the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub after: Option<String>,
    /// Certificates in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Certificates, ordered by authority and serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesResponse {
    /// Those of the page.
    pub certificates: Vec<RecordedCertificate>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Names a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateRequest {
    /// The id of its authority.
    #[schemars(length(min = 1, max = 64))]
    pub issuer: String,
    /// Its serial number, hexadecimal, lower case.
    #[schemars(length(min = 1, max = 40))]
    pub serial: String,
}

/// A certificate as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedCertificate {
    /// The id of its authority.
    pub issuer: String,
    /// Its serial number, hexadecimal, lower case.
    pub serial: String,
    /// SHA-1 over it, as OPC UA names it, hexadecimal, upper case. Empty for one that was never signed.
    pub thumbprint: String,
    /// From when on it is valid.
    pub from: UtcTime,
    /// Until when it is valid.
    pub until: UtcTime,
    /// The application; empty for that of an authority.
    pub application: String,
    /// The certificate group; empty for that of an authority.
    pub group: String,
    /// The request that it answers; empty where there is none.
    pub request: String,
    /// When and why it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// When and why a certificate was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revoked {
    /// When.
    pub at: UtcTime,
    /// Why.
    pub reason: RevocationReason,
}

/// A certificate with its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateWithChain {
    /// What is on record of it.
    pub record: RecordedCertificate,
    /// The certificate.
    pub certificate: Der,
    /// The certificates of the authorities above it, the root last.
    pub issuers: Vec<Der>,
}

/// Revokes a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeRequest {
    /// The id of its authority.
    #[schemars(length(min = 1, max = 64))]
    pub issuer: String,
    /// Its serial number, hexadecimal, lower case.
    #[schemars(length(min = 1, max = 40))]
    pub serial: String,
    /// Why, as the revocation list says it.
    pub because: RevocationReason,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1000))]
    pub reason: String,
}

/// Revokes all certificates of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeApplicationRequest {
    /// The id of the application. It need not be on record any more.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// Why, as the revocation list says it.
    pub because: RevocationReason,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1000))]
    pub reason: String,
}
