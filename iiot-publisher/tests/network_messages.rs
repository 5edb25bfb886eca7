//! The messages as they go out: byte for byte as in `golden/`, and valid against the schema.
//!
//! `UPDATE_GOLDEN=1 cargo test -p iiot-publisher --test network_messages` writes the files anew.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::session::{BatchBuilder, ConnectOptions, DataBatch, ItemNode};
use iiot_core::time::UtcTime;
use iiot_core::transport::QualityOfService;
use iiot_core::ua::{
    Array, BinaryEncodable, ByteString, ContextOwned, DateTime, ExpandedNodeId, Guid, LocalizedText, NodeId,
    QualifiedName, StatusCode, UAString, Variant, VariantScalarTypeId,
};
use iiot_publisher::plan::{Connection, FieldPlan, WriterGroupPlan, WriterPlan};
use iiot_publisher::writer_group::{FieldMetaData, NetworkMessage, WriterGroup, WriterGroupOptions};
use jsonschema::Validator;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../schema/network_message.json");

fn schema() -> Validator {
    jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

fn plan(fields: &[(&str, Variant)]) -> WriterGroupPlan {
    let field = |name: &str| FieldPlan {
        name: name.into(),
        node: ItemNode::Indexed(NodeId::new(1, name)),
        attribute_id: 13,
        index_range: String::new(),
        sampling_interval: Duration::from_secs(1),
        queue_size: None,
        discard_oldest: true,
        skip_first: false,
        heartbeat: None,
        filter: None,
    };
    let writer = WriterPlan {
        id: 17,
        name: "Werk \"Süd\"".into(),
        connection: Connection(ConnectOptions::new("opc.tcp://localhost:4840")),
        publishing_interval: Duration::from_secs(1),
        priority: 0,
        max_keep_alive_count: None,
        key_frame_count: 2,
        send_keep_alive: true,
        metadata_interval: None,
        data_set_name: "boiler".into(),
        data_set_description: "Kessel 1".into(),
        data_set_class_id: Some(uuid::Uuid::from_u128(0x72962b91_fa75_4ae6_8d28_b404dc7daf63)),
        fields: fields.iter().map(|(name, _)| field(name)).collect(),
    };
    WriterGroupPlan {
        name: "group".into(),
        publisher_id: Some("publisher".into()),
        topic: None,
        quality: QualityOfService::AtLeastOnce,
        batch_size: 1,
        batch_interval: Duration::ZERO,
        max_message_size: None,
        writers: vec![writer],
    }
}

fn array(type_id: VariantScalarTypeId, values: Vec<Variant>) -> Variant {
    Array::new(type_id, values).unwrap().into()
}

/// A field of every built-in type, and what is hard about them.
fn fields() -> Vec<(&'static str, Variant)> {
    use VariantScalarTypeId as Type;
    let matrix = Array::new_multi(Type::Double, vec![Variant::from(0.5); 6], [2, 3]).unwrap();
    let expanded = ExpandedNodeId { node_id: NodeId::new(0, 7_u32), namespace_uri: "urn:x".into(), server_index: 3 };
    let structure = iiot_core::ua::type_loader::ByteStringBody::new(vec![1, 2, 3].into(), NodeId::new(1, 5001_u32));
    let nested = |value: Variant| Variant::Variant(Box::new(value));
    vec![
        ("Boolean", true.into()),
        ("SByte", i8::MIN.into()),
        ("Byte", u8::MAX.into()),
        ("Int16", i16::MIN.into()),
        ("UInt16", u16::MAX.into()),
        ("Int32", i32::MIN.into()),
        ("UInt32", u32::MAX.into()),
        ("Int64", 9_007_199_254_740_993_i64.into()),
        ("UInt64", u64::MAX.into()),
        ("Float", 0.1_f32.into()),
        ("Double", (-0.0_f64).into()),
        ("NaN", f64::NAN.into()),
        ("String", "grün \"x\"\n\u{1} 日本".into()),
        ("null String", UAString::null().into()),
        ("DateTime", DateTime::ymd_hms_nano(2026, 11, 22, 1, 2, 3, 123_456_700).into()),
        ("Guid", "09087e75-8e5e-499b-954f-f2a9603db28a".parse::<Guid>().unwrap().into()),
        ("ByteString", ByteString::from(vec![1, 2, 255]).into()),
        ("NodeId", NodeId::new(1, "Kessel").into()),
        ("ExpandedNodeId", expanded.into()),
        ("StatusCode", StatusCode::BadTimeout.into()),
        ("QualifiedName", QualifiedName::new(1, "Kessel").into()),
        ("LocalizedText", LocalizedText::new("de", "Kühler").into()),
        ("ExtensionObject", iiot_core::ua::ExtensionObject::new(structure).into()),
        ("Int32 []", vec![1, -2].into()),
        ("empty Int32 []", Vec::<i32>::new().into()),
        ("Double [2,3]", matrix.into()),
        ("Variant []", array(Type::Variant, vec![nested(1_u8.into()), nested("x".into()), nested(Variant::Empty)])),
        ("Guid []", array(Type::Guid, vec![Guid::null().into(), Guid::from_bytes([1; 16]).into()])),
    ]
}

fn encoded(value: &Variant) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes, &ContextOwned::default().context()).unwrap();
    bytes
}

