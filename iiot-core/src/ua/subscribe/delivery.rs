//! What of a subscription's messages goes to the consumer, in which order, and what is declared
//! missing.

use std::collections::VecDeque;
use std::sync::Arc;

use super::columns::Frame;
use super::decode::Message;
use super::sequence::{InOrder, Sequence};
use crate::session::resume::SavedSubscription;
use crate::session::{DataBatch, EventBatch, Gap, GapReason, SubscriptionEvent};
use crate::time::UtcTime;
use crate::ua::StatusCode;

/// The messages of a subscription over all its creations.
#[derive(Debug)]
pub(super) struct Delivery {
    sequence: Sequence,
    /// Since when values are missing because the server lost the subscription.
    open_gap: Option<Option<UtcTime>>,
    /// When the server sent the last message that was delivered, and the last keep-alive.
    last_publish: Option<UtcTime>,
    last_keep_alive: Option<UtcTime>,
    /// Tokens that the consumer has not acknowledged, and how many there may be.
    unacknowledged: VecDeque<u64>,
    max_unacknowledged: usize,
    /// Sequence numbers that the server may forget.
    acknowledgements: Vec<u32>,
    /// Counts creations, so that tokens of an earlier one are told apart.
    incarnation: u32,
    republishing: Option<u32>,
    republish_timeouts: u32,
    events: VecDeque<SubscriptionEvent>,
}

/// The subscription as the server knows it now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) subscription_id: u32,
    pub(super) namespaces: &'a Arc<Vec<String>>,
}

const MAX_REPUBLISH_TIMEOUTS: u32 = 3;
/// Acknowledgements that are repeated at once; no server keeps more messages.
const MAX_AGAIN: usize = 4096;

impl Delivery {
    pub(super) fn new(max_unacknowledged: usize) -> Self {
        Self {
            sequence: Sequence::default(),
            open_gap: None,
            last_publish: None,
            last_keep_alive: None,
            unacknowledged: VecDeque::new(),
            max_unacknowledged: max_unacknowledged.max(1),
            acknowledgements: Vec::new(),
            incarnation: 0,
            republishing: None,
            republish_timeouts: 0,
            events: VecDeque::new(),
        }
    }

    /// Goes on where an earlier life of ours left off.
    pub(super) fn resumed(max_unacknowledged: usize, saved: &SavedSubscription) -> Self {
        Self {
            sequence: Sequence::resumed(saved.first_unsafe, &saved.safe, saved.next),
            ..Self::bereft(max_unacknowledged, saved, saved.in_gap)
        }
    }

    /// Begins anew after an earlier life of ours; `in_gap`: values are missing since then.
    pub(super) fn bereft(max_unacknowledged: usize, saved: &SavedSubscription, in_gap: bool) -> Self {
        let last_publish = saved.last_publish.map(UtcTime::from_ticks);
        Self { open_gap: in_gap.then_some(last_publish), last_publish, ..Self::new(max_unacknowledged) }
    }

    /// Adds what a next life needs to know of messages.
    pub(super) fn save(&self, saved: &mut SavedSubscription) {
        let (expected, next) = self.sequence.bounds();
        let waiting: Vec<u32> = self
            .unacknowledged
            .iter()
            .map(|token| split(*token))
            .filter_map(|(incarnation, number)| (incarnation == self.incarnation).then_some(number))
            .collect();
        saved.first_unsafe = waiting.first().copied().unwrap_or(expected);
        saved.safe = self.sequence.since(saved.first_unsafe).filter(|number| !waiting.contains(number)).collect();
        saved.next = next;
        saved.in_gap = self.open_gap.is_some();
        saved.last_publish = self.last_publish.map(UtcTime::ticks);
    }

    /// Lets so many messages be unacknowledged from now on.
    pub(super) fn allow(&mut self, max_unacknowledged: usize) {
        self.max_unacknowledged = max_unacknowledged.max(1);
    }

    /// Messages that may still be delivered before the consumer must acknowledge.
    pub(super) fn room(&self) -> usize {
        self.max_unacknowledged.saturating_sub(self.in_hand())
    }

    /// Messages delivered or held beyond what the consumer allowed.
    pub(super) fn excess(&self) -> usize {
        self.in_hand().saturating_sub(self.max_unacknowledged)
    }

    pub(super) fn is_half_empty(&self) -> bool {
        self.room() * 2 >= self.max_unacknowledged
    }

    fn in_hand(&self) -> usize {
        self.unacknowledged.len() + self.sequence.held()
    }

    /// Whether a loss of the subscription is still to be declared.
    pub(super) fn has_open_gap(&self) -> bool {
        self.open_gap.is_some()
    }

