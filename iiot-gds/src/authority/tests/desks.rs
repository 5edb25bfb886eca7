//! What was read before holds for as long as nobody has changed it, in whatever process.

use iiot_core::ErrorKind;

use super::faulty::{Fault, Fuse, behind};
use super::invariants::check;
use super::works::*;
use crate::model::CertificateType;
use crate::policy::{ApprovalPolicy, CertificateGroup, CertificateRequest, RequestState};
use crate::store::RevocationReason;

#[tokio::test]
async fn a_group_that_another_process_has_changed_is_read_again() {
    let (parts, _) = parts();
    let (first, second) = (opened(&parts).await, opened(&parts).await);
    set_up(&first).await.unwrap();
    let key = application_key().await;
    certify(&first, "r1", &key).await.unwrap();
    let strict =
        CertificateGroup { approval: CertificateGroup::default_application("plant").approval, ..group("plant") };
    second.put_group(&strict, "rita").await.unwrap();
    let waiting = first.start_request(request("r2", "press", new_key_pair()), Some(&key)).await.unwrap();
    assert_eq!(waiting, None, "somebody has to approve now");
    assert_eq!(first.request("r2").await.unwrap().request.state, RequestState::New);
    let by_old_rules = first.issue(approved(&first.request("r2").await.unwrap().request), Some(&key)).await;
    assert_eq!(by_old_rules.unwrap_err().kind(), ErrorKind::Conflict);
    check(&parts, &[]).await;
}

#[tokio::test]
async fn nothing_is_refused_by_what_was_read_before() {
    let (parts, _) = parts();
    let (first, second) = (opened(&parts).await, opened(&parts).await);
    set_up(&first).await.unwrap();
    let narrow = CertificateGroup { certificate_types: vec![CertificateType::RsaSha256], ..group("plant") };
    second.put_group(&narrow, "rita").await.unwrap();
    let key = application_key().await;
    let asked = request("r1", "press", new_key_pair());
    let refused = first.start_request(asked.clone(), Some(&key)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    second.put_group(&group("plant"), "rita").await.unwrap();
    assert!(first.start_request(asked, Some(&key)).await.unwrap().is_some());
    check(&parts, &[]).await;
}

#[tokio::test]
async fn an_authority_that_another_process_has_ended_signs_nothing_more() {
    let (parts, _) = parts();
    let fuse = Fuse::new(0, Fault::CrashBefore);
    let (first, second) = (opened(&behind(&fuse, &parts)).await, opened(&parts).await);
    set_up(&first).await.unwrap();
    let key = application_key().await;
    certify(&first, "r1", &key).await.unwrap();
    let serial = first.authority("plant").await.unwrap().serial;
    second.revoke("root", &serial, RevocationReason::CaCompromise, "rita").await.unwrap();
    let before = fuse.signed.lock().len();
    for id in ["r2", "r3"] {
        let refused = first.start_request(request(id, "press", new_key_pair()), Some(&key)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused:?}");
    }
    assert_eq!(fuse.signed.lock().len(), before, "a key was used");
    check(&parts, &[]).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_new_request_is_on_record() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let mut wrong = request("r1", "press", new_key_pair());
    wrong.applicant.hosts = vec!["no host".into()];
    let key = application_key().await;
    let refused = authorities.start_request(wrong.clone(), Some(&key)).await.unwrap_err();
    assert_eq!(authorities.finish_request("r1").await.unwrap_err().status(), refused.status());
    assert_eq!(authorities.start_request(wrong, Some(&key)).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    let decided = CertificateRequest { state: RequestState::Approved, ..request("r2", "press", new_key_pair()) };
    assert_eq!(authorities.start_request(decided, Some(&key)).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let nowhere = CertificateRequest { group: "nowhere".into(), ..request("r3", "press", new_key_pair()) };
    assert_eq!(authorities.start_request(nowhere, Some(&key)).await.unwrap_err().kind(), ErrorKind::NotFound);
    check(&parts, &[]).await;
}

#[tokio::test]
async fn where_somebody_decides_a_request_is_submitted_though_nothing_can_be_issued() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let strict =
        CertificateGroup { approval: CertificateGroup::default_application("plant").approval, ..group("plant") };
    assert!(!matches!(strict.approval, ApprovalPolicy::Automatic));
    authorities.put_group(&strict, "rita").await.unwrap();
    let serial = authorities.authority("plant").await.unwrap().serial;
    authorities.revoke("root", &serial, RevocationReason::CaCompromise, "rita").await.unwrap();
    assert_eq!(authorities.start_request(request("r1", "press", new_key_pair()), None).await.unwrap(), None);
    assert_eq!(authorities.request("r1").await.unwrap().request.state, RequestState::New);
}
