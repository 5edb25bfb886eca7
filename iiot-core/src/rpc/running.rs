//! Requests that are being carried out, and the ids of those that were.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::items::LEASE;
use super::seal::{Keys, counted};
use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;

/// What runs, by request id.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    works: HashMap<Bytes, Handle>,
    /// Requests that have come and may come again, with the time until which.
    seen: HashMap<Bytes, UtcTime>,
}

#[derive(Debug)]
struct Handle {
    keys: Arc<Keys>,
    credit: Arc<Semaphore>,
    renewed: Arc<Notify>,
    cancelled: Arc<Notify>,
    /// Items that were allowed so far.
    granted: u64,
    /// The number of the newest control.
    last: u64,
}

/// What a caller says about a request that runs.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Control {
    /// Items that may be sent, from the first one on.
    pub(super) granted: u64,
    /// Nobody waits any more.
    #[serde(default)]
    pub(super) cancel: bool,
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

/// Whether a request is new.
#[derive(Debug)]
pub(super) enum Arrival {
    /// It is, and runs from now on.
    New(Work),
    /// It runs already.
    Running,
    /// It has come before.
    Repeated,
}

impl Running {
    /// Starts a request, which may come until `expires`.
    pub(super) fn begin(
        self: &Arc<Self>,
        id: &Bytes,
        keys: Arc<Keys>,
        credit: u32,
        expires: UtcTime,
        now: UtcTime,
    ) -> Result<Arrival> {
        let mut state = self.0.lock();
        if state.works.contains_key(id) {
            return Ok(Arrival::Running);
        }
        if state.seen.contains_key(id) {
            return Ok(Arrival::Repeated);
        }
        state.check_room(now)?;
        state.seen.insert(id.clone(), expires);
        let permits = Arc::new(Semaphore::new((credit as usize).min(MAX_CREDIT)));
        let (renewed, cancelled) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let work = Work {
            id: id.clone(),
            credit: Arc::clone(&permits),
            renewed: Arc::clone(&renewed),
            cancelled: Arc::clone(&cancelled),
            running: Arc::downgrade(self),
        };
        let handle = Handle { keys, credit: permits, renewed, cancelled, granted: u64::from(credit), last: 0 };
        state.works.insert(id.clone(), handle);
        Ok(Arrival::New(work))
    }

    /// Takes what the caller says about a request: nobody else can, and nothing of it counts twice.
    pub(super) fn control(&self, id: &Bytes, number: u64, sealed: &[u8]) {
        let mut state = self.0.lock();
        let Some(handle) = state.works.get_mut(id).filter(|handle| number > handle.last) else { return };
        let opened = handle.keys.control.open(counted(number), id, sealed);
        let Some(control) = opened.and_then(|plain| serde_json::from_slice::<Control>(&plain).ok()) else {
            tracing::warn!("ignored a message about a request that is not from its caller");
            return;
        };
        handle.last = number;
        handle.obey(&control);
    }
}

impl Handle {
    /// Lets a stream send more and live longer, or ends it.
    fn obey(&mut self, control: &Control) {
        if control.cancel {
            return self.cancelled.notify_one();
        }
        let more = usize::try_from(control.granted.saturating_sub(self.granted)).unwrap_or(usize::MAX);
        let room = MAX_CREDIT.saturating_sub(self.credit.available_permits());
        self.credit.add_permits(more.min(room));
        self.granted = self.granted.max(control.granted);
        self.renewed.notify_one();
    }
}

impl State {
    /// Refused rather than forgotten: a request that is forgotten could be repeated.
    fn check_room(&mut self, now: UtcTime) -> Result<()> {
        if self.seen.len() >= MAX_SEEN {
            self.seen.retain(|_, expires| now < *expires);
        }
        if self.works.len() >= MAX_RUNNING || self.seen.len() >= MAX_SEEN {
            let message = "too many requests run or ran lately; try again later";
            return Err(Error::new(ErrorKind::LimitExceeded, "take a request", message));
        }
        Ok(())
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
/// Request ids remembered, about 10 MiB.
const MAX_SEEN: usize = 100_000;
/// Items that a caller can let us send ahead.
const MAX_CREDIT: usize = 1000;
