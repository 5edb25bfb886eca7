//! A server for tests of the engine, which answers at once and forgets or loses on command.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::engine::{Continuity, Engine, EngineRequest, Key};
use crate::session::{Item, SubscriptionEvent, SubscriptionOptions};
use crate::time::UtcTime;
use crate::ua::{
    ContextOwned, CreateMonitoredItemsResponse, CreateSubscriptionResponse, DataChangeNotification, DataValue,
    DeleteMonitoredItemsResponse, DeleteSubscriptionsResponse, ExtensionObject, ModifyMonitoredItemsResponse,
    ModifySubscriptionResponse, MonitoredItemCreateResult, MonitoredItemModifyResult, MonitoredItemNotification,
    NodeId, NotificationMessage, PublishResponse, RepublishResponse, Request, Response, SetMonitoringModeResponse,
    SetPublishingModeResponse, SetTriggeringResponse, StatusChangeNotification, StatusCode, TransferResult,
    TransferSubscriptionsResponse,
};

/// The engine and a server, on a clock that moves when told.
pub(super) struct Simulated {
    pub(super) engine: Engine,
    pub(super) now: Instant,
    pub(super) utc: UtcTime,
    pub(super) subscriptions: BTreeMap<u32, Subscription>,
    /// Items that cannot be changed, nor linked, by client handle.
    pub(super) fixed: HashSet<u32>,
    /// Nodes that do not exist.
    pub(super) unknown: HashMap<NodeId, StatusCode>,
    /// What is answered to every filter.
    pub(super) filter_result: ExtensionObject,
    pub(super) max_items_per_call: usize,
    pub(super) max_publish_requests: usize,
    /// Every request but Publish, as its name, and the publishing flag where there is one.
    pub(super) log: Vec<String>,
    pub(super) acknowledged: Vec<(u32, u32)>,
    pub(super) publish_requests: VecDeque<u64>,
    /// Requests of this name get no answer.
    pub(super) mute: HashSet<&'static str>,
    pub(super) muted: Vec<u64>,
    next_id: u32,
}

#[derive(Default)]
pub(super) struct Subscription {
    pub(super) publishing: bool,
    pub(super) items: HashMap<u32, u32>,
    /// Client handles of the triggering and the linked item.
    pub(super) links: BTreeSet<(u32, u32)>,
    pub(super) max_notifications: u32,
    /// Messages that Republish can have.
    pub(super) kept: BTreeMap<u32, Bytes>,
    pub(super) next_sequence_number: u32,
}

impl Simulated {
    pub(super) fn new() -> Self {
        Self {
            engine: Engine::new(Duration::from_secs(10)),
            now: Instant::now(),
            utc: UtcTime::UNIX_EPOCH,
            subscriptions: BTreeMap::new(),
            fixed: HashSet::new(),
            unknown: HashMap::new(),
            filter_result: ExtensionObject::null(),
            max_items_per_call: 10_000,
            max_publish_requests: 100,
            log: Vec::new(),
            acknowledged: Vec::new(),
            publish_requests: VecDeque::new(),
            mute: HashSet::new(),
            muted: Vec::new(),
            next_id: 100,
        }
    }

    /// Connected, with one subscription of `items` items.
    pub(super) fn subscribed(options: SubscriptionOptions, items: u32) -> Self {
        let mut this = Self::new();
        this.connect(Continuity::Nothing);
        this.engine.subscribe(1, options, numbered(items), this.now);
        this.exchange();
        this
    }

    pub(super) fn connect(&mut self, continuity: Continuity) {
        self.engine.connected(Arc::new(vec!["http://opcfoundation.org/UA/".into()]), continuity, self.now);
        self.exchange();
    }

    /// The connection breaks; Publish requests that wait at the server go with it.
    pub(super) fn disconnect(&mut self) {
        self.publish_requests.clear();
        self.muted.clear();
        self.engine.disconnected("cut", self.now);
    }

