//! How an application stands.

use iiot_core::operation::Principal;
use iiot_core::{ErrorKind, Result};

use super::LocalEnrolment;
use super::course::is_due;
use super::enroll::shown;
use super::record::{InvitationRecord, forbidden, request_prefix};
use crate::authority::Issued;
use crate::enrolment::{Standing, StandingRequest};
use crate::model::Applicant;
use crate::store::{CertificateQuery, CertificateRecord};

impl LocalEnrolment {
    pub(super) async fn standing(&self, request: &StandingRequest, principal: &Principal) -> Result<Standing> {
        let record = self.invitation_of(principal).await?.value;
        let Some(application) = record.invitation.application.clone().filter(|_| record.invitation.key.is_some())
        else {
            return Err(forbidden("nobody has enrolled with this invitation yet: do that first"));
        };
        let newest = self.newest(&record).await?;
        let revision = self.lists.revision(&application).await?;
        let lists = match &request.revision {
            Some(known) if *known == revision => None,
            _ => Some(self.lists.lists(&application).await?),
        };
        // The revision of what is told, should it have changed in between.
        let revision = lists.as_ref().map_or(revision, crate::enrolment::lists_revision);
        Ok(Standing {
            renew: self.should_renew(&record, newest.as_ref()).await?,
            revoked: newest.as_ref().and_then(|one| one.revoked.as_ref().map(|(_, reason)| *reason)),
            certificate: match newest {
                Some(one) => Some(self.with_chain(one).await?),
                None => None,
            },
            application,
            revision,
            lists,
        })
    }

    /// The newest certificate that was issued by an invitation.
    async fn newest(&self, record: &InvitationRecord) -> Result<Option<CertificateRecord>> {
        let application = record.invitation.application.clone();
        let all =
            self.office.store.certificates(&CertificateQuery { application, ..CertificateQuery::default() }).await?;
        let prefix = request_prefix(&record.invitation.id);
        let its = all.into_iter().filter(|one| one.request.starts_with(&prefix) && !one.certificate.is_empty());
        Ok(its.max_by_key(|one| one.from))
    }

    async fn with_chain(&self, one: CertificateRecord) -> Result<crate::enrolment::IssuedCertificate> {
        let issuers = self.office.authorities.chain(&one.issuer).await?;
        shown(Issued { issuer: one.issuer, serial: one.serial, certificate: one.certificate, issuers })
    }

    async fn should_renew(&self, record: &InvitationRecord, newest: Option<&CertificateRecord>) -> Result<bool> {
        let (Some(newest), now) = (newest, self.office.clock.utc()) else { return Ok(true) };
        let group = self.office.authorities.group(&record.invitation.group).await?;
        let authority = self.office.authorities.issuing(&group.authority).await;
        let authority = match authority {
            // Nobody issues now, so there is nothing to ask for.
            Err(error) if error.kind() == ErrorKind::Unavailable => return Ok(false),
            found => found?.id,
        };
        Ok(is_due(newest, &authority, now) || self.was_changed(record, newest).await?)
    }

    /// Whether other things are on record of the application than when the certificate was asked for.
    async fn was_changed(&self, record: &InvitationRecord, newest: &CertificateRecord) -> Result<bool> {
        let application = self.office.admitted(&newest.application).await?;
        let asked = self.request_before(record).await?;
        Ok(asked.is_some_and(|asked| asked.request.applicant != Applicant::of(&newest.application, &application)))
    }
}
