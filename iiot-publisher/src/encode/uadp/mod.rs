//! UADP messages (OPC 10000-14 §7.2.4): values stay in the binary encoding they came in.
//!
//! NodeIds and QualifiedNames keep their namespace indexes; the metadata has the table.
//! Raw fields are written as OPC 10000-6 says of structure fields. A message with a value that is not
//! what the metadata says, or that has a status, has DataValues instead: its flags say so.

mod data_set_message;
mod data_types;
mod field;
mod meta_data;
mod network_message;

pub(super) use data_set_message::DataSetHeader;
pub(super) use field::{push, raw_fits};
pub(super) use network_message::{CHUNK_OVERHEAD, Chunk, MAX_DATA_SET_MESSAGES, NetworkHeader};

/// Appends a String or ByteString.
fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}
