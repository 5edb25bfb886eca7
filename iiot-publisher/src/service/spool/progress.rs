//! How far the sink has a log, with records done in any order.

use std::collections::BTreeMap;

use super::Place;
use crate::log::Cursor;

/// The records that the group has taken and the sink does not have yet.
#[derive(Debug)]
pub(super) struct Progress {
    under_way: BTreeMap<u64, Cursor>,
    taken: Cursor,
}

impl Progress {
    pub(super) fn new(start: Cursor) -> Self {
        Self { under_way: BTreeMap::new(), taken: start }
    }

    /// The group takes a record.
    pub(super) fn begin(&mut self, place: Place) {
        self.under_way.insert(place.position, place.this);
        self.taken = place.next;
    }

    /// There is nothing for the group up to here.
    pub(super) fn skip(&mut self, until: Cursor) {
        self.taken = until;
    }

    /// The sink has a record.
    pub(super) fn end(&mut self, position: u64) {
        self.under_way.remove(&position);
    }

    /// The first record that is needed if the process dies now.
    pub(super) fn cursor(&self) -> Cursor {
        self.under_way.values().next().copied().unwrap_or(self.taken)
    }

    /// Where the group goes on.
    pub(super) fn taken(&self) -> Cursor {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_passes_a_record_when_all_before_it_are_with_the_sink() {
        let at = |position| Cursor { position, values: position / 2 };
        let mut progress = Progress::new(at(10));
        for position in [10, 20, 30] {
            progress.begin(Place { position, this: at(position), next: at(position + 10) });
        }
        assert_eq!((progress.cursor(), progress.taken()), (at(10), at(40)));
        progress.end(20);
        assert_eq!(progress.cursor(), at(10));
        progress.end(10);
        assert_eq!(progress.cursor(), at(30));
        progress.end(30);
        progress.skip(at(50));
        assert_eq!(progress.cursor(), at(50));
    }
}
