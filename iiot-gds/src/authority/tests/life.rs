//! The life of certificates, judged by OpenSSL.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use iiot_core::ErrorKind;
use iiot_core::clock::{Clock, ManualClock};
use iiot_core::operation::Role;
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use parking_lot::Mutex;

use super::works::*;
use crate::authority::{Authorities, AuthorityKey, AuthorityParts, Issued, Stage};
use crate::model::{CertificateType, Der};
use crate::policy::{
    Approvable, ApprovalPolicy, CertificateGroup, CertificateRequest, Choice, Decision, Due, Purpose, RequestState,
    Vote, Wanted,
};
use crate::store::RevocationReason;

/// A signing request that OpenSSL has made.
fn csr(folder: &Path, key: &str, uri: &str) -> Wanted {
    let out = folder.join("csr.der");
    let mut command = Command::new("openssl");
    command.args(["req", "-new", "-nodes", "-subj", "/CN=anything", "-outform", "DER"]);
    match key.strip_prefix("ec:") {
        Some(curve) => command.args(["-newkey", "ec", "-pkeyopt", &format!("ec_paramgen_curve:{curve}")]),
        None => command.args(["-newkey", key]),
    };
    command.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(&out);
    command.args(["-addext", &format!("subjectAltName=URI:{uri},DNS:press.local")]);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Wanted::SigningRequest { csr: Der(std::fs::read(out).unwrap()) }
}

fn pem(label: &str, ders: &[Vec<u8>]) -> String {
    let one = |der: &Vec<u8>| {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    ders.iter().map(one).collect()
}

/// What `openssl verify -crl_check_all` says of a certificate, with the newest lists of these authorities.
pub(super) async fn verify(authorities: &Authorities, issued: &Issued, now: UtcTime) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let (root, between) = issued.issuers.split_last().unwrap();
    let mut lists = Vec::new();
    let mut next = Some(issued.issuer.clone());
    while let Some(id) = next {
        lists.push(authorities.revocation_list(&id).await.unwrap().unwrap());
        next = authorities.authority(&id).await.unwrap().issuer;
    }
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let seconds = now.since(UtcTime::UNIX_EPOCH).as_secs().to_string();
    let output = Command::new("openssl")
        .args(["verify", "-x509_strict", "-crl_check_all", "-attime", &seconds])
        .arg("-CAfile")
        .arg(write("root.pem", pem("CERTIFICATE", std::slice::from_ref(root))))
        .arg("-untrusted")
        .arg(write("between.pem", pem("CERTIFICATE", between)))
        .arg("-CRLfile")
        .arg(write("lists.pem", pem("X509 CRL", &lists)))
        .arg(write("leaf.pem", pem("CERTIFICATE", std::slice::from_ref(&issued.certificate))))
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(said) }
}

async fn issue(authorities: &Authorities, request: &CertificateRequest) -> iiot_core::Result<Issued> {
    authorities.submit(request.clone()).await.unwrap();
    authorities.issue(approved(request), None).await
}

#[tokio::test]
async fn openssl_accepts_what_is_issued_and_refuses_what_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let brainpool = [
        (AuthorityKey::BrainpoolP256r1, "ec:brainpoolP256r1", CertificateType::BrainpoolP256r1),
        (AuthorityKey::BrainpoolP384r1, "ec:brainpoolP384r1", CertificateType::BrainpoolP384r1),
        (AuthorityKey::Rsa2048, "ec:brainpoolP256r1", CertificateType::BrainpoolP256r1),
    ];
    let built = if cfg!(feature = "brainpool") { &brainpool[..] } else { &[] };
    let always = [
        (AuthorityKey::NistP256, "ec:P-256", CertificateType::NistP256),
        (AuthorityKey::NistP384, "rsa:2048", CertificateType::RsaSha256),
        (AuthorityKey::Rsa2048, "rsa:3072", CertificateType::RsaSha256),
    ];
    for (authority, wanted, kind) in always.iter().chain(built).copied() {
        let (parts, _) = parts();
        let authorities = opened(&parts).await;
        for (id, issuer) in [("root", None), ("plant", Some("root"))] {
            let spec = crate::authority::AuthoritySpec { key: authority, ..spec(id, issuer, None) };
            assert_eq!(authorities.create(approved(&spec)).await.unwrap().stage, Stage::Active);
        }
        let group = CertificateGroup { certificate_types: vec![kind], ..group("plant") };
        authorities.put_group(&group, "rita").await.unwrap();
        let request = |id: &str| CertificateRequest {
            certificate_type: kind,
            ..request(id, "press", csr(folder.path(), wanted, "urn:works:press"))
        };
        let first = issue(&authorities, &request("r1")).await.unwrap();
        let second = issue(&authorities, &request("r2")).await.unwrap();
        assert_eq!(verify(&authorities, &first, start()).await, Ok(()), "{authority:?}");
        let reason = RevocationReason::KeyCompromise;
        authorities.revoke(&first.issuer, &first.serial, reason, "rita").await.unwrap();
        let refused = verify(&authorities, &first, start()).await.unwrap_err();
        assert!(refused.contains("certificate revoked"), "{refused}");
        assert_eq!(verify(&authorities, &second, start()).await, Ok(()), "{authority:?}");
    }
}

