//! How many watch, and how long after the last one a subscription is kept.

use std::time::{Duration, Instant};

/// Counts those who watch.
#[derive(Debug)]
pub(in crate::local) struct Audience {
    watchers: usize,
    /// Since when nobody watches.
    idle_since: Instant,
}

/// So long a subscription and what it brings are kept for who comes again.
pub(super) const LINGER: Duration = Duration::from_secs(30);

impl Audience {
    pub(super) const fn new(now: Instant) -> Self {
        Self { watchers: 0, idle_since: now }
    }

    pub(super) const fn enter(&mut self) {
        self.watchers += 1;
    }

    pub(super) const fn leave(&mut self, now: Instant) {
        self.watchers = self.watchers.saturating_sub(1);
        self.idle_since = now;
    }

    /// When nobody is expected any more, unless somebody comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.watchers == 0).then(|| self.idle_since + LINGER)
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_outlives_the_last_watcher_for_a_while() {
        let start = Instant::now();
        let mut audience = Audience::new(start);
        audience.enter();
        audience.enter();
        audience.leave(start + LINGER);
        assert_eq!((audience.deadline(), audience.is_over(start + 9 * LINGER)), (None, false));
        audience.leave(start + 2 * LINGER);
        assert!(!audience.is_over(start + 3 * LINGER - Duration::from_millis(1)));
        assert!(audience.is_over(start + 3 * LINGER));
        audience.enter();
        assert!(!audience.is_over(start + 9 * LINGER), "somebody came in time");
    }
}
