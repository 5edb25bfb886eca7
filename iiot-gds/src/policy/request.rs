//! A request for a certificate, from the question to its delivery (OPC 10000-12 §7.9.3 to §7.9.5).

use iiot_core::json::with;
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Approvable, Digest, Digester};
use crate::model::{Applicant, CertificateType, Der};

/// Somebody wants a certificate for an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateRequest {
    /// Its id.
    pub id: String,
    /// For which application, as it was on record when it was asked for: what is approved is what is issued, whatever
    /// becomes of the record meanwhile.
    pub applicant: Applicant,
    /// The certificate group.
    pub group: String,
    /// The type of the certificate.
    pub certificate_type: CertificateType,
    /// Who asks.
    pub requester: String,
    /// When.
    pub at: UtcTime,
    /// What for.
    pub wanted: Wanted,
    /// How far it is.
    pub state: RequestState,
}

/// What is asked for. There is no password in it: whoever asks gives it when the key is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Wanted {
    /// A certificate for a key that the application has (StartSigningRequest).
    #[serde(rename_all = "camelCase")]
    SigningRequest {
        /// PKCS#10 (DER).
        csr: Der,
    },
    /// A certificate and its key (StartNewKeyPairRequest).
    #[serde(rename_all = "camelCase")]
    NewKeyPair {
        /// The subject, as in `CN=Press,O=Works`; empty for the name on record.
        subject_name: String,
        /// The hosts; none for those on record.
        domain_names: Vec<String>,
        /// How the key is to be delivered.
        format: PrivateKeyFormat,
    },
}

/// How a private key is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PrivateKeyFormat {
    /// PKCS#12 with the certificate.
    Pfx,
    /// PKCS#8, encrypted, PEM.
    Pem,
}

impl PrivateKeyFormat {
    /// As OPC 10000-12 §7.9.4 writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pfx => "PFX",
            Self::Pem => "PEM",
        }
    }

    /// The format that is written so.
    ///
    /// # Errors
    /// `BadInvalidArgument` if there is none.
    pub fn named(name: &str) -> Result<Self> {
        let found = [Self::Pfx, Self::Pem].into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, "start new key pair request", "the formats are PFX and PEM")
        })
    }
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum RequestState {
    /// Nobody has decided yet.
    New,
    /// It was approved; the certificate is being made.
    Approved,
    /// It was rejected, or taken back by the one who asked.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// By whom.
        by: String,
        /// Why.
        reason: String,
    },
    /// It was approved, and no certificate can be made for it.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// What the application is answered.
        #[serde(with = "with::status_code")]
        #[schemars(with = "with::StatusCodeObject")]
        status: StatusCode,
        /// Why, and what to do.
        reason: String,
    },
    /// The certificate is there, to be fetched as often as needed.
    #[serde(rename_all = "camelCase")]
    Issued {
        /// The authority.
        issuer: String,
        /// The serial number, hexadecimal, lower case.
        serial: String,
    },
    /// The application has said that it has the certificate.
    #[serde(rename_all = "camelCase")]
    Accepted {
        /// The authority.
        issuer: String,
        /// The serial number, hexadecimal, lower case.
        serial: String,
    },
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestEvent {
    /// It was approved.
    Approved,
    /// It was rejected.
    Rejected {
        /// By whom.
        by: String,
        /// Why.
        reason: String,
    },
    /// The one who asked no longer wants it.
    Withdrawn,
    /// No certificate can be made for it.
    Failed {
        /// What the application is answered.
        status: StatusCode,
        /// Why, and what to do.
        reason: String,
    },
    /// Its certificate was made.
    Issued {
        /// The authority.
        issuer: String,
        /// The serial number, hexadecimal, lower case.
        serial: String,
    },
    /// The application has the certificate.
    Accepted,
}

