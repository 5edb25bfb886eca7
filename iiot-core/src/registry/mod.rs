//! What is known of the plant: records with revisions, and a stream of their changes.

mod ext;
mod memory;
mod open;
mod query;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

use std::fmt::{self, Debug};

use async_trait::async_trait;
use futures::stream::BoxStream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;

pub use ext::RegistryExt;
pub use memory::MemoryRegistry;
pub use open::open;
pub use query::{Filter, MAX_FILTERS, MAX_PAGE, Page, Query};
#[cfg(feature = "sqlite")]
pub use sql::SqliteRegistry;
#[cfg(feature = "postgres")]
pub use sql::{PostgresOptions, PostgresRegistry};

/// Stores records under compare-and-swap. Conveniences are in [`RegistryExt`].
///
/// # Behaviour
/// - A record's revision rises with every change and is never used again, also after a deletion. Whoever has seen a
///   revision has seen all smaller ones: changes become visible in the order of their revisions.
/// - Two writers that read the same revision: exactly one wins, the other gets `Conflict`. Two
///   that expect nothing: the other gets `AlreadyExists`.
/// - A record is of the kind of its key, and its id is 1 to [`MAX_ID`] bytes without control characters, else
///   `InvalidArgument`.
/// - What was committed outlasts the process, where the store does.
///
/// ```
/// use iiot_core::model::{Record, Site};
/// use iiot_core::registry::{Expected, MemoryRegistry, RecordKey, RecordKind, RegistryExt};
///
/// # futures::executor::block_on(async {
/// let registry = MemoryRegistry::new();
/// let key = RecordKey::new(RecordKind::Site, "berlin");
/// let site = |name: &str| Record::Site(Site {
///     name: name.into(),
///     created: iiot_core::time::UtcTime::UNIX_EPOCH,
/// });
/// let first = registry.put(&key, site("Berlin"), Expected::Absent).await?;
/// let second = registry.put(&key, site("Berlin, hall 2"), Expected::Revision(first)).await?;
/// assert!(second > first);
/// assert!(registry.put(&key, site("Berlin"), Expected::Revision(first)).await.is_err());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[async_trait]
pub trait Registry: Debug + Send + Sync + 'static {
    /// The record under `key`.
    async fn get(&self, key: &RecordKey) -> Result<Option<Versioned>>;

    /// Carries out all changes or, if one of them finds something else than it expects, none; returns a revision for
    /// each, rising. The error names the record. At most [`MAX_CHANGES`] at once, each of another record, else
    /// `InvalidArgument`.
    async fn commit(&self, changes: Vec<Write>) -> Result<Vec<Revision>>;

    /// One page of the records that a query asks for, ordered by id.
    async fn query(&self, query: &Query) -> Result<Page>;

    /// Every change behind a revision; without one, from now on. A reader that falls far behind, or begins too far back,
    /// gets [`Change::Missed`] and should read all again.
    async fn watch(&self, after: Option<Revision>) -> Result<BoxStream<'static, Change>>;
}

/// Changes in one commit.
pub const MAX_CHANGES: usize = 10_000;

/// Bytes of an id.
pub const MAX_ID: usize = 512;

/// Names a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordKey {
    /// What it is.
    pub kind: RecordKind,
    /// Which one.
    pub id: String,
}

impl RecordKey {
    /// A record of a kind.
    #[must_use]
    pub fn new(kind: RecordKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.id)
    }
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RecordKind {
    /// An OPC UA application.
    Application,
    /// An endpoint of an application.
    Endpoint,
    /// A process on a factory floor.
    Edge,
    /// A plant.
    Site,
    /// A search for servers.
    DiscoveryRun,
}

/// Counts the changes of a registry; larger is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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

/// A change to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Of which record.
    pub key: RecordKey,
    /// What it is to be; `None` deletes it. To delete what is not there is no error with [`Expected::Any`] and
    /// [`Expected::Absent`], and has the revision of the change before it.
    pub record: Option<Record>,
    /// What must be there.
    pub expected: Expected,
}

/// A record with its revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
#[expect(clippy::large_enum_variant, reason = "nearly all of them are of the large kind")]
pub enum Change {
    /// A record was stored.
    Put(Versioned),
    /// A record was deleted.
    Deleted(RecordKey, Revision),
    /// Changes were dropped because the reader was too slow, or began too far back.
    Missed,
}

/// What a record is, for its key.
#[must_use]
pub const fn kind_of(record: &Record) -> RecordKind {
    match record {
        Record::Application(_) => RecordKind::Application,
        Record::Endpoint(_) => RecordKind::Endpoint,
        Record::Edge(_) => RecordKind::Edge,
        Record::Site(_) => RecordKind::Site,
        Record::DiscoveryRun(_) => RecordKind::DiscoveryRun,
    }
}

const COMMIT: &str = "change records";

/// What every store refuses before it looks at what it holds.
///
/// # Errors
/// `InvalidArgument` for too many changes, two of one record, an id that is none, or a record of another kind than its key.
pub fn check(changes: &[Write]) -> Result<()> {
    if changes.len() > MAX_CHANGES {
        let message = format!("{} changes at once, {MAX_CHANGES} are allowed", changes.len());
        return Err(Error::new(ErrorKind::InvalidArgument, COMMIT, message));
    }
    let mut keys: Vec<&RecordKey> = changes.iter().map(|change| &change.key).collect();
    keys.sort_unstable();
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::new(ErrorKind::InvalidArgument, COMMIT, "it is changed twice").with("record", pair[0]));
    }
    changes.iter().try_for_each(|change| check_id(&change.key))?;
    if changes.iter().any(|change| change.key.id.is_empty()) {
        return Err(Error::new(ErrorKind::InvalidArgument, COMMIT, "a record needs an id"));
    }
    changes.iter().try_for_each(|change| match change.record.as_ref().map(kind_of) {
        Some(kind) if kind != change.key.kind => {
            let message = format!("the record is of the kind {kind:?}");
            Err(Error::new(ErrorKind::InvalidArgument, COMMIT, message).with("record", &change.key))
        }
        _ => Ok(()),
    })
}

/// Whether a record can have this id.
pub(crate) fn check_id(key: &RecordKey) -> Result<()> {
    let message = match key.id.len() {
        0 => "the id is empty".to_owned(),
        length if length > MAX_ID => format!("the id has {length} bytes, {MAX_ID} are allowed"),
        _ if key.id.contains(char::is_control) => "the id has control characters".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::InvalidArgument, COMMIT, message).with("kind", format!("{:?}", key.kind)))
}

/// Whether a change finds what it expects.
pub(crate) fn expect(change: &Write, actual: Option<Revision>) -> Result<()> {
    let (kind, message) = match (change.expected, actual) {
        (Expected::Any, _) | (Expected::Absent, None) => return Ok(()),
        (Expected::Revision(expected), Some(actual)) if expected == actual => return Ok(()),
        (Expected::Absent, Some(_)) => (ErrorKind::AlreadyExists, "there is one already"),
        (Expected::Revision(_), Some(_)) => (ErrorKind::Conflict, "it was changed meanwhile; read it again"),
        (Expected::Revision(_), None) => (ErrorKind::Conflict, "it was deleted meanwhile"),
    };
    Err(Error::new(kind, COMMIT, message).with("record", &change.key))
}
