//! Which segments there are, shared by the writing end and the readers.

use std::collections::VecDeque;

/// The segments in order; each ends where the next one begins, the last one at the end of the log.
#[derive(Debug, Default)]
pub(super) struct Index {
    segments: VecDeque<(u64, u32)>,
    /// Where the log ends.
    pub(super) end: u64,
    /// Values up to there.
    pub(super) values: u64,
    /// Segments below were dropped on purpose.
    pub(super) dropped: u64,
}

/// Where a position lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a segment, which ends there.
    Segment { base: u64, salt: u32, end: u64 },
    /// In none; the next one begins there.
    Hole { end: u64 },
    /// At the end of the log.
    End,
}

impl Index {
    /// A new segment at the end.
    pub(super) fn push(&mut self, base: u64, salt: u32) {
        // One that held nothing safe was begun again.
        if self.segments.back().is_some_and(|last| last.0 == base) {
            self.segments.pop_back();
        }
        self.segments.push_back((base, salt));
    }

    pub(super) fn place(&self, position: u64) -> Place {
        if position >= self.end {
            return Place::End;
        }
        let next = self.segments.partition_point(|(base, _)| *base <= position);
        let end = self.segments.get(next).map_or(self.end, |(base, _)| *base);
        match next.checked_sub(1).map(|index| self.segments[index]) {
            Some((base, salt)) => Place::Segment { base, salt, end },
            None => Place::Hole { end },
        }
    }

    /// Where the oldest segment begins.
    pub(super) fn first(&self) -> u64 {
        self.segments.front().map_or(self.end, |(base, _)| *base)
    }

    /// Where the newest segment begins.
    pub(super) fn last(&self) -> u64 {
        self.segments.back().map_or(self.end, |(base, _)| *base)
    }

    /// Where the oldest segment ends, if another one follows.
    pub(super) fn second(&self) -> Option<u64> {
        self.segments.get(1).map(|(base, _)| *base)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.end - self.first()
    }

    /// Takes out the segments that end at or below a position; returns their bases.
    pub(super) fn take_below(&mut self, position: u64) -> Vec<u64> {
        let mut taken = Vec::new();
        while self.second().is_some_and(|end| end <= position) {
            taken.extend(self.segments.pop_front().map(|(base, _)| base));
        }
        taken
    }
}
