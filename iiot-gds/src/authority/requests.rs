//! Requests and groups on record, and the votes on requests.

use iiot_core::operation::Role;
use iiot_core::{ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Authorities, Issued, error, event};
use crate::document::{self, Kept, REQUEST};
use crate::policy::{
    Approvable, CertificateGroup, CertificateRequest, Choice, Decision, RequestEvent, RequestState, Vote,
};
use crate::store::{AuditEvent, Transaction, Write};

/// A request with the votes on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// The request.
    pub request: CertificateRequest,
    /// The votes, in the order in which they were cast.
    pub votes: Vec<Vote>,
}

impl RequestRecord {
    /// A request that nobody has voted on.
    pub(super) const fn new(request: CertificateRequest) -> Self {
        Self { request, votes: Vec::new() }
    }

    /// What the audit record says of a new one.
    pub(super) fn submitted(&self) -> AuditEvent {
        let request = &self.request;
        let details = json!({ "application": request.applicant.application, "group": request.group,
            "digest": request.digest() });
        event("request.submitted", &request.requester, &request.id, details)
    }

    pub(super) fn write(&self, expected: Option<u64>) -> Result<Write> {
        let request = &self.request;
        let state = match request.state {
            RequestState::New => "new",
            RequestState::Approved => "approved",
            RequestState::Rejected { .. } => "rejected",
            RequestState::Failed { .. } => "failed",
            RequestState::Issued { .. } => "issued",
            RequestState::Accepted { .. } => "accepted",
        };
        let labels = [("state", state), ("application", &request.applicant.application), ("group", &request.group)];
        document::write((REQUEST, &request.id), self, &labels, expected)
    }
}

impl Authorities {
    /// Puts a new request on record.
    ///
    /// # Errors
    /// `AlreadyExists` if there is one with this id, `NotFound` if there is no such group, `InvalidArgument` if the group has
    /// no such certificates or somebody has decided on it already; those of the store.
    pub async fn submit(&self, request: CertificateRequest) -> Result<()> {
        let now = self.now()?;
        let group = self.group(&request.group).await?;
        check_new(&request, &group)?;
        let record = RequestRecord::new(request);
        let mut transaction = Transaction::new(record.submitted(), now);
        transaction.documents.push(record.write(None)?);
        self.store().commit(transaction).await.map(drop)
    }

    /// A request with its votes.
    ///
    /// # Errors
    /// `NotFound` if there is none; those of the store.
    pub async fn request(&self, id: &str) -> Result<RequestRecord> {
        Ok(self.kept_request(id).await?.value)
    }

    /// Casts a vote on a request that is not decided yet. Whether it counts is seen when votes are counted.
    ///
    /// # Errors
    /// `NotFound` if there is no such request, `Conflict` if it is decided, or if the vote is for another content than the
    /// one on record; `LimitExceeded` if there are 200 votes; those of the store.
    pub async fn vote(&self, id: &str, vote: Vote) -> Result<()> {
        let now = self.now()?;
        let Kept { mut value, revision } = self.kept_request(id).await?;
        if value.request.state != RequestState::New || value.request.digest() != vote.digest {
            let message = "it is decided, or was changed since it was looked at: read it again";
            return Err(error(ErrorKind::Conflict, "vote on request", message).with("request", id).retryable(false));
        }
        if value.votes.len() >= MAX_VOTES {
            return Err(
                error(ErrorKind::LimitExceeded, "vote on request", "there are too many votes").with("request", id)
            );
        }
        let choice = match vote.choice {
            Choice::Approve => "request.voteToApprove",
            Choice::Reject => "request.voteToReject",
        };
        let details = json!({ "digest": vote.digest, "reason": vote.reason });
        let mut transaction = Transaction::new(event(choice, &vote.by, id, details), now);
        value.votes.push(Vote { at: now, ..vote });
        transaction.documents.push(value.write(Some(revision))?);
        self.store().commit(transaction).await.map(drop)
    }

    /// Counts the votes on a request; see [`decide`](crate::policy::decide). A rejection is put on record.
    ///
    /// # Errors
    /// `NotFound` if there is no such request or group; those of the store.
    pub async fn decide(
        &self,
        id: &str,
        role_of: impl Fn(&str) -> Option<Role>,
    ) -> Result<Decision<CertificateRequest>> {
        let now = self.now()?;
        let Kept { mut value, revision } = self.kept_request(id).await?;
        let group = self.group(&value.request.group).await?;
        let decision = group.decide(&value.request, &value.votes, role_of, now)?;
        if let (Decision::Rejected(vote), RequestState::New) = (&decision, &value.request.state) {
            value.request.handle(RequestEvent::Rejected { by: vote.by.clone(), reason: vote.reason.clone() })?;
            let details = json!({ "reason": vote.reason });
            let mut transaction = Transaction::new(event("request.rejected", &vote.by, id, details), now);
            transaction.documents.push(value.write(Some(revision))?);
            self.store().commit(transaction).await?;
        }
        Ok(decision)
    }

    /// The application has its certificate: it cannot be fetched again.
    ///
    /// # Errors
    /// `NotFound` if there is no such request, `Conflict` if no certificate was issued for it; those of the store.
    pub async fn accept(&self, id: &str, by: &str) -> Result<()> {
        self.change(id, RequestEvent::Accepted, "request.accepted", by).await
    }

    /// The one who asked no longer wants it.
    ///
    /// # Errors
    /// `NotFound` if there is no such request, `Conflict` if it is decided; those of the store.
    pub async fn withdraw(&self, id: &str) -> Result<()> {
        let by = self.request(id).await?.request.requester;
        self.change(id, RequestEvent::Withdrawn, "request.withdrawn", &by).await
    }

    /// What FinishRequest answers: the certificate, once it is there.
    ///
    /// # Errors
    /// See [`CertificateRequest::finish`]; those of the store.
    pub async fn finish_request(&self, id: &str) -> Result<Issued> {
        let record = self.request(id).await?;
        let (issuer, serial) = record.request.finish()?;
        self.issued(issuer, serial).await
    }

    /// Puts a certificate group on record, in place of the one with the same id.
    ///
    /// # Errors
    /// `InvalidArgument` if it makes no sense, `NotFound` if its authority does not exist; those of the store.
    pub async fn put_group(&self, group: &CertificateGroup, by: &str) -> Result<()> {
        let before = self.group_on_record(&group.id).await?;
        self.replace_group(group, before.map(|(_, revision)| revision), by).await
    }

    async fn change(&self, id: &str, change: RequestEvent, action: &str, by: &str) -> Result<()> {
        let now = self.now()?;
        let Kept { mut value, revision } = self.kept_request(id).await?;
        value.request.handle(change)?;
        let mut transaction = Transaction::new(event(action, by, id, json!({})), now);
        transaction.documents.push(value.write(Some(revision))?);
        self.store().commit(transaction).await.map(drop)
    }
}

/// Whether a request is a new one that its group can answer.
pub(super) fn check_new(request: &CertificateRequest, group: &CertificateGroup) -> Result<()> {
    if request.state == RequestState::New && group.certificate_types.contains(&request.certificate_type) {
        return Ok(());
    }
    let message = "it is not a new one, or for a type of certificate that the group has not";
    Err(error(ErrorKind::InvalidArgument, "submit request", message).with("request", &request.id))
}

/// More are cast by nobody in earnest.
const MAX_VOTES: usize = 200;
