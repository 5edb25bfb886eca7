//! A subscription inside the server in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};

use super::{Node, NodeKind};
use crate::session::mailbox::{Mailbox, StateCell};
use crate::session::{
    BatchBuilder, EventBatchBuilder, EventField, Gap, GapReason, Item, ItemFilter, ItemState, SubscriptionEvent,
    SubscriptionOptions, SubscriptionRevised,
};
use crate::time::UtcTime;
use crate::ua::{AttributeId, BinaryEncodable, ContextOwned, DataValue, NodeId, ObjectId, StatusCode, Variant};

#[derive(Debug)]
pub(super) struct Feed {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) last_publish: Option<UtcTime>,
    /// Order over all subscriptions, and the token.
    pub(super) acknowledged: Vec<(u64, u64)>,
    id: u32,
    session: Weak<StateCell>,
    options: SubscriptionOptions,
    items: Vec<Monitored>,
    waiting: VecDeque<(u32, DataValue)>,
    /// The encoded fields of events.
    waiting_events: VecDeque<(u32, Vec<Vec<u8>>)>,
    sequence_number: u32,
    unacknowledged: Vec<u64>,
    lost: u32,
}

#[derive(Debug)]
struct Monitored {
    item: Item,
    node: Option<NodeId>,
}

impl Feed {
    pub(super) fn new(id: u32, session: Weak<StateCell>, options: SubscriptionOptions, items: Vec<Item>) -> Self {
        Self {
            mailbox: Arc::default(),
            last_publish: None,
            acknowledged: Vec::new(),
            id,
            session,
            options,
            items: items.into_iter().map(|item| Monitored { item, node: None }).collect(),
            waiting: VecDeque::new(),
            waiting_events: VecDeque::new(),
            sequence_number: 0,
            unacknowledged: Vec::new(),
            lost: 0,
        }
    }

    /// Whether it belongs to this session.
    pub(super) fn is_of(&self, session: &Arc<StateCell>) -> bool {
        self.session.ptr_eq(&Arc::downgrade(session))
    }

    pub(super) fn tell(&self, event: SubscriptionEvent) {
        self.mailbox.push(event);
    }

    /// Creates the subscription, for the first time or again: events, then the initial values.
    pub(super) fn create(&mut self, nodes: &HashMap<NodeId, Node>, namespaces: &[String]) {
        self.waiting.clear();
        self.waiting_events.clear();
        self.sequence_number = 0;
        self.tell(SubscriptionEvent::Created(self.revised()));
        self.items.iter_mut().for_each(|monitored| monitored.node = None);
        let states = (0..self.items.len()).map(|index| self.monitor(index, nodes, namespaces)).collect();
        self.tell(SubscriptionEvent::Items(states));
    }

    pub(super) fn modify(&mut self, options: SubscriptionOptions) {
        self.options = options;
        self.tell(SubscriptionEvent::Modified(self.revised()));
    }

    pub(super) fn revised(&self) -> SubscriptionRevised {
        SubscriptionRevised {
            subscription_id: self.id,
            publishing_interval: self.options.publishing_interval,
            lifetime_count: self.options.lifetime_count,
            max_keep_alive_count: self.options.max_keep_alive_count,
        }
    }

    /// Tries the items that failed again.
    pub(super) fn retry(&mut self, nodes: &HashMap<NodeId, Node>, namespaces: &[String]) {
        let failed: Vec<usize> = (0..self.items.len()).filter(|index| self.items[*index].node.is_none()).collect();
        let mut states: Vec<_> = failed.into_iter().map(|index| self.monitor(index, nodes, namespaces)).collect();
        states.retain(|(_, state)| matches!(state, ItemState::Reporting { .. }));
        if !states.is_empty() {
            self.tell(SubscriptionEvent::Items(states));
        }
    }

