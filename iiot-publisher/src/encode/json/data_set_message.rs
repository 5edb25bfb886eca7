//! DataSetMessages (OPC 10000-14 §7.2.5.4).

use super::{number_member, string_member};
use crate::encode::{Frame, FrameKind, MetaDataVersion};
use crate::profile::MessageProfile;

/// What the DataSetMessages of one writer have in common.
#[derive(Debug)]
pub(in crate::encode) struct DataSetHeader {
    layout: Layout,
    /// Up to the sequence number.
    start: Vec<u8>,
    /// From behind the sequence number up to the time.
    middle: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// With a header, and the fields in its Payload.
    Message,
    /// The fields alone.
    Payload,
    /// Each field is an object of its own.
    Samples,
}

impl DataSetHeader {
    pub(in crate::encode) fn new(
        profile: MessageProfile,
        writer_id: u16,
        writer_name: &str,
        version: MetaDataVersion,
    ) -> Self {
        let layout = match (profile.is_samples(), profile.has_data_set_header()) {
            (true, _) => Layout::Samples,
            (_, true) => Layout::Message,
            _ => Layout::Payload,
        };
        let mut start = Vec::new();
        if profile.is_strict() {
            number_member(&mut start, r#"{"DataSetWriterId":"#, writer_id);
            string_member(&mut start, r#","DataSetWriterName":"#, writer_name);
        } else {
            string_member(&mut start, r#"{"DataSetWriterId":"#, writer_name);
        }
        start.extend_from_slice(br#","SequenceNumber":"#);
        let mut header = Self { layout, start, middle: Vec::new() };
        header.set_version(version);
        header
    }

    pub(in crate::encode) fn set_version(&mut self, version: MetaDataVersion) {
        let MetaDataVersion { major, minor } = version;
        self.middle = format!(r#","MetaDataVersion":{{"MajorVersion":{major},"MinorVersion":{minor}}},"Timestamp":""#)
            .into_bytes();
    }

    /// Writes what stands before the fields.
    pub(in crate::encode) fn open(&self, out: &mut Vec<u8>, frame: &Frame) {
        match self.layout {
            Layout::Samples => {}
            Layout::Payload => out.push(b'{'),
            Layout::Message => self.head(out, frame),
        }
    }

    fn head(&self, out: &mut Vec<u8>, frame: &Frame) {
        out.extend_from_slice(&self.start);
        number_member(out, "", frame.sequence_number);
        out.extend_from_slice(&self.middle);
        frame.utc.write_iso8601(out);
        out.extend_from_slice(match frame.kind {
            FrameKind::Key => br#"","MessageType":"ua-keyframe""#,
            FrameKind::Delta => br#"","MessageType":"ua-deltaframe""#,
            FrameKind::Event => br#"","MessageType":"ua-event""#,
            FrameKind::Condition => br#"","MessageType":"ua-condition""#,
            FrameKind::KeepAlive => br#"","MessageType":"ua-keepalive""#,
        });
        if frame.heartbeat {
            out.extend_from_slice(br#","Heartbeat":true"#);
        }
        if frame.kind != FrameKind::KeepAlive {
            out.extend_from_slice(br#","Payload":{"#);
        }
    }

    /// Writes what stands behind the fields.
    pub(in crate::encode) fn close(&self, out: &mut Vec<u8>, frame: &Frame) {
        match self.layout {
            Layout::Samples => {}
            Layout::Message if frame.kind != FrameKind::KeepAlive => out.extend_from_slice(b"}}"),
            Layout::Message | Layout::Payload => out.push(b'}'),
        }
    }
}
