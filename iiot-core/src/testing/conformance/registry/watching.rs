//! Watching records change.

use futures::StreamExt;
use futures::stream::BoxStream;

use super::{PATIENCE, application, key, name, put, revision, write};
use crate::registry::{Change, Expected, Registry, RegistryExt, Revision, Versioned};
use crate::testing::within;

pub(super) async fn watchers_see_changes_in_order(registry: &dyn Registry) {
    let mut changes = registry.watch(None).await.expect("watch succeeds");
    let revision = put(registry, &key("watched"), "1", Expected::Absent).await;
    registry.delete(&key("watched"), Expected::Any).await.expect("delete succeeds");
    let put = next(&mut changes).await;
    assert_eq!(put, Change::Put(Versioned { key: key("watched"), revision, record: application("1") }));
    match next(&mut changes).await {
        Change::Deleted(deleted, later) => assert!(deleted == key("watched") && later > revision),
        other => panic!("a deletion, not {other:?}"),
    }
}

pub(super) async fn watchers_see_what_others_change(registry: &dyn Registry, other: &dyn Registry) {
    let mut changes = registry.watch(None).await.expect("watch succeeds");
    for round in 0..3 {
        let revisions = [
            put(other, &key("others"), &round.to_string(), Expected::Any).await,
            put(registry, &key("ours"), &round.to_string(), Expected::Any).await,
        ];
        let seen = [next(&mut changes).await, next(&mut changes).await];
        assert_eq!(seen.each_ref().map(revision), revisions, "in the order of revisions");
    }
}

pub(super) async fn watchers_come_back(registry: &dyn Registry) {
    let first = put(registry, &key("back-1"), "x", Expected::Absent).await;
    let writes = (2..50).map(|n| write(&format!("back-{n}"), "x", Expected::Absent)).collect();
    let later = registry.commit(writes).await.expect("commit succeeds");
    let mut changes = registry.watch(Some(first)).await.expect("watch succeeds");
    for wanted in &later {
        assert_eq!(revision(&next(&mut changes).await), *wanted);
    }
    let last = put(registry, &key("back-last"), "x", Expected::Absent).await;
    assert_eq!(revision(&next(&mut changes).await), last, "and goes on");
    let mut changes = registry.watch(Some(later[40])).await.expect("watch succeeds");
    assert_eq!(revision(&next(&mut changes).await), later[41]);
}

pub(super) async fn who_was_never_here_missed_everything(registry: &dyn Registry) {
    let last = put(registry, &key("never"), "x", Expected::Any).await;
    let mut changes = registry.watch(Some(Revision(last.0 + 1_000_000))).await.expect("watch succeeds");
    assert_eq!(next(&mut changes).await, Change::Missed, "a revision of another life");
    let next_one = put(registry, &key("never"), "y", Expected::Any).await;
    assert_eq!(revision(&next(&mut changes).await), next_one, "and then what comes");
}

pub(super) async fn slow_watchers_learn_that_they_missed_something(registry: &dyn Registry, other: &dyn Registry) {
    let start = put(registry, &key("slow"), "x", Expected::Any).await;
    let mut changes = registry.watch(None).await.expect("watch succeeds");
    let mut others = other.watch(None).await.expect("watch succeeds");
    for round in 0..ROUNDS {
        let writes = (0..1_000).map(|n| write(&format!("slow-{n:03}"), &round.to_string(), Expected::Any));
        registry.commit(writes.collect()).await.expect("commit succeeds");
    }
    let last = put(registry, &key("slow"), "end", Expected::Any).await;
    assert_eq!(last.0, start.0 + 1_000 * ROUNDS + 1, "a revision for each change");
    reaches_the_end(&mut changes, start, last).await;
    reaches_the_end(&mut others, start, last).await;
    let mut late = registry.watch(Some(start)).await.expect("watch succeeds");
    reaches_the_end(&mut late, start, last).await;
}

/// Each change once, unless the watcher is told that it missed some.
async fn reaches_the_end(changes: &mut BoxStream<'static, Change>, start: Revision, last: Revision) {
    let mut expected = start.0;
    loop {
        match next(changes).await {
            Change::Put(change) => {
                expected += 1;
                assert_eq!(change.revision.0, expected, "nothing is skipped silently");
                if change.revision == last {
                    break assert_eq!(name(&change.record), "end");
                }
            }
            Change::Missed => break,
            Change::Deleted(..) => panic!("nothing was deleted"),
        }
    }
}

async fn next(changes: &mut BoxStream<'static, Change>) -> Change {
    within("a change", PATIENCE, changes.next()).await.expect("the stream goes on")
}

/// Of a thousand changes each: more than any store keeps.
const ROUNDS: u64 = 25;
