//! Events and conditions of the file.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use iiot_core::session::{Comparable, Condition, EventField, EventQuery, ItemNode, Operand};
use iiot_core::ua::{FilterOperator, NodeId, ObjectTypeId, Variant};

use super::*;
use crate::plan::{ConditionPlan, EventPlan, EventSelection, WriterPlan};

fn nodes(nodes: &str) -> Loaded {
    load(&format!(r#"[{{"EndpointUrl": "opc.tcp://a", "DataSetWriterId": "W", "OpcNodes": [{nodes}]}}]"#)).unwrap()
}

/// The only writer, and what was found.
fn one(node: &str) -> (Option<WriterPlan>, Vec<String>) {
    let Loaded { mut plan, findings } = nodes(node);
    let writer = plan.writer_groups.pop().and_then(|mut group| group.writers.pop());
    (writer, findings.iter().map(|finding| format!("{}: {}", finding.path, finding.message)).collect())
}

fn event(node: &str) -> EventPlan {
    let (writer, findings) = one(node);
    assert_eq!(findings, [""; 0], "{node}");
    writer.unwrap().event.unwrap()
}

#[test]
fn a_type_selects_all_of_its_fields() {
    let (writer, findings) = one(
        r#"{"Id": "i=2253", "DisplayName": "Alarms", "QueueSize": 500, "EventFilter": {"TypeDefinitionId": "i=2915"},
            "ConditionHandling": {"SnapshotInterval": 60, "UpdateInterval": 5}}"#,
    );
    let writer = writer.unwrap();
    assert_eq!(findings, [""; 0]);
    let interval = Duration::from_secs;
    let expected = EventPlan {
        selection: EventSelection::Type("i=2915".parse().unwrap()),
        conditions: Some(ConditionPlan { snapshot_interval: interval(60), update_interval: interval(5) }),
        refresh_on_start: true,
    };
    assert_eq!(writer.event, Some(expected));
    assert_eq!((writer.name.as_str(), writer.data_set_name.as_str()), ("W", "Alarms"));
    let [notifier] = writer.fields.as_slice() else { panic!("{:?}", writer.fields) };
    assert_eq!((notifier.name.as_str(), notifier.attribute_id, notifier.queue_size), ("Alarms", 12, Some(500)));
}

#[test]
fn clauses_select_fields_under_their_names() {
    let event = event(
        r#"{"Id": "i=2253", "EventFilter": {"SelectClauses": [
            {"TypeDefinitionId": "i=2041", "BrowsePath": ["Severity"]},
            {"TypeDefinitionId": "i=2915", "BrowsePath": ["ActiveState", "Id"]},
            {"TypeDefinitionId": "i=2782", "AttributeId": "NodeId"},
            {"TypeDefinitionId": "nsu=urn:pump;s=PumpEventType", "BrowsePath": ["nsu=urn:pump;Pressure"],
             "IndexRange": "1:3", "DisplayName": "P"}],
          "WhereClause": {"Elements": [
            {"FilterOperator": "And", "FilterOperands": [{"Index": 1}, {"Index": 2}]},
            {"FilterOperator": "OfType", "FilterOperands": [{"Value": "nsu=urn:pump;s=PumpEventType"}]},
            {"FilterOperator": "greaterthanorequal", "FilterOperands": [
              {"NodeId": "i=2041", "BrowsePath": ["Severity"]}, {"Value": 500, "DataType": "UInt16"}]}]}}}"#,
    );
    let pump = || ItemNode::Uri("urn:pump".into(), NodeId::new(0, "PumpEventType"));
    let pressure =
        EventField { index_range: "1:3".into(), ..EventField::new(("urn:pump", "Pressure")).of_type(pump()) };
    let fields = [
        EventField::new("Severity"),
        EventField::new("ActiveState").then("Id").of(ObjectTypeId::AlarmConditionType),
        EventField::condition_id(),
        pressure,
    ];
    let condition = Condition::of_type_node(pump()).and(EventField::new("Severity").at_least(500_u16));
    let names = ["Severity", "ActiveState/Id", "ConditionId", "P"].map(String::from).into();
    let query = EventQuery::new(fields).matching(condition);
    assert_eq!(event.selection, EventSelection::Query { names, query, class_field_ids: Default::default() });
    assert_eq!((event.conditions, event.refresh_on_start), (None, false));
}

