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
    queue: mpsc::Sender<Outgoing>,
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
        let (queue, messages) = mpsc::channel(QUEUE);
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
        // A task whose budget is used up would be woken for its messages in reverse order.
        let place = tokio::task::unconstrained(self.queue.reserve()).await.map_err(|_| super::closed("publish"))?;
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        place.send(Outgoing { sequence, message, ticket: Arc::clone(&ticket), outcome });
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

type InFlight = FuturesUnordered<BoxFuture<'static, Option<Outgoing>>>;

/// Starts messages in order, as many at once as the broker and the options allow. Ends when the
/// transport is closed.
async fn send_all(link: Arc<Link>, mut queue: mpsc::Receiver<Outgoing>) {
    let mut state = link.state.subscribe();
    let mut waiting = BTreeMap::new();
    let mut in_flight = InFlight::new();
    let mut resume_at = None;
    loop {
        let window = window(&link, &state.borrow_and_update().clone(), resume_at);
        start(&link, &mut waiting, &mut in_flight, window);
        link.in_flight.send_replace(in_flight.len());
        tokio::select! {
            biased;
            Some(returned) = in_flight.next() => if let Some(outgoing) = returned {
                // The connection has gone, and the state will say so in a moment.
                resume_at = Some(Instant::now() + RESUME_DELAY);
                waiting.insert(outgoing.sequence, outgoing);
            },
            changed = state.changed() => if changed.is_err() || *state.borrow() == MqttState::Closed {
                return;
            },
            () = sleep_until(resume_at) => resume_at = None,
            next = queue.recv(), if waiting.is_empty() && in_flight.len() < window => match next {
                Some(outgoing) => drop(waiting.insert(outgoing.sequence, outgoing)),
                None => return,
            },
        }
    }
}

fn window(link: &Link, state: &MqttState, resume_at: Option<Instant>) -> usize {
    match state {
        MqttState::Connected if resume_at.is_none() => usize::from(link.options.max_in_flight),
        _ => 0,
    }
}

fn start(link: &Arc<Link>, waiting: &mut BTreeMap<u64, Outgoing>, in_flight: &mut InFlight, window: usize) {
    while in_flight.len() < window {
        let Some((_, outgoing)) = waiting.pop_first() else { return };
        if outgoing.ticket.start() {
            in_flight.push(Box::pin(send(Arc::clone(link), outgoing)));
        }
    }
}

/// Sends one message; returns it if it surely was not sent because the connection had gone.
async fn send(link: Arc<Link>, outgoing: Outgoing) -> Option<Outgoing> {
    let message = &outgoing.message;
    let options = publish_options(message);
    let sent = link.client.publish_with_options(message.topic.as_str(), message.payload.to_vec(), options).await;
    let verdict = match sent {
        Ok(result) => settled(result.outcome().await),
        Err(cause) if lost_connection(&cause) => {
            outgoing.ticket.wait_again();
            return Some(outgoing);
        }
        Err(cause) => {
            if let MqttError::PacketTooLarge { max, .. } = cause {
                link.max_packet.store(u32::try_from(max).unwrap_or(u32::MAX), Ordering::Relaxed);
            }
            Err(failure("publish", cause))
        }
    };
    // A caller that gave up no longer cares.
    let _ = outgoing.outcome.send(verdict);
    None
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

/// Messages between callers and the sender; more callers wait.
const QUEUE: usize = 64;
const RESUME_DELAY: Duration = Duration::from_millis(50);
