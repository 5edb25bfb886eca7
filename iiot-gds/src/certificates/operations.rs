//! What can be asked of whoever keeps certificates.

use super::audit::{
    AuditCheck, AuditRequest, AuditResponse, BelieveClockRequest, Believed, CertificatesUpdate, CheckAuditRequest,
    ExportAuditRequest, RecordedEntry, WatchCertificatesRequest,
};
use super::authorities::{
    AuthoritiesRequest, AuthoritiesResponse, AuthorityRequest, AuthorityWithChain, ChangeAuthorityRequest,
    CreateAuthorityRequest, PublishRequest, RecordedRevocationList, RevocationListRequest,
};
use super::groups::{
    GroupRequest, GroupsRequest, GroupsResponse, PolicyRequest, PutGroupRequest, PutPolicyRequest, RecordedGroup,
    RecordedPolicy,
};
use super::issued::{
    CertificateRequest, CertificateWithChain, CertificatesRequest, CertificatesResponse, RevokeApplicationRequest,
    RevokeRequest,
};
use super::proposals::{ProposalRequest, ProposalsRequest, ProposalsResponse, RecordedProposal, VoteRequest, Voted};
use super::requests::{
    FinishRequest, FinishResponse, RecordedRequest, RequestRequest, RequestsRequest, RequestsResponse,
    StartNewKeyPairRequest, StartSigningRequest,
};
use super::status::{CertificatesStatus, StatusRequest};

iiot_core::operations! {
    /// Certificates of OPC UA applications: authorities, groups, requests, votes, revocations and their record.
    pub trait Certificates / RemoteCertificates = "certificates" {
        calls {
            /// How it stands: what expires, which revocation lists are late, what waits for somebody.
            status(StatusRequest) -> CertificatesStatus, Reader, Reads;
            /// All authorities.
            authorities(AuthoritiesRequest) -> AuthoritiesResponse, Reader, Reads;
            /// An authority with its chain and its newest revocation list.
            authority(AuthorityRequest) -> AuthorityWithChain, Reader, Reads;
            /// The newest revocation list of an authority.
            revocation_list(RevocationListRequest) -> RecordedRevocationList, Reader, Reads;
            /// All certificate groups.
            groups(GroupsRequest) -> GroupsResponse, Reader, Reads;
            /// A certificate group.
            group(GroupRequest) -> RecordedGroup, Reader, Reads;
            /// Who must agree to changes and revocations.
            policy(PolicyRequest) -> RecordedPolicy, Reader, Reads;
            /// Requests for certificates, page by page.
            requests(RequestsRequest) -> RequestsResponse, Reader, Reads;
            /// A request, with what is asked for, its digest, the votes on it and what is still missing.
            request(RequestRequest) -> RecordedRequest, Reader, Reads;
            /// Proposed changes and revocations, page by page.
            proposals(ProposalsRequest) -> ProposalsResponse, Reader, Reads;
            /// A proposal, with its digest, the votes on it and what is still missing.
            proposal(ProposalRequest) -> RecordedProposal, Reader, Reads;
            /// Certificates that were issued, page by page.
            certificates(CertificatesRequest) -> CertificatesResponse, Reader, Reads;
            /// A certificate with its chain.
            certificate(CertificateRequest) -> CertificateWithChain, Reader, Reads;
            /// Asks for a certificate for a key that an application has (OPC 10000-12 StartSigningRequest).
            start_signing_request(StartSigningRequest) -> RecordedRequest, Operator, Changes;
            /// Asks for a certificate and a key for an application (OPC 10000-12 StartNewKeyPairRequest).
            start_new_key_pair_request(StartNewKeyPairRequest) -> RecordedRequest, Operator, Changes;
            /// Fetches the certificate, and the key if one was made (OPC 10000-12 FinishRequest). It can be asked again.
            finish_request(FinishRequest) -> FinishResponse, Operator, Changes;
            /// Says that the certificate has arrived: a key that was made for it is forgotten.
            accept(RequestRequest) -> RecordedRequest, Operator, Changes;
            /// Takes an own request back that is not decided yet.
            withdraw(RequestRequest) -> RecordedRequest, Operator, Changes;
            /// Agrees or disagrees to exactly what was looked at. The vote that completes an approval has it carried out.
            vote(VoteRequest) -> Voted, Approver, Changes;
            /// Takes an own proposal back that is not decided yet.
            withdraw_proposal(ProposalRequest) -> RecordedProposal, Approver, Changes;
            /// Revokes a certificate. That of an authority ends the authority, which only an administrator may propose.
            revoke(RevokeRequest) -> RecordedProposal, Approver, Changes;
            /// Revokes all certificates of an application that are still valid.
            revoke_application(RevokeApplicationRequest) -> RecordedProposal, Approver, Changes;
            /// Makes a new revocation list of an authority now.
            publish(PublishRequest) -> RecordedRevocationList, Approver, Changes;
            /// Entries of the audit record, page by page.
            audit(AuditRequest) -> AuditResponse, Approver, Reads;
            /// Whether the audit record is as it was written.
            check_audit(CheckAuditRequest) -> AuditCheck, Approver, Reads;
            /// Makes a root, or an authority below one.
            create_authority(CreateAuthorityRequest) -> RecordedProposal, Administrator, Changes;
            /// Has a prepared authority take the place of the one that it replaces.
            activate_authority(ChangeAuthorityRequest) -> RecordedProposal, Administrator, Changes;
            /// Ends an authority whose place was taken.
            retire_authority(ChangeAuthorityRequest) -> RecordedProposal, Administrator, Changes;
            /// Puts a certificate group on record, or another one in its place.
            put_group(PutGroupRequest) -> RecordedProposal, Administrator, Changes;
            /// Says who must agree to changes and revocations; who must agree to that says the policy so far.
            put_policy(PutPolicyRequest) -> RecordedProposal, Administrator, Changes;
            /// Says that the clock of the machine is right, although it was set.
            believe_clock(BelieveClockRequest) -> Believed, Administrator, Changes;
        }
        streams {
            /// What is done, as it is done.
            watch(WatchCertificatesRequest) -> CertificatesUpdate, Reader;
            /// The whole audit record, entry by entry, as the verifier reads it.
            export_audit(ExportAuditRequest) -> RecordedEntry, Approver;
        }
    }
}
