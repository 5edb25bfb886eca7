//! What every request has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Items in one request.
pub const MAX_ITEMS: usize = 10_000;

/// What all requests have in common; everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// Languages of texts, the preferred first: `de-AT`. The server's own choice where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub locales: Vec<String>,
    /// How long it may take in milliseconds, connecting included, up to 600,000. Default 15,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000))]
    pub timeout_ms: Option<u32>,
    /// Goes into the server's own audit record (AuditEntryId, OPC 10000-4 §6.5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub audit_id: Option<String>,
}

/// How values are written in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ValueEncoding {
    /// A Variant in the CompactEncoding (OPC 10000-6 §5.4.1): its built-in type and its value, without what has its default.
    #[default]
    Compact,
    /// The same in the VerboseEncoding: with nulls, and with the names of enumerations and statuses.
    Verbose,
    /// The value alone, without its type.
    Raw,
}
