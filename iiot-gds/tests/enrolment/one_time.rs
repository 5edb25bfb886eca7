//! A token binds to the first key, and is nobody else's.

use iiot_core::ErrorKind;
use iiot_core::clock::Clock;
use iiot_gds::enrolment::{EnrollRequest, InvitationState, InvitationsRequest, InviteRequest};
use iiot_gds::model::Der;

use crate::works::{DAY, Edge, Works, certificate};

#[tokio::test]
async fn a_second_key_is_refused_and_recorded_and_the_first_one_goes_on() {
    let works = Works::start().await;
    let (edge, thief) = (Edge::new("edge").await, Edge::new("edge").await);
    let invited = works.invite().await;
    let applicant = works.applicant(&invited.token);
    let issued = certificate(edge.enroll(&applicant).await.unwrap());
    for _ in 0..30 {
        assert_eq!(thief.enroll(&applicant).await.unwrap_err().kind(), ErrorKind::Forbidden);
    }
    assert_eq!(works.recorded("invitation.refused").await, 20, "and no more: a disk is not for thieves to fill");
    assert_eq!(works.issued().await, 1);
    assert_eq!(certificate(edge.enroll(&applicant).await.unwrap()), issued);
    let listed = works.approver().invitations(InvitationsRequest::default()).await.unwrap();
    assert_eq!((listed.invitations[0].refused, listed.invitations[0].state), (20, InvitationState::Used));
}

#[tokio::test]
async fn a_request_of_the_first_key_that_somebody_else_replays_gets_him_nothing_new() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let applicant = works.applicant(&works.invite().await.token);
    let sent = edge.request().await;
    let issued = certificate(applicant.enroll(sent.clone()).await.unwrap());
    assert_eq!(certificate(applicant.enroll(sent.clone()).await.unwrap()), issued);
    let mut bytes = sent.csr.0.clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let forged = EnrollRequest { csr: Der(bytes), ..sent };
    assert_eq!(applicant.enroll(forged).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(works.issued().await, 1);
}

#[tokio::test]
async fn what_nobody_uses_in_time_is_good_for_nothing_and_makes_room() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let request = InviteRequest { valid_hours: Some(1), ..InviteRequest::default() };
    let short = works.approver().invite(request).await.unwrap();
    let used = works.invite().await;
    let applicant = works.applicant(&used.token);
    certificate(edge.enroll(&applicant).await.unwrap());
    works.clock.advance(DAY);
    let late = works.applicant(&short.token);
    assert_eq!(Edge::new("late").await.enroll(&late).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let request = InvitationsRequest { state: Some(InvitationState::Expired), ..InvitationsRequest::default() };
    let expired = works.approver().invitations(request.clone()).await.unwrap().invitations;
    assert_eq!(expired.iter().map(|one| &one.id).collect::<Vec<_>>(), [&short.invitation.id]);
    assert_eq!(works.enrolment.clear_expired().await.unwrap(), 1);
    assert!(works.keys.check(short.token.text(), works.clock.utc()).is_err());
    assert!(works.approver().invitations(request).await.unwrap().invitations.is_empty());
    certificate(edge.enroll(&applicant).await.unwrap());
}

#[tokio::test]
async fn two_that_come_at_once_with_one_token_get_one_certificate() {
    let works = Works::start().await;
    let applicant = works.applicant(&works.invite().await.token);
    let edges = [Edge::new("edge").await, Edge::new("edge").await];
    let (one, other) = tokio::join!(edges[0].enroll(&applicant), edges[1].enroll(&applicant));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(works.issued().await, 1);
}

#[tokio::test]
async fn the_token_is_in_no_record_and_no_log() {
    let works = Works::start().await;
    let invited = works.invite().await;
    let secret = invited.token.text().rsplit('_').next().unwrap();
    assert!(!format!("{invited:?}").contains(secret));
    assert!(works.audit().await.iter().all(|entry| !entry.event.contains(secret)));
    let documents = works.office.store.document("invitation", &invited.invitation.id).await.unwrap().unwrap();
    assert!(!documents.content.contains(secret));
    for file in std::fs::read_dir(works.folder.path()).unwrap() {
        assert!(!std::fs::read_to_string(file.unwrap().path()).unwrap().contains(secret));
    }
}

#[tokio::test]
async fn requests_that_are_none_bind_nothing() {
    let (works, edge) = (Works::start().await, Edge::new("edge").await);
    let applicant = works.applicant(&works.invite().await.token);
    let good = edge.request().await;
    let mut nobody = good.clone();
    nobody.application = None;
    let mut long = good.clone();
    long.application.as_mut().unwrap().product_uri = "x".repeat(2000);
    let mut other = good.clone();
    other.application.as_mut().unwrap().application_uri = "urn:works:other".into();
    let rubbish = EnrollRequest { csr: Der(vec![0x30; 40]), ..good.clone() };
    let huge = EnrollRequest { csr: Der(vec![0x30; 20_000]), ..good.clone() };
    for wrong in [nobody, long, other, rubbish, huge] {
        assert_eq!(applicant.enroll(wrong).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let listed = works.approver().invitations(InvitationsRequest::default()).await.unwrap();
    assert_eq!(listed.invitations[0].state, InvitationState::Open);
    certificate(applicant.enroll(good).await.unwrap());
}
