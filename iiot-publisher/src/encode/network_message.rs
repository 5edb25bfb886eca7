//! The header of NetworkMessages (OPC 10000-14 §7.2.5.3).

use iiot_core::json;
use uuid::{Builder, Uuid};

/// What the headers of a group's NetworkMessages have in common.
#[derive(Debug)]
pub(crate) struct NetworkHeader {
    publisher_id: String,
    group_name: String,
    /// Publisher and group, as they stand in every data message.
    rendered: Vec<u8>,
    seed: u128,
}

impl NetworkHeader {
    pub(crate) fn new(publisher_id: &str, group_name: &str, seed: u128) -> Self {
        let mut rendered = br#","MessageType":"ua-data","#.to_vec();
        super::string_member(&mut rendered, r#""PublisherId":"#, publisher_id);
        super::string_member(&mut rendered, r#","WriterGroupName":"#, group_name);
        Self { publisher_id: publisher_id.to_owned(), group_name: group_name.to_owned(), rendered, seed }
    }

    /// Writes everything up to the first DataSetMessage.
    pub(crate) fn open(&self, out: &mut Vec<u8>, number: u64, class_id: Option<Uuid>) {
        self.message_id(out, number);
        out.extend_from_slice(&self.rendered);
        if let Some(class_id) = class_id {
            out.extend_from_slice(br#","DataSetClassId":"#);
            json::write_string(out, class_id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        }
        out.extend_from_slice(br#","Messages":["#);
    }

    /// Writes `{"MessageId":"…"`: unique for the seed of this process and the number of the message.
    pub(crate) fn message_id(&self, out: &mut Vec<u8>, number: u64) {
        let bytes = self.seed.wrapping_add(number.into()).to_be_bytes();
        let id = Builder::from_custom_bytes(bytes).into_uuid();
        out.extend_from_slice(br#"{"MessageId":""#);
        out.extend_from_slice(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
        out.push(b'"');
    }

    pub(crate) fn publisher_id(&self) -> &str {
        &self.publisher_id
    }

    pub(crate) fn group_name(&self) -> &str {
        &self.group_name
    }
}

/// Writes what follows the last DataSetMessage.
pub(crate) fn close_network_message(out: &mut Vec<u8>) {
    out.extend_from_slice(CLOSE);
}

const CLOSE: &[u8] = b"]}";
