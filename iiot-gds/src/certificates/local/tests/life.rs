//! A certificate from the question to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use iiot_core::ErrorKind;
use iiot_core::model::Approval;
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{Certificate, RevocationList};

use super::works::*;
use crate::certificates::authorities::{PublishRequest, RevocationListRequest};
use crate::certificates::issued::{
    CertificateRequest, CertificatesRequest, RecordedCertificate, RevokeApplicationRequest, RevokeRequest,
};
use crate::certificates::requests::{FinishRequest, FinishResponse, RequestRequest, RequestStage, RequestsRequest};
use crate::certificates::status::StatusRequest;
use crate::model::{CertificateType, Der};
use crate::policy::{ApprovalPolicy, CertificateGroup, Choice, RequestState};
use crate::store::{RevocationReason, Store};

fn finish(request: &str) -> FinishRequest {
    FinishRequest { request: request.into(), password: None }
}

/// The certificates of an application.
async fn held(process: &Process, application: &str) -> Vec<RecordedCertificate> {
    let request = CertificatesRequest { application: Some(application.into()), ..Default::default() };
    process.desk("rita").certificates(request).await.unwrap().certificates
}

async fn revoked(process: &Process) -> usize {
    let list = process.desk("rita").revocation_list(RevocationListRequest { authority: "plant".into() }).await.unwrap();
    RevocationList::parse(&list.revocation_list.0).unwrap().revoked()
}

