//! From the invitation to the renewal.

use iiot_core::ErrorKind;
use iiot_core::model::{Approval, Record};
use iiot_core::operation::{Acting, Principal, Role};
use iiot_core::registry::{Expected, RecordKey, RecordKind, RegistryExt};
use iiot_core::ua::trust::Certificate;
use iiot_gds::enrolment::{
    Enrolled, InvitationState, InvitationsRequest, InviteRequest, StandingRequest, WithdrawInvitationRequest,
    lists_revision,
};
use iiot_gds::policy::Choice;
use iiot_gds::store::RevocationReason;

use crate::works::{DAY, Edge, Works, authority, certificate};

fn known(revision: &str) -> StandingRequest {
    StandingRequest { revision: Some(revision.into()) }
}

#[tokio::test]
async fn who_is_invited_is_entered_and_gets_the_certificate_of_its_key() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let invited = works.invite().await;
    let applicant = works.applicant(&invited.token);
    assert_eq!(applicant.standing(StandingRequest::default()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let answer = edge.enroll(&applicant).await.unwrap();
    let entered = works.office.application(&answer.application).await.unwrap();
    assert_eq!((entered.approval, entered.enabled), (Approval::Approved, true));
    assert_eq!(entered.description, edge.described());
    let issued = certificate(answer);
    let parsed = Certificate::parse(&issued.certificate.0).unwrap();
    assert_eq!(parsed.public_key(), edge.key.public_key());
    assert_eq!(parsed.application_uri().as_deref(), Some("urn:works:edge"));
    assert_eq!(issued.issuers.len(), 2, "its issuer and the root");
    let standing = applicant.standing(StandingRequest::default()).await.unwrap();
    assert_eq!(standing.certificate, Some(issued));
    assert!(!standing.renew && standing.revoked.is_none());
}

#[tokio::test]
async fn asked_again_it_is_the_same_certificate_until_half_of_its_life_is_over() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let applicant = works.applicant(&works.invite().await.token);
    let first = certificate(edge.enroll(&applicant).await.unwrap());
    works.clock.advance(DAY * 100);
    assert_eq!(certificate(edge.enroll(&applicant).await.unwrap()), first);
    works.clock.advance(DAY * 144);
    let renew = async || applicant.standing(StandingRequest::default()).await.unwrap().renew;
    assert!(renew().await, "two thirds of 365 days");
    let second = certificate(edge.enroll(&applicant).await.unwrap());
    assert_ne!(second.certificate, first.certificate);
    assert!(!renew().await);
    assert_eq!(certificate(edge.enroll(&applicant).await.unwrap()), second);
    assert_eq!(works.issued().await, 2);
}

#[tokio::test]
async fn where_people_must_agree_it_is_one_request_until_they_do() {
    let (works, edge) = (Works::with_votes().await, Edge::new("edge").await);
    let applicant = works.applicant(&works.invite().await.token);
    let first = edge.enroll(&applicant).await.unwrap();
    assert_eq!(first.outcome, Enrolled::Pending { approved: 0, needed: 1 });
    let again = edge.enroll(&applicant).await.unwrap();
    assert_eq!(again, first, "another CSR of the same key asks nobody again");
    works.vote(&first.request, Choice::Approve).await;
    let issued = certificate(edge.enroll(&applicant).await.unwrap());
    works.clock.advance(DAY * 30);
    assert_eq!(certificate(edge.enroll(&applicant).await.unwrap()), issued, "also when the votes have expired");
    assert_eq!(works.recorded("request.submitted").await, 1);
}

#[tokio::test]
async fn a_rejection_is_told_for_a_day() {
    let (works, edge) = (Works::with_votes().await, Edge::new("edge").await);
    let applicant = works.applicant(&works.invite().await.token);
    let first = edge.enroll(&applicant).await.unwrap();
    works.vote(&first.request, Choice::Reject).await;
    for _ in 0..2 {
        let rejected = edge.enroll(&applicant).await.unwrap();
        assert_eq!(rejected.outcome, Enrolled::Rejected { reason: "seen".into() });
    }
    works.clock.advance(DAY);
    let again = edge.enroll(&applicant).await.unwrap();
    assert_eq!(again.outcome, Enrolled::Pending { approved: 0, needed: 1 });
    assert_ne!(again.request, first.request);
}

#[tokio::test]
async fn it_is_asked_to_renew_when_another_authority_issues_or_the_record_changes() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let applicant = works.applicant(&works.invite().await.token);
    let first = edge.enroll(&applicant).await.unwrap();
    let renew = async || applicant.standing(StandingRequest::default()).await.unwrap().renew;
    let key = RecordKey::new(RecordKind::Application, &first.application);
    let rename = |record| match record {
        Record::Application(mut application) => {
            application.description.application_name = "Hall 2".into();
            Ok(Some(Record::Application(application)))
        }
        _ => Ok(None),
    };
    works.office.registry.update(&key, rename).await.unwrap();
    assert!(renew().await);
    let second = certificate(edge.enroll(&applicant).await.unwrap());
    assert!(Certificate::parse(&second.certificate.0).unwrap().subject().contains("Hall 2"));
    assert!(!renew().await);
    authority(&works.office, "plant-2", Some("root"), Some("plant")).await;
    assert!(!renew().await, "it is trusted first");
    works.office.authorities.activate("plant-2", "rita").await.unwrap();
    assert!(renew().await);
    let third = certificate(edge.enroll(&applicant).await.unwrap());
    assert_ne!(third.issuers[0], second.issuers[0]);
    assert!(!renew().await);
}

