//! Which items have not reported for longer than they should.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use crate::session::Item;

/// Watches the items that are expected to report at a rate.
///
/// It is armed while values can come, so that a lost connection is not told once more for every
/// item. A late item is told once, until it reports again.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    watched: HashMap<u32, Watched>,
    /// Not later than the deadlines; corrected when they are met.
    deadlines: BinaryHeap<Reverse<(Instant, u32)>>,
    armed: bool,
}

#[derive(Debug)]
struct Watched {
    within: Duration,
    heard: Instant,
    late: bool,
}

impl Watchdog {
    /// Watches these items; what was known of those that stay is kept.
    pub(super) fn set(&mut self, items: &[Item], now: Instant) {
        let mut before = std::mem::take(&mut self.watched);
        for item in items {
            let Some(within) = item.expected_within else { continue };
            let known = before.remove(&item.client_handle);
            let (heard, late) = known.map_or((now, false), |known| (known.heard, known.late));
            self.watched.insert(item.client_handle, Watched { within, heard, late });
        }
        self.schedule();
    }

    /// Values can come from now on.
    pub(super) fn arm(&mut self, now: Instant) {
        self.armed = true;
        for watched in self.watched.values_mut() {
            (watched.heard, watched.late) = (now, false);
        }
        self.schedule();
    }

    /// Values cannot come.
    pub(super) fn disarm(&mut self) {
        self.armed = false;
        self.deadlines.clear();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.watched.is_empty()
    }

    /// An item has reported.
    pub(super) fn heard(&mut self, handle: u32, now: Instant) {
        let Some(watched) = self.watched.get_mut(&handle) else { return };
        watched.heard = now;
        if std::mem::take(&mut watched.late) && self.armed {
            self.deadlines.push(Reverse((now + watched.within, handle)));
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.peek().map(|Reverse((at, _))| *at)
    }

    /// The items that are late since now.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Vec<u32> {
        let mut late = Vec::new();
        while let Some(Reverse((at, handle))) = self.deadlines.peek().copied()
            && at <= now
        {
            self.deadlines.pop();
            let Some(watched) = self.watched.get_mut(&handle).filter(|watched| !watched.late) else { continue };
            let due = watched.heard + watched.within;
            if due > now {
                self.deadlines.push(Reverse((due, handle)));
            } else {
                watched.late = true;
                late.push(handle);
            }
        }
        late
    }

    fn schedule(&mut self) {
        self.deadlines.clear();
        if self.armed {
            let waiting = self.watched.iter().filter(|(_, watched)| !watched.late);
            self.deadlines =
                waiting.map(|(handle, watched)| Reverse((watched.heard + watched.within, *handle))).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ua::NodeId;

    const SECOND: Duration = Duration::from_secs(1);

    fn item(handle: u32, seconds: u64) -> Item {
        let expected_within = Some(SECOND * seconds as u32);
        Item { expected_within, ..Item::new(handle, NodeId::new(1, handle)) }
    }

    fn watching(now: Instant) -> Watchdog {
        let mut watchdog = Watchdog::default();
        watchdog.set(&[item(1, 2), item(2, 5), Item::new(3, NodeId::new(1, 3))], now);
        watchdog.arm(now);
        watchdog
    }

    #[test]
    fn an_item_that_stays_silent_is_late_once() {
        let now = Instant::now();
        let mut watchdog = watching(now);
        watchdog.heard(1, now + SECOND);
        assert_eq!(watchdog.poll_timeout(), Some(now + SECOND * 2));
        assert_eq!(watchdog.handle_timeout(now + SECOND * 2), [] as [u32; 0], "it reported a second ago");
        assert_eq!(watchdog.handle_timeout(now + SECOND * 3), [1]);
        assert_eq!(watchdog.handle_timeout(now + SECOND * 4), [] as [u32; 0]);
        watchdog.heard(1, now + SECOND * 4);
        assert_eq!(watchdog.handle_timeout(now + SECOND * 6), [2, 1], "both, the one that was due first first");
        assert_eq!(watchdog.poll_timeout(), None);
    }

    #[test]
    fn nobody_is_late_while_values_cannot_come() {
        let now = Instant::now();
        let mut watchdog = watching(now);
        watchdog.disarm();
        assert_eq!((watchdog.poll_timeout(), watchdog.handle_timeout(now + SECOND * 9)), (None, vec![]));
        watchdog.arm(now + SECOND * 10);
        assert_eq!(watchdog.poll_timeout(), Some(now + SECOND * 12));
    }

    #[test]
    fn changed_expectations_keep_what_is_known() {
        let now = Instant::now();
        let mut watchdog = watching(now);
        watchdog.set(&[item(1, 4)], now + SECOND);
        assert_eq!(watchdog.handle_timeout(now + SECOND * 4), [1]);
        watchdog.set(&[], now);
        assert!(watchdog.is_idle());
    }

    #[test]
    fn a_thousand_values_leave_one_deadline() {
        let now = Instant::now();
        let mut watchdog = watching(now);
        (0..1000).for_each(|_| watchdog.heard(1, now + SECOND));
        assert_eq!(watchdog.deadlines.len(), 2);
    }
}
