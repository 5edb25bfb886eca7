//! What an application asks for, and what it is told.

use iiot_core::model::ApplicationDescription;
use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{CertificateType, Der};
use crate::push::PushedLists;
use crate::store::RevocationReason;

/// Asks for the certificate of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnrollRequest {
    /// PKCS #10 (DER), 16 KiB at most, signed with the key.
    pub csr: Der,
    /// The type of the certificate. Default: the first of the group that such a key can have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateType>,
    /// What the application says of itself. Needed where the invitation is for nobody on record; else it is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationDescription>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnrollResponse {
    /// The id of the application on record.
    pub application: String,
    /// The id of the request.
    pub request: String,
    /// How far it is.
    pub outcome: Enrolled,
}

/// How far a request of an application is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum Enrolled {
    /// Here is the certificate.
    Issued(IssuedCertificate),
    /// Somebody has to agree first, or it is being made. Ask again.
    #[serde(rename_all = "camelCase")]
    Pending {
        /// How many have agreed.
        approved: u32,
        /// How many must; 0 while it is being made.
        needed: u32,
    },
    /// Somebody has said no. Asked again a day later, it is a new request.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// Why, as that person has put it.
        reason: String,
    },
}

/// A certificate with those above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedCertificate {
    /// The certificate (DER).
    pub certificate: Der,
    /// The authorities above it (DER), its issuer first, the root last.
    pub issuers: Vec<Der>,
    /// From when on it is valid.
    pub valid_from: UtcTime,
    /// Until when it is valid.
    pub valid_until: UtcTime,
}

/// Asks how one stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StandingRequest {
    /// The revision of the trust lists that the application has: if there are no others they are not told again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub revision: Option<String>,
}

/// How an application stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Its id on record.
    pub application: String,
    /// Its newest certificate by this invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<IssuedCertificate>,
    /// Whether that was revoked, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<RevocationReason>,
    /// Whether it should ask for a new one now: two thirds of its life are over, another authority issues certificates now,
    /// or what is on record of the application was changed.
    pub renew: bool,
    /// The revision of its trust lists: SHA-256 over what they hold; see [`lists_revision`](super::lists_revision).
    pub revision: String,
    /// The trust lists; absent if the application has this revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<PushedLists>,
}
