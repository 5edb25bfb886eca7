//! Values that are read in an interval instead of subscribed to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::future::{Either, select};
use futures::lock::Mutex as AsyncMutex;
use futures::task::AtomicWaker;
use parking_lot::Mutex;

use crate::clock::Clock;
use crate::error::{ErrorKind, Result};
use crate::session::{
    BatchBuilder, Item, ItemState, Session, Subscription, SubscriptionEvent, SubscriptionOptions, SubscriptionRevised,
};
use crate::time::UtcTime;
use crate::ua::{BinaryEncodable, ContextOwned, DataValue, DateTime, StatusCode};

mod reading;
mod registered;
mod schedule;

use reading::{Reading, Values};
use registered::Registered;
use schedule::Schedule;

/// Reads items in their sampling intervals and delivers them as a subscription would: for servers
/// without subscriptions, and for values that are wanted whether they have changed or not.
///
/// Items that are due together are one request and one batch. A negative sampling interval stands
/// for the publishing interval. A cycle that is missed, because the server was slow or away, or
/// because too many batches are unacknowledged, is left out, and the next value has the Overflow bit.
/// Filters need a subscription: an item with one is refused.
pub struct CyclicReads {
    session: Arc<dyn Session>,
    clock: Arc<dyn Clock>,
    registered: Option<Arc<AsyncMutex<Registered>>>,
    max_age: Duration,
    /// What is under way.
    reading: Mutex<Option<Reading>>,
    state: Mutex<State>,
    changed: AtomicWaker,
}

#[derive(Debug)]
struct State {
    options: SubscriptionOptions,
    items: Arc<Vec<Item>>,
    schedule: Schedule,
    told: HashMap<u32, Option<StatusCode>>,
    /// Items of which cycles were left out since their last value.
    missed: HashSet<u32>,
    events: VecDeque<SubscriptionEvent>,
    unacknowledged: Vec<u64>,
    sequence_number: u32,
    interrupted: bool,
    closed: bool,
    /// Counts what could end a wait.
    version: u64,
}

enum Step {
    Tell(Option<SubscriptionEvent>),
    Read(Vec<usize>, Arc<Vec<Item>>),
    Wait(Option<Instant>, u64),
}

