//! A server as far as reconnecting is concerned: sessions, subscriptions and what they outlive.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::ua::{
    ContextOwned, CreateMonitoredItemsResponse, CreateSubscriptionResponse, DataChangeNotification, DataValue,
    DeleteMonitoredItemsResponse, DeleteSubscriptionsResponse, ExtensionObject, MonitoredItemCreateRequest,
    MonitoredItemCreateResult, MonitoredItemNotification, NotificationMessage, PublishResponse, ReadResponse,
    RepublishResponse, Request, Response, SetPublishingModeResponse, StatusCode, TransferResult,
    TransferSubscriptionsResponse,
};

/// Counters that count by one with every tick, and whoever subscribed to them.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) now: Instant,
    /// Counts starts.
    pub(super) run: i64,
    pub(super) sessions: BTreeMap<u32, Session>,
    pub(super) subscriptions: BTreeMap<u32, Subscription>,
    pub(super) counters: [i32; COUNTERS],
    /// Whether the last two namespaces have changed places.
    pub(super) swapped: bool,
    pub(super) can_transfer: bool,
    pub(super) max_items_per_call: usize,
    /// Subscription and sequence number that were acknowledged, since last asked.
    pub(super) acknowledged: Vec<(u32, u32)>,
    pub(super) told: Told,
    next_session: u32,
    next_subscription: u32,
}

/// How often the interesting things were asked for, so that a test can see that they were.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Told {
    pub(super) reactivations: u32,
    pub(super) transfers: u32,
    pub(super) refused_transfers: u32,
    pub(super) republished: u32,
    pub(super) subscriptions: u32,
}

#[derive(Debug)]
pub(super) struct Session {
    /// Changes with every activation; who does not know it cannot activate.
    pub(super) nonce: u32,
    expires: Instant,
    publish: VecDeque<u64>,
}

#[derive(Debug)]
pub(super) struct Subscription {
    session: u32,
    publishing: bool,
    /// Client handle and counter by id.
    items: BTreeMap<u32, (u32, usize)>,
    queue: Vec<(u32, i32)>,
    kept: BTreeMap<u32, Bytes>,
    next_number: u32,
    expires: Instant,
    spoke: Instant,
}

/// What goes back to a request.
pub(super) type Answer = (u64, Result<Bytes, StatusCode>);

pub(super) const COUNTERS: usize = 3;
pub(super) const SESSION_TIMEOUT: Duration = Duration::from_secs(60);
const LIFETIME: Duration = Duration::from_secs(120);
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const MAX_KEPT: usize = 100;

impl Told {
    pub(super) fn add(&mut self, more: Self) {
        self.reactivations += more.reactivations;
        self.transfers += more.transfers;
        self.refused_transfers += more.refused_transfers;
        self.republished += more.republished;
        self.subscriptions += more.subscriptions;
    }
}

