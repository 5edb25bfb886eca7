//! Changes and revocations that are proposed, and votes on them and on requests.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authorities::NewAuthority;
use super::requests::RecordedRequest;
use crate::policy::{
    Approvable, ApprovalPolicy, CertificateGroup, Choice, Digest, Digester, OfficePolicy, Pending, Uncounted, Vote,
};
use crate::store::RevocationReason;

/// Something that somebody wants to be done, and that others may have to agree to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub change: Change,
    /// Who wants it.
    pub requester: String,
    /// When he said so.
    pub at: UtcTime,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How far it is.
    pub state: ProposalState,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum Change {
    /// Makes an authority.
    #[serde(rename_all = "camelCase")]
    CreateAuthority {
        /// What it is to be.
        authority: NewAuthority,
    },
    /// Has a prepared authority take the place of the one that it replaces.
    #[serde(rename_all = "camelCase")]
    ActivateAuthority {
        /// Its id.
        authority: String,
    },
    /// Ends an authority whose place was taken.
    #[serde(rename_all = "camelCase")]
    RetireAuthority {
        /// Its id.
        authority: String,
    },
    /// Puts a certificate group on record.
    #[serde(rename_all = "camelCase")]
    PutGroup {
        /// What it is to be.
        group: CertificateGroup,
        /// The revision that it takes the place of; none for a new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<u64>,
    },
    /// Says who must agree to changes and revocations.
    #[serde(rename_all = "camelCase")]
    PutPolicy {
        /// What it is to be.
        policy: OfficePolicy,
        /// The revision that it takes the place of; none for the first one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<u64>,
    },
    /// Revokes the certificate of an application.
    #[serde(rename_all = "camelCase")]
    Revoke {
        /// The id of its authority.
        issuer: String,
        /// Its serial number.
        serial: String,
        /// Why.
        because: RevocationReason,
    },
    /// Revokes the certificate of an authority, which ends it.
    #[serde(rename_all = "camelCase")]
    RevokeAuthority {
        /// The id of the authority that is ended.
        authority: String,
        /// The id of the authority above it.
        issuer: String,
        /// The serial number of its certificate.
        serial: String,
        /// Why.
        because: RevocationReason,
    },
    /// Revokes all certificates of an application that are still valid.
    #[serde(rename_all = "camelCase")]
    RevokeApplication {
        /// The id of the application.
        application: String,
        /// Why.
        because: RevocationReason,
    },
}

/// How far a proposal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum ProposalState {
    /// Nobody has decided yet.
    New,
    /// It was approved, and is being carried out.
    #[serde(rename_all = "camelCase")]
    Approved {
        /// By whom; by nobody where nobody had to be asked.
        by: Vec<String>,
        /// The policy that it met.
        policy: ApprovalPolicy,
    },
    /// It was carried out.
    #[serde(rename_all = "camelCase")]
    Done {
        /// Who had approved it.
        by: Vec<String>,
    },
    /// It was approved, and cannot be carried out.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Why.
        reason: String,
    },
    /// It was rejected, or taken back by the one who had proposed it.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// By whom.
        by: String,
        /// Why.
        reason: String,
    },
}

/// How far a proposal is, as it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProposalStage {
    /// Nobody has decided yet.
    New,
    /// It was approved, and is being carried out.
    Approved,
    /// It was carried out.
    Done,
    /// It could not be carried out.
    Failed,
    /// It was rejected, or taken back.
    Rejected,
}

impl ProposalStage {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Approved => "approved",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }
}

impl ProposalState {
    /// Without its circumstances.
    #[must_use]
    pub const fn stage(&self) -> ProposalStage {
        match self {
            Self::New => ProposalStage::New,
            Self::Approved { .. } => ProposalStage::Approved,
            Self::Done { .. } => ProposalStage::Done,
            Self::Failed { .. } => ProposalStage::Failed,
            Self::Rejected { .. } => ProposalStage::Rejected,
        }
    }
}

impl Change {
    /// Who must agree to it by this policy.
    #[must_use]
    pub const fn approval<'a>(&self, policy: &'a OfficePolicy) -> &'a ApprovalPolicy {
        match self {
            Self::Revoke { .. } | Self::RevokeApplication { .. } => &policy.revocations,
            _ => &policy.changes,
        }
    }
}

impl Approvable for Proposal {
    /// Over all but its state. What is to be done is taken as JSON, in which nothing is left out.
    fn digest(&self) -> Digest {
        let change = serde_json::to_vec(&self.change).expect("a change has text keys and finite numbers");
        Digester::new("iiot proposal")
            .part(&self.id)
            .part(change)
            .part(&self.requester)
            .part(self.at.ticks().to_be_bytes())
            .part(&self.reason)
            .finish()
    }

    fn requester(&self) -> &str {
        &self.requester
    }
}

/// A proposal as it stands on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedProposal {
    /// The proposal.
    pub proposal: Proposal,
    /// What a vote on it must name.
    pub digest: Digest,
    /// The votes, in the order in which they were cast.
    pub votes: Vec<Vote>,
    /// How far the approval is; none once it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// Names a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub proposal: String,
}

/// Asks for proposals that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ProposalsRequest {
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ProposalStage>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Proposals in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Proposals, ordered by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalsResponse {
    /// Those of the page.
    pub proposals: Vec<RecordedProposal>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What is voted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Votable {
    /// A request for a certificate.
    Request,
    /// A proposed change or revocation.
    Proposal,
}

/// Agrees or disagrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VoteRequest {
    /// To what kind of thing.
    pub of: Votable,
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub id: String,
    /// What he thinks.
    pub choice: Choice,
    /// The digest of what he has looked at: 64 hexadecimal digits.
    #[schemars(length(min = 64, max = 64), regex(pattern = "^[0-9a-f]{64}$"))]
    pub digest: String,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1000))]
    pub reason: String,
}

/// What was voted on, as it stands now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Voted {
    /// The request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RecordedRequest>,
    /// The proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<RecordedProposal>,
}

/// How far an approval is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Whose votes to approve count now.
    pub by: Vec<String>,
    /// How many must agree.
    pub needed: u32,
    /// The votes that do not count, and why.
    pub uncounted: Vec<UncountedVote>,
}

/// A vote that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UncountedVote {
    /// Whose.
    pub by: String,
    /// When it was cast.
    pub at: UtcTime,
    /// Why it does not count.
    pub because: String,
}

impl From<Pending> for Progress {
    fn from(Pending { by, needed, uncounted }: Pending) -> Self {
        Self { by, needed, uncounted: uncounted.into_iter().map(Into::into).collect() }
    }
}

impl From<Uncounted> for UncountedVote {
    fn from(Uncounted { vote, because }: Uncounted) -> Self {
        Self { by: vote.by, at: vote.at, because: because.to_string() }
    }
}