#[tokio::test]
async fn the_vote_that_completes_the_approval_has_the_certificate_issued_at_once() {
    let process = Process::set_up().await;
    let asked = process.ask("otto", "press").await;
    let id = asked.request.id.as_str();
    assert_eq!(
        (asked.request.state.clone(), asked.request.certificate_type),
        (RequestState::New, CertificateType::NistP256)
    );
    let progress = asked.progress.clone().unwrap();
    assert_eq!((progress.needed, progress.by.len()), (1, 0));
    let pending = process.desk("otto").finish_request(finish(id)).await.unwrap_err();
    assert_eq!((pending.status(), pending.is_retryable()), (StatusCode::BadNothingToDo, true));

    let voted = process.vote_on("anna", &asked, Choice::Approve).await.unwrap().request.unwrap();
    let RequestState::Issued { issuer, serial } = &voted.request.state else { panic!("{:?}", voted.request.state) };
    let FinishResponse { certificate, issuers, private_key, .. } =
        process.desk("otto").finish_request(finish(id)).await.unwrap();
    let parsed = Certificate::parse(&certificate.0).unwrap();
    assert_eq!(parsed.uris(), ["urn:works:press"]);
    assert_eq!(parsed.dns_names(), ["press.local"], "hosts come from the record");
    assert_eq!((issuers.len(), private_key), (2, None));
    let again = process.desk("otto").finish_request(finish(id)).await.unwrap();
    assert_eq!(again.certificate, certificate, "an answer may be lost");

    let request = CertificateRequest { issuer: issuer.clone(), serial: serial.clone() };
    let found = process.desk("rita").certificate(request).await.unwrap();
    assert_eq!((found.certificate, found.record.thumbprint), (certificate, parsed.thumbprint()));
    let accept = RequestRequest { request: id.into() };
    assert_eq!(process.desk("olga").accept(accept.clone()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.desk("otto").accept(accept).await.unwrap();
    let over = process.desk("otto").finish_request(finish(id)).await.unwrap_err();
    assert_eq!(over.status(), StatusCode::BadInvalidArgument);
}

#[tokio::test]
async fn a_group_that_asks_nobody_issues_when_it_is_asked_and_never_twice() {
    let process = Process::set_up().await;
    process.put_group(CertificateGroup { approval: ApprovalPolicy::Automatic, ..group() }).await;
    let asked = process.ask("otto", "press").await;
    assert!(matches!(asked.request.state, RequestState::Issued { .. }), "{:?}", asked.request.state);
    process.certificates.tend().await.unwrap();
    let all = held(&process, "press").await;
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn whoever_asks_hears_at_once_what_is_wrong() {
    let process = Process::set_up().await;
    let folder = tempfile::tempdir().unwrap();
    let (good, other) = (csr(folder.path(), "urn:works:press"), csr(folder.path(), "urn:works:other"));
    let otto = process.desk("otto");
    let refused = async |request| {
        let error = otto.start_signing_request(request).await.unwrap_err();
        (error.kind(), error.status())
    };
    let invalid = (ErrorKind::InvalidArgument, StatusCode::BadInvalidArgument);
    assert_eq!(refused(signing("press", other)).await, invalid);
    assert_eq!(refused(signing("press", Der(vec![0x30, 0]))).await, invalid);
    assert_eq!(refused(signing("press", Der(vec![0; 20_000]))).await, invalid);
    assert_eq!(refused(signing("lathe", good.clone())).await.0, ErrorKind::NotFound);
    let no_group = crate::certificates::requests::StartSigningRequest {
        group: Some("none".into()),
        ..signing("press", good.clone())
    };
    assert_eq!(refused(no_group).await.0, ErrorKind::NotFound);
    let kind = Some(CertificateType::Https);
    assert_eq!(
        refused(crate::certificates::requests::StartSigningRequest {
            certificate_type: kind,
            ..signing("press", good.clone())
        })
        .await
        .0,
        ErrorKind::InvalidArgument
    );
    for (approval, enabled) in [(Approval::Discovered, true), (Approval::Rejected, true), (Approval::Approved, false)] {
        process.works.enter("press", approval, enabled).await;
        assert_eq!(
            refused(signing("press", good.clone())).await,
            (ErrorKind::Forbidden, StatusCode::BadRequestNotAllowed)
        );
    }
    let requests = process.desk("rita").requests(RequestsRequest::default()).await.unwrap();
    assert!(requests.requests.is_empty(), "nothing of it is on record");
}

#[tokio::test]
async fn an_application_that_was_disabled_since_gets_nothing() {
    let process = Process::set_up().await;
    let asked = process.ask("otto", "press").await;
    process.works.enter("press", Approval::Approved, false).await;
    assert_eq!(process.vote_on("anna", &asked, Choice::Approve).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.works.enter("press", Approval::Approved, true).await;
    let voted = process.vote_on("anna", &asked, Choice::Approve).await.unwrap().request.unwrap();
    assert!(matches!(voted.request.state, RequestState::Issued { .. }));
}

#[tokio::test]
async fn a_request_is_taken_back_by_its_owner_and_rejected_by_others() {
    let process = Process::set_up().await;
    let (one, other) = (process.ask("otto", "press").await, process.ask("otto", "press").await);
    let withdraw = RequestRequest { request: one.request.id.clone() };
    assert_eq!(process.desk("ada").withdraw(withdraw.clone()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    process.desk("otto").withdraw(withdraw).await.unwrap();
    let late = process.vote_on("anna", &one, Choice::Approve).await.unwrap_err();
    assert_eq!((late.kind(), late.is_retryable()), (ErrorKind::Conflict, false));
    process.vote_on("anna", &other, Choice::Reject).await.unwrap();
    let error = process.desk("otto").finish_request(finish(&other.request.id)).await.unwrap_err();
    assert_eq!(error.status(), StatusCode::BadRequestNotAllowed);
    assert!(error.message().contains("anna") && error.message().contains("looked at it"), "{error}");
    let rejected = RequestsRequest { state: Some(RequestStage::Rejected), ..Default::default() };
    assert_eq!(process.desk("rita").requests(rejected).await.unwrap().requests.len(), 2);
}

#[tokio::test]
async fn one_application_does_not_fill_the_record_with_requests() {
    let process = Process::set_up().await;
    let folder = tempfile::tempdir().unwrap();
    let csr = csr(folder.path(), "urn:works:press");
    for _ in 0..16 {
        process.desk("otto").start_signing_request(signing("press", csr.clone())).await.unwrap();
    }
    let error = process.desk("otto").start_signing_request(signing("press", csr)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    process.ask("otto", "saw").await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let request =
            RequestsRequest { application: Some("press".into()), after, limit: Some(5), ..Default::default() };
        let page = process.desk("rita").requests(request).await.unwrap();
        seen.extend(page.requests.into_iter().map(|one| one.request.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 16);
    assert_eq!(process.desk("rita").status(StatusRequest {}).await.unwrap().requests_waiting, 17);
}

#[tokio::test]
async fn a_thousand_who_poll_write_nothing_and_get_the_same() {
    let process = Process::set_up().await;
    let asked = process.ask("otto", "press").await;
    let poll = async |times: usize| {
        let mut polls = tokio::task::JoinSet::new();
        for _ in 0..times {
            let (desk, request) = (process.desk("otto"), finish(&asked.request.id));
            polls.spawn(async move { desk.finish_request(request).await });
        }
        polls.join_all().await
    };
    let head = process.works.store.audit_head().await.unwrap();
    let pending = poll(1_000).await;
    assert!(
        pending.iter().all(|outcome| outcome.as_ref().is_err_and(|error| error.status() == StatusCode::BadNothingToDo))
    );
    assert_eq!(process.works.store.audit_head().await.unwrap(), head);
    let (voted, _) = tokio::join!(process.vote_on("anna", &asked, Choice::Approve), poll(1_000));
    voted.unwrap();
    let issued: Vec<FinishResponse> = poll(1_000).await.into_iter().map(|outcome| outcome.unwrap()).collect();
    assert!(issued.windows(2).all(|two| two[0] == two[1]));
    let all = held(&process, "press").await;
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn what_an_absent_key_has_interrupted_is_finished_when_it_is_back() {
    let process = Process::set_up().await;
    let asked = process.ask("otto", "press").await;
    process.works.token.gone.store(true, Ordering::SeqCst);
    let voted = process.vote_on("anna", &asked, Choice::Approve).await.unwrap().request.unwrap();
    assert_eq!(voted.request.state, RequestState::Approved, "the vote is cast all the same");
    assert_eq!(process.certificates.tend().await.unwrap().recovered.failed.len(), 1);
    assert_eq!(process.desk("rita").status(StatusRequest {}).await.unwrap().unfinished, 1);
    let process = process.restarted().await;
    process.works.token.gone.store(false, Ordering::SeqCst);
    assert_eq!(process.certificates.tend().await.unwrap().recovered.signed.len(), 1);
    process.desk("otto").finish_request(finish(&asked.request.id)).await.unwrap();
}

#[tokio::test]
async fn one_approver_revokes_and_it_is_on_the_list_and_on_record() {
    let process = Process::set_up().await;
    for application in ["press", "press", "saw"] {
        let asked = process.ask("otto", application).await;
        process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    }
    let all = held(&process, "saw").await;
    let saw = all[0].clone();
    let because = RevocationReason::KeyCompromise;
    let request = RevokeRequest { issuer: saw.issuer, serial: saw.serial, because, reason: "stolen".into() };
    let done = process.desk("ben").revoke(request.clone()).await.unwrap();
    assert_eq!((done.proposal.state.stage().name(), done.proposal.requester.as_str()), ("done", "ben"));
    assert_eq!(revoked(&process).await, 1);
    process.desk("ben").revoke(request).await.unwrap();
    assert_eq!(revoked(&process).await, 1, "it is revoked once");
    let because = RevocationReason::CessationOfOperation;
    let request = RevokeApplicationRequest { application: "press".into(), because, reason: String::new() };
    process.desk("anna").revoke_application(request).await.unwrap();
    assert_eq!(revoked(&process).await, 3);
    let query = CertificatesRequest { revoked: Some(true), ..Default::default() };
    let found = process.desk("rita").certificates(query).await.unwrap().certificates;
    assert_eq!(found.len(), 3);
    assert!(process.works.actions().await.iter().filter(|action| *action == "proposal.approved").count() >= 3);
    let number = async || {
        process
            .desk("rita")
            .revocation_list(RevocationListRequest { authority: "plant".into() })
            .await
            .unwrap()
            .state
            .number
    };
    let before = number().await;
    process.desk("anna").publish(PublishRequest { authority: "plant".into() }).await.unwrap();
    assert_eq!(number().await, before + 1);
}

#[tokio::test]
async fn the_status_tells_what_ends_and_what_is_late() {
    let process = Process::set_up().await;
    for _ in 0..2 {
        let asked = process.ask("otto", "press").await;
        process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
        process.works.clock.advance(DAY);
    }
    let status = process.desk("rita").status(StatusRequest {}).await.unwrap();
    assert_eq!((status.valid, status.soonest.len(), status.to_renew), (2, 1, 0));
    assert_eq!((status.soonest[0].application.as_str(), status.soonest[0].days_left), ("press", 364 - 1 + 1));
    assert!(status.authorities.iter().all(|one| one.revocation_list.as_ref().unwrap().alarm.is_none()));
    process.works.clock.advance(DAY * 250);
    let status = process.desk("rita").status(StatusRequest {}).await.unwrap();
    assert_eq!(status.to_renew, 1);
    assert!(status.authorities.iter().all(|one| one.revocation_list.as_ref().unwrap().alarm == Some(100)));
    assert_eq!(status.at, UtcTime::from_ticks(process.certificates.now().ticks()));
    let _: Arc<_> = process.certificates;
}
