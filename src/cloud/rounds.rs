//! When all endpoints are looked at: a plain struct.

use std::time::{Duration, Instant};

/// Says when to look whether edges are to use other endpoints: a moment after something changed at an edge, again when those
/// that went have been away for long enough, and now and then.
#[derive(Debug)]
pub(super) struct Rounds {
    patience: Duration,
    soon: Option<Instant>,
    /// When each change has become old enough; the last ones only, since one look is for all before it.
    later: Option<(Instant, Instant)>,
    regular: Instant,
}

impl Rounds {
    /// The first look is at once.
    pub(super) const fn new(patience: Duration, now: Instant) -> Self {
        Self { patience, soon: None, later: None, regular: now }
    }

    /// Something changed at an edge.
    pub(super) fn changed(&mut self, now: Instant) {
        self.soon.get_or_insert(now + MOMENT);
        let due = now + self.patience + MOMENT;
        self.later = Some(self.later.map_or((due, due), |(first, _)| (first, due)));
    }

    /// When the next look is due.
    pub(super) fn next(&self) -> Instant {
        let later = self.later.map(|(first, _)| first);
        [self.soon, later].into_iter().flatten().fold(self.regular, Instant::min)
    }

    /// All was looked at.
    pub(super) fn looked(&mut self, now: Instant) {
        self.soon = self.soon.filter(|due| *due > now);
        self.later = self.later.and_then(|(first, last)| match () {
            () if last <= now => None,
            () if first <= now => Some((last, last)),
            () => Some((first, last)),
        });
        self.regular = now + REGULAR;
    }
}

/// Changes that come together are looked at together.
const MOMENT: Duration = Duration::from_millis(500);
const REGULAR: Duration = Duration::from_secs(60);

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn a_change_is_looked_at_soon_and_when_it_has_lasted() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut rounds = Rounds::new(10 * second, start);
        assert_eq!(rounds.next(), start);
        rounds.looked(start);
        assert_eq!(rounds.next(), start + REGULAR);
        rounds.changed(start + second);
        rounds.changed(start + second + MOMENT / 2);
        assert_eq!(rounds.next(), start + second + MOMENT);
        rounds.looked(start + 2 * second);
        assert_eq!(rounds.next(), start + 11 * second + MOMENT);
        rounds.changed(start + 5 * second);
        rounds.looked(start + 6 * second);
        rounds.looked(start + 12 * second);
        assert_eq!(rounds.next(), start + 15 * second + MOMENT, "the later change has lasted then");
        rounds.looked(start + 16 * second);
        assert_eq!(rounds.next(), start + 16 * second + REGULAR);
    }
}
