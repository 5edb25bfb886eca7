#![allow(clippy::unwrap_used)]

use std::future::Future;

use iiot_core::operation::{Dispatch, Principal, Role, async_trait};
use iiot_core::session::{ConnectOptions, Connector, MemoryServer, Session};
use iiot_core::ua::{DataValue, EndpointDescription, NodeId, Variant};
use serde_json::{Map, Value, json};

use super::operations::{
    Configure, EntriesRequest, EntryList, HistoryRequest, NodeList, RemoveNodesRequest, RestoreRequest, SwitchRequest,
    WriterName,
};
use super::*;
use crate::sink::MemorySink;

/// Reaches the server under the name by which it is configured.
#[derive(Debug)]
struct Plc(MemoryServer);

#[async_trait]
impl Connector for Plc {
    async fn endpoints(&self, _: &str) -> Result<Vec<EndpointDescription>> {
        Ok(Vec::new())
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>> {
        self.0.connector().connect(ConnectOptions { endpoint_url: self.0.url(), ..options }).await
    }
}

struct Site {
    folder: tempfile::TempDir,
    server: MemoryServer,
    sink: Arc<MemorySink>,
}

impl Site {
    fn new() -> Self {
        let server = MemoryServer::new();
        for name in ["A", "B", "C"] {
            server.add_variable(NodeId::new(1, name), name, DataValue::value_only(Variant::Int32(1)));
        }
        let site = Self { folder: tempfile::tempdir().unwrap(), server, sink: Arc::default() };
        site.write(&[site.entry("V", &["A"])]);
        site
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("nodes.json")
    }