fn namespaces() -> Vec<String> {
    vec!["http://opcfoundation.org/UA/".into(), "urn:plant;1".into()]
}

fn batch(rows: &[(u32, StatusCode, Vec<u8>)], time: UtcTime) -> DataBatch {
    let mut builder = BatchBuilder::default();
    for (handle, status, value) in rows {
        builder.push(*handle, *status, Some(time), Some(time + Duration::from_nanos(100)), value);
    }
    let mut batch = builder.build(1, 1, Some(time));
    batch.namespaces = Arc::new(namespaces());
    batch
}

/// Metadata, a key frame with every type, a delta frame with statuses, a keep-alive.
fn messages() -> Vec<NetworkMessage> {
    let fields = fields();
    let now = Instant::now();
    let utc = UtcTime::from(DateTime::ymd_hms_nano(2026, 11, 22, 1, 2, 4, 500_000_000));
    let options = WriterGroupOptions { message_id_seed: 1 << 100, ..WriterGroupOptions::default() };
    let mut group = WriterGroup::new(&plan(&fields), &options, now, utc);
    let types: Vec<_> = fields.iter().map(|(name, value)| meta_data(name, value)).collect();
    group.handle_metadata(17, &types, &namespaces(), now, utc);
    let good = |index: usize| (index as u32, StatusCode::Good, encoded(&fields[index].1));
    let rows: Vec<_> = (0..fields.len()).map(good).collect();
    group.handle_data(17, &batch(&rows, utc), now, utc);
    let rows = [
        (6, StatusCode::UncertainInitialValue, encoded(&7_u32.into())),
        (8, StatusCode::BadSensorFailure, Vec::new()),
        (9, StatusCode::from(0x480), encoded(&0.5_f32.into())),
        (12, StatusCode::Good, vec![0]),
        // A null array of Int32, which has no Variant in the types crate.
        (23, StatusCode::Good, vec![0x86, 0xff, 0xff, 0xff, 0xff]),
    ];
    group.handle_data(17, &batch(&rows, utc), now, utc);
    group.handle_keep_alive(17, now, utc);
    std::iter::from_fn(|| group.poll_message()).collect()
}

fn meta_data(name: &str, value: &Variant) -> FieldMetaData {
    let built_in_type = match value {
        Variant::Array(array) => array.value_type as u8,
        scalar => scalar.scalar_type_id().unwrap() as u8,
    };
    let (value_rank, array_dimensions) = match value {
        Variant::Array(array) if name.contains(',') => (2, array.dimensions.clone().unwrap()),
        Variant::Array(_) => (1, vec![0]),
        _ => (-1, Vec::new()),
    };
    let data_type = match built_in_type {
        22 => NodeId::new(1, 3001_u32),
        known => NodeId::new(0, u32::from(known)),
    };
    FieldMetaData { built_in_type, data_type, value_rank, array_dimensions, description: String::new() }
}

