#![allow(clippy::unwrap_used)]

use std::time::Duration;

use iiot_core::session::{Identity, ItemNode, ModeChoice};
use iiot_core::transport::QualityOfService;
use iiot_core::ua::MessageSecurityMode;

use super::*;
use crate::plan::{DataChange, FieldPlan, FieldSettings, Shared, WriterPlan};

mod corpus;
mod findings;

const CURRENT: &str = r#"[
  {
    "EndpointUrl": "opc.tcp://plc:4840/path",
    "EndpointSecurityMode": "SignAndEncrypt",
    "EndpointSecurityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256",
    "OpcAuthenticationMode": "UsernamePassword",
    "OpcAuthenticationUsername": "operator",
    "OpcAuthenticationPassword": "s3cret",
    "DataSetWriterGroup": "Line",
    "DataSetWriterId": "Boiler",
    "PublisherId": "edge-7",
    "WriterGroupQueueName": "plant/{WriterGroup}",
    "WriterGroupQualityOfService": "ExactlyOnce",
    "BatchSize": 50,
    "WriterGroupPartitions": 8,
    "MaxDataSetMessagesPerPublish": 20,
    "MaxNetworkMessageSize": 100000,
    "BatchTriggerInterval": 5000,
    "BatchTriggerIntervalTimespan": "00:00:00.25",
    "DataSetName": "Boiler data",
    "DataSetDescription": "of line 1",
    "DataSetClassId": "09087e75-8e5e-499b-954f-f2a9603db28a",
    "DataSetPublishingInterval": 2000,
    "DataSetSamplingInterval": 500,
    "DataSetKeyFrameCount": 10,
    "MetaDataUpdateTimeTimespan": "00:10:00",
    "SendKeepAliveDataSetMessages": true,
    "MaxKeepAliveCount": 5,
    "Priority": 7,
    "DefaultHeartbeatInterval": 3000,
    "OpcNodes": [
      { "Id": "ns=2;s=Temperature", "DataSetFieldId": "T", "DisplayName": "Temperature", "QueueSize": 4,
        "DiscardNew": true, "SkipFirst": true, "HeartbeatInterval": 5, "OpcSamplingInterval": 250,
        "DataChangeTrigger": "StatusValueTimestamp", "DeadbandType": "Percent", "DeadbandValue": 120 },
      { "Id": "nsu=http://example.org/;i=7", "DisplayName": "Pressure", "IndexRange": "1:3", "AttributeId": "Value" },
      { "ExpandedNodeId": "http://example.org/#s=Level", "HeartbeatIntervalTimespan": "00:00:00" }
    ]
  }
]"#;

#[test]
fn every_setting_of_the_current_shape_arrives_in_the_plan() {
    let Loaded { plan, findings } = load(CURRENT).unwrap();
    assert_eq!(texts(&findings), ["[0].OpcNodes[0].DeadbandValue: it is out of range; 100 is used"]);
    let group = &plan.writer_groups[0];
    assert_eq!((group.name.as_str(), group.publisher_id.as_deref()), ("Line", Some("edge-7")));
    assert_eq!((group.topic.as_deref(), group.quality), (Some("plant/{WriterGroup}"), QualityOfService::ExactlyOnce));
    assert_eq!((group.batch_size, group.batch_interval), (20, Duration::from_millis(250)));
    assert_eq!((group.max_message_size, group.partitions), (Some(100_000), 8));
    let writer = &group.writers[0];
    let connect = &writer.connection.options;
    assert_eq!(connect.endpoint_url, "opc.tcp://plc:4840/path");
    assert_eq!(connect.security.mode, ModeChoice::Exactly(MessageSecurityMode::SignAndEncrypt));
    assert_eq!(connect.security.policy.as_deref(), Some("Basic256Sha256"));
    assert_eq!(connect.identity, Identity::UserName { user: "operator".into(), password: "s3cret".into() });
    assert_eq!((writer.id, writer.name.as_str(), writer.priority), (1, "Boiler", 7));
    assert_eq!((writer.key_frame_count, writer.send_keep_alive), (10, true));
    assert_eq!((writer.max_keep_alive_count, writer.metadata_interval), (Some(5), Some(Duration::from_secs(600))));
    assert_eq!(writer.publishing_interval, Duration::from_secs(2));
    assert_eq!((writer.data_set_name.as_str(), writer.data_set_description.as_str()), ("Boiler data", "of line 1"));
    assert!(writer.data_set_class_id.is_some());
}

