//! Calls operations at the other side of a hub.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::envelope::{Answer, Request, answer_topic, request_topic};
use super::items::{CREDIT, Items, LEASE};
use super::pending::{Awaited, Pending};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Effect, Invoke, Operation, Principal};
use crate::transport::{Message, Transport};

/// Calls the operations offered at one place. Streams end with `Closed` when it is dropped.
#[derive(Debug)]
pub struct Caller {
    link: Arc<Link>,
    timeout: Duration,
    receiving: JoinHandle<()>,
}

/// What a caller's requests share.
#[derive(Debug)]
pub(super) struct Link {
    transport: Arc<dyn Transport>,
    pub(super) root: String,
    answers: String,
    principal: Principal,
    pending: Arc<Pending>,
}

impl Caller {
    /// A caller of what is offered at `root`, who waits 10 s for an answer.
    ///
    /// # Errors
    /// If the hub does not let us receive answers.
    pub async fn connect(transport: Arc<dyn Transport>, root: impl Into<String>, principal: Principal) -> Result<Self> {
        let root = root.into();
        let answers = answer_topic(&root, &uuid::Uuid::new_v4().simple().to_string());
        let messages = transport.subscribe(&answers).await?;
        let pending = Arc::<Pending>::default();
        let receiving = tokio::spawn(receive(messages, Arc::clone(&pending)));
        let link = Arc::new(Link { transport, root, answers, principal, pending });
        Ok(Self { link, timeout: Duration::from_secs(10), receiving })
    }

    /// The same caller, who waits for another time.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.receiving.abort();
        self.link.pending.close();
    }
}

#[async_trait]
impl Invoke for Caller {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        let mut outstanding = Outstanding::new(&self.link, operation, self.timeout, 1)?;
        let answer = outstanding.ask(request, 0).await?;
        answer.into_body(&self.link.root)
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        // Beyond the items ahead there are the opening and the end.
        let mut outstanding = Outstanding::new(&self.link, operation, self.timeout, CREDIT as usize + 2)?;
        let opening = outstanding.ask(request, CREDIT).await?;
        opening.into_body(&self.link.root)?;
        Ok(Items::new(outstanding).into_stream())
    }
}

/// A request until its last answer; dropping it earlier tells the other side.
pub(super) struct Outstanding {
    pub(super) link: Arc<Link>,
    pub(super) operation: &'static Operation,
    pub(super) awaited: Awaited,
    timeout: Duration,
    /// Whether the other side works on it.
    pub(super) runs: bool,
}

impl Outstanding {
    fn new(link: &Arc<Link>, operation: &'static Operation, timeout: Duration, ahead: usize) -> Result<Self> {
        let awaited = link.pending.add(ahead)?;
        Ok(Self { link: Arc::clone(link), operation, awaited, timeout, runs: false })
    }

    /// Sends the request and waits for the first answer.
    async fn ask(&mut self, body: Vec<u8>, credit: u32) -> Result<Answer> {
        let body = String::from_utf8(body)
            .map_err(|cause| Error::new(ErrorKind::Internal, "write a request", "JSON is UTF-8").because(cause))?;
        let principal = self.link.principal.clone();
        let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        let request = Request::Call { timeout_ms, principal, credit, body };
        let deadline = Instant::now() + self.timeout;
        self.runs = true;
        let answered = async {
            self.link.send(self.operation, &self.awaited.id, &request, self.timeout).await?;
            self.awaited.next().await
        };
        let answer = match timeout_at(deadline, answered).await {
            Ok(answer) => answer?,
            Err(_) => return Err(self.unanswered()),
        };
        self.runs = answer.more;
        Ok(answer)
    }

    /// Whether a change took place is not known without an answer.
    fn unanswered(&self) -> Error {
        let kind = match self.operation.effect {
            Effect::Reads => ErrorKind::Timeout,
            Effect::Changes => ErrorKind::Indeterminate,
        };
        let name = format!("{}.{}", self.operation.capability, self.operation.name);
        let message = format!("no answer within {:?}; is it running and connected to the hub?", self.timeout);
        Error::new(kind, name, message).with("at", &self.link.root)
    }
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.runs {
            return;
        }
        let (link, operation, id) = (Arc::clone(&self.link), self.operation, self.awaited.id.clone());
        runtime.spawn(async move {
            if let Err(cause) = link.send(operation, &id, &Request::Cancel, LEASE).await {
                tracing::debug!(%cause, "could not cancel a request");
            }
        });
    }
}

impl Link {
    /// Sends something about the request with this id.
    pub(super) async fn send(
        &self,
        operation: &Operation,
        id: &Bytes,
        request: &Request,
        expiry: Duration,
    ) -> Result<()> {
        let payload = serde_json::to_vec(request).map_err(|cause| {
            Error::new(ErrorKind::Internal, "write a request", "the request is not JSON").because(cause)
        })?;
        let message = Message {
            content_type: Some("application/json".to_owned()),
            expiry: Some(expiry),
            response_topic: Some(self.answers.clone()),
            correlation: Some(id.clone()),
            ..Message::new(request_topic(&self.root, operation.capability, operation.name), payload)
        };
        self.transport.publish(message).await
    }
}

async fn receive(mut messages: BoxStream<'static, Message>, pending: Arc<Pending>) {
    while let Some(message) = messages.next().await {
        match (message.correlation, serde_json::from_slice(&message.payload)) {
            (Some(id), Ok(answer)) => pending.deliver(&id, answer),
            _ => tracing::warn!(topic = message.topic, "ignored a message that is no answer"),
        }
    }
    pending.close();
}
