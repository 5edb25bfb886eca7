//! Sessions that are shared by whoever needs one for a moment.

mod lease;
mod shelf;
mod slot;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures::future::join_all;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{ConnectOptions, Connector, SessionState};

pub use lease::Lease;
use lease::Stay;
use shelf::{Full, Shelf};
use slot::{Leases, Slot};

const LEASE: &str = "lease a session";

/// Keeps one session for each server and user, made when it is wanted and closed when nobody has used it for a while.
///
/// # Behaviour
/// - Who wants a session while it is being made waits for it with the others: there is one attempt at a time, and its
///   reason to fail is told to all of them. The next lease tries again.
/// - Servers do not wait for each other: one that accepts connections and stalls costs nobody else anything.
/// - A session is given to [`PoolOptions::max_leases`] callers at a time, in the order in which they came.
/// - Servers are told apart by URL, security, user and locales.
///
/// ```
/// # use std::sync::Arc;
/// # use std::time::Duration;
/// # use iiot_core::clock::{Clock, SystemClock};
/// # use iiot_core::session::{ConnectOptions, MemoryServer, PoolOptions, SessionExt, SessionPool};
/// # use iiot_core::ua::NodeId;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let server = MemoryServer::new();
/// server.add_variable(NodeId::new(1, "Boiler"), "Boiler", 21.5);
///
/// let pool = SessionPool::new(Arc::new(server.connector()), Arc::new(SystemClock), PoolOptions::default());
/// let deadline = SystemClock.now() + Duration::from_secs(5);
/// let lease = pool.lease(&ConnectOptions::new(server.url()), deadline).await?;
/// let values = lease.session().read_values(&[NodeId::new(1, "Boiler")]).await?;
/// assert_eq!(values[0].value, Some(21.5.into()));
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct SessionPool {
    shared: Arc<Shared>,
}

/// How much a pool keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Sessions at a time. Default 256.
    pub max_sessions: usize,
    /// Leases of one session at a time. Default 16.
    pub max_leases: usize,
    /// Callers that may wait for one session beside those. Default 256.
    pub max_waiting: usize,
    /// How long a session is kept that nobody uses. Default 60 s.
    pub idle: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { max_sessions: 256, max_leases: 16, max_waiting: 256, idle: Duration::from_secs(60) }
    }
}

/// What the pool shares with its leases and tasks.
#[derive(Debug)]
struct Shared {
    connector: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
    options: PoolOptions,
    state: Mutex<State>,
    /// Something may be idle now.
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    shelf: Shelf,
    slots: Vec<Arc<Slot>>,
    next_id: u64,
    closed: bool,
}

impl SessionPool {
    /// A pool over a connector. Call it in a tokio runtime, since a task of it closes what is idle.
    #[must_use]
    pub fn new(connector: Arc<dyn Connector>, clock: Arc<dyn Clock>, options: PoolOptions) -> Self {
        let state = State { shelf: Shelf::new(options), slots: Vec::new(), next_id: 1, closed: false };
        let changed = Arc::new(Notify::new());
        let shared = Shared { connector, clock, options, state: Mutex::new(state), changed: Arc::clone(&changed) };
        let shared = Arc::new(shared);
        tokio::spawn(tend(Arc::downgrade(&shared), Arc::clone(&shared.clock), changed));
        Self { shared }
    }

    /// A session with the server of `options`, to be used until the lease is dropped.
    ///
    /// # Errors
    /// Why the connection could not be made; `Timeout` if it is still being made, or the session still used by others,
    /// at `deadline`; `LimitExceeded` if too many wait or every session of the pool is in use; `Closed` after
    /// [`close`](Self::close).
    pub async fn lease(&self, options: &ConnectOptions, deadline: Instant) -> Result<Lease> {
        self.admit(self.shared.enter(options)?, deadline).await
    }

    /// As [`lease`](Self::lease), of a session of its own that nobody else is given and that is closed afterwards.
    ///
    /// # Errors
    /// As [`lease`](Self::lease).
    pub async fn lease_alone(&self, options: &ConnectOptions, deadline: Instant) -> Result<Lease> {
        self.admit(self.shared.enter_alone(options)?, deadline).await
    }

    async fn admit(&self, stay: Stay, deadline: Instant) -> Result<Lease> {
        let slot = Arc::clone(&stay.slot);
        let session = self.before(deadline, slot.session(), "the connection is still being made").await??;
        let permit = slot.permit();
        let permit = self.before(deadline, permit, "earlier calls to the server are not yet answered").await?;
        Ok(Lease::new(session, Some(permit), stay))
    }

    /// As [`lease`](Self::lease), without a place among the callers: for what stays long and asks little, such as
    /// subscriptions. It waits for nobody, and nobody waits for it.
    ///
    /// # Errors
    /// Those of [`lease`](Self::lease), for the same reasons.
    pub async fn stay(&self, options: &ConnectOptions, deadline: Instant) -> Result<Lease> {
        let stay = self.shared.enter(options)?;
        let slot = Arc::clone(&stay.slot);
        let session = self.before(deadline, slot.session(), "the connection is still being made").await??;
        Ok(Lease::new(session, None, stay))
    }

