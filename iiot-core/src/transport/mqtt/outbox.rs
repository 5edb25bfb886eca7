//! Published messages on their way to the broker, in order and bounded.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use mqtt5::PublishResult;
use mqtt5::error::MqttError;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::convert::{failure, lost_connection, publish_options, settled};
use super::link::{Link, MqttState};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::Message;

/// Takes messages and waits for their outcome.
pub(super) struct Outbox {
    link: Arc<Link>,
    queue: mpsc::UnboundedSender<Outgoing>,
    sequence: AtomicU64,
    /// Publishes without an outcome.
    pending: watch::Sender<usize>,
}

/// One message and who waits for it.
struct Outgoing {
    sequence: u64,
    message: Message,
    ticket: Arc<Ticket>,
    outcome: oneshot::Sender<Result<()>>,
}

/// Decides between the sender that starts and the caller that gives up: exactly one wins.
#[derive(Default)]
struct Ticket(AtomicU8);

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Ticket {
    fn start(&self) -> bool {
        self.0.compare_exchange(WAITING, STARTED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn give_up(&self) -> bool {
        self.0.compare_exchange(WAITING, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn wait_again(&self) {
        self.0.store(WAITING, Ordering::Release);
    }
}

impl Outbox {
    /// An outbox and the task that empties it.
    pub(super) fn new(link: Arc<Link>) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, messages) = mpsc::unbounded_channel();
        // Without tokio's budget, which makes futures yield half-way and wakes them in another order.
        let sender = tokio::task::unconstrained(send_all(Arc::clone(&link), messages));
        (Self { link, queue, sequence: AtomicU64::new(0), pending: watch::Sender::new(0) }, sender)
    }

    /// Waits until the broker has taken responsibility.
    pub(super) async fn publish(&self, message: Message) -> Result<()> {
        if *self.link.state.borrow() == MqttState::Closed {
            return Err(super::closed("publish"));
        }
        let _counted = Counted::new(&self.pending);
        let ticket = Arc::new(Ticket::default());
        // A caller that drops this future gives up too; what has started is finished.
        let _caller = GivesUp(Arc::clone(&ticket));
        let deadline = Instant::now() + self.link.options.timeout;
        let topic = message.topic.clone();
        match tokio::time::timeout_at(deadline, self.outcome(message, Arc::clone(&ticket))).await {
            Ok(outcome) => outcome,
            Err(_) if ticket.give_up() => Err(self.link.unavailable("publish")),
            Err(_) => Err(unanswered()),
        }
        .map_err(|error| error.with("topic", topic))
    }

    async fn outcome(&self, message: Message, ticket: Arc<Ticket>) -> Result<()> {
        let (outcome, verdict) = oneshot::channel();
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        // Unbounded: a place to wait for would be given to whoever asks first, and not to who has waited for it longest.
        let queued = self.queue.send(Outgoing { sequence, message, ticket: Arc::clone(&ticket), outcome });
        queued.map_err(|_| super::closed("publish"))?;
        match verdict.await {
            Ok(verdict) => verdict,
            // The sender has ended, because the transport was closed.
            Err(_) if ticket.give_up() => Err(super::closed("publish")),
            Err(_) => Err(unanswered()),
        }
    }

    /// Waits until nothing is pending, at most for `patience`.
    pub(super) async fn finish(&self, patience: Duration) {
        let mut pending = self.pending.subscribe();
        let drained = pending.wait_for(|pending| *pending == 0);
        if tokio::time::timeout(patience, drained).await.is_err() {
            tracing::warn!("closed the MQTT transport with publishes that have no outcome");
        }
    }
}

/// Starts messages in order, as many at once as the broker and the options allow. Ends when the
/// transport is closed.
async fn send_all(link: Arc<Link>, mut queue: mpsc::UnboundedReceiver<Outgoing>) {
    let mut state = link.state.subscribe();
    let mut waiting = Waiting::default();
    let (mut started, mut sent) = (FuturesUnordered::new(), FuturesUnordered::new());
    let mut resume_at = None;
    let mut line = None;
    loop {
        let connected = *state.borrow_and_update() == MqttState::Connected;
        if connected && line.is_none() {
            line = link.line.try_lock().ok();
        } else if !connected && started.is_empty() {
            line = None;
        }
        let open = connected && line.is_some() && resume_at.is_none();
        let window = if open { usize::from(link.options.max_in_flight) } else { 0 };
        while started.len() + sent.len() < window
            && let Some((_, outgoing)) = waiting.messages.pop_first()
        {
            start(&link, &mut started, outgoing);
        }
        let in_flight = started.len() + sent.len();
        link.in_flight.send_replace(in_flight);
        tokio::select! {
            biased;
            Some((outgoing, result)) = started.next() => match result {
                Ok(result) => sent.push(answered(outgoing, result)),
                Err(cause) if lost_connection(&cause) => {
                    // The connection has gone, and the state will say so in a moment.
                    resume_at = Some(Instant::now() + RESUME_DELAY);
                    outgoing.ticket.wait_again();
                    waiting.insert(outgoing);
                }
                Err(cause) => refused(&link, outgoing, cause),
            },
            Some(()) = sent.next() => {}
            changed = state.changed() => if changed.is_err() || *state.borrow() == MqttState::Closed {
                return;
            },
            () = sleep_until(resume_at) => resume_at = None,
            next = queue.recv() => match next {
                Some(outgoing) => waiting.insert(outgoing),
                None => return,
            },
        }
    }
}

/// Messages by their sequence. Those that nobody waits for any more go in time.
#[derive(Default)]
struct Waiting {
    messages: BTreeMap<u64, Outgoing>,
    /// How many were left last time.
    kept: usize,
}

impl Waiting {
    fn insert(&mut self, outgoing: Outgoing) {
        self.messages.insert(outgoing.sequence, outgoing);
        if self.messages.len() > 2 * self.kept + FEW {
            self.messages.retain(|_, outgoing| !outgoing.outcome.is_canceled());
            self.kept = self.messages.len();
        }
    }
}

/// A message that the client has and may not have sent; and then how that went.
type Started = BoxFuture<'static, (Outgoing, mqtt5::error::Result<PublishResult>)>;

fn start(link: &Arc<Link>, started: &mut FuturesUnordered<Started>, outgoing: Outgoing) {
    if outgoing.outcome.is_canceled() || !outgoing.ticket.start() {
        return;
    }
    let link = Arc::clone(link);
    started.push(Box::pin(async move {
        let message = &outgoing.message;
        let (topic, payload) = (message.topic.as_str(), message.payload.to_vec());
        let result = link.client.publish_with_options(topic, payload, publish_options(message)).await;
        (outgoing, result)
    }));
}

/// Waits for the answer to a message that was sent, which the client sends again until there is one.
async fn answered(outgoing: Outgoing, result: PublishResult) {
    let verdict = settled(result.outcome().await);
    // A caller that gave up no longer cares.
    let _ = outgoing.outcome.send(verdict);
}

fn refused(link: &Link, outgoing: Outgoing, cause: MqttError) {
    if let MqttError::PacketTooLarge { max, .. } = cause {
        link.max_packet.store(u32::try_from(max).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
    // As above.
    let _ = outgoing.outcome.send(Err(failure("publish", cause)));
}

async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

struct GivesUp(Arc<Ticket>);

impl Drop for GivesUp {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

fn unanswered() -> Error {
    let message = "the message was sent, but the broker has not acknowledged it; it may have arrived";
    Error::new(ErrorKind::Indeterminate, "publish", message)
}

/// Messages that are not worth looking through.
const FEW: usize = 64;
const RESUME_DELAY: Duration = Duration::from_millis(50);