#[test]
fn every_operator_and_kind_of_operand_is_read() {
    for (name, operator) in condition::OPERATORS {
        let count = match name {
            _ if ["IsNull", "Not", "InView", "OfType"].contains(name) => 1,
            _ if ["Between", "RelatedTo", "InList"].contains(name) => 3,
            _ => 2,
        };
        let operands = vec![r#"{"Value": "i=2041", "DataType": "NodeId"}"#; count].join(",");
        let text = format!(
            r#"{{"Id": "i=2253", "EventFilter": {{"SelectClauses": [{{"BrowsePath": ["Message"]}}], "WhereClause":
               {{"Elements": [{{"FilterOperator": "{name}", "FilterOperands": [{operands}]}}]}}}}}}"#
        );
        let EventSelection::Query { query, .. } = event(&text).selection else { panic!("{name}") };
        let condition = query.condition.unwrap();
        assert_eq!((condition.operator, condition.operands.len()), (*operator, count), "{name}");
    }
}

#[test]
fn values_have_the_type_that_is_said_or_what_json_has() {
    let cases: [(&str, Operand); 10] = [
        ("5", Variant::Int32(5).into()),
        ("5.5", Variant::Double(5.5).into()),
        ("true", Variant::Boolean(true).into()),
        (r#""text""#, Variant::from("text").into()),
        (r#"5, "DataType": "Byte""#, Variant::Byte(5).into()),
        (r#""18446744073709551615", "DataType": "UInt64""#, Variant::UInt64(u64::MAX).into()),
        (r#""i=85", "DataType": "NodeId""#, Operand::Node("i=85".parse().unwrap())),
        (r#""on", "DataType": "i=21""#, Variant::from(iiot_core::ua::LocalizedText::new("", "on")).into()),
        (r#""AQI=", "DataType": "ByteString""#, Variant::from(iiot_core::ua::ByteString::from(vec![1, 2])).into()),
        (r#"2, "DataType": "Float""#, Variant::Float(2.0).into()),
    ];
    for (value, expected) in cases {
        let text = format!(
            r#"{{"Id": "i=2253", "EventFilter": {{"SelectClauses": [{{"BrowsePath": ["Message"]}}], "WhereClause": {{
               "Elements": [{{"FilterOperator": "IsNull", "FilterOperands": [{{"Value": {value}}}]}}]}}}}}}"#
        );
        let EventSelection::Query { query, .. } = event(&text).selection else { panic!("{value}") };
        assert_eq!(query.condition, Some(Condition::of(FilterOperator::IsNull, [expected])), "{value}");
    }
}

#[test]
fn events_and_values_are_separate_writers() {
    let Loaded { plan, findings } = nodes(
        r#"{"Id": "i=1"}, {"Id": "i=2253", "EventFilter": {"TypeDefinitionId": "i=2041"}}, {"Id": "i=2"},
           {"Id": "i=2253", "EventFilter": {"TypeDefinitionId": "i=2915"}, "DisplayName": "Alarms"},
           {"Id": "i=2253", "EventFilter": {"TypeDefinitionId": "i=2041"}}"#,
    );
    let writers = &plan.writer_groups[0].writers;
    let told: Vec<_> = writers
        .iter()
        .map(|w| (w.name.as_str(), w.data_set_name.as_str(), w.event.is_some(), w.fields.len()))
        .collect();
    assert_eq!(told, [("W", "W", false, 2), ("W_2", "W", true, 1), ("W_3", "Alarms", true, 1)]);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].path == "[0].OpcNodes[4]" && findings[0].message.contains("has this node already"));
}

