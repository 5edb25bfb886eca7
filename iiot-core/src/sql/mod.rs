//! SQL databases as stores here use them: how to open them, and what their failures mean.

mod failure;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use failure::{Meaning, failure, failure_at_the_end, in_time};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresSchema, postgres_meaning};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteFile, sqlite_meaning};
