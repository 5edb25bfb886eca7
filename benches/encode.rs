//! Nanoseconds per value from a received batch to the bytes of a NetworkMessage: 1,000 doubles as
//! DataValues with SourceTimestamp, beside the same message built as `serde_json::Value`.
//!
//! `cargo bench --bench encode`

use std::hint::black_box;
use std::time::{Duration, Instant};

use iiot_core::session::{BatchBuilder, ConnectOptions, DataBatch, ItemNode};
use iiot_core::time::UtcTime;
use iiot_core::transport::QualityOfService;
use iiot_core::ua::{NodeId, StatusCode};
use iiot_publisher::plan::{Connection, FieldPlan, WriterGroupPlan, WriterPlan};
use iiot_publisher::writer_group::{WriterGroup, WriterGroupOptions};
use serde_json::{Map, Value, json};

const VALUES: usize = 1_000;
const ROUNDS: usize = 300;

fn main() {
    let (now, utc) = (Instant::now(), UtcTime::from_ticks(134_000_000_000_000_000));
    let batch = batch(utc);
    let options = WriterGroupOptions { server_timestamp: false, ..WriterGroupOptions::default() };
    let mut group = WriterGroup::new(&plan(), &options, now, utc);
    let mut bytes = 0;
    let ours = best(|| {
        group.handle_data(1, &batch, now, utc);
        while let Some(message) = group.poll_message() {
            bytes = black_box(&message.payload).len();
            group.handle_acknowledged(message.id);
        }
        while group.poll_release().is_some() {}
    });
    let tree = best(|| {
        black_box(serde_json::to_vec(&as_tree(&batch)).map(|text| text.len())).ok();
    });
    let per_value = |time: Duration| time.as_nanos() as f64 / VALUES as f64;
    println!("message of {VALUES} doubles, {bytes} bytes");
    println!("writer group and encoder  {:8.1} ns/value", per_value(ours));
    println!("serde_json::Value         {:8.1} ns/value", per_value(tree));
    println!("ratio                     {:8.1}", per_value(tree) / per_value(ours));
}

/// The shortest of many rounds: what the code takes when nothing else runs.
fn best(mut round: impl FnMut()) -> Duration {
    let timed = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed()
    });
    timed.min().unwrap_or_default()
}

/// Process values: no two alike, times within a second of each other.
fn batch(utc: UtcTime) -> DataBatch {
    let mut builder = BatchBuilder::default();
    for index in 0..VALUES {
        let mut variant = vec![11];
        variant.extend_from_slice(&value(index).to_le_bytes());
        let time = utc + Duration::from_nanos(index as u64 * 12_300);
        builder.push(index as u32, StatusCode::Good, Some(time), None, &variant);
    }
    builder.build(1, 1, Some(utc))
}

fn value(index: usize) -> f64 {
    20.0 + (index as f64 * 0.37).sin() * 5.0
}

fn as_tree(batch: &DataBatch) -> Value {
    let mut payload = Map::new();
    for row in batch.rows() {
        let bytes = row.value.bytes();
        let value = f64::from_le_bytes(bytes[1..9].try_into().unwrap_or_default());
        let time = row.source_timestamp.map(|time| time.to_string());
        let data = json!({ "UaType": 11, "Value": value, "SourceTimestamp": time });
        payload.insert(format!("Sensor {}", row.client_handle), data);
    }
    json!({
        "MessageId": uuid(),
        "MessageType": "ua-data",
        "PublisherId": "iiot",
        "WriterGroupName": "group",
        "Messages": [{
            "DataSetWriterId": 1,
            "DataSetWriterName": "writer",
            "SequenceNumber": 1,
            "MetaDataVersion": { "MajorVersion": 1, "MinorVersion": 1 },
            "Timestamp": "2026-11-22T01:02:03.5Z",
            "MessageType": "ua-deltaframe",
            "Payload": payload,
        }],
    })
}

fn uuid() -> String {
    "00000010-0000-8000-8000-000000000000".to_owned()
}

fn plan() -> WriterGroupPlan {
    let field = |index: usize| {
        let node = ItemNode::Indexed(NodeId::new(1, index as u32));
        FieldPlan { name: format!("Sensor {index}"), ..FieldPlan::of_node(node, Duration::from_secs(1)) }
    };
    let writer = WriterPlan {
        data_set_name: String::new(),
        fields: (0..VALUES).map(field).collect(),
        ..WriterPlan::new(1, "writer", Connection::new(ConnectOptions::new("opc.tcp://localhost:4840")))
    };
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
        writers: vec![writer],
    }
}
