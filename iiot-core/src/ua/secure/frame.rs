//! Frames: the eight bytes in front of everything on the wire (OPC 10000-6 §7.1.2.2).

use bytes::BytesMut;

use crate::error::Result;
use crate::ua::StatusCode;
use crate::ua::secure::fault::protocol;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Hello,
    Acknowledge,
    Error,
    Open,
    Message,
    Close,
}

/// Whether a frame ends its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkKind {
    Final,
    Intermediate,
    Abort,
}

/// A complete frame, header included.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    pub(crate) chunk: ChunkKind,
    pub(crate) bytes: BytesMut,
}

/// The length of a frame's header.
pub(crate) const FRAME_HEADER: usize = 8;

impl FrameKind {
    const ALL: [Self; 6] = [Self::Hello, Self::Acknowledge, Self::Error, Self::Open, Self::Message, Self::Close];

    pub(crate) const fn letters(self) -> &'static [u8; 3] {
        match self {
            Self::Hello => b"HEL",
            Self::Acknowledge => b"ACK",
            Self::Error => b"ERR",
            Self::Open => b"OPN",
            Self::Message => b"MSG",
            Self::Close => b"CLO",
        }
    }

    /// Only messages may be split or aborted.
    const fn may_be(self, chunk: ChunkKind) -> bool {
        matches!((self, chunk), (Self::Message, _) | (_, ChunkKind::Final))
    }
}

impl ChunkKind {
    const ALL: [Self; 3] = [Self::Final, Self::Intermediate, Self::Abort];

    pub(crate) const fn letter(self) -> u8 {
        match self {
            Self::Final => b'F',
            Self::Intermediate => b'C',
            Self::Abort => b'A',
        }
    }
}

/// Appends a header; the size is filled in by [`end_frame`].
pub(crate) fn begin_frame(out: &mut Vec<u8>, kind: FrameKind, chunk: ChunkKind) {
    out.extend_from_slice(kind.letters());
    out.push(chunk.letter());
    out.extend_from_slice(&[0; 4]);
}

/// Writes the size of a frame that will be `size` bytes long.
pub(crate) fn end_frame(frame: &mut [u8], size: usize) {
    let size = u32::try_from(size).expect("frames are bounded by a u32 buffer size");
    frame[4..FRAME_HEADER].copy_from_slice(&size.to_le_bytes());
}

/// Cuts a stream of bytes, split anywhere, into frames without copying them. A size beyond the limit
/// fails as soon as the header is complete; nothing is allocated for it.
#[derive(Debug)]
pub(crate) struct FrameReader {
    limit: usize,
    /// Ends with the beginning of a frame; those before were split off and share its memory.
    buffer: BytesMut,
}

/// Memory is taken in blocks of so many bytes, which hold a few chunks of the usual size.
const BLOCK: usize = 128 * 1024;
/// Less is not worth a read.
const LEAST_ROOM: usize = 8 * 1024;

impl FrameReader {
    /// A reader of frames of at most `limit` bytes.
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit: limit as usize, buffer: BytesMut::new() }
    }

    /// Changes the limit from the next frame on.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit as usize;
    }

    /// Where to append what arrives, once [`next`](Self::next) has nothing. The memory of frames that
    /// nobody holds any more is used again.
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        if self.buffer.is_empty() && self.buffer.try_reclaim(BLOCK) {
            return &mut self.buffer;
        }
        // For a frame that has begun there is room already.
        if self.buffer.len() < FRAME_HEADER {
            self.make_room(LEAST_ROOM);
        }
        &mut self.buffer
    }

    /// The next frame, once it is complete.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>> {
        let Some(header) = self.buffer.first_chunk() else { return Ok(None) };
        let (kind, chunk, size) = self.parse(header)?;
        if self.buffer.len() >= size {
            return Ok(Some(Frame { kind, chunk, bytes: self.buffer.split_to(size) }));
        }
        self.make_room(size - self.buffer.len());
        Ok(None)
    }

    /// Takes bytes until a frame is complete or they are used up. More frames may follow then.
    pub(crate) fn read(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>> {
        loop {
            let frame = self.next()?;
            if frame.is_some() || bytes.is_empty() {
                return Ok(frame);
            }
            self.room();
            let (taken, rest) = bytes.split_at(self.room_left().min(bytes.len()));
            self.buffer.extend_from_slice(taken);
            *bytes = rest;
        }
    }

    /// Bytes of a frame that is not complete.
    pub(crate) fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Room for so many bytes more, in a new block where this one is full and frames in it are still held.
    fn make_room(&mut self, bytes: usize) {
        if self.room_left() < bytes && !self.buffer.try_reclaim(bytes) {
            let mut block = BytesMut::with_capacity(BLOCK.max(self.buffer.len() + bytes));
            block.extend_from_slice(&self.buffer);
            self.buffer = block;
        }
    }

    fn room_left(&self) -> usize {
        self.buffer.capacity() - self.buffer.len()
    }

    fn parse(&self, header: &[u8; FRAME_HEADER]) -> Result<(FrameKind, ChunkKind, usize)> {
        let [a, b, c, letter, size @ ..] = *header;
        let kind = FrameKind::ALL.into_iter().find(|kind| *kind.letters() == [a, b, c]);
        let chunk = ChunkKind::ALL.into_iter().find(|chunk| chunk.letter() == letter);
        let (Some(kind), Some(chunk)) = (kind, chunk) else { return Err(unknown_type(header)) };
        if !kind.may_be(chunk) {
            return Err(unknown_type(header));
        }
        let size = u32::from_le_bytes(size) as usize;
        if !(FRAME_HEADER..=self.limit).contains(&size) {
            return Err(self.wrong_size(size));
        }
        Ok((kind, chunk, size))
    }

    fn wrong_size(&self, size: usize) -> crate::Error {
        let limit = self.limit;
        let message = format!("a frame claims {size} bytes, allowed are {FRAME_HEADER} to {limit}");
        protocol(StatusCode::BadTcpMessageTooLarge, message)
    }
}

