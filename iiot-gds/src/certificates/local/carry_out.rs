//! What proposals do.

use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::groups::OFFICE;
use super::groups::POLICY;
use super::proposals::ProposalRecord;
use super::{LocalCertificates, error, event, id};
use crate::authority::{AuthorityRecord, AuthoritySpec, Stage};
use crate::certificates::authorities::NewAuthority;
use crate::certificates::proposals::{Change, Proposal, ProposalState};
use crate::document::{self, Kept};
use crate::pki::Subject;
use crate::policy::{Approved, CertificateGroup, OfficePolicy};
use crate::store::Transaction;

impl LocalCertificates {
    /// What is wrong with a change before anybody is asked.
    pub(super) async fn check_change(&self, change: &Change, requester: &str) -> Result<()> {
        match change {
            Change::CreateAuthority { authority } => self.check_new(authority, requester).await,
            Change::ActivateAuthority { authority } => self.check_stage(authority, Stage::Prepared).await,
            Change::RetireAuthority { authority } => self.check_stage(authority, Stage::Retiring).await,
            Change::PutGroup { group, revision } => self.check_group(group, *revision).await,
            Change::PutPolicy { policy, revision } => {
                policy.check(|name| self.role_of(name))?;
                is_current(self.policy().await?.revision, *revision)
            }
            Change::RevokeApplication { application, .. } => id("application", application),
            Change::Revoke { .. } | Change::RevokeAuthority { .. } => Ok(()),
        }
    }

    async fn check_new(&self, authority: &NewAuthority, requester: &str) -> Result<()> {
        let spec = spec(authority, requester);
        spec.check()?;
        Subject::new(&spec.common_name, &spec.organization)?;
        for named in [&spec.issuer, &spec.replaces].into_iter().flatten() {
            id("authority", named)?;
            self.office.authorities.authority(named).await?;
        }
        spec.crl_urls.iter().chain(&spec.issuer_urls).try_for_each(|url| check_url(url))?;
        let all = self.office.authorities.all().await?;
        let taken = all.iter().any(|one| {
            one.id == spec.id || (&one.common_name, &one.organization) == (&spec.common_name, &spec.organization)
        });
        let message = "there is one with this id or this name, and devices tell them apart by names: take another one";
        let taken_error = || error(ErrorKind::AlreadyExists, "create authority", message).with("authority", &spec.id);
        if taken { Err(taken_error()) } else { Ok(()) }
    }

    async fn check_stage(&self, authority: &str, wanted: Stage) -> Result<()> {
        id("authority", authority)?;
        let stage = self.office.authorities.authority(authority).await?.stage;
        if stage == wanted {
            return Ok(());
        }
        let message = match wanted {
            Stage::Prepared => "it is not one that is prepared to take another one's place",
            _ => "no other one has taken its place",
        };
        let refused = error(ErrorKind::InvalidArgument, "roll authority over", message);
        Err(refused.with("authority", authority).with("stage", format!("{stage:?}")))
    }

    async fn check_group(&self, group: &CertificateGroup, revision: Option<u64>) -> Result<()> {
        group.check()?;
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if group.id.len() > 64 || !group.id.bytes().all(is_id) {
            let message = "its id must be 1 to 64 letters, digits, -, _ or .";
            return Err(error(ErrorKind::InvalidArgument, "put certificate group", message));
        }
        id("authority", &group.authority)?;
        self.office.authorities.authority(&group.authority).await?;
        is_current(self.office.authorities.group_on_record(&group.id).await?.map(|(_, revision)| revision), revision)
    }

    /// Carries out what was approved, and puts on record what came of it. What can go better later stays as it is, and is
    /// tried again.
    pub(super) async fn finish_proposal(&self, approved: Approved<Proposal>) -> Result<()> {
        let outcome = self.carry_out(&approved).await;
        let (state, action) = match &outcome {
            Ok(()) => (ProposalState::Done { by: approved.by().to_vec() }, "proposal.done"),
            Err(error) if is_passing(error) => return outcome,
            Err(error) => (ProposalState::Failed { reason: error.message().to_owned() }, "proposal.failed"),
        };
        let proposal = approved.get();
        let Kept { value: ProposalRecord { proposal: current, votes }, revision } =
            self.proposal_record(&proposal.id).await?;
        // Another process was quicker.
        if !matches!(current.state, ProposalState::Approved { .. }) {
            return outcome;
        }
        let record = ProposalRecord { proposal: Proposal { state, ..current }, votes };
        let details = outcome.as_ref().err().map_or_else(|| json!({}), |error| json!({ "reason": error.message() }));
        self.put_proposal(&record, Some(revision), event(action, &proposal.requester, &proposal.id, details)).await?;
        outcome
    }

