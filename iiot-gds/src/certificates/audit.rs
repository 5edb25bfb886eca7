//! Requests about the audit record.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::AuditEntry;

/// Asks for entries of the audit record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuditRequest {
    /// The number behind which the page begins, from `next` of the page before. Default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Entries in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Entries, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditResponse {
    /// Those of the page.
    pub entries: Vec<RecordedEntry>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// The number of the last entry there is.
    pub newest: u64,
}

/// An entry of the audit record, exactly as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedEntry {
    /// Its number: 1, 2, 3 …
    pub number: u64,
    /// When, by the clock of the one who did it.
    pub at: UtcTime,
    /// What was done, exactly the text that the hash covers (JSON).
    pub event: String,
    /// The hash of the entry before it; empty in the first one.
    pub previous: String,
    /// SHA-256, hexadecimal, over the number, the time, the text and the hash before.
    pub hash: String,
}

impl From<AuditEntry> for RecordedEntry {
    fn from(AuditEntry { number, at, event, previous, hash }: AuditEntry) -> Self {
        Self { number, at, event, previous, hash }
    }
}

/// Has the audit record checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CheckAuditRequest {
    /// Whether certificates, revocation lists and revocations are compared with what the record says of them too. That takes
    /// long where there are many.
    pub artefacts: bool,
}

/// What a check has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditCheck {
    /// Whether the record is as it was written.
    pub intact: bool,
    /// How many entries it has.
    pub entries: u64,
    /// Up to which number a checkpoint is signed: whoever can write to the database can have exchanged those behind it.
    pub signed: u64,
    /// The first entry that is not as it was written, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<AuditFinding>,
}

/// The first entry that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditFinding {
    /// Its number.
    pub number: u64,
    /// What is wrong with it.
    pub message: String,
}

/// Asks for the whole audit record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ExportAuditRequest {
    /// The number behind which it begins. Default 0. It ends with the last entry that there is when it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Asks for what is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WatchCertificatesRequest {
    /// The sequence behind which to begin. Without one, from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Something that was done: an entry of the audit record, without its details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesUpdate {
    /// Its number in the audit record, for `after`.
    pub sequence: u64,
    /// When.
    pub at: UtcTime,
    /// What: `request.submitted`, `certificate.issued`, `revocationList.signed`.
    pub action: String,
    /// Who.
    pub by: String,
    /// To what: the id of a record, `AUTHORITY/SERIAL` of a certificate, `AUTHORITY#NUMBER` of a revocation list.
    pub subject: String,
}

/// Says that the clock is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BelieveClockRequest {
    /// The time as whoever says so sees it; it must be that of the machine, give or take 5 minutes.
    pub time: UtcTime,
}

/// What is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Believed {
    /// The time.
    pub time: UtcTime,
}
