//! Who may ask, and the record of what was changed: API keys and the audit record, for every face of a process.

pub(crate) mod audit;
pub(crate) mod keys;
pub(crate) mod tend;

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Effect, Operation};

pub use audit::{AuditCheck, AuditEntry, AuditEvent, AuditLog, AuditRecord};
pub use keys::{ApiKey, ApiKeyRequest, ApiKeys, CallerKey, Grant, NewApiKey, Proof, SigningKey};

/// An operation that was not finished in time. A read can be asked again; of a change it is not known what became of it.
pub(crate) fn overdue(operation: &Operation, time: Duration) -> Error {
    let (kind, advice) = match operation.effect {
        Effect::Reads => (ErrorKind::Timeout, ""),
        Effect::Changes => (ErrorKind::Indeterminate, ": look whether it took place before trying again"),
    };
    Error::new(kind, operation.full_name(), format!("it was not finished within {time:?}{advice}"))
}

/// Files are read and locked where nobody waits for the runtime.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(cause) => Err(Error::new(ErrorKind::Internal, "access", "the work ended by a defect").because(cause)),
    }
}
