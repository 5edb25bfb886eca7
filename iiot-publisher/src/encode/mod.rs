//! OPC UA PubSub JSON messages (OPC 10000-14 v1.05 §7.2.5), written straight into a buffer.
//!
//! What does not change from message to message (names, keys, versions) is rendered once; per
//! value only status, times and the value itself are written, from the bytes the server sent.
//!
//! Layout: NetworkMessage header with PublisherId, WriterGroupName and, where set, DataSetClassId;
//! DataSetMessage header with all of its fields but Status, which every value carries by itself.
//! Fields are DataValues in the CompactEncoding (FieldEncoding1 and FieldEncoding2 set, §6.3.2.3.1),
//! so that a subscriber needs no metadata to read them.

mod data_set_message;
mod meta_data;
mod network_message;

pub(crate) use data_set_message::{DataSetHeader, FrameKind, MetaDataVersion, field_key};
pub(crate) use meta_data::MetaData;
pub(crate) use network_message::{NetworkHeader, close_network_message};

use iiot_core::json;

/// Appends `"name":` and a string.
fn string_member(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    json::write_string(out, value);
}
