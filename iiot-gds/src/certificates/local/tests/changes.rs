//! Changes of authorities, groups and the policy, and who must agree to them.

use std::sync::atomic::Ordering;

use iiot_core::ErrorKind;
use iiot_core::operation::Role;

use super::works::*;
use crate::certificates::authorities::{AuthorityRequest, ChangeAuthorityRequest};
use crate::certificates::groups::{GroupRequest, PolicyRequest, PutGroupRequest, PutPolicyRequest};
use crate::certificates::issued::{CertificatesRequest, RevokeRequest};
use crate::certificates::proposals::{
    ProposalRequest, ProposalStage, ProposalState, ProposalsRequest, RecordedProposal,
};
use crate::model::Stage;
use crate::policy::{ApprovalPolicy, CertificateGroup, Choice, OfficePolicy, VotePolicy};
use crate::store::RevocationReason;

fn change(authority: &str) -> ChangeAuthorityRequest {
    ChangeAuthorityRequest { authority: authority.into(), reason: String::new() }
}

async fn stage(process: &Process, authority: &str) -> Stage {
    let request = AuthorityRequest { authority: authority.into() };
    process.desk("rita").authority(request).await.unwrap().authority.stage
}

async fn now(process: &Process, proposal: &RecordedProposal) -> ProposalState {
    let request = ProposalRequest { proposal: proposal.proposal.id.clone() };
    process.desk("rita").proposal(request).await.unwrap().proposal.state
}

async fn revision(process: &Process) -> Option<u64> {
    process.desk("rita").policy(PolicyRequest {}).await.unwrap().revision
}

fn put(policy: OfficePolicy, revision: Option<u64>) -> PutPolicyRequest {
    PutPolicyRequest { policy, revision, reason: String::new() }
}

#[tokio::test]
async fn the_first_administrator_sets_everything_up_and_it_is_on_record() {
    let process = Process::set_up().await;
    assert_eq!((stage(&process, "root").await, stage(&process, "plant").await), (Stage::Active, Stage::Active));
    let done = ProposalsRequest { state: Some(ProposalStage::Done), ..Default::default() };
    let done = process.desk("rita").proposals(done).await.unwrap().proposals;
    assert_eq!(done.len(), 3);
    assert!(done.iter().all(|one| one.proposal.state == ProposalState::Done { by: Vec::new() }));
    let chain = process.desk("rita").authority(AuthorityRequest { authority: "plant".into() }).await.unwrap().chain;
    assert_eq!(chain.len(), 2);
}