    pub(super) fn set_items(&mut self, items: Vec<Item>, nodes: &HashMap<NodeId, Node>, namespaces: &[String]) {
        self.items.retain(|old| items.contains(&old.item));
        let new: Vec<Item> = items.into_iter().filter(|item| self.items.iter().all(|old| old.item != *item)).collect();
        let first = self.items.len();
        self.items.extend(new.into_iter().map(|item| Monitored { item, node: None }));
        let states = (first..self.items.len()).map(|index| self.monitor(index, nodes, namespaces)).collect();
        self.tell(SubscriptionEvent::Items(states));
    }

    fn monitor(&mut self, index: usize, nodes: &HashMap<NodeId, Node>, namespaces: &[String]) -> (u32, ItemState) {
        let Monitored { item, node } = &mut self.items[index];
        let found = item.node.resolve(namespaces);
        if item.attribute_id == AttributeId::EventNotifier as u32 {
            *node = found.filter(|id| *id == server_object() || nodes.contains_key(id));
            return (item.client_handle, state_of_notifier(item, node.is_some()));
        }
        let value = found.as_ref().and_then(|id| nodes.get(id)).map(|node| &node.kind);
        let Some(NodeKind::Variable(value)) = value else {
            let state = ItemState::Failed { status: StatusCode::BadNodeIdUnknown, will_retry: true, filter: None };
            return (item.client_handle, state);
        };
        *node = found;
        self.waiting.push_back((item.client_handle, value.clone()));
        let state = ItemState::Reporting {
            sampling_interval_ms: item.sampling_interval_ms,
            queue_size: item.queue_size.max(1),
            filter: None,
        };
        (item.client_handle, state)
    }

    /// Queues the values that an item reports.
    pub(super) fn offer(&mut self, values: &[(NodeId, DataValue)]) {
        for (changed, value) in values {
            let of_node = |monitored: &&Monitored| monitored.node.as_ref() == Some(changed);
            for monitored in self.items.iter().filter(of_node).filter(|monitored| !monitored.is_of_events()) {
                enqueue(&mut self.waiting, &monitored.item, value.clone());
            }
        }
    }

    /// Queues an event for the items that report those of the notifier.
    pub(super) fn raise(&mut self, notifier: &NodeId, fields: &[(&str, Variant)]) {
        let context = ContextOwned::default();
        let value = |field: &EventField| {
            let name = field.to_string();
            let value = fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
            value.unwrap_or(&Variant::Empty).encode_to_vec(&context.context())
        };
        for monitored in self.items.iter().filter(|monitored| monitored.node.as_ref() == Some(notifier)) {
            if let Some(ItemFilter::Events(query)) = &monitored.item.filter {
                let event = query.fields.iter().map(value).collect();
                self.waiting_events.push_back((monitored.item.client_handle, event));
            }
        }
    }

    /// Sends what waits as one message of values and one of events, or loses it; returns the number of messages.
    pub(super) fn flush(&mut self, namespaces: &Arc<Vec<String>>, time: Option<UtcTime>, lose: bool) -> u32 {
        let values = self.flush_values(namespaces, time, lose);
        if self.waiting_events.is_empty() || self.unacknowledged.len() >= self.options.max_unacknowledged {
            return values;
        }
        self.sequence_number += 1;
        if lose {
            self.waiting_events.clear();
            self.lost += 1;
            return values + 1;
        }
        self.declare_lost(time);
        self.send_events(namespaces, time);
        values + 1
    }

    fn flush_values(&mut self, namespaces: &Arc<Vec<String>>, time: Option<UtcTime>, lose: bool) -> u32 {
        if self.waiting.is_empty() || self.unacknowledged.len() >= self.options.max_unacknowledged {
            return 0;
        }
        self.sequence_number += 1;
        if lose {
            self.waiting.clear();
            self.lost += 1;
            return 1;
        }
        self.declare_lost(time);
        self.send(namespaces, time);
        1
    }