fn unknown_type(header: &[u8; FRAME_HEADER]) -> crate::Error {
    let letters = header[..4].escape_ascii();
    let message = format!("a frame begins with \"{letters}\": is this an OPC UA server?");
    protocol(StatusCode::BadTcpMessageTypeInvalid, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn frame(kind: FrameKind, chunk: ChunkKind, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        begin_frame(&mut out, kind, chunk);
        out.extend_from_slice(body);
        let size = out.len();
        end_frame(&mut out, size);
        out
    }

    fn read_all(reader: &mut FrameReader, mut bytes: &[u8]) -> Result<Vec<Frame>> {
        let mut frames = Vec::new();
        while let Some(frame) = reader.read(&mut bytes)? {
            frames.push(frame);
        }
        Ok(frames)
    }

    proptest! {
        #[test]
        fn frames_come_out_whole_however_the_stream_is_split(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8),
            steps in prop::collection::vec(1_usize..50, 1..8),
        ) {
            let mut reader = FrameReader::new(8192);
            let wire: Vec<u8> =
                bodies.iter().flat_map(|body| frame(FrameKind::Message, ChunkKind::Intermediate, body)).collect();
            let (mut rest, mut frames, mut step) = (wire.as_slice(), Vec::new(), steps.iter().cycle());
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*step.next().unwrap()).min(rest.len()));
                frames.extend(read_all(&mut reader, now).unwrap());
                rest = later;
            }
            let got: Vec<&[u8]> = frames.iter().map(|frame| &frame.bytes[FRAME_HEADER..]).collect();
            prop_assert_eq!(got, bodies.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(reader.buffered(), 0);
        }
    }

    #[test]
    fn a_lying_size_fails_at_the_header_and_allocates_nothing() {
        for size in [0_u32, 7, 8193, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let mut reader = FrameReader::new(8192);
            let mut header = frame(FrameKind::Message, ChunkKind::Final, b"");
            header[4..8].copy_from_slice(&size.to_le_bytes());
            let error = read_all(&mut reader, &header).unwrap_err();
            assert_eq!(error.status(), StatusCode::BadTcpMessageTooLarge, "{size}");
            assert!(reader.room().capacity() <= BLOCK);
        }
    }

    #[test]
    fn the_memory_of_frames_is_used_again_and_never_more_than_a_block() {
        let mut reader = FrameReader::new(65_536);
        let wire = frame(FrameKind::Message, ChunkKind::Final, &[7; 50_000]);
        let mut held = Vec::new();
        for _ in 0..100 {
            held.extend(read_all(&mut reader, &wire).unwrap());
            held.drain(..held.len().saturating_sub(2));
            assert!(reader.room().capacity() <= BLOCK);
        }
        drop(held);
        let first = reader.room().as_ptr();
        for _ in 0..10 {
            drop(read_all(&mut reader, &wire).unwrap());
            assert_eq!(reader.room().as_ptr(), first);
        }
    }

    #[test]
    fn an_unknown_type_is_refused() {
        for bytes in [*b"HTTPxxxx", *b"MSGX\x08\0\0\0", *b"OPNC\x08\0\0\0", *b"ACKA\x08\0\0\0"] {
            let error = read_all(&mut FrameReader::new(8192), &bytes).unwrap_err();
            assert_eq!(error.status(), StatusCode::BadTcpMessageTypeInvalid);
        }
    }
}