    /// The server starts anew.
    pub(super) fn restart(&mut self) {
        self.disconnect();
        self.subscriptions.clear();
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.utc = self.utc + time;
        self.engine.handle_timeout(self.now);
        self.exchange();
    }

    /// Answers everything that the engine asks.
    pub(super) fn exchange(&mut self) {
        while let Some(request) = self.engine.poll_request() {
            self.handle(request);
        }
    }

    fn handle(&mut self, EngineRequest { tag, request, .. }: EngineRequest) {
        if let Request::Publish(request) = request {
            for acknowledged in request.subscription_acknowledgements.unwrap_or_default() {
                let (id, number) = (acknowledged.subscription_id, acknowledged.sequence_number);
                self.acknowledged.push((id, number));
                self.subscriptions.get_mut(&id).map(|subscription| subscription.kept.remove(&number));
            }
            return self.queue_publish(tag);
        }
        self.log.push(name(&request));
        if self.mute.contains(request.service()) {
            return self.muted.push(tag);
        }
        let answer = self.answer(request);
        self.engine.completed(tag, answer, self.now);
    }

    fn queue_publish(&mut self, tag: u64) {
        if self.subscriptions.is_empty() {
            self.engine.completed(tag, Err(StatusCode::BadNoSubscription), self.now);
        } else if self.publish_requests.len() >= self.max_publish_requests {
            self.engine.completed(tag, Err(StatusCode::BadTooManyPublishRequests), self.now);
        } else {
            self.publish_requests.push_back(tag);
        }
    }

