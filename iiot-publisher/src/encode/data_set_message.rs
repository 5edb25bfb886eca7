//! DataSetMessages (OPC 10000-14 §7.2.5.4).

use iiot_core::json;
use iiot_core::time::UtcTime;

/// What a DataSetMessage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// Every field.
    Key,
    /// The fields that changed.
    Delta,
}

/// ConfigurationVersionDataType (§6.2.3.2.6): seconds since 2000-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MetaDataVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl MetaDataVersion {
    /// The version that begins at `utc`.
    pub(crate) fn at(utc: UtcTime) -> Self {
        const TICKS_OF_2000: i64 = 125_911_584_000_000_000;
        let seconds = (utc.ticks() - TICKS_OF_2000) / 10_000_000;
        let version = u32::try_from(seconds.clamp(1, u32::MAX.into())).unwrap_or(u32::MAX);
        Self { major: version, minor: version }
    }

    /// The version that follows this one at `utc`; always a larger one.
    pub(crate) fn next(self, utc: UtcTime) -> Self {
        let now = Self::at(utc).major.max(self.major.saturating_add(1));
        Self { major: now, minor: now }
    }
}

/// What the DataSetMessages of one writer have in common.
#[derive(Debug)]
pub(crate) struct DataSetHeader {
    /// Up to the sequence number.
    start: Vec<u8>,
    /// From behind the sequence number up to the time.
    middle: Vec<u8>,
}

impl DataSetHeader {
    pub(crate) fn new(writer_id: u16, writer_name: &str, version: MetaDataVersion) -> Self {
        let mut start = format!(r#"{{"DataSetWriterId":{writer_id}"#).into_bytes();
        super::string_member(&mut start, r#","DataSetWriterName":"#, writer_name);
        start.extend_from_slice(br#","SequenceNumber":"#);
        let mut header = Self { start, middle: Vec::new() };
        header.set_version(version);
        header
    }

    pub(crate) fn set_version(&mut self, version: MetaDataVersion) {
        let MetaDataVersion { major, minor } = version;
        self.middle = format!(r#","MetaDataVersion":{{"MajorVersion":{major},"MinorVersion":{minor}}},"Timestamp":""#)
            .into_bytes();
    }

    /// Writes a DataSetMessage whose fields `payload` writes.
    pub(crate) fn frame(
        &self,
        out: &mut Vec<u8>,
        kind: FrameKind,
        sequence_number: u32,
        utc: UtcTime,
        payload: impl FnOnce(&mut Vec<u8>),
    ) {
        self.head(out, sequence_number, utc);
        out.extend_from_slice(match kind {
            FrameKind::Key => br#"","MessageType":"ua-keyframe","Payload":{"#,
            FrameKind::Delta => br#"","MessageType":"ua-deltaframe","Payload":{"#,
        });
        payload(out);
        out.extend_from_slice(b"}}");
    }

    /// Writes a keep-alive: no payload, and the number that the next message will have.
    pub(crate) fn keep_alive(&self, out: &mut Vec<u8>, next_sequence_number: u32, utc: UtcTime) {
        self.head(out, next_sequence_number, utc);
        out.extend_from_slice(br#"","MessageType":"ua-keepalive"}"#);
    }

    fn head(&self, out: &mut Vec<u8>, sequence_number: u32, utc: UtcTime) {
        out.extend_from_slice(&self.start);
        out.extend_from_slice(itoa::Buffer::new().format(sequence_number).as_bytes());
        out.extend_from_slice(&self.middle);
        utc.write_iso8601(out);
    }
}

/// The key of a field as it stands in payloads, colon included.
pub(crate) fn field_key(name: &str) -> Box<[u8]> {
    let mut key = Vec::new();
    json::write_string(&mut key, name);
    key.push(b':');
    key.into()
}