#[test]
fn messages_are_as_in_the_golden_files() {
    let messages = messages();
    let names = ["meta_data.json", "key_frame.json", "delta_frame.json", "keep_alive.json"];
    assert_eq!(messages.len(), names.len());
    for (message, name) in messages.iter().zip(names) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        let text = format!("{}\n", str::from_utf8(&message.payload).unwrap());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name}");
    }
}

#[test]
fn messages_are_valid_against_the_schema() {
    let schema = schema();
    for message in messages() {
        let value: Value = serde_json::from_slice(&message.payload).unwrap();
        let errors: Vec<_> =
            schema.iter_errors(&value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    }
}

#[test]
fn values_read_back_from_a_message() {
    let key_frame: Value = serde_json::from_slice(&messages()[1].payload).unwrap();
    let payload = &key_frame["Messages"][0]["Payload"];
    for (name, value) in fields() {
        let read = iiot_core::json::data_value_from_json(&payload[name], &namespaces()).unwrap();
        let equal = encoded(&read.value.clone().unwrap()) == encoded(&value);
        assert!(equal, "{name}: {read:?} is not {value:?}");
    }
}

/// A schema that accepts everything proves nothing.
#[test]
fn the_schema_refuses_what_is_wrong() {
    let schema = schema();
    let good: Vec<Value> = messages().iter().map(|m| serde_json::from_slice(&m.payload).unwrap()).collect();
    let changes: Vec<(usize, &str, Value)> = vec![
        (1, "/MessageType", json!("ua-other")),
        (1, "/MessageId", json!("1")),
        (1, "/Messages", json!([])),
        (1, "/Messages/0/SequenceNumber", json!(-1)),
        (1, "/Messages/0/DataSetWriterId", json!("17")),
        (1, "/Messages/0/MessageType", json!("ua-keepalive")),
        (1, "/Messages/0/Timestamp", json!("2026-11-22 01:02:03")),
        (1, "/Messages/0/MetaDataVersion", json!({"MajorVersion": 1})),
        (1, "/Messages/0/Payload/Int64", json!({"UaType": 8, "Value": 1})),
        (1, "/Messages/0/Payload/Byte", json!({"UaType": 3, "Value": 256})),
        (1, "/Messages/0/Payload/Byte", json!({"UaType": 3})),
        (1, "/Messages/0/Payload/Byte", json!({"Value": 1})),
        (1, "/Messages/0/Payload/Byte", json!({"UaType": 3, "Value": 1, "Extra": 1})),
        (1, "/Messages/0/Payload/Byte", json!({"UaType": 3, "Value": 1, "Status": {}})),
        (1, "/Messages/0/Payload/Byte", json!({"UaType": 3, "Value": 1, "Status": 5})),
        (1, "/Messages/0/Payload/Byte", json!({"UaType": 3, "Value": 1, "Dimensions": [1, 1]})),
        (1, "/Messages/0/Payload/Double", json!({"UaType": 11, "Value": "1.5"})),
        (1, "/Messages/0/Payload/NodeId", json!({"UaType": 17, "Value": "ns=0;i=1"})),
        (1, "/Messages/0/Payload/ByteString", json!({"UaType": 15, "Value": "AQ"})),
        (1, "/Messages/0/Payload/DateTime", json!({"UaType": 13, "Value": "2026-11-22T01:02:03.10Z"})),
        (1, "/Messages/0/Payload/Boolean", json!(true)),
        (0, "/MetaData/Fields/0/BuiltInType", json!(0)),
        (0, "/MetaData/ConfigurationVersion", json!(null)),
        (0, "/DataSetWriterName", json!("")),
        (3, "/Messages/0/MessageType", json!("ua-deltaframe")),
    ];
    for (index, pointer, value) in changes {
        let mut changed = good[index].clone();
        *changed.pointer_mut(pointer).unwrap() = value.clone();
        assert!(!schema.is_valid(&changed), "{pointer} = {value}");
    }
}