    fn answer(&mut self, request: Request) -> Result<Bytes, StatusCode> {
        match request {
            Request::CreateSubscription(request) => {
                self.next_id += 1;
                let subscription = Subscription {
                    publishing: request.publishing_enabled,
                    max_notifications: request.max_notifications_per_publish,
                    next_sequence_number: 1,
                    ..Default::default()
                };
                self.subscriptions.insert(self.next_id, subscription);
                Ok(encode(CreateSubscriptionResponse {
                    subscription_id: self.next_id,
                    revised_publishing_interval: request.requested_publishing_interval,
                    revised_lifetime_count: request.requested_lifetime_count,
                    revised_max_keep_alive_count: request.requested_max_keep_alive_count,
                    ..Default::default()
                }))
            }
            Request::CreateMonitoredItems(request) => {
                let items = request.items_to_create.unwrap_or_default();
                if items.len() > self.max_items_per_call {
                    return Err(StatusCode::BadTooManyOperations);
                }
                let subscription = self.subscriptions.get_mut(&request.subscription_id);
                let subscription = subscription.ok_or(StatusCode::BadSubscriptionIdInvalid)?;
                let results = items.into_iter().map(|item| {
                    let refused = self.unknown.get(&item.item_to_monitor.node_id).copied();
                    if refused.is_none() {
                        let handle = item.requested_parameters.client_handle;
                        subscription.items.insert(handle + 1000, handle);
                    }
                    MonitoredItemCreateResult {
                        status_code: refused.unwrap_or(StatusCode::Good),
                        monitored_item_id: item.requested_parameters.client_handle + 1000,
                        revised_queue_size: 1,
                        filter_result: self.filter_result.clone(),
                        ..Default::default()
                    }
                });
                let results = Some(results.collect());
                Ok(encode(CreateMonitoredItemsResponse { results, ..Default::default() }))
            }
            Request::DeleteMonitoredItems(request) => {
                let subscription = self.subscriptions.get_mut(&request.subscription_id);
                let subscription = subscription.ok_or(StatusCode::BadSubscriptionIdInvalid)?;
                for id in request.monitored_item_ids.unwrap_or_default() {
                    subscription.items.remove(&id);
                }
                Ok(encode(DeleteMonitoredItemsResponse::default()))
            }
            Request::SetPublishingMode(request) => {
                let ids = request.subscription_ids.unwrap_or_default();
                let results = ids.iter().map(|id| match self.subscriptions.get_mut(id) {
                    Some(subscription) => {
                        subscription.publishing = request.publishing_enabled;
                        StatusCode::Good
                    }
                    None => StatusCode::BadSubscriptionIdInvalid,
                });
                let results = Some(results.collect());
                Ok(encode(SetPublishingModeResponse { results, ..Default::default() }))
            }
            Request::Republish(request) => {
                let subscription = self.subscriptions.get(&request.subscription_id);
                let subscription = subscription.ok_or(StatusCode::BadSubscriptionIdInvalid)?;
                let kept = subscription.kept.get(&request.retransmit_sequence_number);
                kept.cloned().ok_or(StatusCode::BadMessageNotAvailable)
            }
            Request::TransferSubscriptions(request) => {
                let ids = request.subscription_ids.unwrap_or_default();
                let results = ids.iter().map(|id| match self.subscriptions.get(id) {
                    Some(subscription) => TransferResult {
                        status_code: StatusCode::Good,
                        available_sequence_numbers: Some(subscription.kept.keys().copied().collect()),
                    },
                    None => TransferResult {
                        status_code: StatusCode::BadSubscriptionIdInvalid,
                        available_sequence_numbers: None,
                    },
                });
                let results = Some(results.collect());
                Ok(encode(TransferSubscriptionsResponse { results, ..Default::default() }))
            }
            Request::ModifyMonitoredItems(request) => {
                let items = request.items_to_modify.unwrap_or_default();
                let results = items.iter().map(|item| MonitoredItemModifyResult {
                    status_code: self.changeable(item.requested_parameters.client_handle),
                    revised_sampling_interval: item.requested_parameters.sampling_interval,
                    revised_queue_size: item.requested_parameters.queue_size,
                    ..Default::default()
                });
                Ok(encode(ModifyMonitoredItemsResponse { results: Some(results.collect()), ..Default::default() }))
            }
            Request::SetMonitoringMode(request) => {
                let ids = request.monitored_item_ids.unwrap_or_default();
                let results = ids.iter().map(|id| self.changeable(id - 1000)).collect();
                Ok(encode(SetMonitoringModeResponse { results: Some(results), ..Default::default() }))
            }
            Request::SetTriggering(request) => {
                let trigger = request.triggering_item_id - 1000;
                let (add, remove) =
                    (request.links_to_add.unwrap_or_default(), request.links_to_remove.unwrap_or_default());
                let add_results = add.iter().map(|id| self.changeable(id - 1000)).collect();
                let remove_results = Some(vec![StatusCode::Good; remove.len()]);
                let fixed = self.fixed.clone();
                let subscription = self.subscriptions.get_mut(&request.subscription_id);
                let links = &mut subscription.ok_or(StatusCode::BadSubscriptionIdInvalid)?.links;
                links.extend(add.iter().map(|id| (trigger, id - 1000)).filter(|(_, linked)| !fixed.contains(linked)));
                links.retain(|(from, to)| *from != trigger || !remove.contains(&(to + 1000)));
                let add_results = Some(add_results);
                Ok(encode(SetTriggeringResponse { add_results, remove_results, ..Default::default() }))
            }
            Request::ModifySubscription(request) => {
                let subscription = self.subscriptions.get_mut(&request.subscription_id);
                subscription.ok_or(StatusCode::BadSubscriptionIdInvalid)?.max_notifications =
                    request.max_notifications_per_publish;
                Ok(encode(ModifySubscriptionResponse {
                    revised_publishing_interval: request.requested_publishing_interval,
                    revised_lifetime_count: request.requested_lifetime_count,
                    revised_max_keep_alive_count: request.requested_max_keep_alive_count,
                    ..Default::default()
                }))
            }
            Request::DeleteSubscriptions(request) => {
                for id in request.subscription_ids.unwrap_or_default() {
                    self.subscriptions.remove(&id);
                }
                Ok(encode(DeleteSubscriptionsResponse::default()))
            }
            other => panic!("the engine sent {}", other.service()),
        }
    }

