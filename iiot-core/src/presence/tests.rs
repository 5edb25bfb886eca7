//! Heralds and a watch at one hub, in time that is made up.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::ManualClock;
use crate::model::{Approval, Edge, Record};
use crate::registry::{Expected, MemoryRegistry, Query, RecordKey, RecordKind, Registry, RegistryExt, Revision};
use crate::rpc::PlaceKey;
use crate::time::UtcTime;
use crate::transport::{MemoryTransport, Message, Transport};

struct Floor {
    hub: Arc<MemoryTransport>,
    registry: Arc<MemoryRegistry>,
    clock: Arc<ManualClock>,
}

impl Floor {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
        Self { hub: Arc::new(MemoryTransport::new()), registry: Arc::new(MemoryRegistry::new()), clock }
    }

    fn watch(&self) -> EdgeWatch {
        EdgeWatch::start(self.hub(), Arc::clone(&self.registry) as _, INTERVAL, Arc::clone(&self.clock) as _)
    }

    fn hub(&self) -> Arc<dyn Transport> {
        Arc::new((*self.hub).clone())
    }

    fn herald(&self, edge: &str, key: char) -> Herald {
        Herald::start(self.hub(), edge, announcement(key), Arc::clone(&self.clock) as _).unwrap()
    }

    /// So many intervals go by.
    async fn pass(&self, intervals: u32) {
        settled().await;
        for _ in 0..intervals {
            self.clock.advance(INTERVAL);
            settled().await;
        }
    }

    async fn edge(&self, id: &str) -> Option<(Edge, Revision)> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Edge, id)).await.unwrap()?;
        let Record::Edge(edge) = found.record else { panic!("{found:?}") };
        Some((edge, found.revision))
    }

    async fn approve(&self, id: &str) {
        let key = RecordKey::new(RecordKind::Edge, id);
        let approve = |record| match record {
            Record::Edge(edge) => Ok(Some(Record::Edge(Edge { approval: Approval::Approved, ..edge }))),
            _ => Ok(None),
        };
        self.registry.update(&key, approve).await.unwrap().unwrap();
    }
}

/// Everybody has done what can be done without time going by.
async fn settled() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn announcement(key: char) -> Announcement {
    let key: PlaceKey = key.to_string().repeat(43).parse().unwrap();
    Announcement { site: Some("berlin".into()), ..Announcement::new("iiot/a", key, INTERVAL) }
}

#[tokio::test]
async fn an_edge_is_on_record_from_its_first_word_and_away_after_three_missed_ones() {
    let floor = Floor::new();
    let watch = floor.watch();
    assert!(watch.check().is_err());
    let herald = floor.herald("a", 'A');
    floor.pass(1).await;
    assert!(watch.check().is_ok());
    let (edge, revision) = floor.edge("a").await.unwrap();
    assert_eq!(
        (edge.approval, edge.presence.connected, edge.site.as_deref()),
        (Approval::Discovered, true, Some("berlin"))
    );
    floor.pass(50).await;
    assert_eq!(floor.edge("a").await.unwrap().1, revision, "nothing is written while nothing changes");
    floor.approve("a").await;
    drop(herald);
    floor.pass(2).await;
    assert!(floor.edge("a").await.unwrap().0.presence.connected);
    floor.pass(2).await;
    let away = floor.edge("a").await.unwrap().0;
    assert!(!away.presence.connected, "{away:?}");
    let _herald = floor.herald("a", 'A');
    floor.pass(1).await;
    assert!(floor.edge("a").await.unwrap().0.presence.connected);
}

#[tokio::test]
async fn an_edge_that_nobody_decided_on_is_forgotten_when_it_goes() {
    let floor = Floor::new();
    let _watch = floor.watch();
    let herald = floor.herald("a", 'A');
    floor.pass(1).await;
    assert!(floor.edge("a").await.is_some());
    drop(herald);
    floor.pass(5).await;
    assert_eq!(floor.edge("a").await, None);
}

#[tokio::test]
async fn another_key_is_told_and_not_used() {
    let floor = Floor::new();
    let _watch = floor.watch();
    let herald = floor.herald("a", 'A');
    floor.pass(1).await;
    floor.approve("a").await;
    let stranger = floor.herald("a", 'E');
    floor.pass(2).await;
    let (disputed, _) = floor.edge("a").await.unwrap();
    assert!(disputed.presence.connected && disputed.place_key.starts_with("AAA"));
    assert!(disputed.problem.unwrap().contains("EEE"));
    drop(herald);
    floor.pass(5).await;
    let (edge, _) = floor.edge("a").await.unwrap();
    assert!(!edge.presence.connected && edge.place_key.starts_with("AAA"), "{edge:?}");
    drop(stranger);
    floor.pass(5).await;
    assert_eq!(floor.edge("a").await.unwrap().0.problem, None);
}

#[tokio::test]
async fn a_watch_that_starts_gives_edges_time_to_be_heard() {
    let floor = Floor::new();
    let first = floor.watch();
    let herald = floor.herald("a", 'A');
    floor.pass(1).await;
    floor.approve("a").await;
    settled().await;
    drop(first);
    floor.pass(100).await;
    let revision = floor.edge("a").await.unwrap().1;
    let _second = floor.watch();
    floor.pass(10).await;
    assert_eq!(floor.edge("a").await.unwrap().1, revision, "it was never away");
    drop((herald, _second));
    floor.pass(1).await;
    let _third = floor.watch();
    floor.pass(2).await;
    assert!(floor.edge("a").await.unwrap().0.presence.connected);
    floor.pass(3).await;
    assert!(!floor.edge("a").await.unwrap().0.presence.connected);
}

#[tokio::test]
async fn what_is_no_announcement_leaves_no_record() {
    let floor = Floor::new();
    let kept = Message { retain: true, ..announcement('A').message("kept", Default::default()) };
    floor.hub.publish(kept).await.unwrap();
    let _watch = floor.watch();
    settled().await;
    let good = announcement('A').message("a", Default::default()).payload;
    for topic in ["iiot/edges/!a", "iiot/edges/\u{1b}[2J", "iiot/edges/", "iiot/other/a"] {
        floor.hub.publish(Message::new(topic, good.clone())).await.unwrap();
    }
    for payload in [&b""[..], b"{", b"\xff", &[b'['; 30_000]] {
        floor.hub.publish(Message::new("iiot/edges/b", payload.to_vec())).await.unwrap();
    }
    floor.pass(1).await;
    assert!(floor.registry.all(Query::of(RecordKind::Edge)).await.unwrap().is_empty());
    floor.hub.publish(Message::new("iiot/edges/good", good)).await.unwrap();
    floor.pass(1).await;
    assert!(floor.edge("good").await.is_some());
}

#[tokio::test]
async fn a_record_that_somebody_else_deletes_is_made_again() {
    let floor = Floor::new();
    let _watch = floor.watch();
    let _herald = floor.herald("a", 'A');
    floor.pass(1).await;
    floor.registry.delete(&RecordKey::new(RecordKind::Edge, "a"), Expected::Any).await.unwrap();
    floor.pass(1).await;
    assert!(floor.edge("a").await.is_some());
}
