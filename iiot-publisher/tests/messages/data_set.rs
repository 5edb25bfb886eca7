//! One fixed data set: every built-in type as scalar, array and matrix, and values of every kind of
//! status.

use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::session::{BatchBuilder, ConnectOptions, DataBatch, ItemNode};
use iiot_core::time::UtcTime;
use iiot_core::transport::QualityOfService;
use iiot_core::ua::type_loader::ByteStringBody;
use iiot_core::ua::{
    Array, BinaryEncodable, ByteString, ContextOwned, DataValue, DateTime, DiagnosticInfo, ExpandedNodeId,
    ExtensionObject, Guid, LocalizedText, NodeId, QualifiedName, StatusCode, UAString, Variant, XmlElement,
};
use iiot_publisher::plan::{Connection, FieldPlan, WriterGroupPlan, WriterPlan};
use iiot_publisher::profile::MessageProfile;
use iiot_publisher::writer_group::{FieldMetaData, NetworkMessage, WriterGroup, WriterGroupOptions};

/// A value of every built-in type, and what is hard about some.
pub(crate) fn scalars() -> Vec<(&'static str, Variant)> {
    let expanded = ExpandedNodeId { node_id: NodeId::new(0, 7_u32), namespace_uri: "urn:x".into(), server_index: 3 };
    let structure = ByteStringBody::new(vec![1, 2, 3].into(), NodeId::new(1, 5001_u32));
    let inner = DataValue { status: Some(StatusCode::BadTimeout), ..DataValue::value_only(1.5) };
    let why = DiagnosticInfo { symbolic_id: Some(1), additional_info: Some("why".into()), ..Default::default() };
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
        ("String", "grün \"x\"\n\u{1} 日本".into()),
        ("DateTime", DateTime::ymd_hms_nano(2026, 11, 22, 1, 2, 3, 123_456_700).into()),
        ("Guid", "09087e75-8e5e-499b-954f-f2a9603db28a".parse::<Guid>().unwrap().into()),
        ("ByteString", ByteString::from(vec![1, 2, 255]).into()),
        ("XmlElement", XmlElement::from("<a/>").into()),
        ("NodeId", NodeId::new(1, "Kessel").into()),
        ("ExpandedNodeId", expanded.into()),
        ("StatusCode", StatusCode::BadTimeout.into()),
        ("QualifiedName", QualifiedName::new(1, "Kessel").into()),
        ("LocalizedText", LocalizedText::new("de", "Kühler").into()),
        ("ExtensionObject", ExtensionObject::new(structure).into()),
        ("DataValue", Variant::DataValue(Box::new(inner))),
        ("Variant", Variant::Variant(Box::new(1_u8.into()))),
        ("DiagnosticInfo", Variant::DiagnosticInfo(Box::new(why))),
    ]
}

/// The fields: each scalar, an array and a matrix of it, and a few special values.
pub(crate) fn fields() -> Vec<(String, Variant)> {
    let array = |name: &str, value: &Variant| {
        let values = vec![value.clone(); 2];
        (format!("{name} []"), Array::new(value.scalar_type_id().unwrap(), values).unwrap().into())
    };
    let matrix = |name: &str, value: &Variant| {
        let values = vec![value.clone(); 2];
        (format!("{name} [1,2]"), Array::new_multi(value.scalar_type_id().unwrap(), values, [1, 2]).unwrap().into())
    };
    let special = [
        ("NaN", f64::NAN.into()),
        ("null String", UAString::null().into()),
        ("empty Int32 []", Vec::<i32>::new().into()),
    ];
    let scalars = scalars();
    let own = |(name, value): &(&str, Variant)| (String::from(*name), value.clone());
    let in_variant = |value: &Variant| value.scalar_type_id().unwrap() as u8 != 24;
    let shaped = scalars.iter().flat_map(|(name, value)| [array(name, value), matrix(name, value)]);
    // A Variant holds an array of Variants, but no Variant.
    scalars
        .iter()
        .filter(|(_, value)| in_variant(value))
        .map(own)
        .chain(special.iter().map(own))
        .chain(shaped)
        .collect()
}

