//! PostgreSQL.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::engine::{Dialect, Engine, Transaction, speaks};
use super::failure::failure;
use super::statement::{Row, Statement};
use super::{Store, registry};
use crate::error::{Error, ErrorKind, Result};

/// Records in a PostgreSQL database, version 12 or newer; a clone shares it.
///
/// Several processes can change records at once; a change waits for the one before it. Changes of other processes are
/// noticed at once (`LISTEN`), or within a second where a proxy keeps that from us. Lost connections are made again.
#[derive(Debug, Clone)]
pub struct PostgresRegistry(pub(super) Store);

/// How to use a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// The schema with our tables, made where there is none: small letters, digits and `_`, 40 at most. Two registries in
    /// one database need two. Default `iiot`.
    pub schema: String,
    /// Connections at most, 2 to 100, one of which listens. Default 8.
    pub connections: u32,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { schema: "iiot".to_owned(), connections: 8 }
    }
}

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
        options.check()?;
        let server = server(url)?;
        let place = Place::of(&server, &options);
        let fail = |error: Error| error.with("database", &place);
        let engine = Postgres::connect(server, &options, place.clone()).await.map_err(fail)?;
        Store::open(engine).await.map(Self).map_err(fail)
    }
}

registry!(PostgresRegistry);
speaks!(sqlx::Postgres);

impl PostgresOptions {
    fn check(&self) -> Result<()> {
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        let begins = self.schema.starts_with(|letter: char| letter.is_ascii_lowercase());
        let refuse = |message| Err(Error::new(ErrorKind::InvalidArgument, CONNECT, message));
        match () {
            () if !begins || self.schema.len() > 40 || !self.schema.chars().all(fits) => {
                refuse("the schema is 40 small letters, digits and `_` at most, a letter first")
            }
            () if !(2..=100).contains(&self.connections) => refuse("connections are 2 to 100"),
            () => Ok(()),
        }
    }
}

/// Which database it is, without secrets.
#[derive(Debug, Clone)]
struct Place(String);

