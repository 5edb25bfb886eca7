//! Received messages on their way to subscribers, acknowledged when these have taken them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use futures::stream::BoxStream;
use mqtt5::error::MqttError;
use mqtt5::packet::publish::PublishPacket;
use mqtt5::{AckToken, QoS, SubscribeOptions};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::convert::{failure, lost_connection, received};
use super::link::Link;
use crate::error::{Error, Result};
use crate::transport::topic::matches;
use crate::transport::{Message, QualityOfService};

/// The subscribers of one transport.
#[derive(Default)]
pub(super) struct Inbox {
    subscribers: Mutex<Vec<Subscriber>>,
    /// Filters that nobody reads any more and the broker does not know it yet.
    unread: Mutex<Vec<String>>,
    left: Notify,
    /// One change of the broker's subscriptions at a time.
    changes: tokio::sync::Mutex<()>,
    last_id: AtomicU32,
    without_ids: AtomicBool,
    ended: AtomicBool,
}

/// One stream. The broker tags what it sends with `id`.
struct Subscriber {
    id: u32,
    filter: String,
    queue: mpsc::UnboundedSender<Delivery>,
    unconfirmed: Arc<AtomicUsize>,
}

/// A message on its way. Those with a guarantee are bounded by the receive maximum, because each
/// holds its receipt; those without are counted.
struct Delivery {
    message: Message,
    _receipt: Arc<Receipt>,
}

/// Acknowledges a message when its last holder has let go of it.
struct Receipt(Option<AckToken>);

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(token) = self.0.take() {
            token.ack();
        }
    }
}

/// Subscribes and waits for the broker's confirmation, over reconnects, for the time of the options.
pub(super) async fn subscribe(link: &Arc<Link>, filter: &str) -> Result<BoxStream<'static, Message>> {
    let (id, stream) = link.inbox.add(filter);
    let deadline = Instant::now() + link.options.timeout;
    match tokio::time::timeout_at(deadline, confirm(link, filter, id)).await {
        Ok(confirmed) => confirmed.map(|()| Box::pin(stream) as _),
        Err(_) => Err(link.unavailable("subscribe")),
    }
    .map_err(|error: Error| error.with("filter", filter))
}

async fn confirm(link: &Arc<Link>, filter: &str, id: u32) -> Result<()> {
    loop {
        link.connected("subscribe").await?;
        let _one = link.inbox.changes.lock().await;
        match request(link, filter, id).await {
            Ok(()) => return Ok(()),
            Err(MqttError::SubscriptionIdentifiersNotSupported) => {
                link.inbox.without_ids.store(true, Ordering::Relaxed);
            }
            Err(cause) if lost_connection(&cause) => tokio::time::sleep(RETRY_DELAY).await,
            Err(cause) => return Err(failure("subscribe", cause)),
        }
    }
}

async fn request(link: &Arc<Link>, filter: &str, id: u32) -> Result<(), MqttError> {
    let identified = !link.inbox.without_ids.load(Ordering::Relaxed);
    let options = SubscribeOptions {
        qos: QoS::AtLeastOnce,
        subscription_identifier: identified.then_some(id),
        ..SubscribeOptions::default()
    };
    let inbox = Arc::clone(&link.inbox);
    let deliver = move |packet, token| inbox.deliver(packet, token);
    link.client.subscribe_with_ack(filter, options, deliver).await.map(drop)
}

/// Subscribes anew to every filter that is read.
pub(super) async fn subscribe_again(link: &Arc<Link>) {
    let _one = link.inbox.changes.lock().await;
    for (filter, id) in link.inbox.filters() {
        // Forgets what the client has stored of earlier subscriptions.
        let _ = link.client.unsubscribe(filter.as_str()).await;
        if let Err(cause) = request(link, &filter, id).await {
            tracing::warn!(filter, %cause, "could not subscribe again");
        }
    }
}

/// Unsubscribes from filters whose last stream has gone, until the transport is closed.
pub(super) async fn forget_unread(link: Arc<Link>) {
    loop {
        link.inbox.left.notified().await;
        while let Some(filter) = link.inbox.next_unread() {
            if link.connected("unsubscribe").await.is_err() {
                return;
            }
            let _one = link.inbox.changes.lock().await;
            if link.inbox.is_read(&filter) {
                continue;
            }
            match link.client.unsubscribe(filter.as_str()).await {
                Err(cause) if lost_connection(&cause) => {
                    link.inbox.unread.lock().push(filter);
                    tokio::time::sleep(RETRY_DELAY).await;
                }
                Err(cause) => tracing::warn!(filter, %cause, "could not unsubscribe"),
                Ok(()) => {}
            }
        }
    }
}

