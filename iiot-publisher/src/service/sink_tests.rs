#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicUsize;

use async_trait::async_trait;
use iiot_core::session::MemoryServer;
use iiot_core::transport::Message;
use parking_lot::Mutex;

use super::tests::{Network, ONE, PATIENCE, node, numbers, until, value};
use super::*;
use crate::config;
use crate::sink::MemorySink;

/// Two groups of one server: G, which publishes A, and H, which publishes B and names a sink.
fn plan(sink: &str) -> Plan {
    let one = ONE.replace("\"DisplayName\"", "\"QueueSize\": 1000, \"DisplayName\"");
    let other = one.replace("\"G\"", "\"H\"").replace("ns=1;s=A", "ns=1;s=B").replace("\"A\"", "\"B\"");
    let mut plan = config::load(&format!("[{one}, {other}]")).unwrap().plan;
    plan.writer_groups[1].sink = Some(sink.into());
    plan
}

fn server() -> MemoryServer {
    let server = MemoryServer::new();
    for name in ["A", "B"] {
        server.add_variable(node(name), name, value(0, 0));
    }
    server
}

fn parts(server: &MemoryServer, sinks: Sinks) -> Parts {
    let network = Network { servers: vec![server.clone()], sessions: AtomicUsize::new(0) };
    let sink = Arc::clone(sinks.first());
    Parts { sinks, ..Parts::new(Arc::new(network), sink, "edge") }
}

fn has(field: &'static str, number: i64) -> impl Fn(&[Message]) -> bool {
    move |messages| numbers(messages, field).last() == Some(&number)
}

#[tokio::test]
async fn a_group_names_its_sink_and_a_slow_one_stops_nobody_else() {
    let server = server();
    let (first, slow) = (Arc::new(MemorySink::default()), Arc::new(MemorySink::default()));
    let sinks = Sinks::new("first", Arc::clone(&first) as _).with("Slow", Arc::clone(&slow) as _);
    slow.pause();
    let publisher = Publisher::start(&plan("slow"), parts(&server, sinks));
    until("both subscriptions", || server.subscriptions() == 2).await;
    for number in 1..=100 {
        server.set(&node("A"), value(number, number as u64));
        server.set(&node("B"), value(number, number as u64));
    }
    tokio::time::timeout(Duration::from_secs(20), first.wait_for(has("A", 100))).await.unwrap();
    assert_eq!((numbers(&first.messages(), "B"), slow.messages()), (vec![], vec![]), "B goes elsewhere and waits");
    slow.resume();
    tokio::time::timeout(Duration::from_secs(20), slow.wait_for(has("B", 100))).await.unwrap();
    assert_eq!(numbers(&slow.messages(), "A"), Vec::<i64>::new());
    publisher.stop(PATIENCE).await;
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn a_name_that_no_sink_has_leads_to_the_first_one() {
    let server = server();
    let first = Arc::new(MemorySink::default());
    let publisher =
        Publisher::start(&plan("nowhere"), parts(&server, Sinks::from(Arc::clone(&first) as Arc<dyn Sink>)));
    let both = |messages: &[Message]| !numbers(messages, "A").is_empty() && !numbers(messages, "B").is_empty();
    tokio::time::timeout(Duration::from_secs(20), first.wait_for(both)).await.unwrap();
    publisher.stop(PATIENCE).await;
}

/// Gets messages and never says so.
#[derive(Debug, Default)]
struct Mute(Mutex<Vec<Message>>);

#[async_trait]
impl Sink for Mute {
    async fn send(&self, message: Message) -> Result<()> {
        self.0.lock().push(message);
        std::future::pending().await
    }

    fn max_message_size(&self) -> Option<usize> {
        None
    }

    fn address(&self) -> String {
        "mute".into()
    }

    async fn close(&self) {}
}

#[tokio::test]
async fn what_the_next_process_sends_again_has_the_same_id() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let plan = config::load(&format!("[{ONE}]")).unwrap().plan;
    let start = |sink: Arc<dyn Sink>| {
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let parts = Parts { store: Some(Arc::new(store)), ..parts(&server, Sinks::from(sink)) };
        Publisher::start(&plan, parts)
    };
    let ids = |messages: &[Message]| -> Vec<(i64, String)> {
        let data = messages.iter().filter(|message| !numbers(std::slice::from_ref(message), "A").is_empty());
        data.map(|message| (numbers(std::slice::from_ref(message), "A")[0], message.id.clone().unwrap())).collect()
    };
    let mute = Arc::new(Mute::default());
    let publisher = start(Arc::clone(&mute) as _);
    for number in 1..=10 {
        until("the value before", || numbers(&mute.0.lock(), "A").last() == Some(&i64::from(number - 1))).await;
        server.set(&node("A"), value(number, number as u64));
    }
    until("the last one", || numbers(&mute.0.lock(), "A").last() == Some(&10)).await;
    // Nobody stops it: it is gone.
    drop(publisher);
    let before = ids(&mute.0.lock());
    assert_eq!(before.len(), 11, "{before:?}");
    let sink = Arc::new(MemorySink::default());
    let publisher = start(Arc::clone(&sink) as _);
    tokio::time::timeout(Duration::from_secs(20), sink.wait_for(|messages| ids(messages).len() >= 11)).await.unwrap();
    publisher.stop(PATIENCE).await;
    assert_eq!(ids(&sink.messages())[..11], before);
}
