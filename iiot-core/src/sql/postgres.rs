//! PostgreSQL.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

use super::failure;
use crate::error::{Error, ErrorKind, Result};

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

/// A schema of a PostgreSQL database, version 12 or newer.
#[derive(Clone)]
pub struct PostgresSchema {
    place: String,
    /// Connections, made when needed, whose names are those of the schema and whose commits last.
    pub pool: PgPool,
}

impl PostgresSchema {
    /// Connects to a database, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, and makes the schema where there is none.
    ///
    /// # Errors
    /// `InvalidArgument` for a wrong URL, `Unauthenticated`, `Forbidden`, `Security` where the server refuses us or has no TLS,
    /// `Unavailable` if it cannot be reached. They name `operation`, and never the password.
    pub async fn connect(url: &str, options: &PostgresOptions, operation: &'static str) -> Result<Self> {
        let wrong = |message| Error::new(ErrorKind::InvalidArgument, operation, message);
        options.check().map_err(wrong)?;
        let server = server(url).map_err(wrong)?;
        let place = place(&server, options);
        let fail = |cause| failure(postgres_meaning, operation, cause).with("database", &place);
        let silent =
            |_| Error::new(ErrorKind::Unavailable, operation, "the server does not answer").with("database", &place);
        timeout(WAIT, make_schema(&server, &options.schema)).await.map_err(silent)?.map_err(fail)?;
        Ok(Self { pool: pool(server, options), place })
    }

    /// Which database it is, without secrets.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Debug for PostgresSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSchema").field("place", &self.place).finish_non_exhaustive()
    }
}

fn pool(server: PgConnectOptions, options: &PostgresOptions) -> PgPool {
    let settings = settings(&options.schema);
    let pool = PgPoolOptions::new().max_connections(options.connections).acquire_timeout(WAIT);
    let pool = pool.after_connect(move |connection, _| {
        let set = sqlx::raw_sql(sqlx::AssertSqlSafe(settings.clone()));
        Box::pin(async move { set.execute(connection).await.map(drop) })
    });
    pool.connect_lazy_with(server)
}

fn place(server: &PgConnectOptions, options: &PostgresOptions) -> String {
    let database = server.get_database().unwrap_or_else(|| server.get_username());
    format!("{}:{}/{database}, schema {}", server.get_host(), server.get_port(), options.schema)
}

impl PostgresOptions {
    fn check(&self) -> Result<(), String> {
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        let begins = self.schema.starts_with(|letter: char| letter.is_ascii_lowercase());
        let refuse = |message: &str| Err(message.to_owned());
        match () {
            () if !begins || self.schema.len() > 40 || !self.schema.chars().all(fits) => {
                refuse("the schema is 40 small letters, digits and `_` at most, a letter first")
            }
            () if !(2..=100).contains(&self.connections) => refuse("connections are 2 to 100"),
            () => Ok(()),
        }
    }
}

/// The server that a URL names.
fn server(url: &str) -> Result<PgConnectOptions, String> {
    let expected = "the URL is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE";
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(expected.to_owned());
    }
    let settings = url.split_once('?').map_or("", |(_, settings)| settings);
    let mut names = settings.split('&').filter(|setting| !setting.is_empty()).map(name_of);
    // The driver would write an unknown one into the log, with its value.
    if names.clone().any(|name| !SETTINGS.contains(&name)) {
        return Err(format!("the URL has an unknown setting; known are {}", SETTINGS.join(", ")));
    }
    let chosen = names.any(|name| name == "sslmode");
    // Without its cause, which may quote the URL.
    let server = PgConnectOptions::from_str(url).map_err(|_| expected.to_owned())?;
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

/// The codes of PostgreSQL, whose first two characters are a class.
#[must_use]
pub fn postgres_meaning(code: &str) -> Option<(ErrorKind, &'static str)> {
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

const SETTINGS: [&str; 8] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "dbname", "application_name"];

/// For a connection.
const WAIT: Duration = Duration::from_secs(15);
