//! PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgListener;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::engine::{Dialect, Engine, Transaction, speaks};
use super::statement::{Row, Statement};
use super::{Store, registry};
use crate::error::Result;
pub use crate::sql::PostgresOptions;
use crate::sql::{PostgresSchema, postgres_meaning};

/// Records in a PostgreSQL database, version 12 or newer; a clone shares it.
///
/// Several processes can change records at once; a change waits for the one before it. Changes of other processes are
/// noticed at once (`LISTEN`), or within a second where a proxy keeps that from us. Lost connections are made again.
#[derive(Debug, Clone)]
pub struct PostgresRegistry(pub(super) Store);

impl PostgresRegistry {
    /// Connects to a database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. As of [`connect_with`](Self::connect_with).
    ///
    /// # Errors
    /// As of [`connect_with`](Self::connect_with).
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, PostgresOptions::default()).await
    }

    /// Connects to a database and makes the tables where there are none.
    ///
    /// Without `sslmode` in the URL, a server on another machine must speak TLS (`require`). To check its certificate
    /// too, use `sslmode=verify-full&sslrootcert=FILE`.
    ///
    /// # Errors
    /// `InvalidArgument` for a wrong URL, `Unauthenticated`, `Forbidden`, `Security` where the server refuses us or has no TLS,
    /// `Unavailable` if it cannot be reached, `Unsupported` if a newer version of this program has made the tables.
    pub async fn connect_with(url: &str, options: PostgresOptions) -> Result<Self> {
        let schema = PostgresSchema::connect(url, &options, CONNECT).await?;
        let place = schema.place().to_owned();
        let channel = format!("iiot {}", options.schema);
        let engine = Postgres { schema, channel, listener: Mutex::new(None) };
        Store::open(engine).await.map(Self).map_err(|error| error.with("database", place))
    }
}

registry!(PostgresRegistry);
speaks!(sqlx::Postgres);

#[derive(Debug)]
struct Postgres {
    schema: PostgresSchema,
    channel: String,
    listener: Mutex<Option<PgListener>>,
}

impl Postgres {
    /// Returns when something was told.
    async fn hear(&self) -> sqlx::Result<()> {
        let mut listener = self.listener.lock().await;
        let heard = match listener.as_mut() {
            Some(listener) => listener.recv().await.map(drop),
            None => {
                let mut new = PgListener::connect_with(&self.schema.pool).await?;
                new.listen(&self.channel).await?;
                *listener = Some(new);
                return Ok(());
            }
        };
        if heard.is_err() {
            *listener = None;
        }
        heard
    }
}

#[async_trait]
impl Engine for Postgres {
    fn dialect(&self) -> &Dialect {
        &DIALECT
    }

    async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        rows(query(statement).fetch_all(&self.schema.pool).await?)
    }

    async fn begin(&self) -> sqlx::Result<Box<dyn Transaction>> {
        Ok(Box::new(self.schema.pool.begin().await?))
    }

    async fn rest(&self) {
        // Where nobody can be heard, it is a poll.
        if let Ok(Err(cause)) = timeout(POLL, self.hear()).await {
            tracing::debug!(%cause, "the database cannot be listened to");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn close(&self) {
        self.schema.pool.close().await;
    }
}

static DIALECT: Dialect = Dialect {
    find: "strpos",
    alone: "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(7303014)",
    has_tables: "SELECT count(*), '', '', NULL FROM pg_tables
        WHERE schemaname = current_schema() AND tablename = 'counter'",
    migrations: &[include_str!("postgres.sql")],
    notify: Some("SELECT pg_notify('iiot ' || current_schema(), '')"),
    meaning: postgres_meaning,
};

const CONNECT: &str = "connect to the registry's database";

const POLL: Duration = Duration::from_secs(1);
