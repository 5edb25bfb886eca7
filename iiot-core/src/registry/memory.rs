//! Records in memory: the double of a database in tests, and the registry of a single process.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use futures::Stream;
use futures::stream::BoxStream;
use parking_lot::Mutex;

use super::{Change, Expected, RecordKey, RecordKind, Registry, Revision, Versioned, check_kind};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;

/// A [`Registry`] in this process; a clone shares the records.
///
/// A watcher that is 1,024 changes behind gets [`Change::Missed`] and then what comes after it has
/// read that.
#[derive(Debug, Clone, Default)]
pub struct MemoryRegistry(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    records: BTreeMap<RecordKey, Versioned>,
    last: u64,
    watchers: Vec<Weak<Watcher>>,
}

impl MemoryRegistry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Registry for MemoryRegistry {
    async fn get(&self, key: &RecordKey) -> Result<Option<Versioned>> {
        Ok(self.0.lock().records.get(key).cloned())
    }

    async fn put(&self, key: &RecordKey, record: Record, expected: Expected) -> Result<Revision> {
        check_kind(key, &record)?;
        let mut state = self.0.lock();
        state.check("put a record", key, expected)?;
        let revision = state.next_revision();
        let versioned = Versioned { key: key.clone(), revision, record };
        state.records.insert(key.clone(), versioned.clone());
        state.tell(&Change::Put(versioned));
        Ok(revision)
    }

    async fn delete(&self, key: &RecordKey, expected: Expected) -> Result<()> {
        let mut state = self.0.lock();
        state.check("delete a record", key, expected)?;
        if state.records.remove(key).is_some() {
            let revision = state.next_revision();
            state.tell(&Change::Deleted(key.clone(), revision));
        }
        Ok(())
    }

    async fn list(&self, kind: RecordKind, after: Option<&str>, limit: usize) -> Result<Vec<Versioned>> {
        let id = |id: &str| RecordKey { kind, id: id.to_owned() };
        let start = after.map_or_else(|| Bound::Included(id("")), |after| Bound::Excluded(id(after)));
        let state = self.0.lock();
        let page = state.records.range((start, Bound::Unbounded)).take_while(|(key, _)| key.kind == kind);
        Ok(page.take(limit).map(|(_, record)| record.clone()).collect())
    }

    async fn watch(&self) -> Result<BoxStream<'static, Change>> {
        let watcher = Arc::<Watcher>::default();
        self.0.lock().watchers.push(Arc::downgrade(&watcher));
        Ok(Box::pin(Watch(watcher)))
    }
}

impl State {
    fn check(&self, operation: &'static str, key: &RecordKey, expected: Expected) -> Result<()> {
        let actual = self.records.get(key).map(|record| record.revision);
        let (kind, message) = match (expected, actual) {
            (Expected::Any, _) | (Expected::Absent, None) => return Ok(()),
            (Expected::Revision(expected), Some(actual)) if expected == actual => return Ok(()),
            (Expected::Absent, Some(_)) => (ErrorKind::AlreadyExists, "there is one already"),
            (Expected::Revision(_), Some(_)) => (ErrorKind::Conflict, "it was changed meanwhile; read it again"),
            (Expected::Revision(_), None) => (ErrorKind::Conflict, "it was deleted meanwhile"),
        };
        Err(Error::new(kind, operation, message).with("record", key))
    }

    const fn next_revision(&mut self) -> Revision {
        self.last += 1;
        Revision(self.last)
    }

    fn tell(&mut self, change: &Change) {
        self.watchers.retain(|watcher| watcher.strong_count() > 0);
        self.watchers.iter().filter_map(Weak::upgrade).for_each(|watcher| watcher.push(change));
    }
}

/// The changes that one reader has not read.
#[derive(Debug, Default)]
struct Watcher(Mutex<Unread>);

#[derive(Debug, Default)]
struct Unread {
    changes: VecDeque<Change>,
    reader: Option<Waker>,
}

impl Watcher {
    fn push(&self, change: &Change) {
        let mut unread = self.0.lock();
        match unread.changes.back() {
            Some(Change::Missed) => {}
            _ if unread.changes.len() >= CAPACITY => unread.changes.push_back(Change::Missed),
            _ => unread.changes.push_back(change.clone()),
        }
        if let Some(reader) = unread.reader.take() {
            reader.wake();
        }
    }
}

struct Watch(Arc<Watcher>);

impl Stream for Watch {
    type Item = Change;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        let mut unread = self.0.0.lock();
        match unread.changes.pop_front() {
            Some(change) => Poll::Ready(Some(change)),
            None => {
                unread.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Changes that a watcher can be behind.
const CAPACITY: usize = 1024;

#[cfg(test)]
mod tests {
    use crate::testing::conformance;

    use super::*;

    #[tokio::test]
    async fn the_memory_registry_keeps_the_contract() {
        conformance::registry(&MemoryRegistry::new()).await;
    }
}
