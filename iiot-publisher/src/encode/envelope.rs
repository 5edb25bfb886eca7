//! What stands around the DataSetMessages of a NetworkMessage.

use bytes::Bytes;
use uuid::Uuid;

use super::{NetworkHeader, compressed};
use crate::profile::MessageProfile;

/// How the NetworkMessages of a group begin, go on and end.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) header: NetworkHeader,
    pub(crate) profile: MessageProfile,
    shape: Shape,
}

/// The outermost part of the JSON text.
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
}

impl Envelope {
    /// `batched` says whether a message may hold more than one data set.
    pub(crate) const fn new(header: NetworkHeader, profile: MessageProfile, batched: bool) -> Self {
        let shape = match (profile.has_network_header(), batched) {
            (true, true) if !profile.is_strict() => Shape::Headers,
            (true, _) => Shape::Header,
            (false, _) if profile.is_single() => Shape::Alone,
            (false, false) if profile.is_samples() => Shape::Alone,
            _ => Shape::Array,
        };
        Self { header, profile, shape }
    }

    /// Writes what stands before the first DataSetMessage of a NetworkMessage.
    pub(crate) fn open(&self, out: &mut Vec<u8>, number: u64, class_id: Option<Uuid>) {
        match self.shape {
            Shape::Header => self.header.open(out, number, 0, class_id),
            Shape::Headers => {
                out.push(b'[');
                self.header.open(out, number, 0, class_id);
            }
            Shape::Array => out.push(b'['),
            Shape::Alone => {}
        }
    }

    /// Writes what stands between the DataSetMessages of a NetworkMessage; `index` is that of the
    /// second.
    pub(crate) fn between(&self, out: &mut Vec<u8>, number: u64, index: usize, class_id: Option<Uuid>) {
        if self.shape == Shape::Headers {
            out.extend_from_slice(b"]},");
            self.header.open(out, number, index, class_id);
        } else {
            out.push(b',');
        }
    }

    /// Writes what follows the last DataSetMessage.
    pub(crate) fn close(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.closing());
    }

    const fn closing(&self) -> &'static [u8] {
        match self.shape {
            Shape::Header => b"]}",
            Shape::Headers => b"]}]",
            Shape::Array => b"]",
            Shape::Alone => b"",
        }
    }

    /// Bytes that [`close`](Self::close) adds.
    pub(crate) const fn closing_bytes(&self) -> usize {
        self.closing().len()
    }

    /// The message as it is sent.
    pub(crate) fn payload(&self, buffer: Vec<u8>) -> Bytes {
        if self.profile.is_compressed() { compressed(&buffer).into() } else { buffer.into() }
    }
}
