//! Keys that are made for others: delivered to one, lost rather than left behind.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use iiot_core::model::Approval;
use iiot_core::operation::{Acting, Principal, Role};
use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{Certificate, RevocationList};
use iiot_core::{ErrorKind, Result};

use super::works::*;
use crate::certificates::authorities::RevocationListRequest;
use crate::certificates::issued::CertificatesRequest;
use crate::certificates::requests::{
    FinishRequest, FinishResponse, RecordedRequest, RequestRequest, StartNewKeyPairRequest,
};
use crate::certificates::status::StatusRequest;
use crate::certificates::{CertificatesOptions, OPERATIONS, Password};
use crate::model::CertificateType;
use crate::policy::{Choice, PrivateKeyFormat, RequestState};
use crate::store::Store;

const HOUR: Duration = Duration::from_secs(3_600);

fn finish(request: &RecordedRequest, password: &str) -> FinishRequest {
    FinishRequest { request: request.request.id.clone(), password: Some(Password::from(password)) }
}

fn named(request: &RecordedRequest) -> RequestRequest {
    RequestRequest { request: request.request.id.clone() }
}

/// A key pair that otto has asked for and anna has approved.
async fn approved(process: &Process, format: PrivateKeyFormat) -> RecordedRequest {
    let asked = process.ask_for_key("otto", format).await;
    let voted = process.vote_on("anna", &asked, Choice::Approve).await.unwrap().request.unwrap();
    assert!(matches!(voted.request.state, RequestState::Issued { .. }), "{:?}", voted.request.state);
    voted
}

async fn fetch(process: &Process, name: &str, request: &RecordedRequest) -> Result<FinishResponse> {
    process.desk(name).finish_request(finish(request, PASSWORD)).await
}

async fn state(process: &Process, request: &RecordedRequest) -> RequestState {
    process.desk("rita").request(named(request)).await.unwrap().request.state
}

/// How many certificates the newest list names, and how many are on record as revoked.
async fn revoked(process: &Process) -> (usize, usize) {
    let list = process.desk("rita").revocation_list(RevocationListRequest { authority: "plant".into() }).await.unwrap();
    let query = CertificatesRequest { revoked: Some(true), ..Default::default() };
    let recorded = process.desk("rita").certificates(query).await.unwrap().certificates.len();
    (RevocationList::parse(&list.revocation_list.0).unwrap().revoked(), recorded)
}

/// That openssl opens what was delivered with the password alone, and that the key is that of the certificate.
fn check(folder: &Path, delivered: &FinishResponse, format: PrivateKeyFormat) {
    std::fs::write(folder.join("key"), &delivered.private_key.as_ref().unwrap().0).unwrap();
    std::fs::write(folder.join("own.der"), &delivered.certificate.0).unwrap();
    let public = openssl(folder, &["x509", "-inform", "DER", "-in", "own.der", "-pubkey", "-noout"], "").unwrap();
    let key = match format {
        PrivateKeyFormat::Pem => "key",
        PrivateKeyFormat::Pfx => {
            let open = ["pkcs12", "-in", "key", "-passin", "stdin", "-nodes", "-out", "open"];
            openssl(folder, &open, "not the password").unwrap_err();
            openssl(folder, &open, PASSWORD).unwrap();
            let all = std::fs::read_to_string(folder.join("open")).unwrap();
            assert_eq!(all.matches("BEGIN CERTIFICATE").count(), 3, "with its chain");
            "open"
        }
    };
    let open = ["pkey", "-in", key, "-passin", "stdin", "-pubout"];
    assert_eq!(openssl(folder, &open, PASSWORD).unwrap(), public);
    if format == PrivateKeyFormat::Pem {
        openssl(folder, &open, "not the password").unwrap_err();
    }
}

