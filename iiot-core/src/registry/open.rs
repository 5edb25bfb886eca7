//! A registry by its address.

use std::sync::Arc;

use super::{MemoryRegistry, Registry};
use crate::error::{Error, ErrorKind, Result};

/// Opens the registry at an address, as processes are told it: `memory:`, which lasts as long as the process,
/// `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
///
/// # Errors
/// `InvalidArgument` for another address, `Unsupported` for a database that is not built in (features `sqlite`, `postgres`), and
/// those of the database. None of them tells the password.
///
/// ```
/// # futures::executor::block_on(async {
/// let registry = iiot_core::registry::open("memory:").await?;
/// assert!(iiot_core::registry::open("paper:shelf").await.is_err());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
pub async fn open(address: &str) -> Result<Arc<dyn Registry>> {
    match address.split_once(':') {
        Some(("memory", "")) => Ok(Arc::new(MemoryRegistry::new())),
        Some(("sqlite", path)) => sqlite(path.strip_prefix("//").unwrap_or(path)).await,
        Some(("postgres" | "postgresql", _)) => postgres(address).await,
        _ => Err(refused(ErrorKind::InvalidArgument, "the address is none of memory:, sqlite:PATH, postgres://…")),
    }
}

#[cfg(feature = "sqlite")]
async fn sqlite(path: &str) -> Result<Arc<dyn Registry>> {
    Ok(Arc::new(super::SqliteRegistry::open(path).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_: &str) -> Result<Arc<dyn Registry>> {
    Err(refused(ErrorKind::Unsupported, "SQLite is not built in (feature `sqlite`)"))
}

#[cfg(feature = "postgres")]
async fn postgres(address: &str) -> Result<Arc<dyn Registry>> {
    Ok(Arc::new(super::PostgresRegistry::connect(address).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str) -> Result<Arc<dyn Registry>> {
    Err(refused(ErrorKind::Unsupported, "PostgreSQL is not built in (feature `postgres`)"))
}

fn refused(kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, "open the registry", message)
}