#[tokio::test]
async fn nothing_is_changed_by_one_where_two_must_agree() {
    let process = Process::set_up().await;
    process.two_must_agree().await;
    let group = CertificateGroup { approval: ApprovalPolicy::Automatic, ..group() };
    let current = process.desk("rita").group(GroupRequest { group: GROUP.into() }).await.unwrap();
    let request = PutGroupRequest { group: group.clone(), revision: Some(current.revision), reason: String::new() };
    let proposed = process.desk("ada").put_group(request).await.unwrap();
    assert_eq!((&proposed.proposal.state, proposed.progress.as_ref().unwrap().needed), (&ProposalState::New, 2));
    assert_eq!(process.vote_for("ada", &proposed, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(process.vote_for("anna", &proposed, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Forbidden);
    for _ in 0..2 {
        let voted = process.vote_for("alan", &proposed, Choice::Approve).await.unwrap().proposal.unwrap();
        assert_eq!((voted.proposal.state, voted.votes.len()), (ProposalState::New, 1));
    }
    process.certificates.tend().await.unwrap();
    assert_eq!(process.desk("rita").group(GroupRequest { group: GROUP.into() }).await.unwrap(), current);
    let voted = process.vote_for("amy", &proposed, Choice::Approve).await.unwrap().proposal.unwrap();
    assert_eq!(voted.proposal.state, ProposalState::Done { by: vec!["alan".into(), "amy".into()] });
    assert_eq!(process.desk("rita").group(GroupRequest { group: GROUP.into() }).await.unwrap().group, group);
}

#[tokio::test]
async fn who_loosens_the_policy_needs_those_whom_it_names() {
    let process = Process::set_up().await;
    process.two_must_agree().await;
    let looser = put(OfficePolicy::default(), revision(&process).await);
    let proposed = process.desk("ada").put_policy(looser).await.unwrap();
    assert_eq!(proposed.proposal.state, ProposalState::New);
    process.vote_for("alan", &proposed, Choice::Approve).await.unwrap();
    let policy = process.desk("rita").policy(PolicyRequest {}).await.unwrap().policy;
    assert_eq!(policy, two());
    process.vote_for("amy", &proposed, Choice::Approve).await.unwrap();
    assert_eq!(process.desk("rita").policy(PolicyRequest {}).await.unwrap().policy, OfficePolicy::default());
}

#[tokio::test]
async fn a_proposal_is_taken_back_by_its_owner_and_rejected_by_others() {
    let process = Process::set_up().await;
    process.two_must_agree().await;
    let propose =
        async |id: &str| process.desk("ada").create_authority(authority(id, Some("root"), None)).await.unwrap();
    let (one, other) = (propose("one").await, propose("other").await);
    let request = ProposalRequest { proposal: one.proposal.id.clone() };
    assert_eq!(process.desk("alan").withdraw_proposal(request.clone()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.desk("ada").withdraw_proposal(request.clone()).await.unwrap();
    assert_eq!(process.desk("ada").withdraw_proposal(request).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(process.vote_for("alan", &one, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Conflict);
    process.vote_for("alan", &other, Choice::Reject).await.unwrap();
    assert!(matches!(now(&process, &other).await, ProposalState::Rejected { by, .. } if by == "alan"));
    let unknown = process.desk("rita").authority(AuthorityRequest { authority: "other".into() }).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn votes_on_proposals_expire_and_go_with_the_role() {
    let process = Process::set_up().await;
    process.two_must_agree().await;
    let proposed = process.desk("ada").create_authority(authority("new", Some("root"), None)).await.unwrap();
    process.vote_for("alan", &proposed, Choice::Approve).await.unwrap();
    process.works.clock.advance(DAY * 2);
    let voted = process.vote_for("amy", &proposed, Choice::Approve).await.unwrap().proposal.unwrap();
    assert_eq!(voted.progress.unwrap().uncounted[0].because, "it has expired");
    process.works.staff.0.lock().insert("amy".into(), Role::Approver);
    process.vote_for("alan", &proposed, Choice::Approve).await.unwrap();
    assert_eq!(now(&process, &proposed).await, ProposalState::New, "amy is no administrator any more");
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_not_changed_back() {
    let process = Process::set_up().await;
    let current = process.desk("rita").group(GroupRequest { group: GROUP.into() }).await.unwrap();
    let request = |days, revision| PutGroupRequest {
        group: CertificateGroup { valid_days: days, ..group() },
        revision,
        reason: String::new(),
    };
    assert_eq!(process.desk("ada").put_group(request(5, None)).await.unwrap_err().kind(), ErrorKind::Conflict);
    process.two_must_agree().await;
    let one = process.desk("ada").put_group(request(10, Some(current.revision))).await.unwrap();
    let other = process.desk("alan").put_group(request(20, Some(current.revision))).await.unwrap();
    for (name, proposal) in [("alan", &one), ("amy", &one), ("ada", &other), ("amy", &other)] {
        process.vote_for(name, proposal, Choice::Approve).await.unwrap();
    }
    assert!(matches!(now(&process, &one).await, ProposalState::Done { .. }));
    assert!(matches!(now(&process, &other).await, ProposalState::Failed { .. }), "{:?}", now(&process, &other).await);
    assert_eq!(process.desk("rita").group(GroupRequest { group: GROUP.into() }).await.unwrap().group.valid_days, 10);
}

#[tokio::test]
async fn an_authority_is_replaced_step_by_step() {
    let process = Process::set_up().await;
    let asked = process.ask("otto", "press").await;
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    assert_eq!(
        process.desk("ada").retire_authority(change("plant")).await.unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    process.desk("ada").create_authority(authority("plant2", Some("root"), Some("plant"))).await.unwrap();
    assert_eq!(stage(&process, "plant2").await, Stage::Prepared);
    process.desk("ada").activate_authority(change("plant2")).await.unwrap();
    assert_eq!((stage(&process, "plant").await, stage(&process, "plant2").await), (Stage::Retiring, Stage::Active));
    let used = process.desk("ada").retire_authority(change("plant")).await.unwrap_err();
    assert!(used.message().contains("in use"), "{used}");
    let failed = ProposalsRequest { state: Some(ProposalStage::Failed), ..Default::default() };
    assert_eq!(process.desk("rita").proposals(failed).await.unwrap().proposals.len(), 1);
    let renewed = process.ask("otto", "press").await;
    process.vote_on("anna", &renewed, Choice::Approve).await.unwrap();
    let old = CertificatesRequest { issuer: Some("plant".into()), ..Default::default() };
    let old = process.desk("rita").certificates(old).await.unwrap().certificates.remove(0);
    let because = RevocationReason::Superseded;
    let revoke = RevokeRequest { issuer: old.issuer, serial: old.serial, because, reason: String::new() };
    process.desk("anna").revoke(revoke).await.unwrap();
    process.desk("ada").retire_authority(change("plant")).await.unwrap();
    assert_eq!(stage(&process, "plant").await, Stage::Retired);
}

#[tokio::test]
async fn the_end_of_an_authority_is_a_change_and_not_just_a_revocation() {
    let process = Process::set_up().await;
    let plant = process.desk("rita").authority(AuthorityRequest { authority: "plant".into() }).await.unwrap().authority;
    let because = RevocationReason::CaCompromise;
    let request = |issuer: &str, serial: &str| RevokeRequest {
        issuer: issuer.into(),
        serial: serial.into(),
        because,
        reason: String::new(),
    };
    let revoke = request("root", &plant.serial);
    assert_eq!(process.desk("anna").revoke(revoke.clone()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.two_must_agree().await;
    let proposed = process.desk("ada").revoke(revoke).await.unwrap();
    assert_eq!(process.vote_for("anna", &proposed, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.vote_for("alan", &proposed, Choice::Approve).await.unwrap();
    assert_eq!(stage(&process, "plant").await, Stage::Active);
    process.vote_for("amy", &proposed, Choice::Approve).await.unwrap();
    assert_eq!(stage(&process, "plant").await, Stage::Retired);
    let root = process.desk("rita").authority(AuthorityRequest { authority: "root".into() }).await.unwrap().authority;
    assert_eq!(
        process.desk("ada").revoke(request("root", &root.serial)).await.unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(process.desk("ada").revoke(request("root", "0a")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn revocations_wait_where_the_policy_says_so() {
    let process = Process::set_up().await;
    let asked = process.ask("otto", "press").await;
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    process.two_must_agree().await;
    let press = CertificatesRequest { application: Some("press".into()), ..Default::default() };
    let press = async || process.desk("rita").certificates(press.clone()).await.unwrap().certificates.remove(0);
    let (one, because) = (press().await, RevocationReason::KeyCompromise);
    let request = RevokeRequest { issuer: one.issuer, serial: one.serial, because, reason: String::new() };
    let proposed = process.desk("ada").revoke(request).await.unwrap();
    process.vote_for("anna", &proposed, Choice::Approve).await.unwrap();
    assert_eq!(press().await.revoked, None);
    process.vote_for("ben", &proposed, Choice::Approve).await.unwrap();
    assert!(press().await.revoked.is_some());
}

#[tokio::test]
async fn what_an_absent_key_has_interrupted_is_carried_out_when_it_is_back() {
    let process = Process::set_up().await;
    process.works.token.gone.store(true, Ordering::SeqCst);
    let error = process.desk("ada").create_authority(authority("new", Some("root"), None)).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    let approved = ProposalsRequest { state: Some(ProposalStage::Approved), ..Default::default() };
    let waiting = process.desk("rita").proposals(approved).await.unwrap().proposals;
    assert_eq!(waiting.len(), 1);
    let process = process.restarted().await;
    assert_eq!(process.certificates.tend().await.unwrap().failed.len(), 1);
    process.works.token.gone.store(false, Ordering::SeqCst);
    let tended = process.certificates.tend().await.unwrap();
    assert!(tended.failed.is_empty(), "{:?}", tended.failed);
    assert_eq!(stage(&process, "new").await, Stage::Active);
    assert!(matches!(now(&process, &waiting[0]).await, ProposalState::Done { .. }));
}

#[tokio::test]
async fn a_policy_that_nobody_could_meet_is_refused() {
    let process = Process::set_up().await;
    let named = |needed, people: &[&str]| {
        let ApprovalPolicy::Votes(rules) = votes(needed, Role::Administrator) else { panic!("votes") };
        ApprovalPolicy::Votes(VotePolicy { people: people.iter().map(|name| (*name).to_owned()).collect(), ..rules })
    };
    let with = |changes| OfficePolicy { changes, ..OfficePolicy::default() };
    for policy in [
        with(named(2, &["ada", "alan"])),
        with(named(1, &["otto", "anna"])),
        with(votes(1, Role::Operator)),
        with(named(3, &["ada", "alan"])),
    ] {
        let error = process.desk("ada").put_policy(put(policy.clone(), None)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{policy:?}");
    }
    process.desk("ada").put_policy(put(with(named(2, &["ada", "alan", "amy"])), None)).await.unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anybody_is_asked() {
    let process = Process::set_up().await;
    process.two_must_agree().await;
    let refused = async |request| process.desk("ada").create_authority(request).await.unwrap_err().kind();
    assert_eq!(refused(authority("plant", Some("root"), None)).await, ErrorKind::AlreadyExists);
    assert_eq!(refused(authority("new", Some("none"), None)).await, ErrorKind::NotFound);
    let mut long = authority("new", Some("root"), None);
    long.authority.id = "x".repeat(65);
    assert_eq!(refused(long).await, ErrorKind::InvalidArgument);
    let mut odd = authority("new", Some("root"), None);
    odd.authority.common_name = String::new();
    assert_eq!(refused(odd).await, ErrorKind::InvalidArgument);
    for url in ["gds.local/x.crl", "http://gäste.local/x.crl", "file:///x.crl", "http://"] {
        let mut odd = authority("new", Some("root"), None);
        odd.authority.crl_urls = vec![url.into()];
        assert_eq!(refused(odd).await, ErrorKind::InvalidArgument, "{url}");
    }
    let open = ProposalsRequest { state: Some(ProposalStage::New), ..Default::default() };
    assert!(process.desk("rita").proposals(open).await.unwrap().proposals.is_empty());
}
