//! Requests about certificate groups and the policy of the office.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{CertificateGroup, OfficePolicy};

/// Asks for all certificate groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GroupsRequest {}

/// Certificate groups, ordered by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupsResponse {
    /// All of them.
    pub groups: Vec<RecordedGroup>,
}

/// Names a certificate group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 64))]
    pub group: String,
}

/// A certificate group as it stands on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedGroup {
    /// The group.
    pub group: CertificateGroup,
    /// Its revision.
    pub revision: u64,
}

/// Puts a certificate group on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutGroupRequest {
    /// What it is to be.
    pub group: CertificateGroup,
    /// The revision that it takes the place of; none for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Why, for those who vote on it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1000))]
    pub reason: String,
}

/// Asks who must agree to changes and revocations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PolicyRequest {}

/// The policy of the office as it stands on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedPolicy {
    /// The policy.
    pub policy: OfficePolicy,
    /// Its revision; none while nobody has said anything, and the default holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// Says who must agree to changes and revocations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutPolicyRequest {
    /// What it is to be.
    pub policy: OfficePolicy,
    /// The revision that it takes the place of; none for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Why, for those who vote on it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1000))]
    pub reason: String,
}
