//! Messages are valid against the published schema, and the schema refuses what is wrong.

use iiot_publisher::profile::MessageProfile;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::data_set::{encoded, fields, messages, namespaces};

const SCHEMA: &str = include_str!("../../schema/network_message.json");

fn schema() -> Validator {
    jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

fn values() -> Vec<Value> {
    let parsed = |payload: &[u8]| serde_json::from_slice(payload).unwrap();
    messages(MessageProfile::default()).iter().map(|message| parsed(&message.payload)).collect()
}

#[test]
fn messages_are_valid_against_the_schema() {
    let schema = schema();
    for value in values() {
        let errors: Vec<_> =
            schema.iter_errors(&value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    }
}

#[test]
fn values_read_back_from_a_message() {
    let key_frame = &values()[1];
    let payload = &key_frame["Messages"][0]["Payload"];
    for (name, value) in fields() {
        let read = iiot_core::json::data_value_from_json(&payload[&name], &namespaces()).unwrap();
        let equal = encoded(&read.value.clone().unwrap()) == encoded(&value);
        assert!(equal, "{name}: {read:?} is not {value:?}");
    }
}

/// A schema that accepts everything proves nothing.
#[test]
fn the_schema_refuses_what_is_wrong() {
    let schema = schema();
    let good = values();
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
        (2, "/Messages/0/MessageType", json!("ua-deltaframe")),
    ];
    for (index, pointer, value) in changes {
        let mut changed = good[index].clone();
        *changed.pointer_mut(pointer).unwrap() = value.clone();
        assert!(!schema.is_valid(&changed), "{pointer} = {value}");
    }
}
