//! A hub inside the process: the double of a broker in tests, and the hub of a single process.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use futures::Stream;
use futures::channel::oneshot;
use futures::stream::BoxStream;
use parking_lot::Mutex;

use super::topic::{check_filter, check_topic, matches};
use super::{Message, Transport};
use crate::error::{Error, ErrorKind, Result};

/// A [`Transport`] whose hub is in this process.
///
/// A clone is another client of the same hub. A publish waits while a subscriber has more than
/// 64 messages unread, so nothing is dropped and nothing grows without bound. Expiry is carried,
/// not enforced.
///
/// ```
/// use futures::StreamExt;
/// use iiot_core::transport::{MemoryTransport, Message, Transport};
///
/// # fn main() -> iiot_core::Result<()> { futures::executor::block_on(async {
/// let hub = MemoryTransport::new();
/// let mut values = hub.subscribe("plant/+/values").await?;
/// hub.clone().publish(Message::new("plant/press/values", "21.5")).await?;
/// assert_eq!(values.next().await.map(|message| message.topic).as_deref(), Some("plant/press/values"));
/// # Ok(()) }) }
/// ```
#[derive(Debug, Default)]
pub struct MemoryTransport {
    hub: Arc<Hub>,
    closed: Arc<AtomicBool>,
    subscriptions: Mutex<Vec<Arc<Queue>>>,
}

impl MemoryTransport {
    /// A client of a new hub.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn check_open(&self, operation: &'static str) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Closed, operation, "the transport was closed"));
        }
        Ok(())
    }
}

impl Clone for MemoryTransport {
    fn clone(&self) -> Self {
        Self { hub: Arc::clone(&self.hub), closed: Arc::default(), subscriptions: Mutex::default() }
    }
}

#[async_trait]
impl Transport for MemoryTransport {
    async fn publish(&self, message: Message) -> Result<()> {
        self.check_open("publish")?;
        check_topic("publish", &message.topic)?;
        for accepted in self.hub.deliver(message)? {
            // A subscriber that has gone drops its end, which counts as accepted.
            let _ = accepted.await;
        }
        Ok(())
    }

    async fn subscribe(&self, filter: &str) -> Result<BoxStream<'static, Message>> {
        self.check_open("subscribe")?;
        check_filter("subscribe", filter)?;
        let queue = self.hub.subscribe(filter);
        let mut subscriptions = self.subscriptions.lock();
        subscriptions.retain(|queue| !queue.is_closed());
        subscriptions.push(Arc::clone(&queue));
        Ok(Box::pin(Subscription(queue)))
    }

    fn max_payload(&self) -> Option<usize> {
        None
    }

    fn address(&self) -> String {
        "memory".to_owned()
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for queue in self.subscriptions.lock().drain(..) {
            queue.end();
        }
    }
}

/// Retained messages and subscriptions, under one lock so that all subscribers see one order.
#[derive(Debug, Default)]
struct Hub(Mutex<HubState>);

#[derive(Debug, Default)]
struct HubState {
    subscriptions: Vec<(String, Arc<Queue>)>,
    retained: BTreeMap<String, Message>,
}

impl Hub {
    /// Queues a message everywhere it belongs; the receivers fire when it has found room.
    fn deliver(&self, message: Message) -> Result<Vec<oneshot::Receiver<()>>> {
        let mut state = self.0.lock();
        if message.retain {
            state.keep(&message)?;
        }
        state.subscriptions.retain(|(_, queue)| !queue.is_closed());
        let live = Message { retain: false, ..message };
        let reached = state.subscriptions.iter().filter(|(filter, _)| matches(filter, &live.topic));
        Ok(reached.filter_map(|(_, queue)| queue.push(live.clone())).collect())
    }

