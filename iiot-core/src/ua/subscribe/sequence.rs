//! Which NotificationMessages of a subscription have come, and in which order they go on.

use std::collections::VecDeque;

use super::decode::Message;

/// Puts messages in the order of their sequence numbers and knows which are missing.
///
/// Behind the next expected number it keeps one entry for every number up to the highest that the
/// server has named.
#[derive(Debug)]
pub(super) struct Sequence {
    expected: u32,
    entries: VecDeque<Entry>,
    /// Messages given up since the last one that went on.
    lost: u32,
    search: Search,
}

/// How far the server's memory goes back, as long as that is not clear. Servers forget the oldest
/// message first, so where one is gone those before it are gone too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    /// Nothing was denied, or the end of the memory is found.
    No,
    /// A message was denied; what is missing before this number, if any, may be there or not.
    Before(Option<u32>),
}

#[derive(Debug)]
enum Entry {
    Missing,
    Lost,
    /// It has gone on in an earlier life of ours.
    Done,
    Arrived(Box<Message>),
}

/// The next message in order.
#[derive(Debug)]
pub(super) struct InOrder {
    /// Messages that are missing right before it.
    pub(super) lost: u32,
    pub(super) message: Box<Message>,
}

/// More than any server keeps for Republish; what is further back is lost.
const MAX_AHEAD: u32 = 4096;

impl Default for Sequence {
    fn default() -> Self {
        Self { expected: 1, entries: VecDeque::new(), lost: 0, search: Search::No }
    }
}

impl Sequence {
    /// Goes on at `first` as far as to `next`, without what is `done` already.
    pub(super) fn resumed(first: u32, done: &[u32], next: u32) -> Self {
        let mut this = Self { expected: first.max(1), ..Self::default() };
        this.announced(next, &[]);
        for number in done {
            if let Some(entry) = this.distance(*number).and_then(|at| this.entries.get_mut(at as usize)) {
                *entry = Entry::Done;
            }
        }
        this
    }

    /// The next number in order, and the first that has not been heard of.
    pub(super) fn bounds(&self) -> (u32, u32) {
        (self.expected, nth_after(self.expected, self.entries.len() as u32))
    }

    /// The numbers from `number` up to the next in order.
    pub(super) fn since(&self, number: u32) -> impl Iterator<Item = u32> + use<> {
        let expected = self.expected;
        std::iter::successors(Some(number), |number| Some(next_number(*number)))
            .take_while(move |number| *number != expected)
            .take(MAX_AHEAD as usize)
    }

    /// Takes a message; duplicates vanish. `available` names what the server still holds: a
    /// missing message that it does not hold is lost at once.
    pub(super) fn arrived(&mut self, message: Message, available: &[u32]) {
        let Some(distance) = self.distance(message.sequence_number) else { return };
        let distance = self.reach(distance, available);
        if distance == self.entries.len() {
            self.entries.push_back(Entry::Missing);
        }
        if let Some(entry) = self.entries.get_mut(distance)
            && !matches!(entry, Entry::Arrived(_) | Entry::Done)
        {
            *entry = Entry::Arrived(Box::new(message));
        }
    }

    /// A keep-alive tells the number of the message that will come next.
    pub(super) fn announced(&mut self, next: u32, available: &[u32]) {
        if let Some(distance) = self.distance(next) {
            self.reach(distance, available);
        }
    }

    /// The server names what it can send again: everything up to the last of it has been sent.
    pub(super) fn offered(&mut self, available: &[u32]) {
        if let Some(furthest) = available.iter().filter_map(|number| self.distance(*number)).max() {
            self.reach(furthest.saturating_add(1), available);
        }
    }

    /// Whether a number is so far ahead that what is missing before it must be given up.
    pub(super) fn is_leap(&self, number: u32) -> bool {
        self.distance(number).is_some_and(|distance| distance > MAX_AHEAD)
    }

    /// Whether a message has gone on, or is given up.
    pub(super) fn is_behind(&self, number: u32) -> bool {
        number != 0 && self.distance(number).is_none()
    }

    /// The oldest message that is missing.
    pub(super) fn first_missing(&self) -> Option<u32> {
        self.missing().next()
    }

    /// The message to ask for next: the oldest that is missing. Once the server has denied one, the
    /// middle of those that it may have, so that few requests tell where its memory ends.
    pub(super) fn wanted(&mut self) -> Option<u32> {
        if let Search::Before(end) = self.search {
            let end = end.and_then(|end| self.distance(end)).unwrap_or(u32::MAX);
            let doubtful = || self.missing().filter(|number| self.distance(*number).is_some_and(|at| at < end));
            if let Some(middle) = doubtful().nth(doubtful().count() / 2) {
                return Some(middle);
            }
            self.search = Search::No;
        }
        self.first_missing()
    }