/// What stands in the node beside Id, and the findings below it; the node is left out if the last is true.
const WRONG: &[(&str, &[&str], bool)] = &[
    (r#""EventFilter": 5"#, &["EventFilter: it is a number, not an object; the node is left out"], true),
    (
        r#""EventFilter": {"TypeDefinitionId": "Alarm"}"#,
        &[
            r#"EventFilter.TypeDefinitionId: "Alarm": it is not a node id; write ns=2;s=Name, nsu=http://example.org/;i=7 or i=2258; the node is left out"#,
        ],
        true,
    ),
    (
        r#""EventFilter": {"WhereClause": {}}"#,
        &["EventFilter.SelectClauses: it says neither which fields nor which type of events; the node is left out"],
        true,
    ),
    (
        r#""EventFilter": {"SelectClauses": [{"BrowsePath": ["Message"]}, {"BrowsePath": [5]}, {"BrowsePath": ["3:"]}, {}, 7,
           {"BrowsePath": ["Time"], "AttributeId": "Colour"}, {"BrowsePath": ["Message"], "Displayname": "Message"}]}"#,
        &[
            "EventFilter.SelectClauses[4]: it is a number, not an object; it is left out",
            "EventFilter.SelectClauses[1].BrowsePath: it is not an array of texts; the clause is left out",
            r#"EventFilter.SelectClauses[2].BrowsePath: "3:" is no browse name like Severity, 2:Pressure or nsu=http://example.org/;Pressure; the clause is left out"#,
            "EventFilter.SelectClauses[3].BrowsePath: it says of no field; the clause is left out",
            "EventFilter.SelectClauses[5].AttributeId: it is none of NodeId, ",
            "EventFilter.SelectClauses[6].Displayname: another field is called Message; this one is published as Message_2",
        ],
        false,
    ),
    (
        r#""EventFilter": {"SelectClauses": [{"BrowsePath": ["Message"]}], "WhereClause": {"Elements": [
           {"FilterOperator": "Not", "FilterOperands": [{"Index": 0}]}]}}"#,
        &[
            "EventFilter.WhereClause.Elements[0].FilterOperands[0].Index: it names no element behind its own; the node is left out",
        ],
        true,
    ),
    (
        r#""EventFilter": {"SelectClauses": [{"BrowsePath": ["Message"]}], "WhereClause": {"Elements": [
           {"FilterOperator": "Above", "FilterOperands": [{"Index": 1}]}]}}"#,
        &["EventFilter.WhereClause.Elements[0].FilterOperator: it is none of Equals, IsNull, "],
        true,
    ),
    (
        r#""EventFilter": {"SelectClauses": [{"BrowsePath": ["Message"]}], "WhereClause": {"Elements": [
           {"FilterOperator": "Equals", "FilterOperands": [{"BrowsePath": ["Severity"]}]}]}}"#,
        &[
            "EventFilter.WhereClause.Elements[0].FilterOperands: it takes 2 operands, and there are 1; the node is left out",
        ],
        true,
    ),
    (
        r#""EventFilter": {"SelectClauses": [{"BrowsePath": ["Message"]}], "WhereClause": {"Elements": [
           {"FilterOperator": "Equals", "FilterOperands": [{"BrowsePath": ["Severity"]}, {"Value": 70000, "DataType": "UInt16"}]}]}}"#,
        &[
            "EventFilter.WhereClause.Elements[0].FilterOperands[1].Value: it is a number, and no UInt16; the node is left out",
        ],
        true,
    ),
    (
        r#""EventFilter": {"TypeDefinitionId": "i=2041"}, "HeartbeatInterval": 5,
           "ConditionHandling": {"UpdateInterval": 5}"#,
        &[
            "HeartbeatInterval: it says something of values, and the node publishes events; it has no effect",
            "ConditionHandling.UpdateInterval: it needs SnapshotInterval; events are published one by one",
        ],
        false,
    ),
];

#[test]
fn what_is_wrong_is_told_once_where_it_stands() {
    for (node, expected, left_out) in WRONG {
        let (writer, findings) = one(&format!(r#"{{"Id": "i=2253", {node}}}"#));
        assert_eq!(writer.is_none(), *left_out, "{node}");
        assert_eq!(findings.len(), expected.len(), "{node}: {findings:?}");
        for (finding, expected) in findings.iter().zip(*expected) {
            let expected = format!("[0].OpcNodes[0].{expected}");
            assert!(finding.starts_with(&expected), "{finding}\ninstead of\n{expected}");
        }
    }
}

#[test]
fn a_condition_that_would_never_end_is_refused() {
    let element = |index: usize| {
        format!(r#"{{"FilterOperator": "And", "FilterOperands": [{{"Index": {0}}}, {{"Index": {0}}}]}}"#, index + 1)
    };
    let mut elements: Vec<String> = (0..40).map(element).collect();
    elements.push(r#"{"FilterOperator": "IsNull", "FilterOperands": [{"Value": 1}]}"#.into());
    let (writer, findings) = one(&format!(
        r#"{{"Id": "i=2253", "EventFilter": {{"SelectClauses": [{{"BrowsePath": ["Message"]}}],
            "WhereClause": {{"Elements": [{}]}}}}}}"#,
        elements.join(",")
    ));
    assert!(writer.is_none());
    assert!(findings.len() == 1 && findings[0].contains("more than 256 operators"), "{findings:?}");
}
