#![allow(clippy::unwrap_used)]

use serde_json::Value;

use super::tests::{Floor, PATIENCE, node, numbers, until, value};
use super::*;
use crate::ledger::LossCause;

/// A writer with these properties and nodes.
fn entry(properties: &str, nodes: &str) -> String {
    format!(
        r#"{{"EndpointUrl": "opc.tcp://server0", "DataSetWriterGroup": "G", "DataSetWriterId": "W", {properties}
        "OpcNodes": [{nodes}]}}"#
    )
}

const BY_PATH: &str = r#"{"Id": "i=85", "BrowsePath": ["/1:P"], "DataSetFieldId": "P"}"#;

/// A floor whose variable A is called P.
fn with_path() -> Floor {
    let floor = Floor::new(1);
    floor.server().add_variable(node("A"), "P", value(1, 0));
    floor
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_after_a_restart_brings_no_value_of_the_old_node() {
    let floor = with_path();
    let publisher = floor.start(&entry("", BY_PATH));
    floor.published("P", 1).await;
    floor.server().interrupt("power off");
    floor.server().add_variable(node("A"), "Q", value(66, 1));
    floor.server().add_variable(node("B"), "P", value(2, 1));
    floor.server().restart();
    floor.published("P", 2).await;
    floor.server().set(&node("A"), value(67, 2));
    floor.server().set(&node("B"), value(3, 2));
    floor.published("P", 3).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(numbers(&floor.sink.messages(), "P"), [1, 2, 3]);
    assert!(publisher.losses().iter().all(|loss| loss.cause == LossCause::SubscriptionLost));
}

#[tokio::test]
async fn a_path_is_followed_again_until_it_leads_somewhere() {
    let floor = Floor::new(1);
    let publisher = floor.start(&entry("", &format!("{BY_PATH}, {{\"Id\": \"ns=1;s=A\", \"DisplayName\": \"A\"}}")));
    floor.published("A", 0).await;
    let failed = || publisher.diagnostics().connections[0].writers[0].failed.clone();
    until("the failure", || failed().first().is_some_and(|failed| failed.field == "P")).await;
    assert_eq!(failed()[0].status, iiot_core::ua::StatusCode::BadNoMatch.to_string());
    floor.server().add_variable(node("C"), "P", value(7, 0));
    floor.clock.advance(Duration::from_secs(30));
    floor.published("P", 7).await;
    until("no failure", || failed().is_empty()).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn fields_are_called_as_the_server_calls_their_nodes_from_the_first_message_on() {
    let floor = with_path();
    let nodes =
        r#"{"Id": "ns=1;s=A"}, {"Id": "ns=1;s=B", "FetchDisplayName": false}, {"Id": "i=85", "BrowsePath": ["/1:P"]}"#;
    let publisher = floor.start(&entry(r#""DataSetFetchDisplayNames": true,"#, nodes));
    for (field, number) in [("P", 1), ("P_2", 1), ("ns=1;s=B", 0)] {
        floor.published(field, number).await;
    }
    floor.server().set(&node("A"), value(5, 1));
    floor.published("P", 5).await;
    publisher.stop(PATIENCE).await;
    let messages: Vec<Value> =
        floor.sink.messages().iter().map(|message| serde_json::from_slice(&message.payload).unwrap()).collect();
    let named: Vec<&str> =
        messages[0]["MetaData"]["Fields"].as_array().unwrap().iter().map(|f| f["Name"].as_str().unwrap()).collect();
    assert_eq!(named, ["P", "ns=1;s=B", "P_2"]);
    assert_eq!(messages.iter().filter(|message| message["MetaData"].is_object()).count(), 1);
}

#[tokio::test]
async fn another_plan_keeps_what_is_known_of_fields() {
    let floor = with_path();
    let with_b = |b: &str| {
        let entry =
            entry(r#""DataSetFetchDisplayNames": true,"#, &format!(r#"{{"Id": "i=85", "BrowsePath": ["/1:P"]}}{b}"#));
        crate::config::load(&format!("[{entry}]")).unwrap().plan
    };
    let publisher =
        floor.start(&entry(r#""DataSetFetchDisplayNames": true,"#, r#"{"Id": "i=85", "BrowsePath": ["/1:P"]}"#));
    floor.published("P", 1).await;
    publisher.apply(&with_b(r#", {"Id": "ns=1;s=B"}"#)).await.unwrap();
    floor.published("B", 0).await;
    floor.server().set(&node("A"), value(2, 1));
    floor.published("P", 2).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(numbers(&floor.sink.messages(), "P"), [1, 2]);
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn a_node_that_is_read_in_cycles_is_published_in_each_and_missed_ones_are_declared() {
    let floor = Floor::new(1);
    let nodes =
        r#"{"Id": "ns=1;s=A", "DisplayName": "A", "UseCyclicRead": true}, {"Id": "ns=1;s=B", "DisplayName": "B"}"#;
    let publisher = floor.start(&entry("", nodes));
    let count =
        |number: usize| move |messages: &[iiot_core::transport::Message]| numbers(messages, "A").len() >= number;
    for cycle in 1..=3 {
        tokio::time::timeout(PATIENCE, floor.sink.wait_for(count(cycle))).await.unwrap();
        floor.clock.advance(Duration::from_secs(1));
    }
    floor.server().interrupt("cut");
    floor.clock.advance(Duration::from_secs(1));
    tokio::task::yield_now().await;
    floor.clock.advance(Duration::from_secs(5));
    floor.server().set(&node("A"), value(5, 9));
    floor.server().resume();
    floor.published("A", 5).await;
    floor.published("B", 0).await;
    publisher.stop(PATIENCE).await;
    let losses = publisher.losses();
    let [loss] = losses.as_slice() else { panic!("{losses:?}") };
    assert_eq!((loss.field.as_deref(), loss.cause), (Some("A"), LossCause::NotRead));
    assert!(loss.after.is_some() && loss.before > loss.after);
}

#[tokio::test]
async fn a_trigger_is_found_under_the_name_that_the_server_gives_it() {
    let floor = with_path();
    let nodes = r#"{"Id": "ns=1;s=A", "TriggeredNodes": [{"Id": "ns=1;s=B", "DisplayName": "B"}]}"#;
    let publisher = floor.start(&entry(r#""DataSetFetchDisplayNames": true,"#, nodes));
    floor.published("P", 1).await;
    let writer = publisher.diagnostics().connections[0].writers[0].clone();
    assert_eq!((writer.reporting, writer.failed.len()), (2, 0));
    publisher.stop(PATIENCE).await;
}
