//! Chunks of MSG and CLO: secured by the keys of a token (OPC 10000-6 §6.7.2).

use std::ops::Range;

use crate::error::Result;
use crate::ua::secure::fault::{tampered, truncated};
use crate::ua::secure::fields::{Fields, put_uint32};
use crate::ua::secure::frame::{ChunkKind, FRAME_HEADER, FrameKind, begin_frame, end_frame};
use crate::ua::secure::policy::{BLOCK, DirectionKeys};

/// How the chunks of one direction are secured.
#[derive(Debug)]
pub(crate) enum Protection {
    None,
    Sign(DirectionKeys),
    SignAndEncrypt(DirectionKeys),
}

/// What stands in front of a chunk's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkHeader {
    pub(crate) kind: FrameKind,
    pub(crate) chunk: ChunkKind,
    pub(crate) channel_id: u32,
    pub(crate) token_id: u32,
    pub(crate) sequence_number: u32,
    pub(crate) request_id: u32,
}

/// A received chunk whose MAC was right; its body lies in the frame it came from.
#[derive(Debug)]
pub(crate) struct OpenedChunk {
    pub(crate) sequence_number: u32,
    pub(crate) request_id: u32,
    pub(crate) body: Range<usize>,
}

/// Sequence number and request id.
pub(crate) const SEQUENCE_HEADER: usize = 8;

/// Frame header, channel id and token id: what is never encrypted.
const CLEAR_HEADER: usize = FRAME_HEADER + 8;

/// The channel id of any secured frame.
pub(crate) fn channel_id(frame: &[u8]) -> Result<u32> {
    Fields(frame.get(FRAME_HEADER..).ok_or_else(truncated)?).uint32()
}

/// The token id of a MSG or CLO frame.
pub(crate) fn token_id(frame: &[u8]) -> Result<u32> {
    Fields(frame.get(FRAME_HEADER + 4..).ok_or_else(truncated)?).uint32()
}

impl Protection {
    /// The longest body of a chunk of at most `chunk_size` bytes (at least 1024).
    pub(crate) fn body_capacity(&self, chunk_size: usize) -> usize {
        let secured = chunk_size - CLEAR_HEADER;
        match self {
            Self::None => secured - SEQUENCE_HEADER,
            Self::Sign(keys) => secured - SEQUENCE_HEADER - keys.mac_length(),
            Self::SignAndEncrypt(keys) => secured / BLOCK * BLOCK - SEQUENCE_HEADER - PADDING_SIZE - keys.mac_length(),
        }
    }

    /// Appends a chunk.
    pub(crate) fn seal(&self, header: &ChunkHeader, body: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        begin_frame(out, header.kind, header.chunk);
        for number in [header.channel_id, header.token_id, header.sequence_number, header.request_id] {
            put_uint32(out, number);
        }
        out.extend_from_slice(body);
        match self {
            Self::None => end_frame_at(out, start, 0),
            Self::Sign(keys) => append_mac(keys, out, start),
            Self::SignAndEncrypt(keys) => {
                append_padding(out, start, keys.mac_length());
                append_mac(keys, out, start);
                keys.encrypt(&mut out[start + CLEAR_HEADER..])?;
            }
        }
        Ok(())
    }

    /// Checks a chunk and decrypts it in place. Fails with `BadSecurityChecksFailed`.
    pub(crate) fn open(&self, frame: &mut [u8]) -> Result<OpenedChunk> {
        let end = match self {
            Self::None => frame.len(),
            Self::Sign(keys) => verified_end(keys, frame)?,
            Self::SignAndEncrypt(keys) => {
                keys.decrypt(frame.get_mut(CLEAR_HEADER..).ok_or_else(truncated)?).map_err(|_| tampered())?;
                // Padding means nothing before the MAC has vouched for it.
                let end = verified_end(keys, frame)?;
                padded_end(&frame[..end])?
            }
        };
        let mut fields = Fields(frame.get(CLEAR_HEADER..end).ok_or_else(truncated)?);
        let (sequence_number, request_id) = (fields.uint32()?, fields.uint32()?);
        Ok(OpenedChunk { sequence_number, request_id, body: CLEAR_HEADER + SEQUENCE_HEADER..end })
    }
}

/// The byte that tells how much padding follows. Symmetric blocks are short: there is no ExtraPaddingSize.
const PADDING_SIZE: usize = 1;

fn end_frame_at(out: &mut [u8], start: usize, still_to_come: usize) {
    let size = out.len() - start + still_to_come;
    end_frame(&mut out[start..], size);
}

