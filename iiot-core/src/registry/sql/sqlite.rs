//! SQLite.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use super::engine::{Dialect, Engine, Transaction, speaks};
use super::statement::{Row, Statement};
use super::{Store, registry};
use crate::error::Result;
use crate::sql::{SqliteFile, sqlite_meaning};

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
        Store::open(Sqlite(SqliteFile::open(path, OPEN).await?)).await
    }
}

registry!(SqliteRegistry);
speaks!(sqlx::Sqlite);

#[derive(Debug)]
struct Sqlite(SqliteFile);

#[async_trait]
impl Engine for Sqlite {
    fn dialect(&self) -> &Dialect {
        &DIALECT
    }

    async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        rows(query(statement).fetch_all(&self.0.readers).await?)
    }

    async fn begin(&self) -> sqlx::Result<Box<dyn Transaction>> {
        Ok(Box::new(self.0.begin().await?))
    }

    async fn rest(&self) {
        tokio::time::sleep(POLL).await;
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

static DIALECT: Dialect = Dialect {
    find: "instr",
    alone: "SELECT 1",
    has_tables: "SELECT count(*), '', '', NULL FROM sqlite_schema WHERE type = 'table' AND name = 'counter'",
    migrations: &[include_str!("sqlite.sql")],
    notify: None,
    meaning: sqlite_meaning,
};

const OPEN: &str = "open the registry's database";
const POLL: Duration = Duration::from_millis(400);
