//! What changes on record.

use iiot_core::model::Record;
use iiot_core::registry::{RecordKey, RecordKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks for what changes on record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WatchRegistryRequest {
    /// The sequence behind which to begin. Without one, from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Of which records; of all where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub kinds: Vec<RecordKind>,
}

/// A change on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistryUpdate {
    /// The revision of the change, for `after`: it rises, with gaps. None where changes are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What has changed.
    pub change: RecordChange,
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum RecordChange {
    /// A record is new or another one.
    Put {
        /// Its id.
        id: String,
        /// What it is now.
        record: Box<Record>,
    },
    /// A record was deleted.
    Deleted {
        /// Which.
        key: RecordKey,
    },
    /// Changes are missing, because the reader is too slow or began too far back: read all again.
    Missed,
}