    fn subscribe(&self, filter: &str) -> Arc<Queue> {
        let queue = Arc::<Queue>::default();
        let mut state = self.0.lock();
        for message in state.retained.values().filter(|message| matches(filter, &message.topic)) {
            // Retained messages are bounded by the hub and need not wait for room.
            let _ = queue.push(message.clone());
        }
        state.subscriptions.push((filter.to_owned(), Arc::clone(&queue)));
        queue
    }
}

impl HubState {
    /// An empty payload deletes, as MQTT 5.0 §3.3.1.3 says.
    fn keep(&mut self, message: &Message) -> Result<()> {
        if message.payload.is_empty() {
            self.retained.remove(&message.topic);
        } else if self.retained.len() >= MAX_RETAINED && !self.retained.contains_key(&message.topic) {
            return Err(Error::new(ErrorKind::LimitExceeded, "publish", "the hub keeps no more retained messages"));
        } else {
            self.retained.insert(message.topic.clone(), message.clone());
        }
        Ok(())
    }
}

/// The unread messages of one subscriber.
#[derive(Debug, Default)]
struct Queue(Mutex<QueueState>);

#[derive(Debug, Default)]
struct QueueState {
    /// Those beyond the first `CAPACITY` belong to publishers that still wait.
    messages: VecDeque<(Message, Option<oneshot::Sender<()>>)>,
    reader: Option<Waker>,
    closed: bool,
}

impl Queue {
    fn push(&self, message: Message) -> Option<oneshot::Receiver<()>> {
        let mut state = self.0.lock();
        if state.closed {
            return None;
        }
        let (accepted, waiter) =
            if state.messages.len() < CAPACITY { (None, None) } else { Some(oneshot::channel()).unzip() };
        state.messages.push_back((message, accepted));
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
        waiter
    }

    fn is_closed(&self) -> bool {
        self.0.lock().closed
    }

    /// No more messages; those that are there can still be read.
    fn end(&self) {
        let mut state = self.0.lock();
        state.closed = true;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }
}

impl QueueState {
    fn pop(&mut self) -> Option<Message> {
        let (message, _) = self.messages.pop_front()?;
        let found_room = self.messages.get_mut(CAPACITY - 1).and_then(|(_, accepted)| accepted.take());
        if let Some(accepted) = found_room {
            // A publisher that gave up no longer cares.
            let _ = accepted.send(());
        }
        Some(message)
    }
}

struct Subscription(Arc<Queue>);

impl Stream for Subscription {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        let mut state = self.0.0.lock();
        match state.pop() {
            Some(message) => Poll::Ready(Some(message)),
            None if state.closed => Poll::Ready(None),
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.closed = true;
        state.messages.clear();
    }
}

/// Unread messages of a subscriber before publishers wait for it.
const CAPACITY: usize = 64;
const MAX_RETAINED: usize = 65_536;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures::{FutureExt, StreamExt};

    use super::*;

    #[tokio::test]
    async fn the_memory_hub_keeps_the_contract() {
        let hub = MemoryTransport::new();
        crate::testing::conformance::transport(async || hub.clone()).await;
    }

    #[tokio::test]
    async fn a_slow_subscriber_makes_publish_wait() {
        let hub = MemoryTransport::new();
        let mut slow = hub.subscribe("a").await.unwrap();
        for n in 0..CAPACITY {
            hub.publish(Message::new("a", n.to_string())).now_or_never().unwrap().unwrap();
        }
        let mut waiting = hub.publish(Message::new("a", "late"));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(slow.next().await.unwrap().payload, "0");
        waiting.now_or_never().unwrap().unwrap();
        drop(slow);
        hub.publish(Message::new("a", "nobody")).now_or_never().unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_subscriber_that_goes_releases_publishers() {
        let hub = MemoryTransport::new();
        let slow = hub.subscribe("a").await.unwrap();
        for _ in 0..CAPACITY {
            hub.publish(Message::new("a", "x")).await.unwrap();
        }
        let mut waiting = hub.publish(Message::new("a", "late"));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(slow);
        waiting.now_or_never().unwrap().unwrap();
    }
}
