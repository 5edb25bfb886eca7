//! All subscriptions of one session: which requests go out, and what comes of the answers.
//!
//! # The publish window
//! Publish requests belong to the session, not to a subscription: the server answers with whatever
//! subscription has something. So many are kept outstanding that the server always has one at hand,
//! and no more than the subscription with the most room may still deliver. A subscription without
//! room is paused by SetPublishingMode while others go on, so that it takes no credit from them;
//! when none has room, Publish is withheld. A server that sends in spite of a pause is stopped
//! for everybody once a subscription holds [`MAX_EXCESS`] messages too many: memory stays bounded.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::answer::answer;
use super::decode::{Published, publish_response};
use super::retry::Backoff;
use super::slot::{Env, Op, Slot};
use crate::session::resume::{ResumeRevision, SavedSubscription};
use crate::session::{Item, SubscriptionEvent, SubscriptionOptions};
use crate::ua::batching::is_too_large;
use crate::ua::{
    DeleteSubscriptionsRequest, PublishRequest, Request, Response, StatusCode, SubscriptionAcknowledgement,
    TransferResult, TransferSubscriptionsRequest,
};

/// Identifies a subscription over re-creations.
pub(crate) type Key = u64;

/// Decides; the shell sends [`EngineRequest`]s and brings back what became of them.
#[derive(Debug)]
pub(crate) struct Engine {
    slots: BTreeMap<Key, Slot>,
    in_flight: HashMap<u64, Purpose>,
    outbox: VecDeque<EngineRequest>,
    events: VecDeque<(Key, SubscriptionEvent)>,
    closed: Vec<Key>,
    acknowledgements: Vec<(u32, u32)>,
    /// Publish requests outstanding, wanted at most, and found to be too many by the server.
    publishing: usize,
    window: usize,
    window_limit: usize,
    publish_backoff: Backoff,
    publish_not_before: Option<Instant>,
    /// Ids that were deleted, so that stray messages of theirs are no news.
    deleted: VecDeque<u32>,
    connected: bool,
    items_per_call: Option<u32>,
    /// What an earlier life of ours has left, by name, and whether the server has it.
    estate: BTreeMap<String, SavedSubscription>,
    estate_continuity: Continuity,
    /// Counts changes of what a next life needs to know.
    revision: ResumeRevision,
    namespaces: Arc<Vec<String>>,
    next_tag: u64,
    request_timeout: Duration,
}

/// What of the connection before goes on in a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Continuity {
    /// The session, with everything in it.
    Session,
    /// The server is the same, so subscriptions of the old session may be transferred to the new.
    Subscriptions,
    /// Nothing.
    Nothing,
}

impl Continuity {
    /// What is left of both: the weaker.
    const fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::Subscriptions, _) | (_, Self::Subscriptions) => Self::Subscriptions,
            (Self::Session, Self::Session) => Self::Session,
        }
    }
}

/// A request for the shell to send.
#[derive(Debug)]
pub(crate) struct EngineRequest {
    /// To be handed back with the answer.
    pub(crate) tag: u64,
    pub(crate) request: Request,
    /// After this the answer counts as `BadRequestTimeout`.
    pub(crate) timeout: Duration,
}

#[derive(Debug)]
enum Purpose {
    Publish { acknowledgements: Vec<(u32, u32)> },
    Slot(Key, Op),
    Transfer(Vec<Key>),
    Delete(Option<Key>),
}

/// Publish requests outstanding at most.
const MAX_WINDOW: usize = 10;
/// Messages a subscription may hold beyond its allowance before everything is stopped.
const MAX_EXCESS: usize = 2 * MAX_WINDOW;
const MAX_DELETED: usize = 64;
/// Creating many items takes a server longer than anything else.
const ITEMS_TIMEOUT_FACTOR: u32 = 4;

impl Engine {
    pub(crate) fn new(request_timeout: Duration) -> Self {
        Self {
            slots: BTreeMap::new(),
            in_flight: HashMap::new(),
            outbox: VecDeque::new(),
            events: VecDeque::new(),
            closed: Vec::new(),
            acknowledgements: Vec::new(),
            publishing: 0,
            window: 0,
            window_limit: MAX_WINDOW,
            publish_backoff: Backoff::new(Duration::from_millis(500), Duration::from_secs(10)),
            publish_not_before: None,
            deleted: VecDeque::new(),
            connected: false,
            items_per_call: None,
            estate: BTreeMap::new(),
            estate_continuity: Continuity::Session,
            revision: ResumeRevision::default(),
            namespaces: Arc::default(),
            next_tag: 1,
            request_timeout,
        }
    }