    fn write(&self, entries: &[Value]) {
        fs::write(self.file(), Value::from(entries).to_string()).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn entry(&self, writer: &str, nodes: &[&str]) -> Value {
        let nodes: Vec<Value> = nodes.iter().map(|node| json!({ "Id": format!("ns=1;s={node}") })).collect();
        json!({ "EndpointUrl": "opc.tcp://plc", "DataSetWriterGroup": "G", "DataSetWriterId": writer,
            "OpcAuthenticationMode": "UsernamePassword", "OpcAuthenticationUsername": "u",
            "OpcAuthenticationPassword": "hush", "OpcNodes": nodes })
    }

    fn start(&self) -> Configuration {
        let parts = Parts::new(Arc::new(Plc(self.server.clone())), Arc::clone(&self.sink) as _, "edge");
        let options = ConfigurationOptions {
            folder: Some(self.folder.path().join("configuration")),
            interval: Duration::from_millis(5),
            ..ConfigurationOptions::new(self.file())
        };
        Configuration::start(options, parts).unwrap()
    }

    async fn published(&self, field: &str) {
        let name = format!("\"ns=1;s={field}\"");
        let has = |messages: &[iiot_core::transport::Message]| {
            messages.iter().any(|it| it.topic.ends_with("/G") && String::from_utf8_lossy(&it.payload).contains(&name))
        };
        within(field, self.sink.wait_for(has)).await;
    }
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    within(what, wait).await;
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn fields(configuration: &Configuration) -> u32 {
    let connections = configuration.publisher().diagnostics().connections;
    connections.iter().flat_map(|connection| &connection.writers).map(|writer| writer.fields).sum()
}

async fn history(configuration: &Configuration) -> Vec<(u64, String, String)> {
    let versions = configuration.history(HistoryRequest::default()).await.unwrap().versions;
    versions.into_iter().map(|version| (version.number, version.author, version.what)).collect()
}

#[tokio::test]
async fn what_the_file_says_is_applied_and_what_it_cannot_say_is_not() {
    let site = Site::new();
    let configuration = site.start();
    site.published("A").await;
    site.write(&[site.entry("V", &["A", "B"])]);
    site.published("B").await;
    let good = site.text();
    // Broken, empty of all that can be published, and gone: what runs stays.
    for broken in ["[{\"EndpointUrl\":", "[]", ""] {
        fs::write(site.file(), broken).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(fields(&configuration), 2, "{broken}");
    }
    fs::remove_file(site.file()).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(fields(&configuration), 2);
    // As a tool replaces it, and as Kubernetes does.
    fs::write(site.folder.path().join("data1"), good.replace("ns=1;s=B", "ns=1;s=C")).unwrap();
    std::os::unix::fs::symlink("data1", site.file()).unwrap();
    site.published("C").await;
    until("two fields", || fields(&configuration) == 2).await;
    assert_eq!(site.server.subscriptions(), 1);
    let authors: Vec<String> = history(&configuration).await.into_iter().map(|(_, author, _)| author).collect();
    assert_eq!(authors, ["file", "file", "file"]);
    configuration.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn operations_change_the_file_and_what_is_published() {
    let site = Site::new();
    let configuration = Arc::new(site.start());
    site.published("A").await;
    let before = configuration.entries(EntriesRequest::default()).await.unwrap();
    assert!(!serde_json::to_string(&before).unwrap().contains("hush"));
    let nodes = [json!({"Id": "ns=1;s=B"}), json!({"Id": "ns=1;s=A"}), json!({"DisplayName": "x"})].map(map).to_vec();
    let add = |revision| NodeList { revision, writer_group: "G".into(), writer: "V".into(), nodes: nodes.clone() };
    let request = serde_json::to_vec(&add(Some(before.revision.clone()))).unwrap();
    let alice = Principal::new("alice", Role::Administrator);
    let attributed = Attributed(Arc::clone(&configuration) as Arc<dyn Configure>);
    attributed.dispatch("add_nodes", &alice, &request).await.unwrap();
    site.published("B").await;
    assert!(site.text().contains("hush") && site.text().contains("ns=1;s=B"));
    let conflict = configuration.add_nodes(add(Some(before.revision))).await.unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Conflict);
    let again = configuration.add_nodes(add(None)).await.unwrap();
    assert!(again.results.iter().all(|result| result.error.is_some()), "{again:?}");
    let newest = history(&configuration).await.remove(0);
    assert_eq!((newest.0, newest.1.as_str(), newest.2.as_str()), (2, "alice", "3 nodes added to G/V"));

    let removed = RemoveNodesRequest {
        writer_group: "G".into(),
        writer: "V".into(),
        nodes: vec!["ns=1;s=A".into()],
        revision: None,
    };
    configuration.remove_nodes(removed.clone()).await.unwrap();
    until("one field", || fields(&configuration) == 1).await;
    let all = RemoveNodesRequest { nodes: vec!["ns=1;s=B".into()], ..removed };
    let nothing_left = configuration.remove_nodes(all).await.unwrap_err();
    assert_eq!((nothing_left.kind(), fields(&configuration)), (ErrorKind::InvalidArgument, 1));
    configuration.restore(RestoreRequest { revision: None, number: 1 }).await.unwrap();
    let restored = configuration.entries(EntriesRequest::default()).await.unwrap();
    assert_eq!(restored.entries, before.entries);
    configuration.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn somebodys_change_of_the_file_is_not_overwritten() {
    let site = Site::new();
    let configuration = site.start();
    site.published("A").await;
    site.write(&[site.entry("V", &["A"]), site.entry("W", &["B"])]);
    let new = EntryList { revision: None, entries: vec![map(site.entry("X", &["C"]))] };
    let response = configuration.add_entries(new).await.unwrap();
    assert_eq!(response.results[0].changed, 1);
    until("three fields", || fields(&configuration) == 3).await;
    fs::write(site.file(), "[{").unwrap();
    let broken = configuration.add_entries(EntryList::default()).await.unwrap_err();
    assert!(broken.report().contains("line 1"), "{}", broken.report());
    configuration.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_stopped_writer_stays_stopped_until_it_is_started() {
    let site = Site::new();
    site.write(&[site.entry("V", &["A"]), site.entry("W", &["B"])]);
    let configuration = site.start();
    site.published("A").await;
    let writer = |writer: Option<&str>| WriterName { writer_group: "G".into(), writer: writer.map(Into::into) };
    let of = |writers: Vec<WriterName>| SwitchRequest { writers };
    let stopped = configuration.stop_writers(of(vec![writer(Some("W")), writer(Some("nobody"))])).await.unwrap();
    assert_eq!((stopped.results[0].changed, stopped.stopped.len()), (1, 1));
    assert!(stopped.results[1].error.is_some());
    until("one writer", || fields(&configuration) == 1).await;
    configuration.stop(Duration::from_secs(5)).await;
    let configuration = site.start();
    assert_eq!(fields(&configuration), 1);
    let started = configuration.start_writers(of(vec![writer(None)])).await.unwrap();
    assert_eq!((started.results[0].changed, started.stopped.len()), (1, 0));
    until("two fields", || fields(&configuration) == 2).await;
    configuration.stop(Duration::from_secs(5)).await;
}
