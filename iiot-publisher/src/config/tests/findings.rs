//! What is said of properties that are wrong or have no effect.

use super::*;

/// Entry properties, node properties, the findings, and how many fields remain.
const FINDINGS: &[(&str, &str, &[&str], usize)] = &[
    (
        "",
        r#""OpcSamplingIntervall": 5"#,
        &[
            "[0].OpcNodes[0].OpcSamplingIntervall: there is no such property, it has no effect; did you mean OpcSamplingInterval?",
        ],
        1,
    ),
    (r#", "Colour": "red""#, "", &["[0].Colour: there is no such property, it has no effect"], 1),
    ("", r#""Expand": {"Include": "**/Temp*", "Exclude": ["re:^Old"], "TypeDefinitionId": "i=63"}"#, &[], 0),
    (
        "",
        r#""Expand": {"Include": ["re:("]}"#,
        &[
            "[0].OpcNodes[0].Expand.Include: \"re:(\" is no pattern: unclosed group; write **/Temp* or re:^Pump[0-9]/; the node is left out",
        ],
        0,
    ),
    (
        "",
        r#""Expand": {}, "FetchDisplayName": true, "EventFilter": {"TypeDefinitionId": "i=2041"}"#,
        &["[0].OpcNodes[0].EventFilter: a node with Expand stands for variables; the node is left out"],
        0,
    ),
    (
        "",
        r#""Expand": {}, "FetchDisplayName": true, "ModelChangeHandling": {"RebrowseIntervalTimespan": "soon"}"#,
        &[
            "[0].OpcNodes[0].FetchDisplayName: it says something of one variable; it has no effect on those below a node",
            "[0].OpcNodes[0].ModelChangeHandling.RebrowseIntervalTimespan: it is not a time span like 00:00:01.5; the \
             default is used",
        ],
        0,
    ),
    (
        "",
        r#""ModelChangeHandling": {"RebrowseIntervalTimespan": "01:00:00"}"#,
        &[
            "[0].OpcNodes[0].ModelChangeHandling: without Expand nothing is browsed; changes are published as the server \
           tells of them",
        ],
        1,
    ),
    ("", r#""UseCyclicRead": true, "CyclicReadMaxAge": 100, "RegisterNode": true"#, &[], 1),
    (
        "",
        r#""UseCyclicRead": true, "CyclicReadMaxAgeTimespan": "00:00:02""#,
        &["[0].OpcNodes[0].CyclicReadMaxAgeTimespan: it is more than the sampling interval; 1000 ms are used"],
        1,
    ),
    (
        "",
        r#""RegisterNode": true"#,
        &["[0].OpcNodes[0].RegisterNode: it needs UseCyclicRead; the node is not registered"],
        1,
    ),
    ("", r#""TriggeredNodes": [{"Id": "i=8"}, {"Id": "i=8", "DisplayName": "Eight"}]"#, &[], 3),
    (
        "",
        r#""TriggeredNodes": [7, {"Id": "i=8", "UseCyclicRead": true}]"#,
        &[
            "[0].OpcNodes[0].TriggeredNodes[0]: it is a number, not an object; it is left out",
            "[0].OpcNodes[0].TriggeredNodes[1].UseCyclicRead: it has no effect on a node that is triggered; that of \
             its trigger counts",
        ],
        2,
    ),
    (
        "",
        r#""UseCyclicRead": true, "TriggeredNodes": [{"Id": "i=8"}]"#,
        &[
            "[0].OpcNodes[0].TriggeredNodes: only a value that is subscribed to triggers others; these nodes are left out",
        ],
        1,
    ),
    (
        r#", "OpcNodeWatchdogTimespan": "00:00:10", "OpcNodeWatchdogCondition": "whenallarelate", "DataSetWriterWatchdogBehavior": "Restart""#,
        "",
        &[
            "[0].DataSetWriterWatchdogBehavior: it is none of Diagnostic, Reset, FailFast, ExitProcess; the default is used",
        ],
        1,
    ),
    (
        r#", "SendKeepAliveAsKeyFrameMessages": true, "DataSetExtensionFields": { "Site": "Süd", "Line": 7, "On": true }"#,
        r#""HeartbeatInterval": 1, "HeartbeatBehavior": "periodiclkg""#,
        &[],
        1,
    ),
    (
        r#", "DefaultHeartbeatBehavior": "Sometimes", "DataSetExtensionFields": { "Site": [1] }"#,
        "",
        &[
            "[0].DefaultHeartbeatBehavior: it is none of WatchdogLKV, WatchdogLKG, PeriodicLKV, PeriodicLKG, \
             WatchdogLKVWithUpdatedTimestamps, WatchdogLKVDiagnosticsOnly, PeriodicLKVDropValue, \
             PeriodicLKGDropValue; the default is used",
            "[0].DataSetExtensionFields: Site is an array, not a value; the field is left out",
        ],
        1,
    ),
    ("", r#""UseCyclicRead": false, "RegisterNode": false, "HeartbeatBehavior": "watchdogLKV""#, &[], 1),
    ("", r#""BrowsePath": ["/Objects", ".2:Level"], "FetchDisplayName": true"#, &[], 1),
    (
        "",
        r#""BrowsePath": ["/Objects", "//"]"#,
        &[
            "[0].OpcNodes[0].BrowsePath: \"//\": an element has no name; write elements like /2:Boiler or .2:Level; the node is left out",
        ],
        0,
    ),
    (
        r#", "DataSetRootNodeId": "Boiler""#,
        "",
        &[
            "[0].DataSetRootNodeId: \"Boiler\": it is not a node id; write ns=2;s=Name, nsu=http://example.org/;i=7 or i=2258; paths begin at the Root folder",
        ],
        1,
    ),
    ("", r#""EventFilter": {"TypeDefinitionId": "i=2041"}"#, &[], 1),
    (
        "",
        r#""OpcSamplingInterval": "fast""#,
        &["[0].OpcNodes[0].OpcSamplingInterval: it is not a number; the default is used"],
        1,
    ),
    (
        "",
        r#""OpcSamplingInterval": -5"#,
        &["[0].OpcNodes[0].OpcSamplingInterval: it is negative or too large; the default is used"],
        1,
    ),
    (
        "",
        r#""HeartbeatIntervalTimespan": "1s""#,
        &["[0].OpcNodes[0].HeartbeatIntervalTimespan: it is not a time span like 00:00:01.5; the default is used"],
        1,
    ),
    (
        "",
        r#""QueueSize": 1.5"#,
        &["[0].OpcNodes[0].QueueSize: it is not a whole number from 0 to 4294967295; the default is used"],
        1,
    ),
    (
        "",
        r#""IndexRange": "3:1""#,
        &["[0].OpcNodes[0].IndexRange: it is not a range like 1:3; the node is left out"],
        0,
    ),
    (
        "",
        r#""DeadbandValue": 1"#,
        &["[0].OpcNodes[0].DeadbandValue: it needs DeadbandType Absolute or Percent; values are not filtered by it"],
        1,
    ),
    (
        "",
        r#""DataChangeTrigger": "Any""#,
        &[
            "[0].OpcNodes[0].DataChangeTrigger: it is none of Status, StatusValue, StatusValueTimestamp; the node is left out",
        ],
        0,
    ),
    ("", r#""id": "i=9""#, &["[0].OpcNodes[0].id: it is there twice; the first one is used"], 1),
    (r#", "Priority": 1, "Priority": 2"#, "", &["[0].Priority: it is there twice; the first one is used"], 1),
    (r#", "WriterGroupTransport": "Mqtt""#, "", &[], 1),
    (r#", "MessagingMode": "PubSub", "MessageEncoding": "Json""#, "", &[], 1),
    (r#", "MessagingMode": "Samples", "MessageEncoding": "JsonReversibleGzip""#, "", &[], 1),
    (r#", "MessagingMode": "RawDataSets", "MessageEncoding": "jsonverbose""#, "", &[], 1),
    (r#", "MessagingMode": "FullNetworkMessages", "MessageEncoding": "uadp""#, "", &[], 1),
    (
        r#", "MessagingMode": "DataSets", "MessageEncoding": "Uadp""#,
        "",
        &["[0].MessagingMode: choose a message profile (mode DataSets, encoding Uadp): there is no such pair; Uadp \
            goes with PubSub, FullNetworkMessages, DataSetMessages, SingleDataSetMessage, RawDataSets and \
            SingleRawDataSet; the entry is left out"],
        0,
    ),
    (
        r#", "MessageEncoding": "Avro""#,
        "",
        &["[0].MessageEncoding: it is none of Json, JsonReversible, JsonVerbose, JsonGzip, JsonReversibleGzip, \
            JsonVerboseGzip, Uadp; the entry is left out"],
        0,
    ),
    (
        r#", "MetaDataRetention": false, "MetaDataQueueName": "m/{TelemetryTopic}", "QueueName": "{DataSetWriter}/#""#,
        "",
        &["[0].QueueName: a topic must not hold + or #; the default topic is used"],
        1,
    ),
    (
        r#", "WriterGroupQueueName": "a/#""#,
        "",
        &["[0].WriterGroupQueueName: a topic must not hold + or #; the default topic is used"],
        1,
    ),
    (
        r#", "EndpointSecurityMode": "Strong""#,
        "",
        &["[0].EndpointSecurityMode: it is none of None, Sign, SignAndEncrypt, Best, NotNone; the entry is left out"],
        0,
    ),
    (
        r#", "EndpointSecurityPolicy": "Basic512""#,
        "",
        &[
            "[0].EndpointSecurityPolicy: it is none of None, Basic128Rsa15, Basic256, Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss; the entry is left out",
        ],
        0,
    ),
    (
        r#", "OpcAuthenticationMode": "UsernamePassword""#,
        "",
        &["[0].OpcAuthenticationUsername: the entry does not say which user; the entry is left out"],
        0,
    ),
    (
        r#", "OpcAuthenticationMode": "UsernamePassword", "EncryptedAuthUsername": "x""#,
        "",
        &["[0].EncryptedAuthUsername: only IoT Edge can decrypt it, where it was encrypted; the entry is left out"],
        0,
    ),
    (
        r#", "OpcAuthenticationMode": "Certificate""#,
        "",
        &["[0].OpcAuthenticationUsername: the entry does not say whose certificate; the entry is left out"],
        0,
    ),
    (
        r#", "OpcAuthenticationUsername": "x""#,
        "",
        &["[0].OpcAuthenticationUsername: OpcAuthenticationMode is not UsernamePassword; it is not used"],
        1,
    ),
    (r#", "DataSetClassId": "x""#, "", &["[0].DataSetClassId: it is not a GUID; it is left out"], 1),
];

#[test]
fn what_has_no_effect_is_reported_by_place_and_name() {
    for (entry, node, expected, fields) in FINDINGS {
        let comma = if node.is_empty() { "" } else { ", " };
        let text = format!(r#"[{{"EndpointUrl": "opc.tcp://a", "OpcNodes": [{{"Id": "i=1"{comma}{node}}}]{entry}}}]"#);
        let Loaded { plan, findings } = load(&text).unwrap();
        assert_eq!(texts(&findings), *expected, "{text}");
        let count: usize = plan.writer_groups.iter().flat_map(|group| &group.writers).map(|w| w.fields.len()).sum();
        assert_eq!(count, *fields, "{text}");
    }
}
