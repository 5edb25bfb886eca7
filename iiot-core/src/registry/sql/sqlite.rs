//! SQLite.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::engine::{Dialect, Engine, Transaction, speaks};
use super::failure::failure;
use super::statement::{Row, Statement};
use super::{Store, registry};
use crate::error::{Error, ErrorKind, Result};

/// Records in an SQLite database; a clone shares it.
///
/// One process writes at a time, others wait for it up to five seconds; many can read meanwhile. What was committed is on
/// the disk (write-ahead log, flushed with each commit). Changes of other processes are noticed within half a second.
///
/// ```
/// use iiot_core::registry::{RecordKind, RegistryExt, SqliteRegistry};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("registry.db");
/// let registry = SqliteRegistry::open(&path).await?;
/// assert!(registry.list(RecordKind::Site, None, 10).await?.is_empty());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct SqliteRegistry(pub(super) Store);

impl SqliteRegistry {
    /// Opens a database, which is made where there is none. Its folder must exist.
    ///
    /// # Errors
    /// `Io` if the file cannot be opened or made, `Corrupt` if it is no database, `Unavailable` if another process holds it
    /// for too long, `Unsupported` if a newer version of this program has made it.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::store(path).await.map(Self).map_err(|error| error.with("file", path.display()))
    }

    async fn store(path: &Path) -> Result<Store> {
        if path.as_os_str().is_empty() || path == Path::new(":memory:") {
            let message = "name a file; records that need not last are kept by the registry `memory:`";
            return Err(Error::new(ErrorKind::InvalidArgument, OPEN, message));
        }
        let engine = Sqlite::open(path).await.map_err(|cause| failure(&DIALECT, OPEN, cause))?;
        Store::open(engine).await
    }
}

registry!(SqliteRegistry);
speaks!(sqlx::Sqlite);

struct Sqlite {
    path: PathBuf,
    /// One connection, so that writers in this process wait in a line instead of for each other's locks.
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    async fn open(path: &Path) -> sqlx::Result<Self> {
        let options = options(path);
        let writer = pool(1).connect_with(options.clone().pragma("cache_size", "-65536")).await?;
        let readers = pool(READERS).connect_lazy_with(options.create_if_missing(false).pragma("query_only", "ON"));
        Ok(Self { path: path.to_owned(), writer, readers })
    }
}

#[async_trait]
impl Engine for Sqlite {
    fn dialect(&self) -> &Dialect {
        &DIALECT
    }

    async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        rows(query(statement).fetch_all(&self.readers).await?)
    }

    async fn begin(&self) -> sqlx::Result<Box<dyn Transaction>> {
        // At once, for who begins to read and then wants to write can be refused without waiting.
        Ok(Box::new(self.writer.begin_with("BEGIN IMMEDIATE").await?))
    }

    async fn rest(&self) {
        tokio::time::sleep(POLL).await;
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.path).finish_non_exhaustive()
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-16384")
        .disable_statement_logging()
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

static DIALECT: Dialect = Dialect {
    find: "instr",
    alone: "SELECT 1",
    has_tables: "SELECT count(*), '', '', NULL FROM sqlite_schema WHERE type = 'table' AND name = 'counter'",
    migrations: &[include_str!("sqlite.sql")],
    notify: None,
    meaning,
};

/// The result codes of SQLite, whose lowest byte says what the others say in detail.
fn meaning(code: &str) -> Option<(ErrorKind, &'static str)> {
    Some(match code.parse::<u32>().ok()? & 0xff {
        5 | 6 => (ErrorKind::Unavailable, "another program holds the database for too long; try again, or end it"),
        8 => (ErrorKind::Io, "the database cannot be written; check the rights of its file and its folder"),
        10 => (ErrorKind::Io, "the database cannot be read or written; check the disk"),
        11 | 26 => {
            (ErrorKind::Corrupt, "the file is damaged or no database; restore it from a backup, or move it away")
        }
        13 => (ErrorKind::Io, "the disk is full; make room on it"),
        14 => (ErrorKind::Io, "the file cannot be opened; its folder must exist, and both be writable"),
        18 => (ErrorKind::LimitExceeded, "a record is too large for the database"),
        _ => return None,
    })
}

const OPEN: &str = "open the registry's database";
const READERS: u32 = 4;
const BUSY: Duration = Duration::from_secs(5);
const WAIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(400);
