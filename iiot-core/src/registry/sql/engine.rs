//! What the databases do for us, and in what they differ.

use std::fmt::Debug;

use async_trait::async_trait;

use super::statement::{Row, Statement};
use crate::sql::Meaning;

/// A database.
#[async_trait]
pub(super) trait Engine: Debug + Send + Sync + 'static {
    /// Its own words.
    fn dialect(&self) -> &Dialect;

    /// What a statement finds, all at one moment.
    async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>>;

    /// Begins changes that are seen together or not at all.
    async fn begin(&self) -> sqlx::Result<Box<dyn Transaction>>;

    /// Returns when another process may have changed something: soon where the database tells, else after a while.
    async fn rest(&self);

    /// Waits for what is under way, and ends all connections.
    async fn close(&self);
}

/// Changes that are seen together; none are if it is dropped.
#[async_trait]
pub(super) trait Transaction: Send {
    /// What a statement finds.
    async fn rows(&mut self, statement: Statement) -> sqlx::Result<Vec<Row>>;

    /// Carries out a statement.
    async fn run(&mut self, statement: Statement) -> sqlx::Result<()>;

    /// Carries out several statements without values.
    async fn script(&mut self, sql: &'static str) -> sqlx::Result<()>;

    /// Makes the changes last.
    async fn commit(self: Box<Self>) -> sqlx::Result<()>;
}

/// In what databases differ.
#[derive(Debug)]
pub(super) struct Dialect {
    /// The function that finds a text in another one.
    pub(super) find: &'static str,
    /// Lets one process at a time change the tables themselves.
    pub(super) alone: &'static str,
    /// The number of tables named `counter`.
    pub(super) has_tables: &'static str,
    /// From each version of the tables to the next one; the first makes them.
    pub(super) migrations: &'static [&'static str],
    /// Tells other processes of a change.
    pub(super) notify: Option<&'static str>,
    /// What a code of the database means, and what to do.
    pub(super) meaning: Meaning,
}

/// What is the same for every database and cannot be written once, for their types differ.
macro_rules! speaks {
    ($database:ty) => {
        type Query = sqlx::query::Query<'static, $database, <$database as sqlx::Database>::Arguments>;

        fn query(statement: $crate::registry::sql::statement::Statement) -> Query {
            use $crate::registry::sql::statement::Value;
            let query = sqlx::query(sqlx::AssertSqlSafe(statement.sql)).persistent(statement.again);
            statement.values.into_iter().fold(query, |query, value| match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Nothing => query.bind(None::<String>),
            })
        }

        fn rows(
            rows: Vec<<$database as sqlx::Database>::Row>,
        ) -> sqlx::Result<Vec<$crate::registry::sql::statement::Row>> {
            use sqlx::Row as _;
            use $crate::registry::sql::statement::Row;
            rows.into_iter()
                .map(|row| {
                    let (number, kind) = (row.try_get(0)?, row.try_get(1)?);
                    Ok(Row { number, kind, id: row.try_get(2)?, text: row.try_get(3)? })
                })
                .collect()
        }

        #[async_trait::async_trait]
        impl $crate::registry::sql::engine::Transaction for sqlx::Transaction<'static, $database> {
            async fn rows(
                &mut self,
                statement: $crate::registry::sql::statement::Statement,
            ) -> sqlx::Result<Vec<$crate::registry::sql::statement::Row>> {
                rows(query(statement).fetch_all(&mut **self).await?)
            }

            async fn run(&mut self, statement: $crate::registry::sql::statement::Statement) -> sqlx::Result<()> {
                query(statement).execute(&mut **self).await.map(drop)
            }

            async fn script(&mut self, sql: &'static str) -> sqlx::Result<()> {
                sqlx::raw_sql(sql).execute(&mut **self).await.map(drop)
            }

            async fn commit(self: Box<Self>) -> sqlx::Result<()> {
                sqlx::Transaction::commit(*self).await
            }
        }
    };
}
pub(super) use speaks;
