//! A server in memory, for doctests and for tests of whatever stands on [`Session`].

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::session::mailbox::StateCell;
use crate::session::{Concern, Gap, GapReason, SessionState, SubscriptionEvent};
use crate::time::UtcTime;
use crate::ua::{DataValue, NodeId, ObjectId, QualifiedName, StatusCode, Variant};

mod feed;
mod services;
mod session;

use feed::Feed;
pub use session::MemoryConnector;

/// An OPC UA server without network, encoding of requests, or time of its own.
///
/// Nodes are variables and methods directly below the Objects folder; they and the Server object can raise events. A value that is set goes at
/// once, as one message, to every subscription with an item on it; while a subscription has too
/// many unacknowledged messages, values wait in the queues of its items. Clones are the same server.
///
/// ```
/// # use iiot_core::session::{ConnectOptions, Connector, Item, MemoryServer, SubscriptionEvent};
/// # use iiot_core::ua::NodeId;
/// # futures::executor::block_on(async {
/// let server = MemoryServer::new();
/// let boiler = NodeId::new(1, "Boiler");
/// server.add_variable(boiler.clone(), "Boiler", 21.5);
///
/// let session = server.connector().connect(ConnectOptions::new(server.url())).await?;
/// let items = vec![Item::new(7, boiler.clone())];
/// let mut subscription = session.subscribe(Default::default(), items).await?;
/// server.set(&boiler, 22.0);
/// loop {
///     if let Some(SubscriptionEvent::Data(batch)) = subscription.next().await {
///         assert_eq!(batch.row(0).client_handle, 7);
///         subscription.acknowledge(batch.token);
///         break;
///     }
/// }
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryServer {
    state: Arc<Mutex<State>>,
}

/// What a method does with its input arguments.
pub type MemoryMethod = Arc<dyn Fn(&[Variant]) -> Result<Vec<Variant>, StatusCode> + Send + Sync>;

#[derive(Debug)]
struct State {
    namespaces: Arc<Vec<String>>,
    time: Option<UtcTime>,
    order: Vec<NodeId>,
    nodes: HashMap<NodeId, Node>,
    sessions: Vec<Weak<StateCell>>,
    feeds: HashMap<u64, Feed>,
    next_feed: u64,
    interrupted: Option<String>,
    concerns: Arc<Vec<Concern>>,
    lose_messages: u32,
    continuations: HashMap<u32, Vec<crate::ua::ReferenceDescription>>,
    next_continuation: u32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            namespaces: Arc::new(vec!["http://opcfoundation.org/UA/".into(), "urn:iiot:memory".into()]),
            time: None,
            order: Vec::new(),
            nodes: HashMap::new(),
            sessions: Vec::new(),
            feeds: HashMap::new(),
            next_feed: 1,
            interrupted: None,
            concerns: Arc::default(),
            lose_messages: 0,
            continuations: HashMap::new(),
            next_continuation: 1,
        }
    }
}

struct Node {
    browse_name: QualifiedName,
    kind: NodeKind,
}

enum NodeKind {
    Variable(DataValue),
    Method(MemoryMethod),
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({})", self.browse_name.name)
    }
}

impl MemoryServer {
    /// A server with the namespaces 0 and 1 and no nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What [`MemoryConnector`] reaches it by.
    #[must_use]
    pub fn url(&self) -> String {
        "opc.memory://server".into()
    }

    /// A connector that reaches this server.
    #[must_use]
    pub fn connector(&self) -> MemoryConnector {
        MemoryConnector::new(self.clone())
    }

    /// Appends a namespace and returns its index.
    pub fn add_namespace(&self, uri: impl Into<String>) -> u16 {
        let mut state = self.state.lock();
        let mut namespaces = state.namespaces.as_ref().clone();
        namespaces.push(uri.into());
        state.namespaces = Arc::new(namespaces);
        (state.namespaces.len() - 1) as u16
    }

    /// Adds a variable below Objects; its browse name is in the node's namespace. Items that
    /// waited for the node start to report.
    pub fn add_variable(&self, node: NodeId, browse_name: &str, value: impl Into<DataValue>) {
        let mut state = self.state.lock();
        state.add(node, browse_name, NodeKind::Variable(value.into()));
        state.retry_items();
    }

    /// Adds a method to Objects.
    pub fn add_method(&self, node: NodeId, browse_name: &str, method: MemoryMethod) {
        self.state.lock().add(node, browse_name, NodeKind::Method(method));
    }

    /// Sets a variable.
    ///
    /// # Panics
    /// If there is no such variable.
    pub fn set(&self, node: &NodeId, value: impl Into<DataValue>) {
        self.set_all(vec![(node.clone(), value.into())]);
    }

