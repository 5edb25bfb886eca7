//! Who may ask, and the record of what was changed: API keys and the audit record, for every face of a process.

pub(crate) mod audit;
pub(crate) mod keys;
pub(crate) mod tend;

use crate::error::{Error, ErrorKind, Result};

pub use audit::{AuditCheck, AuditEntry, AuditEvent, AuditLog, AuditRecord};
pub use keys::{ApiKey, ApiKeyRequest, ApiKeys, Grant, NewApiKey, Proof, SigningKey};

/// Files are read and locked where nobody waits for the runtime.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(cause) => Err(Error::new(ErrorKind::Internal, "access", "the work ended by a defect").because(cause)),
    }
}