#[tokio::test]
async fn an_authority_that_is_revoked_takes_its_certificates_along() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let issued = certify(&authorities, "r1", &application_key().await).await.unwrap();
    let serial = authorities.authority("plant").await.unwrap().serial;
    authorities.revoke("root", &serial, RevocationReason::CaCompromise, "rita").await.unwrap();
    assert!(verify(&authorities, &issued, start()).await.unwrap_err().contains("certificate revoked"));
    assert_eq!(authorities.authority("plant").await.unwrap().stage, Stage::Retired);
    assert!(certify(&authorities, "r2", &application_key().await).await.is_err());
    let root = authorities.authority("root").await.unwrap().serial;
    let refused = authorities.revoke("root", &root, RevocationReason::CaCompromise, "rita").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_request_that_is_wrong_fails_and_says_why() {
    let (folder, (parts, _)) = (tempfile::tempdir().unwrap(), parts());
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let wrong = request("r1", "press", csr(folder.path(), "ec:P-256", "urn:somebody:else"));
    let refused = issue(&authorities, &wrong).await.unwrap_err();
    let answer = authorities.finish_request("r1").await.unwrap_err();
    assert_eq!(answer.status(), refused.status());
    assert!(matches!(authorities.request("r1").await.unwrap().request.state, RequestState::Failed { .. }));
    let again = authorities.issue(approved(&wrong), None).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict, "it stays so");
    let other_type = request("r2", "press", csr(folder.path(), "rsa:2048", "urn:works:press"));
    assert!(issue(&authorities, &other_type).await.is_err());
    let mut wrong_host = request("r3", "press", new_key_pair());
    wrong_host.applicant.hosts = vec!["no host".into()];
    authorities.submit(wrong_host.clone()).await.unwrap();
    assert!(authorities.issue(approved(&wrong_host), Some(&application_key().await)).await.is_err());
    assert!(matches!(authorities.request("r3").await.unwrap().request.state, RequestState::Failed { .. }));
    assert_eq!(parts.store.certificates(&crate::store::CertificateQuery::default()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_issued_is_what_was_approved() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let asked = request("r1", "press", new_key_pair());
    authorities.submit(asked.clone()).await.unwrap();
    let swapped = CertificateRequest { applicant: request("r1", "oven", new_key_pair()).applicant, ..asked };
    let key = application_key().await;
    let refused = authorities.issue(approved(&swapped), Some(&key)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let strict =
        CertificateGroup { approval: CertificateGroup::default_application("plant").approval, ..group("plant") };
    authorities.put_group(&strict, "rita").await.unwrap();
    let lax = request("r1", "press", new_key_pair());
    let refused = authorities.issue(approved(&lax), Some(&key)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict, "its group wants votes");
    let unknown = request("r9", "press", new_key_pair());
    assert_eq!(authorities.issue(approved(&unknown), Some(&key)).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn people_vote_and_then_it_is_issued() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let strict =
        CertificateGroup { approval: CertificateGroup::default_application("plant").approval, ..group("plant") };
    assert!(matches!(strict.approval, ApprovalPolicy::Votes(_)));
    authorities.put_group(&strict, "rita").await.unwrap();
    let role_of = |person: &str| (person == "anna" || person == "rita").then_some(Role::Approver);
    let vote = |by: &str, of: &CertificateRequest, choice| Vote {
        by: by.into(),
        choice,
        digest: of.digest(),
        at: start(),
        reason: "seen".into(),
    };
    let [yes, no] = ["r1", "r2"].map(|id| request(id, "press", new_key_pair()));
    for request in [&yes, &no] {
        authorities.submit(request.clone()).await.unwrap();
        authorities.vote(&request.id, vote("rita", request, Choice::Approve)).await.unwrap();
        assert!(matches!(authorities.decide(&request.id, role_of).await.unwrap(), Decision::Pending(_)));
    }
    assert_eq!(authorities.finish_request("r1").await.unwrap_err().status(), StatusCode::BadNothingToDo);
    authorities.vote("r1", vote("anna", &yes, Choice::Approve)).await.unwrap();
    let Decision::Approved(approved) = authorities.decide("r1", role_of).await.unwrap() else { panic!("approved") };
    let issued = authorities.issue(approved, Some(&application_key().await)).await.unwrap();
    assert_eq!(authorities.finish_request("r1").await.unwrap(), issued);
    authorities.accept("r1", "press").await.unwrap();
    assert_eq!(authorities.finish_request("r1").await.unwrap_err().status(), StatusCode::BadInvalidArgument);
    authorities.vote("r2", vote("anna", &no, Choice::Reject)).await.unwrap();
    assert!(matches!(authorities.decide("r2", role_of).await.unwrap(), Decision::Rejected(_)));
    assert_eq!(authorities.finish_request("r2").await.unwrap_err().status(), StatusCode::BadRequestNotAllowed);
    let late = authorities.vote("r2", vote("anna", &no, Choice::Approve)).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn lists_are_published_every_day() {
    let (parts, clock) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    for day in 1..=3 {
        for published in authorities.publish_due().await.unwrap() {
            assert!(published.failure.is_none() && published.alarm.is_none(), "{published:?}");
            assert_eq!(published.next, Due::At(clock.utc() + DAY));
        }
        assert_eq!(parts.store.last_number("plant").await.unwrap(), day);
        clock.advance(DAY);
    }
    clock.advance(DAY * 20);
    parts.keys.remove("authority-plant").await.unwrap();
    let all = authorities.publish_due().await.unwrap();
    let plant = all.iter().find(|one| one.authority == "plant").unwrap();
    assert!(plant.failure.is_some() && plant.alarm.is_some(), "{plant:?}");
    assert!(all.iter().any(|one| one.authority == "root" && one.failure.is_none()), "others go on");
}

#[tokio::test]
async fn all_certificates_of_an_application_are_revoked_at_once() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let key = application_key().await;
    for id in ["r1", "r2"] {
        certify(&authorities, id, &key).await.unwrap();
    }
    assert_eq!(authorities.material(Purpose::Application).await.unwrap().certificates.len(), 2);
    let reason = RevocationReason::CessationOfOperation;
    assert_eq!(authorities.revoke_application("press", reason, "rita").await.unwrap(), 2);
    assert_eq!(authorities.revoke_application("press", reason, "rita").await.unwrap(), 0);
    assert_eq!(parts.store.last_number("plant").await.unwrap(), 2, "by one list");
    assert!(authorities.material(Purpose::Application).await.unwrap().certificates.is_empty());
}

/// A clock that can be set.
#[derive(Debug)]
struct Settable {
    clock: Arc<ManualClock>,
    days: Mutex<i64>,
}

#[async_trait::async_trait]
impl Clock for Settable {
    fn utc(&self) -> UtcTime {
        UtcTime::from_ticks(self.clock.utc().ticks() + *self.days.lock() * 864_000_000_000)
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    async fn sleep_until(&self, deadline: Instant) {
        self.clock.sleep_until(deadline).await;
    }
}

#[tokio::test]
async fn nothing_is_signed_by_a_clock_that_jumped_a_day() {
    let (parts, clock) = parts();
    let settable = Arc::new(Settable { clock, days: Mutex::new(0) });
    let parts = AuthorityParts { clock: Arc::<Settable>::clone(&settable), ..parts };
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let key = application_key().await;
    for days in [1, -1] {
        *settable.days.lock() = days;
        assert_eq!(certify(&authorities, "r1", &key).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(authorities.publish("plant", "rita").await.is_err());
    }
    assert!(opened(&parts).await.publish("plant", "rita").await.is_err(), "a day back is noticed after a restart too");
    *settable.days.lock() = 0;
    certify(&authorities, "r1", &key).await.unwrap();
    *settable.days.lock() = 1;
    authorities.believe_clock("rita").await.unwrap();
    certify(&authorities, "r2", &key).await.unwrap();
}
