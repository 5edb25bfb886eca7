//! PostgreSQL.

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::sql::{PostgresOptions, PostgresSchema, postgres_meaning};

use super::engine::{Dialect, Engine, Work, speaks};
use super::statement::{Row, Statement};
use super::{Database, store};

/// Records in a PostgreSQL database, version 12 or newer; a clone shares it.
///
/// Several processes can write at once; one waits for the one before it. Lost connections are made again, but a connection
/// lost while something was written ends the store, as any failed write does.
///
/// The triggers bind everybody but the owner of the tables, who can remove them; [opening](Self::connect) notices that. Give
/// other programs a role of their own.
#[derive(Debug, Clone)]
pub struct PostgresStore(Database);

impl PostgresStore {
    /// Connects to a database, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with our tables in the schema `iiot_gds`.
    ///
    /// # Errors
    /// As of [`connect_with`](Self::connect_with).
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, options()).await
    }

    /// Connects to a database to look at it, whatever state its tables in the schema `iiot_gds` are in: what
    /// [`connect`](Self::connect) refuses can be verified so. Nothing can be written.
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect) but for its tables.
    pub async fn inspect(url: &str) -> Result<Self> {
        Ok(Self(Database::inspect(Postgres(PostgresSchema::connect(url, &options(), CONNECT).await?))))
    }

    /// Connects to a database and makes the tables where there are none. Without `sslmode` in the URL, a server on another
    /// machine must speak TLS (`require`). To check its certificate too, use `sslmode=verify-full&sslrootcert=FILE`.
    ///
    /// # Errors
    /// `InvalidArgument` for a wrong URL or a schema that holds something else, `Unauthenticated`, `Forbidden`, `Security` where
    /// the server refuses us or has no TLS, `Unavailable` if it cannot be reached, `Corrupt` if the triggers are missing,
    /// `Unsupported` if a newer version of this program has made the tables.
    pub async fn connect_with(url: &str, options: PostgresOptions) -> Result<Self> {
        let schema = PostgresSchema::connect(url, &options, CONNECT).await?;
        let place = schema.place().to_owned();
        Database::open(Postgres(schema)).await.map(Self).map_err(|error| error.with("database", place))
    }
}

fn options() -> PostgresOptions {
    PostgresOptions { schema: "iiot_gds".to_owned(), ..PostgresOptions::default() }
}

store!(PostgresStore);
speaks!(sqlx::Postgres, std::convert::identity);

#[derive(Debug)]
struct Postgres(PostgresSchema);

#[async_trait]
impl Engine for Postgres {
    fn dialect(&self) -> &Dialect {
        &DIALECT
    }

    async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        find(statement, &self.0.pool).await
    }

    async fn begin(&self) -> sqlx::Result<Box<dyn Work>> {
        // Whatever the server's default is: who has waited for the lock must see what others wrote meanwhile.
        Ok(Box::new(self.0.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?))
    }

    async fn close(&self) {
        self.0.pool.close().await;
    }
}

static DIALECT: Dialect = Dialect {
    lock: "SELECT version FROM schema_version FOR UPDATE",
    alone: "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(7303015)",
    tables: "SELECT count(*), count(*) FILTER (WHERE tablename = 'audit') FROM pg_tables
        WHERE schemaname = current_schema()",
    guards: "SELECT count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = current_schema()::regnamespace AND relname IN ('audit', 'artefacts')
            AND NOT tgisinternal AND tgenabled IN ('O', 'A')",
    guard_count: 4,
    migrations: &[include_str!("postgres.sql")],
    meaning: postgres_meaning,
};

const CONNECT: &str = "connect to the store's database";
