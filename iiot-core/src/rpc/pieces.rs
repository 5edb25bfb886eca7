//! Large contents in pieces that a hub carries, deflated where that makes them smaller.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::error::{Error, ErrorKind, Result};

/// A content as it goes over the hub, cut into pieces of at most `size` bytes; there is at least one.
pub(super) fn cut(content: &[u8], size: usize) -> impl ExactSizeIterator<Item = &[u8]> {
    let count = content.len().div_ceil(size).max(1);
    (0..count).map(move |index| &content[index * size..content.len().min((index + 1) * size)])
}

/// The content with a first byte that says whether it is deflated.
pub(super) fn pack(content: &[u8]) -> Vec<u8> {
    if content.len() >= WORTHWHILE {
        let mut encoder = DeflateEncoder::new(vec![DEFLATED], Compression::fast());
        let deflated = encoder.write_all(content).and_then(|()| encoder.finish());
        if let Ok(deflated) = deflated
            && deflated.len() < content.len()
        {
            return deflated;
        }
    }
    [&[PLAIN], content].concat()
}

/// The content that was packed, of at most `most` bytes.
pub(super) fn unpack(mut packed: Vec<u8>, most: usize) -> Result<Vec<u8>> {
    match packed.first() {
        Some(&PLAIN) if packed.len() - 1 <= most => {
            packed.remove(0);
            Ok(packed)
        }
        Some(&DEFLATED) => {
            let mut content = Vec::new();
            let read = DeflateDecoder::new(&packed[1..]).take(most as u64 + 1).read_to_end(&mut content);
            read.map_err(|cause| unreadable().because(cause))?;
            if content.len() > most { Err(too_large(most)) } else { Ok(content) }
        }
        Some(&PLAIN) => Err(too_large(most)),
        _ => Err(unreadable()),
    }
}

/// Pieces that have come, in whatever order.
#[derive(Debug)]
pub(super) struct Gathered {
    pieces: Vec<Option<Vec<u8>>>,
    missing: usize,
    bytes: usize,
    most: usize,
}

impl Gathered {
    /// Waits for so many pieces with at most `most` bytes together.
    pub(super) fn new(count: u32, most: usize) -> Result<Self> {
        let count = count as usize;
        // A piece has a byte at least, so that no list of nothing is made either.
        if count == 0 || count > most {
            return Err(too_large(most));
        }
        Ok(Self { pieces: vec![None; count], missing: count, bytes: 0, most })
    }

    /// Adds a piece; all of them together when it was the last. A piece that has come before is ignored.
    pub(super) fn add(&mut self, index: u32, piece: Vec<u8>) -> Result<Option<Vec<u8>>> {
        let Some(place) = self.pieces.get_mut(index as usize).filter(|place| place.is_none()) else { return Ok(None) };
        self.bytes += piece.len();
        if self.bytes > self.most {
            return Err(too_large(self.most));
        }
        *place = Some(piece);
        self.missing -= 1;
        Ok((self.missing == 0).then(|| self.pieces.drain(..).flatten().flatten().collect()))
    }

    /// Bytes that have come.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn too_large(most: usize) -> Error {
    let message = format!("it has more than the {most} bytes that are taken; ask for less at once");
    Error::new(ErrorKind::LimitExceeded, "receive over the hub", message).retryable(false)
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Corrupt, "receive over the hub", "it is not packed as remote calls are")
}

/// Below that deflating costs more than it saves.
const WORTHWHILE: usize = 512;
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn contents_survive_in_any_order_of_pieces() {
        for content in [Vec::new(), b"short".to_vec(), vec![b'x'; 100_000], (0..=255).cycle().take(70_000).collect()] {
            let packed = pack(&content);
            assert!(packed.len() <= content.len() + 1);
            let pieces: Vec<_> = cut(&packed, 1000).map(<[u8]>::to_vec).collect();
            let mut gathered = Gathered::new(pieces.len() as u32, 200_000).unwrap();
            let mut whole = None;
            for (index, piece) in pieces.iter().enumerate().rev() {
                assert!(whole.is_none());
                whole = gathered.add(index as u32, piece.clone()).unwrap();
                assert!(whole.is_some() || gathered.add(index as u32, piece.clone()).unwrap().is_none());
            }
            assert_eq!(unpack(whole.unwrap(), 200_000).unwrap(), content);
        }
    }

    #[test]
    fn more_than_is_taken_is_refused() {
        let packed = pack(&vec![0; 1 << 20]);
        assert!(packed.len() < 10_000, "{}", packed.len());
        assert_eq!(unpack(packed, (1 << 20) - 1).unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert!(unpack(vec![PLAIN, 1, 2], 1).is_err() && unpack(vec![7], 10).is_err() && unpack(vec![], 10).is_err());
        assert!(Gathered::new(0, 10).is_err() && Gathered::new(u32::MAX, 1000).is_err());
        let mut gathered = Gathered::new(2, 10).unwrap();
        assert!(gathered.add(7, vec![0]).unwrap().is_none(), "there is no such piece");
        assert!(gathered.add(0, vec![0; 11]).is_err());
    }
}
