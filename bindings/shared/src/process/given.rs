//! Values that the host program gives, as a server that the publisher subscribes: so they take the same way through its log as
//! those of any server.

mod session;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use iiot::core::clock::{Clock, SystemClock};
use iiot::core::json::{ReadOptions, ValueType, date_time_from_str, read_raw, status_code_from_json};
use iiot::core::session::{BatchBuilder, ConnectOptions, Connector, Item, Session, SubscriptionEvent};
use iiot::core::time::UtcTime;
use iiot::core::ua::{BinaryEncodable, ContextOwned, EndpointDescription, Identifier, NodeId, StatusCode};
use iiot::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, Semaphore, oneshot};

use session::GivenSession;

/// By what the publisher reaches them.
pub(super) const URL: &str = "opc.tcp://values.invalid";
/// The namespace of their nodes.
pub(super) const NAMESPACE: &str = "urn:iiot:values";

/// A field that values are given for.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    /// 1 to 25 (OPC 10000-6 Table 1), which are ids of data types too.
    pub(super) data_type: u8,
    pub(super) is_array: bool,
}

/// Values on their way from the host program to the publisher.
#[derive(Debug)]
pub(crate) struct Given {
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    state: Mutex<State>,
    /// Somebody has subscribed, or it is over.
    changed: Notify,
    /// For those that are not safe yet.
    room: Semaphore,
}

#[derive(Debug, Default)]
struct State {
    feeds: HashMap<u64, Feed>,
    next: u64,
    closed: bool,
}

/// A subscription of the publisher.
#[derive(Debug)]
struct Feed {
    events: UnboundedSender<SubscriptionEvent>,
    /// Handles with the places of their fields.
    items: Vec<(u32, usize)>,
    sequence_number: u32,
    /// Who waits for the acknowledgement of each batch.
    waiting: HashMap<u64, oneshot::Sender<()>>,
}

/// A value as JSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Told {
    field: String,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    status: Option<Value>,
    #[serde(default)]
    source_timestamp: Option<String>,
}

/// A value as it is sent.
struct Encoded {
    place: usize,
    variant: Vec<u8>,
    status: StatusCode,
    source: UtcTime,
}

impl Given {
    /// For these fields.
    pub(super) fn new(fields: Vec<Field>) -> Arc<Self> {
        let places = fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect();
        let room = Semaphore::new(UNSAFE_AT_A_TIME);
        Arc::new(Self { fields, places, state: Mutex::default(), changed: Notify::new(), room })
    }

    /// Hands over a JSON list of values and returns when they are safe.
    pub(super) async fn publish(&self, values: &[u8]) -> Result<()> {
        let values = self.read(values)?;
        if values.is_empty() {
            return Ok(());
        }
        let _room = self.room.acquire().await.map_err(|_| closed())?;
        self.subscribed(&values).await?;
        for safe in self.send(&values)? {
            safe.await.map_err(|_| closed())?;
        }
        Ok(())
    }

