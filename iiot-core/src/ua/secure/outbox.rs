//! Bytes to write, in the order of their sequence numbers.

use std::collections::VecDeque;

/// While an OPN is being signed its place is held: what was numbered after it must not pass it.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    ready: VecDeque<Vec<u8>>,
    behind: Option<VecDeque<Vec<u8>>>,
}

impl Outbox {
    pub(crate) fn push(&mut self, bytes: Vec<u8>) {
        self.behind.as_mut().unwrap_or(&mut self.ready).push_back(bytes);
    }

    /// Holds the next place.
    pub(crate) fn hold(&mut self) {
        self.behind.get_or_insert_default();
    }

    /// Fills the held place.
    pub(crate) fn fill(&mut self, bytes: Vec<u8>) {
        self.ready.push_back(bytes);
        self.ready.extend(self.behind.take().unwrap_or_default());
    }

    pub(crate) fn pop(&mut self) -> Option<Vec<u8>> {
        self.ready.pop_front()
    }

    /// Bytes waiting to be written.
    pub(crate) fn buffered(&self) -> usize {
        self.ready.iter().chain(self.behind.iter().flatten()).map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_a_held_place_waits_for_it() {
        let mut outbox = Outbox::default();
        outbox.push(vec![1]);
        outbox.hold();
        outbox.push(vec![3]);
        assert_eq!((outbox.pop(), outbox.pop(), outbox.buffered()), (Some(vec![1]), None, 1));
        outbox.fill(vec![2]);
        outbox.push(vec![4]);
        assert_eq!([outbox.pop(), outbox.pop(), outbox.pop()], [Some(vec![2]), Some(vec![3]), Some(vec![4])]);
    }
}
