//! Proposals: put on record, voted on, and decided.

use iiot_core::operation::{Principal, Role};
use iiot_core::{ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::vote::{self, MAX_VOTES};
use super::{LocalCertificates, error, event, id, page, reason};
use crate::certificates::proposals::{
    Change, Proposal, ProposalState, ProposalsRequest, ProposalsResponse, RecordedProposal, Voted,
};
use crate::document::{self, Kept};
use crate::policy::{Approvable, Approved, Decision, Vote, decide};
use crate::store::{AuditEvent, DocumentQuery, Transaction, Write};

pub(super) const PROPOSAL: &str = "proposal";

/// A proposal with the votes on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProposalRecord {
    pub(super) proposal: Proposal,
    pub(super) votes: Vec<Vote>,
}

impl ProposalRecord {
    pub(super) fn write(&self, expected: Option<u64>) -> Result<Write> {
        let labels = [("state", self.proposal.state.stage().name())];
        document::write((PROPOSAL, &self.proposal.id), self, &labels, expected)
    }
}

impl LocalCertificates {
    /// Puts a change on record, and carries it out at once where nobody has to be asked.
    pub(super) async fn propose(
        &self,
        change: Change,
        text: String,
        principal: &Principal,
    ) -> Result<RecordedProposal> {
        reason(&text)?;
        if matches!(change, Change::RevokeAuthority { .. }) && principal.role < Role::Administrator {
            let message = "it is the certificate of an authority, whose end only an administrator proposes";
            return Err(error(ErrorKind::Forbidden, "revoke certificate", message));
        }
        self.check_change(&change, &principal.name).await?;
        let most = self.options.open_proposals;
        if document::count(self.store(), PROPOSAL, &[("state", "new")], most).await? >= most {
            let message =
                "so many proposals wait for a decision that there is room for none: decide, or take some back";
            return Err(error(ErrorKind::LimitExceeded, "propose change", message));
        }
        let proposal = Proposal {
            id: uuid::Uuid::new_v4().to_string(),
            change,
            requester: principal.name.clone(),
            at: self.now(),
            reason: text,
            state: ProposalState::New,
        };
        let id = proposal.id.clone();
        let details = json!({ "change": proposal.change, "digest": proposal.digest(), "reason": proposal.reason });
        let made = event("proposal.made", &principal.name, &id, details);
        self.put_proposal(&ProposalRecord { proposal, votes: Vec::new() }, None, made).await?;
        self.settle_proposal(&id).await.map_err(|error| error.with("proposal", &id))?;
        self.one_proposal(&id).await
    }

