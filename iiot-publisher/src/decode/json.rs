//! JSON messages, recognized by what they have.

use iiot_core::json::{ReadOptions, ValueType, date_time_from_str, read_data_value, read_raw};
use iiot_core::time::UtcTime;
use iiot_core::ua::{DataValue, StatusCode, Variant};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::{DataSetMessage, DataSetMetaData, Decoder, Field, FrameKind, Received, malformed};

type Members = Map<String, Value>;

impl Decoder {
    pub(super) fn decode_json(&self, text: &[u8]) -> Result<Vec<Received>> {
        if text.len() > self.limits.max_message_size {
            return Err(malformed("it is larger than the limit"));
        }
        let value = serde_json::from_slice(text).map_err(|cause| malformed("it is not JSON").because(cause))?;
        let mut received = Vec::new();
        match value {
            Value::Array(messages) => {
                messages.iter().try_for_each(|message| self.message(message, &DataSetMessage::default(), &mut received))
            }
            message => self.message(&message, &DataSetMessage::default(), &mut received),
        }?;
        Ok(received)
    }

    /// A message of any kind; `around` is what is known of it from outside.
    fn message(&self, value: &Value, around: &DataSetMessage, received: &mut Vec<Received>) -> Result<()> {
        let members = value.as_object().ok_or_else(|| malformed("a message is not an object"))?;
        if members.get("MessageType").is_some_and(|kind| kind == "ua-metadata") && members.contains_key("MetaData") {
            received.push(Received::MetaData(DataSetMetaData::from_json(members)?));
            return Ok(());
        }
        if let Some(messages) = members.get("Messages").filter(|_| self.profile.has_network_header()) {
            let around = network_header(members)?;
            return match messages {
                Value::Array(messages) => {
                    messages.iter().try_for_each(|message| self.message_in(message, &around, received))
                }
                message => self.message_in(message, &around, received),
            };
        }
        self.message_in(value, around, received)
    }

    fn message_in(&self, value: &Value, around: &DataSetMessage, received: &mut Vec<Received>) -> Result<()> {
        let members = value.as_object().ok_or_else(|| malformed("a data set is not an object"))?;
        let message = if self.profile.is_samples() {
            self.sample(members)?
        } else if self.profile.has_data_set_header() {
            self.data_set_message(members, around)?
        } else {
            let mut message = around.clone();
            message.fields = self.payload(members, &message);
            message
        };
        received.push(Received::Data(message));
        Ok(())
    }

    fn data_set_message(&self, members: &Members, around: &DataSetMessage) -> Result<DataSetMessage> {
        let (writer_id, writer_by_id) = match members.get("DataSetWriterId") {
            Some(Value::String(name)) => (None, Some(name.clone())),
            _ => (number(members, "DataSetWriterId")?, None),
        };
        let mut message = DataSetMessage {
            writer_id,
            writer: text(members, "DataSetWriterName").or(writer_by_id),
            sequence_number: number(members, "SequenceNumber")?,
            version: version(members.get("MetaDataVersion"))?,
            timestamp: time(members, "Timestamp")?,
            kind: kind(members)?,
            heartbeat: members.get("Heartbeat") == Some(&Value::Bool(true)),
            ..around.clone()
        };
        message.fields = match members.get("Payload") {
            Some(payload) => {
                let payload = payload.as_object().ok_or_else(|| malformed("Payload is not an object"))?;
                self.payload(payload, &message)
            }
            None => Vec::new(),
        };
        Ok(message)
    }

    /// The fields of a message of which everything else is known.
    fn payload(&self, members: &Members, message: &DataSetMessage) -> Vec<Field> {
        let meta_data = self.known.of(message);
        members.iter().map(|(name, value)| self.field(name.clone(), None, value, meta_data.as_deref())).collect()
    }

    fn field(&self, name: String, node: Option<String>, value: &Value, meta_data: Option<&DataSetMetaData>) -> Field {
        let described = meta_data.and_then(|meta_data| meta_data.fields.iter().find(|field| field.name == name));
        match self.value(value, described.map_or(ValueType::ANY, |field| field.value_type)) {
            Ok(value) => Field { name, node, value, unreadable: None },
            Err(error) => {
                let value = DataValue { status: Some(StatusCode::BadDecodingError), ..DataValue::null() };
                Field { name, node, value, unreadable: Some(error.report()) }
            }
        }
    }

