use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use iiot::core::testing::within;
use iiot::{ErrorKind, MemoryTransport, Transport};
use serde_json::{Value, json};

use super::{PATIENCE, parsed};
use crate::{Ports, Process};

/// A publisher to a hub that the host program reaches.
async fn publisher(hub: &MemoryTransport, more: Value) -> Process {
    let mut options = json!({ "kind": "publisher", "publisherId": "line-1", "sink": "host:hub", "statusInterval": 0,
        "fields": ["temperature", { "name": "state", "dataType": "String" }, { "name": "counts", "dataType": "Int32[]" }] });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let transports = HashMap::from([("hub".to_owned(), Arc::new(hub.clone()) as Arc<dyn Transport>)]);
    let ports = Ports { transports, registry: None };
    Process::start(options.to_string().as_bytes(), ports).await.unwrap()
}

async fn publish(publisher: &Process, values: Value) -> iiot::Result<()> {
    within("publish", PATIENCE, publisher.publish(values.to_string().as_bytes())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_value_of_the_host_program_is_published_once_and_in_order() {
    let (hub, data) = (MemoryTransport::new(), tempfile::tempdir().unwrap());
    let mut messages = hub.clone().subscribe("#").await.unwrap();
    let publisher = publisher(&hub, json!({ "data": data.path(), "dataSet": { "DataSetWriterId": "oven" } })).await;
    for count in 0..200 {
        publish(&publisher, json!([{ "field": "temperature", "value": count }])).await.unwrap();
    }
    let state = json!({ "field": "state", "value": "hot", "sourceTimestamp": "2026-01-02T03:04:05Z" });
    publish(&publisher, json!([state, { "field": "counts", "value": [1, 2] }])).await.unwrap();
    let mut seen = Vec::new();
    let mut last = String::new();
    while !last.contains("\"hot\"") || !last.contains("counts") {
        let message = within("a message", PATIENCE, messages.next()).await.unwrap();
        let text = String::from_utf8_lossy(&message.payload).into_owned();
        let content: Value = parsed(&message.payload);
        if !text.contains("\"Messages\"") {
            continue;
        }
        for data_set in content["Messages"].as_array().unwrap() {
            let value = &data_set["Payload"]["temperature"];
            let value = value.get("Value").unwrap_or(value);
            let value = value.get("Value").unwrap_or(value);
            seen.extend(value.as_f64().map(|value| value as i32));
        }
        last = text;
    }
    // Key frames repeat the last one.
    seen.dedup();
    assert_eq!(seen, (0..200).collect::<Vec<i32>>());
    assert!(last.contains("2026-01-02T03:04:05Z"), "{last}");
    let diagnostics = publisher.face("edge").unwrap().call("diagnostics", b"{}".to_vec()).await.unwrap();
    assert!(parsed(&diagnostics).to_string().contains("oven"), "{}", parsed(&diagnostics));
    within("stop", PATIENCE, publisher.stop()).await.unwrap();
    assert_eq!(publish(&publisher, json!([{ "field": "temperature" }])).await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_do_not_fit_are_refused_with_their_field_and_none_is_published() {
    let hub = MemoryTransport::new();
    let publisher = publisher(&hub, json!({})).await;
    for (value, told) in [
        (json!({ "field": "pressure", "value": 1 }), "pressure"),
        (json!({ "field": "temperature", "value": "warm" }), "temperature"),
        (json!({ "field": "counts", "value": ["a"] }), "counts"),
        (json!({ "field": "state", "value": "x", "sourceTimestamp": "yesterday" }), "state"),
        (json!({ "field": "state", "colour": "x" }), "colour"),
    ] {
        let values = json!([{ "field": "temperature", "value": 1.0 }, value]);
        let error = publish(&publisher, values).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(format!("{error:?}").contains(told), "{error:?}");
    }
    publish(&publisher, json!([])).await.unwrap();
    within("stop", PATIENCE, publisher.stop()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_safe_in_the_log_outlasts_a_publisher_whose_hub_is_away() {
    let (hub, data, away) = (MemoryTransport::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let more = |sink: &str| json!({ "data": data.path(), "sink": sink, "dataSet": { "DataSetWriterId": "oven" } });
    // Nobody listens there.
    let first = publisher(&hub, more("mqtt://127.0.0.1:1")).await;
    publish(&first, json!([{ "field": "state", "value": "kept" }])).await.unwrap();
    within("stop", PATIENCE, first.stop()).await.unwrap();
    let file = away.path().join("values.jsonl");
    let second = publisher(&hub, more(&format!("file:{}", file.display()))).await;
    let kept = async || {
        while !std::fs::read_to_string(&file).unwrap_or_default().contains("\"kept\"") {
            tokio::task::yield_now().await;
        }
    };
    within("the value", PATIENCE, kept()).await;
    within("stop", PATIENCE, second.stop()).await.unwrap();
}