    fn changeable(&self, handle: u32) -> StatusCode {
        if self.fixed.contains(&handle) { StatusCode::BadNotSupported } else { StatusCode::Good }
    }

    /// Makes a message of one value and keeps it for Republish; it does not arrive.
    pub(super) fn lose(&mut self, id: u32, value: i32) -> NotificationMessage {
        let message = self.next_message(id, Some(ExtensionObject::from_message(values(&[value]))));
        let republish = RepublishResponse { notification_message: message.clone(), ..Default::default() };
        let kept = &mut self.subscriptions.get_mut(&id).expect("the subscription exists").kept;
        kept.insert(message.sequence_number, encode(republish));
        message
    }

    /// Makes a message of these notifications; it arrives.
    pub(super) fn send_notifications(&mut self, id: u32, notifications: Vec<ExtensionObject>) {
        let mut message = self.next_message(id, None);
        message.notification_data = Some(notifications);
        self.deliver(id, message);
    }

    /// Makes a message of one value; it arrives.
    pub(super) fn send(&mut self, id: u32, value: i32) {
        let message = self.lose(id, value);
        self.deliver(id, message);
    }

    pub(super) fn keep_alive(&mut self, id: u32) {
        let sequence_number = self.subscriptions[&id].next_sequence_number;
        let publish_time = self.utc.into();
        self.deliver(id, NotificationMessage { sequence_number, publish_time, notification_data: None });
    }

    pub(super) fn end_subscription(&mut self, id: u32, status: StatusCode) {
        let message = self.status_change(id, status);
        self.subscriptions.remove(&id);
        self.respond(id, Vec::new(), message);
    }

    /// Says that the subscription was transferred: to us, or to another session.
    pub(super) fn say_transferred(&mut self, id: u32, to_us: bool) {
        let message = self.status_change(id, StatusCode::GoodSubscriptionTransferred);
        if !to_us {
            self.subscriptions.remove(&id);
        }
        self.respond(id, Vec::new(), message);
    }

    fn status_change(&mut self, id: u32, status: StatusCode) -> NotificationMessage {
        let status = StatusChangeNotification { status, ..Default::default() };
        self.next_message(id, Some(ExtensionObject::from_message(status)))
    }

    /// The next message, which does not arrive and is not kept.
    pub(super) fn next_message(&mut self, id: u32, data: Option<ExtensionObject>) -> NotificationMessage {
        let subscription = self.subscriptions.get_mut(&id).expect("the subscription exists");
        let sequence_number = subscription.next_sequence_number;
        subscription.next_sequence_number += 1;
        let notification_data = data.map(|data| vec![data]);
        NotificationMessage { sequence_number, publish_time: self.utc.into(), notification_data }
    }

    /// Answers a Publish request with a message.
    pub(super) fn deliver(&mut self, id: u32, message: NotificationMessage) {
        let available = self.subscriptions[&id].kept.keys().copied().collect();
        self.respond(id, available, message);
    }

    fn respond(&mut self, subscription_id: u32, available: Vec<u32>, notification_message: NotificationMessage) {
        let body = encode(PublishResponse {
            subscription_id,
            available_sequence_numbers: Some(available),
            notification_message,
            ..Default::default()
        });
        self.respond_bytes(Ok(body));
    }

    pub(super) fn respond_bytes(&mut self, answer: Result<Bytes, StatusCode>) {
        let tag = self.publish_requests.pop_front().expect("a Publish request is outstanding");
        self.engine.completed(tag, answer, self.now);
        self.exchange();
    }

    pub(super) fn acknowledge(&mut self, key: Key, token: u64) {
        self.engine.acknowledge(key, &[token], self.now);
        self.exchange();
    }

