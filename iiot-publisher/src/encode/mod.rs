//! OPC UA PubSub messages (OPC 10000-14 §7.2), written straight into a buffer.
//!
//! What does not change from message to message (names, keys, versions) is rendered once; per
//! value only status, times and the value itself are written, from the bytes the server sent.
//! What a message looks like is said by [`MessageProfile`](crate::profile::MessageProfile).

mod envelope;
mod fields;
mod gzip;
mod json;
mod name;
mod prefixes;
mod schema;
mod uadp;
mod version;

pub(crate) use envelope::{Content, Envelope};
pub(crate) use fields::{FieldOf, FieldStyle, Fields};
pub(crate) use gzip::compressed;
pub(crate) use json::{MetaData, NetworkHeader};
pub(crate) use name::hash;
pub(crate) use prefixes::{Prefixes, event_prefix};
pub(crate) use schema::schema;
pub(crate) use version::MetaDataVersion;

use crate::plan::{WriterGroupPlan, WriterPlan};
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
    Event,
    /// A condition as it is now.
    Condition,
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
    header: Header,
    style: FieldStyle,
    /// What a full sample ends with.
    tail: Vec<u8>,
}

#[derive(Debug)]
enum Header {
    Json(json::DataSetHeader),
    Uadp(uadp::DataSetHeader),
}

impl DataSetEncoder {
    pub(crate) fn new(profile: MessageProfile, writer_id: u16, writer_name: &str, version: MetaDataVersion) -> Self {
        let header = match profile.is_binary() {
            true => Header::Uadp(uadp::DataSetHeader::new(profile, version)),
            false => Header::Json(json::DataSetHeader::new(profile, writer_id, writer_name, version)),
        };
        Self { header, style: FieldStyle::new(profile), tail: Vec::new() }
    }

    /// The same with samples that tell whose they are, where the profile has that.
    pub(crate) fn telling(mut self, group: &WriterGroupPlan, publisher_id: &str, writer: &WriterPlan) -> Self {
        if group.profile.is_samples() && group.profile.is_full() {
            self.tail = json::sample_tail(group, publisher_id, writer);
        }
        self
    }

    pub(crate) fn set_version(&mut self, version: MetaDataVersion) {
        match &mut self.header {
            Header::Json(header) => header.set_version(version),
            Header::Uadp(header) => header.set_version(version),
        }
    }

    /// Writes a DataSetMessage, whose fields `payload` writes; returns what was malformed in them.
    pub(crate) fn frame(
        &self,
        out: &mut Vec<u8>,
        frame: &Frame,
        payload: impl Fn(&mut Fields<'_>),
    ) -> Vec<iiot_core::Error> {
        match &self.header {
            Header::Uadp(header) => {
                self.binary(out, frame, header, payload);
                Vec::new()
            }
            Header::Json(header) => {
                header.open(out, frame);
                let mut fields = Fields::new(out, self.style, frame, &self.tail);
                payload(&mut fields);
                let malformed = fields.finish();
                header.close(out, frame);
                malformed
            }
        }
    }

    /// Raw where every value allows it.
    fn binary(
        &self,
        out: &mut Vec<u8>,
        frame: &Frame,
        header: &uadp::DataSetHeader,
        payload: impl Fn(&mut Fields<'_>),
    ) {
        let start = out.len();
        for style in [self.style, self.style.with_data_values()] {
            out.truncate(start);
            header.open(out, frame, style.is_raw());
            if frame.kind == FrameKind::KeepAlive {
                return;
            }
            let mut fields = Fields::binary(out, style, frame);
            payload(&mut fields);
            if fields.finish_binary() {
                return;
            }
        }
    }
}
