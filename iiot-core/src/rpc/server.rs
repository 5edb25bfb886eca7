//! Offers a capability at a hub.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use tokio::task::{JoinHandle, JoinSet};

use super::envelope::{Answer, Request, request_topic};
use super::running::{Running, Work};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Dispatch, Principal, Reply};
use crate::transport::{Message, Transport};

/// Carries out the requests that arrive for one capability, until it is dropped.
#[derive(Debug)]
pub struct Server {
    serving: JoinHandle<()>,
}

impl Server {
    /// Offers `capability` at `root` (see [`rpc`](crate::rpc)).
    ///
    /// # Errors
    /// If the hub does not let us receive requests, or the capability has no operations.
    pub async fn start<D: Dispatch + ?Sized>(
        transport: Arc<dyn Transport>,
        root: &str,
        capability: Arc<D>,
    ) -> Result<Self> {
        let Some(first) = capability.operations().first() else {
            return Err(Error::new(ErrorKind::InvalidArgument, "offer a capability", "it has no operations"));
        };
        let requests = transport.subscribe(&request_topic(root, first.capability, "+")).await?;
        let desk = Desk { transport, running: Arc::default(), capability };
        Ok(Self { serving: tokio::spawn(desk.serve(requests)) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Where requests come in.
struct Desk<D: ?Sized> {
    transport: Arc<dyn Transport>,
    running: Arc<Running>,
    capability: Arc<D>,
}

/// What a request asks for.
struct Order {
    operation: String,
    principal: Principal,
    body: String,
    timeout: Duration,
    credit: u32,
}

impl<D: Dispatch + ?Sized> Desk<D> {
    /// When this is dropped, so is everything that runs.
    async fn serve(self, mut requests: BoxStream<'static, Message>) {
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                request = requests.next() => match request {
                    Some(message) => self.take(message, &mut tasks),
                    None => return,
                },
                Some(_) = tasks.join_next() => {}
            }
        }
    }

    fn take(&self, message: Message, tasks: &mut JoinSet<()>) {
        let operation = message.topic.rsplit('/').next().unwrap_or_default().to_owned();
        let (Some(id), Some(answers)) = (message.correlation, message.response_topic) else {
            tracing::warn!(topic = message.topic, "ignored a request that does not say where the answer goes");
            return;
        };
        let line = Line { transport: Arc::clone(&self.transport), answers, id };
        match serde_json::from_slice(&message.payload) {
            Ok(Request::Call { timeout_ms, principal, credit, body }) => {
                let timeout = allowed(timeout_ms, message.expiry);
                self.start(line, Order { operation, principal, body, timeout, credit }, tasks);
            }
            Ok(Request::More { credit }) => self.running.grant(&line.id, credit),
            Ok(Request::Cancel) => self.running.cancel(&line.id),
            Err(cause) => {
                let message = format!("the envelope of the request does not parse: {cause}");
                refuse(line, Error::new(ErrorKind::InvalidArgument, "dispatch", message), tasks);
            }
        }
    }

    fn start(&self, line: Line, order: Order, tasks: &mut JoinSet<()>) {
        match self.running.begin(&line.id, order.credit) {
            Ok(Some(work)) => {
                let cancelled = Arc::clone(&work.cancelled);
                let answered = carry_out(Arc::clone(&self.capability), line, order, work);
                tasks.spawn(async move {
                    tokio::select! {
                        () = answered => {}
                        () = cancelled.notified() => {}
                    }
                });
            }
            // It arrived before; its answer is on the way.
            Ok(None) => {}
            Err(error) => refuse(line, error, tasks),
        }
    }
}

fn refuse(line: Line, error: Error, tasks: &mut JoinSet<()>) {
    tasks.spawn(async move { line.send(Answer::failed(0, &error)).await });
}

async fn carry_out<D: Dispatch + ?Sized>(capability: Arc<D>, line: Line, order: Order, work: Work) {
    match reply(&*capability, &order).await {
        Ok(Reply::One(body)) => line.send_body(0, &body, false).await,
        Ok(Reply::Many(items)) => line.send_items(&order.operation, items, &work).await,
        Err(error) => line.send(Answer::failed(0, &error)).await,
    }
}

/// A handler that panics fails its own request and no other.
async fn reply<D: Dispatch + ?Sized>(capability: &D, order: &Order) -> Result<Reply> {
    let handled = capability.dispatch(&order.operation, &order.principal, order.body.as_bytes());
    match tokio::time::timeout(order.timeout, AssertUnwindSafe(handled).catch_unwind()).await {
        Ok(Ok(reply)) => reply,
        Ok(Err(_)) => Err(panicked(&order.operation)),
        Err(_) => {
            let message = format!("it was not finished within {:?}", order.timeout);
            Err(Error::new(ErrorKind::Timeout, order.operation.clone(), message))
        }
    }
}

/// The way back to one caller.
struct Line {
    transport: Arc<dyn Transport>,
    answers: String,
    id: Bytes,
}

impl Line {
    /// Sends the opening, then items as far as the caller lets us, then the end.
    async fn send_items(&self, operation: &str, mut items: BoxStream<'static, Result<Vec<u8>>>, work: &Work) {
        self.send(Answer::empty(0, true)).await;
        let mut sequence = 1;
        while work.may_send().await {
            let next = AssertUnwindSafe(items.next()).catch_unwind();
            let item = tokio::select! {
                item = next => item,
                () = work.abandoned() => return,
            };
            match item {
                Ok(Some(Ok(item))) => self.send_body(sequence, &item, true).await,
                Ok(Some(Err(error))) => return self.send(Answer::failed(sequence, &error)).await,
                Ok(None) => return self.send(Answer::empty(sequence, false)).await,
                Err(_) => return self.send(Answer::failed(sequence, &panicked(operation))).await,
            }
            sequence += 1;
        }
    }

    async fn send_body(&self, sequence: u64, body: &[u8], more: bool) {
        let answer = Answer::with_body(sequence, body, more);
        self.send(answer.unwrap_or_else(|error| Answer::failed(sequence, &error))).await;
    }

    async fn send(&self, answer: Answer) {
        let Err(error) = self.publish(&answer).await else { return };
        tracing::warn!(topic = self.answers, "could not send an answer: {}", error.report());
        if error.kind() == ErrorKind::LimitExceeded && answer.error.is_none() {
            // The caller should know; if this fails too there is nobody else to tell.
            let _ = self.publish(&Answer::failed(answer.sequence, &error)).await;
        }
    }

    async fn publish(&self, answer: &Answer) -> Result<()> {
        let payload = serde_json::to_vec(answer).map_err(|cause| {
            Error::new(ErrorKind::Internal, "answer a request", "the answer is not JSON").because(cause)
        })?;
        if self.transport.max_payload().is_some_and(|max| payload.len() > max) {
            let message = format!("the answer of {} bytes is too large for the hub", payload.len());
            return Err(Error::new(ErrorKind::LimitExceeded, "answer a request", message).retryable(false));
        }
        let message = Message {
            content_type: Some("application/json".to_owned()),
            correlation: Some(self.id.clone()),
            ..Message::new(self.answers.clone(), payload)
        };
        self.transport.publish(message).await
    }
}

/// What the caller allows, less the time that the hub held the request (MQTT 5.0 §3.3.2.3.3).
fn allowed(timeout_ms: u64, left: Option<Duration>) -> Duration {
    let timeout = Duration::from_millis(timeout_ms);
    left.map_or(timeout, |left| timeout.min(left)).min(MAX_TIMEOUT)
}

fn panicked(operation: &str) -> Error {
    Error::new(ErrorKind::Internal, operation.to_owned(), "the operation ended by a defect of the program")
}

const MAX_TIMEOUT: Duration = Duration::from_secs(3600);
