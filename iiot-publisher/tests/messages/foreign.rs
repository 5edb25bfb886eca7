//! Decoders that share no code with ours read what we write.

use iiot_core::json::{EncodedDataValue, Encoding, Format, write_data_value};
use iiot_core::session::EncodedValue;
use iiot_core::testing::Peers;
use iiot_core::ua::{StatusCode, Variant};
use iiot_publisher::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};
use serde_json::Value;

use crate::data_set::{encoded, fields, messages, namespaces, statuses, utc};

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a foreign decoder makes of each message.
fn decoded_by(script: &str, payloads: &[Vec<u8>]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("messages");
    let lines: Vec<String> = payloads.iter().map(|payload| hexadecimal(payload)).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let answer = Peers::in_folder(folder.path()).unwrap().answer(script, &file).unwrap();
    answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Fields whose values asyncua does not keep: times are cut to microseconds.
const NOT_BY_ASYNCUA: &[&str] = &["DateTime"];

#[test]
fn asyncua_reads_our_binary_messages() {
    for mode in [MessagingMode::PubSub, MessagingMode::FullNetworkMessages, MessagingMode::DataSetMessages] {
        let profile = MessageProfile::new(mode, MessageEncoding::Uadp, Dialect::Strict).unwrap();
        let payloads: Vec<Vec<u8>> =
            messages(profile).iter().filter(|one| one.data_set_messages > 0).map(|one| one.payload.to_vec()).collect();
        let told = decoded_by("decode_uadp.py", &payloads);
        assert_eq!(told.len(), 3);
        if profile.has_network_header() {
            assert_eq!(told[0]["publisher_id"], "publisher");
            assert_eq!(told[0]["class_id"], "72962b91-fa75-4ae6-8d28-b404dc7daf63");
        }
        assert_eq!(told[0]["writers"], serde_json::json!([17, 17]));
        let sets = told[0]["data_sets"].as_array().unwrap();
        assert_eq!(sets[0]["kind"], "UadpDataSetDataValue");
        assert_eq!(sets[0]["sequence_number"], 0);
        let origin = if profile.is_full() { 2 } else { 0 };
        assert_eq!(sets[0]["fields"].as_array().unwrap().len(), fields().len() + origin, "{profile}");
        for (told, (name, value)) in sets[0]["fields"].as_array().unwrap().iter().zip(fields()) {
            let bytes = told["data_value"].as_str().unwrap();
            let expected = hexadecimal(&encoded(&value));
            let known = NOT_BY_ASYNCUA.iter().any(|known| name.starts_with(known));
            assert!(known || bytes.contains(&expected), "{name}: {bytes} has no {expected}");
        }
        assert_eq!(sets[1]["kind"], "UadpDataSetDeltaDataValue");
        let indexes = sets[1]["fields"].as_array().unwrap().iter().map(|field| field["index"].as_u64().unwrap());
        let behind = (0..origin).map(|place| (fields().len() + place) as u64);
        assert!(indexes.eq(statuses().iter().map(|(handle, ..)| u64::from(*handle)).chain(behind)));
        assert_eq!(told[1]["data_sets"][0]["kind"], "UadpDataSetKeepAlive");
    }
}

/// Fields whose values node-opcua-pubsub-common writes in a longer form.
const NOT_BY_NODE_OPCUA_UADP: &[&str] = &["ExpandedNodeId"];

#[test]
fn node_opcua_reads_our_binary_messages() {
    for mode in [MessagingMode::PubSub, MessagingMode::FullNetworkMessages] {
        node_opcua_reads(MessageProfile::new(mode, MessageEncoding::Uadp, Dialect::Strict).unwrap());
    }
}

fn node_opcua_reads(profile: MessageProfile) {
    let payloads: Vec<Vec<u8>> =
        messages(profile).iter().filter(|one| one.data_set_messages > 0).map(|one| one.payload.to_vec()).collect();
    let told = decoded_by("decode_uadp.mjs", &payloads);
    assert_eq!(told[0]["publisher_id"], "publisher", "{}", told[0]);
    assert_eq!(told[0]["writers"], serde_json::json!([17, 17]));
    let sets = told[0]["data_sets"].as_array().unwrap();
    assert_eq!((&sets[0]["kind"], &sets[0]["sequence_number"]), (&0.into(), &0.into()));
    let mut wrong = Vec::new();
    for (bytes, (name, value)) in sets[0]["fields"].as_array().unwrap().iter().zip(fields()) {
        let expected = hexadecimal(&encoded(&value));
        let known = NOT_BY_NODE_OPCUA_UADP.iter().any(|known| name.starts_with(known));
        if known == bytes.as_str().unwrap().contains(&expected) {
            wrong.push(format!("{name}: {bytes} has no {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(told[1]["data_sets"][0]["kind"], 3);
    assert_eq!(told[2]["data_sets"][0]["kind"], 1);
}

/// What node-opcua does not keep in any version: times are cut to milliseconds, statuses in values
/// and structures of unknown types are dropped, servers by index not known.
const NOT_BY_NODE_OPCUA: &[&str] = &["DateTime", "DataValue", "ExtensionObject", "ExpandedNodeId"];

/// And in 1.05: namespaces that are not in its table, dimensions, zeros and nulls.
const NOT_BY_NODE_OPCUA_105: &[&str] = &["NodeId", "QualifiedName", "null String"];

fn is_kept(version: u32, name: &str) -> bool {
    let starts = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
    !starts(NOT_BY_NODE_OPCUA)
        && (version == 104 || !(starts(NOT_BY_NODE_OPCUA_105) || name.ends_with("[1,2]") || name == "Double"))
}

#[test]
fn node_opcua_reads_our_json_values() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values");
    let (mut lines, mut names) = (Vec::new(), Vec::new());
    let fields: Vec<(String, Variant)> = fields();
    for (version, encoding) in [(105, Encoding::Compact), (105, Encoding::Verbose), (104, Encoding::Reversible)] {
        for (name, value) in &fields {
            let (bytes, namespaces) = (encoded(value), namespaces());
            let data = EncodedDataValue {
                value: EncodedValue::from_checked(&bytes),
                status: StatusCode::UncertainInitialValue,
                source_timestamp: Some(utc()),
                server_timestamp: None,
            };
            let mut text = Vec::new();
            write_data_value(&mut text, &data, &Format::new(encoding, &namespaces)).unwrap();
            lines.push(format!(r#"{{"version":{version},"value":{}}}"#, String::from_utf8(text).unwrap()));
            names.push((version, encoding, name.clone(), hexadecimal(&bytes)));
        }
    }
    std::fs::write(&file, lines.join("\n")).unwrap();
    let answer = Peers::in_folder(folder.path()).unwrap().answer("decode_json.mjs", &file).unwrap();
    let wrong: Vec<_> = answer
        .lines()
        .zip(&names)
        .zip(&lines)
        .filter(|((told, (version, _, name, expected)), _)| told.contains(expected.as_str()) != is_kept(*version, name))
        .map(|((told, (_, encoding, name, expected)), line)| {
            format!("{encoding:?} {name}: {told} has no {expected}; {line}\n")
        })
        .collect();
    assert_eq!(answer.lines().count(), names.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), names.len(), wrong.concat());
}
