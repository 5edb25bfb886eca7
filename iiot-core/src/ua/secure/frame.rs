//! Frames: the eight bytes in front of everything on the wire (OPC 10000-6 §7.1.2.2).

use bytes::{BufMut, BytesMut};

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

/// Cuts a stream of bytes, split anywhere, into frames. A size beyond the limit fails as soon as the
/// header is complete; nothing is allocated for it.
#[derive(Debug)]
pub(crate) struct FrameReader {
    limit: usize,
    header: [u8; FRAME_HEADER],
    filled: usize,
    partial: Option<Partial>,
}

#[derive(Debug)]
struct Partial {
    frame: Frame,
    size: usize,
}

impl FrameReader {
    /// A reader of frames of at most `limit` bytes.
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit: limit as usize, header: [0; FRAME_HEADER], filled: 0, partial: None }
    }

    /// Changes the limit from the next frame on.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit as usize;
    }

    /// Takes bytes until a frame is complete or they are used up.
    pub(crate) fn read(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>> {
        if self.partial.is_none() && !self.read_header(bytes)? {
            return Ok(None);
        }
        let Some(partial) = &mut self.partial else { return Ok(None) };
        let wanted = partial.size - partial.frame.bytes.len();
        let (taken, rest) = bytes.split_at(wanted.min(bytes.len()));
        partial.frame.bytes.put_slice(taken);
        *bytes = rest;
        Ok(self.partial.take_if(|partial| partial.frame.bytes.len() == partial.size).map(|partial| partial.frame))
    }

    /// Bytes held for a frame that is not complete.
    pub(crate) fn buffered(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.frame.bytes.capacity())
    }

    /// Returns whether the header is complete.
    fn read_header(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        let wanted = FRAME_HEADER - self.filled;
        let (taken, rest) = bytes.split_at(wanted.min(bytes.len()));
        self.header[self.filled..self.filled + taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        *bytes = rest;
        if self.filled < FRAME_HEADER {
            return Ok(false);
        }
        self.filled = 0;
        self.partial = Some(self.parse_header()?);
        Ok(true)
    }

    fn parse_header(&self) -> Result<Partial> {
        let [a, b, c, letter, size @ ..] = self.header;
        let kind = FrameKind::ALL.into_iter().find(|kind| *kind.letters() == [a, b, c]);
        let chunk = ChunkKind::ALL.into_iter().find(|chunk| chunk.letter() == letter);
        let (Some(kind), Some(chunk)) = (kind, chunk) else { return Err(self.unknown_type()) };
        if !kind.may_be(chunk) {
            return Err(self.unknown_type());
        }
        let size = u32::from_le_bytes(size) as usize;
        if !(FRAME_HEADER..=self.limit).contains(&size) {
            return Err(self.wrong_size(size));
        }
        let mut bytes = BytesMut::with_capacity(size);
        bytes.put_slice(&self.header);
        Ok(Partial { frame: Frame { kind, chunk, bytes }, size })
    }

    fn unknown_type(&self) -> crate::Error {
        let letters = self.header[..4].escape_ascii();
        protocol(
            StatusCode::BadTcpMessageTypeInvalid,
            format!("a frame begins with \"{letters}\": is this an OPC UA server?"),
        )
    }

    fn wrong_size(&self, size: usize) -> crate::Error {
        let limit = self.limit;
        let message = format!("a frame claims {size} bytes, allowed are {FRAME_HEADER} to {limit}");
        protocol(StatusCode::BadTcpMessageTooLarge, message)
    }
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
        while !bytes.is_empty() {
            frames.extend(reader.read(&mut bytes)?);
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
            assert_eq!(reader.buffered(), 0);
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
