//! Requests for certificates: asked for, shown, and carried out once enough agree.

use iiot_core::operation::Principal;
use iiot_core::{ErrorKind, Result};
use sha2::{Digest as _, Sha256};

use super::{LocalCertificates, error, id, page};
use crate::authority::RequestRecord;
use crate::certificates::requests::{
    Asked, RecordedRequest, RequestStage, RequestsRequest, RequestsResponse, StartNewKeyPairRequest,
    StartSigningRequest,
};
use crate::document::{self, REQUEST};
use crate::model::{Applicant, CertificateType, Der};
use crate::pki::{Csr, judge};
use crate::policy::{Approvable, Approved, CertificateGroup, CertificateRequest, Decision, RequestState, Wanted};

impl LocalCertificates {
    pub(super) async fn start_signing(
        &self,
        request: StartSigningRequest,
        principal: &Principal,
    ) -> Result<RecordedRequest> {
        let StartSigningRequest { application, group, certificate_type, certificate_request } = request;
        let applicant = self.applicant(&application).await?;
        let group = self.group_for(group).await?;
        let kind = match certificate_type {
            Some(kind) => kind,
            None => fitting(&group, &Csr::parse(&certificate_request.0)?),
        };
        self.submit(applicant, &group, kind, Wanted::SigningRequest { csr: certificate_request }, principal).await
    }

    pub(super) async fn start_new_key_pair(
        &self,
        request: StartNewKeyPairRequest,
        principal: &Principal,
    ) -> Result<RecordedRequest> {
        let StartNewKeyPairRequest { application, group, certificate_type, subject_name, domain_names, .. } = request;
        let applicant = self.applicant(&application).await?;
        let group = self.group_for(group).await?;
        let kind = certificate_type.or_else(|| group.certificate_types.first().copied());
        let kind = kind.unwrap_or(CertificateType::RsaSha256);
        super::key_pool::spec(kind, &group.keys)?;
        let format = request.private_key_format;
        let wanted = Wanted::NewKeyPair { subject_name, domain_names, format };
        self.submit(applicant, &group, kind, wanted, principal).await
    }

    async fn submit(
        &self,
        applicant: Applicant,
        group: &CertificateGroup,
        certificate_type: CertificateType,
        wanted: Wanted,
        principal: &Principal,
    ) -> Result<RecordedRequest> {
        self.may_ask(&applicant.application).await?;
        let request = CertificateRequest {
            id: uuid::Uuid::new_v4().to_string(),
            applicant,
            group: group.id.clone(),
            certificate_type,
            requester: principal.name.clone(),
            at: self.now(),
            wanted,
            state: RequestState::New,
        };
        self.office.authorities.judge(&request).await?;
        let id = request.id.clone();
        self.office.authorities.submit(request).await?;
        self.settle_request_quietly(&id).await;
        self.one_request(&id).await
    }

    /// What is on record of an application that may have certificates.
    pub(super) async fn applicant(&self, application: &str) -> Result<Applicant> {
        id("application", application)?;
        Ok(Applicant::of(application, &self.office.admitted(application).await?))
    }

    async fn group_for(&self, group: Option<String>) -> Result<CertificateGroup> {
        let group = group.unwrap_or_else(|| DEFAULT_GROUP.to_owned());
        id("group", &group)?;
        self.office.authorities.group(&group).await
    }

    async fn may_ask(&self, application: &str) -> Result<()> {
        let (labels, most) = ([("state", "new"), ("application", application)], self.options.open_requests);
        if document::count(self.store(), REQUEST, &labels, most).await? < most {
            return Ok(());
        }
        let message =
            "so many requests of it wait for a decision that it gets no further one: decide, or take some back";
        Err(error(ErrorKind::LimitExceeded, "request certificate", message).with("application", application))
    }

    /// Counts the votes on a request, and has the certificate made if enough agree.
    pub(super) async fn settle_request(&self, id: &str) -> Result<()> {
        let decision = self.office.authorities.decide(id, |name| self.role_of(name)).await?;
        match decision {
            Decision::Approved(approved) => self.issue(approved).await,
            Decision::Pending(_) | Decision::Rejected(_) => Ok(()),
        }
    }

