//! Requests for certificates, from the question to the delivery (OPC 10000-12 §7.9.3 to §7.9.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Password;
use super::proposals::Progress;
use crate::model::{CertificateType, Der, KeyAlgorithm};
use crate::policy::{self, Digest, PrivateKeyFormat, Vote};

/// Asks for a certificate for a key that an application has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartSigningRequest {
    /// The id of the application, which must be on record, approved and enabled.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// The certificate group; `DefaultApplicationGroup` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub group: Option<String>,
    /// The type; the first one of the group that the key fits where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateType>,
    /// PKCS #10 (DER), signed with the key, of 16 KiB at most.
    pub certificate_request: Der,
}

/// Asks for a certificate and a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartNewKeyPairRequest {
    /// The id of the application, which must be on record, approved and enabled.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// The certificate group; `DefaultApplicationGroup` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub group: Option<String>,
    /// The type; the first one of the group where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<CertificateType>,
    /// The subject: empty, or `CN=` and the name on record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub subject_name: String,
    /// The hosts, among those on record; all of them where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub domain_names: Vec<String>,
    /// How the key is to be delivered.
    pub private_key_format: PrivateKeyFormat,
}

/// Fetches what was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FinishRequest {
    /// The id of the request.
    #[schemars(length(min = 1, max = 256))]
    pub request: String,
    /// What protects the key, if one was made: it opens what is delivered, and is kept nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FinishResponse {
    /// The id of the authority.
    pub issuer: String,
    /// The serial number, hexadecimal, lower case.
    pub serial: String,
    /// The certificate.
    pub certificate: Der,
    /// The certificates of the authorities above it, the root last.
    pub issuers: Vec<Der>,
    /// The key, if one was made: a PKCS #12 file with the certificate, or the text of a PEM file, encrypted with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<Der>,
}

/// Names a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub request: String,
}

/// Asks for requests that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RequestsRequest {
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RequestStage>,
    /// The application.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub application: Option<String>,
    /// The certificate group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub group: Option<String>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Requests in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RequestStage {
    /// Nobody has decided yet.
    New,
    /// It was approved; the certificate is being made.
    Approved,
    /// It was rejected, or taken back.
    Rejected,
    /// No certificate could be made, or its key was lost.
    Failed,
    /// The certificate is there.
    Issued,
    /// It has arrived.
    Accepted,
}

impl RequestStage {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Issued => "issued",
            Self::Accepted => "accepted",
        }
    }
}

/// Requests, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestsResponse {
    /// Those of the page.
    pub requests: Vec<RecordedRequest>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A request as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRequest {
    /// The request.
    pub request: policy::CertificateRequest,
    /// What a vote on it must name: it covers all that will stand in the certificate.
    pub digest: Digest,
    /// What is asked for, as whoever votes should see it; of a signing request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// The votes, in the order in which they were cast.
    pub votes: Vec<Vote>,
    /// How far the approval is; none once it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// What a signing request asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// What kind of key it has.
    pub key: KeyAlgorithm,
    /// SHA-256 over the key (SubjectPublicKeyInfo), hexadecimal, to compare with what the application shows.
    pub key_sha256: String,
    /// The subject that it asks for; the certificate has that of the record.
    pub subject: String,
    /// The hosts that it asks for and will not have, since they are not on record.
    pub unrecorded_hosts: Vec<String>,
}
