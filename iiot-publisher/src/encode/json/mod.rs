//! JSON messages (OPC 10000-14 §7.2.5).
//!
//! The strict layout: NetworkMessage header with PublisherId, WriterGroupName and, where set,
//! DataSetClassId; DataSetMessage header with all of its fields but Status, which every value
//! carries by itself. Fields are DataValues in the CompactEncoding (FieldEncoding1 and FieldEncoding2
//! set, §6.3.2.3.1), so that a subscriber needs no metadata to read them.

mod data_set_message;
mod data_types;
mod meta_data;
mod network_message;
mod sample;

pub(super) use data_set_message::DataSetHeader;
pub(crate) use meta_data::MetaData;
pub(crate) use network_message::NetworkHeader;
pub(super) use sample::{sample_end, sample_middle, sample_prefix, sample_tail};

use iiot_core::json;

/// Appends `"name":` and a string.
fn string_member(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    json::write_string(out, value);
}

/// Appends `"name":` and a number.
fn number_member(out: &mut Vec<u8>, name: &str, value: impl itoa::Integer) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}
