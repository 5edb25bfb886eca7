//! What the fuzz targets of JSON and of NodeIds as text run.

#![allow(clippy::unwrap_used)]

use crate::json::{
    Encoding, Format, ReadOptions, Spelling, data_value_from_str, data_value_to_string, expanded_node_id_from_str,
    node_id_from_str, node_id_to_string, read_data_value, read_variant, variant_from_str, variant_to_string,
    write_variant,
};
use crate::session::EncodedValue;
use crate::time::UtcTime;
use crate::ua::{
    Array, BinaryEncodable, ByteString, ContextOwned, DataValue, DateTime, DiagnosticInfo, ExpandedNodeId,
    ExtensionObject, Guid, LocalizedText, NodeId, QualifiedName, ReadValueId, StatusCode, UAString, Variant,
    VariantScalarTypeId, XmlElement,
};

/// Bytes that are taken for a Variant become JSON that a parser and our own reader accept.
pub(crate) fn transcode(data: &[u8]) {
    written(EncodedValue::from_checked(data));
}

/// What can be read from JSON is the same when it is written and read again.
pub(crate) fn read(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(value) = variant_from_str(text, &namespaces()) {
        stays(&value);
    }
    if let Ok(json) = serde_json::from_str(text) {
        for encoding in [Encoding::Reversible, Encoding::NonReversible] {
            let options = ReadOptions { encoding, ..ReadOptions::default() };
            let _ = (read_variant(&json, &options), read_data_value(&json, &options));
        }
    }
    if let Ok(value) = data_value_from_str(text, &namespaces())
        && let Ok(once) = data_value_to_string(&value, &Format::compact(&namespaces()))
    {
        let trip = |text: &str| {
            let again = data_value_from_str(text, &namespaces()).expect("what was written can be read");
            data_value_to_string(&again, &Format::compact(&namespaces())).unwrap()
        };
        let twice = trip(&once);
        assert_eq!(trip(&twice), twice);
    }
}

/// A NodeId that can be read is the same when it is written and read again.
pub(crate) fn node_id(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = expanded_node_id_from_str(text, &namespaces());
    if let Ok(id) = node_id_from_str(text, &namespaces()) {
        let written = node_id_to_string(&id, &namespaces());
        assert_eq!(node_id_from_str(&written, &namespaces()).unwrap(), id, "{written}");
    }
}

pub(crate) fn transcode_seeds() -> Vec<Vec<u8>> {
    variants().iter().map(|value| value.encode_to_vec(&ContextOwned::default().context())).collect()
}

pub(crate) fn read_seeds() -> Vec<Vec<u8>> {
    let format = Format::verbose(&[]);
    let mut seeds: Vec<Vec<u8>> =
        variants().iter().map(|value| variant_to_string(value, &format).unwrap().into_bytes()).collect();
    let value = DataValue { status: Some(StatusCode::BadTimeout), ..DataValue::value_only(1.5) };
    seeds.push(data_value_to_string(&value, &format).unwrap().into_bytes());
    seeds
}

pub(crate) fn node_id_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "i=85",
        "ns=1;s=Boiler 1",
        "nsu=urn:one;g=09087e75-8e5e-499b-954f-f2a9603db28a",
        "ns=2;b=AQID",
        "svr=1;nsu=http://x%3B%25;i=4294967295",
        "nsu=urn:%C3%A4;s=",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// Writes a value both ways; whatever is accepted must be JSON.
