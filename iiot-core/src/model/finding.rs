//! What is wrong with a server, and what to do about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something about an application or an endpoint that its operator should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for programs.
    pub code: FindingCode,
    /// What it is, in a sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Should be changed when there is occasion.
    Low,
    /// Should be changed.
    Medium,
    /// Lets strangers in, or soon nobody.
    High,
}

/// What was found to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FindingCode {
    /// Whoever connects may act without saying who he is.
    Anonymous,
    /// An endpoint without signature and encryption.
    NoSecurity,
    /// Signed, not encrypted.
    NotEncrypted,
    /// A policy with broken algorithms (SHA-1, RSA PKCS #1 v1.5).
    DeprecatedPolicy,
    /// A password may travel in clear.
    PasswordInClear,
    /// The certificate is signed with SHA-1 or worse.
    WeakSignature,
    /// The certificate's key is too short.
    ShortKey,
    /// The certificate is not valid any more, or not yet.
    CertificateExpired,
    /// The certificate is soon not valid any more.
    CertificateExpiresSoon,
    /// The certificate cannot be read, or lacks what OPC 10000-6 §6.2 asks for.
    CertificateInvalid,
    /// Endpoints with security and no certificate.
    CertificateMissing,
    /// The certificate names another ApplicationUri than the server.
    ApplicationUriMismatch,
    /// Another server shows the same certificate: who has the key of one is the other.
    SharedCertificate,
    /// Another server has the same ApplicationUri: clients and trust lists cannot tell them apart.
    SharedApplicationUri,
    /// The URL that the server reports does not reach it.
    UnreachableUrl,
    /// It says something that cannot be, and was cut or left out.
    Malformed,
}
