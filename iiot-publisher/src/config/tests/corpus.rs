//! Files of each generation, and mistakes in them: our reader and the schema have to agree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use iiot_core::testing::repository;
use jsonschema::Validator;
use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::Value;

use super::super::property::{ENTRY, Kind, NODE, Property, SINGLE_NODE};
use super::*;

fn files() -> Vec<PathBuf> {
    let folder = |path: &Path| fs::read_dir(path).unwrap().map(|item| item.unwrap().path()).collect::<Vec<_>>();
    let generations = folder(&repository().join("iiot-publisher/tests/configuration"));
    generations.iter().flat_map(|generation| folder(generation)).collect()
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

/// Every name of a member.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                found.insert(name.clone());
                names(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

#[test]
fn files_of_all_generations_load_and_use_every_property() {
    let (files, validator, mut used) = (files(), validator(), BTreeSet::new());
    for generation in ["2.5", "2.8", "2.9"] {
        let of_generation =
            files.iter().filter(|file| file.parent().is_some_and(|folder| folder.ends_with(generation)));
        assert!(of_generation.count() >= 4, "{generation}");
    }
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let refused: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(refused, [""; 0], "{}", file.display());
        names(&value, &mut used);
        for finding in load(&text).unwrap().findings {
            assert!(is_documented(&finding), "{}: {finding}", file.display());
        }
    }
    let known = ENTRY.iter().chain(NODE).chain(SINGLE_NODE).map(|property| property.name.to_owned());
    let unused: Vec<String> = known.filter(|name| !used.contains(name)).collect();
    assert_eq!(unused, [""; 0]);
}

/// Users that IoT Edge has encrypted.
fn is_documented(finding: &Finding) -> bool {
    finding.kind == FindingKind::NotSupportedYet && finding.property == "EncryptedAuthUsername"
}

const BASE: &str = r#"[
  {
    "EndpointUrl": "opc.tcp://plc:4840/path",
    "UseSecurity": true,
    "EndpointSecurityMode": "Sign",
    "EndpointSecurityPolicy": "Basic256Sha256",
    "OpcAuthenticationMode": "UsernamePassword",
    "OpcAuthenticationUsername": "operator",
    "OpcAuthenticationPassword": "s3cret",
    "DataSetWriterGroup": "Line",
    "WriterGroupQueueName": "plant/line",
    "WriterGroupQualityOfService": "AtLeastOnce",
    "MessagingMode": "PubSub",
    "MessageEncoding": "Json",
    "BatchSize": 50,
    "BatchTriggerInterval": 5000,
    "DataSetClassId": "09087e75-8e5e-499b-954f-f2a9603db28a",
    "DataSetKeyFrameCount": 10,
    "MetaDataUpdateTimeTimespan": "00:10:00",
    "SendKeepAliveDataSetMessages": true,
    "Priority": 7,
    "Version": 3,
    "DefaultHeartbeatBehavior": "WatchdogLKV",
    "OpcNodes": [
      {
        "Id": "ns=2;s=Temperature",
        "AttributeId": "Value",
        "OpcSamplingInterval": 250,
        "HeartbeatInterval": 5,
        "HeartbeatIntervalTimespan": "00:00:05",
        "QueueSize": 4,
        "DiscardNew": true,
        "DataChangeTrigger": "StatusValue",
        "DeadbandType": "Percent",
        "DeadbandValue": 12,
        "IndexRange": "1:3",
        "Topic": "plant/temperature",
        "DataSetFieldId": "T"
      },
      {
        "BrowsePath": ["/2:Boiler"]
      }
    ]
  }
]"#;

