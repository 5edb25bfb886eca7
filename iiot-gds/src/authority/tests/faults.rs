//! A fault at every call that changes something, each in four ways.

use std::sync::Arc;

use iiot_core::ErrorKind;

use super::faulty::{Fault, Fuse, behind};
use super::invariants::check;
use super::works::{application_key, certify, live, new_key_pair, opened, parts, request, set_up, start};
use crate::audit::{MarkedStore, MarksFile};
use crate::authority::AuthorityParts;
use crate::policy::RequestState;
use crate::store::{ArtefactName, CertificateQuery, MemoryStore, open};

/// So many calls change something in the life that is tried.
const CALLS: usize = 29;

#[tokio::test]
async fn whatever_fails_what_is_signed_is_on_record_and_all_goes_on() {
    let key = application_key().await;
    let whole = Fuse::new(0, Fault::CrashBefore);
    live(&opened(&behind(&whole, &parts().0)).await, &key).await.unwrap();
    assert_eq!(whole.calls(), CALLS, "there is much that can fail");
    for fault in Fault::ALL {
        for call in 1..=whole.calls() {
            fail_at(parts().0, call, fault, &key).await;
        }
    }
}

#[tokio::test]
async fn the_same_holds_on_disk() {
    let key = application_key().await;
    for call in 1..=CALLS {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&format!("sqlite:{}", folder.path().join("gds.db").display())).await.unwrap();
        fail_at(AuthorityParts { store, ..parts().0 }, call, Fault::ALL[call % 4], &key).await;
    }
}

async fn fail_at(parts: AuthorityParts, call: usize, fault: Fault, key: &[u8]) {
    let fuse = Fuse::new(call, fault);
    let before = opened(&behind(&fuse, &parts)).await;
    let outcome = live(&before, key).await;
    assert!(outcome.is_err() && fuse.has_blown(), "{fault:?} at {call}: {outcome:?}");
    // The same process goes on where it can; else the next one does.
    let next = Fuse::new(0, Fault::CrashBefore);
    let restarted = opened(&behind(&next, &parts)).await;
    let after = if matches!(fault, Fault::ErrorBefore | Fault::ErrorAfter) { &before } else { &restarted };
    let recovered = after.recover().await.unwrap();
    assert!(recovered.failed.is_empty(), "{fault:?} at {call}: {recovered:?}");
    let signed = |fuse: &Arc<Fuse>| fuse.signed.lock().clone();
    check_if_any(&parts, &signed(&fuse)).await;
    live(after, key).await.unwrap_or_else(|error| panic!("{fault:?} at {call}: {error:?}"));
    check(&parts, &[signed(&fuse), signed(&next)].concat()).await;
    // One request, one certificate.
    let all = parts.store.certificates(&CertificateQuery::default()).await.unwrap();
    for id in ["r1", "r2", "r3"] {
        assert_eq!(all.iter().filter(|one| one.request == id).count(), 1, "{fault:?} at {call}");
        assert!(matches!(after.request(id).await.unwrap().request.state, RequestState::Issued { .. }));
    }
}

/// What holds always holds in the middle too, once there is an authority.
async fn check_if_any(parts: &AuthorityParts, signed: &[Vec<u8>]) {
    if parts.store.document("authority", "root").await.unwrap().is_some() {
        check(parts, signed).await;
    }
}

#[tokio::test]
async fn nothing_is_signed_while_the_record_cannot_be_written() {
    let (parts, _) = parts();
    set_up(&opened(&parts).await).await.unwrap();
    let fuse = Fuse::new(1, Fault::CrashBefore);
    let authorities = opened(&behind(&fuse, &parts)).await;
    let key = application_key().await;
    assert!(certify(&authorities, "r1", &key).await.is_err());
    assert!(authorities.publish("plant", "rita").await.is_err());
    let serial = authorities.authority("plant").await.unwrap().serial;
    assert!(authorities.revoke("root", &serial, crate::store::RevocationReason::CaCompromise, "rita").await.is_err());
    assert!(fuse.signed.lock().is_empty(), "a key was used");
}

