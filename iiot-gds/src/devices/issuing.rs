//! Certificates for devices from the authorities.

use std::time::Duration;

use async_trait::async_trait;
use iiot_core::{Error, ErrorKind, Result};

use super::KEEPER;
use super::records::known;
use crate::model::{Applicant, Der};
use crate::office::{Office, Settled};
use crate::policy::{CertificateRequest, Decision, Digester, RequestState, Wanted};
use crate::push::{IssueAnswer, IssueRequest, Issued, Issuing};

/// Has the certificates of devices issued by the authorities of a manager, after the rules of the certificate groups: where
/// people must vote, the answer is that it is pending until they have.
///
/// The request on record has an id that follows from the device, its push and what it asks: whoever asks again gets the same
/// certificate.
#[derive(Debug, Clone)]
pub struct AuthorityIssuing {
    office: Office,
}

/// How it stands with a request on which people may have to vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Votes are missing.
    Pending,
    /// Asked now, there is an answer.
    Answered,
}

/// When to ask again for a certificate on which people vote.
const AGAIN: Duration = Duration::from_secs(60);

impl AuthorityIssuing {
    /// From the authorities of this office.
    #[must_use]
    pub fn new(office: Office) -> Self {
        Self { office }
    }

    /// The id of the request for a certificate.
    #[must_use]
    pub fn request_id(request: &IssueRequest) -> String {
        let digest = Digester::new("iiot push request")
            .part(&request.device)
            .part(request.push.to_be_bytes())
            .part(&request.signing_request)
            .finish();
        format!("{PREFIX}{digest}")
    }

    /// Whether a certificate was asked for in a push.
    pub(super) fn is_of_push(request: &str) -> bool {
        request.starts_with(PREFIX)
    }

    /// How it stands with a request, without asking.
    pub(super) async fn standing(&self, request: &str) -> Result<Standing> {
        let record = match self.office.authorities.request(request).await {
            // It was not submitted before the crash.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Standing::Answered),
            found => found?,
        };
        if record.request.state != RequestState::New {
            return Ok(Standing::Answered);
        }
        match self.decide(request).await? {
            Decision::Pending(_) => Ok(Standing::Pending),
            _ => Ok(Standing::Answered),
        }
    }

    async fn decide(&self, request: &str) -> Result<Decision<CertificateRequest>> {
        self.office.authorities.decide(request, |name| self.office.people.role_of(name)).await
    }

    async fn settled(&self, id: &str, request: &IssueRequest) -> Result<IssueAnswer> {
        match self.office.authorities.request(id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => self.submit(id, request).await?,
            found => drop(found?),
        }
        match self.office.settle(id).await? {
            Settled::Issued(certificate) => Ok(issued(certificate)),
            Settled::Pending(_) => Ok(IssueAnswer::Pending { again: AGAIN }),
            Settled::Rejected { by, reason } => Ok(IssueAnswer::Refused(rejected(&by, &reason))),
            Settled::Making => {
                self.office.authorities.recover().await?;
                let message = "the certificate is being made; ask again";
                Err(Error::new(ErrorKind::Unavailable, "issue certificate", message).with("request", id))
            }
        }
    }

    /// Puts it on record unless it is there.
    async fn submit(&self, id: &str, request: &IssueRequest) -> Result<()> {
        let device = known(&*self.office.store, &request.device).await?;
        let application = self.office.admitted(&request.device).await?;
        let wanted = CertificateRequest {
            id: id.to_owned(),
            applicant: Applicant::of(&request.device, &application),
            group: device.record.settings.certificate_group,
            certificate_type: request.certificate_type,
            requester: device.state.asked.map_or_else(|| KEEPER.to_owned(), |asked| asked.by),
            at: self.office.clock.utc(),
            wanted: Wanted::SigningRequest { csr: Der(request.signing_request.clone()) },
            state: RequestState::New,
        };
        match self.office.authorities.submit(wanted).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            submitted => submitted,
        }
    }
}

#[async_trait]
impl Issuing for AuthorityIssuing {
    async fn issue(&self, request: &IssueRequest) -> Result<IssueAnswer> {
        self.settled(&Self::request_id(request), request).await.or_else(refusal)
    }
}

const PREFIX: &str = "push-";

fn issued(issued: crate::authority::Issued) -> IssueAnswer {
    let issuers = issued.issuers.into_iter().map(Der).collect();
    IssueAnswer::Issued(Issued { certificate: Der(issued.certificate), issuers })
}

/// What is wrong with the request stays so, what is wrong with the authority may pass.
fn refusal(error: Error) -> Result<IssueAnswer> {
    match error.kind() {
        ErrorKind::InvalidArgument | ErrorKind::Forbidden | ErrorKind::Rejected => {
            Ok(IssueAnswer::Refused(error.report()))
        }
        _ => Err(error),
    }
}

fn rejected(by: &str, reason: &str) -> String {
    format!("{by} has rejected the request: {reason}")
}
