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

use super::{Change, Page, Query, RecordKey, Registry, Revision, Versioned, Write, check, expect};
use crate::error::Result;

/// A [`Registry`] in this process; a clone shares the records.
///
/// A watcher that is 1,024 changes behind gets [`Change::Missed`] and then what comes after it has
/// read that; one that comes back further behind too.
#[derive(Debug, Clone, Default)]
pub struct MemoryRegistry(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    records: BTreeMap<RecordKey, Versioned>,
    last: u64,
    recent: Recent,
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

    async fn commit(&self, changes: Vec<Write>) -> Result<Vec<Revision>> {
        check(&changes)?;
        let mut state = self.0.lock();
        changes.iter().try_for_each(|change| expect(change, state.revision_of(&change.key)))?;
        Ok(changes.into_iter().map(|change| state.carry_out(change)).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        query.check()?;
        // Nobody's id is empty, so that nothing is left out.
        let start = Bound::Excluded(RecordKey::new(query.kind, query.after.as_deref().unwrap_or_default()));
        let state = self.0.lock();
        let of_kind = state.records.range((start, Bound::Unbounded)).take_while(|(key, _)| key.kind == query.kind);
        let mut fitting = of_kind.map(|(_, record)| record).filter(|found| query.fits(&found.record));
        let records: Vec<_> = fitting.by_ref().take(query.limit()).cloned().collect();
        let next = fitting.next().and_then(|_| records.last()).map(|last| last.key.id.clone());
        Ok(Page { records, next })
    }

    async fn watch(&self, after: Option<Revision>) -> Result<BoxStream<'static, Change>> {
        let watcher = Arc::<Watcher>::default();
        let mut state = self.0.lock();
        state.recent.since(after).iter().for_each(|change| watcher.push(change));
        state.watchers.push(Arc::downgrade(&watcher));
        Ok(Box::pin(Watch(watcher)))
    }
}

impl State {
    fn revision_of(&self, key: &RecordKey) -> Option<Revision> {
        self.records.get(key).map(|record| record.revision)
    }

    fn carry_out(&mut self, Write { key, record, .. }: Write) -> Revision {
        let change = match record {
            Some(record) => {
                let versioned = Versioned { key: key.clone(), revision: self.next_revision(), record };
                self.records.insert(key, versioned.clone());
                Change::Put(versioned)
            }
            None if self.records.remove(&key).is_some() => Change::Deleted(key, self.next_revision()),
            None => return Revision(self.last),
        };
        self.tell(change);
        Revision(self.last)
    }

    const fn next_revision(&mut self) -> Revision {
        self.last += 1;
        Revision(self.last)
    }

    fn tell(&mut self, change: Change) {
        self.watchers.retain(|watcher| watcher.strong_count() > 0);
        self.watchers.iter().filter_map(Weak::upgrade).for_each(|watcher| watcher.push(&change));
        self.recent.push(change);
    }
}

/// The last changes, for who comes back; each has the revision behind that of the one before it.
#[derive(Debug, Default)]
struct Recent {
    changes: VecDeque<Change>,
    /// The revision of the newest.
    last: u64,
}

impl Recent {
    fn push(&mut self, change: Change) {
        if self.changes.len() >= CAPACITY {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
        self.last += 1;
    }

    /// What came behind a revision, or that it is not known any more.
    fn since(&self, after: Option<Revision>) -> Vec<Change> {
        let Some(Revision(after)) = after else { return Vec::new() };
        // A revision of another life of this registry.
        let Some(missing) = self.last.checked_sub(after) else { return vec![Change::Missed] };
        match usize::try_from(missing).ok().and_then(|missing| self.changes.len().checked_sub(missing)) {
            Some(known) => self.changes.iter().skip(known).cloned().collect(),
            None => vec![Change::Missed],
        }
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
        let registry = MemoryRegistry::new();
        conformance::registry(&registry, &registry.clone()).await;
    }
}
