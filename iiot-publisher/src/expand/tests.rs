#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use iiot_core::session::{ConnectOptions, Connector};
use iiot_core::testing::{Peers, Process, free_port};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};

use super::*;
use crate::plan::Connection;

fn search(node: &str, include: &str) -> Search {
    Search { filter: PathFilter::new([include], []).unwrap(), ..Search::below(node.parse().unwrap()) }
}

fn expansion(node: &str, prefix: &str) -> ExpansionPlan {
    let interval = Duration::from_secs(60);
    let settings = FieldSettings::sampled(interval).into();
    ExpansionPlan { search: search(node, "**"), prefix: prefix.into(), settings, again: interval }
}

/// Of a node and a pattern: the paths that come out, or the status that says why not.
async fn found(session: &dyn Session, node: &str, include: &str, change: impl Fn(&mut Search)) -> Vec<String> {
    let mut search = search(node, include);
    change(&mut search);
    match find(session, &search).await {
        Ok(found) => found.into_iter().map(|variable| variable.path.into()).collect(),
        Err(error) => vec![error.status().to_string()],
    }
}

#[test]
fn what_was_found_becomes_fields_with_names_of_their_own() {
    let connection = Connection::new(ConnectOptions::new("opc.tcp://a"));
    let mut writer = WriterPlan::new(1, "W", connection);
    writer.fields = vec![FieldPlan::of_node("i=1".parse::<ItemNode>().unwrap(), Duration::from_secs(9))].into();
    writer.expansions = vec![expansion("i=85", ""), expansion("i=86", "B/")];
    let mut plan = Plan::of_nodes("opc.tcp://a", Vec::new(), Duration::from_secs(1));
    plan.writer_groups[0].writers = vec![writer];
    let variable = |path: &str, node: &str| Variable { path: path.into(), node: Arc::new(node.parse().unwrap()) };
    let first = [variable("X", "i=1"), variable("Y", "i=2"), variable("Y", "i=3")];
    let second = [variable("Y", "i=4"), variable("Z", "i=2")];
    let known = |_: &Connection, search: &Search| if search.node.to_string() == "i=85" { &first[..] } else { &second };
    let plan = expanded(&plan, known);
    let writer = &plan.writer_groups[0].writers[0];
    let fields: Vec<_> = writer.fields.iter().map(|field| (field.name.as_str(), field.node.to_string())).collect();
    let expected = [("i=1", "i=1"), ("Y", "i=2"), ("Y_2", "i=3"), ("B/Y", "i=4")];
    assert_eq!(fields, expected.map(|(name, node)| (name, node.to_owned())));
    assert!(writer.expansions.is_empty());
}

async fn objects_folders_and_types(_server: Process, url: String) {
    let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:expand", Arc::<MemoryTrustStore>::default()));
    let session = connector.connect(ConnectOptions::new(url)).await.unwrap();
    let session = session.as_ref();
    let counters = ["Counter.0", "Counter.1", "Counter.2"];
    assert_eq!(found(session, "i=85", "Counter.*", |_| ()).await, counters);
    assert_eq!(found(session, "i=84", "Objects/Counter.[0-1]", |_| ()).await, [""; 0], "wildcards are no expressions");
    let two = ["Objects/Counter.0", "Objects/Counter.1"];
    assert_eq!(found(session, "i=84", "re:^Objects/Counter.[01]$", |_| ()).await, two);
    assert_eq!(found(session, "i=84", "**", |e| e.max_depth = 1).await, [""; 0]);
    let status = ["ServerStatus/BuildInfo/ProductName", "ServerStatus/CurrentTime"];
    assert_eq!(found(session, "i=2253", "re:CurrentTime$|/ProductName$", |_| ()).await, status);
    let by_path = |e: &mut Search| e.path = Some("/Objects/Server.ServerStatus".parse().unwrap());
    assert_eq!(found(session, "i=84", "*Time", by_path).await, ["CurrentTime", "StartTime"]);
    // BaseDataVariableType; they are of it, or of a type below it.
    assert_eq!(found(session, "i=63", "Counter.*", |_| ()).await, counters);
    // PropertyType and AnalogItemType.
    let of_type = |e: &mut Search| e.of_type = Some("i=2368".parse().unwrap());
    assert_eq!(found(session, "i=85", "Counter.*", of_type).await, [""; 0]);
    let properties = |e: &mut Search| e.properties = true;
    assert_eq!(found(session, "i=2253", "ServerArray", properties).await, ["ServerArray"]);
    assert_eq!(found(session, "i=2253", "ServerArray", |_| ()).await, [""; 0]);
    // What asyncua says is BadNodeIdInvalid.
    assert!(found(session, "ns=1;s=nowhere", "**", |_| ()).await[0].starts_with("BadNodeId"));
    session.close().await;
}

#[tokio::test]
async fn objects_folders_and_types_of_node_opcua_become_fields() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let flags = ["--data", &path("data"), "--truth", &path("truth"), "--counters", "3"];
    let (server, url) = peers.node("counter.mjs", free_port(), &flags).expect("node-opcua");
    objects_folders_and_types(server, url).await;
}

#[tokio::test]
async fn objects_folders_and_types_of_asyncua_become_fields() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let truth = folder.path().join("truth").display().to_string();
    let flags = ["--truth", &truth, "--counters", "3"];
    let (server, url) = peers.python("counter_server.py", free_port(), &flags).expect("asyncua");
    objects_folders_and_types(server, url).await;
}
