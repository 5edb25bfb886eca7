//! Topics by browse path, from the configuration to the sink.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::MemoryServer;
use iiot_core::testing::within;
use iiot_core::transport::Message;
use iiot_core::ua::{NodeId, Variant};

use super::{Parts, Publisher, Store, StoreOptions};
use crate::config;
use crate::sink::MemorySink;

fn server() -> MemoryServer {
    let server = MemoryServer::new();
    for (index, name) in [(1, "Level"), (2, "Level"), (1, "a/b")] {
        server.add_variable(NodeId::new(index, name), name, Variant::Int32(i32::from(index)));
    }
    server
}

fn entries(routing: &str, nodes: &[&str]) -> String {
    let nodes: Vec<String> = nodes.iter().map(|id| format!(r#"{{"Id": "{id}", "DataSetFieldId": "{id}"}}"#)).collect();
    format!(
        r#"[{{"EndpointUrl": "opc.tcp://plc", "DataSetWriterGroup": "G", "DataSetWriterId": "W", "QueueName": "plant",
            "DataSetRouting": "{routing}", "OpcNodes": [{}]}}]"#,
        nodes.join(",")
    )
}

/// Topic and field of all data.
fn sent(messages: &[Message]) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for message in messages.iter().filter(|message| !message.payload.is_empty()) {
        let value: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        for payload in value["Messages"].as_array().into_iter().flatten() {
            let fields = payload["Payload"].as_object().into_iter().flatten();
            all.extend(fields.map(|(name, _)| (message.topic.clone(), name.clone())));
        }
    }
    all
}

async fn published(
    server: &MemoryServer,
    text: &str,
    store: Option<Store>,
    count: usize,
) -> BTreeSet<(String, String)> {
    let mut loaded = config::load(text).unwrap();
    assert_eq!(loaded.findings, []);
    loaded.plan.writer_groups[0].writers[0].connection.options.endpoint_url = server.url();
    let sink = Arc::new(MemorySink::default());
    let parts = Parts::new(Arc::new(server.connector()), Arc::clone(&sink) as _, "edge");
    let publisher = Publisher::start(&loaded.plan, Parts { store: store.map(Arc::new), ..parts });
    let all = sink.wait_for(|messages| sent(messages).len() == count);
    within("a topic for each", Duration::from_secs(20), all).await;
    publisher.stop(Duration::from_secs(5)).await;
    sent(&sink.messages())
}

fn pairs(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|(topic, name)| ((*topic).to_owned(), (*name).to_owned())).collect()
}

#[tokio::test]
async fn each_node_has_the_topic_of_its_path_and_no_two_have_the_same() {
    let server = server();
    let nodes = ["ns=1;s=Level", "ns=2;s=Level", "ns=1;s=a/b"];
    let by_name = published(&server, &entries("UseBrowseNames", &nodes), None, 3).await;
    let expected = [("plant/Level", nodes[0]), ("plant/Level_2", nodes[1]), (r"plant/a\x2fb", nodes[2])];
    assert_eq!(by_name, pairs(&expected));
    let by_index = entries("UseBrowseNamesWithNamespaceIndex", &nodes);
    let by_index = published(&server, &by_index, None, 3).await;
    let expected = [("plant/1:Level", nodes[0]), ("plant/2:Level", nodes[1]), (r"plant/1:a\x2fb", nodes[2])];
    assert_eq!(by_index, pairs(&expected));
}

#[tokio::test]
async fn a_topic_stays_with_its_field_over_restarts() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let store = || Some(Store::open(folder.path(), StoreOptions::default()).unwrap());
    let one = entries("UseBrowseNames", &["ns=2;s=Level"]);
    assert_eq!(published(&server, &one, store(), 1).await, pairs(&[("plant/Level", "ns=2;s=Level")]));
    let both = entries("UseBrowseNames", &["ns=1;s=Level", "ns=2;s=Level"]);
    let expected = [("plant/Level_2", "ns=1;s=Level"), ("plant/Level", "ns=2;s=Level")];
    assert_eq!(published(&server, &both, store(), 2).await, pairs(&expected));
}

#[tokio::test]
async fn a_broker_forgets_what_it_keeps_of_a_writer_that_is_gone() {
    let (server, sink) = (server(), Arc::new(MemorySink::default()));
    let mut plan = config::load(&entries("None", &["ns=1;s=Level"])).unwrap().plan;
    plan.writer_groups[0].writers[0].connection.options.endpoint_url = server.url();
    plan.writer_groups[0].writers[0].route.retain = Some(true);
    let mut other = plan.writer_groups[0].writers[0].clone();
    (other.id, other.name, other.route.topic) = (2, "V".into(), Some("other".into()));
    plan.writer_groups[0].writers.push(other);
    let parts = Parts::new(Arc::new(server.connector()), Arc::clone(&sink) as _, "edge");
    let publisher = Publisher::start(&plan, Parts { schemas: true, ..parts });
    let both = sink.wait_for(|messages| sent(messages).len() == 2);
    within("values of both", Duration::from_secs(20), both).await;
    plan.writer_groups[0].writers.pop();
    publisher.apply(&plan).await.unwrap();
    let cleared = |messages: &[Message]| -> BTreeSet<String> {
        let empty = messages.iter().filter(|message| message.payload.is_empty());
        empty.inspect(|message| assert!(message.retain)).map(|message| message.topic.clone()).collect()
    };
    within("three are forgotten", Duration::from_secs(20), sink.wait_for(|messages| cleared(messages).len() == 3))
        .await;
    publisher.stop(Duration::from_secs(5)).await;
    let expected = ["other", "other/metadata/V", "other/schema/V"].map(String::from);
    assert_eq!(cleared(&sink.messages()), BTreeSet::from(expected), "and what stays is kept over a stop");
}
