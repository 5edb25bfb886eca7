//! What a subscription is asked for and what it reports.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;
use crate::session::{DataBatch, EventBatch, EventQuery, FilterResult, ItemFilter};
use crate::time::UtcTime;
use crate::ua::{AttributeId, MonitoringMode, NodeId, StatusCode};

/// One subscription of a session.
///
/// # Behaviour
/// Events come in the order of sequence numbers; a missing message is fetched by Republish before
/// later ones are delivered, and declared as a [`Gap`] when the server no longer has it. A batch is
/// acknowledged to the server only after [`acknowledge`](Self::acknowledge): until then the server
/// keeps it. While too many batches are unacknowledged no Publish request is sent, so the server's
/// queues are the buffer.
#[async_trait]
pub trait Subscription: Debug + Send + Sync + 'static {
    /// The next event; `None` after [`close`](Self::close). An event is not lost when the future is
    /// dropped before it is ready.
    async fn next(&mut self) -> Option<SubscriptionEvent>;

    /// Tells that a batch, identified by [`DataBatch::token`] or [`EventBatch::token`], is safe with us.
    fn acknowledge(&self, token: u64);

    /// Replaces the items: those that are gone are deleted, new ones created, those that differ in
    /// more than node, attribute and index range are changed where they are, the rest is untouched.
    /// Results arrive as [`SubscriptionEvent::Items`].
    async fn set_items(&self, items: Vec<Item>) -> Result<()>;

    /// Asks the server for other parameters. What it made of them arrives as
    /// [`SubscriptionEvent::Modified`], with the old ones if it refused.
    async fn modify(&self, options: SubscriptionOptions) -> Result<()>;

    /// Deletes the subscription on the server.
    async fn close(&mut self);
}

/// What the server is asked for; it may revise all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionOptions {
    /// Cycle in which the server sends. Default 1 s.
    pub publishing_interval: Duration,
    /// Cycles without values after which the server sends a keep-alive. Default 10.
    pub max_keep_alive_count: u32,
    /// Cycles without a Publish request after which the server drops the subscription.
    /// Default 0: as many as make five minutes.
    pub lifetime_count: u32,
    /// Values in one message; 0 lets the server decide.
    pub max_notifications_per_publish: u32,
    /// Relative priority, 0 to 255.
    pub priority: u8,
    /// Batches delivered but not acknowledged before we stop asking for more. Default 32.
    pub max_unacknowledged: usize,
    /// Names the subscription over restarts of ours, uniquely in the session. Default empty: it is
    /// not resumed.
    pub resume_as: String,
}

impl Default for SubscriptionOptions {
    fn default() -> Self {
        Self {
            publishing_interval: Duration::from_secs(1),
            max_keep_alive_count: 10,
            lifetime_count: 0,
            max_notifications_per_publish: 0,
            priority: 0,
            max_unacknowledged: 32,
            resume_as: String::new(),
        }
    }
}

/// One monitored item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Identifies the item in batches; chosen by the caller, unique in the subscription.
    pub client_handle: u32,
    /// The node, with its namespace as an index of the session's table or as a URI.
    pub node: Arc<ItemNode>,
    /// 13 is Value.
    pub attribute_id: u32,
    /// Part of an array, as `1:3`; empty for all.
    pub index_range: String,
    /// Negative: as the publishing interval; zero: as fast as the server can.
    pub sampling_interval_ms: f64,
    /// Values the server keeps between two publishing cycles.
    pub queue_size: u32,
    /// Which value goes when the queue is full.
    pub discard_oldest: bool,
    /// What is reported; the server's default (changes of status or value) where `None`.
    pub filter: Option<ItemFilter>,
    /// Whether it is sampled and reported. A sampled item is reported when an item that triggers it is.
    pub monitoring_mode: MonitoringMode,
    /// Client handles of the items that make the server report this one (SetTriggering).
    pub triggered_by: Vec<u32>,
    /// The longest it may stay silent before [`SubscriptionEvent::Late`] tells; `None`: for ever.
    pub expected_within: Option<Duration>,
}

impl Item {
    /// The Value of a node, as often as the publishing interval, with a queue of one.
    #[must_use]
    pub fn new(client_handle: u32, node: impl Into<NodeId>) -> Self {
        Self {
            client_handle,
            node: ItemNode::Indexed(node.into()).into(),
            attribute_id: AttributeId::Value as u32,
            index_range: String::new(),
            sampling_interval_ms: -1.0,
            queue_size: 1,
            discard_oldest: true,
            filter: None,
            monitoring_mode: MonitoringMode::Reporting,
            triggered_by: Vec::new(),
            expected_within: None,
        }
    }

