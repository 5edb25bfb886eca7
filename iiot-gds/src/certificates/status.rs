//! How it stands.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authorities::RecordedAuthority;

/// Asks how it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StatusRequest {}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesStatus {
    /// When this was so.
    pub at: UtcTime,
    /// The authorities, each with its newest revocation list, whose `alarm` tells that it is late.
    pub authorities: Vec<RecordedAuthority>,
    /// Certificates of applications that are valid and not revoked.
    pub valid: u64,
    /// Applications whose newest certificate in a group ends soonest, 20 at most, the first to end first.
    pub soonest: Vec<Expiring>,
    /// How many of the newest certificates have two thirds of their life behind them.
    pub to_renew: u64,
    /// Requests that nobody has decided yet.
    pub requests_waiting: u64,
    /// Proposals that nobody has decided yet.
    pub proposals_waiting: u64,
    /// Keys that wait to be fetched, in this process.
    pub keys_held: u64,
    /// Keys that were made ahead of time, in this process.
    pub keys_ahead: u64,
    /// What is on record and not signed yet: more than a few for long means that a key cannot be used.
    pub unfinished: u64,
}

/// The newest certificate of an application in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Expiring {
    /// The application.
    pub application: String,
    /// The certificate group.
    pub group: String,
    /// The id of its authority.
    pub issuer: String,
    /// Its serial number.
    pub serial: String,
    /// When it ends.
    pub until: UtcTime,
    /// So many days are left.
    pub days_left: i64,
}
