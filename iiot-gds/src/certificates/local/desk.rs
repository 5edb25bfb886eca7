//! The capability as somebody has it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::operation::Principal;

use super::LocalCertificates;
use crate::certificates::audit::{
    AuditCheck, AuditRequest, AuditResponse, BelieveClockRequest, Believed, CertificatesUpdate, CheckAuditRequest,
    ExportAuditRequest, RecordedEntry, WatchCertificatesRequest,
};
use crate::certificates::authorities::{
    AuthoritiesRequest, AuthoritiesResponse, AuthorityRequest, AuthorityWithChain, ChangeAuthorityRequest,
    CreateAuthorityRequest, PublishRequest, RecordedRevocationList, RevocationListRequest,
};
use crate::certificates::groups::{
    GroupRequest, GroupsRequest, GroupsResponse, PolicyRequest, PutGroupRequest, PutPolicyRequest, RecordedGroup,
    RecordedPolicy,
};
use crate::certificates::issued::{
    CertificateRequest, CertificateWithChain, CertificatesRequest, CertificatesResponse, RevokeApplicationRequest,
    RevokeRequest,
};
use crate::certificates::operations::Certificates;
use crate::certificates::proposals::{
    Change, ProposalRequest, ProposalsRequest, ProposalsResponse, RecordedProposal, VoteRequest, Voted,
};
use crate::certificates::requests::{
    FinishRequest, FinishResponse, RecordedRequest, RequestRequest, RequestsRequest, RequestsResponse,
    StartNewKeyPairRequest, StartSigningRequest,
};
use crate::certificates::status::{CertificatesStatus, StatusRequest};

/// Where somebody stands who asks.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) office: Arc<LocalCertificates>,
    pub(super) principal: Principal,
}

#[async_trait]
impl Certificates for Desk {
    async fn status(&self, _: StatusRequest) -> Result<CertificatesStatus> {
        self.office.how_it_stands().await
    }

    async fn authorities(&self, request: AuthoritiesRequest) -> Result<AuthoritiesResponse> {
        self.office.list_authorities(request).await
    }

    async fn authority(&self, request: AuthorityRequest) -> Result<AuthorityWithChain> {
        self.office.one_authority(&request.authority).await
    }

    async fn revocation_list(&self, request: RevocationListRequest) -> Result<RecordedRevocationList> {
        self.office.newest_list(&request.authority).await
    }

    async fn groups(&self, _: GroupsRequest) -> Result<GroupsResponse> {
        self.office.list_groups().await
    }

    async fn group(&self, request: GroupRequest) -> Result<RecordedGroup> {
        self.office.one_group(&request.group).await
    }

    async fn policy(&self, _: PolicyRequest) -> Result<RecordedPolicy> {
        self.office.policy().await
    }

    async fn requests(&self, request: RequestsRequest) -> Result<RequestsResponse> {
        self.office.list_requests(request).await
    }

    async fn request(&self, request: RequestRequest) -> Result<RecordedRequest> {
        self.office.one_request(&request.request).await
    }

    async fn proposals(&self, request: ProposalsRequest) -> Result<ProposalsResponse> {
        self.office.list_proposals(request).await
    }

    async fn proposal(&self, request: ProposalRequest) -> Result<RecordedProposal> {
        self.office.one_proposal(&request.proposal).await
    }

    async fn certificates(&self, request: CertificatesRequest) -> Result<CertificatesResponse> {
        self.office.list_certificates(request).await
    }

    async fn certificate(&self, request: CertificateRequest) -> Result<CertificateWithChain> {
        self.office.one_certificate(&request.issuer, &request.serial).await
    }

    async fn start_signing_request(&self, request: StartSigningRequest) -> Result<RecordedRequest> {
        self.office.start_signing(request, &self.principal).await
    }

    async fn start_new_key_pair_request(&self, request: StartNewKeyPairRequest) -> Result<RecordedRequest> {
        self.office.start_new_key_pair(request, &self.principal).await
    }

    async fn finish_request(&self, request: FinishRequest) -> Result<FinishResponse> {
        self.office.finish(request, &self.principal).await
    }

    async fn accept(&self, request: RequestRequest) -> Result<RecordedRequest> {
        self.office.accept(&request.request, &self.principal).await
    }

    async fn withdraw(&self, request: RequestRequest) -> Result<RecordedRequest> {
        self.office.withdraw(&request.request, &self.principal).await
    }

    async fn vote(&self, request: VoteRequest) -> Result<Voted> {
        self.office.vote(request, &self.principal).await
    }

    async fn withdraw_proposal(&self, request: ProposalRequest) -> Result<RecordedProposal> {
        self.office.withdraw_proposal(&request.proposal, &self.principal).await
    }

    async fn revoke(&self, request: RevokeRequest) -> Result<RecordedProposal> {
        let RevokeRequest { issuer, serial, because, reason } = request;
        let change = self.office.revocation(issuer, serial, because).await?;
        self.office.propose(change, reason, &self.principal).await
    }

    async fn revoke_application(&self, request: RevokeApplicationRequest) -> Result<RecordedProposal> {
        let RevokeApplicationRequest { application, because, reason } = request;
        self.office.propose(Change::RevokeApplication { application, because }, reason, &self.principal).await
    }

    async fn publish(&self, request: PublishRequest) -> Result<RecordedRevocationList> {
        self.office.publish(&request.authority, &self.principal).await
    }

    async fn audit(&self, request: AuditRequest) -> Result<AuditResponse> {
        self.office.audit_page(request).await
    }

    async fn check_audit(&self, request: CheckAuditRequest) -> Result<AuditCheck> {
        self.office.check_audit(request).await
    }

    async fn create_authority(&self, request: CreateAuthorityRequest) -> Result<RecordedProposal> {
        let change = Change::CreateAuthority { authority: request.authority };
        self.office.propose(change, request.reason, &self.principal).await
    }

    async fn activate_authority(&self, request: ChangeAuthorityRequest) -> Result<RecordedProposal> {
        let change = Change::ActivateAuthority { authority: request.authority };
        self.office.propose(change, request.reason, &self.principal).await
    }

    async fn retire_authority(&self, request: ChangeAuthorityRequest) -> Result<RecordedProposal> {
        let change = Change::RetireAuthority { authority: request.authority };
        self.office.propose(change, request.reason, &self.principal).await
    }

    async fn put_group(&self, request: PutGroupRequest) -> Result<RecordedProposal> {
        let change = Change::PutGroup { group: request.group, revision: request.revision };
        self.office.propose(change, request.reason, &self.principal).await
    }

    async fn put_policy(&self, request: PutPolicyRequest) -> Result<RecordedProposal> {
        let change = Change::PutPolicy { policy: request.policy, revision: request.revision };
        self.office.propose(change, request.reason, &self.principal).await
    }

    async fn believe_clock(&self, request: BelieveClockRequest) -> Result<Believed> {
        self.office.believe_clock(request, &self.principal).await
    }

    async fn watch(&self, request: WatchCertificatesRequest) -> Result<BoxStream<'static, Result<CertificatesUpdate>>> {
        self.office.watch(request).await
    }

    async fn export_audit(&self, request: ExportAuditRequest) -> Result<BoxStream<'static, Result<RecordedEntry>>> {
        self.office.export_audit(request).await
    }
}
