//! Requests about roll-outs.

use std::collections::BTreeMap;

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::push::{RollOut, RollOutPlan};

/// Gives many devices what they should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BeginRollOutRequest {
    /// Its id, which none has yet.
    #[schemars(length(min = 1, max = 64))]
    pub roll_out: String,
    /// The ids of the devices, in the order in which they come, each once.
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 256)))]
    pub devices: Vec<String>,
    /// How.
    #[serde(default)]
    pub plan: RollOutPlan,
    /// Whether each gets a new certificate also where its present one is not due yet.
    #[serde(default)]
    pub renew: bool,
    /// Begins although the rehearsal says that connections will break.
    #[serde(default)]
    pub despite_refusals: bool,
}

/// Names a roll-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollOutRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 64))]
    pub roll_out: String,
}

/// Stops a roll-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopRollOutRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 64))]
    pub roll_out: String,
    /// Whether devices that were pushed to get their old trust lists back.
    #[serde(default)]
    pub take_back: bool,
}

/// Asks for roll-outs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RollOutsRequest {
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Roll-outs in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Roll-outs, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RollOutsResponse {
    /// Those of the page.
    pub roll_outs: Vec<RecordedRollOut>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A roll-out as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRollOut {
    /// Its revision.
    pub revision: u64,
    /// It.
    pub roll_out: RollOutRecord,
}

/// What is kept of a roll-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RollOutRecord {
    /// Its id.
    pub id: String,
    /// Who has begun it.
    pub by: String,
    /// When.
    pub at: UtcTime,
    /// Whether each device gets a new certificate in any case.
    pub renew: bool,
    /// How far it is.
    pub state: RollOut,
    /// The number of the push of each device that was begun, and of the one that takes it back.
    pub pushes: BTreeMap<String, Vec<u64>>,
    /// Who has stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
    /// Whether its devices are looked after by themselves again.
    pub released: bool,
}
