//! The fields of a DataSetMessage.

use iiot_core::Error;
use iiot_core::json::{EncodedDataValue, Format, Spelling, write_data_value, write_raw, write_variant};
use iiot_core::session::EncodedValue;
use iiot_core::ua::StatusCode;
use iiot_core::ua::types::TypeSet;

use super::Frame;
use crate::field::{Current, Timestamps};
use crate::plan::{FieldPlan, WriterPlan};
use crate::profile::MessageProfile;

/// How each field is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldStyle {
    content: Content,
    encoding: iiot_core::json::Encoding,
    spelling: Spelling,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A member with a DataValue.
    DataValue,
    /// A member with the value alone.
    Raw,
    /// An object of its own around a DataValue; `full` with a time and a number.
    Sample { full: bool },
}

impl FieldStyle {
    pub(super) const fn new(profile: MessageProfile) -> Self {
        let content = match (profile.is_samples(), profile.is_raw()) {
            (true, _) => Content::Sample { full: profile.is_full() },
            (_, true) => Content::Raw,
            _ => Content::DataValue,
        };
        Self { content, encoding: profile.json_encoding(), spelling: profile.spelling() }
    }
}

/// What is needed of a field besides its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldOf<'a> {
    /// What [`field_prefix`] made of it.
    pub(crate) prefix: &'a [u8],
    /// Whether its values may be of any type, so that a raw one has to say which.
    pub(crate) any_type: bool,
    pub(crate) timestamps: Timestamps,
    pub(crate) structures: &'a TypeSet,
}

/// What stands before a field's value: its key, or the beginning of a sample.
pub(crate) fn field_prefix(profile: MessageProfile, writer: &WriterPlan, field: &FieldPlan) -> Box<[u8]> {
    let mut out = Vec::new();
    if profile.is_samples() {
        super::json::sample_prefix(&mut out, profile, writer, field);
    } else {
        iiot_core::json::write_string(&mut out, &field.name);
        out.push(b':');
    }
    out.into()
}

/// Writes fields one after the other.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    out: &'a mut Vec<u8>,
    style: FieldStyle,
    frame: &'a Frame,
    count: usize,
    malformed: Vec<Error>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>, style: FieldStyle, frame: &'a Frame) -> Self {
        Self { out, style, frame, count: 0, malformed: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<Error> {
        self.malformed
    }

    /// Writes a field. A value that is malformed is left out, and its status says so.
    pub(crate) fn push(&mut self, field: &FieldOf<'_>, (value, namespaces): &Current<'_>) {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        self.out.extend_from_slice(field.prefix);
        let FieldStyle { content, encoding, spelling } = self.style;
        let format = Format { types: Some(field.structures), spelling, ..Format::new(encoding, namespaces) };
        let mut value = *value;
        value.source_timestamp = value.source_timestamp.filter(|_| field.timestamps.source);
        value.server_timestamp = value.server_timestamp.filter(|_| field.timestamps.server);
        match content {
            Content::Raw => self.raw(value.value, field.any_type, &format),
            Content::DataValue => self.data_value(value, &format),
            Content::Sample { full } => {
                super::json::sample_middle(self.out, self.frame, full, value.status);
                self.data_value(value, &format);
                super::json::sample_end(self.out, self.frame, full);
            }
        }
    }

    fn data_value(&mut self, mut value: EncodedDataValue<'_>, format: &Format<'_>) {
        if let Err(error) = write_data_value(self.out, &value, format) {
            self.malformed.push(error);
            value.value = EncodedValue::NULL;
            value.status = StatusCode::BadDecodingError;
            write_data_value(self.out, &value, format).expect("no value is not malformed");
        }
    }

    fn raw(&mut self, value: EncodedValue<'_>, any_type: bool, format: &Format<'_>) {
        let written = match any_type {
            true => write_variant(self.out, value, format),
            false => write_raw(self.out, value, format),
        };
        if let Err(error) = written {
            self.malformed.push(error);
            self.out.extend_from_slice(b"null");
        }
    }
}
