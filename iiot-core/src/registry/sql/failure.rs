//! What goes wrong with a database, in our terms.

use super::engine::Dialect;
use crate::error::{Error, ErrorKind};

/// The error for what a database said while `operation` was done.
pub(super) fn failure(dialect: &Dialect, operation: &'static str, cause: sqlx::Error) -> Error {
    let (kind, message) = meaning(dialect, &cause);
    Error::new(kind, operation, message).because(cause)
}

/// The error where the last word of a change got no answer.
pub(super) fn failure_at_the_end(dialect: &Dialect, operation: &'static str, cause: sqlx::Error) -> Error {
    if cause.as_database_error().is_some() {
        return failure(dialect, operation, cause);
    }
    let message = "the connection was lost while the change was made to last; read the records to learn whether it was";
    Error::new(ErrorKind::Indeterminate, operation, message).because(cause)
}

fn meaning(dialect: &Dialect, cause: &sqlx::Error) -> (ErrorKind, &'static str) {
    match cause {
        sqlx::Error::Database(said) => said
            .code()
            .and_then(|code| (dialect.meaning)(&code))
            .unwrap_or((ErrorKind::Internal, "the database refused the statement")),
        sqlx::Error::Configuration(_) => (ErrorKind::InvalidArgument, "the settings of the database are wrong"),
        sqlx::Error::Tls(_) => (ErrorKind::Security, "there is no TLS with the database; see `sslmode` in its URL"),
        sqlx::Error::PoolClosed => (ErrorKind::Closed, "the registry was closed"),
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