impl Server {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            now,
            run: 1,
            sessions: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            counters: [0; COUNTERS],
            swapped: false,
            can_transfer: true,
            max_items_per_call: 1000,
            acknowledged: Vec::new(),
            told: Told::default(),
            next_session: 0,
            next_subscription: 0,
        }
    }

    pub(super) fn namespaces(&self) -> Vec<String> {
        let (third, fourth) = if self.swapped { ("urn:b", "urn:a") } else { ("urn:a", "urn:b") };
        ["http://opcfoundation.org/UA/", "urn:own", third, fourth].map(String::from).to_vec()
    }

    /// Starts anew: ids begin where they began before, so that they collide.
    pub(super) fn restart(&mut self, swapped: bool, max_items_per_call: usize) {
        self.run += 1;
        self.swapped = swapped;
        self.max_items_per_call = max_items_per_call;
        self.sessions.clear();
        self.subscriptions.clear();
        self.next_subscription = 0;
    }

    pub(super) fn create_session(&mut self) -> u32 {
        self.next_session += 1;
        let session = Session { nonce: 0, expires: self.now + SESSION_TIMEOUT, publish: VecDeque::new() };
        self.sessions.insert(self.next_session, session);
        self.next_session
    }

    /// The next nonce, if the session exists and the old nonce is right.
    pub(super) fn activate(&mut self, token: u32, nonce: u32) -> Option<u32> {
        let session = self.sessions.get_mut(&token).filter(|session| session.nonce == nonce)?;
        self.told.reactivations += u32::from(nonce > 0);
        session.nonce += 1;
        session.expires = self.now + SESSION_TIMEOUT;
        session.publish.clear();
        Some(session.nonce)
    }

    pub(super) fn close_session(&mut self, token: u32) {
        self.sessions.remove(&token);
        self.subscriptions.retain(|_, subscription| subscription.session != token);
    }

    /// The channel of a session is gone, and the Publish requests that waited on it.
    pub(super) fn channel_ended(&mut self, token: u32) {
        if let Some(session) = self.sessions.get_mut(&token) {
            session.publish.clear();
        }
    }

    /// Counts, expires what nobody has asked for, and publishes.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<Answer> {
        self.now = now;
        self.sessions.retain(|_, session| session.expires > now);
        self.subscriptions.retain(|_, subscription| subscription.expires > now);
        self.counters.iter_mut().for_each(|counter| *counter += 1);
        for subscription in self.subscriptions.values_mut() {
            let items = subscription.items.values();
            subscription.queue.extend(items.map(|(handle, counter)| (*handle, self.counters[*counter])));
        }
        self.publish()
    }

    fn publish(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        for (id, subscription) in &mut self.subscriptions {
            let Some(session) = self.sessions.get_mut(&subscription.session) else { continue };
            let silent = self.now >= subscription.spoke + KEEP_ALIVE;
            let speaks = silent || (subscription.publishing && !subscription.queue.is_empty());
            if speaks && let Some(tag) = session.publish.pop_front() {
                answers.push((tag, Ok(subscription.publish(*id, self.now))));
            }
        }
        answers
    }

    /// Answers a request of a session; none yet for Publish.
    pub(super) fn handle(&mut self, token: u32, tag: u64, request: Request) -> Option<Answer> {
        let Some(session) = self.sessions.get_mut(&token) else {
            return Some((tag, Err(StatusCode::BadSessionIdInvalid)));
        };
        session.expires = self.now + SESSION_TIMEOUT;
        if let Request::Publish(request) = request {
            for acknowledged in request.subscription_acknowledgements.unwrap_or_default() {
                let (id, number) = (acknowledged.subscription_id, acknowledged.sequence_number);
                let subscription = self.subscriptions.get_mut(&id).filter(|subscription| subscription.session == token);
                if subscription.is_some_and(|subscription| subscription.kept.remove(&number).is_some()) {
                    self.acknowledged.push((id, number));
                }
            }
            if !self.subscriptions.values().any(|subscription| subscription.session == token) {
                return Some((tag, Err(StatusCode::BadNoSubscription)));
            }
            session.publish.push_back(tag);
            return None;
        }
        Some((tag, self.answer(token, request)))
    }

    fn answer(&mut self, token: u32, request: Request) -> Result<Bytes, StatusCode> {
        match request {
            Request::Read(_) => Ok(encode(ReadResponse::default())),
            Request::CreateSubscription(request) => {
                Ok(encode(self.create_subscription(token, request.publishing_enabled)))
            }
            Request::CreateMonitoredItems(request) => {
                self.create_items(token, request.subscription_id, request.items_to_create.unwrap_or_default())
            }
            Request::DeleteMonitoredItems(request) => {
                let subscription = self.subscription(token, request.subscription_id)?;
                let ids: BTreeSet<u32> = request.monitored_item_ids.unwrap_or_default().into_iter().collect();
                subscription.items.retain(|id, _| !ids.contains(id));
                Ok(encode(DeleteMonitoredItemsResponse::default()))
            }
            Request::SetPublishingMode(request) => {
                let ids = request.subscription_ids.unwrap_or_default();
                let set = |id: &u32| match self.subscription(token, *id) {
                    Ok(subscription) => {
                        subscription.publishing = request.publishing_enabled;
                        StatusCode::Good
                    }
                    Err(status) => status,
                };
                let results = Some(ids.iter().map(set).collect());
                Ok(encode(SetPublishingModeResponse { results, ..Default::default() }))
            }
            Request::Republish(request) => {
                let subscription = self.subscription(token, request.subscription_id)?;
                let kept = subscription.kept.get(&request.retransmit_sequence_number);
                let kept = kept.cloned().ok_or(StatusCode::BadMessageNotAvailable);
                self.told.republished += u32::from(kept.is_ok());
                kept
            }
            Request::TransferSubscriptions(request) => {
                let ids = request.subscription_ids.unwrap_or_default();
                let results: Vec<_> = ids.iter().map(|id| self.transfer(token, *id)).collect();
                let moved = results.iter().filter(|result| result.status_code.is_good()).count() as u32;
                self.told.transfers += moved;
                self.told.refused_transfers += results.len() as u32 - moved;
                let results = Some(results);
                Ok(encode(TransferSubscriptionsResponse { results, ..Default::default() }))
            }
            Request::DeleteSubscriptions(request) => {
                for id in request.subscription_ids.unwrap_or_default() {
                    if self.subscription(token, id).is_ok() {
                        self.subscriptions.remove(&id);
                    }
                }
                Ok(encode(DeleteSubscriptionsResponse::default()))
            }
            other => panic!("the client sent {}", other.service()),
        }
    }

    fn subscription(&mut self, token: u32, id: u32) -> Result<&mut Subscription, StatusCode> {
        let subscription = self.subscriptions.get_mut(&id).filter(|subscription| subscription.session == token);
        let subscription = subscription.ok_or(StatusCode::BadSubscriptionIdInvalid)?;
        subscription.expires = self.now + LIFETIME;
        Ok(subscription)
    }

    fn create_subscription(&mut self, session: u32, publishing: bool) -> CreateSubscriptionResponse {
        self.next_subscription += 1;
        self.told.subscriptions += 1;
        let subscription = Subscription {
            session,
            publishing,
            items: BTreeMap::new(),
            queue: Vec::new(),
            kept: BTreeMap::new(),
            next_number: 1,
            expires: self.now + LIFETIME,
            spoke: self.now,
        };
        self.subscriptions.insert(self.next_subscription, subscription);
        CreateSubscriptionResponse {
            subscription_id: self.next_subscription,
            revised_publishing_interval: 1000.0,
            revised_lifetime_count: LIFETIME.as_secs() as u32,
            revised_max_keep_alive_count: KEEP_ALIVE.as_secs() as u32,
            ..Default::default()
        }
    }

    fn create_items(
        &mut self,
        token: u32,
        id: u32,
        items: Vec<MonitoredItemCreateRequest>,
    ) -> Result<Bytes, StatusCode> {
        if items.len() > self.max_items_per_call {
            return Err(StatusCode::BadTooManyOperations);
        }
        let (counters, index) = (self.counters, if self.swapped { 3 } else { 2 });
        let subscription = self.subscription(token, id)?;
        let mut create = |item: MonitoredItemCreateRequest| {
            let node = item.item_to_monitor.node_id;
            let counter = node.as_u32().map(|number| number as usize).filter(|_| node.namespace == index);
            let Some(counter) = counter.filter(|counter| *counter < COUNTERS) else {
                return MonitoredItemCreateResult { status_code: StatusCode::BadNodeIdUnknown, ..Default::default() };
            };
            let monitored_item_id = subscription.items.last_key_value().map_or(1, |(last, _)| last + 1);
            let handle = item.requested_parameters.client_handle;
            subscription.items.insert(monitored_item_id, (handle, counter));
            subscription.queue.push((handle, counters[counter]));
            MonitoredItemCreateResult { monitored_item_id, revised_queue_size: 1, ..Default::default() }
        };
        let results = Some(items.into_iter().map(&mut create).collect());
        Ok(encode(CreateMonitoredItemsResponse { results, ..Default::default() }))
    }

    fn transfer(&mut self, token: u32, id: u32) -> TransferResult {
        let refused = |status_code| TransferResult { status_code, available_sequence_numbers: None };
        let can_transfer = self.can_transfer;
        match self.subscriptions.get_mut(&id) {
            None => refused(StatusCode::BadSubscriptionIdInvalid),
            Some(subscription) if subscription.session == token => refused(StatusCode::BadNothingToDo),
            Some(_) if !can_transfer => refused(StatusCode::BadUserAccessDenied),
            Some(subscription) => {
                subscription.session = token;
                subscription.expires = self.now + LIFETIME;
                let available_sequence_numbers = Some(subscription.kept.keys().copied().collect());
                TransferResult { status_code: StatusCode::Good, available_sequence_numbers }
            }
        }
    }
}

