//! How a search shares its pace between those who look and those who ask.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::scan::ScanSettings;
use crate::interrogation::{Entry, Gate};
use crate::pace::{Next, Pace};
use crate::quiet::Quiet;

/// What may be done beside each other, so that both together keep to the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) scanning: ScanSettings,
    pub(super) asking: ScanSettings,
    /// Whether there is enough for both; else servers are asked when the scan is over.
    pub(super) side_by_side: bool,
}

/// Who asks a server holds his connection for longer than who looks whether somebody is there.
const MOST_ASKING: u32 = 32;

impl Shares {
    pub(super) fn of(whole: &ScanSettings) -> Self {
        let (rate, concurrency) = (whole.rate, whole.concurrency);
        let side_by_side = rate >= 20 && concurrency >= 8;
        let share = |rate, concurrency| ScanSettings { rate, concurrency, ..whole.clone() };
        if !side_by_side {
            let asking = share(rate, concurrency.min(MOST_ASKING));
            return Self { scanning: whole.clone(), asking, side_by_side };
        }
        // Whole tens, so that both windows of a tenth of a second together are that of the whole.
        let (asked, askers) = ((rate / 100 * 10).max(10), (concurrency / 4).min(MOST_ASKING));
        Self { scanning: share(rate - asked, concurrency - askers), asking: share(asked, askers), side_by_side }
    }
}

/// Lets connections through at a pace, and none in quiet hours.
#[derive(Debug)]
pub(super) struct PacedGate {
    pace: Arc<Mutex<Pace>>,
    left: Arc<Notify>,
    quiet: Quiet,
    clock: Arc<dyn Clock>,
}

impl PacedGate {
    pub(super) fn new(settings: &ScanSettings, clock: Arc<dyn Clock>) -> Self {
        let pace = Arc::new(Mutex::new(Pace::new(settings.rate, settings.concurrency, clock.now())));
        Self { pace, left: Arc::default(), quiet: settings.quiet.clone(), clock }
    }

    /// When to look again; `None` when it was let through.
    fn try_enter(&self) -> Option<Next> {
        let now = self.clock.now();
        let mut pace = self.pace.lock();
        match pace.next(now) {
            Next::Now => {
                pace.started(now);
                None
            }
            other => Some(other),
        }
    }
}

#[async_trait]
impl Gate for PacedGate {
    async fn enter(&self, _: SocketAddr) -> Entry {
        loop {
            let left = self.left.notified();
            let now = self.clock.now();
            if let Some(until) = self.quiet.until(self.clock.utc()) {
                // The time of day can be set, so it is looked at again.
                self.clock.sleep_until(now + until.since(self.clock.utc()).min(GLANCE)).await;
                continue;
            }
            match self.try_enter() {
                None => return Box::new(Inside { pace: Arc::clone(&self.pace), left: Arc::clone(&self.left) }),
                Some(Next::At(at)) => self.clock.sleep_until(at).await,
                Some(_) => left.await,
            }
        }
    }
}

struct Inside {
    pace: Arc<Mutex<Pace>>,
    left: Arc<Notify>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.pace.lock().ended();
        self.left.notify_one();
    }
}

const GLANCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::clock::SystemClock;
    use iiot_core::testing::within;

    use super::*;

    fn settings(rate: u32, concurrency: u32) -> ScanSettings {
        let plan = crate::plan::ScanPlan { rate, concurrency, ..Default::default() };
        ScanSettings::of(&plan).unwrap()
    }

    #[test]
    fn shares_together_are_the_whole() {
        for rate in (1..200).chain([999, 1000, 1001, 2345, 100_000]) {
            for concurrency in [1, 2, 7, 8, 9, 100, 1000, 10_000] {
                let whole = settings(rate, concurrency);
                let Shares { scanning, asking, side_by_side } = Shares::of(&whole);
                assert!(asking.rate >= 1 && asking.concurrency >= 1 && asking.concurrency <= concurrency);
                if side_by_side {
                    let window = |rate: u32| rate.div_ceil(10);
                    assert_eq!(scanning.rate + asking.rate, rate);
                    assert_eq!(scanning.concurrency + asking.concurrency, concurrency);
                    assert!(window(scanning.rate) + window(asking.rate) <= window(rate), "{rate}");
                } else {
                    assert_eq!(scanning, whole);
                }
            }
        }
    }

    #[tokio::test]
    async fn a_full_house_lets_the_next_one_in_when_somebody_leaves() {
        let gate = Arc::new(PacedGate::new(&settings(1000, 2), Arc::new(SystemClock)));
        let address = "127.0.0.1:4840".parse().unwrap();
        let (first, _second) = (gate.enter(address).await, gate.enter(address).await);
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(address).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        within("the next one", Duration::from_secs(10), waiting).await.unwrap();
    }
}