    /// Events of a node that notifies of them, of the Server object for instance. The queue is as
    /// long as the server makes it.
    #[must_use]
    pub fn events(client_handle: u32, notifier: impl Into<NodeId>, query: EventQuery) -> Self {
        Self {
            attribute_id: AttributeId::EventNotifier as u32,
            sampling_interval_ms: 0.0,
            queue_size: 0,
            filter: Some(query.into()),
            ..Self::new(client_handle, notifier)
        }
    }
}

impl Item {
    /// The same item by the URI of its namespace, see [`ItemNode::anchored`].
    #[must_use]
    pub(crate) fn anchored(mut self, namespaces: &[String]) -> Self {
        if self.node.can_be_anchored(namespaces) {
            self.node = ItemNode::clone(&self.node).anchored(namespaces).into();
        }
        self
    }
}

/// A node by index or by URI. A URI is resolved again after every reconnect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ItemNode {
    /// The namespace index holds in the session's namespace table at the moment when the item is
    /// handed over; if a later table has the namespace elsewhere, the item follows it.
    Indexed(NodeId),
    /// The namespace URI counts; the index inside the id is ignored.
    Uri(Arc<str>, NodeId),
}

/// What happened to a subscription.
#[derive(Debug, Clone)]
pub enum SubscriptionEvent {
    /// The server has created it, for the first time or again.
    Created(SubscriptionRevised),
    /// The server has other parameters for it.
    Modified(SubscriptionRevised),
    /// Items changed their state.
    Items(Vec<(u32, ItemState)>),
    /// Values.
    Data(Arc<DataBatch>),
    /// Events.
    Events(Arc<EventBatch>),
    /// These items have not reported for longer than [`Item::expected_within`], although they could.
    Late(Vec<u32>),
    /// The server is alive and has nothing to send.
    KeepAlive,
    /// Values are or may be missing.
    Gap(Gap),
    /// The connection is lost; the session is working on it.
    Interrupted(String),
    /// The connection is back and the subscription still exists, as it was.
    Resumed(SubscriptionRevised),
}

/// What the server made of the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SubscriptionRevised {
    /// The server's id.
    pub subscription_id: u32,
    /// The cycle it will send in.
    pub publishing_interval: Duration,
    /// Cycles without a Publish request it will survive.
    pub lifetime_count: u32,
    /// Cycles without values after which it sends a keep-alive.
    pub max_keep_alive_count: u32,
}

/// How a monitored item stands.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemState {
    /// It reports.
    Reporting {
        /// What the server made of the sampling interval.
        sampling_interval_ms: f64,
        /// What the server made of the queue; 1 means that overwritten values go unreported.
        queue_size: u32,
        /// What it said to the filter, if anything.
        filter: Option<Arc<FilterResult>>,
    },
    /// The server refused it; it is tried again after a while unless the reason is final.
    Failed {
        /// Why.
        status: StatusCode,
        /// Whether it will be tried again.
        will_retry: bool,
        /// What it said to the filter, if anything.
        filter: Option<Arc<FilterResult>>,
    },
    /// The server has it and refused to let another item trigger it. That is final.
    Unlinked {
        /// The client handle of the other item.
        trigger: u32,
        /// Why.
        status: StatusCode,
    },
}

/// Missing values, as an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Publish time of the last message before it; `None` if there was none.
    pub after: Option<UtcTime>,
    /// Publish time of the first message behind it; `None` while it is still open.
    pub before: Option<UtcTime>,
    /// Messages that are surely missing; `None` when that is not known.
    pub messages: Option<u32>,
    /// Why.
    pub reason: GapReason,
    /// The client handles of the items it concerns; empty where it concerns all.
    pub items: Vec<u32>,
}

impl Gap {
    /// Takes in a gap that follows at once, where nobody can be told of each.
    pub(crate) fn extend(&mut self, next: &Self) {
        self.before = next.before;
        self.messages = self.messages.zip(next.messages).map(|(a, b)| a.saturating_add(b));
        if self.items.is_empty() || next.items.is_empty() {
            self.items.clear();
            return;
        }
        self.items.extend_from_slice(&next.items);
        self.items.sort_unstable();
        self.items.dedup();
    }
}

/// Why values are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapReason {
    /// The server no longer had a message that we had not received.
    NotAvailableForRepublish,
    /// The server lost the subscription (restart, lifetime exceeded); it was created anew.
    SubscriptionLost,
    /// A message arrived whose body does not decode.
    Undecodable,
    /// Nobody has read values for a while that are read in cycles.
    NotRead,
    /// The server's queues of some items were full: a value came with the Overflow bit, or an event
    /// that says so. Told right before the batch with that value or event.
    Overflow,
}