    pub(crate) fn subscribe(&mut self, key: Key, options: SubscriptionOptions, items: Vec<Item>, now: Instant) {
        let mut slot = match self.estate.remove(&options.resume_as) {
            Some(saved) => Slot::resumed(options, items, &saved, self.estate_continuity, self.next_tag, now),
            None => Slot::new(options, items, now),
        };
        slot.limit_items(self.items_per_call);
        self.slots.insert(key, slot);
        self.revision.holdings += 1;
        self.pump(now);
    }

    /// Subscriptions with these names are still on the server. To be told before anything else.
    pub(crate) fn inherit(&mut self, estate: BTreeMap<String, SavedSubscription>) {
        self.estate = estate;
    }

    /// What a next life needs to know of the subscriptions; what nobody has claimed yet included.
    pub(crate) fn saved(&self) -> BTreeMap<String, SavedSubscription> {
        let mut saved = self.estate.clone();
        saved.extend(self.slots.values().filter_map(Slot::saved));
        saved
    }

    /// Differs whenever [`saved`](Self::saved) differs in what matters.
    pub(crate) fn revision(&self) -> ResumeRevision {
        self.revision
    }

    pub(crate) fn set_items(&mut self, key: Key, items: Vec<Item>, now: Instant) {
        if let Some(slot) = self.slots.get_mut(&key) {
            slot.set_items(items, now);
        }
        self.pump(now);
    }

    pub(crate) fn modify(&mut self, key: Key, options: SubscriptionOptions, now: Instant) {
        if let Some(slot) = self.slots.get_mut(&key) {
            slot.modify(options);
        }
        self.pump(now);
    }

    pub(crate) fn acknowledge(&mut self, key: Key, tokens: &[u64], now: Instant) {
        if let Some(slot) = self.slots.get_mut(&key) {
            tokens.iter().for_each(|token| slot.acknowledge(*token));
            self.revision.progress += 1;
        }
        self.pump(now);
    }

    /// Ends a subscription; [`poll_closed`](Self::poll_closed) tells when the server knows.
    pub(crate) fn close(&mut self, key: Key, now: Instant) {
        self.revision.holdings += 1;
        let id = self.slots.remove(&key).and_then(|slot| slot.id());
        match id.filter(|_| self.connected) {
            Some(id) => self.delete(Some(key), vec![id]),
            None => self.closed.push(key),
        }
        self.pump(now);
    }

    /// The server says how many items it takes in one call.
    pub(crate) fn limit_items(&mut self, told: Option<u32>) {
        self.items_per_call = told;
        self.slots.values_mut().for_each(|slot| slot.limit_items(told));
    }

    /// A session is active.
    pub(crate) fn connected(&mut self, namespaces: Arc<Vec<String>>, continuity: Continuity, now: Instant) {
        self.connected = true;
        self.namespaces = namespaces;
        self.window_limit = MAX_WINDOW;
        if continuity == Continuity::Nothing {
            self.acknowledgements.clear();
            self.deleted.clear();
        }
        self.estate_continuity = self.estate_continuity.then(continuity);
        self.revision.holdings += 1;
        let env = Env { namespaces: &self.namespaces, now };
        self.slots.values_mut().for_each(|slot| slot.connected(continuity, env));
        self.pump(now);
    }

    /// Nothing that is under way will be answered.
    pub(crate) fn disconnected(&mut self, reason: &str, now: Instant) {
        self.connected = false;
        self.publishing = 0;
        self.outbox.clear();
        for (_, purpose) in std::mem::take(&mut self.in_flight) {
            match purpose {
                Purpose::Publish { acknowledgements } => self.acknowledgements.extend(acknowledgements),
                Purpose::Delete(key) => self.closed.extend(key),
                Purpose::Slot(..) | Purpose::Transfer(_) => {}
            }
        }
        self.slots.values_mut().for_each(|slot| slot.disconnected(reason));
        self.pump(now);
    }

    /// A request was answered, refused, or timed out (`BadRequestTimeout`).
    pub(crate) fn completed(&mut self, tag: u64, result: Result<Bytes, StatusCode>, now: Instant) {
        match self.in_flight.remove(&tag) {
            Some(Purpose::Publish { acknowledgements }) => self.published(tag, result, acknowledgements, now),
            Some(Purpose::Slot(key, op)) => {
                self.revision.holdings += 1;
                let env = Env { namespaces: &self.namespaces, now };
                if let Some(slot) = self.slots.get_mut(&key) {
                    slot.completed(op, result, self.next_tag, env);
                }
            }
            Some(Purpose::Transfer(keys)) => self.transferred(&keys, result, now),
            Some(Purpose::Delete(key)) => self.closed.extend(key),
            None => {}
        }
        self.pump(now);
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.pump(now);
    }

    pub(crate) fn poll_request(&mut self) -> Option<EngineRequest> {
        self.outbox.pop_front()
    }

    pub(crate) fn poll_event(&mut self) -> Option<(Key, SubscriptionEvent)> {
        self.events.pop_front()
    }