#[test]
fn every_setting_of_a_node_arrives_in_its_field() {
    let plan = load(CURRENT).unwrap().plan;
    let [t, pressure, level] = plan.writer_groups[0].writers[0].fields.as_slice() else { panic!("{plan:?}") };
    let expected = FieldPlan {
        name: "T".into(),
        node: "ns=2;s=Temperature".parse::<ItemNode>().unwrap().into(),
        settings: Shared::from(FieldSettings {
            queue_size: Some(4),
            discard_oldest: false,
            skip_first: true,
            heartbeat: Some(Duration::from_secs(5)),
            filter: Some(DataChange { trigger: 2, deadband_type: 2, deadband_value: 100.0 }),
            ..FieldSettings::sampled(Duration::from_millis(250))
        }),
    };
    assert_eq!(*t, expected);
    assert_eq!((pressure.name.as_str(), pressure.index_range.as_str()), ("Pressure", "1:3"));
    assert_eq!(
        (pressure.heartbeat, pressure.sampling_interval),
        (Some(Duration::from_secs(3)), Duration::from_millis(500))
    );
    assert_eq!((level.name.as_str(), level.heartbeat, level.queue_size), ("http://example.org/#s=Level", None, None));
    assert!(matches!(&*level.node, ItemNode::Uri(uri, _) if &**uri == "http://example.org/"));
}

#[test]
fn files_of_older_generations_are_read() {
    let cases = [
        r#"[{"EndpointUrl": "opc.tcp://plc", "NodeId": {"Identifier": "i=2258"}}]"#,
        r#"[{"endpointurl": "opc.tcp://plc", "useSecurity": false, "opcNodes": [{"id": "i=2258"}]}]"#,
        r#"[{"EndpointUrl": "opc.tcp://plc", "UseSecurity": false, "OpcNodes": [{"ExpandedNodeId":
            "nsu=http://opcfoundation.org/UA/;i=2258", "OpcSamplingInterval": "1000", "OpcPublishingInterval": 1000}]}]"#,
        "\u{feff}[{\"EndpointUrl\": \"opc.tcp://plc\", \"OpcNodes\": [{\"Id\": \"http://opcfoundation.org/UA/#i=2258\"}]}]",
    ];
    for text in cases {
        let Loaded { plan, findings } = load(text).unwrap();
        assert_eq!(texts(&findings), [""; 0], "{text}");
        let writer = &plan.writer_groups[0].writers[0];
        assert_eq!(*writer.fields[0].node, "i=2258".parse().unwrap(), "{text}");
        assert_eq!(writer.connection.options.security.mode, ModeChoice::Exactly(MessageSecurityMode::None));
        assert_eq!(
            (plan.writer_groups[0].name.as_str(), writer.name.as_str()),
            ("DefaultWriterGroup", "DefaultWriter")
        );
        assert_eq!((plan.writer_groups[0].batch_size, writer.publishing_interval), (1, Duration::from_secs(1)));
    }
}

