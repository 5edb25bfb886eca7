//! Crawls of a plant of a foreign server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use iiot_core::testing::{Distance, FaultProxy, Peers, Process, free_port};
use iiot_core::{Error, ErrorKind};
use iiot_twin::Twin;
use iiot_twin::browse::NodeClass;
use iiot_twin::crawl::{CrawlBatch, CrawlEnd, CrawlRequest, CrawledNode};
use serde_json::json;

use crate::setup::{ENDPOINT, PATIENCE, good, twin_of};

const NODES: u64 = 4_000;

struct Plant {
    _folder: tempfile::TempDir,
    server: Process,
    address: SocketAddr,
}

impl Plant {
    fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let nodes = NODES.to_string();
        let port = free_port();
        let (server, _) = peers.node("tree.mjs", port, &[&["--nodes", &nodes], flags].concat()).unwrap();
        Self { _folder: folder, server, address: ([127, 0, 0, 1], port).into() }
    }

    /// How many nodes the server has below the plant, and how many of them are variables.
    fn count(&mut self) -> (u64, u64) {
        self.server.send("count").unwrap();
        let count = |lines: &[String]| lines.iter().find_map(|line| line.strip_prefix("COUNT ").map(str::to_owned));
        let count = self.server.wait_for(PATIENCE, count).unwrap();
        let (nodes, variables) = count.split_once(' ').unwrap();
        (nodes.parse().unwrap(), variables.parse().unwrap())
    }
}

fn twin_at(address: SocketAddr) -> Arc<dyn Twin> {
    twin_of(&format!("opc.tcp://{address}"))
}

fn request() -> CrawlRequest {
    CrawlRequest {
        endpoint: ENDPOINT.into(),
        nodes: vec!["nsu=urn:iiot:peer:tree;s=Plant".into()],
        ..Default::default()
    }
}

async fn all(twin: &Arc<dyn Twin>, request: CrawlRequest) -> (Vec<CrawledNode>, CrawlBatch) {
    let batches: Vec<_> = twin.crawl(request).await.unwrap().collect().await;
    let mut batches: Vec<CrawlBatch> = batches.into_iter().map(Result::unwrap).collect();
    let last = batches.last().cloned().unwrap();
    assert!(batches[..batches.len() - 1].iter().all(|batch| batch.end.is_none()));
    let failures: Vec<_> = batches.iter().flat_map(|batch| &batch.failures).collect();
    assert!(failures.is_empty(), "{failures:?}");
    (batches.iter_mut().flat_map(|batch| std::mem::take(&mut batch.nodes)).collect(), last)
}

