//! A change between its two records, whichever face it came through.

use std::sync::Arc;

use super::{AuditEntry, AuditEvent, AuditLog};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::operation::Details;

/// A change whose beginning is on the disk.
pub(crate) struct RecordedChange {
    log: Arc<AuditLog>,
    began: u64,
    entry: AuditEntry,
}

impl RecordedChange {
    /// Records that a change begins. Without that it must not be begun.
    pub(crate) async fn begin(log: &Arc<AuditLog>, clock: &dyn Clock, entry: AuditEntry) -> Result<Self> {
        let entry = AuditEntry { event: AuditEvent::Began, ..entry };
        let began = log.record(clock.utc(), entry.clone()).await?;
        Ok(Self { log: Arc::clone(log), began, entry })
    }

    /// Records how it ended. That this cannot be written does not undo what was done.
    pub(crate) async fn end(self, clock: &dyn Clock, failure: Option<&Error>, details: &Details) {
        let Self { log, began, entry } = self;
        let event = if failure.is_none() { AuditEvent::Done } else { AuditEvent::Failed };
        let (reason, details) = (failure.map(reason), details.to_json());
        let end = AuditEntry { event, began: Some(began), reason, details, ..entry };
        if let Err(error) = log.record(clock.utc(), end).await {
            tracing::error!("the end of a change is not in the audit record: {}", error.report());
        }
    }
}

fn reason(error: &Error) -> String {
    format!("{}: {}", error.kind().code(), error.report()).chars().take(MAX_REASON).collect()
}

const MAX_REASON: usize = 2000;
