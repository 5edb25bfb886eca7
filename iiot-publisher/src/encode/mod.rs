//! OPC UA PubSub messages (OPC 10000-14 §7.2), written straight into a buffer.
//!
//! What does not change from message to message (names, keys, versions) is rendered once; per
//! value only status, times and the value itself are written, from the bytes the server sent.
//! What a message looks like is said by [`MessageProfile`](crate::profile::MessageProfile).

mod envelope;
mod fields;
mod gzip;
mod json;
mod version;

pub(crate) use envelope::Envelope;
pub(crate) use fields::{FieldOf, FieldStyle, Fields, field_prefix};
pub(crate) use gzip::compressed;
pub(crate) use json::{MetaData, NetworkHeader};
pub(crate) use version::MetaDataVersion;

use crate::profile::MessageProfile;
use iiot_core::time::UtcTime;

/// What a DataSetMessage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FrameKind {
    /// Every field.
    Key,
    /// The fields that changed.
    Delta,
    /// What an event was.
    #[expect(dead_code, reason = "nothing asks for events yet")]
    Event,
    /// No field; the number is that of the next message.
    KeepAlive,
}

/// A DataSetMessage but for its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    pub(crate) sequence_number: u32,
    pub(crate) utc: UtcTime,
    /// Whether it repeats what was sent before.
    pub(crate) heartbeat: bool,
}

/// The DataSetMessages of one writer.
#[derive(Debug)]
pub(crate) struct DataSetEncoder {
    header: json::DataSetHeader,
    style: FieldStyle,
}

impl DataSetEncoder {
    pub(crate) fn new(profile: MessageProfile, writer_id: u16, writer_name: &str, version: MetaDataVersion) -> Self {
        let header = json::DataSetHeader::new(profile, writer_id, writer_name, version);
        Self { header, style: FieldStyle::new(profile) }
    }

    pub(crate) fn set_version(&mut self, version: MetaDataVersion) {
        self.header.set_version(version);
    }

    /// Writes a DataSetMessage, whose fields `payload` writes; returns what was malformed in them.
    pub(crate) fn frame(
        &self,
        out: &mut Vec<u8>,
        frame: &Frame,
        payload: impl FnOnce(&mut Fields<'_>),
    ) -> Vec<iiot_core::Error> {
        self.header.open(out, frame);
        let mut fields = Fields::new(out, self.style, frame);
        payload(&mut fields);
        let malformed = fields.finish();
        self.header.close(out, frame);
        malformed
    }
}