#[tokio::test]
async fn openssl_opens_the_key_with_the_password_and_it_is_that_of_the_certificate() {
    let process = Process::set_up().await;
    for (format, kind) in [
        (PrivateKeyFormat::Pfx, CertificateType::NistP256),
        (PrivateKeyFormat::Pem, CertificateType::NistP256),
        (PrivateKeyFormat::Pfx, CertificateType::RsaSha256),
        (PrivateKeyFormat::Pem, CertificateType::RsaSha256),
        (PrivateKeyFormat::Pfx, CertificateType::BrainpoolP256r1),
        (PrivateKeyFormat::Pem, CertificateType::BrainpoolP256r1),
    ] {
        if kind == CertificateType::BrainpoolP256r1 && !cfg!(feature = "brainpool") {
            continue;
        }
        let request = StartNewKeyPairRequest { certificate_type: Some(kind), ..new_key_pair(format) };
        let asked = process.desk("otto").start_new_key_pair_request(request).await.unwrap();
        assert_eq!(fetch(&process, "otto", &asked).await.unwrap_err().status(), StatusCode::BadNothingToDo);
        process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
        let delivered = fetch(&process, "otto", &asked).await.unwrap();
        let certificate = Certificate::parse(&delivered.certificate.0).unwrap();
        assert_eq!(
            (certificate.uris(), certificate.dns_names()),
            (vec!["urn:works:press".into()], vec!["press.local".into()])
        );
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), &delivered, format);
    }
}

#[tokio::test]
async fn neither_key_nor_password_is_written_or_printed_anywhere() {
    let process = Process::set_up().await;
    let asked = approved(&process, PrivateKeyFormat::Pem).await;
    let request = finish(&asked, PASSWORD);
    let printed = format!("{request:?}");
    let weak = FinishRequest { password: Some(Password::from("opens the")), ..request.clone() };
    let refused = process.desk("otto").finish_request(weak).await.unwrap_err();
    let delivered = process.desk("otto").finish_request(request.clone()).await.unwrap();
    let key = process.certificates.held.keys.lock().get(&asked.request.id).unwrap().to_pkcs8().unwrap();
    let written =
        format!("{} {printed} {refused:?} {:?} {delivered:?}", process.works.written().await, process.certificates);
    assert!(written.contains("keyPair.delivered"));
    assert!(!written.contains("opens the"), "the password");
    // The middle of the secret number, which follows its own tag and length, as bytes, hexadecimal or Base64.
    let tag = key.windows(5).position(|five| five == [0x02, 0x01, 0x01, 0x04, 0x20]).unwrap();
    // As Base64 of the whole would show it.
    let from = (tag + 5).next_multiple_of(3);
    let secret = &key[from..from + 24];
    let debug = format!("{secret:?}");
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, secret);
    for canary in [&debug[1..debug.len() - 1], &hex, &base64] {
        assert!(!written.contains(canary), "the key");
    }
    // Nor in the digest that faces put into their record of the request.
    let operation = OPERATIONS.iter().find(|operation| operation.name == "finish_request").unwrap();
    let json = serde_json::to_vec(&request).unwrap();
    let recorded = iiot_core::operation::recordable(operation, &json).into_owned();
    assert_eq!(String::from_utf8(recorded).unwrap(), format!("{{\"request\":\"{}\"}}", asked.request.id));
}

