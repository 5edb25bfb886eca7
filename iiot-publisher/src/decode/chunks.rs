//! Messages that come in pieces (OPC 10000-14 §7.2.4.4.4).

use std::collections::VecDeque;

use iiot_core::Result;

use super::{DecodeLimits, malformed};

/// Pieces of messages that are not whole yet, oldest message first.
#[derive(Debug)]
pub(super) struct Chunks {
    open: VecDeque<Open>,
    limits: DecodeLimits,
}

/// Of which message a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Of {
    pub(super) publisher_id: Option<String>,
    pub(super) writer: u16,
    pub(super) sequence_number: u16,
    pub(super) total: u32,
}

#[derive(Debug)]
struct Open {
    of: Of,
    /// Pieces by where they begin; no two overlap.
    pieces: Vec<(u32, Vec<u8>)>,
    bytes: usize,
}

impl Chunks {
    pub(super) const fn new(limits: DecodeLimits) -> Self {
        Self { open: VecDeque::new(), limits }
    }

    /// Takes a piece; gives the whole once it is there. A piece that came before changes nothing.
    pub(super) fn add(&mut self, of: Of, offset: u32, data: &[u8]) -> Result<Option<Vec<u8>>> {
        let total = of.total as usize;
        let end = (offset as usize).saturating_add(data.len());
        if total > self.limits.max_message_size || end > total || data.is_empty() {
            return Err(malformed("a chunk is not within its message, or that is larger than the limit"));
        }
        let index = self.position(&of);
        let open = &mut self.open[index];
        let at = open.pieces.partition_point(|(start, _)| *start < offset);
        let before = at.checked_sub(1).map(|at| &open.pieces[at]);
        let is_new = before.is_none_or(|(start, piece)| *start as usize + piece.len() <= offset as usize)
            && open.pieces.get(at).is_none_or(|(start, _)| end <= *start as usize);
        if is_new {
            open.pieces.insert(at, (offset, data.to_vec()));
            open.bytes += data.len();
        }
        if open.bytes < total {
            return Ok(None);
        }
        let whole = self.open.remove(index).map(|open| open.pieces);
        Ok(whole.map(|pieces| pieces.into_iter().flat_map(|(_, piece)| piece).collect()))
    }

    fn position(&mut self, of: &Of) -> usize {
        if let Some(index) = self.open.iter().position(|open| open.of == *of) {
            return index;
        }
        if self.open.len() >= self.limits.max_open_messages.max(1) {
            self.open.pop_front();
        }
        self.open.push_back(Open { of: of.clone(), pieces: Vec::new(), bytes: 0 });
        self.open.len() - 1
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(sequence_number: u16, total: u32) -> Of {
        Of { publisher_id: None, writer: 1, sequence_number, total }
    }

    #[test]
    fn pieces_come_in_any_order_and_twice() {
        let mut chunks = Chunks::new(DecodeLimits::default());
        assert_eq!(chunks.add(of(1, 5), 3, b"de").unwrap(), None);
        assert_eq!(chunks.add(of(1, 5), 3, b"de").unwrap(), None);
        assert_eq!(chunks.add(of(1, 5), 2, b"xx").unwrap(), None);
        assert_eq!(chunks.add(of(2, 5), 0, b"xyz").unwrap(), None);
        assert_eq!(chunks.add(of(1, 5), 0, b"abc").unwrap(), Some(b"abcde".to_vec()));
    }

    #[test]
    fn what_is_held_is_bounded() {
        let limits = DecodeLimits { max_message_size: 10, max_open_messages: 2, max_writers: 1 };
        let mut chunks = Chunks::new(limits);
        assert!(chunks.add(of(1, 11), 0, b"a").is_err());
        assert!(chunks.add(of(1, 2), 1, b"ab").is_err());
        for number in 1..=3 {
            chunks.add(of(number, 2), 0, b"a").unwrap();
        }
        assert_eq!(chunks.add(of(3, 2), 1, b"b").unwrap(), Some(b"ab".to_vec()));
        assert_eq!(chunks.add(of(1, 2), 1, b"b").unwrap(), None, "it was dropped for the third");
    }
}
