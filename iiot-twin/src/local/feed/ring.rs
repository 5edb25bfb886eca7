//! The last updates of a stream, by sequences that are never given twice.

use std::collections::VecDeque;
use std::sync::Arc;

use iiot_core::time::UtcTime;

use crate::watch::StreamGapReason;

/// Holds updates within bounds; the oldest go first.
#[derive(Debug)]
pub(in crate::local) struct Ring<T> {
    kept: VecDeque<(Arc<T>, usize)>,
    /// What the one behind the last will have.
    next: u64,
    /// What the first of all had.
    born: u64,
    bytes: usize,
}

/// Updates that are kept for who comes again.
const MAX_UPDATES: usize = 2_048;
/// Their size, as far as it is known; the last one stays whatever its size.
const MAX_BYTES: usize = 2 << 20;

impl<T> Ring<T> {
    /// Nothing yet. Sequences begin at the time in microseconds: an earlier ring of the same stream, whose updates came
    /// more seldom than one in a microsecond, has given none of them.
    pub(in crate::local) fn new(now: UtcTime) -> Self {
        let born = u64::try_from(now.since(UtcTime::UNIX_EPOCH).as_micros()).unwrap_or(u64::MAX / 2);
        Self { kept: VecDeque::new(), next: born, born, bytes: 0 }
    }

    /// Adds what is made of its sequence, of about this size.
    pub(in crate::local) fn push(&mut self, bytes: usize, make: impl FnOnce(u64) -> T) {
        self.kept.push_back((Arc::new(make(self.next)), bytes));
        self.next += 1;
        self.bytes += bytes;
        while self.kept.len() > MAX_UPDATES || (self.bytes > MAX_BYTES && self.kept.len() > 1) {
            let (_, bytes) = self.kept.pop_front().expect("it is not empty");
            self.bytes -= bytes;
        }
    }

    /// The sequence of the last one; before the first of all where there was none.
    pub(in crate::local) const fn last(&self) -> u64 {
        self.next - 1
    }

    /// The one behind this sequence; `None` if there is none yet.
    ///
    /// # Errors
    /// Why it is not at hand.
    pub(in crate::local) fn behind(&self, sequence: u64) -> Result<Option<Arc<T>>, StreamGapReason> {
        let first = self.next - self.kept.len() as u64;
        match sequence.saturating_add(1) {
            wanted if wanted < self.born => Err(StreamGapReason::NotKept),
            wanted if wanted < first => Err(StreamGapReason::TooOld),
            wanted if wanted > self.next => Err(StreamGapReason::Unknown),
            wanted => Ok(self.kept.get((wanted - first) as usize).map(|(update, _)| Arc::clone(update))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use iiot_core::clock::{Clock, ManualClock};

    use super::*;

    #[test]
    fn who_comes_again_goes_on_or_hears_why_not() {
        let clock = ManualClock::new(UtcTime::UNIX_EPOCH + Duration::from_secs(1_000));
        let mut ring = Ring::new(clock.utc());
        let before_all = ring.last();
        assert_eq!(before_all, 1_000_000_000 - 1);
        assert_eq!(ring.behind(before_all), Ok(None));
        for _ in 0..3 {
            ring.push(1, |sequence| sequence);
        }
        assert_eq!(ring.behind(before_all).map(|update| update.as_deref().copied()), Ok(Some(1_000_000_000)));
        assert_eq!(ring.behind(before_all + 3), Ok(None));
        assert_eq!(ring.behind(before_all + 4), Err(StreamGapReason::Unknown));
        assert_eq!(ring.behind(u64::MAX), Err(StreamGapReason::Unknown));
        clock.advance(Duration::from_secs(1));
        let next_life: Ring<u64> = Ring::new(clock.utc());
        assert_eq!(next_life.behind(ring.last()), Err(StreamGapReason::NotKept));
        assert_eq!(next_life.behind(0), Err(StreamGapReason::NotKept));
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_size() {
        let mut ring = Ring::new(UtcTime::UNIX_EPOCH + Duration::from_secs(1));
        let before_all = ring.last();
        for _ in 0..MAX_UPDATES + 5 {
            ring.push(1, |sequence| sequence);
        }
        assert_eq!(ring.behind(before_all + 4), Err(StreamGapReason::TooOld));
        assert_eq!(ring.behind(before_all + 5).map(|update| update.is_some()), Ok(true));
        ring.push(MAX_BYTES + 1, |sequence| sequence);
        assert_eq!(ring.behind(ring.last() - 1).map(|update| update.is_some()), Ok(true), "the last one stays");
        assert_eq!(ring.behind(ring.last() - 2), Err(StreamGapReason::TooOld));
    }
}
