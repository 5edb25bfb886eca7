//! The fields of a DataSetMessage.

use iiot_core::Error;
use iiot_core::json::{
    EncodedDataValue, Encoding, Format, Spelling, ValueType, write_data_value, write_raw, write_variant,
};
use iiot_core::session::EncodedValue;
use iiot_core::ua::StatusCode;
use iiot_core::ua::types::TypeSet;

use super::{Frame, FrameKind};
use crate::field::{Current, Timestamps};
use crate::profile::MessageProfile;

/// How each field is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldStyle {
    content: Content,
    encoding: Encoding,
    spelling: Spelling,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A member with a DataValue.
    DataValue,
    /// A member with the value alone.
    Raw,
    /// As they are in binary.
    Binary { raw: bool },
    /// An object of its own around a DataValue; `full` with a time and a number.
    Sample { full: bool },
}

impl FieldStyle {
    pub(super) const fn new(profile: MessageProfile) -> Self {
        let content = match (profile.is_samples(), profile.is_raw()) {
            (_, raw) if profile.is_binary() => Content::Binary { raw },
            (true, _) => Content::Sample { full: profile.is_full() },
            (_, true) => Content::Raw,
            _ => Content::DataValue,
        };
        Self { content, encoding: profile.json_encoding(), spelling: profile.spelling() }
    }

    pub(super) const fn with_data_values(self) -> Self {
        Self { content: Content::Binary { raw: false }, ..self }
    }

    pub(super) const fn is_raw(self) -> bool {
        matches!(self.content, Content::Raw | Content::Binary { raw: true })
    }
}

/// What is needed of a field besides its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldOf<'a> {
    /// Its position in the metadata.
    pub(crate) index: usize,
    /// What stands before its value.
    pub(crate) prefix: &'a [u8],
    /// What the metadata says of its values.
    pub(crate) value_type: ValueType,
    pub(crate) timestamps: Timestamps,
    pub(crate) structures: &'a TypeSet,
}

/// Writes fields one after the other.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    out: &'a mut Vec<u8>,
    style: FieldStyle,
    frame: &'a Frame,
    /// What a full sample ends with.
    tail: &'a [u8],
    count: u16,
    /// Where the number of fields stands in binary, if it does.
    count_at: Option<usize>,
    /// Whether a value could not be written raw.
    misfit: bool,
    malformed: Vec<Error>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>, style: FieldStyle, frame: &'a Frame, tail: &'a [u8]) -> Self {
        Self { out, style, frame, tail, count: 0, count_at: None, misfit: false, malformed: Vec::new() }
    }

    /// In binary the number of fields stands before them, but for raw key frames, which have all.
    pub(super) fn binary(out: &'a mut Vec<u8>, style: FieldStyle, frame: &'a Frame) -> Self {
        let counted = !style.is_raw() || frame.kind != FrameKind::Key;
        let count_at = counted.then_some(out.len());
        if counted {
            out.extend_from_slice(&[0; 2]);
        }
        Self { count_at, ..Self::new(out, style, frame, &[]) }
    }

    /// Whether the fields are what they were to be.
    pub(super) fn finish_binary(self) -> bool {
        if let Some(at) = self.count_at {
            self.out[at..at + 2].copy_from_slice(&self.count.to_le_bytes());
        }
        !self.misfit
    }

    pub(super) fn finish(self) -> Vec<Error> {
        self.malformed
    }

    /// Writes a field. A value that is malformed is left out, and its status says so.
    pub(crate) fn push(&mut self, field: &FieldOf<'_>, (value, namespaces): &Current<'_>) {
        let mut value = *value;
        value.source_timestamp = value.source_timestamp.filter(|_| field.timestamps.source);
        value.server_timestamp = value.server_timestamp.filter(|_| field.timestamps.server);
        self.count += 1;
        if let Content::Binary { raw } = self.style.content {
            return self.push_binary(field, &value, raw);
        }
        if self.count > 1 {
            self.out.push(b',');
        }
        self.out.extend_from_slice(field.prefix);
        let FieldStyle { content, encoding, spelling } = self.style;
        let format = Format { types: Some(field.structures), spelling, ..Format::new(encoding, namespaces) };
        match content {
            Content::Raw => self.raw(value.value, field.value_type, &format),
            Content::DataValue | Content::Binary { .. } => self.data_value(value, &format),
            Content::Sample { full } => {
                super::json::sample_middle(self.out, self.frame, full, value.status);
                self.data_value(value, &format);
                super::json::sample_end(self.out, self.frame, full, self.tail);
            }
        }
    }

    /// Writes the fields of an event; in samples as an object that is the value of the notifier.
    pub(crate) fn push_event(&mut self, prefix: &[u8], fields: impl FnOnce(&mut Self)) {
        let Content::Sample { full } = self.style.content else { return fields(self) };
        self.out.extend_from_slice(prefix);
        super::json::sample_middle(self.out, self.frame, full, StatusCode::Good);
        self.out.extend_from_slice(br#"{"Value":{"#);
        let style = self.style;
        self.style.content = Content::DataValue;
        fields(self);
        self.style = style;
        self.out.extend_from_slice(b"}}");
        super::json::sample_end(self.out, self.frame, full, self.tail);
    }

    fn push_binary(&mut self, field: &FieldOf<'_>, value: &EncodedDataValue<'_>, raw: bool) {
        if self.frame.kind == FrameKind::Delta {
            self.out.extend_from_slice(&(field.index as u16).to_le_bytes());
        }
        if matches!(self.frame.kind, FrameKind::Event | FrameKind::Condition) {
            return self.out.extend_from_slice(if value.value.is_null() { &[0] } else { value.value.bytes() });
        }
        self.misfit |= raw && !super::uadp::raw_fits(value, field.value_type);
        if !self.misfit {
            super::uadp::push(self.out, value, raw, field.value_type);
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

    /// Where values may be of any type a raw one has to say which.
    fn raw(&mut self, value: EncodedValue<'_>, value_type: ValueType, format: &Format<'_>) {
        let any_type = value_type.built_in_type == ValueType::ANY.built_in_type;
        let written = match any_type && format.encoding != Encoding::NonReversible {
            true => write_variant(self.out, value, format),
            false => write_raw(self.out, value, format),
        };
        if let Err(error) = written {
            self.malformed.push(error);
            self.out.extend_from_slice(b"null");
        }
    }
}
