//! The messages of remote calls, as bytes.
//!
//! | frame | bytes |
//! |---|---|
//! | call | 1, length of the header (2), header, signature (64), sealed first piece |
//! | piece | 2, index (4), sealed piece |
//! | control | 3, number (8), sealed control |
//! | answer | 4, sequence (8), index (4), count (4), nonce (12), sealed piece |
//!
//! Numbers have their most significant byte first. Which request a frame belongs to is the message's correlation data.

use bytes::{Buf, BufMut, Bytes};

use crate::access::keys::SIGNATURE;

/// What a caller sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// Begins a request.
    Call { header: Bytes, signature: Bytes, piece: Bytes },
    /// Another piece of it.
    Piece { index: u32, piece: Bytes },
    /// Something about a request that runs.
    Control { number: u64, control: Bytes },
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Which answer to the request.
    pub(super) sequence: u64,
    /// Which piece of it.
    pub(super) index: u32,
    /// Of how many.
    pub(super) count: u32,
    pub(super) nonce: [u8; NONCE],
    pub(super) piece: Bytes,
}

impl Request {
    pub(super) fn into_bytes(self) -> Bytes {
        let mut out = Vec::new();
        match self {
            Self::Call { header, signature, piece } => {
                out.reserve(3 + header.len() + signature.len() + piece.len());
                out.put_u8(CALL);
                out.put_u16(u16::try_from(header.len()).expect("headers are checked to be short"));
                out.put(header);
                out.put(signature);
                out.put(piece);
            }
            Self::Piece { index, piece } => {
                out.put_u8(PIECE);
                out.put_u32(index);
                out.put(piece);
            }
            Self::Control { number, control } => {
                out.put_u8(CONTROL);
                out.put_u64(number);
                out.put(control);
            }
        }
        out.into()
    }

    /// `None` if it is none.
    pub(super) fn read(mut bytes: Bytes) -> Option<Self> {
        match bytes.try_get_u8().ok()? {
            CALL => {
                let length = usize::from(bytes.try_get_u16().ok()?);
                let header = split(&mut bytes, length)?;
                let signature = split(&mut bytes, SIGNATURE)?;
                Some(Self::Call { header, signature, piece: bytes })
            }
            PIECE => Some(Self::Piece { index: bytes.try_get_u32().ok()?, piece: bytes }),
            CONTROL => Some(Self::Control { number: bytes.try_get_u64().ok()?, control: bytes }),
            _ => None,
        }
    }
}

impl Answer {
    pub(super) fn into_bytes(self) -> Bytes {
        let mut out = Vec::with_capacity(17 + NONCE + self.piece.len());
        out.put_u8(ANSWER);
        out.put_u64(self.sequence);
        out.put_u32(self.index);
        out.put_u32(self.count);
        out.put_slice(&self.nonce);
        out.put(self.piece);
        out.into()
    }

    /// `None` if it is none.
    pub(super) fn read(mut bytes: Bytes) -> Option<Self> {
        if bytes.try_get_u8().ok()? != ANSWER {
            return None;
        }
        let (sequence, index) = (bytes.try_get_u64().ok()?, bytes.try_get_u32().ok()?);
        let count = bytes.try_get_u32().ok()?;
        let nonce = split(&mut bytes, NONCE)?.as_ref().try_into().ok()?;
        Some(Self { sequence, index, count, nonce, piece: bytes })
    }

    /// What a piece is sealed with: it fits no other place.
    pub(super) fn about(id: &[u8], sequence: u64, index: u32, count: u32) -> Vec<u8> {
        let mut about = id.to_vec();
        about.put_u64(sequence);
        about.put_u32(index);
        about.put_u32(count);
        about
    }
}

fn split(bytes: &mut Bytes, length: usize) -> Option<Bytes> {
    (bytes.len() >= length).then(|| bytes.split_to(length))
}

/// Random, since an answer may be sent again after a restart that knows nothing of the first time.
pub(super) const NONCE: usize = 12;
/// Bytes of a frame besides header and piece, with the seal.
pub(super) const OVERHEAD: usize = 128;
const CALL: u8 = 1;
const PIECE: u8 = 2;
const CONTROL: u8 = 3;
const ANSWER: u8 = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_bytes() -> impl Strategy<Value = Bytes> {
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from)
    }

    proptest! {
        #[test]
        fn frames_survive_the_way(header in any_bytes(), piece in any_bytes(), index: u32, number: u64) {
            let signature = Bytes::from_static(&[7; SIGNATURE]);
            let frames = [
                Request::Call { header, signature, piece: piece.clone() },
                Request::Piece { index, piece: piece.clone() },
                Request::Control { number, control: piece.clone() },
            ];
            for frame in frames {
                prop_assert_eq!(Request::read(frame.clone().into_bytes()), Some(frame));
            }
            let answer = Answer { sequence: number, index, count: index, nonce: [3; NONCE], piece };
            prop_assert_eq!(Answer::read(answer.clone().into_bytes()), Some(answer));
        }

        #[test]
        fn any_bytes_are_a_frame_or_none(bytes in any_bytes()) {
            let _ = (Request::read(bytes.clone()), Answer::read(bytes));
        }
    }
}
