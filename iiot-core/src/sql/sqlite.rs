//! SQLite.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use tokio::time::sleep;

use super::failure;
use crate::error::{Error, ErrorKind, Result};

/// An SQLite database: write-ahead log, flushed with each commit (`synchronous=FULL`).
#[derive(Clone)]
pub struct SqliteFile {
    path: PathBuf,
    /// One connection, so that writers in this process wait in a line instead of for each other's locks.
    pub writer: SqlitePool,
    /// Four connections, made when needed, that cannot write.
    pub readers: SqlitePool,
}

impl SqliteFile {
    /// Opens a database, which is made where there is none. Its folder must exist.
    ///
    /// # Errors
    /// `InvalidArgument` where no file is named, `Io` if it cannot be opened or made, `Corrupt` if it is no database,
    /// `Unavailable` if another process holds it for too long. They name `operation`.
    pub async fn open(path: &Path, operation: &'static str) -> Result<Self> {
        if path.as_os_str().is_empty() || path == Path::new(":memory:") {
            let message = "name a file; records that need not last are kept by `memory:`";
            return Err(Error::new(ErrorKind::InvalidArgument, operation, message));
        }
        Self::connect(path).await.map_err(|cause| failure(sqlite_meaning, operation, cause))
    }

    async fn connect(path: &Path) -> sqlx::Result<Self> {
        let options = options(path);
        let writer = first_of(options.clone().pragma("cache_size", "-65536")).await?;
        let readers = pool(READERS).connect_lazy_with(options.create_if_missing(false).pragma("query_only", "ON"));
        Ok(Self { path: path.to_owned(), writer, readers })
    }

    /// Begins a change, at once: who begins to read and then wants to write can be refused without waiting.
    ///
    /// # Errors
    /// If the database cannot be reached, or another process holds it for more than five seconds.
    pub async fn begin(&self) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Waits for what is under way, and ends all connections.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl fmt::Debug for SqliteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The first connection, which begins the write-ahead log of a new file. SQLite does not wait for others who do the same.
async fn first_of(options: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let until = Instant::now() + BUSY;
    loop {
        match pool(1).connect_with(options.clone()).await {
            Err(sqlx::Error::Database(said)) if is_busy(&*said) && Instant::now() < until => sleep(AGAIN).await,
            made => return made,
        }
    }
}

fn is_busy(said: &dyn DatabaseError) -> bool {
    let code = said.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
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

/// The result codes of SQLite, whose lowest byte says what the others say in detail.
#[must_use]
pub fn sqlite_meaning(code: &str) -> Option<(ErrorKind, &'static str)> {
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

const READERS: u32 = 4;
const BUSY: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(20);
const WAIT: Duration = Duration::from_secs(30);
