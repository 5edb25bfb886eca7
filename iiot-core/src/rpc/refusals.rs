//! How many refusals are recorded: whoever reaches the hub can cause as many as it likes.

use std::time::{Duration, Instant};

/// Lets some refusals through at once and then a few each minute, and counts the others.
#[derive(Debug)]
pub(super) struct Refusals {
    room: u32,
    refilled: Instant,
    left_out: u64,
}

impl Refusals {
    pub(super) fn new(now: Instant) -> Self {
        Self { room: AT_ONCE, refilled: now, left_out: 0 }
    }

    /// Whether this one is recorded: then with the number of those before it that were not.
    pub(super) fn admit(&mut self, now: Instant) -> Option<u64> {
        let refills = (now.duration_since(self.refilled).as_nanos() / EVERY.as_nanos()).min(u128::from(AT_ONCE)) as u32;
        if refills > 0 {
            self.room = (self.room + refills).min(AT_ONCE);
            self.refilled = now;
        }
        if self.room == 0 {
            self.left_out += 1;
            return None;
        }
        self.room -= 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

const AT_ONCE: u32 = 100;
const EVERY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_a_count_and_not_a_full_disk() {
        let start = Instant::now();
        let mut refusals = Refusals::new(start);
        let recorded = (0..10_000).filter(|_| refusals.admit(start).is_some()).count();
        assert_eq!(recorded, 100);
        assert_eq!(refusals.admit(start + EVERY), Some(9_900));
        assert_eq!(refusals.admit(start + EVERY), None);
        let later = (0..1000).filter(|_| refusals.admit(start + 100_000 * EVERY).is_some()).count();
        assert_eq!(later, 100);
    }
}