impl Inbox {
    fn add(self: &Arc<Self>, filter: &str) -> (u32, Subscription) {
        let (queue, messages) = mpsc::unbounded_channel();
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) % MAX_ID + 1;
        let unconfirmed = Arc::<AtomicUsize>::default();
        let ended = self.ended.load(Ordering::Acquire);
        if !ended {
            let subscriber = Subscriber { id, filter: filter.to_owned(), queue, unconfirmed: Arc::clone(&unconfirmed) };
            self.subscribers.lock().push(subscriber);
        }
        (id, Subscription { inbox: Arc::clone(self), id, filter: filter.to_owned(), messages, unconfirmed })
    }

    fn deliver(&self, packet: PublishPacket, token: AckToken) {
        let (message, ids) = received(packet);
        let receipt = Arc::new(Receipt(Some(token)));
        let subscribers = self.subscribers.lock();
        for subscriber in subscribers.iter().filter(|subscriber| subscriber.wants(&message, &ids, &subscribers)) {
            subscriber.queue(message.clone(), &receipt);
        }
    }

    fn filters(&self) -> Vec<(String, u32)> {
        let subscribers = self.subscribers.lock();
        let mut filters: Vec<(String, u32)> = Vec::new();
        for subscriber in subscribers.iter() {
            match filters.iter_mut().find(|(filter, _)| *filter == subscriber.filter) {
                Some((_, id)) => *id = subscriber.id,
                None => filters.push((subscriber.filter.clone(), subscriber.id)),
            }
        }
        filters
    }

    fn is_read(&self, filter: &str) -> bool {
        self.subscribers.lock().iter().any(|subscriber| subscriber.filter == filter)
    }

    fn next_unread(&self) -> Option<String> {
        self.unread.lock().pop()
    }

    fn remove(&self, id: u32, filter: &str) {
        self.subscribers.lock().retain(|subscriber| subscriber.id != id);
        if !self.is_read(filter) && !self.ended.load(Ordering::Acquire) {
            self.unread.lock().push(filter.to_owned());
            self.left.notify_one();
        }
    }

    /// Ends every stream once what has arrived was read.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.subscribers.lock().clear();
    }
}

impl Subscriber {
    /// Streams of one filter share a subscription, which has the id of the newest of them. What comes
    /// through it is for all that were there before; kept messages are for the newest alone, since
    /// the others had them.
    fn wants(&self, message: &Message, ids: &[u32], all: &[Self]) -> bool {
        if ids.is_empty() {
            return matches(&self.filter, &message.topic);
        }
        let shared = |id: &u32| *id > self.id && self.shares(*id, message, all);
        ids.contains(&self.id) || (!message.retain && ids.iter().any(shared))
    }

    fn shares(&self, id: u32, message: &Message, all: &[Self]) -> bool {
        match all.iter().find(|other| other.id == id) {
            Some(newest) => newest.filter == self.filter,
            // The newest has gone, and the broker still uses its id.
            None => matches(&self.filter, &message.topic),
        }
    }

    fn queue(&self, message: Message, receipt: &Arc<Receipt>) {
        if message.quality == QualityOfService::AtMostOnce
            && self.unconfirmed.fetch_add(1, Ordering::AcqRel) >= MAX_UNCONFIRMED
        {
            self.unconfirmed.fetch_sub(1, Ordering::AcqRel);
            tracing::debug!(filter = self.filter, "dropped an unconfirmed message for a slow subscriber");
            return;
        }
        // A stream that has gone no longer cares.
        let _ = self.queue.send(Delivery { message, _receipt: Arc::clone(receipt) });
    }
}

/// What a subscriber reads.
struct Subscription {
    inbox: Arc<Inbox>,
    id: u32,
    filter: String,
    messages: mpsc::UnboundedReceiver<Delivery>,
    unconfirmed: Arc<AtomicUsize>,
}

impl Stream for Subscription {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        let delivery = ready!(self.messages.poll_recv(context));
        Poll::Ready(delivery.map(|delivery| {
            if delivery.message.quality == QualityOfService::AtMostOnce {
                self.unconfirmed.fetch_sub(1, Ordering::AcqRel);
            }
            delivery.message
        }))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.inbox.remove(self.id, &self.filter);
    }
}

/// Subscription identifiers end here (MQTT 5.0 §3.8.2.1.2).
const MAX_ID: u32 = 268_435_455;
/// Unread messages without a delivery guarantee before they are dropped.
const MAX_UNCONFIRMED: usize = 1000;
const RETRY_DELAY: Duration = Duration::from_millis(50);
