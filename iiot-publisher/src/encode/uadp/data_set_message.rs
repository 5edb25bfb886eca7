//! The header of DataSetMessages (OPC 10000-14 §7.2.4.5.4).

use crate::encode::{Frame, FrameKind, MetaDataVersion};
use crate::profile::MessageProfile;

/// What the DataSetMessages of one writer have in common.
#[derive(Debug)]
pub(in crate::encode) struct DataSetHeader {
    /// Whether number, time and version are told.
    full: bool,
    version: MetaDataVersion,
}

impl DataSetHeader {
    pub(in crate::encode) const fn new(profile: MessageProfile, version: MetaDataVersion) -> Self {
        Self { full: profile.has_data_set_header(), version }
    }

    pub(in crate::encode) const fn set_version(&mut self, version: MetaDataVersion) {
        self.version = version;
    }

    /// Writes the header.
    pub(in crate::encode) fn open(&self, out: &mut Vec<u8>, frame: &Frame, raw: bool) {
        let kind = match frame.kind {
            FrameKind::Key => 0,
            FrameKind::Delta => 1,
            FrameKind::Event | FrameKind::Condition => 2,
            FrameKind::KeepAlive => 3,
        };
        let encoding = match frame.kind {
            FrameKind::KeepAlive | FrameKind::Event | FrameKind::Condition => 0,
            _ if raw => RAW,
            _ => DATA_VALUE,
        };
        let told = if self.full { SEQUENCE_NUMBER | MAJOR_VERSION | MINOR_VERSION } else { 0 };
        let second = kind | if self.full { TIMESTAMP } else { 0 };
        let more = if second != 0 { SECOND_FLAGS } else { 0 };
        out.push(VALID | encoding | told | more);
        if second != 0 {
            out.push(second);
        }
        if self.full {
            out.extend_from_slice(&(frame.sequence_number as u16).to_le_bytes());
            out.extend_from_slice(&frame.utc.ticks().to_le_bytes());
            out.extend_from_slice(&self.version.major.to_le_bytes());
            out.extend_from_slice(&self.version.minor.to_le_bytes());
        }
    }
}

const VALID: u8 = 1;
const RAW: u8 = 1 << 1;
const DATA_VALUE: u8 = 2 << 1;
const SEQUENCE_NUMBER: u8 = 1 << 3;
const MAJOR_VERSION: u8 = 1 << 5;
const MINOR_VERSION: u8 = 1 << 6;
const SECOND_FLAGS: u8 = 1 << 7;
const TIMESTAMP: u8 = 1 << 4;
