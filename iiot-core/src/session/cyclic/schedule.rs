//! Which items are to be read when.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Items by the interval they are read in; those of one interval are read together.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    groups: BTreeMap<Duration, Group>,
}

#[derive(Debug)]
struct Group {
    due: Instant,
    items: Vec<usize>,
}

/// Faster is no sampling but an attack.
const SHORTEST: Duration = Duration::from_millis(1);
/// A century, as far as a process is concerned.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Schedule {
    /// Every item at once, then each in its interval.
    pub(super) fn new(intervals: impl Iterator<Item = Duration>, now: Instant) -> Self {
        let mut groups: BTreeMap<Duration, Group> = BTreeMap::new();
        for (item, interval) in intervals.enumerate() {
            let group = groups.entry(interval.max(SHORTEST)).or_insert(Group { due: now, items: Vec::new() });
            group.items.push(item);
        }
        Self { groups }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.groups.values().map(|group| group.due).min()
    }

    /// The items that are due.
    pub(super) fn due(&self, now: Instant) -> Vec<usize> {
        let due = self.groups.values().filter(|group| group.due <= now);
        due.flat_map(|group| group.items.iter().copied()).collect()
    }

    /// Those of the due items that were due a whole cycle ago, or longer.
    pub(super) fn late(&self, now: Instant) -> Vec<usize> {
        let is_late =
            |interval: &Duration, group: &Group| group.due.checked_add(*interval).is_some_and(|next| next <= now);
        let late = self.groups.iter().filter(|(interval, group)| is_late(interval, group));
        late.flat_map(|(_, group)| group.items.iter().copied()).collect()
    }

    /// Those that were due at `asked` have been read. Cycles that have passed since are left out; returns the items
    /// of which some passed between the two times.
    pub(super) fn done(&mut self, asked: Instant, now: Instant) -> Vec<usize> {
        let mut skipped = Vec::new();
        for (interval, group) in self.groups.iter_mut().filter(|(_, group)| group.due <= asked) {
            let passed = now.saturating_duration_since(group.due).as_nanos() / interval.as_nanos();
            let before = asked.saturating_duration_since(group.due).as_nanos() / interval.as_nanos();
            if passed > before {
                skipped.extend(&group.items);
            }
            let cycles = u32::try_from(passed + 1).unwrap_or(u32::MAX);
            group.due = group.due.checked_add(interval.saturating_mul(cycles)).unwrap_or(now + NEVER);
        }
        skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_one_interval_are_due_together_and_late_cycles_are_left_out() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let intervals = [100, 250, 100].map(Duration::from_millis);
        let mut schedule = Schedule::new(intervals.into_iter(), start);
        assert_eq!(schedule.due(start), [0, 2, 1]);
        assert!(schedule.done(start, at(30)).is_empty());
        assert_eq!((schedule.poll_timeout(), schedule.due(at(99))), (Some(at(100)), vec![]));
        assert_eq!(schedule.due(at(100)), [0, 2]);
        assert_eq!((schedule.late(at(199)), schedule.late(at(200))), (vec![], vec![0, 2]));
        assert_eq!(schedule.done(at(100), at(330)), [0, 2]);
        assert_eq!(schedule.due(at(330)), [1], "the fast ones wait for their next cycle");
        schedule.done(at(330), at(340));
        assert_eq!((schedule.poll_timeout(), schedule.due(at(400))), (Some(at(400)), vec![0, 2]));
        schedule.done(at(400), at(400));
        assert_eq!(schedule.poll_timeout(), Some(at(500)));
    }
}