#[test]
fn use_security_means_any_secured_endpoint_and_a_mode_beats_it() {
    let secured = |more: &str| entry(&format!(r#""UseSecurity": true{more}"#)).connection.options.security.mode;
    assert_eq!(secured(""), ModeChoice::NotNone);
    assert_eq!(secured(r#", "EndpointSecurityMode": "sign""#), ModeChoice::Exactly(MessageSecurityMode::Sign));
}

#[test]
fn nodes_with_different_cycles_are_split_to_writers_with_names_of_their_own() {
    let plan = load(
        r#"[{"EndpointUrl": "opc.tcp://a", "DataSetWriterId": "W", "OpcNodes": [
              {"Id": "i=1"}, {"Id": "i=2", "OpcPublishingInterval": 100}, {"Id": "i=3", "OpcPublishingIntervalTimespan": "00:00:01"}]},
            {"EndpointUrl": "opc.tcp://b", "DataSetWriterId": "W", "OpcNodes": [{"Id": "i=4"}]},
            {"EndpointUrl": "opc.tcp://a", "DataSetWriterId": "W", "OpcNodes": [{"Id": "i=5"}]}]"#,
    );
    let plan = plan.unwrap().plan;
    let writers: Vec<_> =
        plan.writer_groups[0].writers.iter().map(|w| (w.id, w.name.as_str(), w.fields.len())).collect();
    assert_eq!(writers, [(1, "W", 3), (2, "W_2", 1), (3, "W_3", 1)]);
}

#[test]
fn nodes_that_want_another_way_have_a_writer_of_their_own() {
    let plan = load(
        r#"[{"EndpointUrl": "opc.tcp://a", "DataSetWriterId": "W", "QueueName": "q", "OpcNodes": [
              {"Id": "i=1"}, {"Id": "i=2", "Topic": "t", "QualityOfService": "AtMostOnce"}, {"Id": "i=3", "Topic": "q"}]}]"#,
    );
    let plan = plan.unwrap().plan;
    let writers = &plan.writer_groups[0].writers;
    let ways: Vec<_> = writers.iter().map(|w| (w.name.as_str(), w.route.topic.as_deref(), w.fields.len())).collect();
    assert_eq!(ways, [("W", Some("q"), 2), ("W_2", Some("t"), 1)]);
    assert_eq!(writers[1].route.quality, Some(QualityOfService::AtMostOnce));
}

#[test]
fn batching_has_a_size_and_a_time_or_neither() {
    let cases = [
        ("\"BatchSize\": 0", 1, 0),
        ("\"BatchSize\": 1, \"BatchTriggerInterval\": 500", 1, 0),
        ("\"BatchSize\": 20", 20, 1000),
        ("\"BatchTriggerInterval\": 500", 4096, 500),
    ];
    for (properties, size, interval) in cases {
        let text = format!(r#"[{{"EndpointUrl": "opc.tcp://a", {properties}, "OpcNodes": [{{"Id": "i=1"}}]}}]"#);
        let group = load(&text).unwrap().plan.writer_groups.remove(0);
        assert_eq!((group.batch_size, group.batch_interval), (size, Duration::from_millis(interval)), "{properties}");
    }
}

#[test]
fn a_user_with_a_certificate_is_named_by_its_subject() {
    let text = r#"[{"EndpointUrl": "opc.tcp://a", "OpcNodes": [{"Id": "i=1"}], "OpcAuthenticationMode": "Certificate",
        "OpcAuthenticationUsername": "CN=operator", "OpcAuthenticationPassword": "s3cret"}]"#;
    let Loaded { plan, findings } = load(text).unwrap();
    assert_eq!(texts(&findings), [] as [&str; 0]);
    let identity = &plan.writer_groups[0].writers[0].connection.options.identity;
    assert_eq!(*identity, Identity::Stored { subject: "CN=operator".into(), password: "s3cret".into() });
}

