//! What a writer publishes is valid against the JSON Schema that is published with it, and other things are not.

use std::time::Instant;

use iiot_publisher::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};
use iiot_publisher::writer_group::{MessageKind, NetworkMessage, WriterGroupOptions};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::data_set::{fields, messages_with, plan};
use crate::golden::{profiles, uncompressed};

fn published(profile: MessageProfile) -> Vec<NetworkMessage> {
    let options = WriterGroupOptions { schemas: true, ..WriterGroupOptions::default() };
    messages_with(&plan(profile, &fields()), &options)
}

fn validator(messages: &[NetworkMessage]) -> Validator {
    let schema = messages.iter().find(|message| matches!(message.kind, MessageKind::Schema { writer: 17 }));
    let schema: Value = serde_json::from_slice(&schema.unwrap().payload).unwrap();
    assert_eq!(schema["title"], "boiler");
    jsonschema::meta::validate(&schema).map_err(|error| error.to_string()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// What the schema is of: the parts of a message that belong to one writer.
fn parts(value: Value) -> Vec<Value> {
    match value {
        Value::Array(all) => all.into_iter().flat_map(parts).collect(),
        Value::Object(mut members) if members.contains_key("Messages") => parts(members["Messages"].take()),
        other => vec![other],
    }
}

fn all_parts(profile: MessageProfile, messages: &[NetworkMessage]) -> Vec<Value> {
    let data = messages.iter().filter(|message| message.kind == MessageKind::Data);
    let parsed = |message: &NetworkMessage| {
        serde_json::from_slice(&uncompressed(profile, &message.payload)).unwrap_or_else(|error| panic!("{error}"))
    };
    data.flat_map(|message| parts(parsed(message))).collect()
}

#[test]
fn what_is_published_is_as_its_schema_says() {
    for profile in profiles().into_iter().filter(|profile| !profile.is_binary()) {
        let begun = Instant::now();
        let messages = published(profile);
        let validator = validator(&messages);
        let parts = all_parts(profile, &messages);
        assert!(parts.len() >= 3, "{profile}");
        for part in parts {
            let errors: Vec<_> = validator
                .iter_errors(&part)
                .take(3)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{profile}: {errors:#?}");
        }
        assert!(begun.elapsed().as_secs() < 60);
    }
}

#[test]
fn binary_messages_have_no_schema() {
    let profile = MessageProfile::new(MessagingMode::PubSub, MessageEncoding::Uadp, Dialect::Strict).unwrap();
    assert!(!published(profile).iter().any(|message| matches!(message.kind, MessageKind::Schema { .. })));
}

/// A schema that accepts everything proves nothing.
#[test]
fn what_is_not_of_the_data_set_is_refused() {
    let changes = [
        ("/DataSetWriterId", json!(18)),
        ("/MessageType", json!("ua-event")),
        ("/MetaDataVersion/MajorVersion", json!(1)),
        ("/SequenceNumber", json!(-1)),
        ("/Payload/Boolean/Value", json!("true")),
        ("/Payload/Boolean/UaType", json!(2)),
        ("/Payload/Byte/Value", json!(256)),
        ("/Payload/Int64/Value", json!(1)),
        ("/Payload/Double/Value", json!("many")),
        ("/Payload/DateTime/Value", json!("yesterday")),
        ("/Payload/Int32 []/Value", json!(["1"])),
        ("/Payload/String/SourceTimestamp", json!(5)),
        ("/Payload/NodeId/Value", json!({ "Id": 5 })),
        ("/Payload/Boolean", json!(true)),
    ];
    let profile = MessageProfile::default();
    let messages = published(profile);
    let validator = validator(&messages);
    let good = all_parts(profile, &messages).remove(0);
    assert!(validator.is_valid(&good));
    for (pointer, value) in changes {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
    let mut more = good.clone();
    more["Payload"]["Other"] = json!({});
    assert!(!validator.is_valid(&more), "a field that there is not");
}

#[test]
fn samples_and_raw_values_are_refused_where_their_type_is_another() {
    let cases = [
        (MessagingMode::Samples, MessageEncoding::JsonReversible, "/Value/Value/Body", json!("true")),
        (MessagingMode::FullSamples, MessageEncoding::Json, "/NodeId", json!("ns=1;s=Byte")),
        (MessagingMode::RawDataSets, MessageEncoding::Json, "/Byte", json!(-1)),
        (MessagingMode::DataSets, MessageEncoding::JsonVerbose, "/Byte/Value", json!(-1)),
    ];
    for (mode, encoding, pointer, value) in cases {
        let profile = MessageProfile::new(mode, encoding, Dialect::Strict).unwrap();
        let messages = published(profile);
        let (validator, mut part) = (validator(&messages), all_parts(profile, &messages).remove(0));
        assert!(validator.is_valid(&part), "{profile}");
        *part.pointer_mut(pointer).unwrap_or_else(|| panic!("{profile} {pointer}")) = value;
        assert!(!validator.is_valid(&part), "{profile} {pointer}");
    }
}
