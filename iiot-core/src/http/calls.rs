//! Carries out operations: with a time limit, and with a record of those that change something.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use hyper::header::{HeaderValue, RETRY_AFTER};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::audit::{AuditEntry, AuditEvent, AuditLog, RecordedChange, sha256};
use super::events::defect;
use super::keys::Grant;
use super::limiter::Pass;
use super::problem::Refusal;
use crate::access::overdue;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Details, Dispatch, Effect, Operation, Reply, admit, recordable};

/// What is to be carried out, and for whom.
pub(super) struct Order {
    pub(super) operation: Operation,
    pub(super) capability: Arc<dyn Dispatch>,
    pub(super) grant: Grant,
    pub(super) address: IpAddr,
    pub(super) body: Bytes,
}

/// Operations that run.
pub(super) struct Calls {
    pub(super) audit: Arc<AuditLog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) time: Duration,
    /// Changes go on when their caller leaves, so that they end as a whole and with a record.
    pub(super) changes: Mutex<JoinSet<()>>,
}

/// An answer, and the place among the calls of the key, which a stream keeps.
pub(super) type Outcome = Result<(Reply, Pass<String>)>;

impl Calls {
    pub(super) async fn carry_out(&self, order: Order, place: Pass<String>) -> Result<(Reply, Pass<String>), Refusal> {
        if let Err(error) = self.allowed(&order) {
            self.refused(&order, &error).await?;
            return Err(error.into());
        }
        let outcome = match order.operation.effect {
            Effect::Reads => dispatch(&order, self.time, &Details::default()).await.map(|reply| (reply, place)),
            Effect::Changes => self.change(order, place).await,
        };
        outcome.map_err(refusal)
    }

    /// Waits for the changes that still run.
    pub(super) async fn finish(&self) {
        let mut changes = std::mem::take(&mut *self.changes.lock());
        while changes.join_next().await.is_some() {}
    }

    fn allowed(&self, order: &Order) -> Result<()> {
        let Operation { capability, name, .. } = order.operation;
        admit(&[order.operation], capability, name, &order.grant.principal())
    }

    async fn change(&self, order: Order, place: Pass<String>) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        let (audit, clock, time) = (Arc::clone(&self.audit), Arc::clone(&self.clock), self.time);
        self.spawn(async move {
            let outcome = recorded(&order, &audit, &*clock, time).await;
            // Whoever asked may have left.
            let _ = sender.send(outcome.map(|reply| (reply, place)));
        });
        outcome.await.unwrap_or_else(|_| Err(defect()))
    }

    fn spawn(&self, change: impl Future<Output = ()> + Send + 'static) {
        let mut changes = self.changes.lock();
        while changes.try_join_next().is_some() {}
        changes.spawn(change);
    }

    /// Attempts to change something without the right to are recorded too.
    async fn refused(&self, order: &Order, error: &Error) -> Result<()> {
        if order.operation.effect == Effect::Reads {
            return Ok(());
        }
        let reason = Some(error.message().to_owned());
        let refused = AuditEntry { reason, ..entry(order, AuditEvent::Refused) };
        self.audit.record(self.clock.utc(), refused).await.map(drop)
    }
}

/// Carries out a change between two records. Without the first one it is not begun.
async fn recorded(order: &Order, audit: &Arc<AuditLog>, clock: &dyn Clock, time: Duration) -> Result<Reply> {
    let change = RecordedChange::begin(audit, clock, entry(order, AuditEvent::Began)).await?;
    let details = Details::default();
    let outcome = dispatch(order, time, &details).await;
    change.end(clock, outcome.as_ref().err(), &details).await;
    outcome
}

async fn dispatch(order: &Order, time: Duration, details: &Details) -> Result<Reply> {
    let principal = order.grant.principal();
    let work = order.capability.dispatch_recorded(order.operation.name, &principal, &order.body, details);
    match tokio::time::timeout(time, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(defect()),
        Err(_) => Err(overdue(&order.operation, time)),
    }
}

fn entry(order: &Order, event: AuditEvent) -> AuditEntry {
    AuditEntry {
        event,
        principal: order.grant.name.clone(),
        role: Some(order.grant.role),
        key: Some(order.grant.id.clone()),
        address: Some(order.address.to_string()),
        operation: order.operation.full_name(),
        request: sha256(&recordable(&order.operation, &order.body)),
        began: None,
        reason: None,
        details: None,
    }
}

fn refusal(error: Error) -> Refusal {
    let wait = error.kind() == ErrorKind::LimitExceeded && error.is_retryable();
    let refusal = Refusal::from(error);
    if wait { refusal.with_header(RETRY_AFTER, HeaderValue::from_static("1")) } else { refusal }
}
