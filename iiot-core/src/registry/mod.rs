//! What is known of the plant: records with revisions, and a stream of their changes.

mod memory;

use std::fmt::{self, Debug};

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;

pub use memory::MemoryRegistry;

/// Stores records under compare-and-swap.
///
/// # Behaviour
/// - A record's revision rises with every change and is never used again, also after a deletion.
/// - Two writers that read the same revision: exactly one wins, the other gets `Conflict`. Two
///   that expect nothing: the other gets `AlreadyExists`.
/// - A record is of the kind of its key, else `InvalidArgument`.
///
/// ```
/// use iiot_core::model::{Application, ApplicationType, Record};
/// use iiot_core::registry::{Expected, MemoryRegistry, RecordKey, RecordKind, Registry};
///
/// # futures::executor::block_on(async {
/// let registry: &dyn Registry = &MemoryRegistry::new();
/// let key = RecordKey { kind: RecordKind::Application, id: "press".to_owned() };
/// let record = Record::Application(Application {
///     application_uri: "urn:plant:press".to_owned(),
///     application_name: "Press".to_owned(),
///     product_uri: "urn:example:press".to_owned(),
///     application_type: ApplicationType::Server,
///     discovery_urls: vec!["opc.tcp://press:4840".to_owned()],
/// });
/// let first = registry.put(&key, record.clone(), Expected::Absent).await?;
/// let second = registry.put(&key, record.clone(), Expected::Revision(first)).await?;
/// assert!(second > first);
/// assert!(registry.put(&key, record, Expected::Revision(first)).await.is_err());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[async_trait]
pub trait Registry: Debug + Send + Sync + 'static {
    /// The record under `key`.
    async fn get(&self, key: &RecordKey) -> Result<Option<Versioned>>;

    /// Stores a record if what is there now is `expected`; returns the new revision.
    async fn put(&self, key: &RecordKey, record: Record, expected: Expected) -> Result<Revision>;

    /// Deletes a record if what is there now is `expected`. With [`Expected::Any`] or
    /// [`Expected::Absent`] it is no error that there is none.
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

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.id)
    }
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

/// What a record is, for its key.
const fn kind_of(record: &Record) -> RecordKind {
    match record {
        Record::Application(_) => RecordKind::Application,
        Record::Endpoint(_) => RecordKind::Endpoint,
    }
}

fn check_kind(key: &RecordKey, record: &Record) -> Result<()> {
    let kind = kind_of(record);
    if kind == key.kind {
        return Ok(());
    }
    let message = format!("the record is of the kind {kind:?}");
    Err(Error::new(ErrorKind::InvalidArgument, "put a record", message).with("record", key))
}
