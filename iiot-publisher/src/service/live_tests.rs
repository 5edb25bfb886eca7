#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use iiot_core::session::MemoryServer;
use iiot_core::transport::Message;
use serde_json::{Value, json};

use super::tests::{Network, PATIENCE, node, numbers, until, value};
use super::*;
use crate::config;
use crate::ledger::LossCause;
use crate::sink::MemorySink;

/// Two servers with some variables each, and what a publisher of them needs.
struct Plant {
    network: Arc<Network>,
    sink: Arc<MemorySink>,
    ledger: Arc<Ledger>,
    folder: Option<tempfile::TempDir>,
}

impl Plant {
    fn new() -> Self {
        let server = |_| {
            let server = MemoryServer::new();
            ["A", "B", "C", "D"].iter().for_each(|name| server.add_variable(node(name), name, value(0, 0)));
            server
        };
        let network = Network { servers: (0..2).map(server).collect(), sessions: AtomicUsize::new(0) };
        Self { network: Arc::new(network), sink: Arc::default(), ledger: Arc::new(Ledger::in_memory()), folder: None }
    }

    fn durable() -> Self {
        Self { folder: Some(tempfile::tempdir().unwrap()), ..Self::new() }
    }

    fn both() -> [Self; 2] {
        [Self::new(), Self::durable()]
    }

    fn start(&self, entries: &[Value]) -> Publisher {
        let open = |folder: &tempfile::TempDir| Arc::new(Store::open(folder.path(), StoreOptions::default()).unwrap());
        let parts = Parts {
            ledger: Arc::clone(&self.ledger),
            store: self.folder.as_ref().map(open),
            ..Parts::new(Arc::clone(&self.network) as _, Arc::clone(&self.sink) as _, "edge")
        };
        Publisher::start(&plan(entries), parts)
    }

    fn server(&self) -> &MemoryServer {
        &self.network.servers[0]
    }

    fn set(&self, name: &str, number: i32) {
        self.server().set(&node(name), value(number, number as u64));
    }

    async fn published(&self, field: &str, number: i64) {
        let has = |messages: &[Message]| numbers(messages, field).contains(&number);
        let waited = tokio::time::timeout(Duration::from_secs(20), self.sink.wait_for(has)).await;
        assert!(waited.is_ok(), "{field} {number} is not in {:?}", self.texts());
    }

    fn texts(&self) -> Vec<String> {
        let text = |message: Message| format!("{} {}", message.topic, String::from_utf8_lossy(&message.payload));
        self.sink.messages().into_iter().map(text).collect()
    }

    fn messages(&self, kind: &str) -> Vec<Value> {
        let json = |message: Message| serde_json::from_slice::<Value>(&message.payload).unwrap();
        let messages = self.sink.messages().into_iter().filter(|message| !message.payload.is_empty());
        messages.map(json).filter(|json| json["MessageType"] == kind).collect()
    }

    /// The sequence numbers of a writer's DataSetMessages.
    fn sequence(&self, writer: &str) -> Vec<u64> {
        let messages = self.messages("ua-data").into_iter();
        let of_all = messages.flat_map(|message| message["Messages"].as_array().cloned().unwrap_or_default());
        of_all
            .filter(|message| message["DataSetWriterName"] == writer)
            .map(|message| message["SequenceNumber"].as_u64().unwrap())
            .collect()
    }
}

fn plan(entries: &[Value]) -> Plan {
    let loaded = config::load(&Value::from(entries).to_string()).unwrap();
    assert_eq!(loaded.findings, []);
    loaded.plan
}

fn entry(group: &str, writer: &str, nodes: &[&str]) -> Value {
    let node = |name: &&str| json!({ "Id": format!("ns=1;s={name}"), "DisplayName": name, "QueueSize": 1000 });
    json!({ "EndpointUrl": "opc.tcp://server0", "DataSetWriterGroup": group, "DataSetWriterId": writer,
        "OpcNodes": nodes.iter().map(node).collect::<Vec<_>>() })
}

fn elsewhere(mut entry: Value) -> Value {
    entry["EndpointUrl"] = json!("opc.tcp://server1");
    entry
}

fn counted(from: u64, sequence: &[u64]) -> bool {
    sequence.iter().copied().eq(from..from + sequence.len() as u64)
}

