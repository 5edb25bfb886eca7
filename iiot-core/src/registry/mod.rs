//! What is known of the plant: records with revisions, and a stream of their changes.

use std::fmt::Debug;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::error::Result;
use crate::model::Record;

/// Stores records under compare-and-swap.
///
/// # Behaviour
/// - A record's revision rises with every change and is never used again, also after a deletion.
/// - Two writers that read the same revision: exactly one wins, the other gets `Conflict`.
#[async_trait]
pub trait Registry: Debug + Send + Sync + 'static {
    /// The record under `key`.
    async fn get(&self, key: &RecordKey) -> Result<Option<Versioned>>;

    /// Stores a record if what is there now is `expected`; returns the new revision.
    async fn put(&self, key: &RecordKey, record: Record, expected: Expected) -> Result<Revision>;

    /// Deletes a record if what is there now is `expected`.
    async fn delete(&self, key: &RecordKey, expected: Expected) -> Result<()>;

    /// One page of the records of a kind, ordered by id, starting behind `after`.
    async fn list(&self, kind: RecordKind, after: Option<&str>, limit: usize) -> Result<Vec<Versioned>>;

    /// Every change from now on. A reader that falls far behind gets [`Change::Missed`] and
    /// should list again.
    async fn watch(&self) -> Result<BoxStream<'static, Change>>;
}

/// Names a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey {
    /// What it is.
    pub kind: RecordKind,
    /// Which one.
    pub id: String,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecordKind {
    /// An OPC UA application.
    Application,
    /// An endpoint of an application.
    Endpoint,
}

/// Counts the changes of a registry; larger is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub u64);

/// What must be there for a change to take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Absent,
    /// This revision.
    Revision(Revision),
    /// Anything; for tools, not for services.
    Any,
}

/// A record with its revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned {
    /// Its name.
    pub key: RecordKey,
    /// Its revision.
    pub revision: Revision,
    /// Its content.
    pub record: Record,
}

/// A change of a registry.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A record was stored.
    Put(Versioned),
    /// A record was deleted.
    Deleted(RecordKey, Revision),
    /// Changes were dropped because the reader was too slow.
    Missed,
}
