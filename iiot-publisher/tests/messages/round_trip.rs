//! Our decoder reads what our encoder writes: every built-in type, rank and kind of status, in every
//! profile.

use std::time::Instant;

use iiot_core::json::ValueType;
use iiot_core::time::UtcTime;
use iiot_core::ua::type_loader::ByteStringBody;
use iiot_core::ua::{
    Array, ByteString, DataValue, DateTime, DiagnosticInfo, ExpandedNodeId, ExtensionObject, Guid, LocalizedText,
    NodeId, QualifiedName, StatusCode, UAString, Variant, VariantScalarTypeId, XmlElement,
};
use iiot_publisher::decode::{DataSetMessage, Decoder, FrameKind, Received};
use iiot_publisher::profile::{MessageEncoding, MessageProfile};
use iiot_publisher::writer_group::{WriterGroup, WriterGroupOptions};
use proptest::prelude::*;

use crate::data_set::{encoded, fields, meta_data, namespaces, plan, utc};
use crate::golden::profiles;

/// A field and what was received for it.
#[derive(Debug, Clone)]
struct Sent {
    value: Option<Variant>,
    value_type: ValueType,
    status: StatusCode,
    timed: bool,
}

/// A scalar of each built-in type.
fn scalar() -> impl Strategy<Value = Variant> {
    let name = "[a-zäß ;=%:]{0,9}";
    let float = prop::num::f32::ANY.prop_map(Variant::from);
    let double = prop::num::f64::ANY.prop_map(Variant::from);
    let time = (1_i64..2_650_467_743_000_000_000).prop_map(|ticks| DateTime::from(ticks).into());
    let bytes = || prop::collection::vec(any::<u8>(), 0..20);
    let expanded = (node_id(), any::<bool>(), 0_u32..3).prop_map(|(mut id, other, server_index)| {
        id.namespace = if other { 0 } else { id.namespace };
        let namespace_uri = if other { "urn:other".into() } else { UAString::null() };
        ExpandedNodeId { node_id: id, namespace_uri, server_index }.into()
    });
    // The types crate decodes no structure whose encoding has another kind of id.
    let encoding = (0_u16..2, 1_u32..).prop_map(|(index, id)| NodeId::new(index, id));
    let structure = (encoding, prop::collection::vec(any::<u8>(), 1..20))
        .prop_map(|(id, body)| ExtensionObject::new(ByteStringBody::new(body.into(), id)).into());
    let data_value = any::<i32>().prop_map(|number| {
        Variant::DataValue(Box::new(DataValue {
            status: Some(StatusCode::BadTimeout),
            ..DataValue::value_only(number)
        }))
    });
    let diagnostic = any::<i32>().prop_map(|number| {
        let info =
            DiagnosticInfo { symbolic_id: Some(number), additional_info: Some("why".into()), ..Default::default() };
        Variant::DiagnosticInfo(Box::new(info))
    });
    prop_oneof![
        any::<bool>().prop_map(Variant::from),
        any::<i8>().prop_map(Variant::from),
        any::<u8>().prop_map(Variant::from),
        any::<i16>().prop_map(Variant::from),
        any::<u16>().prop_map(Variant::from),
        any::<i32>().prop_map(Variant::from),
        any::<u32>().prop_map(Variant::from),
        any::<i64>().prop_map(Variant::from),
        any::<u64>().prop_map(Variant::from),
        float,
        double,
        any::<String>().prop_map(Variant::from),
        time,
        any::<[u8; 16]>().prop_map(|bytes| Guid::from_bytes(bytes).into()),
        bytes().prop_map(|bytes| ByteString::from(bytes).into()),
        any::<String>().prop_map(|text| XmlElement::from(text).into()),
        node_id().prop_map(Variant::from),
        expanded,
        (1_u32..).prop_map(|code| StatusCode::from(code).into()),
        (1_u16..2, name).prop_map(|(index, name)| QualifiedName::new(index, name).into()),
        ("[a-z]{2}", "\\PC{1,9}").prop_map(|(locale, text)| LocalizedText::new(&locale, &text).into()),
        structure,
        data_value,
        any::<i32>().prop_map(|number| Variant::Variant(Box::new(number.into()))),
        diagnostic,
    ]
}