impl Subscription {
    /// What has been queued, or a keep-alive.
    fn publish(&mut self, subscription_id: u32, now: Instant) -> Bytes {
        self.spoke = now;
        self.expires = now + LIFETIME;
        let values = if self.publishing { std::mem::take(&mut self.queue) } else { Vec::new() };
        let mut message = NotificationMessage { sequence_number: self.next_number, ..Default::default() };
        if !values.is_empty() {
            self.next_number += 1;
            message.notification_data = Some(vec![ExtensionObject::from_message(changes(&values))]);
            let republish = RepublishResponse { notification_message: message.clone(), ..Default::default() };
            self.kept.insert(message.sequence_number, encode(republish));
            while self.kept.len() > MAX_KEPT {
                self.kept.pop_first();
            }
        }
        encode(PublishResponse {
            subscription_id,
            available_sequence_numbers: Some(self.kept.keys().copied().collect()),
            notification_message: message,
            ..Default::default()
        })
    }
}

fn changes(values: &[(u32, i32)]) -> DataChangeNotification {
    let item = |(client_handle, value): &(u32, i32)| MonitoredItemNotification {
        client_handle: *client_handle,
        value: DataValue::value_only(*value),
    };
    DataChangeNotification { monitored_items: Some(values.iter().map(item).collect()), diagnostic_infos: None }
}

fn encode(response: impl Into<Response>) -> Bytes {
    let mut body = Vec::new();
    response.into().encode(&mut body, &ContextOwned::default().context()).expect("it encodes");
    body.into()
}