fn distinct(nodes: &[CrawledNode]) -> usize {
    nodes.iter().map(|node| &node.node).collect::<std::collections::HashSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_finds_every_node_once_with_no_more_under_way_than_allowed() {
    let mut plant = Plant::start(&["--per-browse", "50", "--points", "1"]);
    let (nodes, variables) = plant.count();
    assert_eq!(nodes, NODES);
    let distance = Distance::start(plant.address, Duration::from_millis(10)).await.unwrap();
    let twin = twin_at(distance.address());
    good(&twin, "browse", json!({ "nodes": ["i=85"] })).await;
    let _ = distance.most_under_way();

    let (found, last) = all(&twin, CrawlRequest { parallel: Some(3), ..request() }).await;
    assert_eq!((found.len() as u64, distinct(&found) as u64, last.end), (nodes, nodes, Some(CrawlEnd::Complete)));
    assert_eq!((last.found, last.waiting), (nodes, 0));
    assert_eq!(distance.most_under_way(), 3, "as many as allowed, and no more");

    let only = CrawlRequest { node_classes: vec![NodeClass::Variable], paths: true, ..request() };
    let (found, _) = all(&twin, only).await;
    assert_eq!(found.len() as u64, variables, "the way goes through the objects");
    let deep = found.iter().find(|node| node.level == 6).unwrap();
    let elements: Vec<_> = deep.path.iter().map(|name| json!({ "targetName": name })).collect();
    let path = json!({ "start": "nsu=urn:iiot:peer:tree;s=Plant", "elements": elements });
    let translated = good(&twin, "translate", json!({ "paths": [path] })).await;
    assert_eq!(translated[0]["targets"][0]["node"], json!(deep.node));

    let (found, _) = all(&twin, CrawlRequest { max_depth: Some(2), ..request() }).await;
    assert!(found.iter().all(|node| node.level <= 2));
    assert!(found.iter().any(|node| node.browse_name.ends_with("Batch999")), "the wide folder to its end");
    let (found, last) = all(&twin, CrawlRequest { max_nodes: Some(100), ..request() }).await;
    assert_eq!((found.len(), last.end), (100, Some(CrawlEnd::MaxNodes)));
    let (found, _) =
        all(&twin, CrawlRequest { reference_types: vec!["i=46".into(), "i=47".into()], ..request() }).await;
    assert!(found.is_empty(), "areas are organized: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_goes_on_after_each_reconnect() {
    let mut plant = Plant::start(&["--per-browse", "20"]);
    let proxy = FaultProxy::start(plant.address).await.unwrap();
    let twin = twin_at(proxy.address());
    let mut crawl = twin.crawl(request()).await.unwrap();
    let (mut found, mut last, mut cuts) = (Vec::new(), None, 0);
    while let Some(batch) = crawl.next().await {
        let batch = batch.map_err(|error: Error| error.report()).unwrap();
        found.extend(batch.nodes);
        if found.len() > 1_000 * cuts {
            proxy.cut();
            cuts += 1;
        }
        last = batch.end;
    }
    assert!(cuts >= 3);
    assert_eq!((found.len(), distinct(&found), last), (NODES as usize, NODES as usize, Some(CrawlEnd::Complete)));
    assert_eq!(plant.count().0, NODES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_whose_server_is_gone_says_so() {
    let plant = Plant::start(&["--per-browse", "20"]);
    let proxy = FaultProxy::start(plant.address).await.unwrap();
    let twin = twin_at(proxy.address());
    good(&twin, "browse", json!({ "nodes": ["i=85"] })).await;
    let header = serde_json::from_value(json!({ "timeoutMs": 1500 })).unwrap();
    let mut crawl = twin.crawl(CrawlRequest { header, ..request() }).await.unwrap();
    crawl.next().await.unwrap().unwrap();
    proxy.outage();
    let error = loop {
        match crawl.next().await.unwrap() {
            Ok(batch) => assert_eq!(batch.end, None),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.report().contains("no longer answers"), "{}", error.report());
    assert!(crawl.next().await.is_none(), "nothing follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_waits_is_waited_for_and_may_leave() {
    let plant = Plant::start(&["--per-browse", "10", "--points", "1"]);
    let distance = Distance::start(plant.address, Duration::ZERO).await.unwrap();
    let twin = twin_at(distance.address());
    // Each reader leaves in the middle of the wide folder, whose continuation point the server has one place for.
    for _ in 0..3 {
        let request = CrawlRequest { nodes: vec!["nsu=urn:iiot:peer:tree;s=Plant.Archive".into()], ..request() };
        let mut crawl = twin.crawl(request).await.unwrap();
        assert!(!crawl.next().await.unwrap().unwrap().nodes.is_empty());
    }
    let (found, _) = all(&twin, request()).await;
    assert_eq!(found.len() as u64, NODES);
    let mut readers = Vec::new();
    for _ in 0..4 {
        readers.push(twin.crawl(request()).await.unwrap());
    }
    let refused = twin.crawl(request()).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::LimitExceeded);
    good(&twin, "browse", json!({ "nodes": ["i=85"] })).await;
    drop(readers);
    assert!(twin.crawl(request()).await.is_ok());
}
