//! Carrying out a request that was let in.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;

use super::answer::Answer;
use super::header::{Header, SKEW};
use super::line::{Line, defect};
use super::place::Place;
use super::running::Work;
use crate::access::audit::{RecordedChange, sha256};
use crate::access::{AuditEntry, AuditEvent, Grant, overdue};
use crate::error::{Error, Result};
use crate::operation::{Details, Dispatch, Operation, Reply, recordable};

/// What is to be carried out, for whom, and where the answer goes.
pub(super) struct Order {
    pub(super) place: Arc<Place>,
    pub(super) operation: Operation,
    pub(super) capability: Arc<dyn Dispatch>,
    pub(super) grant: Grant,
    pub(super) header: Header,
    pub(super) line: Line,
    pub(super) timeout: Duration,
    pub(super) body: Vec<u8>,
}

/// Carries out what only reads, until the caller has gone or may no longer ask.
pub(super) async fn carry_out_read(order: Order, work: Work) {
    let answered = async {
        match tokio::time::timeout(order.timeout, order.dispatch(&Details::default())).await {
            Ok(Ok(Reply::One(body))) => order.line.send(Answer::of(0, &body, false)).await,
            Ok(Ok(Reply::Many(items))) => order.line.send_items(&order.header.operation, items, &work).await,
            Ok(Err(error)) => order.line.send(Answer::failed(0, &error)).await,
            Err(_) => order.line.send(Answer::failed(0, &order.overdue())).await,
        }
    };
    tokio::select! {
        () = answered => {}
        () = work.cancelled.notified() => {}
        () = order.place.callers.ended(&order.grant, &*order.place.clock) => {}
    }
}

/// Carries out a change once, to its end, whether or not somebody waits for it.
pub(super) async fn carry_out_change(order: Order, _work: Work) {
    let recorded = match order.begin().await {
        Ok(recorded) => recorded,
        Err(error) => return order.line.send(Answer::failed(0, &error)).await,
    };
    let mut ended = pin!(order.change(recorded));
    tokio::select! {
        answer = &mut ended => order.line.send(answer).await,
        () = tokio::time::sleep(order.timeout) => {
            order.line.send(Answer::failed(0, &order.overdue())).await;
            ended.await;
        }
    }
}

impl Order {
    /// A handler that panics fails its own request and no other.
    async fn dispatch(&self, details: &Details) -> Result<Reply> {
        let principal = self.header.principal(&self.grant);
        let work = self.capability.dispatch_recorded(self.operation.name, &principal, &self.body, details);
        AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(defect(&self.header.operation)))
    }

    /// Writes down that the change begins, where it can be read after a crash.
    async fn begin(&self) -> Result<RecordedChange> {
        let Place { audit, journal, clock, .. } = &*self.place;
        let change = RecordedChange::begin(audit, &**clock, self.entry()).await?;
        let expires = self.header.expires + SKEW;
        let begun = journal.begin(self.header.change(), expires, clock.utc()).await;
        let Err(error) = begun else { return Ok(change) };
        change.end(&**clock, Some(&error), &Details::default()).await;
        Err(error)
    }

    async fn change(&self, recorded: RecordedChange) -> Answer {
        let details = Details::default();
        let outcome = self.dispatch(&details).await;
        recorded.end(&*self.place.clock, outcome.as_ref().err(), &details).await;
        let answer = match outcome {
            Ok(Reply::One(body)) => Answer::of(0, &body, false),
            Ok(Reply::Many(_)) => Answer::failed(0, &defect(&self.header.operation)),
            Err(error) => Answer::failed(0, &error),
        };
        if let Err(error) = self.place.journal.end(self.header.change(), answer.to_json()).await {
            tracing::error!("the end of a change is not in the journal: {}", error.report());
        }
        answer
    }

    fn entry(&self) -> AuditEntry {
        let principal = self.header.principal(&self.grant);
        AuditEntry {
            event: AuditEvent::Began,
            principal: principal.name,
            role: Some(principal.role),
            key: Some(self.grant.id.clone()),
            address: Some(self.place.transport.address()),
            operation: self.header.operation.clone(),
            request: sha256(&recordable(&self.operation, &self.body)),
            began: None,
            reason: None,
            details: None,
        }
    }

    fn overdue(&self) -> Error {
        overdue(&self.operation, self.timeout).with("request", &self.header.id)
    }
}