fn append_padding(out: &mut Vec<u8>, start: usize, mac: usize) {
    let content = out.len() - start - CLEAR_HEADER + PADDING_SIZE + mac;
    let padding = content.next_multiple_of(BLOCK) - content;
    out.resize(out.len() + PADDING_SIZE + padding, padding as u8);
}

fn append_mac(keys: &DirectionKeys, out: &mut Vec<u8>, start: usize) {
    end_frame_at(out, start, keys.mac_length());
    let end = out.len();
    out.resize(end + keys.mac_length(), 0);
    let (data, mac) = out[start..].split_at_mut(end - start);
    keys.sign(data, mac);
}

/// Checks the MAC and returns where it begins.
fn verified_end(keys: &DirectionKeys, frame: &[u8]) -> Result<usize> {
    let end = frame.len().checked_sub(keys.mac_length());
    let end = end.filter(|end| *end >= CLEAR_HEADER + SEQUENCE_HEADER).ok_or_else(tampered)?;
    let (data, mac) = frame.split_at(end);
    if keys.verifies(data, mac) { Ok(end) } else { Err(tampered()) }
}

/// Checks the padding and returns where it begins.
fn padded_end(content: &[u8]) -> Result<usize> {
    let size = content.last().copied().ok_or_else(tampered)?;
    let end = content.len().checked_sub(PADDING_SIZE + usize::from(size)).ok_or_else(tampered)?;
    let intact = end >= CLEAR_HEADER + SEQUENCE_HEADER && content[end..].iter().all(|byte| *byte == size);
    if intact { Ok(end) } else { Err(tampered()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ua::secure::SecurityPolicy;

    const HEADER: ChunkHeader = ChunkHeader {
        kind: FrameKind::Message,
        chunk: ChunkKind::Final,
        channel_id: 1,
        token_id: 2,
        sequence_number: 3,
        request_id: 4,
    };

    fn keys() -> DirectionKeys {
        DirectionKeys::derive(SecurityPolicy::BASIC256_SHA256, &[1; 32], &[2; 32]).unwrap().unwrap()
    }

    fn protections() -> [Protection; 3] {
        [Protection::None, Protection::Sign(keys()), Protection::SignAndEncrypt(keys())]
    }

    fn sealed(protection: &Protection, body: &[u8]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        protection.seal(&HEADER, body, &mut out).unwrap();
        out.split_off(6)
    }

    #[test]
    fn every_length_round_trips_and_the_largest_body_just_fits() {
        for protection in protections() {
            let capacity = protection.body_capacity(1024);
            for length in (0..70).chain(capacity - 40..=capacity) {
                let body: Vec<u8> = (0..length).map(|index| index as u8).collect();
                let mut frame = sealed(&protection, &body);
                assert!(frame.len() <= 1024);
                assert_eq!(frame[4..8], (frame.len() as u32).to_le_bytes());
                assert_eq!((channel_id(&frame).unwrap(), token_id(&frame).unwrap()), (1, 2));
                let opened = protection.open(&mut frame).unwrap();
                assert_eq!((opened.sequence_number, opened.request_id), (3, 4));
                assert_eq!(frame[opened.body], body);
            }
            let full = sealed(&protection, &vec![0; capacity + 1]).len();
            assert!(full > 1024 || (full == 1024 && matches!(protection, Protection::SignAndEncrypt(_))), "{full}");
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed_and_says_the_same() {
        for protection in &protections()[1..] {
            let frame = sealed(protection, b"body of a message");
            let flips = (0..frame.len() * 8).map(|bit| {
                let mut frame = frame.clone();
                frame[bit / 8] ^= 1 << (bit % 8);
                frame
            });
            let cuts = (CLEAR_HEADER..frame.len()).map(|length| frame[..length].to_vec());
            for mut bad in flips.chain(cuts) {
                let error = protection.open(&mut bad).unwrap_err();
                assert_eq!(error.to_string(), tampered().to_string());
            }
        }
    }

    #[test]
    fn padding_that_the_mac_vouches_for_must_still_be_right() {
        let keys = keys();
        for padding in [[15_u8; 16], [255; 16]] {
            let mut frame = Vec::new();
            begin_frame(&mut frame, FrameKind::Message, ChunkKind::Final);
            frame.extend_from_slice(&[0; 8]);
            frame.extend_from_slice(&padding);
            append_mac(&keys, &mut frame, 0);
            keys.encrypt(&mut frame[CLEAR_HEADER..]).unwrap();
            let error = Protection::SignAndEncrypt(self::keys()).open(&mut frame).unwrap_err();
            assert_eq!(error.to_string(), tampered().to_string());
        }
    }
}