    fn declare_lost(&mut self, before: Option<UtcTime>) {
        let messages = Some(std::mem::take(&mut self.lost));
        if messages != Some(0) {
            let reason = GapReason::NotAvailableForRepublish;
            let (after, items) = (self.last_publish, Vec::new());
            self.tell(SubscriptionEvent::Gap(Gap { after, before, messages, reason, items }));
        }
    }

    fn send(&mut self, namespaces: &Arc<Vec<String>>, time: Option<UtcTime>) {
        let context = ContextOwned::default();
        let mut builder = BatchBuilder::default();
        for (handle, value) in self.waiting.drain(..) {
            let variant = value.value.as_ref().map(|value| value.encode_to_vec(&context.context())).unwrap_or_default();
            let wire = |time: Option<crate::ua::DateTime>| time.and_then(|time| UtcTime::from_wire(time.ticks()));
            let (source, server) = (wire(value.source_timestamp), wire(value.server_timestamp));
            builder.push(handle, value.status(), source, server, &variant);
        }
        let mut batch = builder.build(self.id, self.sequence_number, time);
        batch.namespaces = Arc::clone(namespaces);
        self.unacknowledged.push(batch.token);
        self.last_publish = time;
        self.tell(SubscriptionEvent::Data(Arc::new(batch)));
    }

    fn send_events(&mut self, namespaces: &Arc<Vec<String>>, time: Option<UtcTime>) {
        let mut builder = EventBatchBuilder::default();
        for (handle, fields) in self.waiting_events.drain(..) {
            builder.push(handle, fields.iter().map(Vec::as_slice));
        }
        let mut batch = builder.build(self.id, self.sequence_number, time);
        batch.namespaces = Arc::clone(namespaces);
        self.unacknowledged.push(batch.token);
        self.last_publish = time;
        self.tell(SubscriptionEvent::Events(Arc::new(batch)));
    }

    pub(super) fn outstanding(&self) -> usize {
        self.waiting.len() + self.waiting_events.len() + self.unacknowledged.len()
    }

    pub(super) fn acknowledge(&mut self, token: u64, order: u64) {
        let before = self.unacknowledged.len();
        self.unacknowledged.retain(|waiting| *waiting != token);
        if self.unacknowledged.len() < before {
            self.acknowledged.push((order, token));
        }
    }
}

impl Monitored {
    fn is_of_events(&self) -> bool {
        self.item.attribute_id == AttributeId::EventNotifier as u32
    }
}

fn state_of_notifier(item: &Item, known: bool) -> ItemState {
    if !known {
        return ItemState::Failed { status: StatusCode::BadNodeIdUnknown, will_retry: true, filter: None };
    }
    let queue_size = item.queue_size.max(1);
    ItemState::Reporting { sampling_interval_ms: 0.0, queue_size, filter: None }
}

fn server_object() -> NodeId {
    ObjectId::Server.into()
}

/// A queue as the server keeps it: over its size the oldest (or newest) value goes and the
/// survivor beside the loss says so (OPC 10000-4 §5.13.1.5).
fn enqueue(waiting: &mut VecDeque<(u32, DataValue)>, item: &Item, mut value: DataValue) {
    let size = item.queue_size.max(1) as usize;
    let queued = waiting.iter().filter(|(handle, _)| *handle == item.client_handle).count();
    if queued >= size {
        if size > 1 {
            // InfoType DataValue and Overflow (OPC 10000-4 §7.39.1).
            value.status = Some(StatusCode::from(value.status().bits() | 0x0480));
        }
        let mut of_item = waiting.iter().enumerate().filter(|(_, (handle, _))| *handle == item.client_handle);
        let victim = if item.discard_oldest { of_item.next() } else { of_item.next_back() };
        let victim = victim.map(|(index, _)| index);
        victim.and_then(|index| waiting.remove(index));
    }
    waiting.push_back((item.client_handle, value));
}
