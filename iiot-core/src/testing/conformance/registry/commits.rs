//! Changing records.

use futures::future::join_all;

use super::{application, key, name, put, refusal, write};
use crate::error::ErrorKind;
use crate::registry::{
    Expected, MAX_CHANGES, MAX_ID, RecordKey, RecordKind, Registry, RegistryExt, Revision, Versioned, Write,
};

pub(super) async fn changes_need_what_they_expect(registry: &dyn Registry) {
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

pub(super) async fn revisions_rise_for_ever(registry: &dyn Registry) {
    let mut last = Revision(0);
    for round in 0..3 {
        let revision = put(registry, &key("rising"), &round.to_string(), Expected::Absent).await;
        assert!(revision > last, "also after a deletion");
        last = put(registry, &key("rising"), "changed", Expected::Any).await;
        assert!(last > revision);
        registry.delete(&key("rising"), Expected::Revision(last)).await.expect("delete succeeds");
    }
}

pub(super) async fn of_many_writers_one_wins_each_round(registry: &dyn Registry, other: &dyn Registry) {
    let key = key("contended");
    put(registry, &key, "0", Expected::Absent).await;
    let writers = (0..WRITERS).map(|n| increment(if n % 2 == 0 { registry } else { other }, &key));
    let mut revisions = join_all(writers).await;
    revisions.sort_unstable();
    revisions.dedup();
    assert_eq!(revisions.len(), WRITERS, "no revision is used twice");
    let got = registry.get(&key).await.expect("get succeeds").expect("the record is there");
    assert_eq!(name(&got.record), WRITERS.to_string(), "no increment is lost");
}

async fn increment(registry: &dyn Registry, key: &RecordKey) -> Revision {
    loop {
        let seen = registry.get(key).await.expect("get succeeds").expect("the record is there");
        let count: u32 = name(&seen.record).parse().expect("a number");
        let next = application(&(count + 1).to_string());
        match registry.put(key, next, Expected::Revision(seen.revision)).await {
            Ok(revision) => return revision,
            Err(lost) => assert_eq!(lost.kind(), ErrorKind::Conflict, "{lost}"),
        }
    }
}

pub(super) async fn wrong_changes_are_refused(registry: &dyn Registry) {
    let other_kind = RecordKey::new(RecordKind::Endpoint, "kind");
    assert_eq!(refusal(registry, &other_kind, Expected::Any).await, ErrorKind::InvalidArgument);
    for id in [String::new(), "a\0b".to_owned(), "line\nend".to_owned(), "x".repeat(MAX_ID + 1)] {
        assert_eq!(refusal(registry, &key(&id), Expected::Any).await, ErrorKind::InvalidArgument, "{id:?}");
        assert!(registry.get(&key(&id)).await.expect("get succeeds").is_none());
    }
    put(registry, &key(&"x".repeat(MAX_ID)), "x", Expected::Any).await;
    let many = (0..=MAX_CHANGES).map(|n| write(&n.to_string(), "x", Expected::Any)).collect();
    let refused = registry.commit(many).await.expect_err("too many changes");
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    assert!(registry.commit(Vec::new()).await.expect("no change is a change").is_empty());
}

pub(super) async fn all_changes_take_place_or_none(registry: &dyn Registry) {
    let there = put(registry, &key("all-there"), "before", Expected::Absent).await;
    let cases = [
        (write("all-there", "after", Expected::Absent), ErrorKind::AlreadyExists, "all-there"),
        (write("all-there", "after", Expected::Revision(Revision(there.0 + 1))), ErrorKind::Conflict, "all-there"),
        (write("all-absent", "after", Expected::Revision(there)), ErrorKind::Conflict, "all-absent"),
        (write("all-first", "after", Expected::Any), ErrorKind::InvalidArgument, "all-first"),
    ];
    for (wrong, kind, named) in cases {
        let changes = vec![
            write("all-first", "after", Expected::Absent),
            Write { key: key("all-deleted"), record: None, expected: Expected::Any },
            wrong,
            write("all-last", "after", Expected::Absent),
        ];
        let refused = registry.commit(changes).await.expect_err("one change does not fit");
        assert_eq!(refused.kind(), kind, "{refused}");
        assert!(refused.to_string().contains(named), "the error names the record: {refused}");
        for id in ["all-first", "all-last", "all-absent"] {
            assert!(registry.get(&key(id)).await.expect("get succeeds").is_none(), "{id}: nothing took place");
        }
    }
    let kept = registry.get(&key("all-there")).await.expect("get succeeds").expect("the record is there");
    assert_eq!((kept.revision, name(&kept.record)), (there, "before"));
    let next = put(registry, &key("all-next"), "x", Expected::Absent).await;
    let changes = vec![
        write("all-there", "after", Expected::Revision(there)),
        Write { key: key("all-next"), record: None, expected: Expected::Revision(next) },
        Write { key: key("all-nothing"), record: None, expected: Expected::Absent },
        write("all-new", "after", Expected::Absent),
    ];
    let revisions = registry.commit(changes).await.expect("all fit");
    let first = revisions[0].0;
    assert!(first > next.0);
    let wanted = [first, first + 1, first + 1, first + 2].map(Revision);
    assert_eq!(revisions, wanted, "rising; what did nothing has that of the change before it");
    assert!(registry.get(&key("all-next")).await.expect("get succeeds").is_none());
}

pub(super) async fn a_commit_can_be_large(registry: &dyn Registry) {
    let large = |expected| (0..MAX_CHANGES).map(move |n| write(&format!("large-{n:05}"), "x", expected)).collect();
    let revisions = registry.commit(large(Expected::Absent)).await.expect("a large commit succeeds");
    assert!(revisions.windows(2).all(|pair| pair[0] < pair[1]) && revisions.len() == MAX_CHANGES);
    let again = registry.commit(large(Expected::Any)).await.expect("a large commit succeeds");
    assert!(again[0] > revisions[MAX_CHANGES - 1]);
    let middle = registry.get(&key("large-05000")).await.expect("get succeeds").expect("the record is there");
    assert_eq!(middle.revision, again[5000]);
    let delete = |n| Write { key: key(&format!("large-{n:05}")), record: None, expected: Expected::Revision(again[n]) };
    registry.commit((0..MAX_CHANGES).map(delete).collect()).await.expect("a large deletion succeeds");
    assert!(registry.get(&key("large-05000")).await.expect("get succeeds").is_none());
}

const WRITERS: usize = 100;