    /// Counts the votes on a proposal, and has it carried out if enough agree.
    pub(super) async fn settle_proposal(&self, id: &str) -> Result<()> {
        let Kept { value: mut record, revision } = self.proposal_record(id).await?;
        if record.proposal.state == ProposalState::New {
            let policy = self.policy().await?.policy;
            let policy = record.proposal.change.approval(&policy);
            match decide(policy, &record.proposal, &record.votes, |name| self.role_of(name), self.now()) {
                Decision::Approved(approved) => {
                    let (by, policy) = (approved.by().to_vec(), approved.policy().clone());
                    let details = json!({ "digest": approved.digest(), "approvedBy": by });
                    let told = event("proposal.approved", &record.proposal.requester, id, details);
                    record.proposal.state = ProposalState::Approved { by, policy };
                    self.put_proposal(&record, Some(revision), told).await?;
                }
                Decision::Rejected(vote) => {
                    let told = event("proposal.rejected", &vote.by, id, json!({ "reason": vote.reason }));
                    record.proposal.state = ProposalState::Rejected { by: vote.by, reason: vote.reason };
                    return self.put_proposal(&record, Some(revision), told).await;
                }
                Decision::Pending(_) => return Ok(()),
            }
        }
        match record.proposal.state.clone() {
            ProposalState::Approved { by, policy } => {
                self.finish_proposal(Approved::on_record(record.proposal, by, policy)).await
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn vote_on_proposal(&self, id: &str, vote: Vote) -> Result<Voted> {
        let Kept { value: mut record, revision } = self.proposal_record(id).await?;
        let policy = self.policy().await?.policy;
        let policy = record.proposal.change.approval(&policy);
        self.may_vote(policy, &record.proposal.requester, &vote)?;
        if record.proposal.state != ProposalState::New || record.proposal.digest() != vote.digest {
            return Err(vote::stale("proposal", id));
        }
        if !self.is_cast(&record.votes, &vote, policy) {
            if record.votes.len() >= MAX_VOTES {
                return Err(error(ErrorKind::LimitExceeded, "vote", "there are too many votes").with("proposal", id));
            }
            let details = json!({ "digest": vote.digest, "reason": vote.reason });
            let told = event(vote::action(vote.choice), &vote.by, id, details);
            record.votes.push(vote);
            self.put_proposal(&record, Some(revision), told).await?;
        }
        if let Err(error) = self.settle_proposal(id).await {
            tracing::warn!(proposal = id, error = %error.report(), "an approved proposal could not be carried out");
        }
        Ok(Voted { request: None, proposal: Some(self.one_proposal(id).await?) })
    }

    pub(super) async fn withdraw_proposal(&self, id: &str, principal: &Principal) -> Result<RecordedProposal> {
        let Kept { value: mut record, revision } = self.proposal_record(id).await?;
        if record.proposal.requester != principal.name {
            let message = "only the one who has proposed it takes it back; vote against it instead";
            return Err(error(ErrorKind::Forbidden, "withdraw proposal", message).with("proposal", id));
        }
        if record.proposal.state != ProposalState::New {
            let message = "it is decided already";
            return Err(error(ErrorKind::Conflict, "withdraw proposal", message).with("proposal", id).retryable(false));
        }
        record.proposal.state = ProposalState::Rejected { by: principal.name.clone(), reason: "taken back".into() };
        let told = event("proposal.withdrawn", &principal.name, id, json!({}));
        self.put_proposal(&record, Some(revision), told).await?;
        self.one_proposal(id).await
    }

    pub(super) async fn one_proposal(&self, id: &str) -> Result<RecordedProposal> {
        let kept = self.proposal_record(id).await?;
        self.shown_proposal(kept.value).await
    }

    pub(super) async fn list_proposals(&self, request: ProposalsRequest) -> Result<ProposalsResponse> {
        let limit = page(request.limit)?;
        let labels = request.state.map(|state| ("state".to_owned(), state.name().to_owned()));
        if request.after.as_ref().is_some_and(|after| id("after", after).is_err()) {
            return Ok(ProposalsResponse { proposals: Vec::new(), next: None });
        }
        let labels = labels.into_iter().collect();
        let query = DocumentQuery { kind: PROPOSAL.into(), labels, after: request.after, limit };
        let found: Vec<Kept<ProposalRecord>> = document::page(self.store(), &query).await?;
        let next = found.last().filter(|_| found.len() == limit).map(|last| last.value.proposal.id.clone());
        let mut proposals = Vec::with_capacity(found.len());
        for kept in found {
            proposals.push(self.shown_proposal(kept.value).await?);
        }
        Ok(ProposalsResponse { proposals, next })
    }

    pub(super) async fn proposal_record(&self, proposal: &str) -> Result<Kept<ProposalRecord>> {
        id("proposal", proposal)?;
        let kept = document::load(self.store(), PROPOSAL, proposal).await?;
        kept.ok_or_else(|| {
            error(ErrorKind::NotFound, "use proposal", "there is none with this id").with("proposal", proposal)
        })
    }

    pub(super) async fn put_proposal(
        &self,
        record: &ProposalRecord,
        expected: Option<u64>,
        told: AuditEvent,
    ) -> Result<()> {
        let mut transaction = Transaction::new(told, self.now());
        transaction.documents.push(record.write(expected)?);
        self.store().commit(transaction).await.map(drop)
    }

    async fn shown_proposal(&self, ProposalRecord { proposal, votes }: ProposalRecord) -> Result<RecordedProposal> {
        let progress = if proposal.state == ProposalState::New {
            let policy = self.policy().await?.policy;
            let policy = proposal.change.approval(&policy);
            vote::progress(decide(policy, &proposal, &votes, |name| self.role_of(name), self.now()))
        } else {
            None
        };
        Ok(RecordedProposal { digest: proposal.digest(), proposal, votes, progress })
    }
}