#[tokio::test]
async fn a_key_that_is_away_is_waited_for() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    // The reservation succeeds, the signature does not.
    let fuse = Fuse::new(2, Fault::CrashBefore);
    let key = application_key().await;
    let away = opened(&behind(&fuse, &parts)).await;
    assert_eq!(certify(&away, "r1", &key).await.unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(away.recover().await.unwrap().failed.len(), 1);
    assert_eq!(certify(&authorities, "r1", &key).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(authorities.recover().await.unwrap().signed.len(), 1);
    let issued = certify(&authorities, "r1", &key).await.unwrap();
    assert_eq!(issued, authorities.finish_request("r1").await.unwrap(), "and it is one certificate");
    check(&parts, &[]).await;
}

#[tokio::test]
async fn what_has_expired_before_it_was_signed_is_voided_and_revoked() {
    let (parts, clock) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let fuse = Fuse::new(2, Fault::CrashAfter);
    let key = application_key().await;
    certify(&opened(&behind(&fuse, &parts)).await, "r1", &key).await.unwrap_err();
    clock.advance(super::works::DAY * 400);
    let recovered = authorities.recover().await.unwrap();
    assert_eq!((recovered.signed.len(), recovered.voided.len(), recovered.failed.len()), (0, 1, 0), "{recovered:?}");
    let signed = fuse.signed.lock().clone();
    check(&parts, &signed).await;
    assert!(matches!(authorities.request("r1").await.unwrap().request.state, RequestState::Failed { .. }));
}

#[tokio::test]
async fn an_operator_gives_up_what_cannot_be_signed() {
    let (parts, _) = parts();
    let authorities = opened(&parts).await;
    set_up(&authorities).await.unwrap();
    let key = application_key().await;
    certify(&opened(&behind(&Fuse::new(2, Fault::CrashBefore), &parts)).await, "r1", &key).await.unwrap_err();
    parts.keys.remove("authority-plant").await.unwrap();
    // Whoever has opened it still has it.
    let authorities = opened(&parts).await;
    let failed = authorities.recover().await.unwrap().failed;
    let (name, cause) = &failed[0];
    assert_eq!(cause.kind(), ErrorKind::NotFound);
    authorities.give_up(name, "its key is lost", "rita").await.unwrap();
    assert_eq!(parts.store.unfinished().await.unwrap(), []);
    assert_eq!(authorities.give_up(name, "again", "rita").await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn an_authority_that_is_made_anew_goes_on_behind_the_numbers_of_a_lost_database() {
    let (folder, (parts, clock)) = (tempfile::tempdir().unwrap(), parts());
    let marks = || MarksFile::new(folder.path().join("marks.json"));
    let marked = MarkedStore::open(Arc::clone(&parts.store), marks(), Arc::clone(&parts.clock)).await.unwrap();
    let marked = AuthorityParts { store: Arc::new(marked), ..parts.clone() };
    let authorities = opened(&marked).await;
    set_up(&authorities).await.unwrap();
    for _ in 0..4 {
        authorities.publish("root", "rita").await.unwrap();
    }
    drop((authorities, marked));
    clock.advance(super::works::DAY);
    let empty: Arc<dyn crate::store::Store> = Arc::new(MemoryStore::new());
    let refused = MarkedStore::open(Arc::clone(&empty), marks(), Arc::clone(&parts.clock)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Corrupt);
    let accepted = MarkedStore::accept(Arc::clone(&empty), marks(), Arc::clone(&parts.clock), "olga").await.unwrap();
    let authorities = opened(&AuthorityParts { store: Arc::new(accepted), ..parts.clone() }).await;
    set_up(&authorities).await.unwrap();
    assert_eq!(empty.last_number("root").await.unwrap(), 6, "behind the five that there were");
    check(&AuthorityParts { store: empty, ..parts }, &[]).await;
}

#[tokio::test]
async fn two_processes_that_finish_the_same_thing_agree() {
    let (parts, _) = parts();
    let (first, second) = (opened(&parts).await, opened(&parts).await);
    set_up(&first).await.unwrap();
    let key = application_key().await;
    certify(&opened(&behind(&Fuse::new(2, Fault::CrashAfter), &parts)).await, "r1", &key).await.unwrap_err();
    // Both have seen it unfinished before either has finished it.
    let left = parts.store.unfinished().await.unwrap();
    assert!(first.resolve(&left[0], start()).await.unwrap());
    let signed = first.finish_request("r1").await.unwrap();
    assert!(second.resolve(&left[0], start()).await.unwrap());
    assert_eq!(second.finish_request("r1").await.unwrap(), signed, "the first signature stays");
    check(&parts, &[]).await;
}

#[tokio::test]
async fn two_processes_on_one_store_take_no_number_twice() {
    let (parts, _) = parts();
    let first = Arc::new(opened(&parts).await);
    set_up(&first).await.unwrap();
    let second = Arc::new(opened(&parts).await);
    let key = application_key().await;
    let mut tasks = Vec::new();
    for round in 0..20 {
        let (one, key) = (if round % 2 == 0 { Arc::clone(&first) } else { Arc::clone(&second) }, key.clone());
        tasks.push(tokio::spawn(async move {
            let issued = certify(&one, &format!("r{round}"), &key).await?;
            let reason = crate::store::RevocationReason::Superseded;
            one.revoke(&issued.issuer, &issued.serial, reason, "rita").await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    check(&parts, &[]).await;
    assert_eq!(parts.store.last_number("plant").await.unwrap(), 21);
    let other = request("r0", "press", new_key_pair());
    assert_eq!(first.submit(other).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    let name = ArtefactName::RevocationList { issuer: "plant".into(), number: 21 };
    assert!(parts.store.reserved(&name).await.unwrap().unwrap().reservation.from <= start());
}
