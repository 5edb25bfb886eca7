//! Deadlines of many things of which most are put off again and again.
//!
//! Putting off is free: only the thing itself notes it. When an entry falls due the caller looks
//! whether it really is, and otherwise arms it anew.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::moment::Moment;

/// What falls due, by index of the writer: there are never more than ids of writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The metadata of a writer is to be sent again.
    MetaData { writer: u16 },
    /// A field has been silent.
    Heartbeat { writer: u16, field: u32 },
}

/// Armed timers, each at most once.
#[derive(Debug, Default)]
pub(crate) struct Timers(BinaryHeap<Reverse<(Moment, Timer)>>);

impl Timers {
    /// Makes room for so many.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.0.reserve_exact(count);
    }

    pub(crate) fn arm(&mut self, at: Instant, timer: Timer) {
        self.0.push(Reverse((at.into(), timer)));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes a timer that was armed for `now` or earlier.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Timer> {
        let Reverse((at, _)) = self.0.peek()?;
        if at.instant() > now { None } else { self.0.pop().map(|Reverse((_, timer))| timer) }
    }

    /// When to look again; never later than the next real deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| at.instant())
    }
}
