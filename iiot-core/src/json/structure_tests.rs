//! Structures by field name: the examples of the specification, round trips, and hostile descriptions.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ua::type_loader::ByteStringBody;
use crate::ua::types::{
    EnumerationDescription, FieldDescription, FieldType, GlobalNodeId, Rank, StructureDescription, StructureKind,
};
use crate::ua::{ExtensionObject, NodeId};

const URI: &str = "urn:plant";

fn id(number: u32) -> GlobalNodeId {
    GlobalNodeId::new(URI, number)
}

fn field(name: &str, data_type: FieldType, rank: Rank) -> FieldDescription {
    FieldDescription { name: name.into(), data_type, rank, optional: false }
}

fn built_in(name: &str, number: u8) -> FieldDescription {
    field(name, FieldType::BuiltIn(number), Rank::Scalar)
}

fn optional(field: FieldDescription) -> FieldDescription {
    FieldDescription { optional: true, ..field }
}

/// A structure with this number; its encoding is that number and a hundred.
fn structure(number: u32, kind: StructureKind, fields: Vec<FieldDescription>) -> StructureDescription {
    StructureDescription {
        name: format!("Type{number}"),
        data_type: id(number),
        binary_encoding: Some(id(number + 100)),
        kind,
        fields,
    }
}

fn types() -> TypeSet {
    use StructureKind::{OptionalFields, Plain, Union};
    let mode = EnumerationDescription {
        name: "Mode".into(),
        data_type: id(50),
        built_in_type: 6,
        values: vec![(0, "Off".into()), (7, "Au_to".into())],
    };
    TypeSet::of(
        [
            structure(
                1,
                Plain,
                vec![built_in("X", 6), field("Y", FieldType::Structure(id(2)), Rank::Array), built_in("Z", 6)],
            ),
            structure(2, Plain, vec![built_in("A", 6), built_in("B", 6), built_in("C", 12)]),
            structure(
                3,
                OptionalFields,
                vec![built_in("X", 6), optional(built_in("O1", 6)), built_in("Y", 2), optional(built_in("O2", 6))],
            ),
            structure(4, Union, vec![built_in("A", 6), built_in("B", 11), built_in("C", 12)]),
            structure(
                5,
                Plain,
                vec![
                    field("Mode", FieldType::Enumeration(id(50)), Rank::Scalar),
                    field("Modes", FieldType::Enumeration(id(50)), Rank::Array),
                    field("Inner", FieldType::Structure(id(2)), Rank::Scalar),
                    field("Grid", FieldType::BuiltIn(3), Rank::Matrix),
                    built_in("Any", 24),
                    built_in("More", 22),
                    built_in("Status", 19),
                    built_in("Time", 13),
                    built_in("Wide", 9),
                ],
            ),
        ],
        [mode],
    )
}

fn namespaces() -> Vec<String> {
    vec!["http://opcfoundation.org/UA/".into(), "urn:other".into(), URI.into()]
}

fn object(encoding: u32, body: &[u8]) -> Variant {
    Variant::from(ExtensionObject::new(ByteStringBody::new(body.into(), NodeId::new(2, encoding))))
}

fn text_of(value: &Variant, types: &TypeSet, encoding: Encoding) -> Value {
    let namespaces = namespaces();
    let format = Format { encoding, types: Some(types), ..Format::compact(&namespaces) };
    let text = variant_to_string(value, &format).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["Value"].clone()
}

fn read(value: &Value, types: &TypeSet) -> Result<Variant> {
    let namespaces = namespaces();
    let options = ReadOptions { namespaces: &namespaces, types: Some(types), ..ReadOptions::default() };
    read_variant(&json!({ "UaType": 22, "Value": value }), &options)
}

