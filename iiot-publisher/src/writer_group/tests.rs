//! Each decision on simulated time, and that no value is lost or doubled.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use iiot_core::session::{BatchBuilder, ConnectOptions, ItemNode};
use iiot_core::transport::QualityOfService;
use iiot_core::ua::{BinaryEncodable, ContextOwned, NodeId, Variant};
use serde_json::Value;

use super::*;
use crate::plan::{Connection, FieldPlan, WriterPlan};

mod batching;
mod data_types;
mod delivery;
mod events;
mod frames;
mod heartbeats;
mod metadata;

const SECOND: Duration = Duration::from_secs(1);

fn field(name: &str) -> FieldPlan {
    let node = ItemNode::Indexed(NodeId::new(1, name));
    FieldPlan { name: name.into(), ..FieldPlan::of_node(node, SECOND) }
}

fn writer(id: u16, fields: &[&str]) -> WriterPlan {
    WriterPlan {
        data_set_name: "boiler".into(),
        fields: fields.iter().map(|name| field(name)).collect(),
        ..WriterPlan::new(id, format!("writer {id}"), Connection::new(ConnectOptions::new("opc.tcp://localhost:4840")))
    }
}

fn group(writers: Vec<WriterPlan>) -> WriterGroupPlan {
    WriterGroupPlan {
        name: "group".into(),
        publisher_id: None,
        sink: None,
        topic: None,
        quality: QualityOfService::AtLeastOnce,
        retain: false,
        expiry: None,
        profile: Default::default(),
        batch_size: 1,
        batch_interval: Duration::ZERO,
        partitions: 1,
        max_message_size: None,
        writers,
    }
}

/// A group with its clock.
struct Bench {
    group: WriterGroup,
    now: Instant,
    utc: UtcTime,
    next_sequence_number: u32,
}

impl Bench {
    fn new(plan: &WriterGroupPlan) -> Self {
        Self::with(plan, &WriterGroupOptions::default())
    }

    fn with(plan: &WriterGroupPlan, options: &WriterGroupOptions) -> Self {
        let (now, utc) = (Instant::now(), UtcTime::from_ticks(134_000_000_000_000_000));
        Self { group: WriterGroup::new(plan, options, now, utc), now, utc, next_sequence_number: 1 }
    }

    /// Lets time pass, waking whenever the group asks to be woken.
    fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.group.poll_timeout().filter(|at| *at <= end) {
            let at = at.max(self.now);
            self.utc = self.utc + (at - self.now);
            self.now = at;
            self.group.handle_timeout(self.now, self.utc);
        }
        self.utc = self.utc + (end - self.now);
        self.now = end;
    }

    /// Hands in rows (handle, value); the token is returned.
    fn data(&mut self, writer: u16, rows: &[(u32, Variant)]) -> u64 {
        let mut builder = BatchBuilder::default();
        for (handle, value) in rows {
            builder.push(*handle, StatusCode::Good, Some(self.utc), None, &encoded(value));
        }
        let batch = builder.build(1, self.next_sequence_number, Some(self.utc));
        self.next_sequence_number += 1;
        self.group.handle_data(writer, &batch, self.now, self.utc);
        batch.token
    }

    fn ints(&mut self, writer: u16, rows: &[(u32, i32)]) -> u64 {
        let rows: Vec<_> = rows.iter().map(|(handle, value)| (*handle, Variant::from(*value))).collect();
        self.data(writer, &rows)
    }

    fn messages(&mut self) -> Vec<NetworkMessage> {
        std::iter::from_fn(|| self.group.poll_message()).collect()
    }

    /// The DataSetMessages sent so far; metadata is dropped, all is acknowledged.
    fn frames(&mut self) -> Vec<Value> {
        let messages = self.messages();
        for message in &messages {
            self.group.handle_acknowledged(message.id);
        }
        messages.iter().filter(|message| message.kind == MessageKind::Data).flat_map(data_set_messages).collect()
    }

    fn meta_data(&mut self) -> Vec<Value> {
        let is_meta_data = |message: &NetworkMessage| matches!(message.kind, MessageKind::MetaData { .. });
        self.messages().iter().filter(|message| is_meta_data(message)).map(json).collect()
    }

    fn releases(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.group.poll_release()).map(|release| release.token).collect()
    }

    fn losses(&mut self) -> Vec<Loss> {
        std::iter::from_fn(|| self.group.poll_loss()).collect()
    }
}

fn encoded(value: &Variant) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes, &ContextOwned::default().context()).unwrap();
    bytes
}

fn json(message: &NetworkMessage) -> Value {
    serde_json::from_slice(&message.payload).unwrap()
}

fn data_set_messages(message: &NetworkMessage) -> Vec<Value> {
    let messages = json(message)["Messages"].as_array().unwrap().clone();
    assert_eq!(messages.len(), message.data_set_messages);
    messages
}

/// `name=value` of each field, with `!code` where there is a status, by name.
fn shown(frame: &Value) -> String {
    let kind = frame["MessageType"].as_str().unwrap().trim_start_matches("ua-");
    let fields = frame["Payload"].as_object().into_iter().flatten().map(|(name, value)| {
        let status = value["Status"]["Code"].as_u64().map(|code| format!("!{code:x}")).unwrap_or_default();
        let value = value.get("Value").map(ToString::to_string).unwrap_or_default();
        format!(" {name}={value}{status}")
    });
    format!("{kind}{}", fields.collect::<String>())
}

fn all_shown(frames: &[Value]) -> Vec<String> {
    frames.iter().map(shown).collect()
}
