//! What must not be approved, by whoever tries.

use iiot_core::ErrorKind;
use iiot_core::operation::Role;
use iiot_core::ua::StatusCode;

use super::works::*;
use crate::certificates::proposals::Votable;
use crate::certificates::requests::{FinishRequest, RecordedRequest, RequestRequest};
use crate::policy::{ApprovalPolicy, CertificateGroup, Choice, RequestState, VotePolicy};
use crate::store::{Store, Transaction, Write};

/// Two approvers must agree.
async fn four_eyes() -> Process {
    let process = Process::set_up().await;
    process.put_group(CertificateGroup { approval: votes(2, Role::Approver), ..group() }).await;
    process
}

async fn state(process: &Process, asked: &RecordedRequest) -> RequestState {
    let request = RequestRequest { request: asked.request.id.clone() };
    process.desk("rita").request(request).await.unwrap().request.state
}

/// What does not count, as the request shows it.
async fn uncounted(process: &Process, asked: &RecordedRequest) -> Vec<(String, String)> {
    let request = RequestRequest { request: asked.request.id.clone() };
    let progress = process.desk("rita").request(request).await.unwrap().progress.unwrap();
    progress.uncounted.into_iter().map(|vote| (vote.by, vote.because)).collect()
}

#[tokio::test]
async fn the_same_person_counts_once() {
    let process = four_eyes().await;
    let asked = process.ask("otto", "press").await;
    for _ in 0..3 {
        let voted = process.vote_on("anna", &asked, Choice::Approve).await.unwrap().request.unwrap();
        assert_eq!((voted.progress.unwrap().by, voted.votes.len()), (vec!["anna".to_owned()], 1));
    }
    assert_eq!(state(&process, &asked).await, RequestState::New);
    process.vote_on("ben", &asked, Choice::Approve).await.unwrap();
    assert!(matches!(state(&process, &asked).await, RequestState::Issued { .. }));
}

#[tokio::test]
async fn nobody_approves_what_he_asked_for_himself() {
    let process = Process::set_up().await;
    let asked = process.ask("ada", "press").await;
    for choice in [Choice::Approve, Choice::Reject] {
        assert_eq!(process.vote_on("ada", &asked, choice).await.unwrap_err().kind(), ErrorKind::Forbidden);
    }
    // Nor by a vote that got onto the record some other way.
    let digest = asked.digest.clone();
    let vote =
        crate::policy::Vote { by: "ada".into(), choice: Choice::Approve, digest, at: start(), reason: String::new() };
    process.certificates.office.authorities.vote(&asked.request.id, vote).await.unwrap();
    process.certificates.tend().await.unwrap();
    assert_eq!(state(&process, &asked).await, RequestState::New);
    assert_eq!(uncounted(&process, &asked).await[0].1, "whoever asks does not approve it himself");
}

#[tokio::test]
async fn a_request_that_was_exchanged_after_a_vote_has_no_vote() {
    let process = four_eyes().await;
    let asked = process.ask("otto", "press").await;
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    // Somebody with access to the database puts his own key in.
    let folder = tempfile::tempdir().unwrap();
    let other = csr(folder.path(), "urn:works:press");
    let store = &process.works.store;
    let document = store.document("request", &asked.request.id).await.unwrap().unwrap();
    let mut content: serde_json::Value = serde_json::from_str(&document.content).unwrap();
    content["request"]["wanted"]["csr"] = serde_json::to_value(&other).unwrap();
    let told = crate::store::AuditEvent {
        action: "x".into(),
        by: "x".into(),
        subject: "x".into(),
        details: serde_json::json!({}),
    };
    let mut transaction = Transaction::new(told, start());
    let (kind, id) = (document.kind, document.id);
    transaction.documents.push(Write {
        kind,
        id,
        content: Some(content.to_string()),
        labels: document.labels,
        expected: Some(document.revision),
    });
    store.commit(transaction).await.unwrap();
    let stale = process.vote_on("ben", &asked, Choice::Approve).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Conflict);
    let seen = process.desk("ben").request(RequestRequest { request: asked.request.id.clone() }).await.unwrap();
    assert_ne!(seen.digest, asked.digest);
    process.vote_on("ben", &seen, Choice::Approve).await.unwrap();
    assert_eq!(state(&process, &asked).await, RequestState::New, "anna has not seen this one");
    assert!(uncounted(&process, &asked).await[0].1.contains("another content"));
}

