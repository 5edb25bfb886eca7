//! What a server counts (OPC 10000-5 §6.3.3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::read::DataValue;
use crate::{Header, ValueEncoding};

/// Asks what a server counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiagnosticsRequest {
    /// Which server.
    pub endpoint: String,
    /// What all requests have in common.
    #[serde(default)]
    pub header: Header,
    /// How values are written.
    #[serde(default)]
    pub encoding: ValueEncoding,
    /// Tells of each session too; many servers tell that administrators alone.
    #[serde(default)]
    pub sessions: bool,
    /// Tells of each subscription too.
    #[serde(default)]
    pub subscriptions: bool,
}

/// What it counts; each part has a status of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticsResponse {
    /// Whether it counts sessions and subscriptions at all, as a Boolean.
    pub enabled: DataValue,
    /// Of the server as a whole, as a ServerDiagnosticsSummaryDataType.
    pub summary: DataValue,
    /// If they were asked for, as an array of SessionDiagnosticsDataType.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<DataValue>,
    /// If they were asked for, as an array of SubscriptionDiagnosticsDataType.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<DataValue>,
}