impl CertificateRequest {
    /// What FinishRequest answers now: the authority and the serial number of the certificate.
    ///
    /// # Errors
    /// `BadNothingToDo` while it is not approved or being made: ask again. `BadRequestNotAllowed` if it was rejected. The
    /// status of the failure if no certificate could be made. `BadInvalidArgument` once the certificate was accepted.
    pub fn finish(&self) -> Result<(&str, &str)> {
        use RequestState as S;
        let refused = |kind, message: String, status| {
            Err(Error::new(kind, "finish request", message).with("request", &self.id).with_status(status))
        };
        match &self.state {
            S::Issued { issuer, serial } => Ok((issuer.as_str(), serial.as_str())),
            S::New => {
                refused(ErrorKind::Rejected, "it is not approved yet; ask again".into(), StatusCode::BadNothingToDo)
            }
            S::Approved => refused(
                ErrorKind::Rejected,
                "the certificate is being made; ask again".into(),
                StatusCode::BadNothingToDo,
            ),
            S::Rejected { by, reason } => refused(
                ErrorKind::Forbidden,
                format!("{by} has rejected it: {reason}"),
                StatusCode::BadRequestNotAllowed,
            ),
            S::Failed { status, reason } => refused(ErrorKind::Rejected, reason.clone(), *status),
            S::Accepted { .. } => refused(
                ErrorKind::InvalidArgument,
                "its certificate was fetched and accepted; make a new request".into(),
                StatusCode::BadInvalidArgument,
            ),
        }
        .map_err(|error| match self.state {
            S::New | S::Approved => error.retryable(true),
            _ => error,
        })
    }

    /// Goes on to the state that follows from what became of it. The same said twice changes nothing.
    ///
    /// # Errors
    /// `Conflict` if that cannot become of it any more.
    pub fn handle(&mut self, event: RequestEvent) -> Result<()> {
        let next = self.after(&event).ok_or_else(|| {
            Error::new(ErrorKind::Conflict, "change request", "it has gone another way meanwhile; read it again")
                .with("request", &self.id)
                .retryable(false)
        })?;
        self.state = next;
        Ok(())
    }

    fn after(&self, event: &RequestEvent) -> Option<RequestState> {
        use {RequestEvent as E, RequestState as S};
        let next = match event.clone() {
            E::Approved => S::Approved,
            E::Rejected { by, reason } => S::Rejected { by, reason },
            E::Withdrawn => S::Rejected { by: self.requester.clone(), reason: "taken back".into() },
            E::Failed { status, reason } => S::Failed { status, reason },
            E::Issued { issuer, serial } => S::Issued { issuer, serial },
            E::Accepted => match &self.state {
                S::Issued { issuer, serial } | S::Accepted { issuer, serial } => {
                    S::Accepted { issuer: issuer.clone(), serial: serial.clone() }
                }
                _ => return None,
            },
        };
        let follows = matches!(
            (&self.state, &next),
            (S::New, S::Approved | S::Rejected { .. } | S::Failed { .. })
                | (S::Approved, S::Issued { .. } | S::Failed { .. })
                // A key that was made for it was lost before it was delivered.
                | (S::Issued { .. }, S::Accepted { .. } | S::Failed { .. })
        );
        (follows || self.state == next).then_some(next)
    }
}

impl Approvable for CertificateRequest {
    fn digest(&self) -> Digest {
        let Applicant { application, application_uri, application_name, application_type, hosts } = &self.applicant;
        let about = Digester::new("iiot certificate request")
            .part(&self.id)
            .part(application)
            .part(application_uri)
            .part(application_name)
            .part([*application_type as u8])
            .parts(hosts)
            .part(&self.group)
            .part(self.certificate_type.node_id().to_be_bytes())
            .part(&self.requester)
            .part(self.at.ticks().to_be_bytes());
        match &self.wanted {
            Wanted::SigningRequest { csr } => about.part("signing request").part(&csr.0),
            Wanted::NewKeyPair { subject_name, domain_names, format } => {
                about.part("new key pair").part(subject_name).parts(domain_names).part(format.name())
            }
        }
        .finish()
    }

    fn requester(&self) -> &str {
        &self.requester
    }
}
