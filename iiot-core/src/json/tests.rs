//! Golden values, round trips of random values, and bytes that are no values.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::ua::type_loader::ByteStringBody;
use crate::ua::{
    Array, ByteString, DateTime, DiagnosticInfo, ExpandedNodeId, ExtensionObject, Guid, LocalizedText, NodeId,
    QualifiedName, UAString, VariantScalarTypeId, XmlElement,
};

fn namespaces() -> Vec<String> {
    vec!["http://opcfoundation.org/UA/".into(), "urn:plant".into(), "urn:a;b".into()]
}

fn compact(value: impl Into<Variant>) -> String {
    variant_to_string(&value.into(), &Format::compact(&namespaces())).unwrap()
}

fn verbose(value: impl Into<Variant>) -> String {
    variant_to_string(&value.into(), &Format::verbose(&namespaces())).unwrap()
}

#[test]
fn dimensions_that_overflow_are_refused() {
    let text = r#"{"UaType":6,"Value":[],"Dimensions":[4294967295,4294967295,4294967295,0]}"#;
    assert!(variant_from_str(text, &[]).is_err());
}

#[test]
fn a_diagnostic_info_that_says_nothing_is_left_out_of_another() {
    let with = |inner| {
        let inner_diagnostic_info = Some(Box::new(inner));
        let outer = DiagnosticInfo { symbolic_id: Some(7), inner_diagnostic_info, ..DiagnosticInfo::null() };
        compact(Variant::DiagnosticInfo(Box::new(outer)))
    };
    assert_eq!(with(DiagnosticInfo::null()), r#"{"UaType":25,"Value":{"SymbolicId":7}}"#);
    let hollow = DiagnosticInfo { inner_diagnostic_info: Some(Box::default()), ..DiagnosticInfo::null() };
    assert_eq!(with(hollow), r#"{"UaType":25,"Value":{"SymbolicId":7}}"#);
    let inner = DiagnosticInfo { symbolic_id: Some(8), ..DiagnosticInfo::null() };
    assert_eq!(with(inner), r#"{"UaType":25,"Value":{"SymbolicId":7,"InnerDiagnosticInfo":{"SymbolicId":8}}}"#);
}

#[test]
fn scalars_are_written_as_the_specification_says() {
    let time = DateTime::ymd_hms_nano(2026, 11, 22, 1, 2, 3, 123_456_700);
    let cases: Vec<(Variant, &str)> = vec![
        (true.into(), r#"{"UaType":1,"Value":true}"#),
        ((-128_i8).into(), r#"{"UaType":2,"Value":-128}"#),
        (255_u8.into(), r#"{"UaType":3,"Value":255}"#),
        (i16::MIN.into(), r#"{"UaType":4,"Value":-32768}"#),
        (u16::MAX.into(), r#"{"UaType":5,"Value":65535}"#),
        (i32::MIN.into(), r#"{"UaType":6,"Value":-2147483648}"#),
        (u32::MAX.into(), r#"{"UaType":7,"Value":4294967295}"#),
        (9_007_199_254_740_993_i64.into(), r#"{"UaType":8,"Value":"9007199254740993"}"#),
        (i64::MIN.into(), r#"{"UaType":8,"Value":"-9223372036854775808"}"#),
        (u64::MAX.into(), r#"{"UaType":9,"Value":"18446744073709551615"}"#),
        (0.1_f32.into(), r#"{"UaType":10,"Value":0.1}"#),
        (f64::NAN.into(), r#"{"UaType":11,"Value":"NaN"}"#),
        (f64::NEG_INFINITY.into(), r#"{"UaType":11,"Value":"-Infinity"}"#),
        ((-0.0).into(), r#"{"UaType":11,"Value":-0.0}"#),
        ("grün \"x\"\n\u{1}".into(), r#"{"UaType":12,"Value":"grün \"x\"\n\u0001"}"#),
        ("".into(), r#"{"UaType":12,"Value":""}"#),
        (UAString::null().into(), r#"{"UaType":12}"#),
        (time.into(), r#"{"UaType":13,"Value":"2026-11-22T01:02:03.1234567Z"}"#),
        (DateTime::null().into(), r#"{"UaType":13}"#),
        (DateTime::endtimes().into(), r#"{"UaType":13,"Value":"9999-12-31T23:59:59Z"}"#),
        (
            "09087e75-8e5e-499b-954f-f2a9603db28a".parse::<Guid>().unwrap().into(),
            r#"{"UaType":14,"Value":"09087e75-8e5e-499b-954f-f2a9603db28a"}"#,
        ),
        (ByteString::from(vec![1, 2, 255]).into(), r#"{"UaType":15,"Value":"AQL/"}"#),
        (ByteString::from(vec![]).into(), r#"{"UaType":15,"Value":""}"#),
        (XmlElement::from("<a/>").into(), r#"{"UaType":16,"Value":"<a/>"}"#),
        (NodeId::new(1, "a\"b").into(), r#"{"UaType":17,"Value":"nsu=urn:plant;s=a\"b"}"#),
        (NodeId::new(2, 5_u32).into(), r#"{"UaType":17,"Value":"nsu=urn:a%3Bb;i=5"}"#),
        (NodeId::null().into(), r#"{"UaType":17}"#),
        (
            ExpandedNodeId { node_id: NodeId::new(0, 7_u32), namespace_uri: "urn:x".into(), server_index: 3 }.into(),
            r#"{"UaType":18,"Value":"svr=3;nsu=urn:x;i=7"}"#,
        ),
        (StatusCode::BadNodeIdUnknown.into(), r#"{"UaType":19,"Value":{"Code":2150891520}}"#),
        (StatusCode::Good.into(), r#"{"UaType":19,"Value":{}}"#),
        (QualifiedName::new(1, "Boiler").into(), r#"{"UaType":20,"Value":"nsu=urn:plant;Boiler"}"#),
        (LocalizedText::new("de", "Kühler").into(), r#"{"UaType":21,"Value":{"Locale":"de","Text":"Kühler"}}"#),
        (
            ExtensionObject::new(ByteStringBody::new(vec![1, 2].into(), NodeId::new(1, 9_u32))).into(),
            r#"{"UaType":22,"Value":{"UaTypeId":"nsu=urn:plant;i=9","UaEncoding":1,"UaBody":"AQI="}}"#,
        ),
        (Variant::Empty, "null"),
    ];
    for (value, text) in cases {
        assert_eq!(compact(value), text);
    }
}

#[test]
fn verbose_adds_names_and_nulls() {
    assert_eq!(
        verbose(StatusCode::from(0x8034_0480)),
        r#"{"UaType":19,"Value":{"Code":2150892672,"Symbol":"BadNodeIdUnknown"}}"#
    );
    assert_eq!(verbose(UAString::null()), r#"{"UaType":12,"Value":null}"#);
}

#[test]
fn arrays_are_flat_with_dimensions() {
    assert_eq!(compact(vec![1_i32, -2]), r#"{"UaType":6,"Value":[1,-2]}"#);
    assert_eq!(compact(Vec::<i32>::new()), r#"{"UaType":6,"Value":[]}"#);
    let strings = vec![Variant::from("a"), Variant::from(UAString::null())];
    let strings = Array::new(VariantScalarTypeId::String, strings).unwrap();
    assert_eq!(compact(strings), r#"{"UaType":12,"Value":["a",null]}"#);
    let matrix: Vec<Variant> = (0..6_u8).map(Variant::from).collect();
    let matrix = Array::new_multi(VariantScalarTypeId::Byte, matrix, [2, 3]).unwrap();
    assert_eq!(compact(matrix), r#"{"UaType":3,"Value":[0,1,2,3,4,5],"Dimensions":[2,3]}"#);
    let mixed = vec![Variant::Variant(Box::new(Variant::from(1_u8))), Variant::Variant(Box::new(Variant::Empty))];
    let mixed = Array::new(VariantScalarTypeId::Variant, mixed).unwrap();
    assert_eq!(compact(mixed), r#"{"UaType":24,"Value":[{"UaType":3,"Value":1},null]}"#);
}

#[test]
fn a_null_array_is_null_and_an_empty_one_is_not() {
    let text = |length: i32| {
        let mut bytes = vec![0x86];
        bytes.extend_from_slice(&length.to_le_bytes());
        let mut out = Vec::new();
        write_variant(&mut out, EncodedValue::from_checked(&bytes), &Format::default()).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(text(-1), r#"{"UaType":6,"Value":null}"#);
    assert_eq!(text(0), r#"{"UaType":6,"Value":[]}"#);
}

#[test]
fn data_values_have_no_more_members_than_they_need() {
    let encoded = to_binary(&Variant::from(1.5)).unwrap();
    let time = UtcTime::from(DateTime::ymd_hms(2026, 1, 2, 3, 4, 5));
    let mut data = EncodedDataValue {
        value: EncodedValue::from_checked(&encoded),
        status: StatusCode::Good,
        source_timestamp: Some(time),
        server_timestamp: None,
    };
    let text = |data: &EncodedDataValue<'_>| {
        let mut out = b"x".to_vec();
        write_data_value(&mut out, data, &Format::default()).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(text(&data), r#"x{"UaType":11,"Value":1.5,"SourceTimestamp":"2026-01-02T03:04:05Z"}"#);
    data.status = StatusCode::UncertainInitialValue;
    data.value = EncodedValue::NULL;
    data.source_timestamp = None;
    assert_eq!(text(&data), r#"x{"Status":{"Code":1083310080}}"#);
    let full = DataValue {
        value: Some(Variant::from(true)),
        status: Some(StatusCode::BadTimeout),
        source_timestamp: Some(DateTime::ymd(2026, 1, 1)),
        source_picoseconds: Some(7),
        server_timestamp: Some(DateTime::ymd(2026, 1, 2)),
        server_picoseconds: Some(8),
    };
    let expected = concat!(
        r#"{"UaType":1,"Value":true,"Status":{"Code":2148139008,"Symbol":"BadTimeout"},"#,
        r#""SourceTimestamp":"2026-01-01T00:00:00Z","SourcePicoseconds":7,"#,
        r#""ServerTimestamp":"2026-01-02T00:00:00Z","ServerPicoseconds":8}"#,
    );
    assert_eq!(data_value_to_string(&full, &Format::verbose(&[])).unwrap(), expected);
    assert_eq!(data_value_from_str(expected, &[]).unwrap(), full);
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| {
        let mut bytes = Vec::new();
        for _ in 0..levels {
            bytes.extend_from_slice(&[0x98, 1, 0, 0, 0]);
        }
        bytes.extend_from_slice(&[1, 1]);
        write_variant(&mut Vec::new(), EncodedValue::from_checked(&bytes), &Format::default())
    };
    nested(MAX_DEPTH).unwrap();
    assert_eq!(nested(MAX_DEPTH + 1).unwrap_err().kind(), ErrorKind::Corrupt);
    nested(200_000).unwrap_err();
}

#[test]
fn lengths_that_lie_are_refused_before_anything_is_allocated() {
    for bytes in [
        &[0x8b, 0xff, 0xff, 0xff, 0x7f][..],
        &[0x8b, 0xfe, 0xff, 0xff, 0xff],
        &[0x0c, 0xff, 0xff, 0xff, 0x7f, b'a'],
        &[0xc3, 1, 0, 0, 0, 9, 0xff, 0xff, 0xff, 0x7f],
        &[0xc3, 1, 0, 0, 0, 9, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0],
        &[0x43, 1],
        &[0x1a, 0, 0, 0, 0],
        &[0x0c, 2, 0, 0, 0, 0xc3, 0x28],
        &[1, 1, 1],
    ] {
        let mut out = b"kept".to_vec();
        let error = write_variant(&mut out, EncodedValue::from_checked(bytes), &Format::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{bytes:?}");
        assert_eq!(out, b"kept");
    }
}

#[test]
fn errors_of_the_reader_name_the_path() {
    let cases = [
        (r#"{"UaType":6,"Value":[1,"x"]}"#, "$.Value[1]"),
        (r#"{"UaType":2,"Value":128}"#, "$.Value"),
        (r#"{"UaType":26,"Value":1}"#, "$.UaType"),
        (r#"{"Value":1}"#, "$.UaType"),
        (r#"{"UaType":3,"Value":[1,2,3],"Dimensions":[2,2]}"#, "$.Value"),
        (r#"{"UaType":23,"Value":{"UaType":1,"Value":0}}"#, "$.Value.Value"),
        (r#"{"UaType":13,"Value":"yesterday"}"#, "$.Value"),
        (r#"{"UaType":15,"Value":"*"}"#, "$.Value"),
        ("[]", "$"),
    ];
    for (text, path) in cases {
        let error = variant_from_str(text, &[]).unwrap_err();
        assert!(error.context().contains(&("path".into(), path.to_owned())), "{text}: {error:?}");
    }
    assert_eq!(
        variant_from_str(r#"{"UaType":22,"Value":{"UaTypeId":"i=1","X":1}}"#, &[]).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
}

/// Scalars of every built-in type, without those that the types crate cannot tell apart.
pub(super) fn scalar() -> impl Strategy<Value = Variant> {
    let text = any::<String>();
    let time = (1_i64..2_650_467_743_000_000_000).prop_map(DateTime::from);
    let guid = any::<[u8; 16]>().prop_map(Guid::from_bytes);
    let float = prop::num::f32::ANY.prop_filter("NaN is not equal to itself", |value| !value.is_nan());
    let double = prop::num::f64::ANY.prop_filter("NaN is not equal to itself", |value| !value.is_nan());
    let bytes = prop::collection::vec(any::<u8>(), 0..40).prop_map(ByteString::from);
    let name = (0_u16..5, text).prop_map(|(index, name)| QualifiedName::new(index, name));
    let localized = ("[a-z]{2}", "\\PC{1,9}").prop_map(|(locale, text)| LocalizedText::new(&locale, &text));
    let structure = (node_id(), prop::collection::vec(any::<u8>(), 1..40))
        .prop_map(|(id, body)| ExtensionObject::new(ByteStringBody::new(body.into(), id)));
    let expanded = (node_id(), prop::option::of("[a-z:;%é]{1,9}"), any::<u32>()).prop_map(|(mut id, uri, server)| {
        id.namespace = if uri.is_some() { 0 } else { id.namespace };
        ExpandedNodeId { node_id: id, namespace_uri: UAString::from(uri), server_index: server }
    });
    let diagnostic = (any::<Option<i32>>(), any::<Option<i32>>(), any::<i32>(), text, any::<bool>()).prop_map(
        |(symbolic_id, locale, inner, info, deep)| DiagnosticInfo {
            symbolic_id,
            locale,
            additional_info: Some(info.as_str().into()),
            inner_status_code: Some(StatusCode::BadTimeout),
            inner_diagnostic_info: deep
                .then(|| Box::new(DiagnosticInfo { symbolic_id: Some(inner), ..DiagnosticInfo::null() })),
            ..DiagnosticInfo::null()
        },
    );
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
        float.prop_map(Variant::from),
        double.prop_map(Variant::from),
        text.prop_map(Variant::from),
        time.prop_map(Variant::from),
        guid.prop_map(Variant::from),
        bytes.prop_map(Variant::from),
        text.prop_map(|text| Variant::from(XmlElement::from(text))),
        node_id().prop_map(Variant::from),
        expanded.prop_map(Variant::from),
        any::<u32>().prop_map(|code| Variant::from(StatusCode::from(code))),
        name.prop_map(Variant::from),
        localized.prop_map(Variant::from),
        structure.prop_map(Variant::from),
        diagnostic.prop_map(|info| Variant::DiagnosticInfo(Box::new(info))),
    ]
}

fn node_id() -> impl Strategy<Value = NodeId> {
    prop_oneof![
        (0_u16..5, 1_u32..).prop_map(|(index, id)| NodeId::new(index, id)),
        (0_u16..5, any::<String>()).prop_map(|(index, id)| NodeId::new(index, id.as_str())),
        (0_u16..5, any::<[u8; 16]>()).prop_map(|(index, id)| NodeId::new(index, Guid::from_bytes(id))),
        (0_u16..5, prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(index, id)| NodeId::new(index, ByteString::from(id))),
    ]
}

/// Scalars, arrays and matrices, and DataValues and Variants of them.
pub(super) fn value() -> impl Strategy<Value = Variant> {
    let array = (scalar(), 1_u32..5, 1_u32..4, any::<bool>()).prop_map(|(scalar, rows, columns, matrix)| {
        let values = vec![scalar.clone(); (rows * columns) as usize];
        let type_id = scalar.scalar_type_id().unwrap();
        let array = if matrix {
            Array::new_multi(type_id, values, [rows, columns]).unwrap()
        } else {
            Array::new(type_id, values).unwrap()
        };
        Variant::from(array)
    });
    let leaf = prop_oneof![scalar(), array];
    leaf.prop_recursive(3, 20, 3, |inner| {
        let data = (inner.clone(), 1_u32.., 1_i64..2_000_000_000_000_000_000).prop_map(|(value, status, ticks)| {
            Variant::from(DataValue {
                value: Some(value),
                status: Some(StatusCode::from(status)),
                source_timestamp: Some(DateTime::from(ticks)),
                source_picoseconds: Some(1),
                server_timestamp: None,
                server_picoseconds: None,
            })
        });
        let variants = prop::collection::vec(inner, 1..3).prop_map(|values| {
            let values = values.into_iter().map(|value| Variant::Variant(Box::new(value))).collect::<Vec<_>>();
            Variant::from(Array::new(VariantScalarTypeId::Variant, values).unwrap())
        });
        prop_oneof![data, variants]
    })
}

proptest! {
    #[test]
    fn every_value_reads_back(value in value(), verbose in any::<bool>()) {
        let namespaces = namespaces();
        let format = if verbose { Format::verbose(&namespaces) } else { Format::compact(&namespaces) };
        let text = variant_to_string(&value, &format).unwrap();
        let read = variant_from_str(&text, &namespaces);
        prop_assert_eq!(read.map_err(|error| error.report()), Ok(value), "{}", text);
    }

    #[test]
    fn bytes_of_any_kind_never_panic_and_make_json_or_an_error(bytes in prop::collection::vec(any::<u8>(), 1..60)) {
        let mut out = Vec::new();
        if write_variant(&mut out, EncodedValue::from_checked(&bytes), &Format::default()).is_ok() {
            let text = String::from_utf8(out).unwrap();
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
            let _ = variant_from_str(&text, &[]);
        } else {
            prop_assert!(out.is_empty());
        }
    }

    #[test]
    fn a_changed_byte_never_panics(value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = to_binary(&value).unwrap();
        let index = at.index(bytes.len());
        bytes[index] = byte;
        let mut out = Vec::new();
        if write_variant(&mut out, EncodedValue::from_checked(&bytes), &Format::default()).is_ok() {
            serde_json::from_slice::<serde_json::Value>(&out).unwrap();
        }
    }
}