#[tokio::test]
async fn only_who_has_asked_or_an_administrator_gets_the_key_and_only_with_a_password() {
    let process = Process::set_up().await;
    let asked = approved(&process, PrivateKeyFormat::Pem).await;
    for name in ["olga", "anna"] {
        let error = fetch(&process, name, &asked).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Forbidden, StatusCode::BadUserAccessDenied));
        assert_eq!(process.desk(name).accept(named(&asked)).await.unwrap_err().kind(), ErrorKind::Forbidden);
    }
    let without = FinishRequest { password: None, ..finish(&asked, "") };
    assert_eq!(process.desk("otto").finish_request(without).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    for password in ["short", "elf zeichen", "umlaute äöü äöü", "line\nfeed in it"] {
        let error = process.desk("otto").finish_request(finish(&asked, password)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    assert!(!process.works.actions().await.contains(&"keyPair.delivered".to_owned()));
    fetch(&process, "ada", &asked).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_was_lost_comes_again_until_it_is_accepted() {
    let process = Process::set_up().await;
    let asked = approved(&process, PrivateKeyFormat::Pem).await;
    let early = process.desk("otto").accept(named(&asked)).await.unwrap_err();
    assert!(early.message().contains("not fetched yet"), "{early}");
    let one = fetch(&process, "otto", &asked).await.unwrap();
    let other = fetch(&process, "otto", &asked).await.unwrap();
    assert_eq!(one.certificate, other.certificate);
    assert_ne!(one.private_key, other.private_key, "encrypted anew, with another salt");
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &other, PrivateKeyFormat::Pem);
    assert_eq!(process.desk("rita").status(StatusRequest {}).await.unwrap().keys_held, 1);
    process.desk("otto").accept(named(&asked)).await.unwrap();
    assert!(process.certificates.held.keys.lock().is_empty());
    assert_eq!(fetch(&process, "otto", &asked).await.unwrap_err().status(), StatusCode::BadInvalidArgument);
    assert!(process.certificates.tend().await.unwrap().lost.is_empty());
    assert_eq!(revoked(&process).await, (0, 0));
}

#[tokio::test]
async fn a_delivered_key_does_not_stay_for_long_and_its_certificate_does() {
    let process = Process::set_up().await;
    let asked = approved(&process, PrivateKeyFormat::Pem).await;
    fetch(&process, "otto", &asked).await.unwrap();
    process.works.clock.advance(HOUR - Duration::from_secs(1));
    fetch(&process, "otto", &asked).await.unwrap();
    process.works.clock.advance(Duration::from_secs(1));
    let gone = fetch(&process, "otto", &asked).await.unwrap_err();
    assert_eq!((gone.kind(), gone.status()), (ErrorKind::NotFound, StatusCode::BadRequestNotAllowed));
    assert!(process.certificates.tend().await.unwrap().lost.is_empty());
    assert!(process.certificates.held.keys.lock().is_empty());
    assert_eq!(fetch(&process, "otto", &asked).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(revoked(&process).await, (0, 0));
    process.desk("otto").accept(named(&asked)).await.unwrap();
}

#[tokio::test]
async fn a_key_that_ended_with_its_process_takes_its_certificate_along() {
    let process = Process::set_up().await;
    let (lost, kept) =
        (approved(&process, PrivateKeyFormat::Pem).await, approved(&process, PrivateKeyFormat::Pfx).await);
    fetch(&process, "otto", &kept).await.unwrap();
    let process = process.restarted().await;
    assert_eq!(fetch(&process, "otto", &lost).await.unwrap_err().kind(), ErrorKind::NotFound);
    let tended = process.certificates.tend().await.unwrap();
    assert_eq!((tended.lost, tended.failed.len()), (vec![lost.request.id.clone()], 0));
    let RequestState::Failed { reason, .. } = state(&process, &lost).await else { panic!("failed") };
    assert!(reason.contains("make a new request"), "{reason}");
    let told = fetch(&process, "otto", &lost).await.unwrap_err();
    assert_eq!(told.message(), reason);
    assert!(matches!(state(&process, &kept).await, RequestState::Issued { .. }), "somebody has this key");
    assert_eq!(revoked(&process).await, (1, 1));
    assert!(process.certificates.tend().await.unwrap().lost.is_empty());
    assert_eq!(revoked(&process).await, (1, 1));
}

#[tokio::test]
async fn a_key_that_nobody_fetches_is_destroyed() {
    let process = Process::set_up().await;
    let asked = approved(&process, PrivateKeyFormat::Pem).await;
    process.works.clock.advance(DAY * 3 - Duration::from_secs(1));
    assert!(process.certificates.tend().await.unwrap().lost.is_empty());
    process.works.clock.advance(Duration::from_secs(1));
    assert_eq!(process.certificates.tend().await.unwrap().lost, std::slice::from_ref(&asked.request.id));
    assert!(process.certificates.held.keys.lock().is_empty());
    assert_eq!(revoked(&process).await, (1, 1));
}

#[tokio::test]
async fn a_revocation_that_fails_is_made_up_for() {
    let process = Process::set_up().await;
    let asked = approved(&process, PrivateKeyFormat::Pem).await;
    let process = process.restarted().await;
    process.works.token.gone.store(true, Ordering::SeqCst);
    assert_eq!(process.certificates.tend().await.unwrap().failed.len(), 1);
    assert!(matches!(state(&process, &asked).await, RequestState::Issued { .. }));
    process.works.token.gone.store(false, Ordering::SeqCst);
    assert_eq!(process.certificates.tend().await.unwrap().lost.len(), 1);
    assert_eq!(revoked(&process).await, (1, 1));
}

#[tokio::test]
async fn a_signature_that_was_interrupted_goes_on_with_the_same_key() {
    let process = Process::set_up().await;
    for restart in [false, true] {
        let asked = process.ask_for_key("otto", PrivateKeyFormat::Pem).await;
        process.works.token.gone.store(true, Ordering::SeqCst);
        let voted = process.vote_on("anna", &asked, Choice::Approve).await.unwrap().request.unwrap();
        assert_eq!(voted.request.state, RequestState::Approved);
        process.works.token.gone.store(false, Ordering::SeqCst);
        if restart {
            let process = Process { works: process.works.clone(), certificates: Arc::clone(&process.certificates) };
            let process = process.restarted().await;
            assert_eq!(process.certificates.tend().await.unwrap().lost, std::slice::from_ref(&asked.request.id));
            assert_eq!(revoked(&process).await, (1, 1));
        } else {
            assert!(process.certificates.tend().await.unwrap().lost.is_empty());
            let delivered = fetch(&process, "otto", &asked).await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            check(folder.path(), &delivered, PrivateKeyFormat::Pem);
            process.desk("otto").accept(named(&asked)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn of_several_processes_the_one_that_made_the_key_delivers_it() {
    let process = Process::set_up().await;
    let asked = approved(&process, PrivateKeyFormat::Pem).await;
    let other = process.works.started(CertificatesOptions { holder: "gds-2".into(), ..options() }).await;
    let elsewhere = fetch(&other, "otto", &asked).await.unwrap_err();
    assert_eq!((elsewhere.kind(), elsewhere.is_retryable()), (ErrorKind::Unavailable, true));
    assert!(other.certificates.tend().await.unwrap().lost.is_empty());
    fetch(&process, "otto", &asked).await.unwrap();
    let second = approved(&process, PrivateKeyFormat::Pem).await;
    drop(process);
    // Nobody knows whether the other one comes back, until the time of the key is over.
    assert!(other.certificates.tend().await.unwrap().lost.is_empty());
    other.works.clock.advance(DAY * 3);
    assert_eq!(other.certificates.tend().await.unwrap().lost, std::slice::from_ref(&second.request.id));
}

#[tokio::test]
async fn two_votes_at_once_make_one_key() {
    let process = Process::set_up().await;
    for _ in 0..10 {
        let asked = process.ask_for_key("otto", PrivateKeyFormat::Pem).await;
        let (one, other) = tokio::join!(
            process.vote_on("anna", &asked, Choice::Approve),
            process.vote_on("ben", &asked, Choice::Approve)
        );
        assert!(one.is_ok() || other.is_ok());
        let delivered = fetch(&process, "otto", &asked).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), &delivered, PrivateKeyFormat::Pem);
        process.desk("otto").accept(named(&asked)).await.unwrap();
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_keys() {
    let works = Works::new().await;
    let process = Process::set_up().await;
    drop(works);
    let small = process.works.started(CertificatesOptions { keys_held: 1, ..options() }).await;
    let one = approved(&small, PrivateKeyFormat::Pem).await;
    let other = small.ask_for_key("otto", PrivateKeyFormat::Pem).await;
    small.vote_on("anna", &other, Choice::Approve).await.unwrap();
    assert_eq!(state(&small, &other).await, RequestState::New, "it is approved, and waits for room");
    fetch(&small, "otto", &one).await.unwrap();
    small.desk("otto").accept(named(&one)).await.unwrap();
    small.certificates.tend().await.unwrap();
    fetch(&small, "otto", &other).await.unwrap();
}

#[tokio::test]
async fn whoever_asks_for_a_key_hears_at_once_what_is_wrong() {
    let process = Process::set_up().await;
    let refused = async |request| process.desk("otto").start_new_key_pair_request(request).await.unwrap_err().kind();
    let pem = || new_key_pair(PrivateKeyFormat::Pem);
    assert_eq!(
        refused(StartNewKeyPairRequest { subject_name: "CN=Saw".into(), ..pem() }).await,
        ErrorKind::InvalidArgument
    );
    let domain_names = vec!["saw.local".into()];
    assert_eq!(refused(StartNewKeyPairRequest { domain_names, ..pem() }).await, ErrorKind::InvalidArgument);
    // The group has certificates of other types only.
    let certificate_type = Some(CertificateType::BrainpoolP384r1);
    assert_eq!(refused(StartNewKeyPairRequest { certificate_type, ..pem() }).await, ErrorKind::InvalidArgument);
    process.works.enter("press", Approval::Discovered, true).await;
    assert_eq!(refused(pem()).await, ErrorKind::Forbidden);
    // A principal may have a role that the record of people does not know; what is asked for goes by his name all the same.
    process.works.enter("press", Approval::Approved, true).await;
    let stranger = process.certificates.acting_as(Principal::new("token:42", Role::Operator));
    let asked = stranger.start_new_key_pair_request(pem()).await.unwrap();
    assert_eq!(asked.request.requester, "token:42");
    let head = process.works.store.audit_head().await.unwrap().0;
    assert!(head > 0);
}