impl Place {
    fn of(server: &PgConnectOptions, options: &PostgresOptions) -> Self {
        let database = server.get_database().unwrap_or_else(|| server.get_username());
        Self(format!("{}:{}/{database}, schema {}", server.get_host(), server.get_port(), options.schema))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Postgres {
    place: Place,
    pool: PgPool,
    channel: String,
    listener: Mutex<Option<PgListener>>,
}

impl Postgres {
    async fn connect(server: PgConnectOptions, options: &PostgresOptions, place: Place) -> Result<Self> {
        let fail = |cause| failure(&DIALECT, CONNECT, cause);
        let look = timeout(WAIT, make_schema(&server, &options.schema)).await;
        look.map_err(|_| Error::new(ErrorKind::Unavailable, CONNECT, "the server does not answer"))?.map_err(fail)?;
        let settings = settings(&options.schema);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(WAIT)
            .after_connect(move |connection, _| {
                let settings = settings.clone();
                Box::pin(
                    async move { sqlx::raw_sql(sqlx::AssertSqlSafe(settings)).execute(connection).await.map(drop) },
                )
            })
            .connect_lazy_with(server);
        Ok(Self { place, pool, channel: format!("iiot {}", options.schema), listener: Mutex::new(None) })
    }

    /// Returns when something was told.
    async fn hear(&self) -> sqlx::Result<()> {
        let mut listener = self.listener.lock().await;
        let heard = match listener.as_mut() {
            Some(listener) => listener.recv().await.map(drop),
            None => {
                let mut new = PgListener::connect_with(&self.pool).await?;
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
        rows(query(statement).fetch_all(&self.pool).await?)
    }

    async fn begin(&self) -> sqlx::Result<Box<dyn Transaction>> {
        Ok(Box::new(self.pool.begin().await?))
    }

    async fn rest(&self) {
        // Where nobody can be heard, it is a poll.
        if let Ok(Err(cause)) = timeout(POLL, self.hear()).await {
            tracing::debug!(%cause, "the database cannot be listened to");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("place", &self.place.0).finish_non_exhaustive()
    }
}

/// The server that a URL names.
fn server(url: &str) -> Result<PgConnectOptions> {
    let refuse = |message: String| Error::new(ErrorKind::InvalidArgument, CONNECT, message);
    let expected = "the URL is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE";
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(refuse(expected.to_owned()));
    }
    let settings = url.split_once('?').map_or("", |(_, settings)| settings);
    let mut names = settings.split('&').filter(|setting| !setting.is_empty()).map(name_of);
    // The driver would write an unknown one into the log, with its value.
    if names.clone().any(|name| !SETTINGS.contains(&name)) {
        return Err(refuse(format!("the URL has an unknown setting; known are {}", SETTINGS.join(", "))));
    }
    let chosen = names.any(|name| name == "sslmode");
    // Without its cause, which may quote the URL.
    let server = PgConnectOptions::from_str(url).map_err(|_| refuse(expected.to_owned()))?;
    let server = server.application_name("iiot").disable_statement_logging();
    let near = server.get_socket().is_some() || ["localhost", "127.0.0.1", "[::1]", "::1"].contains(&server.get_host());
    Ok(if chosen || near { server } else { server.ssl_mode(PgSslMode::Require) })
}

fn name_of(setting: &str) -> &str {
    setting.split('=').next().unwrap_or_default()
}

/// Makes the schema, on a connection of its own whose failure says more than a pool's.
async fn make_schema(server: &PgConnectOptions, schema: &str) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect_with(server).await?;
    let found = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1").bind(schema.to_owned());
    if found.fetch_optional(&mut connection).await?.is_none() {
        let make = sqlx::AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
        match sqlx::raw_sql(make).execute(&mut connection).await {
            // Another process was quicker.
            Err(sqlx::Error::Database(said)) if said.is_unique_violation() => {}
            made => {
                made?;
            }
        }
    }
    connection.close().await
}

/// How each connection is set: a commit lasts; a client that has gone does not hold the counter for long; no plan is
/// compiled, which takes ten times as long as the page that it is for.
fn settings(schema: &str) -> String {
    format!(
        "SET search_path TO {schema};
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
        SET plan_cache_mode = force_custom_plan;
        SET jit = off;
        SET lock_timeout = '20s';
        SET statement_timeout = '50s';
        SET idle_in_transaction_session_timeout = '30s';
        SET tcp_keepalives_idle = 10;
        SET tcp_keepalives_interval = 5;
        SET tcp_keepalives_count = 3"
    )
}

static DIALECT: Dialect = Dialect {
    find: "strpos",
    alone: "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(7303014)",
    has_tables: "SELECT count(*), '', '', NULL FROM pg_tables
        WHERE schemaname = current_schema() AND tablename = 'counter'",
    migrations: &[include_str!("postgres.sql")],
    notify: Some("SELECT pg_notify('iiot ' || current_schema(), '')"),
    meaning,
};

/// The codes of PostgreSQL, whose first two characters are a class.
fn meaning(code: &str) -> Option<(ErrorKind, &'static str)> {
    Some(match code {
        "25006" => (ErrorKind::Unavailable, "the server can only be read; is it a standby? name the primary"),
        "28000" | "28P01" => (ErrorKind::Unauthenticated, "the server refuses the user or the password"),
        "3D000" => (ErrorKind::NotFound, "there is no such database; make it with `createdb`"),
        "3F000" => (ErrorKind::NotFound, "there is no such schema; connect again, so that it is made"),
        "42501" => (ErrorKind::Forbidden, "the user may not do this; grant CREATE on the database, or make the schema"),
        "42P01" => (ErrorKind::Corrupt, "a table is missing; restore the database from a backup"),
        "53100" => (ErrorKind::Io, "the server's disk is full; make room on it"),
        "53300" => (ErrorKind::Unavailable, "the server takes no more connections; raise `max_connections`"),
        "55P03" => (ErrorKind::Unavailable, "another program holds the records for too long; try again, or end it"),
        "57014" => (ErrorKind::Timeout, "the server took too long; is it overloaded?"),
        "58030" => (ErrorKind::Io, "the server cannot read or write its disk; see its log"),
        "XX001" | "XX002" => (ErrorKind::Corrupt, "the server's files are damaged; restore them from a backup"),
        _ if code.starts_with("08") || code.starts_with("57P") || code.starts_with("25P") => {
            (ErrorKind::Unavailable, "the server ended the connection; is it being restarted?")
        }
        _ if code.starts_with("40") => (ErrorKind::Unavailable, "the server undid the change; try again"),
        _ if code.starts_with("53") || code.starts_with("54") => {
            (ErrorKind::LimitExceeded, "a limit of the server was met; see its log")
        }
        _ => return None,
    })
}

const CONNECT: &str = "connect to the registry's database";

const SETTINGS: [&str; 8] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "dbname", "application_name"];

/// For a connection.
const WAIT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_secs(1);