    /// What happened since the last call, in short.
    pub(super) fn news(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.engine.poll_event())
            .map(|(key, event)| format!("{key}: {}", short(&event)))
            .collect()
    }

    /// The tokens of the batches since the last call.
    pub(super) fn tokens(&mut self) -> Vec<u64> {
        let events = std::iter::from_fn(|| self.engine.poll_event());
        events
            .filter_map(|(_, event)| match event {
                SubscriptionEvent::Data(batch) => Some(batch.token),
                SubscriptionEvent::Events(batch) => Some(batch.token),
                _ => None,
            })
            .collect()
    }

    pub(super) fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// The only subscription's id.
    pub(super) fn id(&self) -> u32 {
        *self.subscriptions.keys().next().expect("there is a subscription")
    }
}

/// Items on the nodes `ns=1;i=0`, `ns=1;i=1`, ….
pub(super) fn numbered(count: u32) -> Vec<Item> {
    (0..count).map(|handle| Item::new(handle, NodeId::new(1, handle))).collect()
}

pub(super) fn values(values: &[i32]) -> DataChangeNotification {
    let items =
        values.iter().map(|value| MonitoredItemNotification { client_handle: 0, value: DataValue::value_only(*value) });
    DataChangeNotification { monitored_items: Some(items.collect()), diagnostic_infos: None }
}

pub(super) fn encode(response: impl Into<Response>) -> Bytes {
    let mut body = Vec::new();
    response.into().encode(&mut body, &ContextOwned::default().context()).expect("it encodes");
    body.into()
}

fn name(request: &Request) -> String {
    match request {
        Request::CreateSubscription(request) => format!("CreateSubscription({})", request.publishing_enabled),
        Request::SetPublishingMode(request) => format!("SetPublishingMode({})", request.publishing_enabled),
        Request::Republish(request) => format!("Republish({})", request.retransmit_sequence_number),
        Request::CreateMonitoredItems(request) => {
            format!("CreateMonitoredItems({})", request.items_to_create.as_ref().map_or(0, Vec::len))
        }
        Request::ModifyMonitoredItems(request) => {
            format!("ModifyMonitoredItems({})", request.items_to_modify.as_ref().map_or(0, Vec::len))
        }
        Request::SetMonitoringMode(request) => {
            let count = request.monitored_item_ids.as_ref().map_or(0, Vec::len);
            format!("SetMonitoringMode({:?}, {count})", request.monitoring_mode)
        }
        Request::SetTriggering(request) => {
            let count = |ids: &Option<Vec<u32>>| ids.as_ref().map_or(0, Vec::len);
            format!("SetTriggering(+{} -{})", count(&request.links_to_add), count(&request.links_to_remove))
        }
        other => other.service().into(),
    }
}

fn short(event: &SubscriptionEvent) -> String {
    match event {
        SubscriptionEvent::Created(_) => "created".into(),
        SubscriptionEvent::Items(states) => format!("items {}", states.len()),
        SubscriptionEvent::Data(batch) => {
            let value = batch.row(0).value.bytes();
            let number = i32::from_le_bytes(value[1..5].try_into().expect("an Int32"));
            if batch.republished { format!("republished {number}") } else { format!("{number}") }
        }
        SubscriptionEvent::Events(batch) => format!("events {}", batch.len()),
        SubscriptionEvent::Modified(revised) => format!("modified {:?}", revised.publishing_interval),
        SubscriptionEvent::Late(items) => format!("late {items:?}"),
        SubscriptionEvent::KeepAlive => "keep-alive".into(),
        SubscriptionEvent::Gap(gap) => {
            let second = |time: Option<UtcTime>| time.map(|time| time.since(UtcTime::UNIX_EPOCH).as_secs());
            let items = if gap.items.is_empty() { String::new() } else { format!(" of {:?}", gap.items) };
            format!("gap {:?} {:?}..{:?} {:?}{items}", gap.reason, second(gap.after), second(gap.before), gap.messages)
        }
        SubscriptionEvent::Interrupted(_) => "interrupted".into(),
        SubscriptionEvent::Resumed(_) => "resumed".into(),
    }
}
