//! The header of NetworkMessages (OPC 10000-14 §7.2.4.4.2) and chunks of them (§7.2.4.4.4).

use iiot_core::time::UtcTime;
use uuid::Uuid;

use super::write_bytes;
use crate::profile::MessageProfile;

/// DataSetMessages of which a message can tell the writers.
pub(in crate::encode) const MAX_DATA_SET_MESSAGES: usize = u8::MAX as usize;

/// What the headers of a group's NetworkMessages have in common.
#[derive(Debug)]
pub(in crate::encode) struct NetworkHeader {
    publisher_id: String,
    /// Whether a message tells who sends it, when, and as which.
    full: bool,
    /// Whether a message tells the writers in it.
    with_writers: bool,
}

/// A part of a DataSetMessage that is larger than a message may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::encode) struct Chunk<'a> {
    pub(in crate::encode) writer: u16,
    pub(in crate::encode) sequence_number: u16,
    pub(in crate::encode) offset: u32,
    pub(in crate::encode) total: u32,
    pub(in crate::encode) data: &'a [u8],
}

/// Bytes of a chunk beside its data and the header.
pub(in crate::encode) const CHUNK_OVERHEAD: usize = 16;

/// What follows the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Chunk,
}

impl NetworkHeader {
    pub(in crate::encode) fn new(publisher_id: &str, profile: MessageProfile) -> Self {
        Self {
            publisher_id: publisher_id.into(),
            full: profile.has_network_header(),
            with_writers: !profile.is_single(),
        }
    }

    pub(super) fn publisher_id(&self) -> &str {
        &self.publisher_id
    }

    /// Bytes of the headers of a message with so many DataSetMessages, their sizes included.
    pub(in crate::encode) fn length(&self, count: usize, class_id: Option<Uuid>) -> usize {
        let identity = if self.full { 1 + 4 + self.publisher_id.len() + 5 + 8 } else { 0 };
        let class = if class_id.is_some() { 17 } else { 0 };
        let writers = if self.with_writers { 1 + 2 * count } else { 0 };
        let sizes = if count > 1 { 2 * count } else { 0 };
        1 + identity + class + writers + sizes
    }

    /// Writes a whole message: headers, then DataSetMessages, of which `parts` tells writers and
    /// ends.
    pub(in crate::encode) fn write(
        &self,
        out: &mut Vec<u8>,
        number: u64,
        utc: UtcTime,
        class_id: Option<Uuid>,
        parts: &[(u16, usize)],
        data_set_messages: &[u8],
    ) {
        self.start(out, Kind::Data, class_id);
        self.group_header(out, number);
        if self.with_writers {
            out.push(u8::try_from(parts.len()).unwrap_or(u8::MAX));
            parts.iter().for_each(|(writer, _)| out.extend_from_slice(&writer.to_le_bytes()));
        }
        self.timestamp(out, utc);
        if parts.len() > 1 {
            let starts = [0].into_iter().chain(parts.iter().map(|(_, end)| *end));
            for (start, (_, end)) in starts.zip(parts) {
                out.extend_from_slice(&((end - start) as u16).to_le_bytes());
            }
        }
        out.extend_from_slice(data_set_messages);
    }

    /// Writes a whole message with a chunk; it always tells the writer.
    pub(in crate::encode) fn write_chunk(
        &self,
        out: &mut Vec<u8>,
        number: u64,
        utc: UtcTime,
        class_id: Option<Uuid>,
        chunk: &Chunk<'_>,
    ) {
        self.start(out, Kind::Chunk, class_id);
        self.group_header(out, number);
        out.extend_from_slice(&chunk.writer.to_le_bytes());
        self.timestamp(out, utc);
        out.extend_from_slice(&chunk.sequence_number.to_le_bytes());
        out.extend_from_slice(&chunk.offset.to_le_bytes());
        out.extend_from_slice(&chunk.total.to_le_bytes());
        write_bytes(out, chunk.data);
    }

    /// Writes the start of a discovery announcement (§7.2.4.6.4); it always tells who sends it.
    pub(super) fn announcement(&self, out: &mut Vec<u8>, announcement_type: u8, number: u64) {
        out.extend_from_slice(&[VERSION | PUBLISHER_ID | EXTENDED, STRING_ID | EXTENDED, ANNOUNCEMENT]);
        write_bytes(out, self.publisher_id.as_bytes());
        out.push(announcement_type);
        out.extend_from_slice(&(number as u16).to_le_bytes());
    }

    /// Flags, PublisherId and DataSetClassId.
    fn start(&self, out: &mut Vec<u8>, kind: Kind, class_id: Option<Uuid>) {
        let second = if kind == Kind::Chunk { CHUNK } else { 0 };
        let with_writers = self.with_writers || kind == Kind::Chunk;
        let mut first = if self.full { STRING_ID | TIMESTAMP } else { 0 };
        first |= if class_id.is_some() { CLASS_ID } else { 0 };
        first |= if second != 0 { EXTENDED } else { 0 };
        let mut flags = VERSION | if self.full { PUBLISHER_ID | GROUP_HEADER } else { 0 };
        flags |= if with_writers { PAYLOAD_HEADER } else { 0 };
        flags |= if first != 0 { EXTENDED } else { 0 };
        out.push(flags);
        if first != 0 {
            out.push(first);
        }
        if second != 0 {
            out.push(second);
        }
        if self.full {
            write_bytes(out, self.publisher_id.as_bytes());
        }
        if let Some(class_id) = class_id {
            out.extend_from_slice(&class_id.to_bytes_le());
        }
    }

    /// NetworkMessageNumber and SequenceNumber; every message of ours is the first of its cycle.
    fn group_header(&self, out: &mut Vec<u8>, number: u64) {
        if self.full {
            out.push(NETWORK_MESSAGE_NUMBER | SEQUENCE_NUMBER);
            out.extend_from_slice(&1_u16.to_le_bytes());
            out.extend_from_slice(&(number as u16).to_le_bytes());
        }
    }

    fn timestamp(&self, out: &mut Vec<u8>, utc: UtcTime) {
        if self.full {
            out.extend_from_slice(&utc.ticks().to_le_bytes());
        }
    }
}

const VERSION: u8 = 1;
const PUBLISHER_ID: u8 = 1 << 4;
const GROUP_HEADER: u8 = 1 << 5;
const PAYLOAD_HEADER: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;
const STRING_ID: u8 = 4;
const CLASS_ID: u8 = 1 << 3;
const TIMESTAMP: u8 = 1 << 5;
const CHUNK: u8 = 1;
const ANNOUNCEMENT: u8 = 2 << 2;
const NETWORK_MESSAGE_NUMBER: u8 = 1 << 2;
const SEQUENCE_NUMBER: u8 = 1 << 3;