    /// Sessions that are open or being opened.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.shared.state.lock().slots.len()
    }

    /// The sessions with the server at this URL, whoever they are for; `None` stands for one that is being made.
    #[must_use]
    pub fn states(&self, endpoint_url: &str) -> Vec<Option<SessionState>> {
        let state = self.shared.state.lock();
        state.slots.iter().filter(|slot| slot.reaches(endpoint_url)).map(|slot| slot.state()).collect()
    }

    /// Closes the sessions with the server at this URL, those in use too, and says how many there were; the next lease
    /// makes a new one.
    pub async fn disconnect(&self, endpoint_url: &str) -> usize {
        let slots: Vec<Arc<Slot>> = {
            let mut state = self.shared.state.lock();
            let reached = state.slots.iter().filter(|slot| slot.reaches(endpoint_url));
            let ids: Vec<u64> = reached.map(|slot| slot.id).collect();
            ids.into_iter().filter_map(|id| state.take(id)).collect()
        };
        join_all(slots.iter().map(|slot| slot.close())).await;
        slots.len()
    }

    /// Closes all sessions, those in use too; there are no new ones afterwards.
    pub async fn close(&self) {
        let slots = {
            let mut state = self.shared.state.lock();
            state.closed = true;
            let slots = std::mem::take(&mut state.slots);
            slots.iter().for_each(|slot| state.shelf.remove(slot.id));
            slots
        };
        join_all(slots.iter().map(|slot| slot.close())).await;
    }

    async fn before<T>(&self, deadline: Instant, what: impl Future<Output = T>, late: &'static str) -> Result<T> {
        tokio::select! {
            biased;
            done = what => Ok(done),
            () = self.shared.clock.sleep_until(deadline) => Err(Error::new(ErrorKind::Timeout, LEASE, late)),
        }
    }
}

impl Shared {
    /// Finds the session, or begins to make it.
    fn enter(self: &Arc<Self>, options: &ConnectOptions) -> Result<Stay> {
        let mut state = self.open_state()?;
        let found = state.slots.iter().find(|slot| slot.serves(options)).map(Arc::clone);
        let slot = match found {
            Some(slot) => slot,
            None => self.open(&mut state, options, Leases::AtATime(self.options.max_leases))?,
        };
        self.stay(&mut state, slot)
    }

    /// Begins to make a session for one lease.
    fn enter_alone(self: &Arc<Self>, options: &ConnectOptions) -> Result<Stay> {
        let mut state = self.open_state()?;
        let slot = self.open(&mut state, options, Leases::One)?;
        state.shelf.use_once(slot.id);
        self.stay(&mut state, slot)
    }

    fn open_state(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Error::new(ErrorKind::Closed, LEASE, "the pool was closed"));
        }
        state.forget_ended();
        Ok(state)
    }

    fn stay(self: &Arc<Self>, state: &mut State, slot: Arc<Slot>) -> Result<Stay> {
        state.shelf.enter(slot.id).map_err(|full| refused(&full, &slot.options))?;
        Ok(Stay { pool: Arc::downgrade(self), slot })
    }

    fn open(self: &Arc<Self>, state: &mut State, options: &ConnectOptions, leases: Leases) -> Result<Arc<Slot>> {
        let id = state.next_id;
        let leaves = state.shelf.add(id, self.clock.now()).map_err(|full| refused(&full, options))?;
        state.next_id += 1;
        leaves.into_iter().filter_map(|id| state.take(id)).for_each(close_later);
        let slot = Slot::open(id, options.clone(), &self.connector, leases, Arc::downgrade(self));
        state.slots.push(Arc::clone(&slot));
        Ok(slot)
    }

    /// Somebody no longer uses a session.
    fn leave(&self, id: u64) {
        self.state.lock().shelf.leave(id, self.clock.now());
        self.changed.notify_one();
    }

    /// A session could not be made.
    fn forget(&self, id: u64) {
        self.state.lock().take(id);
    }

    /// Closes what is due and says when the next is.
    fn close_due(&self) -> Option<Instant> {
        let mut state = self.state.lock();
        let due = state.shelf.take_due(self.clock.now());
        due.into_iter().filter_map(|id| state.take(id)).for_each(close_later);
        state.shelf.next_deadline()
    }
}

impl State {
    fn take(&mut self, id: u64) -> Option<Arc<Slot>> {
        self.shelf.remove(id);
        let place = self.slots.iter().position(|slot| slot.id == id)?;
        Some(self.slots.swap_remove(place))
    }

    /// Sessions that somebody closed or that could not be made are no use to anybody.
    fn forget_ended(&mut self) {
        let ended: Vec<u64> = self.slots.iter().filter(|slot| slot.has_ended()).map(|slot| slot.id).collect();
        ended.into_iter().for_each(|id| drop(self.take(id)));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

/// Closes sessions when they are due, for as long as there is a pool.
async fn tend(pool: Weak<Shared>, clock: Arc<dyn Clock>, changed: Arc<Notify>) {
    while let Some(deadline) = pool.upgrade().map(|pool| pool.close_due()) {
        tokio::select! {
            () = changed.notified() => {}
            () = clock.sleep_until(deadline.unwrap_or_else(|| clock.now() + LONG)) => {}
        }
    }
}

/// Nothing is idle; whoever leaves wakes the task.
const LONG: Duration = Duration::from_secs(3600);

/// Nobody waits for a server to say good-bye.
fn close_later(slot: Arc<Slot>) {
    tokio::spawn(async move { slot.close().await });
}

fn refused(full: &Full, options: &ConnectOptions) -> Error {
    let message = match full {
        Full::Sessions => "every session of the pool is in use; try again later",
        Full::Callers => "too many calls wait for this server; try again later",
    };
    Error::new(ErrorKind::LimitExceeded, LEASE, message).with("endpoint", &options.endpoint_url)
}
