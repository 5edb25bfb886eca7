#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::sync::Arc;

use futures::StreamExt;
use tempfile::TempDir;

use super::*;
use crate::clock::SystemClock;
use crate::error::ErrorKind;

const NOW: UtcTime = UtcTime::UNIX_EPOCH;

fn log() -> (TempDir, AuditLog) {
    let folder = tempfile::tempdir().unwrap();
    let log = AuditLog::open(folder.path().join("audit.jsonl")).unwrap();
    (folder, log)
}

fn entry(operation: &str) -> AuditEntry {
    AuditEntry {
        event: AuditEvent::Began,
        principal: "alice".into(),
        role: Some(Role::Operator),
        key: Some("0123".into()),
        address: Some("10.0.0.1".into()),
        operation: operation.into(),
        request: sha256(b"{}"),
        began: None,
        reason: None,
        details: None,
    }
}

#[test]
fn records_are_numbered_read_back_in_order_and_follow_from_each_other() {
    let (_folder, log) = log();
    for index in 1..=5 {
        assert_eq!(log.append(NOW, entry(&format!("valve.set{index}"))).unwrap(), index);
    }
    let records = log.read(2, 2).unwrap();
    let read: Vec<_> = records.iter().map(|record| (record.sequence, record.entry.operation.as_str())).collect();
    assert_eq!(read, [(3, "valve.set3"), (4, "valve.set4")]);
    let check = log.check().unwrap();
    assert_eq!((check.records, check.broken), (5, None));
}

#[test]
fn whoever_changes_or_removes_a_line_is_noticed() {
    let (folder, log) = log();
    for index in 1..=4 {
        log.append(NOW, entry(&format!("valve.set{index}"))).unwrap();
    }
    let path = folder.path().join("audit.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("valve.set2", "valve.get2")).unwrap();
    let check = log.check().unwrap();
    assert_eq!((check.records, check.broken.as_deref()), (2, Some("record 3 does not follow from record 2")));
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("valve.set3")).collect();
    std::fs::write(&path, without.join("\n") + "\n").unwrap();
    let check = log.check().unwrap();
    assert_eq!((check.records, check.broken.as_deref()), (2, Some("record 4 does not follow from record 2")));
}

#[test]
fn the_chain_goes_on_after_a_restart_beside_another_process_and_behind_a_torn_line() {
    let (folder, log) = log();
    let path = folder.path().join("audit.jsonl");
    log.append(NOW, entry("a.a")).unwrap();
    let other = AuditLog::open(&path).unwrap();
    assert_eq!(other.append(NOW, entry("a.b")).unwrap(), 2);
    assert_eq!(log.append(NOW, entry("a.c")).unwrap(), 3);
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"sequence\":4,").unwrap();
    let again = AuditLog::open(&path).unwrap();
    assert_eq!(again.append(NOW, entry("a.d")).unwrap(), 4);
    let check = again.check().unwrap();
    assert_eq!((check.records, check.broken), (4, None));
}

#[test]
fn details_are_kept_and_files_without_them_are_read() {
    let (folder, log) = log();
    log.append(NOW, entry("valve.set")).unwrap();
    let path = folder.path().join("audit.jsonl");
    assert!(!std::fs::read_to_string(&path).unwrap().contains("details"), "a line is as it was before there were any");
    let details = Some(serde_json::json!({ "items": [{ "before": 1.5, "value": u64::MAX }] }));
    let end = AuditEntry { event: AuditEvent::Done, details: details.clone(), ..entry("valve.set") };
    log.append(NOW, end).unwrap();
    let again = AuditLog::open(&path).unwrap();
    assert_eq!(again.read(1, 1).unwrap()[0].entry.details, details);
    assert_eq!(again.append(NOW, entry("valve.set")).unwrap(), 3);
    assert_eq!((again.check().unwrap().records, again.check().unwrap().broken), (3, None));
}

#[test]
fn a_file_that_is_no_record_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    std::fs::write(&path, "hello\n").unwrap();
    assert_eq!(AuditLog::open(&path).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(std::fs::read(&path).unwrap(), b"hello\n");
    std::fs::write(&path, "x".repeat(1 << 20)).unwrap();
    assert_eq!(AuditLog::open(&path).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn a_reader_that_follows_sees_what_was_and_what_comes() {
    let (_folder, log) = log();
    let log = Arc::new(log);
    for index in 1..=3 {
        log.append(NOW, entry(&format!("valve.set{index}"))).unwrap();
    }
    let mut records = log.follow(1, Arc::new(SystemClock));
    assert_eq!(records.next().await.unwrap().unwrap().sequence, 2);
    assert_eq!(records.next().await.unwrap().unwrap().sequence, 3);
    log.append(NOW, entry("valve.set4")).unwrap();
    assert_eq!(records.next().await.unwrap().unwrap().sequence, 4);
}