    /// Nothing is taken any more; who waits is told so.
    pub(super) fn close(&self) {
        let feeds = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.feeds)
        };
        drop(feeds);
        self.room.close();
        self.changed.notify_waiters();
    }

    fn read(&self, values: &[u8]) -> Result<Vec<Encoded>> {
        let told: Vec<Told> = iiot::core::operation::parse_request("publish values", values)?;
        let now = SystemClock.utc();
        let encode = |(place, told): (usize, &Told)| self.encode(told, now).map_err(|e| e.with("place", place));
        told.iter().enumerate().map(encode).collect()
    }

    fn encode(&self, told: &Told, now: UtcTime) -> Result<Encoded> {
        let place = self.places.get(&told.field).copied().ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, PUBLISH, "the publisher has no such field")
                .with("field", &told.field)
        })?;
        let Field { data_type, is_array, .. } = self.fields[place];
        let value_type = ValueType { built_in_type: data_type, value_rank: if is_array { 1 } else { -1 } };
        let options = ReadOptions { value_type, ..ReadOptions::default() };
        let of_field = |error: Error| error.with("field", &told.field);
        let variant = read_raw(&told.value, &options).map_err(of_field)?;
        let status = told.status.as_ref().map_or(Ok(StatusCode::Good), status_code_from_json).map_err(of_field)?;
        let source = told.source_timestamp.as_deref().map(date_time_from_str).transpose().map_err(of_field)?;
        let variant = variant.encode_to_vec(&ContextOwned::default().context());
        Ok(Encoded { place, variant, status, source: source.map_or(now, UtcTime::from) })
    }

    /// Returns when all of them are subscribed, which the publisher does at its start.
    async fn subscribed(&self, values: &[Encoded]) -> Result<()> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let state = self.state.lock();
                if state.closed {
                    return Err(closed());
                }
                if values.iter().all(|value| state.feeds.values().any(|feed| feed.has(value.place))) {
                    return Ok(());
                }
            }
            changed.await;
        }
    }

    fn send(&self, values: &[Encoded]) -> Result<Vec<oneshot::Receiver<()>>> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(closed());
        }
        let now = SystemClock.utc();
        Ok(state.feeds.iter_mut().filter_map(|(key, feed)| feed.send(*key, values, now)).collect())
    }

    /// A subscription begins.
    fn enter(&self, items: &[Item], events: UnboundedSender<SubscriptionEvent>) -> Result<u64> {
        let items = self.places_of(items);
        let mut state = self.state.lock();
        if state.closed {
            return Err(closed());
        }
        state.next += 1;
        let key = state.next;
        state.feeds.insert(key, Feed { events, items, sequence_number: 0, waiting: HashMap::new() });
        drop(state);
        self.changed.notify_waiters();
        Ok(key)
    }

    /// A subscription has other items.
    fn set_items(&self, key: u64, items: &[Item]) {
        let items = self.places_of(items);
        self.state.lock().feeds.get_mut(&key).into_iter().for_each(|feed| feed.items.clone_from(&items));
        self.changed.notify_waiters();
    }

    fn acknowledge(&self, key: u64, token: u64) {
        let waiting = self.state.lock().feeds.get_mut(&key).and_then(|feed| feed.waiting.remove(&token));
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            let _ = waiting.send(());
        }
    }

    fn leave(&self, key: u64) {
        drop(self.state.lock().feeds.remove(&key));
    }

    fn places_of(&self, items: &[Item]) -> Vec<(u32, usize)> {
        let place = |item: &Item| Some((item.client_handle, self.place_of(&item.node.resolve(&namespaces())?)?));
        items.iter().filter_map(place).collect()
    }

    fn place_of(&self, node: &NodeId) -> Option<usize> {
        match &node.identifier {
            Identifier::String(name) if node.namespace == 1 => self.places.get(name.as_ref()).copied(),
            _ => None,
        }
    }

    fn field(&self, node: &NodeId) -> Option<&Field> {
        self.place_of(node).map(|place| &self.fields[place])
    }
}

impl Feed {
    fn has(&self, place: usize) -> bool {
        self.items.iter().any(|(_, known)| *known == place)
    }

    /// Sends what concerns it as one message.
    fn send(&mut self, key: u64, values: &[Encoded], now: UtcTime) -> Option<oneshot::Receiver<()>> {
        let mut builder = BatchBuilder::default();
        for Encoded { place, variant, status, source } in values {
            for (handle, _) in self.items.iter().filter(|(_, known)| known == place) {
                builder.push(*handle, *status, Some(*source), Some(now), variant);
            }
        }
        self.sequence_number = self.sequence_number.checked_add(1).unwrap_or(1);
        let mut batch = builder.build(key as u32, self.sequence_number, Some(now));
        if batch.is_empty() {
            return None;
        }
        batch.namespaces = namespaces();
        let (safe, waiting) = oneshot::channel();
        self.waiting.insert(batch.token, safe);
        // Where the subscription has gone the sender is dropped with it, which is told to who waits.
        let _ = self.events.send(SubscriptionEvent::Data(Arc::new(batch)));
        Some(waiting)
    }
}

fn namespaces() -> Arc<Vec<String>> {
    Arc::new(vec!["http://opcfoundation.org/UA/".into(), NAMESPACE.into()])
}

fn closed() -> Error {
    let message = "the publisher was stopped; whether the values are published is not known";
    Error::new(ErrorKind::Closed, PUBLISH, message)
}

/// Reaches the values of the host program, and servers.
#[derive(Debug)]
pub(super) struct WithGiven {
    pub(super) given: Arc<Given>,
    pub(super) servers: Arc<dyn Connector>,
}

#[async_trait]
impl Connector for WithGiven {
    async fn endpoints(&self, url: &str) -> Result<Vec<EndpointDescription>> {
        if url == URL { Ok(Vec::new()) } else { self.servers.endpoints(url).await }
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>> {
        if options.endpoint_url == URL {
            return Ok(Arc::new(GivenSession::new(Arc::clone(&self.given))));
        }
        self.servers.connect(options).await
    }
}

const PUBLISH: &str = "publish values";
/// Calls whose values are not safe yet; more of them wait.
const UNSAFE_AT_A_TIME: usize = 1024;
