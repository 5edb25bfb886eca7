//! One pace for all connections of a search.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::time::UtcTime;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::descriptors;
use super::scan::ScanSettings;
use crate::interrogation::{Entry, Gate};
use crate::pace::{Next, Pace};
use crate::quiet::Quiet;

/// The [`Pace`] that the scan of a plan and the interrogation of what it found share, so that together they open no more
/// connections than the plan allows. It is a [`Gate`] for the interrogation, which goes first: there is little to ask, and
/// a scan can have all the rest.
pub struct SharedPace {
    state: Mutex<State>,
    /// A connection has ended, or nobody waits any more.
    changed: Notify,
    quiet: Quiet,
    clock: Arc<dyn Clock>,
}

struct State {
    pace: Pace,
    /// Those who wait at the gate.
    waiting: u32,
}

/// The time of day can be set, so quiet hours are looked at again after this time.
const GLANCE: Duration = Duration::from_secs(30);

impl SharedPace {
    /// As fast as a plan says, with fewer sockets where the descriptor limit leaves fewer.
    #[must_use]
    pub fn new(settings: &ScanSettings, clock: Arc<dyn Clock>) -> Arc<Self> {
        let pace = Pace::new(settings.rate, descriptors::affordable(settings.concurrency), clock.now());
        let state = Mutex::new(State { pace, waiting: 0 });
        Arc::new(Self { state, changed: Notify::new(), quiet: settings.quiet.clone(), clock })
    }

    /// When quiet hours end, and until when to wait before looking again; `None` if it is not quiet.
    pub(super) fn quiet(&self) -> Option<(UtcTime, Instant)> {
        let now = self.clock.utc();
        let until = self.quiet.until(now)?;
        Some((until, self.clock.now() + until.since(now).min(GLANCE)))
    }

    /// Whether a probe of the scan may start; nobody at the gate is kept waiting by it.
    pub(super) fn next_of_scan(&self, now: Instant) -> Next {
        let state = self.state.lock();
        if state.waiting > 0 { Next::Full } else { state.pace.next(now) }
    }

    pub(super) fn started(&self, now: Instant) {
        self.state.lock().pace.started(now);
    }

    pub(super) fn ended(&self) {
        self.state.lock().pace.ended();
        self.changed.notify_waiters();
    }

    /// The machine has no room for more than are open now; how many may be open from now on.
    pub(super) fn crowded(&self) -> u32 {
        let mut state = self.state.lock();
        state.pace.crowded();
        state.pace.concurrency()
    }

    /// Waits until [`next_of_scan`](Self::next_of_scan) may say something else than `Full`, if it says that.
    pub(super) async fn no_longer_full(&self) {
        let changed = self.changed.notified();
        if self.next_of_scan(self.clock.now()) == Next::Full {
            changed.await;
        }
    }

    /// Waits at the gate until a connection may be opened, and counts it.
    async fn pass(&self) {
        loop {
            // From here on no change is missed.
            let changed = self.changed.notified();
            let now = self.clock.now();
            let next = match self.quiet() {
                Some((_, glance)) => Next::At(glance),
                None => self.take(now),
            };
            match next {
                Next::Now => return,
                Next::At(at) => self.clock.sleep_until(at).await,
                Next::Full => changed.await,
            }
        }
    }

    fn take(&self, now: Instant) -> Next {
        let mut state = self.state.lock();
        let next = state.pace.next(now);
        if next == Next::Now {
            state.pace.started(now);
        }
        next
    }
}

#[async_trait]
impl Gate for Arc<SharedPace> {
    async fn enter(&self, _: SocketAddr) -> Entry {
        let waiting = Waiting::of(self);
        self.pass().await;
        drop(waiting);
        Box::new(Open(Self::clone(self)))
    }
}

/// Somebody who waits at the gate, until it is dropped.
struct Waiting(Arc<SharedPace>);

impl Waiting {
    fn of(pace: &Arc<SharedPace>) -> Self {
        pace.state.lock().waiting += 1;
        Self(Arc::clone(pace))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.state.lock().waiting -= 1;
        self.0.changed.notify_waiters();
    }
}

/// A connection behind the gate.
struct Open(Arc<SharedPace>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.ended();
    }
}

impl fmt::Debug for SharedPace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("SharedPace").field("pace", &state.pace).field("waiting", &state.waiting).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures::FutureExt;
    use iiot_core::clock::ManualClock;

    use super::*;
    use crate::plan::{QuietHours, ScanPlan};

    fn shared(plan: &ScanPlan, utc: &str) -> (Arc<SharedPace>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(utc.parse().unwrap()));
        (SharedPace::new(&ScanSettings::of(plan).unwrap(), Arc::clone(&clock) as _), clock)
    }

    fn enter(pace: &Arc<SharedPace>) -> impl Future<Output = Entry> + use<> {
        let pace = Arc::clone(pace);
        Box::pin(async move { pace.enter(([10, 0, 0, 1], 4840).into()).await })
    }

    #[test]
    fn who_asks_and_who_scans_share_rate_and_connections() {
        let (pace, clock) =
            shared(&ScanPlan { rate: 10, concurrency: 2, ..ScanPlan::default() }, "2025-01-01T00:00:00Z");
        pace.started(clock.now());
        let mut second = enter(&pace);
        assert!((&mut second).now_or_never().is_none(), "the rate holds it back");
        clock.advance(Duration::from_millis(100));
        assert_eq!(pace.next_of_scan(clock.now()), Next::Full, "who asks goes first");
        let second = second.now_or_never().unwrap();
        clock.advance(Duration::from_secs(1));
        assert_eq!(pace.next_of_scan(clock.now()), Next::Full, "two are open");
        let mut third = enter(&pace);
        assert!((&mut third).now_or_never().is_none());
        drop(second);
        let third = third.now_or_never().unwrap();
        pace.ended();
        drop(third);
        clock.advance(Duration::from_secs(1));
        assert_eq!(pace.next_of_scan(clock.now()), Next::Now);
    }

    #[test]
    fn who_gives_up_waiting_holds_up_nobody() {
        let (pace, clock) = shared(&ScanPlan { concurrency: 1, ..ScanPlan::default() }, "2025-01-01T00:00:00Z");
        let first = enter(&pace).now_or_never().unwrap();
        let mut second = enter(&pace);
        assert!((&mut second).now_or_never().is_none());
        drop((first, second));
        clock.advance(Duration::from_secs(1));
        assert_eq!(pace.next_of_scan(clock.now()), Next::Now);
        assert!(pace.no_longer_full().now_or_never().is_some());
    }

    #[test]
    fn nobody_is_asked_in_quiet_hours() {
        let hours = QuietHours { from: "22:00".into(), to: "22:01".into(), utc_offset_minutes: 0 };
        let (pace, clock) =
            shared(&ScanPlan { quiet_hours: vec![hours], ..ScanPlan::default() }, "2025-01-01T22:00:00Z");
        let mut first = enter(&pace);
        assert!((&mut first).now_or_never().is_none());
        clock.advance(Duration::from_secs(30));
        assert!((&mut first).now_or_never().is_none());
        clock.advance(Duration::from_secs(30));
        assert!(first.now_or_never().is_some());
    }
}