    /// The server has sent a message again.
    pub(super) fn granted(&mut self, sequence_number: u32) {
        if self.search != Search::No {
            self.search = Search::Before(Some(sequence_number));
        }
    }

    /// The server does not have a message any more, and so none before it.
    pub(super) fn denied(&mut self, sequence_number: u32) {
        let Some(at) = self.distance(sequence_number) else { return };
        let older = self.entries.len().min(at as usize + 1);
        self.entries.range_mut(..older).filter(|entry| matches!(entry, Entry::Missing)).for_each(Entry::lose);
        if self.search == Search::No {
            self.search = Search::Before(None);
        }
    }

    /// The server names what it can send again: what is missing and not among it is lost, but for the
    /// message that it is just asked for. A server that names nothing says nothing.
    pub(super) fn held_by_server(&mut self, available: &[u32], asked: Option<u32>) {
        if available.is_empty() || self.first_missing().is_none() {
            return;
        }
        let asked = asked.and_then(|number| self.distance(number));
        let held = self.marked(available, self.entries.len());
        for (at, entry) in self.entries.iter_mut().enumerate() {
            if matches!(entry, Entry::Missing) && !held[at] && asked != Some(at as u32) {
                entry.lose();
            }
        }
    }

    /// The server does not have a message any more.
    pub(super) fn give_up(&mut self, sequence_number: u32) {
        let entry = self.distance(sequence_number).and_then(|at| self.entries.get_mut(at as usize));
        if let Some(entry @ Entry::Missing) = entry {
            entry.lose();
        }
    }

    /// Nothing that is missing will come.
    pub(super) fn give_up_all(&mut self) {
        self.entries.iter_mut().filter(|entry| matches!(entry, Entry::Missing)).for_each(Entry::lose);
        self.search = Search::No;
    }

    /// The next message in order, once everything before it has come or is given up.
    pub(super) fn next(&mut self) -> Option<InOrder> {
        while !matches!(self.entries.front()?, Entry::Missing) {
            self.expected = next_number(self.expected);
            match self.entries.pop_front()? {
                Entry::Arrived(message) => return Some(InOrder { lost: std::mem::take(&mut self.lost), message }),
                Entry::Done => {}
                Entry::Lost | Entry::Missing => self.lost += 1,
            }
        }
        None
    }

    /// Messages lost behind the last one that went on, when nothing else is outstanding.
    pub(super) fn take_trailing_loss(&mut self) -> u32 {
        if self.entries.is_empty() { std::mem::take(&mut self.lost) } else { 0 }
    }

    /// Messages that have come and wait for one before them.
    pub(super) fn held(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry, Entry::Arrived(_))).count()
    }

    /// How far ahead of the expected number; `None` if behind it.
    fn distance(&self, number: u32) -> Option<u32> {
        // Zero is skipped when numbers wrap, so the distance over the wrap is one less.
        let wrapped = u32::from(number < self.expected);
        let distance = number.wrapping_sub(self.expected).wrapping_sub(wrapped);
        (number != 0 && distance < u32::MAX / 2).then_some(distance)
    }

    /// Makes entries for everything nearer than `distance` and returns the distance as it is then.
    fn reach(&mut self, distance: u32, available: &[u32]) -> usize {
        let beyond = distance.saturating_sub(MAX_AHEAD);
        for _ in 0..beyond.min(self.entries.len() as u32) {
            self.entries.pop_front();
        }
        self.lost = self.lost.saturating_add(beyond);
        self.expected = nth_after(self.expected, beyond);
        let distance = (distance - beyond) as usize;
        let held = self.marked(available, distance);
        for held in held.into_iter().skip(self.entries.len()) {
            self.entries.push_back(if held || available.is_empty() { Entry::Missing } else { Entry::Lost });
        }
        distance
    }

    fn missing(&self) -> impl Iterator<Item = u32> {
        let missing = self.entries.iter().enumerate().filter(|(_, entry)| matches!(entry, Entry::Missing));
        missing.map(|(at, _)| nth_after(self.expected, at as u32))
    }

    /// Which of the next `count` numbers are in a list, however long that is.
    fn marked(&self, numbers: &[u32], count: usize) -> Vec<bool> {
        let mut marked = vec![false; count];
        for at in numbers.iter().filter_map(|number| self.distance(*number)) {
            if let Some(mark) = marked.get_mut(at as usize) {
                *mark = true;
            }
        }
        marked
    }
}

