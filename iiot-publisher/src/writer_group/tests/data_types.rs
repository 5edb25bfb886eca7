//! Metadata describes the structures and enumerations that fields are of.

use iiot_core::ua::ExtensionObject;
use iiot_core::ua::type_loader::ByteStringBody;
use iiot_core::ua::types::{
    EnumerationDescription, FieldDescription, FieldType, GlobalNodeId, Rank, StructureDescription, StructureKind,
};

use super::*;
use crate::decode::{DataSetMetaData, Decoder, Received};
use crate::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};

const URI: &str = "urn:plant;of=ours";

fn id(number: u32) -> GlobalNodeId {
    GlobalNodeId::new(URI, number)
}

fn member(name: &str, data_type: FieldType, rank: Rank) -> FieldDescription {
    FieldDescription { name: name.into(), data_type, rank, optional: false }
}

fn structure(number: u32, name: &str, kind: StructureKind, fields: Vec<FieldDescription>) -> StructureDescription {
    let binary_encoding = Some(id(number + 1000));
    StructureDescription { name: name.into(), data_type: id(number), binary_encoding, kind, fields }
}

/// A motor with a state and parts, and a structure that no field is of.
fn known() -> (Vec<StructureDescription>, Vec<EnumerationDescription>) {
    let double = FieldType::BuiltIn(11);
    let motor = vec![
        member("Speed", double.clone(), Rank::Scalar),
        member("State", FieldType::Enumeration(id(9)), Rank::Scalar),
        member("Parts", FieldType::Structure(id(2)), Rank::Array),
    ];
    let note = FieldDescription { optional: true, ..member("Note", FieldType::BuiltIn(12), Rank::Scalar) };
    let part = vec![member("Grid", FieldType::BuiltIn(3), Rank::Matrix), note];
    let structures = vec![
        structure(1, "Motor", StructureKind::Plain, motor),
        structure(2, "Part", StructureKind::OptionalFields, part),
        structure(3, "Unused", StructureKind::Union, vec![member("X", double, Rank::Scalar)]),
    ];
    let values = vec![(0, "Off".to_owned()), (1, "On".to_owned()), (-7, "Broken".to_owned())];
    (structures, vec![EnumerationDescription { name: "State".into(), data_type: id(9), built_in_type: 6, values }])
}

fn types() -> Arc<TypeSet> {
    let (structures, enumerations) = known();
    Arc::new(TypeSet::of(structures, enumerations))
}

fn namespaces() -> Vec<String> {
    vec!["http://opcfoundation.org/UA/".into(), URI.into()]
}

fn motor() -> FieldMetaData {
    FieldMetaData { built_in_type: 22, data_type: NodeId::new(1, 1_u32), value_rank: -1, ..FieldMetaData::default() }
}

fn bench(profile: MessageProfile) -> Bench {
    Bench::new(&WriterGroupPlan { profile, ..group(vec![writer(1, &["motor"])]) })
}

fn told(decoder: &mut Decoder, message: &NetworkMessage) -> DataSetMetaData {
    match decoder.decode(&message.payload).unwrap().remove(0) {
        Received::MetaData(meta_data) => meta_data,
        Received::Data(other) => panic!("{other:?}"),
    }
}

fn tells_and_reads(profile: MessageProfile) {
    let mut bench = bench(profile);
    bench.group.handle_types(1, types());
    bench.group.handle_metadata(1, &[motor()], &namespaces(), bench.now, bench.utc);
    // Speed 1.5, State On, no Parts.
    let body = [&1.5_f64.to_le_bytes()[..], &1_i32.to_le_bytes(), &0_i32.to_le_bytes()].concat();
    let sent = Variant::from(ExtensionObject::new(ByteStringBody::new(body.into(), NodeId::new(1, 1001_u32))));
    bench.data(1, &[(0, sent.clone())]);
    let messages = bench.messages();
    let mut decoder = Decoder::new(profile);
    decoder.set_namespaces(namespaces());
    let meta_data = told(&mut decoder, &messages[0]);
    let (structures, enumerations) = known();
    assert_eq!(meta_data.structures, structures[..2], "{profile:?}");
    assert_eq!(meta_data.enumerations, enumerations, "{profile:?}");
    let Received::Data(data) = decoder.decode(&messages[1].payload).unwrap().remove(0) else { panic!("no data") };
    assert_eq!(data.fields[0].value.value, Some(sent), "{profile:?}: {:?}", data.fields[0].unreadable);
}

#[test]
fn a_receiver_learns_the_structures_of_fields_from_the_metadata() {
    for encoding in [MessageEncoding::Json, MessageEncoding::JsonVerbose, MessageEncoding::Uadp] {
        let profile = MessageProfile::new(MessagingMode::PubSub, encoding, Dialect::default());
        tells_and_reads(profile.unwrap());
    }
}

#[test]
fn types_that_become_known_later_are_a_new_version_and_the_same_ones_are_not() {
    let mut bench = bench(MessageProfile::default());
    let mut describe = |types: Arc<TypeSet>| {
        bench.group.handle_types(1, types);
        bench.group.handle_metadata(1, &[motor()], &namespaces(), bench.now, bench.utc);
        bench.meta_data()
    };
    let version = |told: &[Value]| told[0]["MetaData"]["ConfigurationVersion"]["MajorVersion"].as_u64().unwrap();
    let first = describe(Arc::default());
    let second = describe(types());
    assert!(version(&second) > version(&first));
    assert_eq!(second[0]["MetaData"]["StructureDataTypes"][0]["Name"], "nsu=urn:plant%3Bof=ours;Motor");
    assert_eq!(describe(types()), [] as [Value; 0]);
}