fn node_id() -> impl Strategy<Value = NodeId> {
    prop_oneof![
        (0_u16..2, 1_u32..).prop_map(|(index, id)| NodeId::new(index, id)),
        (0_u16..2, "[a-z;=%:/]{1,9}").prop_map(|(index, id)| NodeId::new(index, id.as_str())),
        (0_u16..2, any::<[u8; 16]>()).prop_map(|(index, id)| NodeId::new(index, Guid::from_bytes(id))),
        (0_u16..2, prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(index, id)| NodeId::new(index, ByteString::from(id))),
    ]
}

/// A scalar, an array or a matrix, and its metadata.
fn shaped() -> impl Strategy<Value = (Variant, ValueType)> {
    (scalar(), 0_u32..4, 0_u32..3, 0_i32..3).prop_map(|(scalar, rows, columns, rank)| {
        let type_id = scalar.scalar_type_id().unwrap();
        let value_type = |value_rank| ValueType { built_in_type: type_id as u8, value_rank };
        let values = |count: u32| vec![scalar.clone(); count as usize];
        match rank {
            // A Variant holds an array of Variants, but no Variant.
            0 if type_id != VariantScalarTypeId::Variant => (scalar, value_type(-1)),
            0 | 1 => (Array::new(type_id, values(rows)).unwrap().into(), value_type(1)),
            _ => {
                let (rows, columns) = (rows.max(1), columns.max(1));
                let array = Array::new_multi(type_id, values(rows * columns), [rows, columns]);
                (array.unwrap().into(), value_type(2))
            }
        }
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    let status = prop_oneof![
        4 => Just(StatusCode::Good),
        1 => Just(StatusCode::UncertainInitialValue),
        1 => Just(StatusCode::BadSensorFailure),
        1 => Just(StatusCode::from(0x480)),
        1 => (1_u32..).prop_map(StatusCode::from),
    ];
    (shaped(), status, any::<bool>(), prop::bool::weighted(0.9)).prop_map(
        |((value, value_type), status, timed, has)| Sent {
            value: Some(value).filter(|_| has),
            value_type,
            status,
            timed,
        },
    )
}

/// What a subscriber of this profile can know; `None` where it knows less than can be compared.
fn expected(profile: MessageProfile, sent: &Sent, time: UtcTime) -> Option<DataValue> {
    let not_reversible = tells_no_types(profile);
    let value = match &sent.value {
        Some(_) if not_reversible && loses_something(sent) => return None,
        value => value.clone(),
    };
    if profile.is_raw() && !profile.is_binary() {
        let null = value.is_none() && sent.value_type.value_rank == -1;
        // A null text and no text are the same.
        return if null { None } else { Some(DataValue { value, ..DataValue::null() }) };
    }
    if profile.is_raw() && sent.status == StatusCode::Good && value.is_some() {
        return None;
    }
    let time = sent.timed.then(|| DateTime::from(time.ticks()));
    Some(DataValue {
        value,
        status: Some(sent.status).filter(|status| status.bits() != 0),
        source_timestamp: time,
        ..DataValue::null()
    })
}

fn tells_no_types(profile: MessageProfile) -> bool {
    let plain = matches!(profile.encoding(), MessageEncoding::Json | MessageEncoding::JsonGzip);
    let raw_reversible = !plain && profile.is_raw() && profile.encoding().name().starts_with("JsonReversible");
    raw_reversible || (plain && !profile.is_strict())
}

/// Locales, types of structures, and of values in values.
fn loses_something(sent: &Sent) -> bool {
    matches!(sent.value_type.built_in_type, 21..=24)
}

fn same(a: &DataValue, b: &DataValue) -> bool {
    let bytes = |value: &Option<Variant>| value.as_ref().map(encoded);
    // JSON knows one NaN, and so does the text.
    let text = |value: &Option<Variant>| format!("{value:?}");
    let status = |value: &DataValue| value.status.map_or(0, |status| status.bits());
    (bytes(&a.value) == bytes(&b.value) || text(&a.value) == text(&b.value))
        && status(a) == status(b)
        && a.source_timestamp == b.source_timestamp
        && a.server_timestamp == b.server_timestamp
}

/// The data sets that a subscriber gets.
fn received(profile: MessageProfile, sent: &[Sent], max_message_size: Option<usize>) -> Vec<DataSetMessage> {
    let names: Vec<(String, Variant)> = (0..sent.len()).map(|index| (format!("f{index}"), Variant::Empty)).collect();
    let mut plan = plan(profile, &names);
    plan.max_message_size = max_message_size;
    plan.writers[0].key_frame_count = 1;
    let (now, utc) = (Instant::now(), utc());
    let mut group = WriterGroup::new(&plan, &WriterGroupOptions::default(), now, utc);
    let described = |sent: &Sent| iiot_publisher::writer_group::FieldMetaData {
        built_in_type: sent.value_type.built_in_type,
        value_rank: sent.value_type.value_rank,
        ..Default::default()
    };
    group.handle_metadata(17, &sent.iter().map(described).collect::<Vec<_>>(), &namespaces(), now, utc);
    let mut builder = iiot_core::session::BatchBuilder::default();
    for (index, sent) in sent.iter().enumerate() {
        let bytes = sent.value.as_ref().map(encoded).unwrap_or_default();
        builder.push(index as u32, sent.status, Some(utc).filter(|_| sent.timed), None, &bytes);
    }
    let mut batch = builder.build(1, 1, Some(utc));
    batch.namespaces = std::sync::Arc::new(namespaces());
    group.handle_data(17, &batch, now, utc);
    group.flush();
    assert!(group.poll_loss().is_none(), "{profile}");
    let mut decoder = Decoder::new(profile);
    decoder.set_namespaces(namespaces());
    learn(&mut decoder, profile, &plan, sent);
    let mut data = Vec::new();
    while let Some(message) = group.poll_message() {
        assert!(max_message_size.is_none_or(|limit| message.payload.len() <= limit || message.data_set_messages == 0));
        for received in decoder.decode(&message.payload).unwrap_or_else(|error| panic!("{profile}: {error:?}")) {
            if let Received::Data(message) = received {
                data.push(message);
            }
        }
    }
    data
}

/// Raw data sets in JSON come without metadata; a subscriber has it from elsewhere.
fn learn(decoder: &mut Decoder, profile: MessageProfile, plan: &iiot_publisher::plan::WriterGroupPlan, sent: &[Sent]) {
    use iiot_publisher::decode::{DataSetMetaData, FieldDescription};
    if profile.has_metadata() {
        return;
    }
    let field = |(field, sent): (&iiot_publisher::plan::FieldPlan, &Sent)| FieldDescription {
        name: field.name.clone(),
        description: String::new(),
        value_type: sent.value_type,
        data_type: String::new(),
        array_dimensions: Vec::new(),
        field_id: None,
    };
    let fields = plan.writers[0].fields.iter().zip(sent).map(field).collect();
    decoder.learn(DataSetMetaData { fields, ..DataSetMetaData::default() });
}

/// Fields that full modes add.
const TELL_ORIGIN: [&str; 2] = ["EndpointUrl", "ApplicationUri"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_value_reads_back_in_every_profile(sent in prop::collection::vec(sent(), 1..6)) {
        for profile in profiles() {
            let messages = received(profile, &sent, None);
            let fields = messages.iter().flat_map(|message| &message.fields);
            let fields: Vec<_> = fields.filter(|field| !TELL_ORIGIN.contains(&field.name.as_str())).collect();
            prop_assert_eq!(fields.len(), sent.len(), "{}", profile);
            for (index, (field, sent)) in fields.iter().zip(&sent).enumerate() {
                prop_assert_eq!(&field.name, &format!("f{index}"));
                if let Some(expected) = expected(profile, sent, utc()) {
                    prop_assert!(same(&field.value, &expected), "{}: {:?} is not {:?}", profile, field.value, expected);
                }
            }
        }
    }

    #[test]
    fn binary_messages_are_cut_and_put_together(sent in prop::collection::vec(sent(), 6..12), limit in 120_usize..300) {
        let profile = MessageProfile::new(Default::default(), MessageEncoding::Uadp, Default::default()).unwrap();
        let messages = received(profile, &sent, Some(limit));
        prop_assert_eq!(messages.len(), 1);
        for (field, sent) in messages[0].fields.iter().zip(&sent) {
            let expected = expected(profile, sent, utc()).unwrap();
            prop_assert!(same(&field.value, &expected), "{:?} is not {:?}", field.value, expected);
        }
    }
}

#[test]
fn what_stands_around_values_reads_back() {
    for profile in profiles().into_iter().filter(|profile| !profile.is_samples()) {
        let mut decoder = Decoder::new(profile);
        decoder.set_namespaces(namespaces());
        let fields = fields();
        let plan = plan(profile, &fields);
        if !profile.has_metadata() {
            continue;
        }
        let received: Vec<_> = crate::data_set::messages(profile)
            .iter()
            .flat_map(|message| decoder.decode(&message.payload).unwrap_or_else(|error| panic!("{profile}: {error:?}")))
            .collect();
        let Received::MetaData(told) = &received[0] else { panic!("{profile}: metadata comes first") };
        assert_eq!(told.name, "boiler");
        assert_eq!(told.writer_id, Some(17));
        for ((field, plan), (name, value)) in told.fields.iter().zip(plan.writers[0].fields.iter()).zip(&fields) {
            let described = meta_data(name, value);
            assert_eq!(field.name, plan.name);
            assert_eq!(field.value_type.built_in_type, described.built_in_type);
            assert_eq!(
                (field.value_type.value_rank, &field.array_dimensions),
                (described.value_rank, &described.array_dimensions)
            );
        }
        if !profile.has_data_set_header() {
            continue;
        }
        let kinds: Vec<_> = received[1..]
            .iter()
            .map(|received| match received {
                Received::Data(message) => (message.kind.unwrap(), message.sequence_number.unwrap()),
                Received::MetaData(_) => panic!("metadata comes once"),
            })
            .collect();
        let expected = [(FrameKind::Key, 0), (FrameKind::Delta, 1), (FrameKind::KeepAlive, 2), (FrameKind::Delta, 2)];
        assert_eq!(kinds, expected, "{profile}");
        let Received::Data(first) = &received[1] else { panic!("then data") };
        assert_eq!(first.version, Some(told.version));
        assert_eq!(first.timestamp, Some(utc()));
        assert_eq!(first.publisher_id.is_some(), profile.has_network_header());
        assert_eq!(first.data_set_class_id.is_some(), profile.has_network_header());
    }
}

#[test]
fn full_modes_tell_where_values_come_from() {
    let full = profiles().into_iter().filter(|profile| profile.is_full());
    for profile in full {
        let mut decoder = Decoder::new(profile);
        decoder.set_namespaces(namespaces());
        let messages = crate::data_set::messages(profile);
        let received: Vec<_> = messages.iter().flat_map(|message| decoder.decode(&message.payload).unwrap()).collect();
        let data = received.iter().filter_map(|received| match received {
            Received::Data(message) if !message.fields.is_empty() => Some(message),
            _ => None,
        });
        let data: Vec<_> = data.collect();
        for message in &data {
            assert_eq!(message.publisher_id.as_deref(), Some("publisher"), "{profile}");
            let field = |name: &str| {
                let field = message.fields.iter().find(|field| field.name == name);
                field.and_then(|field| field.value.value.clone())
            };
            if profile.is_samples() {
                assert_eq!(message.writer.as_deref(), Some("Werk \"Süd\""), "{profile}");
                assert_eq!(message.writer_group.as_deref(), Some("group"), "{profile}");
            } else {
                assert_eq!(field("EndpointUrl"), Some("opc.tcp://localhost:4840".into()), "{profile}");
                assert_eq!(field("ApplicationUri"), Some("urn:plant;1".into()), "{profile}");
            }
        }
        assert!(data.len() >= 3, "{profile}");
        if profile.is_samples() {
            let text = crate::golden::uncompressed(profile, &messages[0].payload);
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(value[0]["ApplicationUri"], "urn:plant;1", "{profile}");
        }
    }
}
