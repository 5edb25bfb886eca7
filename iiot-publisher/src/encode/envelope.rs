//! What stands around the DataSetMessages of a NetworkMessage.

use bytes::Bytes;
use iiot_core::time::UtcTime;
use uuid::Uuid;

use super::{MetaData, NetworkHeader, compressed, uadp};
use crate::profile::MessageProfile;

/// How the NetworkMessages of a group begin, go on and end.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) profile: MessageProfile,
    header: NetworkHeader,
    binary: uadp::NetworkHeader,
    shape: Shape,
}

/// The outermost part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A header, and an array of DataSetMessages in it.
    Header,
    /// An array of messages with a header and one DataSetMessage each.
    Headers,
    /// An array of data sets.
    Array,
    /// One data set.
    Alone,
    /// Headers that are written last: they count the DataSetMessages.
    Binary,
}

/// A NetworkMessage as far as its envelope is concerned.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) number: u64,
    pub(crate) utc: UtcTime,
    pub(crate) class_id: Option<Uuid>,
    /// Its DataSetMessages with what stands before and between them.
    pub(crate) buffer: Vec<u8>,
    /// The writer and the end of each DataSetMessage.
    pub(crate) parts: Vec<(u16, usize)>,
}

impl Envelope {
    /// `batched` says whether a message may hold more than one data set.
    pub(crate) fn new(header: NetworkHeader, profile: MessageProfile, batched: bool) -> Self {
        let shape = match (profile.has_network_header(), batched) {
            _ if profile.is_binary() => Shape::Binary,
            (true, true) if !profile.is_strict() => Shape::Headers,
            (true, _) => Shape::Header,
            (false, _) if profile.is_single() => Shape::Alone,
            (false, false) if profile.is_samples() => Shape::Alone,
            _ => Shape::Array,
        };
        Self { profile, binary: uadp::NetworkHeader::new(header.publisher_id(), profile), header, shape }
    }

    /// The MessageId of the message with this number.
    pub(crate) const fn message_id(&self, number: u64) -> Uuid {
        self.header.id(number, 0)
    }

    /// Gives a message the id of this seed, which then stands in all of its headers.
    pub(crate) fn rename(&self, content: &mut Content, seed: u128) -> Uuid {
        let Content { buffer, parts, .. } = content;
        match self.shape {
            Shape::Header => NetworkHeader::rename(buffer, 0, seed, 0),
            Shape::Headers => {
                // Behind the bracket, and behind what stands between two.
                let ends = parts.iter().map(|(_, end)| end + BETWEEN_HEADERS.len());
                let starts: Vec<usize> = std::iter::once(1).chain(ends).take(parts.len()).collect();
                for (index, start) in starts.into_iter().enumerate() {
                    NetworkHeader::rename(buffer, start, seed, index);
                }
            }
            _ => {}
        }
        NetworkHeader::seeded(seed, 0, 0)
    }

    /// Writes what stands before the first DataSetMessage of a NetworkMessage.
    pub(crate) fn open(&self, content: &mut Content) {
        let Content { number, class_id, buffer, .. } = content;
        match self.shape {
            Shape::Header => self.header.open(buffer, *number, 0, *class_id),
            Shape::Headers => {
                buffer.push(b'[');
                self.header.open(buffer, *number, 0, *class_id);
            }
            Shape::Array => buffer.push(b'['),
            Shape::Alone | Shape::Binary => {}
        }
    }

    /// Writes what stands between two DataSetMessages of a NetworkMessage.
    pub(crate) fn between(&self, content: &mut Content) {
        let Content { number, class_id, buffer, parts, .. } = content;
        match self.shape {
            Shape::Headers => {
                buffer.extend_from_slice(BETWEEN_HEADERS);
                self.header.open(buffer, *number, parts.len(), *class_id);
            }
            Shape::Binary => {}
            _ => buffer.push(b','),
        }
    }

    /// What follows the last DataSetMessage.
    const fn closing(&self) -> &'static [u8] {
        match self.shape {
            Shape::Header => b"]}",
            Shape::Headers => b"]}]",
            Shape::Array => b"]",
            Shape::Alone | Shape::Binary => b"",
        }
    }

    /// Bytes of the whole message, with one part more than it counts, before it is compressed.
    pub(crate) fn size(&self, content: &Content) -> usize {
        let headers = match self.shape {
            Shape::Binary => self.binary.length(content.parts.len() + 1, content.class_id),
            _ => 0,
        };
        headers + content.buffer.len() + self.closing().len()
    }

    /// Whether the last DataSetMessage, behind `start`, cannot be with others.
    pub(crate) fn stands_alone(&self, content: &Content, start: usize) -> bool {
        self.shape == Shape::Binary && content.buffer.len() - start > usize::from(u16::MAX)
    }

    /// Whether no DataSetMessage can be added.
    pub(crate) fn is_full(&self, content: &Content) -> bool {
        self.shape == Shape::Binary && content.parts.len() >= uadp::MAX_DATA_SET_MESSAGES
    }

    /// The message as it is sent.
    pub(crate) fn payload(&self, content: Content) -> Bytes {
        let Content { number, utc, class_id, mut buffer, parts } = content;
        if self.shape == Shape::Binary {
            let mut out = Vec::with_capacity(self.binary.length(parts.len(), class_id) + buffer.len());
            self.binary.write(&mut out, number, utc, class_id, &parts, &buffer);
            return out.into();
        }
        buffer.extend_from_slice(self.closing());
        self.sent(buffer)
    }

    fn sent(&self, text: Vec<u8>) -> Bytes {
        if self.profile.is_compressed() { compressed(&text).into() } else { text.into() }
    }

    /// The metadata message as it is sent.
    pub(crate) fn meta_data(&self, meta_data: &MetaData<'_>, number: u64, utc: UtcTime) -> Bytes {
        let mut out = Vec::new();
        if self.shape == Shape::Binary {
            self.binary.write_meta_data(&mut out, meta_data, number);
            return out.into();
        }
        meta_data.write(&mut out, &self.header, number, utc);
        self.sent(out)
    }

    /// The JSON Schema of what a writer publishes; `None` for binary messages.
    pub(crate) fn schema(&self, meta_data: &MetaData<'_>) -> Option<Bytes> {
        let schema = super::schema(meta_data, self.profile, self.header.publisher_id())?;
        Some(schema.to_string().into_bytes().into())
    }

    /// The only DataSetMessage of `content` in pieces, each in a message of at most `limit` bytes;
    /// none where it cannot be cut.
    pub(crate) fn chunks(&self, content: &Content, limit: usize) -> Vec<Bytes> {
        let overhead = self.binary.length(1, content.class_id) + 2 + uadp::CHUNK_OVERHEAD;
        let Some(size) = limit.checked_sub(overhead).filter(|size| *size > 0 && self.shape == Shape::Binary) else {
            return Vec::new();
        };
        let Content { number, utc, class_id, buffer, parts } = content;
        let Ok(total) = u32::try_from(buffer.len()) else { return Vec::new() };
        let chunk = |(index, data): (usize, &[u8])| {
            let mut out = Vec::with_capacity(limit);
            let chunk = uadp::Chunk {
                writer: parts.first().map_or(0, |(writer, _)| *writer),
                sequence_number: *number as u16,
                offset: (index * size) as u32,
                total,
                data,
            };
            self.binary.write_chunk(&mut out, number + index as u64, *utc, *class_id, &chunk);
            Bytes::from(out)
        };
        buffer.chunks(size).enumerate().map(chunk).collect()
    }
}

const BETWEEN_HEADERS: &[u8] = b"]},";
