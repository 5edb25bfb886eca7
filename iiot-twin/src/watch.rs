//! What streams have in common: where they go on, what is missing, how the connection stands.
//!
//! Each update has a `sequence`, which is never given twice for the same request, also not by the next process. Who asks
//! again with it as `after` gets what came meanwhile, as far as it is still at hand; else the first update has a
//! [`StreamGap`] and the present state. Who reads too slowly is treated likewise: nobody waits for him.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::connection::Connectivity;

/// Something is missing in a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamGap {
    /// Why.
    pub reason: StreamGapReason,
    /// The last that is surely there was sent by the server at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UtcTime>,
    /// The first behind it was sent by the server at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<UtcTime>,
    /// Which items of the request it concerns, by their places; all where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
}

impl StreamGap {
    /// Something is missing, nothing more is known of it.
    #[must_use]
    pub const fn new(reason: StreamGapReason) -> Self {
        Self { reason, after: None, before: None, items: Vec::new() }
    }
}

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StreamGapReason {
    /// What came behind `after` is no longer at hand.
    TooOld,
    /// Nobody has watched for a while, or the process is another one: what came since `after` was not kept.
    NotKept,
    /// No update has had the sequence `after` yet.
    Unknown,
    /// The reader is slower than what comes.
    ReaderTooSlow,
    /// The server lost the subscription, which was created anew.
    SubscriptionLost,
    /// The server no longer had a message that had not arrived.
    NotAvailable,
    /// A queue of the server was full.
    ServerQueueOverflow,
    /// A message does not decode.
    Undecodable,
}

/// The connection changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamState {
    /// How it stands. The stream goes on by itself when it is back.
    pub state: Connectivity,
    /// Why it was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