    fn value(&self, value: &Value, value_type: ValueType) -> Result<DataValue> {
        let options = ReadOptions {
            encoding: self.encoding(),
            namespaces: &self.namespaces,
            types: Some(&self.structures),
            value_type,
            ..ReadOptions::default()
        };
        if !self.profile.is_raw() {
            return read_data_value(value, &options);
        }
        let value = match read_raw(value, &options)? {
            Variant::Empty => None,
            value => Some(value),
        };
        Ok(DataValue { value, ..DataValue::null() })
    }

    fn sample(&self, members: &Members) -> Result<DataSetMessage> {
        let value = members.get("Value").ok_or_else(|| malformed("a sample has no Value"))?;
        let node = text(members, "NodeId");
        let name = text(members, "DisplayName").or_else(|| node.clone());
        let name = name.ok_or_else(|| malformed("a sample has no NodeId"))?;
        let message = members.get("ExtensionFields").and_then(Value::as_object).map(around_sample).unwrap_or_default();
        let field = self.field(name, node, value, self.known.of(&message).as_deref());
        Ok(DataSetMessage {
            sequence_number: number(members, "SequenceNumber")?,
            timestamp: time(members, "Timestamp")?,
            heartbeat: members.get("Heartbeat") == Some(&Value::Bool(true)),
            fields: vec![field],
            ..message
        })
    }
}

/// What a full sample tells of whose it is.
fn around_sample(members: &Members) -> DataSetMessage {
    DataSetMessage {
        writer: text(members, "DataSetWriterId"),
        publisher_id: text(members, "PublisherId"),
        writer_group: text(members, "WriterGroupId"),
        ..DataSetMessage::default()
    }
}

fn network_header(members: &Members) -> Result<DataSetMessage> {
    let class_id = text(members, "DataSetClassId").map(|id| id.parse()).transpose();
    Ok(DataSetMessage {
        publisher_id: text(members, "PublisherId"),
        writer_group: text(members, "WriterGroupName").or_else(|| text(members, "DataSetWriterGroup")),
        data_set_class_id: class_id.map_err(|_| malformed("DataSetClassId is not a Guid"))?,
        ..DataSetMessage::default()
    })
}

pub(super) fn text(members: &Members, name: &str) -> Option<String> {
    members.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A number; `None` where it is absent.
pub(super) fn number<T: TryFrom<i64>>(members: &Members, name: &str) -> Result<Option<T>> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let number = value.as_i64().and_then(|number| T::try_from(number).ok());
    number.map(Some).ok_or_else(|| invalid(name, "it is not a number in range"))
}

pub(super) fn version(value: Option<&Value>) -> Result<Option<(u32, u32)>> {
    let Some(members) = value.and_then(Value::as_object) else { return Ok(None) };
    let part = |name| Ok::<u32, Error>(number(members, name)?.unwrap_or(0));
    Ok(Some((part("MajorVersion")?, part("MinorVersion")?)))
}

fn time(members: &Members, name: &str) -> Result<Option<UtcTime>> {
    let Some(text) = members.get(name).and_then(Value::as_str) else { return Ok(None) };
    date_time_from_str(text).map(|time| Some(UtcTime::from(time))).map_err(|error| error.with("member", name))
}

fn kind(members: &Members) -> Result<Option<FrameKind>> {
    let Some(name) = members.get("MessageType") else { return Ok(None) };
    let known = FRAME_KINDS.iter().find(|(known, _)| name == known);
    known.map(|(_, kind)| Some(*kind)).ok_or_else(|| invalid("MessageType", "it is no kind of DataSetMessage"))
}

fn invalid(member: &str, cause: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "decode a PubSub message", cause).with("member", member)
}

const FRAME_KINDS: &[(&str, FrameKind)] = &[
    ("ua-keyframe", FrameKind::Key),
    ("ua-deltaframe", FrameKind::Delta),
    ("ua-event", FrameKind::Event),
    ("ua-condition", FrameKind::Condition),
    ("ua-keepalive", FrameKind::KeepAlive),
];
