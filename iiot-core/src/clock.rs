//! Time as a part: what decides *when* takes `now` as an argument, shells hold a [`Clock`].

use std::fmt::Debug;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::channel::oneshot;
use parking_lot::Mutex;

use crate::time::UtcTime;

/// Reads the time and waits for it.
///
/// ```
/// use std::time::Duration;
/// use futures::FutureExt;
/// use iiot_core::clock::{Clock, ManualClock};
/// use iiot_core::time::UtcTime;
///
/// let clock = ManualClock::new(UtcTime::UNIX_EPOCH);
/// let mut tea = clock.sleep_until(clock.now() + Duration::from_secs(240));
/// assert!(tea.as_mut().now_or_never().is_none());
/// clock.advance(Duration::from_secs(240));
/// assert!(tea.now_or_never().is_some());
/// ```
#[async_trait]
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time of day, for timestamps. It can jump.
    fn utc(&self) -> UtcTime;

    /// A time that only rises, for deadlines.
    fn now(&self) -> Instant;

    /// Returns once [`now`](Self::now) has reached `deadline`.
    async fn sleep_until(&self, deadline: Instant);
}

/// The clock of the machine.
#[cfg(feature = "runtime")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(feature = "runtime")]
#[async_trait]
impl Clock for SystemClock {
    fn utc(&self) -> UtcTime {
        UtcTime::from(std::time::SystemTime::now())
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    async fn sleep_until(&self, deadline: Instant) {
        tokio::time::sleep_until(deadline.into()).await;
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    start: Instant,
    epoch: UtcTime,
    state: Mutex<Manual>,
}

#[derive(Debug, Default)]
struct Manual {
    elapsed: Duration,
    sleepers: Vec<(Instant, oneshot::Sender<()>)>,
}

impl ManualClock {
    /// A clock that shows `epoch`.
    #[must_use]
    pub fn new(epoch: UtcTime) -> Self {
        Self { start: Instant::now(), epoch, state: Mutex::default() }
    }

    /// Moves the clock on and wakes everyone whose deadline has come.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state.lock();
        state.elapsed += by;
        let now = self.start + state.elapsed;
        let (due, waiting) =
            std::mem::take(&mut state.sleepers).into_iter().partition(|(deadline, _)| *deadline <= now);
        state.sleepers = waiting;
        drop(state);
        let due: Vec<(Instant, oneshot::Sender<()>)> = due;
        for (_, sleeper) in due {
            // A sleeper that was dropped no longer cares.
            let _ = sleeper.send(());
        }
    }

    /// The earliest deadline somebody waits for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.state
            .lock()
            .sleepers
            .iter()
            .filter(|(_, sleeper)| !sleeper.is_canceled())
            .map(|(deadline, _)| *deadline)
            .min()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn utc(&self) -> UtcTime {
        self.epoch + self.state.lock().elapsed
    }

    fn now(&self) -> Instant {
        self.start + self.state.lock().elapsed
    }

    async fn sleep_until(&self, deadline: Instant) {
        let woken = {
            let mut state = self.state.lock();
            if self.start + state.elapsed >= deadline {
                return;
            }
            let (sender, receiver) = oneshot::channel();
            state.sleepers.push((deadline, sender));
            receiver
        };
        // The sender lives in the clock, which outlives this borrow of it.
        let _ = woken.await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::testing::conformance;

    #[tokio::test]
    async fn the_clocks_keep_the_contract() {
        let manual = ManualClock::new(UtcTime::UNIX_EPOCH);
        conformance::clock(&manual, |by| manual.advance(by)).await;
        conformance::clock(&SystemClock, |_| ()).await;
    }

    #[test]
    fn a_sleeper_wakes_when_the_clock_reaches_its_deadline() {
        let clock = ManualClock::new(UtcTime::UNIX_EPOCH);
        let deadline = clock.now() + Duration::from_secs(2);
        let mut sleep = clock.sleep_until(deadline);
        assert!(sleep.as_mut().now_or_never().is_none());
        assert_eq!(clock.next_deadline(), Some(deadline));
        clock.advance(Duration::from_secs(1));
        assert!(sleep.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(sleep.now_or_never().is_some());
        assert_eq!(clock.utc(), UtcTime::UNIX_EPOCH + Duration::from_secs(2));
    }
}