    /// Passes something else on, in order with the messages.
    pub(super) fn tell(&mut self, event: SubscriptionEvent) {
        self.events.push_back(event);
    }

    pub(super) fn take_events(&mut self) -> VecDeque<SubscriptionEvent> {
        std::mem::take(&mut self.events)
    }

    pub(super) fn take_acknowledgements(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.acknowledgements)
    }

    /// The consumer has a message safe.
    pub(super) fn acknowledge(&mut self, token: u64) {
        let Some(index) = self.unacknowledged.iter().position(|waiting| *waiting == token) else { return };
        self.unacknowledged.remove(index);
        let (incarnation, sequence_number) = split(token);
        // Values and events of one message are acknowledged together.
        let other_waits = self.unacknowledged.contains(&(token ^ EVENTS));
        if incarnation == self.incarnation && !other_waits {
            self.acknowledgements.push(sequence_number);
        }
    }

    /// The server sent a message. Returns the status of a StatusChangeNotification in what is
    /// delivered.
    pub(super) fn arrived(&mut self, message: Message, available: &[u32], origin: Origin<'_>) -> Option<StatusCode> {
        self.sequence.held_by_server(available, self.republishing);
        let before = self.leap_to(message.sequence_number, origin);
        if message.content.is_some() {
            self.sequence.arrived(message, available);
            return self.deliver_in_order(origin).or(before);
        }
        let time = message.publish_time;
        self.last_keep_alive = time;
        self.sequence.announced(message.sequence_number, available);
        let status_change = self.deliver_in_order(origin);
        if self.sequence.first_missing().is_none() {
            self.last_publish = time.or(self.last_publish);
        }
        self.events.push_back(SubscriptionEvent::KeepAlive);
        status_change.or(before)
    }

    /// What has come must not go with what is too far back to be asked for.
    fn leap_to(&mut self, number: u32, origin: Origin<'_>) -> Option<StatusCode> {
        if self.sequence.is_leap(number) { self.give_up_missing(origin) } else { None }
    }

    /// The server names the messages that it can send again. What is behind has been told to it, or
    /// is about to be; the acknowledgement may have been lost with a connection.
    pub(super) fn offered(&mut self, available: &[u32]) {
        self.sequence.held_by_server(available, self.republishing);
        self.sequence.offered(available);
        let (sequence, waiting) = (&self.sequence, &self.unacknowledged);
        let incarnation = self.incarnation;
        let safe = |number: &u32| {
            sequence.is_behind(*number) && !waiting.iter().any(|held| held & !EVENTS == token(incarnation, *number))
        };
        let again: Vec<u32> = available.iter().copied().filter(safe).take(MAX_AGAIN).collect();
        self.acknowledgements.retain(|number| !again.contains(number));
        self.acknowledgements.extend(again);
    }

    /// The message to ask Republish for, unless one is being asked for, or the consumer has more to
    /// acknowledge than it wants.
    pub(super) fn next_to_republish(&mut self) -> Option<u32> {
        if self.republishing.is_some() || self.unacknowledged.len() >= self.max_unacknowledged {
            return None;
        }
        self.republishing = self.sequence.wanted();
        self.republishing
    }

    /// Republish was answered or failed.
    pub(super) fn republished(
        &mut self,
        sequence_number: u32,
        result: Result<Message, StatusCode>,
        origin: Origin<'_>,
    ) -> Option<StatusCode> {
        if self.republishing.take() != Some(sequence_number) {
            return None;
        }
        match result {
            Ok(message) if message.sequence_number == sequence_number => {
                self.sequence.granted(sequence_number);
                self.sequence.arrived(message, &[]);
            }
            Err(StatusCode::BadRequestTimeout) if self.republish_timeouts < MAX_REPUBLISH_TIMEOUTS => {
                self.republish_timeouts += 1;
                return None;
            }
            // It answers no Republish at all.
            Err(StatusCode::BadRequestTimeout) => self.sequence.give_up_all(),
            // It has the message, but not in a form that can be read.
            Ok(_) | Err(StatusCode::BadDecodingError) => self.sequence.give_up(sequence_number),
            Err(_) => self.sequence.denied(sequence_number),
        }
        self.republish_timeouts = 0;
        self.deliver_in_order(origin)
    }

    /// Nothing that is under way will be answered.
    pub(super) fn disconnected(&mut self) {
        self.republishing = None;
        self.republish_timeouts = 0;
    }

    /// Delivers what is held, although messages before it are missing.
    pub(super) fn give_up_missing(&mut self, origin: Origin<'_>) -> Option<StatusCode> {
        self.sequence.give_up_all();
        self.deliver_in_order(origin)
    }

    /// The server has lost the subscription. If values came or could have come, some are missing
    /// from now until the first message of the next one.
    pub(super) fn start_over(&mut self, was_reporting: bool) {
        if was_reporting {
            self.open_gap.get_or_insert(self.last_publish);
        }
        self.disconnected();
        self.incarnation += 1;
        self.sequence = Sequence::default();
        self.acknowledgements.clear();
    }

    fn deliver_in_order(&mut self, origin: Origin<'_>) -> Option<StatusCode> {
        let mut status_change = None;
        while let Some(next) = self.sequence.next() {
            status_change = self.deliver(next, origin).or(status_change);
        }
        // Lost before the last keep-alive, with nothing behind it.
        let lost = self.sequence.take_trailing_loss();
        self.declare_lost(lost, self.last_keep_alive, GapReason::NotAvailableForRepublish);
        status_change
    }

    fn deliver(&mut self, next: InOrder, origin: Origin<'_>) -> Option<StatusCode> {
        let InOrder { lost, message } = next;
        let (sequence_number, time) = (message.sequence_number, message.publish_time);
        if let Some(after) = self.open_gap.take() {
            self.declare(Gap {
                after,
                before: time,
                messages: None,
                reason: GapReason::SubscriptionLost,
                items: Vec::new(),
            });
        }
        self.declare_lost(lost, time, GapReason::NotAvailableForRepublish);
        let status_change = self.hand_over(*message, origin).unwrap_or_else(|| {
            self.declare_lost(1, time, GapReason::Undecodable);
            None
        });
        self.last_publish = time.or(self.last_publish);
        let token = self.token(sequence_number);
        if self.unacknowledged.back().is_none_or(|last| last & !EVENTS != token) {
            // Nothing in it concerns the consumer.
            self.acknowledgements.push(sequence_number);
        }
        status_change
    }

    /// Hands the values and events of a message to the consumer; `None` if they do not decode.
    fn hand_over(&mut self, message: Message, origin: Origin<'_>) -> Option<Option<StatusCode>> {
        let token = self.token(message.sequence_number);
        let frame = Frame {
            token,
            event_token: token | EVENTS,
            subscription_id: origin.subscription_id,
            sequence_number: message.sequence_number,
            publish_time: message.publish_time,
            republished: message.republished,
            namespaces: Arc::clone(origin.namespaces),
            body: message.body(),
        };
        let content = message.content?.inspect_err(|error| tracing::warn!(?error, "a message does not decode")).ok()?;
        let status_change = content.status_change;
        let (values, events) = content.into_batches(frame);
        let overflowed = overflowed(values.as_ref(), events.as_ref());
        if !overflowed.is_empty() {
            self.declare_overflow(overflowed, message.publish_time);
        }
        if let Some(values) = values {
            self.unacknowledged.push_back(values.token);
            self.events.push_back(SubscriptionEvent::Data(Arc::new(values)));
        }
        if let Some(events) = events {
            self.unacknowledged.push_back(events.token);
            self.events.push_back(SubscriptionEvent::Events(Arc::new(events)));
        }
        Some(status_change)
    }

    fn declare_overflow(&mut self, items: Vec<u32>, before: Option<UtcTime>) {
        let (after, reason) = (self.last_publish, GapReason::Overflow);
        self.declare(Gap { after, before, messages: None, reason, items });
    }

    fn declare_lost(&mut self, messages: u32, before: Option<UtcTime>, reason: GapReason) {
        if messages > 0 {
            self.declare(Gap { after: self.last_publish, before, messages: Some(messages), reason, items: Vec::new() });
        }
    }

    fn declare(&mut self, gap: Gap) {
        self.events.push_back(SubscriptionEvent::Gap(gap));
    }

    fn token(&self, sequence_number: u32) -> u64 {
        token(self.incarnation, sequence_number)
    }
}

fn token(incarnation: u32, sequence_number: u32) -> u64 {
    u64::from(incarnation) << 32 | u64::from(sequence_number)
}

/// Set in the token of a message's events. The incarnation below never gets so far.
const EVENTS: u64 = 1 << 63;

/// The incarnation and the sequence number of a token.
fn split(token: u64) -> (u32, u32) {
    (((token & !EVENTS) >> 32) as u32, token as u32)
}

/// The items whose queue at the server was full, each once.
fn overflowed(values: Option<&DataBatch>, events: Option<&EventBatch>) -> Vec<u32> {
    let mut items = values.map(|values| values.overflowed_items().to_vec()).unwrap_or_default();
    let events = events.into_iter().flat_map(EventBatch::rows).filter(|row| row.is_queue_overflow());
    items.extend(events.map(|row| row.client_handle));
    items.sort_unstable();
    items.dedup();
    items
}
