//! Brings the messages of one group to the sink, in order, until each is taken.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use iiot_core::clock::Clock;
use iiot_core::transport::Message;
use iiot_core::{Error, ErrorKind, Result};

use super::backoff::Backoff;
use crate::message::MessageKind;
use crate::sink::Sink;

/// Keeps a window of messages in flight. When one fails, those behind it are sent again as well, so
/// that order holds; the sink can see a message twice.
#[derive(Debug)]
pub(super) struct Sender {
    sink: Arc<dyn Sink>,
    clock: Arc<dyn Clock>,
    /// Not taken yet; the first ones are in flight.
    queue: VecDeque<Outgoing>,
    in_flight: FuturesOrdered<BoxFuture<'static, Result<()>>>,
    backoff: Backoff,
    retry_at: Option<Instant>,
}

/// A message on its way.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) id: u64,
    pub(super) kind: MessageKind,
    pub(super) values: usize,
    pub(super) message: Message,
}

impl Outgoing {
    /// Says in its properties that it, or values in it, may have been sent before.
    pub(super) fn mark_redelivered(&mut self) {
        let properties = &mut self.message.properties;
        if !properties.iter().any(|(name, _)| name == REDELIVERED) {
            properties.push((REDELIVERED.into(), "true".into()));
        }
    }
}

/// What became of a message.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The sink has it.
    Taken(Outgoing),
    /// The sink will never take it.
    Refused(Outgoing, Error),
    /// The sink is away; the message is sent again after a pause.
    Failed(Error),
    /// The sink takes nothing any more.
    Closed(Error),
}

impl Sender {
    pub(super) fn new(sink: Arc<dyn Sink>, clock: Arc<dyn Clock>) -> Self {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        Self { sink, clock, queue: VecDeque::new(), in_flight: FuturesOrdered::new(), backoff, retry_at: None }
    }

    pub(super) fn push(&mut self, outgoing: Outgoing) {
        self.queue.push_back(outgoing);
        if self.retry_at.is_none() {
            self.fill();
        }
    }

    /// What is not on its way yet goes there.
    pub(super) fn set_sink(&mut self, sink: &Arc<dyn Sink>) {
        self.sink = Arc::clone(sink);
    }

    /// Messages not taken yet.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// What becomes of the first message; never returns while there is none. Can be dropped and
    /// called again.
    pub(super) async fn next(&mut self) -> Outcome {
        if let Some(at) = self.retry_at {
            self.clock.sleep_until(at).await;
            self.retry_at = None;
            self.fill();
        }
        let Some(result) = self.in_flight.next().await else { return std::future::pending().await };
        match result {
            Ok(()) => self.settle(Outcome::Taken),
            Err(error) if is_final(&error) => self.settle(|outgoing| Outcome::Refused(outgoing, error)),
            Err(error) if error.kind() == ErrorKind::Closed => Outcome::Closed(error),
            Err(error) => self.put_off(error),
        }
    }

    fn settle(&mut self, outcome: impl FnOnce(Outgoing) -> Outcome) -> Outcome {
        let outgoing = self.queue.pop_front().expect("a message in flight is in the queue");
        self.backoff.succeeded();
        self.fill();
        outcome(outgoing)
    }

    fn put_off(&mut self, error: Error) -> Outcome {
        // The failed one is no longer counted there.
        let sent = self.in_flight.len() + 1;
        self.queue.iter_mut().take(sent).for_each(Outgoing::mark_redelivered);
        self.in_flight = FuturesOrdered::new();
        self.retry_at = Some(self.clock.now() + self.backoff.failed());
        Outcome::Failed(error)
    }

    fn fill(&mut self) {
        while self.in_flight.len() < WINDOW
            && let Some(next) = self.queue.get(self.in_flight.len())
        {
            let (sink, message) = (Arc::clone(&self.sink), next.message.clone());
            // Begun in order, also where tokio would have the group pause half-way: it goes on in reverse then.
            let sending = tokio::task::unconstrained(async move { sink.send(message).await });
            self.in_flight.push_back(Box::pin(sending));
        }
    }
}

/// Whether the sink will never take the message.
fn is_final(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidArgument => true,
        ErrorKind::LimitExceeded => !error.is_retryable(),
        _ => false,
    }
}

/// Property of a message that may have been sent before.
const REDELIVERED: &str = "Redelivered";
/// Messages in flight per group.
const WINDOW: usize = 16;

#[cfg(test)]
mod tests {
    use iiot_core::clock::ManualClock;
    use iiot_core::time::UtcTime;

    use super::*;
    use crate::sink::MemorySink;

    fn outgoing(id: u64) -> Outgoing {
        let message = Message::new("t", id.to_string());
        Outgoing { id, kind: MessageKind::Data, values: 1, message }
    }

    fn setup() -> (Sender, Arc<MemorySink>, Arc<ManualClock>) {
        let (sink, clock) = (Arc::new(MemorySink::default()), Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH)));
        let sender = Sender::new(Arc::clone(&sink) as _, Arc::clone(&clock) as _);
        (sender, sink, clock)
    }

    fn payloads(sink: &MemorySink) -> Vec<String> {
        sink.messages().iter().map(|message| String::from_utf8_lossy(&message.payload).into_owned()).collect()
    }

    #[tokio::test]
    async fn messages_arrive_in_order_within_a_bounded_window() {
        let (mut sender, sink, _) = setup();
        sink.pause();
        (0..40).for_each(|id| sender.push(outgoing(id)));
        assert!(futures::FutureExt::now_or_never(sender.next()).is_none());
        assert_eq!(sink.sends(), WINDOW);
        sink.resume();
        for id in 0..40 {
            assert!(matches!(sender.next().await, Outcome::Taken(outgoing) if outgoing.id == id));
        }
        assert_eq!(payloads(&sink), (0..40).map(|id| id.to_string()).collect::<Vec<_>>());
        assert_eq!(sender.len(), 0);
    }

    #[tokio::test]
    async fn after_a_failure_everything_behind_it_is_sent_again_after_a_pause() {
        let (mut sender, sink, clock) = setup();
        sink.fail_next(ErrorKind::Unavailable);
        (0..3).for_each(|id| sender.push(outgoing(id)));
        assert!(matches!(sender.next().await, Outcome::Failed(_)));
        assert!(futures::FutureExt::now_or_never(sender.next()).is_none());
        clock.advance(Duration::from_millis(100));
        for _ in 0..3 {
            assert!(matches!(sender.next().await, Outcome::Taken(_)));
        }
        assert!(payloads(&sink).ends_with(&["0".into(), "1".into(), "2".into()]), "{:?}", payloads(&sink));
        let redelivered = |message: &Message| message.properties.contains(&(REDELIVERED.into(), "true".into()));
        let again: Vec<_> = sink.messages().iter().map(redelivered).collect();
        assert!(again.ends_with(&[true; 3]) && again[..again.len() - 3].iter().all(|again| !again), "{again:?}");
    }

    #[tokio::test]
    async fn a_message_refused_for_good_is_given_back_and_the_rest_goes_on() {
        let (mut sender, sink, _) = setup();
        sink.fail_next(ErrorKind::InvalidArgument);
        (0..2).for_each(|id| sender.push(outgoing(id)));
        assert!(matches!(sender.next().await, Outcome::Refused(outgoing, _) if outgoing.id == 0));
        assert!(matches!(sender.next().await, Outcome::Taken(outgoing) if outgoing.id == 1));
    }
}
