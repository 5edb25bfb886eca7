//! What every [`Registry`] keeps.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;

use crate::error::ErrorKind;
use crate::model::{Application, ApplicationDescription, ApplicationType, Record};
use crate::registry::{Change, Expected, RecordKey, RecordKind, Registry, RegistryExt, Revision, Versioned};
use crate::testing::within;

/// Runs the contract of [`Registry`] on an empty one.
///
/// # Panics
/// Where the contract is broken.
pub async fn registry(registry: &dyn Registry) {
    changes_need_what_they_expect(registry).await;
    revisions_rise_for_ever(registry).await;
    of_many_writers_one_wins_each_round(registry).await;
    records_are_of_the_kind_of_their_key(registry).await;
    pages_hold_every_record_once(registry).await;
    watchers_see_changes_in_order(registry).await;
    slow_watchers_learn_that_they_missed_something(registry).await;
}

async fn changes_need_what_they_expect(registry: &dyn Registry) {
    let key = key("expected");
    assert!(registry.get(&key).await.expect("get succeeds").is_none());
    assert_eq!(refusal(registry, &key, Expected::Revision(Revision(1))).await, ErrorKind::Conflict);
    let first = put(registry, &key, "1", Expected::Absent).await;
    assert_eq!(refusal(registry, &key, Expected::Absent).await, ErrorKind::AlreadyExists);
    let second = put(registry, &key, "2", Expected::Revision(first)).await;
    assert_eq!(refusal(registry, &key, Expected::Revision(first)).await, ErrorKind::Conflict);
    let got = registry.get(&key).await.expect("get succeeds").expect("the record is there");
    assert_eq!(got, Versioned { key: key.clone(), revision: second, record: application("2") });

    let stale = registry.delete(&key, Expected::Revision(first)).await.expect_err("a stale revision");
    assert_eq!(stale.kind(), ErrorKind::Conflict);
    registry.delete(&key, Expected::Revision(second)).await.expect("delete succeeds");
    assert!(registry.get(&key).await.expect("get succeeds").is_none());
    registry.delete(&key, Expected::Any).await.expect("nothing to delete is no error");
    assert_eq!(refusal(registry, &key, Expected::Revision(second)).await, ErrorKind::Conflict);
}

async fn revisions_rise_for_ever(registry: &dyn Registry) {
    let mut last = Revision(0);
    for round in 0..3 {
        let revision = put(registry, &key("rising"), &round.to_string(), Expected::Absent).await;
        assert!(revision > last, "also after a deletion");
        last = put(registry, &key("rising"), "changed", Expected::Any).await;
        assert!(last > revision);
        registry.delete(&key("rising"), Expected::Revision(last)).await.expect("delete succeeds");
    }
}

async fn of_many_writers_one_wins_each_round(registry: &dyn Registry) {
    let key = key("contended");
    put(registry, &key, "0", Expected::Absent).await;
    join_all((0..8).map(|_| increment(registry, &key, 25))).await;
    let got = registry.get(&key).await.expect("get succeeds").expect("the record is there");
    assert_eq!(name(&got.record), "200", "no increment is lost");
}

async fn increment(registry: &dyn Registry, key: &RecordKey, times: u32) {
    let mut done = 0;
    while done < times {
        let seen = registry.get(key).await.expect("get succeeds").expect("the record is there");
        let count: u32 = name(&seen.record).parse().expect("a number");
        let next = application(&(count + 1).to_string());
        match registry.put(key, next, Expected::Revision(seen.revision)).await {
            Ok(_) => done += 1,
            Err(lost) => assert_eq!(lost.kind(), ErrorKind::Conflict),
        }
    }
}

async fn records_are_of_the_kind_of_their_key(registry: &dyn Registry) {
    let key = RecordKey { kind: RecordKind::Endpoint, id: "kind".to_owned() };
    let refused = registry.put(&key, application("x"), Expected::Any).await.expect_err("another kind");
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
}

async fn pages_hold_every_record_once(registry: &dyn Registry) {
    for n in 0..23 {
        put(registry, &key(&format!("page-{n:02}")), "x", Expected::Absent).await;
    }
    let mut ids = Vec::new();
    loop {
        let after = ids.last().map(String::as_str);
        let page = registry.list(RecordKind::Application, after, 5).await.expect("list succeeds");
        assert!(page.len() <= 5);
        if page.is_empty() {
            break;
        }
        ids.extend(page.into_iter().map(|record| record.key.id));
    }
    assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == ids.len(), "{ids:?}");
    assert_eq!(ids.iter().filter(|id| id.starts_with("page-")).count(), 23);
    assert!(registry.list(RecordKind::Endpoint, None, 5).await.expect("list succeeds").is_empty());
}

async fn watchers_see_changes_in_order(registry: &dyn Registry) {
    let mut changes = registry.watch(None).await.expect("watch succeeds");
    let revision = put(registry, &key("watched"), "1", Expected::Absent).await;
    registry.delete(&key("watched"), Expected::Any).await.expect("delete succeeds");
    let put = within("a change", PATIENCE, changes.next()).await.expect("the stream goes on");
    assert_eq!(put, Change::Put(Versioned { key: key("watched"), revision, record: application("1") }));
    match within("a change", PATIENCE, changes.next()).await {
        Some(Change::Deleted(deleted, later)) => assert!(deleted == key("watched") && later > revision),
        other => panic!("a deletion, not {other:?}"),
    }
}

async fn slow_watchers_learn_that_they_missed_something(registry: &dyn Registry) {
    let mut changes = registry.watch(None).await.expect("watch succeeds");
    for n in 0..5000 {
        put(registry, &key("busy"), &n.to_string(), Expected::Any).await;
    }
    put(registry, &key("last"), "x", Expected::Any).await;
    let mut expected = 0;
    loop {
        match within("a change", PATIENCE, changes.next()).await.expect("the stream goes on") {
            Change::Put(change) if change.key == key("last") => {
                break assert_eq!(expected, 5000, "nothing is skipped silently");
            }
            Change::Put(change) => {
                assert_eq!(name(&change.record), expected.to_string(), "nothing is skipped silently");
                expected += 1;
            }
            Change::Missed => break,
            Change::Deleted(..) => panic!("nothing was deleted"),
        }
    }
}

async fn put(registry: &dyn Registry, key: &RecordKey, name: &str, expected: Expected) -> Revision {
    registry.put(key, application(name), expected).await.expect("put succeeds")
}

async fn refusal(registry: &dyn Registry, key: &RecordKey, expected: Expected) -> ErrorKind {
    registry.put(key, application("x"), expected).await.expect_err("put is refused").kind()
}

fn key(id: &str) -> RecordKey {
    RecordKey { kind: RecordKind::Application, id: id.to_owned() }
}

fn application(name: &str) -> Record {
    Record::Application(Application::new(ApplicationDescription {
        application_uri: "urn:conformance".to_owned(),
        application_name: name.to_owned(),
        locale: None,
        product_uri: "urn:conformance".to_owned(),
        application_type: ApplicationType::Server,
        gateway_server_uri: None,
        discovery_profile_uri: None,
        discovery_urls: vec!["opc.tcp://localhost:4840".to_owned()],
        capabilities: vec!["DA".to_owned()],
    }))
}

fn name(record: &Record) -> &str {
    match record {
        Record::Application(application) => &application.description.application_name,
        other => panic!("an application, not {other:?}"),
    }
}

const PATIENCE: Duration = Duration::from_secs(20);
