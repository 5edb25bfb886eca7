//! A store by its address.

use std::sync::Arc;

use iiot_core::{Error, ErrorKind, Result};

use super::{MemoryStore, Store};

/// Opens the store at an address, as processes are told it: `memory:`, which lasts as long as the process, `sqlite:PATH`, or
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
///
/// # Errors
/// `InvalidArgument` for another address, `Unsupported` for a database that is not built in (features `sqlite`, `postgres`), and
/// those of the database. None of them tells the password.
///
/// ```
/// # futures::executor::block_on(async {
/// let store = iiot_gds::store::open("memory:").await?;
/// assert_eq!(store.audit_head().await?.0, 0);
/// assert!(iiot_gds::store::open("paper:shelf").await.is_err());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
pub async fn open(address: &str) -> Result<Arc<dyn Store>> {
    match address.split_once(':') {
        Some(("memory", "")) => Ok(Arc::new(MemoryStore::new())),
        Some(("sqlite", path)) => sqlite(path.strip_prefix("//").unwrap_or(path)).await,
        Some(("postgres" | "postgresql", _)) => postgres(address).await,
        _ => Err(refused(ErrorKind::InvalidArgument, "the address is none of memory:, sqlite:PATH, postgres://…")),
    }
}

/// Opens the store at an address to look at it, whatever state it is in: what [`open`] refuses can be verified so. Nothing can be
/// written.
///
/// # Errors
/// As of [`open`]; `NotFound` where there is no such file.
pub async fn inspect(address: &str) -> Result<Arc<dyn Store>> {
    match address.split_once(':') {
        #[cfg(feature = "sqlite")]
        Some(("sqlite", path)) => {
            Ok(Arc::new(super::SqliteStore::inspect(path.strip_prefix("//").unwrap_or(path)).await?))
        }
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(super::PostgresStore::inspect(address).await?)),
        _ => open(address).await,
    }
}

#[cfg(feature = "sqlite")]
async fn sqlite(path: &str) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(super::SqliteStore::open(path).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_: &str) -> Result<Arc<dyn Store>> {
    Err(refused(ErrorKind::Unsupported, "SQLite is not built in (feature `sqlite`)"))
}

#[cfg(feature = "postgres")]
async fn postgres(address: &str) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(super::PostgresStore::connect(address).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str) -> Result<Arc<dyn Store>> {
    Err(refused(ErrorKind::Unsupported, "PostgreSQL is not built in (feature `postgres`)"))
}

fn refused(kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, "open the store", message)
}
