//! Invitations: made, listed, ended.

use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::LocalEnrolment;
use super::record::{INVITATION, InvitationRecord, label, principal_name, request_prefix};
use crate::document::{self, Kept};
use crate::enrolment::{
    Invitation, InvitationState, InvitationsRequest, InvitationsResponse, InviteRequest, Invited,
    WithdrawInvitationRequest,
};
use crate::store::{CertificateQuery, DocumentQuery, RevocationReason};

impl LocalEnrolment {
    pub(super) async fn invite(&self, request: InviteRequest, by: &str) -> Result<Invited> {
        let hours = request.valid_hours.unwrap_or(DEFAULT_HOURS);
        if !(1..=MAX_HOURS).contains(&hours) || request.note.len() > MAX_NOTE {
            let message =
                "the token can wait for its first use for 1 to 8,760 hours, and the note has 256 bytes at most";
            return Err(Error::new(ErrorKind::InvalidArgument, INVITE, message));
        }
        let group = request.group.unwrap_or_else(|| DEFAULT_GROUP.into());
        self.office.authorities.group(&group).await?;
        if let Some(application) = &request.application {
            self.office.admitted(application).await?;
        }
        let at = self.office.clock.utc();
        let invitation = Invitation {
            id: uuid::Uuid::new_v4().simple().to_string(),
            application: request.application,
            group,
            by: by.into(),
            at,
            until: at + HOUR * hours,
            note: request.note,
            state: InvitationState::Open,
            key: None,
            used: None,
            request: None,
            refused: 0,
        };
        self.make(InvitationRecord { invitation, requests: 0, entering: None }, at).await
    }

    /// On record first: nobody has a token that nobody knows of.
    async fn make(&self, record: InvitationRecord, now: UtcTime) -> Result<Invited> {
        let Invitation { id, application, group, by, until, .. } = &record.invitation;
        let details = json!({ "application": application, "group": group, "until": until });
        let mut transaction = self.transaction("invitation.made", by, id, details);
        transaction.documents.push(record.write(None)?);
        self.office.store.commit(transaction).await?;
        match self.keys.make(&principal_name(id), now).await {
            Ok(token) => Ok(Invited { invitation: record.invitation, token }),
            Err(error) => {
                self.end(self.kept(id).await?, by, json!({ "because": "no token could be made" })).await?;
                Err(error)
            }
        }
    }

    pub(super) async fn invitations(&self, request: &InvitationsRequest) -> Result<InvitationsResponse> {
        let now = self.office.clock.utc();
        let limit = request.limit.unwrap_or(100).clamp(1, 1000) as usize;
        let state = request.state.map(|state| ("state".to_owned(), label(state).to_owned()));
        let application = request.application.clone().map(|application| ("application".to_owned(), application));
        let labels = state.into_iter().chain(application).collect();
        let query = DocumentQuery { kind: INVITATION.into(), labels, after: request.after.clone(), limit };
        let page: Vec<Kept<InvitationRecord>> = document::page(&*self.office.store, &query).await?;
        let next = page.last().filter(|_| page.len() == limit).map(|last| last.value.invitation.id.clone());
        let invitations = page.iter().map(|kept| kept.value.shown(now));
        let asked = |one: &Invitation| request.state.is_none_or(|state| one.state == state);
        Ok(InvitationsResponse { invitations: invitations.filter(asked).collect(), next })
    }

    /// The token first: whatever fails behind it, nobody comes with it again. Asked again it goes on.
    pub(super) async fn withdraw(&self, request: &WithdrawInvitationRequest, by: &str) -> Result<Invitation> {
        let mut kept = self.kept(&request.invitation).await?;
        self.keys.revoke(&principal_name(&request.invitation)).await?;
        if kept.value.invitation.state != InvitationState::Withdrawn {
            kept = self.end(kept, by, json!({ "revoke": request.revoke })).await?;
        }
        if let Some(reason) = request.revoke {
            self.revoke(&kept.value.invitation, reason, by).await?;
        }
        Ok(kept.value.invitation)
    }

    async fn end(
        &self,
        mut kept: Kept<InvitationRecord>,
        by: &str,
        details: serde_json::Value,
    ) -> Result<Kept<InvitationRecord>> {
        kept.value.invitation.state = InvitationState::Withdrawn;
        kept.value.entering = None;
        self.save(kept, ("invitation.withdrawn", by), details).await
    }

    /// Revokes what was issued by an invitation and is still valid.
    async fn revoke(&self, invitation: &Invitation, reason: RevocationReason, by: &str) -> Result<()> {
        let (Some(application), now) = (&invitation.application, self.office.clock.utc()) else { return Ok(()) };
        let (application, until_after) = (Some(application.clone()), Some(now));
        let query = CertificateQuery { application, until_after, revoked: Some(false), ..CertificateQuery::default() };
        let prefix = request_prefix(&invitation.id);
        for one in self.office.store.certificates(&query).await? {
            if one.request.starts_with(&prefix) {
                self.office.authorities.revoke(&one.issuer, &one.serial, reason, by).await?;
            }
        }
        Ok(())
    }

    /// Removes the tokens of invitations that nobody has used in time; returns how many. They are refused in any case: this
    /// makes room for others.
    ///
    /// # Errors
    /// Those of the keys and the store.
    pub async fn clear_expired(&self) -> Result<usize> {
        let (mut query, mut cleared) = (InvitationsRequest::default(), 0);
        query.state = Some(InvitationState::Expired);
        loop {
            let page = self.invitations(&query).await?;
            for invitation in &page.invitations {
                self.keys.revoke(&principal_name(&invitation.id)).await?;
                let details = json!({ "because": "nobody has used it in time" });
                self.end(self.kept(&invitation.id).await?, SELF, details).await?;
                cleared += 1;
            }
            let Some(next) = page.next else { return Ok(cleared) };
            query.after = Some(next);
        }
    }
}

const INVITE: &str = "invite application";
/// The name of what happens by itself in the audit record.
const SELF: &str = "enrolment";
const HOUR: Duration = Duration::from_secs(3600);
const DEFAULT_HOURS: u32 = 24;
const MAX_HOURS: u32 = 8760;
const MAX_NOTE: usize = 256;
pub(super) const DEFAULT_GROUP: &str = "DefaultApplicationGroup";
