//! Requests about invitations.

use std::fmt;

use iiot_core::time::UtcTime;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::store::RevocationReason;

/// Invites an application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InviteRequest {
    /// The id of an application on record. Without one, whoever comes with the token first is entered into the record, as
    /// an approved application, with what it says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub application: Option<String>,
    /// The certificate group. Default `DefaultApplicationGroup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub group: Option<String>,
    /// For so many hours the token can be used for the first time. Default 24.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8760))]
    pub valid_hours: Option<u32>,
    /// What it is for, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub note: String,
}

/// An invitation with its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// What the application shows, as an API key. Nobody can ask for it again.
    pub token: Token,
}

/// An invitation for one application with one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its id.
    pub id: String,
    /// The id of the application on record; absent until one has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The certificate group.
    pub group: String,
    /// Who has invited.
    pub by: String,
    /// When.
    pub at: UtcTime,
    /// Until when the token can be used for the first time.
    pub until: UtcTime,
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// How far it is.
    pub state: InvitationState,
    /// The key that it is bound to since its first use: SHA-256 of its SubjectPublicKeyInfo, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When it was first used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<UtcTime>,
    /// The newest request for a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// How often somebody came with its token and another key: who else may have the token?
    pub refused: u32,
}

/// How far an invitation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum InvitationState {
    /// Nobody has come yet.
    Open,
    /// It is bound to a key: of that key, and of no other, it renews certificates.
    Used,
    /// Nobody came in time.
    Expired,
    /// Somebody has ended it.
    Withdrawn,
}

/// Asks for invitations that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InvitationsRequest {
    /// How far they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<InvitationState>,
    /// The application.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub application: Option<String>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Invitations in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Invitations, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationsResponse {
    /// Those of the page; there may be fewer than asked for.
    pub invitations: Vec<Invitation>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Ends an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawInvitationRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub invitation: String,
    /// Revokes the certificates that were issued by it too, for this reason: `keyCompromise` where somebody else may have the
    /// key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<RevocationReason>,
}

/// The secret of an invitation. It is wiped from memory when it is dropped, and no log shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// A token of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl JsonSchema for Token {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Token".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