    /// A subscription that has ended.
    pub(crate) fn poll_closed(&mut self) -> Option<Key> {
        self.closed.pop()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if !self.connected {
            return None;
        }
        self.slots.values().filter_map(Slot::poll_timeout).chain(self.publish_not_before).min()
    }

    fn published(&mut self, tag: u64, result: Result<Bytes, StatusCode>, sent: Vec<(u32, u32)>, now: Instant) {
        self.publishing -= 1;
        let response = result.and_then(|body| publish_response(&body).unwrap_or(Err(StatusCode::BadDecodingError)));
        match response {
            Ok(published) => {
                self.publish_backoff.reset();
                self.publish_not_before = None;
                self.distribute(published, now);
            }
            Err(status) => {
                self.acknowledgements.extend(sent);
                self.publish_failed(tag, status, now);
            }
        }
    }

    fn publish_failed(&mut self, tag: u64, status: StatusCode, now: Instant) {
        match status {
            StatusCode::BadRequestTimeout | StatusCode::BadTimeout => {}
            StatusCode::BadTooManyPublishRequests => self.window_limit = self.publishing.max(1),
            StatusCode::BadNoSubscription => self.none_left(tag, now),
            other => {
                // What it had to say is lost unless Republish, with the same limits, brings it.
                if is_too_large(other) {
                    self.slots.values_mut().for_each(Slot::shrink_messages);
                }
                tracing::warn!(status = %other, "the server refused a Publish request");
                self.publish_not_before = Some(now + self.publish_backoff.next());
            }
        }
    }

    /// The server had no subscription when it looked at the request: those that it had confirmed
    /// before the request was sent are gone.
    fn none_left(&mut self, tag: u64, now: Instant) {
        let env = Env { namespaces: &self.namespaces, now };
        let gone = self.slots.values_mut().filter(|slot| slot.is_live() && slot.is_older_than(tag));
        gone.for_each(|slot| slot.lose(env));
    }

    fn distribute(&mut self, published: Published, now: Instant) {
        let Published { subscription_id, available, more, message } = published;
        if more {
            self.window = (self.window + 1).min(MAX_WINDOW);
        }
        let env = Env { namespaces: &self.namespaces, now };
        match self.slots.values_mut().find(|slot| slot.id() == Some(subscription_id)) {
            Some(slot) => slot.published(message, &available, env),
            None => self.stray(subscription_id),
        }
    }

    /// A message of a subscription that nobody knows: one whose creation timed out. While one is
    /// being created it may be that one; then the message is fetched again.
    fn stray(&mut self, id: u32) {
        let unclaimed = self.estate.values().any(|saved| saved.subscription_id == id);
        let known = unclaimed || self.deleted.contains(&id) || self.slots.values().any(Slot::is_creating);
        let deleting = self.in_flight.values().filter(|purpose| matches!(purpose, Purpose::Delete(None))).count();
        if !known && deleting < MAX_DELETED {
            self.delete(None, vec![id]);
        }
    }

    fn delete(&mut self, key: Option<Key>, ids: Vec<u32>) {
        self.deleted.extend(&ids);
        while self.deleted.len() > MAX_DELETED {
            self.deleted.pop_front();
        }
        self.acknowledgements.retain(|(id, _)| !ids.contains(id));
        let request = DeleteSubscriptionsRequest { subscription_ids: Some(ids), ..Default::default() };
        self.send(Purpose::Delete(key), request.into(), self.request_timeout);
    }

    /// Brings everything that is due on its way.
    fn pump(&mut self, now: Instant) {
        for slot in self.slots.values_mut() {
            self.acknowledgements.extend(slot.take_acknowledgements());
        }
        if self.connected {
            self.transfer();
            self.pause_and_resume();
            self.delete_abandoned();
            self.drive_slots(now);
            self.fill_window(now);
        }
        for (key, slot) in &mut self.slots {
            self.events.extend(slot.take_events(now).into_iter().map(|event| (*key, event)));
        }
    }

    /// Asks for all subscriptions that are still in an old session at once. No initial values: the
    /// server sends what it has queued meanwhile, and Republish brings the rest.
    fn transfer(&mut self) {
        let (mut keys, mut ids) = (Vec::new(), Vec::new());
        for (key, slot) in &mut self.slots {
            if let Some(id) = slot.next_transfer() {
                keys.push(*key);
                ids.push(id);
            }
        }
        if !ids.is_empty() {
            let request = TransferSubscriptionsRequest {
                subscription_ids: Some(ids),
                send_initial_values: false,
                ..Default::default()
            };
            self.send(Purpose::Transfer(keys), request.into(), self.request_timeout);
        }
    }