pub(crate) fn written(value: EncodedValue<'_>) {
    let namespaces = namespaces();
    let encodings = [Encoding::Compact, Encoding::Verbose, Encoding::Reversible, Encoding::NonReversible];
    let spellings = [Spelling::Specification, Spelling::OpcPublisher];
    for (encoding, spelling) in
        encodings.into_iter().flat_map(|encoding| spellings.map(|spelling| (encoding, spelling)))
    {
        let format = Format { spelling, ..Format::new(encoding, &namespaces) };
        let mut out = b"before".to_vec();
        if write_variant(&mut out, value, &format).is_err() {
            assert_eq!(out, b"before", "a refused value leaves nothing behind");
            continue;
        }
        let text = std::str::from_utf8(&out["before".len()..]).expect("JSON is UTF-8");
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => {
                let _ = read_variant(&json, &ReadOptions { encoding, namespaces: &namespaces, ..Default::default() });
            }
            // Our own bound is higher than the parser's.
            Err(error) if error.to_string().contains("recursion limit") => {}
            Err(error) => panic!("{text} is no JSON: {error}"),
        }
        if encoding == Encoding::Compact
            && let Ok(value) = variant_from_str(text, &namespaces)
        {
            stays(&value);
        }
    }
}

/// One value of every type.
pub(crate) fn variants() -> Vec<Variant> {
    let value = ReadValueId { node_id: NodeId::new(1, 7), ..Default::default() };
    let why = DiagnosticInfo { symbolic_id: Some(1), additional_info: Some("why".into()), ..Default::default() };
    let nested = DiagnosticInfo { inner_diagnostic_info: Some(Box::new(why.clone())), ..why };
    let matrix =
        Array::new_multi(VariantScalarTypeId::Int32, (0..6).map(Variant::from).collect::<Vec<_>>(), vec![2, 3]);
    let mixed = [1.into(), "a".into(), Variant::Empty].map(|value| Variant::Variant(Box::new(value))).to_vec();
    vec![
        Variant::Empty,
        true.into(),
        Variant::from(-1_i8),
        Variant::from(200_u8),
        Variant::from(-300_i16),
        Variant::from(60_000_u16),
        Variant::from(-70_000_i32),
        Variant::from(4_000_000_000_u32),
        Variant::from(i64::MIN),
        Variant::from(u64::MAX),
        Variant::from(1.5_f32),
        Variant::from(f64::NAN),
        Variant::from("text \"quoted\" \u{1} ä"),
        Variant::from(UAString::null()),
        Variant::from(DateTime::from(UtcTime::UNIX_EPOCH)),
        Variant::from(Guid::from_bytes([9; 16])),
        Variant::from(ByteString::from(vec![1, 2, 3])),
        Variant::XmlElement(XmlElement::from("<a/>")),
        Variant::from(NodeId::new(1, "Boiler")),
        Variant::from(ExpandedNodeId::new(NodeId::new(0, 85))),
        Variant::from(StatusCode::BadTimeout),
        Variant::from(QualifiedName::new(1, "Name")),
        Variant::from(LocalizedText::new("en", "text")),
        Variant::from(ExtensionObject::from_message(value)),
        Variant::DataValue(Box::new(DataValue::value_only(1.5))),
        Variant::DiagnosticInfo(Box::new(nested)),
        Variant::from(vec![1.5, 2.5]),
        Variant::from(vec!["a".to_owned(), "b".to_owned()]),
        matrix.unwrap().into(),
        Array::new(VariantScalarTypeId::Variant, mixed).unwrap().into(),
    ]
}

fn stays(value: &Variant) {
    let namespaces = namespaces();
    let format = Format::compact(&namespaces);
    let Ok(once) = variant_to_string(value, &format) else { return };
    // What holds nothing, such as an empty DiagnosticInfo in another, is left out from the second trip on.
    let trip = |text: &str| match variant_from_str(text, &namespaces) {
        Ok(again) => variant_to_string(&again, &format).unwrap(),
        Err(error) if format!("{error:?}").contains("recursion limit") => text.to_owned(),
        Err(error) => panic!("{text} was written and cannot be read: {error:?}"),
    };
    let twice = trip(&once);
    assert_eq!(trip(&twice), twice);
}

fn namespaces() -> Vec<String> {
    vec!["http://opcfoundation.org/UA/".into(), "urn:one".into()]
}