    /// As [`settle_request`](Self::settle_request). What fails stands on record, or is tried again later.
    pub(super) async fn settle_request_quietly(&self, id: &str) {
        if let Err(error) = self.settle_request(id).await {
            tracing::warn!(request = id, error = %error.report(), "no certificate was made for an approved request");
        }
    }

    async fn issue(&self, approved: Approved<CertificateRequest>) -> Result<()> {
        match &approved.get().wanted {
            Wanted::SigningRequest { .. } => self.office.issue(approved, None).await.map(drop),
            Wanted::NewKeyPair { .. } => self.issue_with_key(approved).await,
        }
    }

    pub(super) async fn withdraw(&self, request: &str, principal: &Principal) -> Result<RecordedRequest> {
        let record = self.request_record(request).await?;
        if record.request.requester != principal.name {
            let message = "only the one who has asked takes it back; vote against it instead";
            return Err(error(ErrorKind::Forbidden, "withdraw request", message).with("request", request));
        }
        self.office.authorities.withdraw(request).await?;
        self.one_request(request).await
    }

    pub(super) async fn request_record(&self, request: &str) -> Result<RequestRecord> {
        id("request", request)?;
        self.office.authorities.request(request).await
    }

    pub(super) async fn one_request(&self, request: &str) -> Result<RecordedRequest> {
        let record = self.request_record(request).await?;
        let asked = asked(&record.request);
        Ok(RecordedRequest { asked, ..self.shown_request(record).await? })
    }

    pub(super) async fn list_requests(&self, request: RequestsRequest) -> Result<RequestsResponse> {
        let limit = page(request.limit)?;
        let state = request.state.map(RequestStage::name).map(str::to_owned);
        let filters = [("state", state), ("application", request.application), ("group", request.group)];
        let labels: Vec<(String, String)> =
            filters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let texts = labels.iter().map(|(_, value)| value).chain(&request.after);
        if texts.into_iter().any(|text| id("filter", text).is_err()) {
            return Ok(RequestsResponse { requests: Vec::new(), next: None });
        }
        let found = self.office.authorities.requests(labels, request.after, limit).await?;
        let next = found.last().filter(|_| found.len() == limit).map(|last| last.request.id.clone());
        let mut requests = Vec::with_capacity(found.len());
        for record in found {
            requests.push(self.shown_request(record).await?);
        }
        Ok(RequestsResponse { requests, next })
    }

    async fn shown_request(&self, RequestRecord { request, votes }: RequestRecord) -> Result<RecordedRequest> {
        let progress = if request.state == RequestState::New {
            let group = self.office.authorities.group(&request.group).await?;
            group.decide(&request, &votes, |name| self.role_of(name), self.now()).ok().and_then(super::vote::progress)
        } else {
            None
        };
        Ok(RecordedRequest { digest: request.digest(), asked: None, request, votes, progress })
    }
}

/// The first type of the group that the key fits; what is wrong with none of them is said of the first.
fn fitting(group: &CertificateGroup, csr: &Csr) -> CertificateType {
    let fits = |kind: &&CertificateType| group.accepts(**kind, csr.key_algorithm()).is_ok();
    let found = group.certificate_types.iter().find(fits).or_else(|| group.certificate_types.first());
    found.copied().unwrap_or(CertificateType::RsaSha256)
}

fn asked(request: &CertificateRequest) -> Option<Asked> {
    let Wanted::SigningRequest { csr: Der(csr) } = &request.wanted else { return None };
    let csr = Csr::parse(csr).ok()?;
    let accepted = judge(&csr, &request.applicant, request.certificate_type).ok()?;
    Some(Asked {
        key: accepted.key_algorithm(),
        key_sha256: crate::audit::hex(&Sha256::digest(accepted.public_key())),
        subject: csr.subject().to_owned(),
        unrecorded_hosts: accepted.unrecorded_hosts().to_vec(),
    })
}

const DEFAULT_GROUP: &str = "DefaultApplicationGroup";