/// What is replaced by what, and where that shows.
const MISTAKES: &[(&str, &str, &str, u32)] = &[
    (r#""EndpointUrl": "opc.tcp://plc:4840/path","#, "", "[0].EndpointUrl", 2),
    (r#""opc.tcp://plc:4840/path""#, r#""http://plc""#, "[0].EndpointUrl", 3),
    (r#""opc.tcp://plc:4840/path""#, r#""opc.tcp://user:word@plc""#, "[0].EndpointUrl", 3),
    (r#""opc.tcp://plc:4840/path""#, "4840", "[0].EndpointUrl", 3),
    (r#""UseSecurity": true"#, r#""UseSecurity": "yes""#, "[0].UseSecurity", 4),
    (r#""UseSecurity""#, r#""UseSecurty""#, "[0].UseSecurty", 4),
    (r#""Sign""#, r#""Strong""#, "[0].EndpointSecurityMode", 5),
    ("Basic256Sha256", "Basic512", "[0].EndpointSecurityPolicy", 6),
    (r#""UsernamePassword""#, r#""Password""#, "[0].OpcAuthenticationMode", 7),
    (r#""s3cret""#, r#"{"$vault": "plc"}"#, "[0].OpcAuthenticationPassword", 9),
    (r#""Line""#, r#"["Line"]"#, "[0].DataSetWriterGroup", 10),
    (r#""plant/line""#, r#""plant/#""#, "[0].WriterGroupQueueName", 11),
    (r#""AtLeastOnce""#, "1", "[0].WriterGroupQualityOfService", 12),
    (r#""PubSub""#, r#""Samplers""#, "[0].MessagingMode", 13),
    (r#""Json""#, r#""Xml""#, "[0].MessageEncoding", 14),
    (r#""BatchSize": 50"#, r#""BatchSize": 5000"#, "[0].BatchSize", 15),
    ("5000", r#""5 s""#, "[0].BatchTriggerInterval", 16),
    ("09087e75-", "", "[0].DataSetClassId", 17),
    (r#""DataSetKeyFrameCount": 10"#, r#""DataSetKeyFrameCount": 0.5"#, "[0].DataSetKeyFrameCount", 18),
    (r#""00:10:00""#, r#""10 min""#, "[0].MetaDataUpdateTimeTimespan", 19),
    (
        r#""SendKeepAliveDataSetMessages": true"#,
        r#""SendKeepAliveDataSetMessages": 1"#,
        "[0].SendKeepAliveDataSetMessages",
        20,
    ),
    (r#""Priority": 7"#, r#""Priority": 256"#, "[0].Priority", 21),
    (r#""Version": 3"#, r#""Version": "third""#, "[0].Version", 22),
    (r#""WatchdogLKV""#, r#""Sometimes""#, "[0].DefaultHeartbeatBehavior", 23),
    (r#""ns=2;s=Temperature""#, r#""Temperature""#, "[0].OpcNodes[0].Id", 26),
    (r#""Value","#, r#""Worth","#, "[0].OpcNodes[0].AttributeId", 27),
    ("250", "-250", "[0].OpcNodes[0].OpcSamplingInterval", 28),
    (r#""00:00:05""#, r#""25:00:05""#, "[0].OpcNodes[0].HeartbeatIntervalTimespan", 30),
    (r#""QueueSize": 4"#, r#""QueueSize": []"#, "[0].OpcNodes[0].QueueSize", 31),
    (r#""StatusValue""#, r#""Always""#, "[0].OpcNodes[0].DataChangeTrigger", 33),
    (r#""Percent""#, r#""Relative""#, "[0].OpcNodes[0].DeadbandType", 34),
    (r#""DeadbandValue": 12"#, r#""DeadbandValue": "much""#, "[0].OpcNodes[0].DeadbandValue", 35),
    (r#""1:3""#, r#""1-3""#, "[0].OpcNodes[0].IndexRange", 36),
    (r#""plant/temperature""#, "{}", "[0].OpcNodes[0].Topic", 37),
    (r#""DataSetFieldId": "T""#, r#""DataSetFieldId": true"#, "[0].OpcNodes[0].DataSetFieldId", 38),
    (r#""BrowsePath": ["/2:Boiler"]"#, r#""DisplayName": "B""#, "[0].OpcNodes[1].Id", 40),
    (r#"["/2:Boiler"]"#, r#""/2:Boiler""#, "[0].OpcNodes[1].BrowsePath", 41),
    (
        r#"{
        "BrowsePath": ["/2:Boiler"]
      }"#,
        r#""i=5""#,
        "[0].OpcNodes[1]",
        40,
    ),
];

#[test]
fn reader_and_schema_find_mistakes_at_the_same_place() {
    let validator = validator();
    assert!(validator.is_valid(&serde_json::from_str(BASE).unwrap()));
    assert!(load(BASE).unwrap().findings.iter().all(is_documented));
    for (right, wrong, path, line) in MISTAKES {
        let text = BASE.replacen(right, wrong, 1);
        assert_ne!(text, BASE, "{right}");
        let findings = load(&text).unwrap().findings;
        let told: Vec<_> = findings.iter().filter(|finding| !is_documented(finding)).collect();
        let at: Vec<_> = told.iter().map(|finding| (finding.path.as_str(), finding.line)).collect();
        assert!(at.contains(&(path, *line)), "{wrong}: {told:?}");
        let value: Value = serde_json::from_str(&text).unwrap();
        let refused: Vec<String> = validator.iter_errors(&value).map(|error| path_of(&error)).collect();
        assert!(refused.iter().any(|refused| refused == path), "{wrong}: {refused:?}");
    }
}

/// Where a schema finds fault, as we write it.
fn path_of(error: &ValidationError<'_>) -> String {
    let mut path = String::new();
    for part in error.instance_path().as_str().split('/').skip(1) {
        match part.parse::<usize>() {
            Ok(index) => path += &format!("[{index}]"),
            Err(_) => path += &format!(".{part}"),
        }
    }
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => format!("{path}.{}", unexpected[0]),
        ValidationErrorKind::Required { property } => format!("{path}.{}", property.as_str().unwrap()),
        ValidationErrorKind::AnyOf { .. } => format!("{path}.Id"),
        _ => path,
    }
}

/// A value that no property of its kind can have.
fn wrong(property: &Property) -> &'static str {
    match property.kind {
        Kind::Free => "7",
        Kind::Secret => "[7]",
        Kind::Name => "true",
        _ => "{\"x\": [7]}",
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_told_for_every_property() {
    let validator = validator();
    for (table, in_node) in [(ENTRY, false), (NODE, true)] {
        for property in table {
            let (name, value) = (property.name, wrong(property));
            let others = if name == "EndpointUrl" { "" } else { "\"EndpointUrl\": \"opc.tcp://a\"," };
            let id = if name == "Id" { "" } else { "\"Id\": \"i=1\"," };
            let text = match in_node {
                true => format!("[{{{others} \"OpcNodes\": [{{{id}\n\"{name}\": {value}}}]}}]"),
                false => format!("[{{{others}\n\"{name}\": {value}}}]"),
            };
            let path = if in_node { format!("[0].OpcNodes[0].{name}") } else { format!("[0].{name}") };
            let findings = load(&text).unwrap().findings;
            let told = |finding: &&Finding| finding.path.starts_with(&path) && finding.line == 2;
            assert!(findings.iter().any(|finding| told(&finding)), "{text}: {findings:?}");
            let value: Value = serde_json::from_str(&text).unwrap();
            let refused: Vec<String> = validator.iter_errors(&value).map(|error| path_of(&error)).collect();
            assert!(refused.iter().any(|refused| refused.starts_with(&path)), "{text}: {refused:?}");
        }
    }
}
