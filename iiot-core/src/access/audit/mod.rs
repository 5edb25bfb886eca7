//! The audit record: who changed what, when, with which outcome.

mod chain;
mod change;
mod follow;
mod log;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use chain::sha256;
pub(crate) use change::RecordedChange;
pub use log::AuditLog;

use crate::operation::Role;
use crate::time::UtcTime;

/// One line of the audit record.
///
/// Each holds the SHA-256 of the line before it, so that nobody can change, remove or insert a line without
/// changing all that follow. That lines were cut off at the end cannot be seen from the record alone: keep the newest hash
/// somewhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// 1, 2, 3 …
    pub sequence: u64,
    /// When it was written.
    pub time: UtcTime,
    /// What happened.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// SHA-256 of the line before, in hexadecimal digits; zeros in the first one.
    pub previous: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Whether the operation begins, or how it ended.
    pub event: AuditEvent,
    /// Who asked.
    pub principal: String,
    /// What that one may do; absent for a command on the machine itself.
    pub role: Option<Role>,
    /// The id of the API key; absent for a command on the machine itself.
    pub key: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// `capability.operation`
    pub operation: String,
    /// SHA-256 of the request's body, in hexadecimal digits; where it holds secrets, of what is left without them, see
    /// [`recordable`](crate::operation::recordable).
    pub request: String,
    /// The sequence of the record of the beginning; absent there.
    pub began: Option<u64>,
    /// Why it failed or was refused.
    pub reason: Option<String>,
    /// What it did item by item, at most 16 KiB: what was asked, what was there before, what came of it. Absent where the
    /// operation does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

/// Whether an operation begins, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AuditEvent {
    /// It is about to be carried out. Without an end it is not known what came of it.
    Began,
    /// It was carried out.
    Done,
    /// It failed.
    Failed,
    /// It was not begun, because the caller may not.
    Refused,
}

/// What a check of the whole record found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditCheck {
    /// Records that follow from each other, from the first one.
    pub records: u64,
    /// SHA-256 of the last of them: keep it somewhere else to notice later that lines were cut off.
    pub newest: String,
    /// What is wrong behind them; absent if nothing is.
    pub broken: Option<String>,
}