#[tokio::test]
async fn fields_come_and_go_while_the_others_go_on() {
    for plant in Plant::both() {
        let publisher = plant.start(&[entry("G", "W", &["A", "B"]), entry("G", "V", &["A"])]);
        plant.published("A", 0).await;
        plant.published("B", 0).await;
        plant.set("B", 1);
        plant.published("B", 1).await;
        let change = publisher.apply(&plan(&[entry("G", "W", &["C", "B"]), entry("G", "V", &["A"])])).await.unwrap();
        let writer = &change.changed[0].changed[0];
        assert_eq!((change.changed[0].changed.len(), &writer.added, &writer.removed), (1, &vec![2], &vec![0]));
        plant.published("C", 0).await;
        plant.set("A", 7);
        plant.set("B", 2);
        plant.set("C", 3);
        for (field, number) in [("B", 2), ("C", 3)] {
            plant.published(field, number).await;
        }
        until("the other writer", || plant.sequence("V").len() >= 2).await;
        assert_eq!((plant.server().subscriptions(), plant.network.sessions.load(Ordering::Relaxed)), (2, 1));
        let sent = plant.sink.messages();
        assert_eq!((numbers(&sent, "B"), numbers(&sent, "C")), (vec![0, 1, 2], vec![0, 3]), "{:?}", plant.texts());
        assert!(["V", "W"].iter().all(|writer| counted(0, &plant.sequence(writer))), "{:?}", plant.texts());
        let described = plant.messages("ua-metadata").into_iter().filter(|it| it["DataSetWriterName"] == "W");
        let described: Vec<(Value, usize)> = described
            .map(|it| {
                (it["MetaData"]["ConfigurationVersion"].clone(), it["MetaData"]["Fields"].as_array().unwrap().len())
            })
            .collect();
        assert!(described.len() >= 2 && described.last().unwrap().0 != described[0].0, "{described:?}");
        let names: Vec<_> =
            publisher.diagnostics().connections[0].writers.iter().map(|w| (w.id, w.reporting)).collect();
        assert_eq!(names, [(1, 2), (2, 1)]);
        publisher.stop(PATIENCE).await;
        assert_eq!(plant.ledger.losses(), []);
    }
}

#[tokio::test]
async fn what_a_removed_writer_had_received_is_sent() {
    for plant in Plant::both() {
        let publisher = plant.start(&[entry("G", "W", &["A"]), entry("H", "X", &["B"]), entry("G", "V", &["C"])]);
        for field in ["A", "B", "C"] {
            plant.published(field, 0).await;
        }
        plant.sink.pause();
        let received =
            |count| publisher.diagnostics().writer_groups.iter().map(|group| group.values_in).sum::<u64>() >= count;
        (1..=20).for_each(|number| ["A", "B"].iter().for_each(|name| plant.set(name, number)));
        until("values", || received(43)).await;
        publisher.apply(&plan(&[entry("G", "V", &["C"])])).await.unwrap();
        until("the subscriptions", || plant.server().subscriptions() == 1).await;
        plant.sink.resume();
        plant.published("A", 20).await;
        plant.published("B", 20).await;
        assert_eq!(numbers(&plant.sink.messages(), "A"), (0..=20).collect::<Vec<i64>>());
        assert_eq!(numbers(&plant.sink.messages(), "B"), (0..=20).collect::<Vec<i64>>());
        until("the group to go", || publisher.diagnostics().writer_groups.len() == 1).await;
        // It comes back with its id, as if it had never been there.
        publisher.apply(&plan(&[entry("G", "V", &["C"]), entry("H", "X", &["D"])])).await.unwrap();
        plant.published("D", 0).await;
        let ids: Vec<u16> = publisher.diagnostics().connections[0].writers.iter().map(|writer| writer.id).collect();
        assert_eq!(ids, [2, 3]);
        publisher.stop(PATIENCE).await;
        assert_eq!(plant.ledger.losses(), []);
    }
}

#[tokio::test]
async fn a_writer_that_reads_another_server_goes_on_counting() {
    for plant in Plant::both() {
        let publisher = plant.start(&[entry("G", "W", &["A"])]);
        plant.published("A", 0).await;
        plant.network.servers[1].set(&node("A"), value(50, 50));
        publisher.apply(&plan(&[elsewhere(entry("G", "W", &["A"]))])).await.unwrap();
        plant.published("A", 50).await;
        until("the old session to go", || plant.server().subscriptions() == 0).await;
        assert_eq!(numbers(&plant.sink.messages(), "A"), [0, 50]);
        assert!(counted(0, &plant.sequence("W")), "{:?}", plant.texts());
        until("one connection", || publisher.diagnostics().connections.len() == 1).await;
        publisher.stop(PATIENCE).await;
        assert_eq!(plant.ledger.losses(), []);
    }
}