#[tokio::test]
async fn trust_lists_are_told_when_there_are_others() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let applicant = works.applicant(&works.invite().await.token);
    edge.enroll(&applicant).await.unwrap();
    let first = applicant.standing(StandingRequest::default()).await.unwrap();
    let lists = first.lists.unwrap();
    assert_eq!((lists.issuer_certificates.len(), lists.issuer_crls.len()), (2, 2), "of its own chain");
    assert_eq!(lists_revision(&lists), first.revision);
    let same = applicant.standing(known(&first.revision)).await.unwrap();
    assert_eq!((same.lists, &same.revision), (None, &first.revision));
    works.clock.advance(DAY / 24);
    works.office.authorities.publish("plant", "rita").await.unwrap();
    let other = applicant.standing(known(&first.revision)).await.unwrap();
    assert_ne!(other.lists.unwrap().issuer_crls, lists.issuer_crls);
}

#[tokio::test]
async fn a_revoked_certificate_ends_what_the_invitation_is_good_for() {
    for (reason, may_renew) in [(RevocationReason::KeyCompromise, false), (RevocationReason::Superseded, true)] {
        let (works, edge) = (Works::start().await, Edge::new("edge").await);
        let applicant = works.applicant(&works.invite().await.token);
        let issued = certificate(edge.enroll(&applicant).await.unwrap());
        let serial = &works.office.store.certificates(&Default::default()).await.unwrap();
        let serial = serial.iter().find(|one| one.certificate == issued.certificate.0).unwrap().serial.clone();
        works.office.authorities.revoke("plant", &serial, reason, "rita").await.unwrap();
        assert_eq!(applicant.standing(StandingRequest::default()).await.unwrap().revoked, Some(reason));
        match edge.enroll(&applicant).await {
            Ok(answer) => assert!(may_renew && certificate(answer).certificate != issued.certificate),
            Err(error) => assert!(!may_renew && error.kind() == ErrorKind::Forbidden, "{error:?}"),
        }
    }
}

#[tokio::test]
async fn withdrawn_with_its_certificates_nothing_of_it_is_left() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let invited = works.invite().await;
    let applicant = works.applicant(&invited.token);
    edge.enroll(&applicant).await.unwrap();
    let (id, revoke) = (invited.invitation.id, Some(RevocationReason::KeyCompromise));
    let request = WithdrawInvitationRequest { invitation: id.clone(), revoke };
    let withdrawn = works.approver().withdraw_invitation(request.clone()).await.unwrap();
    assert_eq!(withdrawn.state, InvitationState::Withdrawn);
    assert!(works.keys.check(invited.token.text(), works.office.clock.utc()).is_err(), "the token is none any more");
    assert_eq!(edge.enroll(&applicant).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(works.recorded("certificate.revoked").await, 1);
    works.approver().withdraw_invitation(request).await.unwrap();
    assert_eq!(works.recorded("certificate.revoked").await, 1, "again it is the same");
    let listed = works.approver().invitations(InvitationsRequest::default()).await.unwrap();
    assert_eq!(listed.invitations, [withdrawn]);
}

#[tokio::test]
async fn an_invitation_for_an_application_on_record_is_for_no_other() {
    let works = Works::start().await;
    let (edge, other) = (Edge::new("edge").await, Edge::new("other").await);
    let described = iiot_core::model::Application {
        approval: Approval::Approved,
        ..iiot_core::model::Application::new(edge.described())
    };
    let key = RecordKey::new(RecordKind::Application, "press");
    works.office.registry.put(&key, Record::Application(described), Expected::Absent).await.unwrap();
    let request = InviteRequest { application: Some("press".into()), ..InviteRequest::default() };
    let applicant = works.applicant(&works.approver().invite(request).await.unwrap().token);
    let refused = other.enroll(&applicant).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument, "another ApplicationUri: {refused:?}");
    assert_eq!(edge.enroll(&applicant).await.unwrap().application, "press", "and that has bound nothing");
    let unknown = InviteRequest { application: Some("nobody".into()), ..InviteRequest::default() };
    assert_eq!(works.approver().invite(unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
    let stranger = works.applicant(&works.invite().await.token);
    let taken = edge.enroll(&stranger).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists, "nobody passes for it: {taken:?}");
}

#[tokio::test]
async fn only_the_token_of_an_invitation_leads_to_a_certificate() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let invited = works.invite().await;
    let name = format!("invitation-{}", invited.invitation.id);
    for principal in [
        Principal::new("rita", Role::Administrator),
        Principal::new(&name, Role::Administrator),
        Principal::new("invitation-x", Role::Applicant),
        Principal::new("", Role::Applicant),
    ] {
        let desk = works.enrolment.acting_as(principal.clone());
        assert_eq!(edge.enroll(&desk).await.unwrap_err().kind(), ErrorKind::Forbidden, "{principal:?}");
        assert!(desk.standing(StandingRequest::default()).await.is_err());
    }
}
