//! Calls operations at the other side of a hub.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::answer::Answer;
use super::frame;
use super::items::{CREDIT, Items};
use super::pending::{Awaited, Pending};
use super::place_key::PlaceKey;
use super::talk::Talk;
use super::topics::answer_topic;
use crate::access::SigningKey;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Effect, Invoke, Operation, Principal};
use crate::transport::{Message, Transport};

/// Whom to ask: the topic of a place and its key, which an administrator of the place tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The topic below which it is asked: `iiot/berlin/edge-1`.
    pub root: String,
    /// What requests are sealed for.
    pub key: PlaceKey,
}

/// Calls the operations offered at one place. A clone shares its answers; streams end with `Closed` when the last one is
/// dropped.
#[derive(Debug, Clone)]
pub struct Caller {
    link: Arc<Link>,
    timeout: Duration,
    principal: Option<Principal>,
    _receiving: Arc<Receiving>,
}

/// Takes answers until it is dropped.
#[derive(Debug)]
struct Receiving {
    task: JoinHandle<()>,
    pending: Arc<Pending>,
}

/// What a caller's requests share.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) to: Destination,
    pub(super) answers: String,
    pub(super) signer: Arc<SigningKey>,
    pub(super) clock: Arc<dyn Clock>,
    pending: Arc<Pending>,
}

impl Caller {
    /// A caller of what is offered at a place, who signs with `signer` and waits 10 s for an answer.
    ///
    /// # Errors
    /// If the hub does not let us receive answers.
    pub async fn connect(
        transport: Arc<dyn Transport>,
        to: Destination,
        signer: impl Into<Arc<SigningKey>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let answers = answer_topic(&to.root, &uuid::Uuid::new_v4().simple().to_string());
        let messages = transport.subscribe(&answers).await?;
        let pending = Arc::<Pending>::default();
        let task = tokio::spawn(receive(messages, Arc::clone(&pending)));
        let receiving = Arc::new(Receiving { task, pending: Arc::clone(&pending) });
        let link = Arc::new(Link { transport, to, answers, signer: signer.into(), clock, pending });
        Ok(Self { link, timeout: Duration::from_secs(10), principal: None, _receiving: receiving })
    }

    /// The same caller, who waits for another time, an hour at most.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whom it asks.
    #[must_use]
    pub fn destination(&self) -> &Destination {
        &self.link.to
    }

    /// The same caller, who asks for somebody else: in the record stand both, and both need the role.
    #[must_use]
    pub fn on_behalf_of(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }

    fn request(&self, operation: &'static Operation, ahead: usize) -> Result<Outstanding> {
        Outstanding::new(&self.link, operation, self.principal.clone(), self.timeout, ahead)
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.task.abort();
        self.pending.close();
    }
}

#[async_trait]
impl Invoke for Caller {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        let mut outstanding = self.request(operation, 1)?;
        let answer = outstanding.ask(&request, 0).await?;
        answer.into_body(&self.link.to.root)
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        // Beyond the items ahead there are the opening and the end.
        let mut outstanding = self.request(operation, CREDIT as usize + 2)?;
        let opening = outstanding.ask(&request, CREDIT).await?;
        opening.into_body(&self.link.to.root)?;
        Ok(Items::new(outstanding).into_stream())
    }
}

/// A request until its last answer; dropping it earlier tells the other side.
pub(super) struct Outstanding {
    pub(super) talk: Arc<Talk>,
    pub(super) awaited: Awaited,
    principal: Option<Principal>,
    timeout: Duration,
    /// Whether the other side works on it.
    pub(super) runs: bool,
}

impl Outstanding {
    fn new(
        link: &Arc<Link>,
        operation: &'static Operation,
        principal: Option<Principal>,
        timeout: Duration,
        ahead: usize,
    ) -> Result<Self> {
        let (keys, public) = link.to.key.share()?;
        let keys = Arc::new(keys);
        let awaited = link.pending.add(Arc::clone(&keys), ahead)?;
        let talk = Arc::new(Talk::new(link, operation, &awaited.id, keys, public));
        Ok(Self { talk, awaited, principal, timeout, runs: false })
    }

    /// Sends the request and waits for the first answer.
    async fn ask(&mut self, body: &[u8], credit: u32) -> Result<Answer> {
        let messages = self.talk.request(body, self.principal.take(), self.timeout, credit)?;
        let deadline = Instant::now() + self.timeout;
        self.runs = true;
        let answered = timeout_at(deadline, self.answered(&messages)).await;
        let answer = answered.map_err(|_| self.unanswered())?.map_err(|error| self.undecided(error))?;
        self.runs = answer.more;
        Ok(answer)
    }

    /// A change is asked for again and again: it is carried out once, and what came of it is what we need to know.
    async fn answered(&mut self, messages: &[Message]) -> Result<Answer> {
        loop {
            for message in messages {
                self.talk.link.transport.publish(message.clone()).await?;
            }
            if self.talk.operation.effect == Effect::Reads {
                return self.awaited.next().await;
            }
            if let Ok(answer) = timeout(AGAIN, self.awaited.next()).await {
                return answer;
            }
        }
    }

    /// Whether a change took place is not known without an answer.
    fn unanswered(&self) -> Error {
        let kind = match self.talk.operation.effect {
            Effect::Reads => ErrorKind::Timeout,
            Effect::Changes => ErrorKind::Indeterminate,
        };
        let message = format!("no answer within {:?}; is it running and connected to the hub?", self.timeout);
        let error = Error::new(kind, self.talk.operation.full_name(), message).with("at", &self.talk.link.to.root);
        if kind == ErrorKind::Indeterminate { error.with("request", self.talk.id_text()) } else { error }
    }

    /// The hub failed us when the request was perhaps on its way.
    fn undecided(&self, error: Error) -> Error {
        let lost =
            matches!(error.kind(), ErrorKind::Closed | ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Io);
        if !lost || self.talk.operation.effect == Effect::Reads {
            return error;
        }
        let message = "the connection to the hub was lost: look whether it took place before trying again";
        Error::new(ErrorKind::Indeterminate, self.talk.operation.full_name(), message)
            .with("at", &self.talk.link.to.root)
            .with("request", self.talk.id_text())
            .because(error)
    }
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        // A change goes on in any case.
        if !self.runs || self.talk.operation.effect == Effect::Changes {
            return;
        }
        let talk = Arc::clone(&self.talk);
        runtime.spawn(async move {
            if let Err(cause) = talk.control(true).await {
                tracing::debug!(%cause, "could not cancel a request");
            }
        });
    }
}

async fn receive(mut messages: BoxStream<'static, Message>, pending: Arc<Pending>) {
    while let Some(message) = messages.next().await {
        let id: Option<Bytes> = message.correlation;
        match (id, frame::Answer::read(message.payload)) {
            (Some(id), Some(answer)) => pending.deliver(&id, &answer),
            _ => tracing::warn!(topic = message.topic, "ignored a message that is no answer"),
        }
    }
    pending.close();
}

/// When a change is asked for again.
const AGAIN: Duration = Duration::from_secs(3);
