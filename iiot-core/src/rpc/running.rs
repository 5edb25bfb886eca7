//! Requests that are being carried out, and those that were lately.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::items::LEASE;
use crate::error::{Error, ErrorKind, Result};

/// What runs, by request id.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    works: HashMap<Bytes, Handle>,
    /// Requests that have come, so that one that comes again is not carried out again.
    seen: HashSet<Bytes>,
    order: VecDeque<Bytes>,
}

#[derive(Debug, Clone)]
struct Handle {
    credit: Arc<Semaphore>,
    renewed: Arc<Notify>,
    cancelled: Arc<Notify>,
}

/// One request that runs, until this is dropped.
#[derive(Debug)]
pub(super) struct Work {
    id: Bytes,
    credit: Arc<Semaphore>,
    renewed: Arc<Notify>,
    pub(super) cancelled: Arc<Notify>,
    running: Weak<Running>,
}

impl Running {
    /// Starts the request; `None` if it has come before.
    pub(super) fn begin(self: &Arc<Self>, id: &Bytes, credit: u32) -> Result<Option<Work>> {
        let mut state = self.0.lock();
        if state.seen.contains(id) {
            return Ok(None);
        }
        if state.works.len() >= MAX_RUNNING {
            return Err(Error::new(ErrorKind::LimitExceeded, "dispatch", "too many requests run; try again later"));
        }
        state.remember(id);
        let credit = Arc::new(Semaphore::new((credit as usize).min(MAX_CREDIT)));
        let handle = Handle { credit, renewed: Arc::default(), cancelled: Arc::default() };
        state.works.insert(id.clone(), handle.clone());
        let Handle { credit, renewed, cancelled } = handle;
        Ok(Some(Work { id: id.clone(), credit, renewed, cancelled, running: Arc::downgrade(self) }))
    }

    /// Lets a stream send more, and live longer.
    pub(super) fn grant(&self, id: &Bytes, credit: u32) {
        if let Some(handle) = self.0.lock().works.get(id) {
            let room = MAX_CREDIT.saturating_sub(handle.credit.available_permits());
            handle.credit.add_permits((credit as usize).min(room));
            handle.renewed.notify_one();
        }
    }

    pub(super) fn cancel(&self, id: &Bytes) {
        if let Some(handle) = self.0.lock().works.get(id) {
            handle.cancelled.notify_one();
        }
    }
}

impl State {
    fn remember(&mut self, id: &Bytes) {
        self.seen.insert(id.clone());
        self.order.push_back(id.clone());
        if self.order.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
    }
}

impl Work {
    /// Waits until one more item may be sent; false if the reader shows no sign of life.
    pub(super) async fn may_send(&self) -> bool {
        tokio::select! {
            permit = self.credit.acquire() => permit.map(|permit| permit.forget()).is_ok(),
            () = self.abandoned() => false,
        }
    }

    /// Returns when the reader has shown no sign of life for the time of the lease.
    pub(super) async fn abandoned(&self) {
        while timeout(LEASE, self.renewed.notified()).await.is_ok() {}
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(running) = self.running.upgrade() {
            running.0.lock().works.remove(&self.id);
        }
    }
}

/// Requests of one capability at once.
const MAX_RUNNING: usize = 256;
/// Request ids remembered.
const MAX_SEEN: usize = 10_000;
/// Items that a caller can let us send ahead.
const MAX_CREDIT: usize = 1000;
