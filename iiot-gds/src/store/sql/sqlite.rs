//! SQLite.

use std::path::Path;

use async_trait::async_trait;
use iiot_core::sql::{SqliteFile, sqlite_meaning};
use iiot_core::{Error, ErrorKind, Result};

use super::engine::{Dialect, Engine, Work, speaks};
use super::statement::{Row, Statement, unnamed};
use super::{Database, store};

/// Records in an SQLite database; a clone shares it.
///
/// One process writes at a time, others wait for it up to five seconds; many can read meanwhile. What was committed is on
/// the disk (write-ahead log, flushed with each commit); transactions that wait at the same time are flushed together.
///
/// ```
/// use iiot_gds::store::{SqliteStore, Store};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("gds.db");
/// let store = SqliteStore::open(&path).await?;
/// assert!(store.unfinished().await?.is_empty());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct SqliteStore(Database);

impl SqliteStore {
    /// Opens a database, which is made where there is none. Its folder must exist.
    ///
    /// # Errors
    /// `Io` if the file cannot be opened or made, `Corrupt` if it is no database or its triggers are missing, `Unavailable` if
    /// another process holds it for too long, `Unsupported` if a newer version of this program has made it,
    /// `InvalidArgument` if it holds something else.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::database(path).await.map(Self).map_err(|error| error.with("file", path.display()))
    }

    /// Opens a database to look at it, whatever state its tables are in: what [`open`](Self::open) refuses can be verified so.
    /// Nothing can be written.
    ///
    /// # Errors
    /// `NotFound` if there is no such file, and those of [`open`](Self::open) but for its tables.
    pub async fn inspect(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if !path.is_file() {
            let error = Error::new(ErrorKind::NotFound, OPEN, "there is no such file");
            return Err(error.with("file", path.display()));
        }
        Ok(Self(Database::inspect(Sqlite(SqliteFile::open(path, OPEN).await?))))
    }

    async fn database(path: &Path) -> Result<Database> {
        Database::open(Sqlite(SqliteFile::open(path, OPEN).await?)).await
    }
}

store!(SqliteStore);
speaks!(sqlx::Sqlite, unnamed);

#[derive(Debug)]
struct Sqlite(SqliteFile);

#[async_trait]
impl Engine for Sqlite {
    fn dialect(&self) -> &Dialect {
        &DIALECT
    }

    async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        find(statement, &self.0.readers).await
    }

    async fn begin(&self) -> sqlx::Result<Box<dyn Work>> {
        Ok(Box::new(self.0.begin().await?))
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

static DIALECT: Dialect = Dialect {
    // It has begun as the only writer.
    lock: "SELECT 1",
    alone: "SELECT 1",
    tables: "SELECT count(*), count(*) FILTER (WHERE name = 'audit') FROM sqlite_schema WHERE type = 'table'",
    guards: "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('audit', 'artefacts')",
    guard_count: 9,
    migrations: &[include_str!("sqlite.sql")],
    meaning: sqlite_meaning,
};

const OPEN: &str = "open the store's database";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Instant;

    use sqlx::Connection;
    use sqlx::sqlite::SqliteConnection;

    use super::*;

    /// `cargo test --lib store::sql -- --ignored --nocapture`
    #[tokio::test]
    #[ignore = "it measures"]
    async fn places_without_names_are_bound_sooner() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for rows in [1, 10, 100, 500] {
            let values = (0..rows).map(|row| std::array::from_fn::<_, 11, _>(|column| (row + column as u64).into()));
            let sum = Statement::of_rows("SELECT sum(column1) FROM (VALUES", values.collect(), ")").remove(0);
            for (name, text) in [("named", sum.sql.clone()), ("unnamed", unnamed(sum.sql.clone()))] {
                let begun = Instant::now();
                for _ in 0..100 {
                    let query = sqlx::query(sqlx::AssertSqlSafe(text.clone())).persistent(sum.again);
                    let query = (0..rows * 11).fold(query, |query, value| query.bind(value as i64));
                    query.fetch_one(&mut connection).await.unwrap();
                }
                println!("{rows} rows of 11 values, {name}: {:?}", begun.elapsed() / 100);
            }
        }
    }
}
