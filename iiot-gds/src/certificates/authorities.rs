//! Requests about authorities and their revocation lists.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AuthorityKey, Der, Stage};
use crate::policy::CrlRules;

/// Asks for all authorities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuthoritiesRequest {
    /// Only those that are so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
}

/// Authorities, ordered by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthoritiesResponse {
    /// All of them.
    pub authorities: Vec<RecordedAuthority>,
}

/// Names an authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorityRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 64))]
    pub authority: String,
}

/// An authority as it stands on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedAuthority {
    /// Its id.
    pub id: String,
    /// Its name in certificates.
    pub common_name: String,
    /// Its organization in certificates.
    pub organization: String,
    /// The authority that issued its certificate; none for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The trust group that it is for alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// The authority whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The authority that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// The serial number of its certificate, hexadecimal.
    pub serial: String,
    /// From when on its certificate is valid. None while it is being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<UtcTime>,
    /// Until when its certificate is valid. None while it is being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UtcTime>,
    /// When it publishes revocation lists.
    pub crl: CrlRules,
    /// Where its revocation list is found, as its certificates say.
    pub crl_urls: Vec<String>,
    /// Where its certificate is found, as its certificates say.
    pub issuer_urls: Vec<String>,
    /// The newest revocation list. None before the first one is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_list: Option<RevocationListState>,
}

/// How it stands with the newest revocation list of an authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevocationListState {
    /// Its number.
    pub number: u64,
    /// From when on it holds.
    pub this_update: UtcTime,
    /// Until when it holds: devices begin to refuse connections then.
    pub next_update: UtcTime,
    /// So much of its time is over, in percent, where it is so much that somebody must see to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<u32>,
}

/// An authority with its chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityWithChain {
    /// The authority.
    pub authority: RecordedAuthority,
    /// Its certificate and those of the authorities above it, the root last. Empty while it is being made.
    pub chain: Vec<Der>,
}

/// Asks for the newest revocation list of an authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevocationListRequest {
    /// The id of the authority.
    #[schemars(length(min = 1, max = 64))]
    pub authority: String,
}

/// A revocation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRevocationList {
    /// The id of the authority.
    pub authority: String,
    /// How it stands with it.
    pub state: RevocationListState,
    /// The list itself.
    pub revocation_list: Der,
}

/// Has a new revocation list made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishRequest {
    /// The id of the authority.
    #[schemars(length(min = 1, max = 64))]
    pub authority: String,
}

/// Has an authority activated or retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeAuthorityRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 64))]
    pub authority: String,
    /// Why, for those who vote on it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1000))]
    pub reason: String,
}

/// Has an authority made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAuthorityRequest {
    /// What it is to be.
    pub authority: NewAuthority,
    /// Why, for those who vote on it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1000))]
    pub reason: String,
}

/// An authority that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAuthority {
    /// Its id: letters, digits, `-`, `_` and `.`.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// Its name, which no other one has: devices tell authorities apart by their names.
    #[schemars(length(min = 1, max = 64))]
    pub common_name: String,
    /// The organization.
    #[schemars(length(min = 1, max = 64))]
    pub organization: String,
    /// Which key it gets.
    pub key: AuthorityKey,
    /// The authority that issues its certificate; none for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub issuer: Option<String>,
    /// The trust group that it is for alone; none if it issues certificates for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub group: Option<String>,
    /// The authority whose place it takes. Until it is activated it issues nothing, but is trusted already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub replaces: Option<String>,
    /// For so many days its certificate is valid; never longer than that of its issuer.
    #[schemars(range(min = 31, max = 10_950))]
    pub valid_days: u32,
    /// When it publishes revocation lists. A new one every day, each for 30 days, where nothing is said.
    #[serde(default)]
    pub crl: CrlRules,
    /// Where its revocation list is found; stands in the certificates that it issues.
    #[serde(default)]
    #[schemars(length(max = 4), inner(length(min = 1, max = 512)))]
    pub crl_urls: Vec<String>,
    /// Where its certificate is found; stands in the certificates that it issues.
    #[serde(default)]
    #[schemars(length(max = 4), inner(length(min = 1, max = 512)))]
    pub issuer_urls: Vec<String>,
}