#[tokio::test]
async fn settings_of_a_group_change_without_its_subscriptions_noticing() {
    for plant in Plant::both() {
        let publisher = plant.start(&[entry("G", "W", &["A"])]);
        plant.published("A", 0).await;
        let mut other = entry("G", "W", &["A"]);
        other["WriterGroupQueueName"] = json!("elsewhere");
        publisher.apply(&plan(&[other])).await.unwrap();
        plant.set("A", 1);
        plant.published("A", 1).await;
        let last = plant.sink.messages().pop().unwrap();
        assert_eq!((last.topic.as_str(), plant.sequence("W")), ("elsewhere", vec![0, 1]));
        assert_eq!(numbers(&plant.sink.messages(), "A"), [0, 1]);
        let metadata = |topic: &str| {
            let all = plant.sink.messages();
            all.iter().rfind(|message| message.topic == topic).is_some_and(|message| !message.payload.is_empty())
        };
        assert!(metadata("elsewhere/metadata/W") && !metadata("edge/messages/G/metadata/W"), "it moves");
        publisher.stop(PATIENCE).await;
        assert!(publisher.apply(&plan(&[])).await.is_err());
    }
}

#[tokio::test]
async fn a_change_of_many_nodes_under_load_loses_and_doubles_nothing() {
    for plant in Plant::both() {
        let many: Vec<String> = (0..1000).map(|number| format!("N{number}")).collect();
        many.iter().for_each(|name| plant.server().add_variable(node(name), name, value(0, 0)));
        let nodes: Vec<&str> = many.iter().map(String::as_str).collect();
        let publisher = plant.start(&[entry("G", "W", &["A"]), entry("G", "V", &nodes[..10])]);
        plant.published("A", 0).await;
        for number in 1..=200 {
            plant.set("A", number);
            if number % 20 == 0 {
                let count = if number % 40 == 0 { 10 } else { 1000 };
                publisher.apply(&plan(&[entry("G", "W", &["A"]), entry("G", "V", &nodes[..count])])).await.unwrap();
            }
            tokio::task::yield_now().await;
        }
        plant.published("A", 200).await;
        assert_eq!(numbers(&plant.sink.messages(), "A"), (0..=200).collect::<Vec<i64>>());
        assert!(counted(0, &plant.sequence("W")));
        publisher.stop(PATIENCE).await;
        let losses = plant.ledger.losses();
        assert!(losses.iter().all(|loss| loss.cause == LossCause::NoLongerWanted), "{losses:?}");
        assert!(losses.iter().all(|loss| loss.writer.as_deref() == Some("V")), "{losses:?}");
    }
}

#[tokio::test]
async fn after_a_restart_subscriptions_go_on_although_their_fields_were_changed() {
    let plant = Plant::durable();
    let publisher = plant.start(&[entry("G", "W", &["A", "B"])]);
    plant.published("B", 0).await;
    publisher.apply(&plan(&[entry("G", "W", &["C", "B"])])).await.unwrap();
    plant.published("C", 0).await;
    plant.sink.pause();
    plant.set("B", 1);
    until("values", || publisher.diagnostics().writer_groups[0].values_in >= 4).await;
    publisher.stop(Duration::from_millis(50)).await;
    // What is in the log is of these two, whatever stands at their positions now.
    let plant = Plant { sink: Arc::default(), ..plant };
    let publisher = plant.start(&[entry("G", "W", &["D", "C", "B"])]);
    plant.published("B", 1).await;
    plant.published("D", 0).await;
    let sent = plant.sink.messages();
    assert!(numbers(&sent, "D").iter().all(|number| *number == 0), "{:?}", plant.texts());
    assert!(numbers(&sent, "B").contains(&1) && !numbers(&sent, "C").contains(&1));
    publisher.stop(PATIENCE).await;
    assert_eq!(plant.ledger.losses(), []);
}

#[tokio::test]
async fn a_key_frame_is_sent_on_demand() {
    let plant = Plant::new();
    let mut keyed = entry("G", "W", &["A", "B"]);
    keyed["DataSetKeyFrameCount"] = json!(1000);
    let publisher = plant.start(&[keyed, entry("G", "V", &["C"])]);
    plant.published("B", 0).await;
    plant.set("A", 1);
    plant.published("A", 1).await;
    publisher.key_frame("G", "W").await.unwrap();
    until("the key frame", || numbers(&plant.sink.messages(), "B").len() == 2).await;
    assert_eq!(numbers(&plant.sink.messages(), "A"), [0, 1, 1]);
    assert_eq!(publisher.key_frame("G", "V").await.unwrap_err().kind(), iiot_core::ErrorKind::InvalidArgument);
    assert_eq!(publisher.key_frame("H", "V").await.unwrap_err().kind(), iiot_core::ErrorKind::NotFound);
    publisher.stop(PATIENCE).await;
}
