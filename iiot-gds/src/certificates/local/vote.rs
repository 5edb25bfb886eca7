//! Votes on requests and proposals.

use iiot_core::operation::Principal;
use iiot_core::{Error, ErrorKind, Result};

use super::{LocalCertificates, error, reason};
use crate::certificates::proposals::{Progress, Votable, VoteRequest, Voted};
use crate::policy::{ApprovalPolicy, Choice, Decision, Vote};

impl LocalCertificates {
    /// Casts a vote, and carries out what it completes. That a vote is cast stays so, whatever comes of it.
    pub(super) async fn vote(&self, request: VoteRequest, principal: &Principal) -> Result<Voted> {
        reason(&request.reason)?;
        let vote = Vote {
            by: principal.name.clone(),
            choice: request.choice,
            digest: request.digest.parse()?,
            at: self.now(),
            reason: request.reason,
        };
        match request.of {
            Votable::Request => self.vote_on_request(&request.id, vote).await,
            Votable::Proposal => self.vote_on_proposal(&request.id, vote).await,
        }
    }

    async fn vote_on_request(&self, id: &str, vote: Vote) -> Result<Voted> {
        let record = self.request_record(id).await?;
        let group = self.office.authorities.group(&record.request.group).await?;
        self.may_vote(&group.approval, &record.request.requester, &vote)?;
        if vote.choice == Choice::Approve {
            self.applicant(&record.request.applicant.application).await?;
        }
        if !self.is_cast(&record.votes, &vote, &group.approval) {
            self.office.authorities.vote(id, vote).await?;
        }
        self.settle_request_quietly(id).await;
        Ok(Voted { request: Some(self.one_request(id).await?), proposal: None })
    }

    /// Refuses at once what would never count.
    pub(super) fn may_vote(&self, policy: &ApprovalPolicy, requester: &str, vote: &Vote) -> Result<()> {
        let refused = |message: &'static str| Err(error(ErrorKind::Forbidden, "vote", message));
        if vote.by == requester {
            return refused("whoever asks does not vote on it himself; he takes it back instead");
        }
        let ApprovalPolicy::Votes(rules) = policy else { return Ok(()) };
        if !rules.people.is_empty() && !rules.people.contains(&vote.by) {
            return refused("others are asked by the policy");
        }
        if self.role_of(&vote.by).is_none_or(|role| role < rules.role) {
            return refused("the policy asks for a higher role than yours is now");
        }
        Ok(())
    }

    /// Whether the same vote is cast already and still counts: votes said twice fill no record.
    pub(super) fn is_cast(&self, votes: &[Vote], vote: &Vote, policy: &ApprovalPolicy) -> bool {
        let hours = if let ApprovalPolicy::Votes(rules) = policy { rules.valid_hours } else { 0 };
        let last = votes.iter().rev().find(|before| before.by == vote.by);
        last.is_some_and(|last| {
            let fresh = vote.at >= last.at && vote.at.since(last.at).as_secs() < u64::from(hours) * 3_600;
            fresh && last.choice == vote.choice && last.digest == vote.digest
        })
    }
}

/// How far an approval is, where it is not decided against.
pub(super) fn progress<T>(decision: Decision<T>) -> Option<Progress> {
    match decision {
        Decision::Pending(pending) => Some(pending.into()),
        Decision::Approved(approved) => {
            let needed = match approved.policy() {
                ApprovalPolicy::Automatic => 0,
                ApprovalPolicy::Votes(rules) => rules.needed.get(),
            };
            Some(Progress { by: approved.by().to_vec(), needed, uncounted: Vec::new() })
        }
        Decision::Rejected(_) => None,
    }
}

/// What is said of a vote on what is decided, or was changed.
pub(super) fn stale(what: &'static str, id: &str) -> Error {
    let message = "it is decided, or is not what was looked at: read it again";
    error(ErrorKind::Conflict, "vote", message).with(what, id).retryable(false)
}

/// More are cast by nobody in earnest.
pub(super) const MAX_VOTES: usize = 200;

/// What a vote is called in the audit record.
pub(super) const fn action(choice: Choice) -> &'static str {
    match choice {
        Choice::Approve => "proposal.voteToApprove",
        Choice::Reject => "proposal.voteToReject",
    }
}
