//! What the databases do for us, and in what they differ.

use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::sql::Meaning;

use super::statement::{Row, Statement};

/// A database.
#[async_trait]
pub(super) trait Engine: Debug + Send + Sync + 'static {
    /// Its own words.
    fn dialect(&self) -> &Dialect;

    /// What a statement finds, all at one moment.
    async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>>;

    /// Begins changes that are seen together or not at all. Each statement sees what was committed before it.
    async fn begin(&self) -> sqlx::Result<Box<dyn Work>>;

    /// Waits for what is under way, and ends all connections.
    async fn close(&self);
}

/// Changes that are seen together; none are if it is dropped.
#[async_trait]
pub(super) trait Work: Send {
    /// What a statement finds.
    async fn rows(&mut self, statement: Statement) -> sqlx::Result<Vec<Row>>;

    /// Carries out a statement; returns how many rows it changed.
    async fn run(&mut self, statement: Statement) -> sqlx::Result<u64>;

    /// Carries out several statements without values.
    async fn script(&mut self, sql: &'static str) -> sqlx::Result<()>;

    /// Makes the changes last.
    async fn commit(self: Box<Self>) -> sqlx::Result<()>;
}

/// In what databases differ.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Lets one writer in, of all processes.
    pub(super) lock: &'static str,
    /// Lets one process at a time change the tables themselves.
    pub(super) alone: &'static str,
    /// The number of all tables, and of those named `audit`.
    pub(super) tables: &'static str,
    /// The number of triggers that keep what is for ever.
    pub(super) guards: &'static str,
    /// As many as there must be.
    pub(super) guard_count: u64,
    /// From each version of the tables to the next one; the first makes them.
    pub(super) migrations: &'static [&'static str],
    /// What a code of the database means, and what to do.
    pub(super) meaning: Meaning,
}

/// What is the same for every database and cannot be written once, for their types differ.
macro_rules! speaks {
    ($database:ty, $text:expr) => {
        type Query = sqlx::query::Query<'static, $database, <$database as sqlx::Database>::Arguments>;

        fn query(statement: $crate::store::sql::statement::Statement) -> Query {
            use $crate::store::sql::statement::Value;
            let query = sqlx::query(sqlx::AssertSqlSafe($text(statement.sql))).persistent(statement.again);
            statement.values.into_iter().fold(query, |query, value| match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
            })
        }

        fn row(
            columns: &[$crate::store::sql::statement::Column],
            row: &<$database as sqlx::Database>::Row,
        ) -> sqlx::Result<$crate::store::sql::statement::Row> {
            use sqlx::Row as _;
            use $crate::store::sql::statement::{Column, Row, Value};
            let value = |(place, column): (usize, &Column)| match column {
                Column::Text => row.try_get(place).map(Value::Text),
                Column::Number => row.try_get(place).map(Value::Number),
                Column::Bytes => row.try_get(place).map(Value::Bytes),
            };
            columns.iter().enumerate().map(value).collect::<sqlx::Result<_>>().map(Row::new)
        }

        /// What a statement finds, over a connection or a pool of them.
        async fn find(
            statement: $crate::store::sql::statement::Statement,
            connection: impl sqlx::Executor<'_, Database = $database>,
        ) -> sqlx::Result<Vec<$crate::store::sql::statement::Row>> {
            let columns = statement.columns;
            let found = query(statement).fetch_all(connection).await?;
            found.iter().map(|found| row(columns, found)).collect()
        }

        #[async_trait::async_trait]
        impl $crate::store::sql::engine::Work for sqlx::Transaction<'static, $database> {
            async fn rows(
                &mut self,
                statement: $crate::store::sql::statement::Statement,
            ) -> sqlx::Result<Vec<$crate::store::sql::statement::Row>> {
                find(statement, &mut **self).await
            }

            async fn run(&mut self, statement: $crate::store::sql::statement::Statement) -> sqlx::Result<u64> {
                query(statement).execute(&mut **self).await.map(|done| done.rows_affected())
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
