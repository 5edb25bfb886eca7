use std::path::Path;
use std::sync::Arc;

use iiot::core::registry::{MemoryRegistry, Query, RecordKind, Registry};
use iiot::core::testing::within;
use iiot::{ErrorKind, MemoryTransport, Message, Transport};
use serde_json::{Value, json};

use super::{PATIENCE, Plant, node, parsed, reach};
use crate::{Ports, Process, Reach, command};

async fn start(options: Value) -> iiot::Result<Process> {
    within("start", PATIENCE, Process::start(options.to_string().as_bytes(), Ports::default())).await
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn published(plant: &Plant, folder: &Path) -> String {
    let file = folder.join("published_nodes.json");
    let nodes = json!([{ "EndpointUrl": plant.url, "UseSecurity": false,
        "OpcNodes": [{ "Id": node("Counter"), "OpcSamplingInterval": 50, "OpcPublishingInterval": 50 }] }]);
    std::fs::write(&file, nodes.to_string()).unwrap();
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_runs_in_this_process_and_is_reached_here_and_over_http() {
    let (plant, folder) = (Plant::start(), tempfile::tempdir().unwrap());
    let (data, sink) = (folder.path().join("data"), folder.path().join("values.jsonl"));
    let key = command(&data, &words("key first alice")).unwrap();
    let edge = start(json!({ "kind": "edge", "publishedNodes": published(&plant, folder.path()), "data": data,
        "sink": format!("file:{}", sink.display()), "http": "127.0.0.1:0" }))
    .await
    .unwrap();
    let status = parsed(&edge.status());
    assert_eq!(
        (&status["state"], status["capabilities"].as_array().unwrap().len()),
        (&json!("running"), 5),
        "{status}"
    );
    let here = edge.face("twin").unwrap();
    let options = json!({ "kind": "http", "url": status["http"], "apiKey": key.trim() });
    let there = reach(&options, "twin").await.unwrap();
    let request =
        plant.about(json!({ "nodes": [{ "node": node("Setpoint") }, { "node": node("String") }], "encoding": "raw" }));
    for twin in [&here, &there] {
        let columns = within("read", PATIENCE, twin.read_columns(request.clone())).await.unwrap();
        assert_eq!((columns.node.clone(), columns.value[0], columns.status[0]), (vec![0, 1], 0.0, 0));
        assert_eq!(columns.other_rows[0], 1);
        let watched = json!({ "nodes": [{ "node": node("Counter"), "queueSize": 50 }], "publishingIntervalMs": 100 });
        let items = twin.open_columns(plant.about(watched)).await.unwrap();
        let mut counts = Vec::new();
        while counts.len() < 5 {
            let columns = within("values", PATIENCE, items.next(100)).await.unwrap().unwrap();
            counts.extend(columns.value.iter().copied().filter(|value| !value.is_nan()));
        }
        assert!(counts.windows(2).all(|pair| pair[0] <= pair[1]), "{counts:?}");
        within("close", PATIENCE, items.close()).await;
    }
    let diagnostics = reach(&options, "edge").await.unwrap().call("diagnostics", b"{}".to_vec()).await.unwrap();
    assert!(parsed(&diagnostics)["writerGroups"].is_array(), "{}", parsed(&diagnostics));
    let wait = async || {
        while !std::fs::read_to_string(&sink).unwrap_or_default().contains("Counter") {
            tokio::task::yield_now().await;
        }
    };
    within("a message", PATIENCE, wait()).await;
    within("stop", PATIENCE, edge.stop()).await.unwrap();
    within("stop again", PATIENCE, edge.stop()).await.unwrap();
    assert_eq!(parsed(&edge.status())["state"], "stopped");
    assert_eq!(here.call("read", request).await.unwrap_err().kind(), ErrorKind::Closed);
    assert!(command(&data, &words("audit check")).is_ok() && !command(&data, &words("place")).unwrap().is_empty());
    assert_eq!(command(&data, &words("sing")).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_is_reached_over_a_hub_of_the_host_program_which_stays_open() {
    let (plant, folder, hub) = (Plant::start(), tempfile::tempdir().unwrap(), MemoryTransport::new());
    let data = folder.path().join("data");
    let key = command(&data, &words("key first alice")).unwrap();
    let place = command(&data, &words("place")).unwrap();
    let client = Arc::new(hub.clone());
    let ports =
        |transport: Arc<dyn Transport>| Ports { transports: [("hub".to_owned(), transport)].into(), registry: None };
    let options = json!({ "kind": "edge", "publishedNodes": published(&plant, folder.path()), "data": data,
        "sink": "null", "transport": "host:hub" });
    let edge = Process::start(options.to_string().as_bytes(), ports(Arc::clone(&client) as _)).await.unwrap();
    let options = json!({ "kind": "hub", "transport": "host:hub", "place": "iiot/edge", "placeKey": place, "apiKey": key.trim() });
    let far = Reach::read(options.to_string().as_bytes()).unwrap();
    let twin = within("reach", PATIENCE, far.face_among("twin", &ports(Arc::new(hub.clone())))).await.unwrap();
    let request = plant.about(json!({ "nodes": [{ "node": node("Double") }] }));
    let columns = within("read", PATIENCE, twin.read_columns(request)).await.unwrap();
    assert_eq!((columns.value[0], columns.status[0]), (0.1, 0));
    twin.close().await;
    within("stop", PATIENCE, edge.stop()).await.unwrap();
    client.publish(Message::new("still/there", "x")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_of_this_process_find_the_server_and_keep_it_where_the_host_says() {
    let plant = Plant::start();
    let port = plant.url.trim_start_matches("opc.tcp://").split(['/', ':']).nth(1).unwrap();
    let registry = Arc::new(MemoryRegistry::new());
    let ports = Ports { registry: Some(Arc::clone(&registry) as _), ..Ports::default() };
    let searching = Process::start(json!({ "kind": "discovery" }).to_string().as_bytes(), ports).await.unwrap();
    let discovery = searching.face("discovery").unwrap();
    let plan = json!({ "plan": { "addresses": ["127.0.0.1/32"], "ports": [port] } });
    let started = within("start", PATIENCE, discovery.call("start", plan.to_string().into_bytes())).await;
    let started = parsed(&started.unwrap());
    let records = searching.face("registry").unwrap();
    let found = async || {
        loop {
            let all = parsed(&records.call("applications", b"{}".to_vec()).await.unwrap());
            if all.to_string().contains("urn:") {
                return all;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = within("the server on record", PATIENCE, found()).await;
    assert!(found.to_string().contains(&format!("127.0.0.1:{port}")), "{started} {found}");
    let kept = registry.query(&Query::of(RecordKind::Application)).await.unwrap();
    assert_eq!(kept.records.len(), 1, "it is kept by the registry of the host");
    within("stop", PATIENCE, searching.stop()).await.unwrap();
}

#[tokio::test]
async fn options_of_a_process_that_are_wrong_are_named() {
    for (options, member) in [
        (json!({ "kind": "ship" }), "kind"),
        (json!({ "kind": "edge", "sink": "null" }), "publishedNodes"),
        (json!({ "kind": "edge", "sink": "null", "publishedNodes": "x", "http": "127.0.0.1:0" }), "data"),
        (json!({ "kind": "edge", "sink": "null", "publishedNodes": "x", "spring": 1 }), "spring"),
        (json!({ "kind": "publisher", "sink": "null" }), "fields"),
        (json!({ "kind": "publisher", "sink": "null", "fields": ["a", "a"] }), "fields"),
        (json!({ "kind": "publisher", "sink": "null", "fields": [{ "name": "a", "dataType": "Real" }] }), "UInt32"),
        (json!({ "kind": "publisher", "sink": "host:hub", "fields": ["a"] }), "hub"),
        (json!({ "kind": "discovery", "colour": 1 }), "colour"),
    ] {
        let error = start(options.clone()).await.unwrap_err();
        let told = format!("{} {:?}", error.report(), error);
        assert!(told.to_lowercase().contains(&member.to_lowercase()), "{options}: {told}");
    }
}
