//! Invitations as documents of the store.

use iiot_core::model::ApplicationDescription;
use iiot_core::operation::{Principal, Role};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LocalEnrolment;
use crate::document::{self, Kept};
use crate::enrolment::{Invitation, InvitationState};
use crate::store::{AuditEvent, Transaction, Write};

/// An invitation as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationRecord {
    pub(super) invitation: Invitation,
    /// So many requests were made by it.
    pub(super) requests: u32,
    /// The application that is to be entered into the record; `None` before, and once it is there.
    pub(super) entering: Option<ApplicationDescription>,
}

/// The kind of these documents.
pub(super) const INVITATION: &str = "invitation";

/// The name of whoever comes with the token of an invitation.
pub(super) fn principal_name(invitation: &str) -> String {
    format!("{PREFIX}{invitation}")
}

/// The ids of the requests that were made by an invitation begin so.
pub(super) fn request_prefix(invitation: &str) -> String {
    format!("{invitation}-")
}

impl InvitationRecord {
    /// How far it is now.
    pub(super) fn state(&self, now: UtcTime) -> InvitationState {
        match self.invitation.state {
            InvitationState::Open if now >= self.invitation.until => InvitationState::Expired,
            state => state,
        }
    }

    /// As people see it.
    pub(super) fn shown(&self, now: UtcTime) -> Invitation {
        Invitation { state: self.state(now), ..self.invitation.clone() }
    }

    pub(super) fn write(&self, expected: Option<u64>) -> Result<Write> {
        let Invitation { id, application, state, .. } = &self.invitation;
        let mut labels = vec![("state", label(*state))];
        labels.extend(application.as_deref().map(|application| ("application", application)));
        document::write((INVITATION, id), self, &labels, expected)
    }
}

/// As what a state is found. That time has passed is not written down.
pub(super) const fn label(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Open | InvitationState::Expired => "open",
        InvitationState::Used => "used",
        InvitationState::Withdrawn => "withdrawn",
    }
}

impl LocalEnrolment {
    pub(super) async fn kept(&self, id: &str) -> Result<Kept<InvitationRecord>> {
        let kept = document::load(&*self.office.store, INVITATION, id).await?;
        kept.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "use invitation", "there is none with this id").with("invitation", id)
        })
    }

    /// The invitation of whoever has come with its token.
    pub(super) async fn invitation_of(&self, principal: &Principal) -> Result<Kept<InvitationRecord>> {
        let id = principal.name.strip_prefix(PREFIX).filter(|_| principal.role == Role::Applicant);
        let Some(id) = id else {
            return Err(forbidden(
                "only the token of an invitation leads here: have an approver invite the application",
            ));
        };
        let kept = self.kept(id).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => forbidden("its invitation is not on record any more: ask for a new one"),
            _ => error,
        })?;
        match kept.value.state(self.office.clock.utc()) {
            InvitationState::Withdrawn => Err(forbidden("the invitation was withdrawn: ask for a new one")),
            InvitationState::Expired => Err(forbidden("the invitation has expired: ask for a new one")),
            InvitationState::Open | InvitationState::Used => Ok(kept),
        }
    }

    /// Replaces an invitation on record; returns it with its new revision.
    pub(super) async fn save(
        &self,
        kept: Kept<InvitationRecord>,
        (action, by): (&str, &str),
        details: Value,
    ) -> Result<Kept<InvitationRecord>> {
        let Kept { value, revision } = kept;
        let mut transaction = self.transaction(action, by, &value.invitation.id, details);
        transaction.documents.push(value.write(Some(revision))?);
        let committed = self.office.store.commit(transaction).await?;
        let revision = committed.revisions.first().copied().unwrap_or(revision + 1);
        Ok(Kept { value, revision })
    }

    pub(super) fn transaction(&self, action: &str, by: &str, invitation: &str, details: Value) -> Transaction {
        let event = AuditEvent { action: action.into(), by: by.into(), subject: invitation.into(), details };
        Transaction::new(event, self.office.clock.utc())
    }
}

pub(super) fn forbidden(message: &'static str) -> Error {
    Error::new(ErrorKind::Forbidden, "enroll", message)
}

const PREFIX: &str = "invitation-";
