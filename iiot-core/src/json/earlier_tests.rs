//! The encodings of version 1.04, in both spellings, and raw values.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::tests::{scalar, value};
use super::*;
use crate::ua::{
    Array, ByteString, DateTime, ExpandedNodeId, ExtensionObject, Guid, LocalizedText, NodeId, QualifiedName, UAString,
    VariantScalarTypeId,
};

fn namespaces() -> Vec<String> {
    ["http://opcfoundation.org/UA/", "urn:one", "urn:plant#2"].map(str::to_owned).to_vec()
}

fn written(value: impl Into<Variant>, encoding: Encoding, spelling: Spelling) -> String {
    let namespaces = namespaces();
    variant_to_string(&value.into(), &Format { spelling, ..Format::new(encoding, &namespaces) }).unwrap()
}

fn matrix() -> Variant {
    let values: Vec<Variant> = (0..6_u8).map(Variant::from).collect();
    Array::new_multi(VariantScalarTypeId::Byte, values, [2, 3]).unwrap().into()
}

fn structure() -> Variant {
    let body = crate::ua::type_loader::ByteStringBody::new(vec![1, 2].into(), NodeId::new(2, 9_u32));
    ExtensionObject::new(body).into()
}

#[test]
fn reversible_values_carry_type_and_body() {
    let expanded = ExpandedNodeId { node_id: NodeId::new(0, 7_u32), namespace_uri: "urn:x".into(), server_index: 3 };
    let cases: Vec<(Variant, &str, &str)> = vec![
        (true.into(), r#"{"Type":1,"Body":true}"#, r#"{"Type":"Boolean","Body":true}"#),
        (
            i64::MAX.into(),
            r#"{"Type":8,"Body":"9223372036854775807"}"#,
            r#"{"Type":"Int64","Body":"9223372036854775807"}"#,
        ),
        (UAString::null().into(), r#"{"Type":12}"#, r#"{"Type":"String"}"#),
        (
            DateTime::null().into(),
            r#"{"Type":13,"Body":"0001-01-01T00:00:00Z"}"#,
            r#"{"Type":"DateTime","Body":"0001-01-01T00:00:00Z"}"#,
        ),
        (
            NodeId::new(2, "a\"b").into(),
            r#"{"Type":17,"Body":{"IdType":1,"Id":"a\"b","Namespace":2}}"#,
            r#"{"Type":"NodeId","Body":"urn:plant%232#s=a\"b"}"#,
        ),
        (NodeId::new(0, 85_u32).into(), r#"{"Type":17,"Body":{"Id":85}}"#, r#"{"Type":"NodeId","Body":"i=85"}"#),
        (
            expanded.into(),
            r#"{"Type":18,"Body":{"Id":7,"Namespace":"urn:x","ServerUri":3}}"#,
            r#"{"Type":"ExpandedNodeId","Body":"urn:x#i=7&srv=3"}"#,
        ),
        (
            StatusCode::BadTimeout.into(),
            r#"{"Type":19,"Body":2148139008}"#,
            r#"{"Type":"StatusCode","Body":2148139008}"#,
        ),
        (
            QualifiedName::new(2, "Boiler").into(),
            r#"{"Type":20,"Body":{"Name":"Boiler","Uri":2}}"#,
            r#"{"Type":"QualifiedName","Body":"urn:plant%232#Boiler"}"#,
        ),
        (
            LocalizedText::new("de", "Kühler").into(),
            r#"{"Type":21,"Body":{"Locale":"de","Text":"Kühler"}}"#,
            r#"{"Type":"LocalizedText","Body":{"Locale":"de","Text":"Kühler"}}"#,
        ),
        (
            structure(),
            r#"{"Type":22,"Body":{"TypeId":{"Id":9,"Namespace":2},"Encoding":1,"Body":"AQI="}}"#,
            r#"{"Type":"ExtensionObject","Body":{"TypeId":"urn:plant%232#i=9","Encoding":"Binary","Body":"AQI="}}"#,
        ),
        (
            matrix(),
            r#"{"Type":3,"Body":[0,1,2,3,4,5],"Dimensions":[2,3]}"#,
            r#"{"Type":"Byte","Body":[0,1,2,3,4,5],"Dimensions":[2,3]}"#,
        ),
        (Variant::Empty, "null", "null"),
    ];
    for (value, specified, compatible) in cases {
        assert_eq!(written(value.clone(), Encoding::Reversible, Spelling::Specification), specified);
        assert_eq!(written(value, Encoding::Reversible, Spelling::OpcPublisher), compatible);
    }
}

#[test]
fn values_that_are_not_reversible_are_alone() {
    let cases: Vec<(Variant, &str, &str)> = vec![
        (1.5.into(), "1.5", "1.5"),
        (Guid::null().into(), "\"00000000-0000-0000-0000-000000000000\"", "\"00000000-0000-0000-0000-000000000000\""),
        (ByteString::from(vec![1]).into(), "\"AQ==\"", "\"AQ==\""),
        (NodeId::new(2, 1_u32).into(), r#"{"Id":1,"Namespace":"urn:plant#2"}"#, "\"urn:plant%232#i=1\""),
        (NodeId::new(1, 1_u32).into(), r#"{"Id":1,"Namespace":1}"#, "\"urn:one#i=1\""),
        (
            StatusCode::BadTimeout.into(),
            r#"{"Code":2148139008,"Symbol":"BadTimeout"}"#,
            r#"{"Symbol":"BadTimeout","Code":2148139008}"#,
        ),
        (StatusCode::Good.into(), "null", "null"),
        (QualifiedName::new(0, "Server").into(), r#"{"Name":"Server"}"#, "\"Server\""),
        (LocalizedText::new("de", "Kühler").into(), "\"Kühler\"", "\"Kühler\""),
        (structure(), "\"AQI=\"", "\"AQI=\""),
        (matrix(), "[[0,1,2],[3,4,5]]", "[[0,1,2],[3,4,5]]"),
    ];
    for (value, specified, compatible) in cases {
        assert_eq!(written(value.clone(), Encoding::NonReversible, Spelling::Specification), specified);
        assert_eq!(written(value, Encoding::NonReversible, Spelling::OpcPublisher), compatible);
    }
}

#[test]
fn data_values_of_both_spellings() {
    let data = DataValue { value: Some(1.into()), status: Some(StatusCode::BadTimeout), ..DataValue::null() };
    let cases = [
        (Encoding::Reversible, Spelling::Specification, r#"{"Value":{"Type":6,"Body":1},"Status":2148139008}"#),
        (
            Encoding::NonReversible,
            Spelling::OpcPublisher,
            r#"{"Value":1,"StatusCode":{"Symbol":"BadTimeout","Code":2148139008}}"#,
        ),
    ];
    for (encoding, spelling, expected) in cases {
        let text = data_value_to_string(&data, &Format { spelling, ..Format::new(encoding, &[]) }).unwrap();
        assert_eq!(text, expected);
        let value_type = ValueType { built_in_type: 6, value_rank: -1 };
        let options = ReadOptions { encoding, value_type, ..ReadOptions::default() };
        assert_eq!(read_data_value(&serde_json::from_str(&text).unwrap(), &options).unwrap(), data);
    }
}

#[test]
fn matrices_cannot_blow_up() {
    let huge = [0xc3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0];
    let deep: Vec<u8> =
        [0xc3, 1, 0, 0, 0, 9].into_iter().chain(20_i32.to_le_bytes()).chain([1, 0, 0, 0].repeat(20)).collect();
    let format = Format::new(Encoding::NonReversible, &[]);
    let mut out = Vec::new();
    write_raw(&mut out, EncodedValue::from_checked(&huge), &format).unwrap();
    assert_eq!(out, b"[]");
    write_raw(&mut out, EncodedValue::from_checked(&deep), &format).unwrap_err();
}

fn value_type(value: &Variant) -> ValueType {
    match value {
        Variant::Array(array) => {
            let rank = array.dimensions.as_ref().map_or(1, |dimensions| dimensions.len() as i32);
            ValueType { built_in_type: array.value_type as u8, value_rank: rank }
        }
        scalar => ValueType { built_in_type: scalar.scalar_type_id().unwrap() as u8, value_rank: -1 },
    }
}

fn encoded_of(value: &Variant) -> Vec<u8> {
    to_binary(value).unwrap()
}

proptest! {
    #[test]
    fn every_value_reads_back_from_the_reversible_encoding(value in value(), compatible in any::<bool>()) {
        let namespaces = namespaces();
        let spelling = if compatible { Spelling::OpcPublisher } else { Spelling::Specification };
        let text = written(value.clone(), Encoding::Reversible, spelling);
        let options = ReadOptions { encoding: Encoding::Reversible, namespaces: &namespaces, ..ReadOptions::default() };
        let read = read_variant(&serde_json::from_str(&text).unwrap(), &options);
        // Names and ids in the older spelling can look like another form.
        if compatible {
            prop_assert!(read.is_ok() || text.contains('#') || text.contains(':'), "{}", text);
        } else {
            prop_assert_eq!(read.map_err(|error| error.report()), Ok(value), "{}", text);
        }
    }

    /// All but locales, and types of structures, which are not written.
    #[test]
    fn raw_values_read_back_with_their_type(value in scalar(), array in 0_usize..4, which in 0_usize..3) {
        let lost = matches!(value, Variant::LocalizedText(_) | Variant::ExtensionObject(_));
        let encoding = [Encoding::Compact, Encoding::Verbose, Encoding::NonReversible][which];
        prop_assume!(!lost || which < 2);
        let type_id = value.scalar_type_id().unwrap();
        let value: Variant = match array {
            0 => value,
            1 => Array::new(type_id, vec![value; 3]).unwrap().into(),
            2 => Array::new(type_id, Vec::new()).unwrap().into(),
            _ => Array::new_multi(type_id, vec![value; 6], [2, 3]).unwrap().into(),
        };
        let namespaces = namespaces();
        let mut text = Vec::new();
        let bytes = encoded_of(&value);
        write_raw(&mut text, EncodedValue::from_checked(&bytes), &Format::new(encoding, &namespaces)).unwrap();
        let value_type = value_type(&value);
        let options = ReadOptions { encoding, namespaces: &namespaces, value_type, ..ReadOptions::default() };
        let read = read_raw(&serde_json::from_slice(&text).unwrap(), &options);
        // Good is nothing where it cannot be read back.
        let good = matches!(value, Variant::StatusCode(StatusCode::Good)) && which == 2;
        prop_assert!(good || read.as_ref().is_ok_and(|read| *read == value), "{:?} {}", read, String::from_utf8_lossy(&text));
    }
}
