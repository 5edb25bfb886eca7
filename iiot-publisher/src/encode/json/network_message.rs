//! The header of NetworkMessages (OPC 10000-14 §7.2.5.3).

use iiot_core::json;
use uuid::{Builder, Uuid};

use crate::profile::MessageProfile;

/// What the headers of a group's NetworkMessages have in common.
#[derive(Debug)]
pub(crate) struct NetworkHeader {
    publisher_id: String,
    /// Publisher and group, as they stand in every data message.
    rendered: Vec<u8>,
    /// The group alone.
    group: Vec<u8>,
    strict: bool,
    seed: u128,
}

impl NetworkHeader {
    pub(crate) fn new(publisher_id: &str, group_name: &str, seed: u128, profile: MessageProfile) -> Self {
        let mut rendered = br#","MessageType":"ua-data","#.to_vec();
        super::string_member(&mut rendered, r#""PublisherId":"#, publisher_id);
        let mut group = Vec::new();
        let name = if profile.is_strict() { r#","WriterGroupName":"# } else { r#","DataSetWriterGroup":"# };
        super::string_member(&mut group, name, group_name);
        if profile.is_strict() {
            rendered.extend_from_slice(&group);
        }
        Self { publisher_id: publisher_id.to_owned(), rendered, group, seed, strict: profile.is_strict() }
    }

    /// Writes everything up to the first DataSetMessage. Several messages in one have the same
    /// number and different indexes.
    pub(crate) fn open(&self, out: &mut Vec<u8>, number: u64, index: usize, class_id: Option<Uuid>) {
        self.message_id(out, number, index);
        out.extend_from_slice(&self.rendered);
        if let Some(class_id) = class_id {
            out.extend_from_slice(br#","DataSetClassId":"#);
            json::write_string(out, class_id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        }
        if !self.strict {
            out.extend_from_slice(&self.group);
        }
        out.extend_from_slice(br#","Messages":["#);
    }

    pub(crate) const fn id(&self, number: u64, index: usize) -> Uuid {
        Self::seeded(self.seed, number, index)
    }

    /// Gives the message that begins at `start` another id, made of this seed and its index.
    pub(crate) fn rename(out: &mut [u8], start: usize, seed: u128, index: usize) {
        let id = Self::seeded(seed, 0, index);
        let at = start + MESSAGE_ID.len();
        id.hyphenated().encode_lower(&mut out[at..at + uuid::fmt::Hyphenated::LENGTH]);
    }

    /// The id for a seed, the number of a message and the index in it.
    pub(crate) const fn seeded(seed: u128, number: u64, index: usize) -> Uuid {
        let place = (index as u128) << 64 | number as u128;
        Builder::from_custom_bytes(seed.wrapping_add(place).to_be_bytes()).into_uuid()
    }

    /// Writes `{"MessageId":"…"`: unique for the seed of this process, the number of the message and
    /// the index in it.
    pub(crate) fn message_id(&self, out: &mut Vec<u8>, number: u64, index: usize) {
        let id = self.id(number, index);
        out.extend_from_slice(MESSAGE_ID);
        out.extend_from_slice(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
        out.push(b'"');
    }

    pub(crate) fn publisher_id(&self) -> &str {
        &self.publisher_id
    }

    /// The member with the name of the group, comma first.
    pub(super) fn group(&self) -> &[u8] {
        &self.group
    }
}

const MESSAGE_ID: &[u8] = br#"{"MessageId":""#;