#[test]
fn a_bad_entry_or_node_leaves_the_rest_working() {
    let text = r#"[5, {"OpcNodes": [{"Id": "i=1"}]}, {"EndpointUrl": "http://a"}, {"EndpointUrl": "opc.tcp://u:p@a"},
        {"EndpointUrl": "opc.tcp://a", "OpcNodes": "x"}, {"EndpointUrl": "opc.tcp://a"},
        {"EndpointUrl": "opc.tcp://a", "OpcNodes": [7, {"Id": "Boiler"}, {"DisplayName": "x"}, {"Id": "i=1"}]}]"#;
    let Loaded { plan, findings } = load(text).unwrap();
    let expected = [
        "[0]: it is a number, not an object; it is left out",
        "[1].EndpointUrl: the entry does not say which server; the entry is left out",
        "[2].EndpointUrl: it is not of the form opc.tcp://host:port/path; the entry is left out",
        "[3].EndpointUrl: it must not hold a user name; the entry is left out",
        "[4].OpcNodes: it is a text, not an array; it is left out",
        "[5].OpcNodes: the entry has no nodes; nothing is published for it",
        "[6].OpcNodes[0]: it is a number, not an object; it is left out",
        "[6].OpcNodes[1].Id: \"Boiler\": it is not a node id; write ns=2;s=Name, nsu=http://example.org/;i=7 or i=2258; the node is left out",
        "[6].OpcNodes[2].Id: the node has neither Id nor BrowsePath; it is left out",
    ];
    assert_eq!(texts(&findings), expected);
    assert_eq!(plan.writer_groups[0].writers[0].fields.len(), 1);
}

#[test]
fn fields_of_one_name_are_told_apart_and_repeated_nodes_left_out() {
    let text = r#"[{"EndpointUrl": "opc.tcp://a", "OpcNodes": [
        {"Id": "i=1", "DisplayName": "T"}, {"Id": "i=2", "DisplayName": "T"}, {"Id": "i=1", "DisplayName": "T"},
        {"Id": "i=1", "DisplayName": "U"}]}]"#;
    let Loaded { plan, findings } = load(text).unwrap();
    let expected = [
        "[0].OpcNodes[1]: another field is called T; this one is published as T_2",
        "[0].OpcNodes[2]: the writer DefaultWriter has this node already; it is left out",
    ];
    assert_eq!(texts(&findings), expected);
    let names: Vec<&str> = plan.writer_groups[0].writers[0].fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["T", "T_2", "U"]);
}

#[test]
fn the_first_entry_of_a_group_or_writer_counts_and_others_are_told() {
    let text = r#"[
        {"EndpointUrl": "opc.tcp://a", "BatchSize": 5, "Priority": 1, "OpcNodes": [{"Id": "i=1"}]},
        {"EndpointUrl": "opc.tcp://a", "BatchSize": 6, "Priority": 1, "DataSetName": "x", "OpcNodes": [{"Id": "i=2"}]}]"#;
    let Loaded { plan, findings } = load(text).unwrap();
    let expected = [
        "[1].BatchSize: the group is already described by [0]; that value is used",
        "[1].DataSetName: the writer is already described by [0]; that value is used",
    ];
    assert_eq!(texts(&findings), expected);
    assert_eq!(plan.writer_groups[0].batch_size, 5);
}

#[test]
fn broken_json_is_an_error_with_line_and_column() {
    let error = load("[\n  {\"EndpointUrl\": }\n]").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.report().ends_with("expected a value at line 2 column 19"), "{}", error.report());
    assert!(load("").unwrap_err().report().contains("line 1 column 1"));
    assert!(load("{}").unwrap_err().report().contains("put the entries into an array"));
}

#[test]
fn passwords_stay_out_of_findings_and_debug_output() {
    let text =
        CURRENT.replace("Password\": \"s3cret\"", "Password\": \"s3cret\", \"OpcAuthenticationPasword\": \"s3cret\"");
    let loaded = load(&text).unwrap();
    assert_eq!(loaded.findings.len(), 2);
    assert!(!format!("{loaded:?}").contains("s3cret"));
    let number = CURRENT.replace("\"s3cret\"", "83417");
    assert!(!format!("{:?}", load(&number).unwrap()).contains("83417"));
}

fn entry(properties: &str) -> WriterPlan {
    let text = format!(r#"[{{"EndpointUrl": "opc.tcp://a", "OpcNodes": [{{"Id": "i=1"}}], {properties}}}]"#);
    load(&text).unwrap().plan.writer_groups.remove(0).writers.remove(0)
}

fn texts(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}: {}", finding.path, finding.message)).collect()
}
