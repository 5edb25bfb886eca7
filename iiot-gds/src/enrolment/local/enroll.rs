//! An application asks for the certificate of its key.

use iiot_core::operation::Principal;
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::LocalEnrolment;
use super::course::{Asked, Course, course};
use super::record::{InvitationRecord, forbidden, request_prefix};
use crate::authority::{Issued, RequestRecord};
use crate::document::Kept;
use crate::enrolment::{EnrollRequest, EnrollResponse, Enrolled, InvitationState, IssuedCertificate};
use crate::model::{Applicant, CertificateType, Der};
use crate::office::Settled;
use crate::pki::{Csr, judge};
use crate::policy::{CertificateGroup, CertificateRequest, RequestState, Wanted};
use crate::store::{CertificateQuery, CertificateRecord, RevocationReason};

impl LocalEnrolment {
    /// Two that come at once take turns: whoever finds that the other one was faster looks again.
    pub(super) async fn enroll(&self, request: &EnrollRequest, principal: &Principal) -> Result<EnrollResponse> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.try_enroll(request, principal).await {
                Err(error) if was_faster(&error) && attempt < ATTEMPTS => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_enroll(&self, request: &EnrollRequest, principal: &Principal) -> Result<EnrollResponse> {
        let kept = self.invitation_of(principal).await?;
        let csr = Csr::parse(&request.csr.0)?;
        let key = Der(csr.public_key().to_vec()).sha256();
        if kept.value.invitation.key.as_ref().is_some_and(|bound| *bound != key) {
            return Err(self.refuse_key(kept, &key, principal).await);
        }
        let group = self.office.authorities.group(&kept.value.invitation.group).await?;
        let kind = certificate_type(request, &group, &csr)?;
        let (id, application) = self.application_of(&kept.value, request.application.as_ref()).await?;
        let applicant = Applicant::of(&id, &application);
        // Before anything is on record: what cannot have a certificate binds nothing and asks nobody.
        judge(&csr, &applicant, kind)?;
        group.accepts(kind, csr.key_algorithm())?;
        let kept = self.bind(kept, request, (&id, key), principal).await?;
        let kept = self.enter(kept).await?;
        self.not_revoked(&kept.value).await?;
        let authority = self.office.authorities.issuing(&group.authority).await?.id;
        let asked = Asked {
            applicant: &applicant,
            certificate_type: kind,
            group: &group.id,
            csr: &request.csr,
            authority: &authority,
        };
        self.settle(kept, &asked, principal).await
    }

    /// The first who comes is the one who was invited.
    async fn bind(
        &self,
        mut kept: Kept<InvitationRecord>,
        request: &EnrollRequest,
        (application, key): (&str, String),
        principal: &Principal,
    ) -> Result<Kept<InvitationRecord>> {
        if kept.value.invitation.key.is_some() {
            return Ok(kept);
        }
        let details = json!({ "application": application, "key": key });
        let invitation = &mut kept.value.invitation;
        (invitation.state, invitation.used) = (InvitationState::Used, Some(self.office.clock.utc()));
        invitation.key = Some(key);
        if invitation.application.replace(application.to_owned()).is_none() {
            kept.value.entering = request.application.clone();
        }
        self.save(kept, ("invitation.used", &principal.name), details).await
    }

    /// Recorded, but not for ever: whoever has a stolen token must not fill the disk with it.
    async fn refuse_key(&self, mut kept: Kept<InvitationRecord>, key: &str, principal: &Principal) -> Error {
        let error = forbidden(
            "the invitation is bound to another key since it was first used: have a new one made for a new \
                               key, and find out who else has the token",
        );
        let error = error.with("invitation", &kept.value.invitation.id);
        kept.value.invitation.refused = kept.value.invitation.refused.saturating_add(1);
        let refused = kept.value.invitation.refused;
        tracing::warn!("{}, {refused} times", error.report());
        if refused > MAX_REFUSED {
            return error;
        }
        match self.save(kept, ("invitation.refused", &principal.name), json!({ "key": key, "times": refused })).await {
            Ok(_) => error,
            Err(cause) => cause,
        }
    }

    /// Somebody has taken it out of use: it must not be back a minute later.
    async fn not_revoked(&self, record: &InvitationRecord) -> Result<()> {
        let application = record.invitation.application.clone();
        let query = CertificateQuery { application, revoked: Some(true), ..CertificateQuery::default() };
        let prefix = request_prefix(&record.invitation.id);
        let ended = |one: &CertificateRecord| {
            let lasting = one.revoked.as_ref().is_some_and(|(_, reason)| *reason != RevocationReason::Superseded);
            lasting && one.request.starts_with(&prefix)
        };
        if self.office.store.certificates(&query).await?.iter().any(ended) {
            return Err(forbidden("a certificate of this invitation was revoked: ask for a new invitation"));
        }
        Ok(())
    }

    async fn settle(
        &self,
        kept: Kept<InvitationRecord>,
        asked: &Asked<'_>,
        principal: &Principal,
    ) -> Result<EnrollResponse> {
        let before = self.request_before(&kept.value).await?;
        let issued = match &before {
            Some(before) => self.issued_for(&before.request).await?,
            None => None,
        };
        let now = self.office.clock.utc();
        let next = before.as_ref().map_or(Course::New, |before| course(&before.request, issued.as_ref(), asked, now));
        let (id, settled) = match (&kept.value.invitation.request, next, &before) {
            (Some(id), Course::Same, Some(_)) => (id.clone(), self.office.settle(id).await?),
            // It was announced, and then we were interrupted.
            (Some(id), _, None) => (id.clone(), self.ask(id.clone(), asked, principal).await?),
            (_, next, _) => {
                if let (Course::Replace, Some(before)) = (next, &before) {
                    self.office.authorities.withdraw(&before.request.id).await?;
                }
                let id = self.announce(kept, principal).await?;
                (id.clone(), self.ask(id, asked, principal).await?)
            }
        };
        let outcome = self.outcome(settled)?;
        Ok(EnrollResponse { application: asked.applicant.application.clone(), request: id, outcome })
    }

    /// The request that the invitation was used for last. `None` if there is none on record.
    pub(super) async fn request_before(&self, record: &InvitationRecord) -> Result<Option<RequestRecord>> {
        let Some(id) = &record.invitation.request else { return Ok(None) };
        match self.office.authorities.request(id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    async fn issued_for(&self, request: &CertificateRequest) -> Result<Option<CertificateRecord>> {
        let (RequestState::Issued { serial, .. } | RequestState::Accepted { serial, .. }) = &request.state else {
            return Ok(None);
        };
        let application = Some(request.applicant.application.clone());
        let query = CertificateQuery { application, ..CertificateQuery::default() };
        Ok(self.office.store.certificates(&query).await?.into_iter().find(|one| one.serial == *serial))
    }

    /// The invitation knows the id of the request before it is made, so that it is made once.
    async fn announce(&self, mut kept: Kept<InvitationRecord>, principal: &Principal) -> Result<String> {
        kept.value.requests += 1;
        let id = format!("{}{}", request_prefix(&kept.value.invitation.id), kept.value.requests);
        kept.value.invitation.request = Some(id.clone());
        self.save(kept, ("invitation.requested", &principal.name), json!({ "request": id })).await?;
        Ok(id)
    }

    async fn ask(&self, id: String, asked: &Asked<'_>, principal: &Principal) -> Result<Settled> {
        let request = CertificateRequest {
            id,
            applicant: asked.applicant.clone(),
            group: asked.group.to_owned(),
            certificate_type: asked.certificate_type,
            requester: principal.name.clone(),
            at: self.office.clock.utc(),
            wanted: Wanted::SigningRequest { csr: asked.csr.clone() },
            state: RequestState::New,
        };
        self.office.request(request).await
    }

    fn outcome(&self, settled: Settled) -> Result<Enrolled> {
        Ok(match settled {
            Settled::Issued(issued) => Enrolled::Issued(shown(issued)?),
            Settled::Making => Enrolled::Pending { approved: 0, needed: 0 },
            Settled::Pending(pending) => {
                let approved = u32::try_from(pending.by.len()).unwrap_or(u32::MAX);
                Enrolled::Pending { approved, needed: pending.needed }
            }
            Settled::Rejected { reason, .. } => Enrolled::Rejected { reason },
        })
    }
}

/// A certificate as its application gets it.
pub(super) fn shown(issued: Issued) -> Result<IssuedCertificate> {
    let parsed = iiot_core::ua::trust::Certificate::parse(&issued.certificate)?;
    Ok(IssuedCertificate {
        valid_from: parsed.not_before(),
        valid_until: parsed.not_after(),
        certificate: Der(issued.certificate),
        issuers: issued.issuers.into_iter().map(Der).collect(),
    })
}

fn certificate_type(request: &EnrollRequest, group: &CertificateGroup, csr: &Csr) -> Result<CertificateType> {
    let key = csr.key_algorithm();
    let fitting = group.certificate_types.iter().copied().find(|kind| kind.allows(key));
    request.certificate_type.or(fitting).ok_or_else(|| {
        let message =
            format!("the group has certificates of the types {:?}, and no such key fits", group.certificate_types);
        Error::new(ErrorKind::InvalidArgument, "enroll", message).with("key", format!("{key:?}"))
    })
}

fn was_faster(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::AlreadyExists) && error.is_retryable()
        || error.kind() == ErrorKind::AlreadyExists && error.operation() == crate::store::COMMIT
}

const ATTEMPTS: u32 = 4;
/// So many refusals are on record for one invitation.
const MAX_REFUSED: u32 = 20;