pub(crate) fn plan(profile: MessageProfile, fields: &[(String, Variant)]) -> WriterGroupPlan {
    let field = |name: &str| {
        let mut field = FieldPlan { name: name.into(), ..FieldPlan::of_node(node(name), Duration::from_secs(1)) };
        field.heartbeat = (name == "Boolean").then_some(Duration::from_secs(10));
        field
    };
    let writer = WriterPlan {
        key_frame_count: 2,
        send_keep_alive: true,
        data_set_name: "boiler".into(),
        data_set_description: "Kessel 1".into(),
        data_set_class_id: Some(uuid::Uuid::from_u128(0x72962b91_fa75_4ae6_8d28_b404dc7daf63)),
        fields: fields.iter().map(|(name, _)| field(name)).collect(),
        ..WriterPlan::new(17, "Werk \"Süd\"", Connection::new(ConnectOptions::new("opc.tcp://localhost:4840")))
    };
    WriterGroupPlan {
        name: "group".into(),
        publisher_id: Some("publisher".into()),
        sink: None,
        topic: None,
        quality: QualityOfService::AtLeastOnce,
        retain: false,
        expiry: None,
        profile,
        batch_size: 2,
        batch_interval: Duration::from_secs(1),
        partitions: 1,
        max_message_size: None,
        writers: vec![writer],
    }
}

fn node(name: &str) -> ItemNode {
    ItemNode::Indexed(NodeId::new(1, name))
}

pub(crate) fn encoded(value: &Variant) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes, &ContextOwned::default().context()).unwrap();
    bytes
}

pub(crate) fn namespaces() -> Vec<String> {
    vec!["http://opcfoundation.org/UA/".into(), "urn:plant;1".into()]
}

/// Handle, status and value of each row; scalars with a source time and a server time a little later.
pub(crate) fn batch(rows: &[(u32, StatusCode, Vec<u8>)], time: UtcTime) -> DataBatch {
    let mut builder = BatchBuilder::default();
    for (handle, status, value) in rows {
        let time = Some(time).filter(|_| value.first().is_none_or(|mask| mask & 0x80 == 0));
        builder.push(*handle, *status, time, time.map(|time| time + Duration::from_nanos(100)), value);
    }
    let mut batch = builder.build(1, 1, Some(time));
    batch.namespaces = Arc::new(namespaces());
    batch
}

/// Metadata, a key frame with every type, a delta frame with statuses, a keep-alive, a heartbeat; as
/// far as the profile has them.
pub(crate) fn messages(profile: MessageProfile) -> Vec<NetworkMessage> {
    messages_of(&plan(profile, &fields()))
}

/// The same for another plan with these fields.
pub(crate) fn messages_of(plan: &WriterGroupPlan) -> Vec<NetworkMessage> {
    messages_with(plan, &WriterGroupOptions { message_id_seed: 1 << 100, ..WriterGroupOptions::default() })
}

/// The same with other options.
pub(crate) fn messages_with(plan: &WriterGroupPlan, options: &WriterGroupOptions) -> Vec<NetworkMessage> {
    let fields = fields();
    let now = Instant::now();
    let utc = utc();
    let mut group = WriterGroup::new(plan, options, now, utc);
    let types: Vec<_> = fields.iter().map(|(name, value)| meta_data(name, value)).collect();
    group.handle_metadata(17, &types, &namespaces(), now, utc);
    let good = |index: usize| (index as u32, StatusCode::Good, encoded(&fields[index].1));
    let rows: Vec<_> = (0..fields.len()).map(good).collect();
    group.handle_data(17, &batch(&rows, utc), now, utc);
    group.handle_data(17, &batch(&statuses(), utc), now, utc);
    group.handle_keep_alive(17, now, utc);
    group.handle_timeout(now + Duration::from_secs(10), utc + Duration::from_secs(10));
    group.flush();
    std::iter::from_fn(|| group.poll_message()).collect()
}

/// The time of all messages.
pub(crate) fn utc() -> UtcTime {
    UtcTime::from(DateTime::ymd_hms_nano(2026, 11, 22, 1, 2, 4, 500_000_000))
}

/// Values of every kind of status, with and without a value.
pub(crate) fn statuses() -> Vec<(u32, StatusCode, Vec<u8>)> {
    let at = |name: &str| fields().iter().position(|(known, _)| known == name).unwrap() as u32;
    vec![
        (at("UInt32"), StatusCode::UncertainInitialValue, encoded(&7_u32.into())),
        (at("UInt64"), StatusCode::BadSensorFailure, Vec::new()),
        (at("Float"), StatusCode::from(0x480), encoded(&0.5_f32.into())),
        (at("Double"), StatusCode::BadOutOfRange, encoded(&2.5.into())),
        (at("String"), StatusCode::Good, vec![0]),
        // A null array of Int32, which has no Variant in the types crate.
        (at("Int32 []"), StatusCode::Good, vec![0x86, 0xff, 0xff, 0xff, 0xff]),
    ]
}

pub(crate) fn meta_data(name: &str, value: &Variant) -> FieldMetaData {
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
