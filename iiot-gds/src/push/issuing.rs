//! Where certificates come from.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{CertificateType, Der};

/// Issues certificates for signing requests of devices.
///
/// # Behaviour
/// Asked again with the same signing request for the same push it answers with the same certificate: whoever asks may have
/// died before it could keep the answer. It judges the request by itself; that it comes from the device is all that the
/// caller vouches for.
#[async_trait]
pub trait Issuing: Debug + Send + Sync + 'static {
    /// Has a certificate issued.
    ///
    /// # Errors
    /// If that is not known now; it is asked again where the error is retryable.
    async fn issue(&self, request: &IssueRequest) -> Result<IssueAnswer>;
}

/// Asks for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRequest {
    /// The device.
    pub device: String,
    /// Which of its pushes.
    pub push: u64,
    /// The type of the certificate.
    pub certificate_type: CertificateType,
    /// PKCS #10 (DER).
    pub signing_request: Vec<u8>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueAnswer {
    /// Here it is.
    Issued(Issued),
    /// Somebody has to approve it first; ask again then.
    Pending {
        /// How long to wait.
        again: Duration,
    },
    /// It will not be issued, because of this.
    Refused(String),
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Issued {
    /// The certificate.
    pub certificate: Der,
    /// The authorities behind it, its issuer first.
    pub issuers: Vec<Der>,
}