    /// Sets variables; each subscription gets its part of them in one message.
    ///
    /// # Panics
    /// If one of them does not exist.
    pub fn set_all(&self, values: Vec<(NodeId, DataValue)>) {
        let mut state = self.state.lock();
        for (node, value) in &values {
            let found = state.nodes.get_mut(node).map(|node| &mut node.kind);
            let Some(NodeKind::Variable(current)) = found else { panic!("there is no variable {node}") };
            *current = value.clone();
        }
        state.feeds.values_mut().for_each(|feed| feed.offer(&values));
        state.flush();
    }

    /// Raises an event of a notifier: every item on its events gets those of the fields that it asks
    /// for, by the names that [`EventField`](crate::session::EventField) prints as; the others are null.
    /// Conditions of queries are not looked at.
    pub fn raise(&self, notifier: &NodeId, fields: &[(&str, Variant)]) {
        let mut state = self.state.lock();
        state.feeds.values_mut().for_each(|feed| feed.raise(notifier, fields));
        state.flush();
    }

    /// The time that messages carry as their publish time. Initially none.
    pub fn set_time(&self, time: UtcTime) {
        self.state.lock().time = Some(time);
    }

    /// Gives sessions something to say of the server's certificate.
    pub fn set_concerns(&self, concerns: Vec<Concern>) {
        self.state.lock().concerns = Arc::new(concerns);
    }

    /// Lets the connection of every session break. Values set meanwhile wait in the server.
    pub fn interrupt(&self, reason: &str) {
        let mut state = self.state.lock();
        state.interrupted = Some(reason.into());
        state.tell_sessions(&SessionState::Reconnecting { reason: reason.into(), attempts: 1 });
        state.feeds.values().for_each(|feed| feed.tell(SubscriptionEvent::Interrupted(reason.into())));
    }

    /// Brings the connections back; the subscriptions still exist.
    pub fn resume(&self) {
        let mut state = self.state.lock();
        state.interrupted = None;
        state.tell_sessions(&SessionState::Connected);
        state.feeds.values().for_each(|feed| feed.tell(SubscriptionEvent::Resumed(feed.revised())));
        state.flush();
    }

    /// Brings the connections back after the server forgot every subscription: they are created
    /// anew, with a [`Gap`].
    pub fn restart(&self) {
        let mut state = self.state.lock();
        state.interrupted = None;
        state.tell_sessions(&SessionState::Connected);
        let State { feeds, nodes, namespaces, time, .. } = &mut *state;
        for feed in feeds.values_mut() {
            let (after, reason) = (feed.last_publish, GapReason::SubscriptionLost);
            let gap = Gap { after, before: *time, messages: None, reason, items: Vec::new() };
            feed.create(nodes, namespaces);
            feed.tell(SubscriptionEvent::Gap(gap));
        }
        state.flush();
    }

    /// Loses the next messages of every subscription for good, as a server does whose
    /// retransmission queue overflows: a [`Gap`] precedes the message that follows them.
    pub fn lose_messages(&self, count: u32) {
        self.state.lock().lose_messages = count;
    }

    /// Tokens that consumers have acknowledged, in order, over all subscriptions.
    #[must_use]
    pub fn acknowledged(&self) -> Vec<u64> {
        let mut tokens: Vec<(u64, u64)> =
            self.state.lock().feeds.values().flat_map(|feed| feed.acknowledged.iter().copied()).collect();
        tokens.sort_unstable();
        tokens.into_iter().map(|(_, token)| token).collect()
    }

    /// How much consumers do not have yet: values that wait to be sent, and messages that nobody has acknowledged.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.state.lock().feeds.values().map(Feed::outstanding).sum()
    }

    /// Number of subscriptions.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.state.lock().feeds.len()
    }
}

impl State {
    fn add(&mut self, node: NodeId, browse_name: &str, kind: NodeKind) {
        let browse_name = QualifiedName::new(node.namespace, browse_name);
        if self.nodes.insert(node.clone(), Node { browse_name, kind }).is_none() {
            self.order.push(node);
        }
    }

    fn tell_sessions(&mut self, news: &SessionState) {
        self.sessions.retain(|session| match session.upgrade() {
            Some(cell) if cell.load() == SessionState::Closed => false,
            Some(cell) => {
                cell.store(news.clone());
                true
            }
            None => false,
        });
    }

    fn retry_items(&mut self) {
        let Self { feeds, nodes, namespaces, .. } = self;
        feeds.values_mut().for_each(|feed| feed.retry(nodes, namespaces));
        self.flush();
    }

    /// Sends what waits, unless the connection is away.
    fn flush(&mut self) {
        if self.interrupted.is_some() {
            return;
        }
        let Self { feeds, namespaces, time, lose_messages, .. } = self;
        let sent: u32 =
            feeds.values_mut().map(|feed| feed.flush(namespaces, *time, *lose_messages > 0)).max().unwrap_or(0);
        *lose_messages = lose_messages.saturating_sub(sent);
    }
}

fn objects_folder() -> NodeId {
    ObjectId::ObjectsFolder.into()
}
