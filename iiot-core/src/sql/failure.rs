//! What goes wrong with a database, in our terms.

use std::future::Future;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// What a code of a database means, and what to do.
pub type Meaning = fn(&str) -> Option<(ErrorKind, &'static str)>;

/// The error for what a database said while `operation` was done.
#[must_use]
pub fn failure(codes: Meaning, operation: &'static str, cause: sqlx::Error) -> Error {
    let (kind, message) = meaning(codes, &cause);
    let error = Error::new(kind, operation, message);
    match cause {
        // The driver's own sentence would repeat what the database said.
        sqlx::Error::Database(said) => error.because(said.into_error()),
        cause => error.because(cause),
    }
}

/// The error where the last word of a change got no answer: `Indeterminate`, unless the database said what it was.
#[must_use]
pub fn failure_at_the_end(codes: Meaning, operation: &'static str, cause: sqlx::Error) -> Error {
    if cause.as_database_error().is_some() {
        return failure(codes, operation, cause);
    }
    let message = "the connection was lost while the change was made to last; read the records to learn whether it was";
    Error::new(ErrorKind::Indeterminate, operation, message).because(cause)
}

/// A database that says nothing for a minute has gone: fails with an I/O error then.
pub async fn in_time<T>(work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let silent = |_| sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer within a minute"));
    tokio::time::timeout(PATIENCE, work).await.map_err(silent)?
}

fn meaning(codes: Meaning, cause: &sqlx::Error) -> (ErrorKind, &'static str) {
    match cause {
        sqlx::Error::Database(said) => said
            .code()
            .and_then(|code| codes(&code))
            .unwrap_or((ErrorKind::Internal, "the database refused the statement")),
        sqlx::Error::Configuration(_) => (ErrorKind::InvalidArgument, "the settings of the database are wrong"),
        sqlx::Error::Tls(_) => (ErrorKind::Security, "there is no TLS with the database; see `sslmode` in its URL"),
        sqlx::Error::PoolClosed => (ErrorKind::Closed, "the database was closed"),
        sqlx::Error::PoolTimedOut => {
            (ErrorKind::Unavailable, "no connection to the database came free in time; is it up, and is it overloaded?")
        }
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
            (ErrorKind::Unavailable, "the database cannot be reached; is it up?")
        }
        sqlx::Error::Protocol(_) => (ErrorKind::Protocol, "the database answered something that is not understood"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            (ErrorKind::Corrupt, "the database holds something that is not a record; restore it from a backup")
        }
        _ => (ErrorKind::Internal, "the database could not be asked"),
    }
}

const PATIENCE: Duration = Duration::from_secs(60);