impl fmt::Debug for CyclicReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CyclicReads")
            .field("session", &self.session)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl CyclicReads {
    /// Reads these items from now on.
    #[must_use]
    pub fn new(
        session: Arc<dyn Session>,
        clock: Arc<dyn Clock>,
        options: SubscriptionOptions,
        items: Vec<Item>,
    ) -> Self {
        let schedule = schedule(&items, &options, clock.now());
        let state = State {
            events: VecDeque::from([SubscriptionEvent::Created(revised(&options))]),
            options,
            items: Arc::new(items),
            schedule,
            told: HashMap::new(),
            missed: HashSet::new(),
            unacknowledged: Vec::new(),
            sequence_number: 0,
            interrupted: false,
            closed: false,
            version: 0,
        };
        Self {
            session,
            clock,
            registered: None,
            max_age: Duration::ZERO,
            reading: Mutex::new(None),
            state: Mutex::new(state),
            changed: AtomicWaker::new(),
        }
    }

    /// Has the server prepare for reading the nodes again and again (RegisterNodes). What it hands
    /// out holds for one connection and is asked for anew after a reconnect; a server that cannot do
    /// it is read as before.
    #[must_use]
    pub fn with_registered_nodes(self) -> Self {
        Self { registered: Some(Arc::default()), ..self }
    }

    /// Takes values that the server has read so recently; without it the server reads each from its source.
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    fn step(&self) -> Step {
        let mut state = self.state.lock();
        if let Some(event) = state.events.pop_front() {
            return Step::Tell(Some(event));
        }
        if state.closed {
            return Step::Tell(None);
        }
        if state.unacknowledged.len() >= state.options.max_unacknowledged.max(1) {
            return Step::Wait(None, state.version);
        }
        let due = state.schedule.due(self.clock.now());
        match due.is_empty() {
            true => Step::Wait(state.schedule.poll_timeout(), state.version),
            false => Step::Read(due, Arc::clone(&state.items)),
        }
    }

    async fn wait(&self, until: Option<Instant>, version: u64) {
        let changed = poll_fn(|context| {
            self.changed.register(context.waker());
            if self.state.lock().version == version { Poll::Pending } else { Poll::Ready(()) }
        });
        match until {
            Some(until) => match select(self.clock.sleep_until(until), changed).await {
                Either::Left(_) | Either::Right(_) => {}
            },
            None => changed.await,
        }
    }

    /// Asks for the values of items, or goes on waiting for those that were asked for.
    async fn read(&mut self, due: Vec<usize>, items: Arc<Vec<Item>>) {
        let (session, registered) = (Arc::clone(&self.session), self.registered.clone());
        let (now, max_age) = (self.clock.now(), self.max_age);
        let slot = self.reading.get_mut();
        let reading = slot.get_or_insert_with(|| Reading::begin(session, registered, (items, due), max_age, now));
        let values = (&mut reading.work).await;
        if let Some(reading) = slot.take() {
            self.take(reading.asked, &reading.items, values);
        }
    }

    fn take(&mut self, asked: Instant, items: &Arc<Vec<Item>>, values: Values) {
        let Values { due, refused, read, namespaces } = values;
        let state = self.state.get_mut();
        if !Arc::ptr_eq(items, &state.items) || !Arc::ptr_eq(&namespaces, &self.session.namespaces()) {
            // The connection is another one, where what the request named may be something else; or other items are
            // wanted. Both are due.
            return;
        }
        for (index, status) in refused {
            state.tell_state(&items[index], Some(status));
        }
        let (now, utc) = (self.clock.now(), self.clock.utc());
        state.miss(state.schedule.late(asked));
        let skipped = state.schedule.done(asked, now);
        // Where in that time the server has read them is not known: some are missing before, or behind.
        state.miss(skipped.clone());
        match read {
            Ok(values) => state.deliver(values, utc, &namespaces),
            Err(error) if error.kind() == ErrorKind::Closed => state.closed = true,
            Err(error) => {
                state.miss(due);
                if !std::mem::replace(&mut state.interrupted, true) {
                    state.events.push_back(SubscriptionEvent::Interrupted(error.report()));
                }
            }
        }
        state.miss(skipped);
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        state.version += 1;
        let result = change(&mut state);
        drop(state);
        self.changed.wake();
        result
    }
}

#[async_trait]
impl Subscription for CyclicReads {
    async fn next(&mut self) -> Option<SubscriptionEvent> {
        loop {
            match self.step() {
                Step::Tell(event) => return event,
                Step::Read(due, items) => self.read(due, items).await,
                Step::Wait(until, version) => self.wait(until, version).await,
            }
        }
    }

    fn acknowledge(&self, token: u64) {
        self.change(|state| state.unacknowledged.retain(|waiting| *waiting != token));
    }

    async fn set_items(&self, items: Vec<Item>) -> Result<()> {
        let now = self.clock.now();
        self.change(|state| {
            state.schedule = schedule(&items, &state.options, now);
            let wanted: HashSet<u32> = items.iter().map(|item| item.client_handle).collect();
            state.told.retain(|handle, _| wanted.contains(handle));
            state.missed.retain(|handle| wanted.contains(handle));
            state.items = Arc::new(items);
        });
        Ok(())
    }

    async fn modify(&self, options: SubscriptionOptions) -> Result<()> {
        let now = self.clock.now();
        self.change(|state| {
            state.schedule = schedule(&state.items, &options, now);
            state.events.push_back(SubscriptionEvent::Modified(revised(&options)));
            state.options = options;
        });
        Ok(())
    }

    async fn close(&mut self) {
        *self.reading.get_mut() = None;
        if let Some(registered) = &self.registered {
            registered.lock().await.release(self.session.as_ref()).await;
        }
        self.change(|state| state.closed = true);
    }
}

impl State {
    /// Cycles of these items were left out.
    fn miss(&mut self, indexes: Vec<usize>) {
        let items = Arc::clone(&self.items);
        self.missed.extend(indexes.into_iter().filter_map(|index| items.get(index)).map(|item| item.client_handle));
    }