impl Entry {
    fn lose(&mut self) {
        *self = Self::Lost;
    }
}

/// 4294967295 is followed by 1 (OPC 10000-4 §7.8).
fn next_number(number: u32) -> u32 {
    number.checked_add(1).unwrap_or(1)
}

fn nth_after(number: u32, count: u32) -> u32 {
    let (sum, wrapped) = number.overflowing_add(count);
    if wrapped { sum + 1 } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_to_one() {
        assert_eq!(next_number(u32::MAX), 1);
        assert_eq!(nth_after(u32::MAX, 1), 1);
        assert_eq!(nth_after(u32::MAX - 1, 3), 2);
        let sequence = Sequence { expected: u32::MAX - 1, ..Default::default() };
        assert_eq!(sequence.distance(u32::MAX), Some(1));
        assert_eq!(sequence.distance(1), Some(2));
        assert_eq!(sequence.distance(0), None);
        assert_eq!(sequence.distance(u32::MAX - 2), None);
    }

    #[test]
    fn a_loss_over_the_wrap_is_counted_right() {
        let mut sequence = Sequence { expected: u32::MAX, ..Default::default() };
        sequence.announced(3, &[]);
        assert_eq!(sequence.first_missing(), Some(u32::MAX));
        sequence.give_up(u32::MAX);
        assert_eq!(sequence.first_missing(), Some(1));
        sequence.give_up(1);
        sequence.give_up(2);
        assert!(sequence.next().is_none());
        assert_eq!(sequence.take_trailing_loss(), 3);
    }

    #[test]
    fn what_was_done_in_an_earlier_life_is_neither_asked_for_nor_lost() {
        let mut sequence = Sequence::resumed(5, &[6, 8], 9);
        assert_eq!(sequence.bounds(), (5, 9));
        assert_eq!(sequence.first_missing(), Some(5));
        sequence.give_up(5);
        assert_eq!(sequence.first_missing(), Some(7));
        sequence.give_up(7);
        assert!(sequence.next().is_none());
        assert_eq!((sequence.take_trailing_loss(), sequence.bounds()), (2, (9, 9)));
        assert_eq!(sequence.since(7).collect::<Vec<_>>(), [7, 8]);
    }

    /// What a server with this memory is asked for until nothing is missing.
    fn asked(sequence: &mut Sequence, has: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut asked = Vec::new();
        while let Some(number) = sequence.wanted() {
            asked.push(number);
            if has(number) {
                // It would be put in its place; here it is enough that it is no longer missing.
                sequence.granted(number);
                sequence.give_up(number);
            } else {
                sequence.denied(number);
            }
        }
        asked
    }

    #[test]
    fn few_requests_tell_where_the_memory_of_a_server_ends() {
        let ahead = |next| {
            let mut sequence = Sequence::default();
            sequence.announced(next, &[]);
            sequence
        };
        assert_eq!(asked(&mut ahead(4), |_| true), [1, 2, 3], "what it has is asked for in order");
        let none = asked(&mut ahead(MAX_AHEAD + 1), |_| false);
        assert!(none.len() <= 14, "{none:?}");
        for oldest in [2, 1000, 2049, 4000, 4096] {
            let asked = asked(&mut ahead(MAX_AHEAD + 1), |number| number >= oldest);
            let denied = asked.iter().filter(|number| **number < oldest).count();
            let granted = (oldest..=MAX_AHEAD).all(|number| asked.contains(&number));
            assert!(granted && denied <= 13, "{oldest}: {denied} denied");
        }
    }

    #[test]
    fn what_the_server_no_longer_names_is_not_asked_for() {
        let mut sequence = Sequence::default();
        sequence.announced(6, &[]);
        sequence.held_by_server(&[], None);
        assert_eq!(sequence.missing().collect::<Vec<_>>(), [1, 2, 3, 4, 5], "an empty list says nothing");
        sequence.held_by_server(&[3, 5, 6, 1_000_000], Some(1));
        assert_eq!(sequence.missing().collect::<Vec<_>>(), [1, 3, 5], "the first is just being asked for");
    }

    #[test]
    fn a_leap_far_ahead_costs_no_memory() {
        let mut sequence = Sequence::default();
        sequence.announced(1_000_000_000, &[]);
        assert_eq!(sequence.entries.len(), MAX_AHEAD as usize);
        sequence.announced(1_500_000_000, &[]);
        assert_eq!(sequence.entries.len(), MAX_AHEAD as usize);
        sequence.give_up_all();
        assert!(sequence.next().is_none());
        assert_eq!(sequence.take_trailing_loss(), 1_499_999_999);
    }
}