    /// Does it; done before, it is so already. It is done in the name of the one who has proposed it.
    async fn carry_out(&self, approved: &Approved<Proposal>) -> Result<()> {
        let (authorities, by) = (&self.office.authorities, approved.get().requester.as_str());
        match &approved.get().change {
            Change::CreateAuthority { authority } => self.create(authority, approved).await,
            Change::ActivateAuthority { authority } => match authorities.authority(authority).await?.stage {
                Stage::Active | Stage::Retiring | Stage::Retired => Ok(()),
                Stage::Making | Stage::Prepared => authorities.activate(authority, by).await,
            },
            Change::RetireAuthority { authority } => match authorities.authority(authority).await?.stage {
                Stage::Retired => Ok(()),
                _ => authorities.retire(authority, by).await,
            },
            Change::PutGroup { group, revision } => match authorities.group_on_record(&group.id).await? {
                Some((current, _)) if current == *group => Ok(()),
                current => {
                    is_current(current.map(|(_, revision)| revision), *revision)?;
                    authorities.replace_group(group, *revision, by).await
                }
            },
            Change::PutPolicy { policy, revision } => self.put_policy(policy, *revision, by).await,
            Change::Revoke { issuer, serial, because } | Change::RevokeAuthority { issuer, serial, because, .. } => {
                authorities.revoke(issuer, serial, *because, by).await.map(drop)
            }
            Change::RevokeApplication { application, because } => {
                authorities.revoke_application(application, *because, by).await.map(drop)
            }
        }
    }

    async fn create(&self, authority: &NewAuthority, approved: &Approved<Proposal>) -> Result<()> {
        let spec = spec(authority, &approved.get().requester);
        let existing = self.office.authorities.authority(&spec.id).await;
        match existing {
            Ok(record) if is_of(&record, &spec) => record.der().map(drop),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let spec = Approved::on_record(spec, approved.by().to_vec(), approved.policy().clone());
                self.office.authorities.create(spec).await.map(drop)
            }
            Ok(_) => Err(error(ErrorKind::AlreadyExists, "create authority", "there is another one with this id")),
            Err(error) => Err(error),
        }
    }

    async fn put_policy(&self, policy: &OfficePolicy, expected: Option<u64>, by: &str) -> Result<()> {
        let current = self.policy().await?;
        if current.policy == *policy && current.revision.is_some() {
            return Ok(());
        }
        is_current(current.revision, expected)?;
        let details = serde_json::to_value(policy).unwrap_or_default();
        let mut transaction = Transaction::new(event("policy.put", by, OFFICE, details), self.now());
        transaction.documents.push(document::write((POLICY, OFFICE), policy, &[], expected)?);
        self.store().commit(transaction).await.map(drop)
    }
}

fn spec(authority: &NewAuthority, requester: &str) -> AuthoritySpec {
    let NewAuthority { id, common_name, organization, key, issuer, group, replaces, valid_days, crl, .. } =
        authority.clone();
    let (crl_urls, issuer_urls) = (authority.crl_urls.clone(), authority.issuer_urls.clone());
    let requester = requester.to_owned();
    AuthoritySpec {
        id,
        common_name,
        organization,
        key,
        issuer,
        group,
        replaces,
        valid_days,
        crl,
        crl_urls,
        issuer_urls,
        requester,
    }
}

/// It stands in every certificate of the authority, which could issue none with one that is no URL.
fn check_url(text: &str) -> Result<()> {
    let is_one = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_one && text.is_ascii() {
        return Ok(());
    }
    let message = "where its list and its certificate are found must be http or https URLs";
    Err(error(ErrorKind::InvalidArgument, "create authority", message).with("url", format!("{text:?}")))
}

fn is_of(record: &AuthorityRecord, spec: &AuthoritySpec) -> bool {
    (&record.common_name, &record.organization, &record.issuer, &record.group, &record.replaces)
        == (&spec.common_name, &spec.organization, &spec.issuer, &spec.group, &spec.replaces)
}

fn is_current(is: Option<u64>, expected: Option<u64>) -> Result<()> {
    if is == expected {
        return Ok(());
    }
    let message = "it was changed meanwhile: read it again, and say which revision this takes the place of";
    Err(error(ErrorKind::Conflict, "propose change", message).retryable(false))
}

/// Whether it can go better later without anybody changing anything.
fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Conflict => error.is_retryable(),
        ErrorKind::InvalidArgument
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Forbidden
        | ErrorKind::Unsupported => false,
        _ => true,
    }
}