    fn deliver(&mut self, values: Vec<(usize, DataValue)>, utc: UtcTime, namespaces: &Arc<Vec<String>>) {
        if std::mem::take(&mut self.interrupted) {
            self.events.push_back(SubscriptionEvent::Resumed(revised(&self.options)));
        }
        let (items, context) = (Arc::clone(&self.items), ContextOwned::default());
        let (mut builder, mut count) = (BatchBuilder::default(), 0);
        for (index, value) in values {
            let refused = Some(value.status()).filter(|status| is_of_the_item(*status));
            self.tell_state(&items[index], refused);
            if refused.is_none() {
                let handle = items[index].client_handle;
                let status = if self.missed.remove(&handle) { overflowed(value.status()) } else { value.status() };
                let variant =
                    value.value.as_ref().map(|value| value.encode_to_vec(&context.context())).unwrap_or_default();
                let time = |time: Option<DateTime>| time.and_then(|time| UtcTime::from_wire(time.ticks()));
                let (source, server) = (time(value.source_timestamp), time(value.server_timestamp));
                builder.push(handle, status, source, server, &variant);
                count += 1;
            }
        }
        if count > 0 {
            self.sequence_number = self.sequence_number.checked_add(1).unwrap_or(1);
            let mut batch = builder.build(0, self.sequence_number, Some(utc));
            batch.namespaces = Arc::clone(namespaces);
            self.unacknowledged.push(batch.token);
            self.events.push_back(SubscriptionEvent::Data(Arc::new(batch)));
        }
    }

    /// Tells how an item stands, if that is news.
    fn tell_state(&mut self, item: &Item, refused: Option<StatusCode>) {
        if self.told.insert(item.client_handle, refused) == Some(refused) {
            return;
        }
        let state = match refused {
            Some(status) => {
                ItemState::Failed { status, will_retry: status != StatusCode::BadFilterNotAllowed, filter: None }
            }
            None => ItemState::Reporting {
                sampling_interval_ms: interval(item, &self.options).as_secs_f64() * 1e3,
                queue_size: 1,
                filter: None,
            },
        };
        match self.events.back_mut() {
            Some(SubscriptionEvent::Items(states)) => states.push((item.client_handle, state)),
            _ => self.events.push_back(SubscriptionEvent::Items(vec![(item.client_handle, state)])),
        }
    }
}

/// With InfoType DataValue and the Overflow bit (OPC 10000-4 §7.39.1).
fn overflowed(status: StatusCode) -> StatusCode {
    StatusCode::from(status.bits() | 0x0480)
}

fn schedule(items: &[Item], options: &SubscriptionOptions, now: Instant) -> Schedule {
    Schedule::new(items.iter().map(|item| interval(item, options)), now)
}

fn interval(item: &Item, options: &SubscriptionOptions) -> Duration {
    Duration::try_from_secs_f64(item.sampling_interval_ms / 1e3).unwrap_or(options.publishing_interval)
}

fn revised(options: &SubscriptionOptions) -> SubscriptionRevised {
    SubscriptionRevised {
        subscription_id: 0,
        publishing_interval: options.publishing_interval,
        lifetime_count: 0,
        max_keep_alive_count: 0,
    }
}