/// The bytes of little-endian numbers.
fn i32s(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[test]
fn the_examples_of_the_specification() {
    let types = types();
    let nested = [i32s(&[1234, 2, 1, 2, 5]), b"Hello".to_vec(), i32s(&[3, 4, -1, 5678])].concat();
    let optional = [i32s(&[2, 1]), vec![2], i32s(&[0])].concat();
    let union = [i32s(&[2]), 2.5_f64.to_le_bytes().to_vec()].concat();
    let cases = [
        (
            object(101, &nested),
            json!({ "UaTypeId": "nsu=urn:plant;i=1", "X": 1234,
                    "Y": [{ "A": 1, "B": 2, "C": "Hello" }, { "A": 3, "B": 4 }], "Z": 5678 }),
            json!({ "UaTypeId": "nsu=urn:plant;i=1", "X": 1234,
                    "Y": [{ "A": 1, "B": 2, "C": "Hello" }, { "A": 3, "B": 4, "C": null }], "Z": 5678 }),
        ),
        (
            object(103, &optional),
            json!({ "UaTypeId": "nsu=urn:plant;i=3", "EncodingMask": 2, "X": 1, "Y": 2 }),
            json!({ "UaTypeId": "nsu=urn:plant;i=3", "X": 1, "Y": 2, "O2": 0 }),
        ),
        (
            object(104, &union),
            json!({ "UaTypeId": "nsu=urn:plant;i=4", "SwitchField": 2, "B": 2.5 }),
            json!({ "UaTypeId": "nsu=urn:plant;i=4", "B": 2.5 }),
        ),
        (
            object(104, &i32s(&[0])),
            json!({ "UaTypeId": "nsu=urn:plant;i=4" }),
            json!({ "UaTypeId": "nsu=urn:plant;i=4" }),
        ),
    ];
    for (value, compact, verbose) in cases {
        assert_eq!(text_of(&value, &types, Encoding::Compact), compact);
        assert_eq!(text_of(&value, &types, Encoding::Verbose), verbose);
        assert_eq!(read(&compact, &types).unwrap(), value);
        assert_eq!(read(&verbose, &types).unwrap(), value);
    }
}

fn everything() -> Value {
    json!({
        "UaTypeId": "nsu=urn:plant;i=5",
        "Mode": "Au_to_7", "Modes": ["Off_0", "9"],
        "Inner": { "A": 0, "B": -1, "C": "" },
        "Grid": { "Array": [1, 2, 3, 4, 5, 6], "Dimensions": [2, 3] },
        "Any": { "UaType": 11, "Value": 0.5 },
        "More": { "UaTypeId": "nsu=urn:plant;i=2", "A": 1, "B": 2, "C": null },
        "Status": { "Code": 2147483648_u32, "Symbol": "Bad" },
        "Time": "2026-11-22T01:02:03Z", "Wide": "18446744073709551615",
    })
}

#[test]
fn everything_that_can_be_a_field_reads_back() {
    let types = types();
    let value = read(&everything(), &types).unwrap();
    assert_eq!(text_of(&value, &types, Encoding::Verbose), everything());
    let compact = text_of(&value, &types, Encoding::Compact);
    assert_eq!(
        (&compact["Mode"], &compact["Modes"], &compact["Inner"]),
        (&json!(7), &json!([0, 9]), &json!({"B": -1, "C": ""}))
    );
    assert_eq!(read(&compact, &types).unwrap(), value);
    let defaults = read(&json!({ "UaTypeId": "nsu=urn:plant;i=5" }), &types).unwrap();
    assert_eq!(text_of(&defaults, &types, Encoding::Compact), json!({ "UaTypeId": "nsu=urn:plant;i=5" }));
    assert_eq!(text_of(&defaults, &types, Encoding::Verbose)["Inner"], json!({ "A": 0, "B": 0, "C": null }));
    assert!(types.unknown().is_empty());
}

#[test]
fn what_is_wrong_in_a_structure_is_said_with_its_path() {
    let types = types();
    let cases = [
        (json!({ "UaTypeId": "nsu=urn:plant;i=1", "W": 1 }), "$.Value.W", "has no such field; it has X, Y, Z"),
        (json!({ "UaTypeId": "nsu=urn:plant;i=1", "X": "a" }), "$.Value.X", "expected an integer"),
        (
            json!({ "UaTypeId": "nsu=urn:plant;i=1", "Y": [{ "A": 1 }, { "B": true }] }),
            "$.Value.Y[1].B",
            "expected an integer",
        ),
        (json!({ "UaTypeId": "nsu=urn:plant;i=1", "Y": 1 }), "$.Value.Y", "expected an array"),
        (json!({ "UaTypeId": "nsu=urn:plant;i=3", "EncodingMask": 4 }), "$.Value.EncodingMask", "bits without a field"),
        (json!({ "UaTypeId": "nsu=urn:plant;i=3", "EncodingMask": 1, "O2": 1 }), "$.Value.O2", "is absent"),
        (json!({ "UaTypeId": "nsu=urn:plant;i=4", "A": 1, "B": 2 }), "$.Value.B", "a union has one field"),
        (json!({ "UaTypeId": "nsu=urn:plant;i=4", "SwitchField": 4 }), "$.Value.SwitchField", "beyond the last field"),
        (json!({ "UaTypeId": "nsu=urn:plant;i=4", "SwitchField": 1, "B": 2 }), "$.Value.SwitchField", "another field"),
        (json!({ "UaTypeId": "nsu=urn:plant;i=5", "Mode": "On" }), "$.Value.Mode", "it has Off, Au_to"),
        (
            json!({ "UaTypeId": "nsu=urn:plant;i=5", "Grid": { "Array": [1], "Dimensions": [2, 3] } }),
            "$.Value.Grid",
            "dimensions",
        ),
    ];
    for (text, path, cause) in cases {
        let error = read(&text, &types).unwrap_err();
        assert!(error.context().contains(&("path".into(), path.to_owned())), "{text}: {error:?}");
        assert!(error.message().contains(cause), "{text}: {error:?}");
    }
    let unknown = read(&json!({ "UaTypeId": "nsu=urn:plant;i=99", "X": 1 }), &types).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_forgotten_field_is_refused_where_that_is_asked_for() {
    let (types, namespaces) = (types(), namespaces());
    let options = ReadOptions {
        namespaces: &namespaces,
        types: Some(&types),
        missing: MissingField::Refuse,
        ..Default::default()
    };
    let text = json!({ "A": 1, "C": "c" });
    let error = read_structure(&text, &id(2), &options).unwrap_err();
    assert!(error.context().contains(&("path".into(), "$.B".to_owned())), "{error:?}");
    // Optional fields may be absent, and null is a value.
    read_structure(&json!({ "X": 1, "Y": 2 }), &id(3), &options).unwrap();
    read_structure(&json!({ "A": 1, "B": 2, "C": null }), &id(2), &options).unwrap();
}

#[test]
fn what_does_not_fit_stays_opaque_and_is_counted() {
    let types = types();
    let misfits = [
        (object(104, &i32s(&[4, 0])), "beyond its last field"),
        (object(104, &i32s(&[-1])), "beyond its last field"),
        (object(103, &[i32s(&[4, 1]), vec![2]].concat()), "bits without a field"),
        (object(101, &i32s(&[1, 0x7fff_ffff])), "ends before its last byte"),
        (object(101, &i32s(&[1, -2])), "negative"),
        (object(101, &i32s(&[1, -1, 2, 3])), "bytes behind"),
        (object(102, &[i32s(&[1, 2, 1]), vec![0xff]].concat()), "not UTF-8"),
    ];
    for (value, cause) in misfits {
        let text = text_of(&value, &types, Encoding::Compact);
        assert_eq!(text["UaEncoding"], 1, "{text}");
        assert!(types.unknown().iter().any(|unknown| unknown.reason.as_ref().unwrap().contains(cause)), "{cause}");
    }
    text_of(&object(9, &[]), &types, Encoding::Compact);
    text_of(&object(9, &[1]), &types, Encoding::Compact);
    let unknown = types.unknown();
    let unknown = unknown.iter().find(|unknown| unknown.encoding == id(9)).unwrap();
    assert_eq!((unknown.values, &unknown.reason), (2, &None));
}

#[test]
fn structures_are_found_whatever_the_namespace_order() {
    let types = types();
    let namespaces = ["http://opcfoundation.org/UA/".to_owned(), URI.to_owned()];
    let format = Format { types: Some(&types), ..Format::compact(&namespaces) };
    let value = ExtensionObject::new(ByteStringBody::new(i32s(&[1, 2, -1]).into(), NodeId::new(1, 102_u32)));
    let text = variant_to_string(&value.into(), &format).unwrap();
    assert_eq!(text, r#"{"UaType":22,"Value":{"UaTypeId":"nsu=urn:plant;i=2","A":1,"B":2}}"#);
}

#[test]
fn descriptions_beyond_all_reason_are_refused() {
    use StructureKind::{OptionalFields, Plain};
    let many = |count: usize| (0..count).map(|index| built_in(&format!("F{index}"), 1)).collect::<Vec<_>>();
    let cases = [
        (structure(1, Plain, many(1_000_000)), "1000000 fields"),
        (structure(1, OptionalFields, many(40).into_iter().map(optional).collect()), "more than 32 optional"),
        (structure(1, Plain, vec![optional(built_in("A", 1))]), "no encoding mask"),
        (structure(1, Plain, vec![built_in("A", 1), built_in("A", 2)]), "same name"),
        (structure(1, Plain, vec![built_in("", 1)]), "no name"),
        (structure(1, Plain, vec![built_in("UaTypeId", 1)]), "reserved"),
        (structure(1, Plain, vec![built_in(&"n".repeat(600), 1)]), "longer than"),
        (structure(1, Plain, vec![built_in("A", 26)]), "no built-in type"),
        (structure(1, Plain, vec![field("A", FieldType::Structure(id(8)), Rank::Scalar)]), "its field A is not known"),
    ];
    for (description, cause) in cases {
        let types = TypeSet::of([description], []);
        let refused: Vec<_> = types.refused().collect();
        assert!(refused.len() == 1 && refused[0].1.contains(cause), "{cause}: {refused:?}");
        let value = object(101, &[0; 8]);
        assert_eq!(text_of(&value, &types, Encoding::Compact)["UaEncoding"], 1);
    }
    // What depends on a refused type is refused as well, through circles too.
    let lost = |number, of| structure(number, Plain, vec![field("F", FieldType::Structure(id(of)), Rank::Array)]);
    let types = TypeSet::of([lost(1, 2), lost(2, 3), lost(3, 9), lost(4, 5), lost(5, 4)], []);
    assert_eq!(types.refused().count(), 3);
    assert_eq!(types.structures().count(), 2);
}

/// Types that would let few bytes become endless text or work.
#[test]
fn types_that_contain_themselves_end() {
    use StructureKind::Plain;
    let inner = |name: &str, number| field(name, FieldType::Structure(id(number)), Rank::Scalar);
    let itself = structure(1, Plain, vec![inner("Self", 1)]);
    let list = structure(2, Plain, vec![built_in("N", 3), field("Rest", FieldType::Structure(id(2)), Rank::Array)]);
    let twice = (10..80).map(|number| structure(number, Plain, vec![inner("L", number + 1), inner("R", number + 1)]));
    let types = TypeSet::of(twice.chain([itself, list, structure(80, Plain, vec![])]), []);
    let started = Instant::now();
    for (encoding, cause) in [(101, "nested too deeply"), (110, "too many fields")] {
        let value = object(encoding, &[0; 64]);
        assert_eq!(text_of(&value, &types, Encoding::Verbose)["UaEncoding"], 1);
        let unknown = types.unknown();
        assert!(unknown.iter().any(|unknown| unknown.reason.as_ref().unwrap().contains(cause)), "{unknown:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let nested = |depth: usize| {
        let body = [1, 1, 0, 0, 0].repeat(depth);
        text_of(&object(102, &[body, vec![9, 0xff, 0xff, 0xff, 0xff]].concat()), &types, Encoding::Verbose)
    };
    assert_eq!(nested(2)["Rest"][0]["Rest"][0], json!({ "N": 9, "Rest": null }));
    assert_eq!(nested(200)["UaEncoding"], 1);
    let error = read(&json!({ "UaTypeId": "nsu=urn:plant;i=1" }), &types).unwrap_err();
    assert!(error.message().contains("nested too deeply"), "{error:?}");
}

#[test]
fn text_is_bounded_however_long_the_names_are() {
    let fields = (0..4000).map(|index| built_in(&format!("{index:0>500}"), 3)).collect();
    let row = structure(2, StructureKind::Plain, fields);
    let rows = structure(1, StructureKind::Plain, vec![field("Rows", FieldType::Structure(id(2)), Rank::Array)]);
    let types = TypeSet::of([row, rows], []);
    let body = [i32s(&[100]), vec![1; 400_000]].concat();
    let text = text_of(&object(101, &body), &types, Encoding::Compact);
    assert_eq!(text["UaEncoding"], 1);
}

proptest! {
    #[test]
    fn bytes_of_any_kind_make_json_or_stay_opaque(encoding in 101_u32..106, body in prop::collection::vec(any::<u8>(), 0..80)) {
        let types = types();
        for encoding_kind in [Encoding::Compact, Encoding::Verbose] {
            let text = text_of(&object(encoding, &body), &types, encoding_kind);
            if text.get("UaEncoding").is_none() {
                // What is written out reads back; only nulls that are equal to others may differ.
                prop_assert!(read(&text, &types).is_ok(), "{}", text);
            }
        }
    }
}