    fn transferred(&mut self, keys: &[Key], result: Result<Bytes, StatusCode>, now: Instant) {
        let env = Env { namespaces: &self.namespaces, now };
        let results = transfer_results(result, keys.len());
        for (key, result) in keys.iter().zip(results) {
            if let Some(slot) = self.slots.get_mut(key) {
                slot.transferred(result, env);
            }
        }
    }

    fn pause_and_resume(&mut self) {
        let room_elsewhere = self.slots.values().filter(|slot| slot.is_live() && slot.delivery().room() > 0).count();
        for slot in self.slots.values_mut() {
            let stays = slot.is_paused() && !slot.delivery().is_half_empty();
            let others = room_elsewhere > usize::from(slot.delivery().room() > 0);
            slot.pause(others && (slot.delivery().room() == 0 || stays));
        }
    }

    fn drive_slots(&mut self, now: Instant) {
        let namespaces = Arc::clone(&self.namespaces);
        let env = Env { namespaces: &namespaces, now };
        let mut requests = Vec::new();
        for (key, slot) in &mut self.slots {
            while let Some((op, request)) = slot.next_request(env) {
                requests.push((*key, op, request));
            }
        }
        for (key, op, request) in requests {
            let factor = if matches!(op, Op::CreateItems | Op::ModifyItems) { ITEMS_TIMEOUT_FACTOR } else { 1 };
            self.send(Purpose::Slot(key, op), request, self.request_timeout * factor);
        }
    }

    fn delete_abandoned(&mut self) {
        let ids: Vec<u32> = self.slots.values_mut().flat_map(Slot::take_abandoned).collect();
        if !ids.is_empty() {
            self.delete(None, ids);
        }
    }

    fn fill_window(&mut self, now: Instant) {
        if self.publish_not_before.is_some_and(|at| at > now) {
            return;
        }
        self.publish_not_before = None;
        while self.publishing < self.wanted_publishing() {
            self.publish();
        }
    }

    fn wanted_publishing(&mut self) -> usize {
        let live = self.slots.values().filter(|slot| slot.is_live());
        let (count, room) = live.fold((0, 0), |(count, room), slot| (count + 1, slot.delivery().room().max(room)));
        let stopped = self.slots.values().any(|slot| slot.delivery().excess() >= MAX_EXCESS);
        if count == 0 || stopped {
            return 0;
        }
        self.window = self.window.clamp((2 * count).min(MAX_WINDOW), MAX_WINDOW);
        self.window.min(self.window_limit).min(room)
    }

    fn publish(&mut self) {
        let mut acknowledgements = std::mem::take(&mut self.acknowledgements);
        // Those of a subscription that is gone.
        acknowledgements.retain(|(id, _)| self.slots.values().any(|slot| slot.id() == Some(*id)));
        acknowledgements.sort_unstable();
        acknowledgements.dedup();
        let ids = acknowledgements.iter().map(|(subscription_id, sequence_number)| SubscriptionAcknowledgement {
            subscription_id: *subscription_id,
            sequence_number: *sequence_number,
        });
        let subscription_acknowledgements = Some(ids.collect()).filter(|ids: &Vec<_>| !ids.is_empty());
        let request = PublishRequest { subscription_acknowledgements, ..Default::default() };
        self.publishing += 1;
        let timeout = self.publish_timeout();
        self.send(Purpose::Publish { acknowledgements }, request.into(), timeout);
    }

    /// Each of the outstanding requests may have to wait for a keep-alive of its own.
    fn publish_timeout(&self) -> Duration {
        let longest = self.slots.values().map(Slot::keep_alive_time).max().unwrap_or_default();
        longest.saturating_mul(MAX_WINDOW as u32 + 1) + self.request_timeout
    }

    fn send(&mut self, purpose: Purpose, request: Request, timeout: Duration) {
        let tag = self.next_tag;
        self.next_tag += 1;
        self.in_flight.insert(tag, purpose);
        self.outbox.push_back(EngineRequest { tag, request, timeout });
    }
}

/// One result for each subscription; every failure as a StatusCode.
fn transfer_results(result: Result<Bytes, StatusCode>, count: usize) -> Vec<Result<Vec<u32>, StatusCode>> {
    let results = answer("TransferSubscriptions", result, |response| match response {
        Response::TransferSubscriptions(response) => Some(response.results.unwrap_or_default()),
        _ => None,
    });
    match results {
        Ok(results) if results.len() == count => results.into_iter().map(transfer_result).collect(),
        Ok(_) => vec![Err(StatusCode::BadUnknownResponse); count],
        Err(status) => vec![Err(status); count],
    }
}

fn transfer_result(result: TransferResult) -> Result<Vec<u32>, StatusCode> {
    match result.status_code {
        // The answer of an earlier request was lost: it is in this session already.
        StatusCode::BadNothingToDo => Ok(Vec::new()),
        status if status.is_bad() => Err(status),
        _ => Ok(result.available_sequence_numbers.unwrap_or_default()),
    }
}