/// Whether a status says that there is nothing to read, and not how the value is.
fn is_of_the_item(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        status,
        S::BadNodeIdUnknown
            | S::BadNodeIdInvalid
            | S::BadAttributeIdInvalid
            | S::BadIndexRangeInvalid
            | S::BadNotReadable
            | S::BadUserAccessDenied
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures::FutureExt;
    use futures::executor::block_on;

    use super::*;
    use crate::clock::ManualClock;
    use crate::session::{ConnectOptions, Connector, MemoryServer, Row};
    use crate::ua::NodeId;

    const SECOND: Duration = Duration::from_secs(1);

    struct Rig {
        server: MemoryServer,
        clock: Arc<ManualClock>,
        reads: CyclicReads,
    }

    fn rig(items: Vec<Item>, max_unacknowledged: usize) -> Rig {
        let server = MemoryServer::new();
        server.add_variable(NodeId::new(1, "A"), "A", 1);
        server.add_variable(NodeId::new(1, "B"), "B", 2);
        let session = block_on(server.connector().connect(ConnectOptions::new(server.url()))).unwrap();
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
        let options = SubscriptionOptions { max_unacknowledged, ..Default::default() };
        let reads = CyclicReads::new(session, Arc::clone(&clock) as _, options, items).with_registered_nodes();
        Rig { server, clock, reads }
    }

    impl Rig {
        /// What has happened by now.
        fn news(&mut self) -> Vec<String> {
            std::iter::from_fn(|| self.reads.next().now_or_never().flatten()).map(|event| short(&event)).collect()
        }
    }

    fn short(event: &SubscriptionEvent) -> String {
        match event {
            SubscriptionEvent::Data(batch) => {
                let mark = |status: StatusCode| if status.overflow() { "!" } else { "" };
                let row =
                    |row: Row<'_>| format!("{}={}{}", row.client_handle, row.value.decode().unwrap(), mark(row.status));
                batch.rows().map(row).collect::<Vec<_>>().join(" ")
            }
            SubscriptionEvent::Items(states) => {
                let state = |(handle, state): &(u32, ItemState)| match state {
                    ItemState::Failed { status, .. } => format!("{handle}:{status}"),
                    _ => format!("{handle}:ok"),
                };
                states.iter().map(state).collect::<Vec<_>>().join(" ")
            }
            SubscriptionEvent::Created(_) => "created".into(),
            SubscriptionEvent::Interrupted(_) => "interrupted".into(),
            other => format!("{other:?}"),
        }
    }

    fn item(handle: u32, name: &str, milliseconds: f64) -> Item {
        Item { sampling_interval_ms: milliseconds, ..Item::new(handle, NodeId::new(1, name)) }
    }

    #[test]
    fn items_are_read_in_their_intervals() {
        let mut rig = rig(vec![item(1, "A", -1.0), item(2, "B", 3000.0), item(3, "C", -1.0)], 32);
        assert_eq!(rig.news(), ["created", "1:ok 3:BadNodeIdUnknown 2:ok", "1=1 2=2"]);
        rig.clock.advance(SECOND);
        assert_eq!(rig.news(), ["1=1"], "unchanged, and read again");
        rig.server.add_variable(NodeId::new(1, "C"), "C", 3);
        rig.clock.advance(SECOND * 2);
        assert_eq!(rig.news(), ["3:ok", "1=1! 3=3! 2=2"], "one batch, and no cycle is made up for");
        rig.clock.advance(SECOND);
        assert_eq!(rig.news(), ["1=1 3=3"], "what was left out shows in one value");
    }

    #[test]
    fn reading_stops_while_too_much_is_unacknowledged() {
        let mut rig = rig(vec![item(1, "A", -1.0)], 1);
        assert_eq!(rig.news().len(), 3);
        rig.clock.advance(SECOND * 5);
        assert_eq!(rig.news(), [""; 0]);
        rig.reads.acknowledge(1);
        assert_eq!(rig.news(), ["1=1!"]);
    }

    #[test]
    fn a_read_that_is_waited_for_again_is_not_asked_again() {
        let mut rig = rig(vec![item(1, "A", -1.0)], 32);
        rig.news();
        rig.clock.advance(SECOND);
        rig.server.interrupt("cut");
        for _ in 0..3 {
            assert_eq!(rig.news(), [""; 0], "the session waits for its connection");
        }
        rig.clock.advance(SECOND * 2);
        rig.server.resume();
        let news = rig.news();
        assert_eq!(news.last().map(String::as_str), Some("1=1!"), "{news:?}");
    }

    #[test]
    fn items_can_be_replaced_and_filters_are_refused() {
        let mut rig = rig(vec![item(1, "A", -1.0)], 32);
        rig.news();
        let filtered = Item { filter: Some(crate::ua::DataChangeFilter::default().into()), ..item(5, "A", -1.0) };
        block_on(rig.reads.set_items(vec![item(4, "B", -1.0), filtered])).unwrap();
        assert_eq!(rig.news(), ["5:BadFilterNotAllowed 4:ok", "4=2"]);
        block_on(rig.reads.close());
        assert!(block_on(rig.reads.next()).is_none());
    }
}