#[tokio::test]
async fn a_vote_names_what_it_is_for() {
    let process = Process::set_up().await;
    let (one, other) = (process.ask("otto", "press").await, process.ask("otto", "saw").await);
    let wrong = vote(Votable::Request, &one.request.id, other.digest.as_str(), Choice::Approve);
    assert_eq!(process.desk("anna").vote(wrong).await.unwrap_err().kind(), ErrorKind::Conflict);
    let none = vote(Votable::Request, &one.request.id, "abc", Choice::Approve);
    assert_eq!(process.desk("anna").vote(none).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let mistaken = vote(Votable::Proposal, &one.request.id, one.digest.as_str(), Choice::Approve);
    assert_eq!(process.desk("anna").vote(mistaken).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_vote_expires() {
    let process = four_eyes().await;
    let asked = process.ask("otto", "press").await;
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    process.works.clock.advance(DAY * 2);
    process.vote_on("ben", &asked, Choice::Approve).await.unwrap();
    assert_eq!(state(&process, &asked).await, RequestState::New);
    assert_eq!(uncounted(&process, &asked).await, [("anna".to_owned(), "it has expired".to_owned())]);
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    assert!(matches!(state(&process, &asked).await, RequestState::Issued { .. }), "she has voted anew");
}

#[tokio::test]
async fn a_role_that_was_taken_away_takes_the_vote_along() {
    let process = four_eyes().await;
    let asked = process.ask("otto", "press").await;
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    process.works.staff.0.lock().remove("anna");
    process.vote_on("ben", &asked, Choice::Approve).await.unwrap();
    assert_eq!(state(&process, &asked).await, RequestState::New);
    assert!(uncounted(&process, &asked).await[0].1.contains("role"));
    process.works.staff.0.lock().insert("anna".into(), Role::Approver);
    process.certificates.tend().await.unwrap();
    assert!(matches!(state(&process, &asked).await, RequestState::Issued { .. }), "she has it back");
}

#[tokio::test]
async fn only_those_who_are_asked_are_heard() {
    let process = Process::set_up().await;
    let ApprovalPolicy::Votes(rules) = votes(1, Role::Approver) else { panic!("votes") };
    let named = ApprovalPolicy::Votes(VotePolicy { people: vec!["ben".into()], ..rules });
    process.put_group(CertificateGroup { approval: named, ..group() }).await;
    let asked = process.ask("otto", "press").await;
    assert_eq!(process.vote_on("anna", &asked, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.put_group(CertificateGroup { approval: votes(1, Role::Administrator), ..group() }).await;
    assert_eq!(process.vote_on("anna", &asked, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Forbidden);
    // A face that let somebody in whom nobody knows any more.
    assert_eq!(process.vote_on("nobody", &asked, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.vote_on("ada", &asked, Choice::Approve).await.unwrap();
    assert!(matches!(state(&process, &asked).await, RequestState::Issued { .. }));
}

#[tokio::test]
async fn one_who_says_no_is_enough() {
    let process = four_eyes().await;
    let asked = process.ask("otto", "press").await;
    process.vote_on("anna", &asked, Choice::Reject).await.unwrap();
    assert_eq!(
        state(&process, &asked).await,
        RequestState::Rejected { by: "anna".into(), reason: "looked at it".into() }
    );
    assert_eq!(process.vote_on("ben", &asked, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Conflict);
    let finish = FinishRequest { request: asked.request.id.clone(), password: None };
    assert_eq!(
        process.desk("otto").finish_request(finish).await.unwrap_err().status(),
        StatusCode::BadRequestNotAllowed
    );
}

#[tokio::test]
async fn rules_that_change_meanwhile_hold_for_what_waits() {
    let process = Process::set_up().await;
    let asked = process.ask("otto", "press").await;
    process.put_group(CertificateGroup { approval: votes(2, Role::Approver), ..group() }).await;
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    assert_eq!(state(&process, &asked).await, RequestState::New);
}
