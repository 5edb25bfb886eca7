//! The audit record: shown, exported, checked, followed.

use std::time::Duration;

use futures::StreamExt;
use iiot_core::ErrorKind;
use iiot_core::testing::{wait_until, within};

use super::works::*;
use crate::audit::{MarkedStore, MarksFile, verify_export};
use crate::certificates::audit::{
    AuditRequest, BelieveClockRequest, CheckAuditRequest, ExportAuditRequest, WatchCertificatesRequest,
};
use crate::certificates::{Certificates, CertificatesOptions};
use crate::policy::Choice;
use crate::store::Store;

#[tokio::test]
async fn the_record_is_read_page_by_page() {
    let process = Process::set_up().await;
    let (mut numbers, mut after) = (Vec::new(), None);
    loop {
        let page = process.desk("anna").audit(AuditRequest { after, limit: Some(7) }).await.unwrap();
        numbers.extend(page.entries.iter().map(|entry| entry.number));
        after = page.next;
        if after.is_none() {
            assert_eq!(page.newest, numbers.len() as u64);
            break;
        }
    }
    assert!(numbers.len() > 14 && numbers.windows(2).all(|two| two[1] == two[0] + 1));
    for limit in [0, 1_001] {
        let error = process.desk("anna").audit(AuditRequest { after: None, limit: Some(limit) }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    let far = process.desk("anna").audit(AuditRequest { after: Some(u64::MAX), limit: None }).await.unwrap_err();
    assert_eq!(far.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn what_is_exported_is_what_the_verifier_reads() {
    let process = Process::set_up().await;
    let anna = process.desk("anna");
    let entries: Vec<_> = anna.export_audit(ExportAuditRequest::default()).await.unwrap().collect().await;
    let lines: Vec<String> = entries.into_iter().map(|entry| serde_json::to_string(&entry.unwrap()).unwrap()).collect();
    let verified = verify_export(lines.join("\n").as_bytes(), Vec::new(), None).unwrap().unwrap();
    assert_eq!(verified.entries, process.works.store.audit_head().await.unwrap().0);
    let changed = lines.join("\n").replace("ada", "eva");
    let finding = verify_export(changed.as_bytes(), Vec::new(), None).unwrap().unwrap_err();
    assert_eq!(finding.number, 1);
    let rest = ExportAuditRequest { after: Some(3) };
    let first = anna.export_audit(rest).await.unwrap().next().await.unwrap().unwrap();
    assert_eq!(first.number, 4);
}

#[tokio::test]
async fn a_record_is_checked_while_others_write() {
    let process = Process::set_up().await;
    let folder = tempfile::tempdir().unwrap();
    let parts = process.works.parts();
    let file = MarksFile::new(folder.path().join("marks"));
    let marks = MarkedStore::accept(parts.store, file, parts.clock, "ada").await.unwrap();
    let options = CertificatesOptions { marks: Some(marks), ..options() };
    let process = process.works.started(options).await;
    for artefacts in [false, true] {
        let check = process.desk("anna").check_audit(CheckAuditRequest { artefacts }).await.unwrap();
        assert!(check.intact && check.finding.is_none() && check.entries > 10, "{check:?}");
    }
    let asked = process.ask("otto", "press").await;
    let anna = process.desk("anna");
    let (check, voted) = tokio::join!(
        anna.check_audit(CheckAuditRequest { artefacts: true }),
        process.vote_on("anna", &asked, Choice::Approve)
    );
    voted.unwrap();
    assert!(check.unwrap().intact);
}

#[tokio::test]
async fn who_watches_sees_what_is_done_and_can_go_on_later() {
    let process = Process::set_up().await;
    let rita = process.desk("rita");
    let mut updates = rita.watch(WatchCertificatesRequest { after: None }).await.unwrap();
    let asked = process.ask("otto", "press").await;
    let first = within("an update", Duration::from_secs(10), updates.next()).await.unwrap().unwrap();
    assert_eq!((first.action.as_str(), first.by.as_str()), ("request.submitted", "otto"));
    assert_eq!(first.subject, asked.request.id);
    // It waits at the clock for more.
    let waiting = tokio::spawn(async move { updates.next().await.unwrap().unwrap() });
    wait_until("it sleeps", Duration::from_secs(10), || process.works.clock.next_deadline().is_some()).await;
    process.vote_on("anna", &asked, Choice::Approve).await.unwrap();
    process.works.clock.advance(Duration::from_secs(1));
    let second = within("another one", Duration::from_secs(10), waiting).await.unwrap();
    assert_eq!((second.action.as_str(), second.sequence), ("request.voteToApprove", first.sequence + 1));
    let later = rita.watch(WatchCertificatesRequest { after: Some(first.sequence) }).await.unwrap();
    let later: Vec<_> = later.take(3).collect().await;
    let actions: Vec<String> = later.into_iter().map(|update| update.unwrap().action).collect();
    assert_eq!(actions, ["request.voteToApprove", "certificate.reserved", "certificate.issued"]);
}

#[tokio::test]
async fn a_clock_is_believed_by_who_has_looked_at_it() {
    let process = Process::set_up().await;
    let ada = process.desk("ada");
    let wrong = BelieveClockRequest { time: start() + DAY };
    assert_eq!(ada.believe_clock(wrong).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let believed = ada.believe_clock(BelieveClockRequest { time: start() + Duration::from_secs(30) }).await.unwrap();
    assert_eq!(believed.time, start());
    assert!(process.works.actions().await.contains(&"clock.believed".to_owned()));
    let _: &dyn Certificates = &*ada;
}
