//! Which sessions a pool keeps, and for how long.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::PoolOptions;

/// Counts who uses which session; knows neither servers nor sessions.
#[derive(Debug)]
pub(super) struct Shelf {
    options: PoolOptions,
    entries: HashMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    users: usize,
    /// Since when nobody uses it.
    idle_since: Instant,
    /// How long it is kept then.
    idle: Duration,
}

/// Why somebody must not come in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// Every session is in use.
    Sessions,
    /// Enough callers wait for this session.
    Callers,
}

impl Shelf {
    pub(super) fn new(options: PoolOptions) -> Self {
        Self { options, entries: HashMap::new() }
    }

    /// A new session is wanted: which idle one has to go for it, if any.
    pub(super) fn add(&mut self, id: u64, now: Instant) -> Result<Option<u64>, Full> {
        let mut leaves = None;
        if self.entries.len() >= self.options.max_sessions {
            leaves = Some(self.longest_idle().ok_or(Full::Sessions)?);
            self.entries.retain(|known, _| Some(*known) != leaves);
        }
        self.entries.insert(id, Entry { users: 0, idle_since: now, idle: self.options.idle });
        Ok(leaves)
    }

    /// A session is not kept once it was used.
    pub(super) fn use_once(&mut self, id: u64) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.idle = Duration::ZERO;
        }
    }

    /// Somebody wants to use a session.
    pub(super) fn enter(&mut self, id: u64) -> Result<(), Full> {
        let most = self.options.max_leases.saturating_add(self.options.max_waiting);
        let Some(entry) = self.entries.get_mut(&id) else { return Ok(()) };
        if entry.users >= most {
            return Err(Full::Callers);
        }
        entry.users += 1;
        Ok(())
    }

    /// Somebody has done with it. One that was removed meanwhile no longer counts.
    pub(super) fn leave(&mut self, id: u64, now: Instant) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.users = entry.users.saturating_sub(1);
            entry.idle_since = now;
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.entries.remove(&id);
    }

    /// Takes out those that nobody has used for long enough.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<u64> {
        let is_due = |entry: &Entry| entry.users == 0 && entry.idle_since + entry.idle <= now;
        let due: Vec<u64> = self.entries.iter().filter(|(_, entry)| is_due(entry)).map(|(id, _)| *id).collect();
        due.iter().for_each(|id| self.remove(*id));
        due
    }

    /// When the next one is due.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let idle = self.entries.values().filter(|entry| entry.users == 0);
        idle.map(|entry| entry.idle_since + entry.idle).min()
    }

    fn longest_idle(&self) -> Option<u64> {
        let idle = self.entries.iter().filter(|(_, entry)| entry.users == 0);
        idle.min_by_key(|(_, entry)| entry.idle_since).map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn shelf() -> (Shelf, Instant) {
        let options = PoolOptions { max_sessions: 2, max_leases: 1, max_waiting: 1, idle: 10 * SECOND };
        (Shelf::new(options), Instant::now())
    }

    #[test]
    fn a_session_is_due_when_nobody_has_used_it_for_long() {
        let (mut shelf, start) = shelf();
        shelf.add(1, start).unwrap();
        shelf.enter(1).unwrap();
        assert_eq!(shelf.next_deadline(), None);
        assert!(shelf.take_due(start + 100 * SECOND).is_empty(), "it is in use");
        shelf.leave(1, start + 100 * SECOND);
        assert_eq!(shelf.next_deadline(), Some(start + 110 * SECOND));
        assert!(shelf.take_due(start + 109 * SECOND).is_empty());
        assert_eq!(shelf.take_due(start + 110 * SECOND), [1]);
        assert_eq!(shelf.next_deadline(), None);
        shelf.leave(1, start);
    }

    #[test]
    fn what_is_used_once_is_due_at_once() {
        let (mut shelf, start) = shelf();
        shelf.add(1, start).unwrap();
        shelf.use_once(1);
        shelf.enter(1).unwrap();
        assert!(shelf.take_due(start + SECOND).is_empty(), "it is in use");
        shelf.leave(1, start + SECOND);
        assert_eq!(shelf.take_due(start + SECOND), [1]);
    }

    #[test]
    fn the_longest_idle_one_makes_room_and_those_in_use_stay() {
        let (mut shelf, start) = shelf();
        for (id, after) in [(1, 2), (2, 1)] {
            assert_eq!(shelf.add(id, start), Ok(None));
            shelf.enter(id).unwrap();
            shelf.leave(id, start + after * SECOND);
        }
        assert_eq!(shelf.add(3, start + 3 * SECOND), Ok(Some(2)));
        shelf.enter(1).unwrap();
        shelf.enter(3).unwrap();
        assert_eq!(shelf.add(4, start + 4 * SECOND), Err(Full::Sessions));
    }

    #[test]
    fn callers_of_one_session_are_bounded() {
        let (mut shelf, start) = shelf();
        shelf.add(1, start).unwrap();
        assert_eq!([shelf.enter(1), shelf.enter(1)], [Ok(()), Ok(())]);
        assert_eq!(shelf.enter(1), Err(Full::Callers));
        shelf.leave(1, start);
        assert_eq!(shelf.enter(1), Ok(()));
    }
}
