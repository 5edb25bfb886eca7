#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicUsize;

use iiot_core::session::{EventField, EventQuery, MemoryServer};
use iiot_core::transport::Message;
use iiot_core::ua::{ByteString, MethodId, NodeId, ObjectId, Variant};
use serde_json::Value;

use super::tests::{Network, PATIENCE, until};
use super::*;
use crate::ledger::LossCause;
use crate::plan::{ConditionPlan, EventPlan, EventSelection, FieldPlan};
use crate::profile::MessageProfile;
use crate::sink::MemorySink;

/// A server with a condition, and a folder that outlives publishers.
struct Site {
    server: MemoryServer,
    folder: tempfile::TempDir,
    ledger: Arc<Ledger>,
}

impl Site {
    fn new() -> Self {
        let ledger = Arc::new(Ledger::in_memory());
        Self { server: MemoryServer::new(), folder: tempfile::tempdir().unwrap(), ledger }
    }

    /// An event of the condition `1:name`.
    fn raise(&self, name: &str, message: &str) {
        raise(&self.server, name, message);
    }

    fn start(&self, sink: &Arc<MemorySink>, durable: bool, event: EventPlan) -> Publisher {
        let network = Network { servers: vec![self.server.clone()], sessions: AtomicUsize::new(0) };
        let store = durable.then(|| Arc::new(Store::open(self.folder.path(), StoreOptions::default()).unwrap()));
        let parts = Parts {
            ledger: Arc::clone(&self.ledger),
            store,
            ..Parts::new(Arc::new(network), Arc::clone(sink) as _, "edge")
        };
        Publisher::start(&plan(event), parts)
    }

    async fn subscribed(&self) {
        until("the subscription", || self.server.subscriptions() == 1).await;
    }
}

fn raise(server: &MemoryServer, name: &str, message: &str) {
    let id = ByteString::from(message.as_bytes());
    let event_type = match name {
        "refresh" if message == "start" => 2787_u32,
        "refresh" => 2788,
        _ => 2915,
    };
    let condition = if name == "refresh" { Variant::Empty } else { NodeId::new(1, name).into() };
    let fields = [
        ("EventType", NodeId::new(0, event_type).into()),
        ("EventId", id.into()),
        ("ConditionId", condition),
        ("Message", message.into()),
        ("Retain", (message != "over").into()),
    ];
    server.raise(&ObjectId::Server.into(), &fields);
}

fn events(conditions: Option<ConditionPlan>, refresh_on_start: bool) -> EventPlan {
    let query = EventQuery::new([EventField::condition_id(), EventField::new("Message")]);
    let names = vec!["ConditionId".into(), "Message".into()];
    EventPlan {
        selection: EventSelection::Query { names, query, class_field_ids: Default::default() },
        conditions,
        refresh_on_start,
    }
}

fn plan(event: EventPlan) -> Plan {
    let mut plan = Plan::of_nodes("opc.tcp://server0", vec!["i=2253".parse().unwrap()], Duration::from_millis(100));
    plan.writer_groups[0].profile = MessageProfile::default();
    let writer = &mut plan.writer_groups[0].writers[0];
    writer.fields = vec![FieldPlan { name: "Alarms".into(), ..writer.fields[0].clone() }].into();
    writer.event = Some(event);
    plan
}

/// The messages of events, each with its kind, in order.
fn told(messages: &[Message]) -> Vec<String> {
    let mut told = Vec::new();
    for message in messages {
        let json: Value = serde_json::from_slice(&message.payload).unwrap();
        for data in json["Messages"].as_array().into_iter().flatten() {
            let kind = data["MessageType"].as_str().unwrap().trim_start_matches("ua-");
            let payload = &data["Payload"];
            let condition = payload["ConditionId"]["Value"].as_str().unwrap_or("-").rsplit('=').next().unwrap();
            told.push(format!("{kind} {condition} {}", payload["Message"]["Value"].as_str().unwrap()));
        }
    }
    told
}

async fn wait(sink: &MemorySink, expected: &[&str]) {
    let all = |messages: &[Message]| told(messages) == expected;
    let waited = tokio::time::timeout(Duration::from_secs(20), sink.wait_for(all)).await;
    assert!(waited.is_ok(), "{:?} instead of {expected:?}", told(&sink.messages()));
}

#[tokio::test]
async fn events_are_published_and_then_acknowledged() {
    let (site, sink) = (Site::new(), Arc::new(MemorySink::default()));
    let publisher = site.start(&sink, false, events(None, false));
    site.subscribed().await;
    site.raise("a", "high");
    site.raise("b", "low");
    wait(&sink, &["event a high", "event b low"]).await;
    until("acknowledgements", || site.server.acknowledged().len() == 2).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(site.ledger.losses(), []);
}

#[tokio::test]
async fn events_in_the_log_outlast_the_process() {
    let site = Site::new();
    let away = Arc::new(MemorySink::default());
    away.pause();
    let publisher = site.start(&away, true, events(None, false));
    site.subscribed().await;
    site.raise("a", "high");
    site.raise("a", "over");
    until("acknowledgements", || site.server.acknowledged().len() == 2).await;
    // Nobody stops it: it is gone.
    drop(publisher);
    until("no subscription", || site.server.subscriptions() == 0).await;
    let sink = Arc::new(MemorySink::default());
    let publisher = site.start(&sink, true, events(None, false));
    wait(&sink, &["event a high", "event a over"]).await;
    site.subscribed().await;
    site.raise("b", "low");
    wait(&sink, &["event a high", "event a over", "event b low"]).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(site.ledger.losses(), []);
    let later = Arc::new(MemorySink::default());
    let publisher = site.start(&later, true, events(None, false));
    site.subscribed().await;
    site.raise("c", "new");
    wait(&later, &["event c new"]).await;
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn events_that_were_lost_are_declared_for_the_writer() {
    let (site, sink) = (Site::new(), Arc::new(MemorySink::default()));
    let publisher = site.start(&sink, false, events(None, false));
    site.subscribed().await;
    site.raise("a", "one");
    wait(&sink, &["event a one"]).await;
    site.server.lose_messages(1);
    site.raise("a", "two");
    site.raise("a", "three");
    wait(&sink, &["event a one", "event a three"]).await;
    publisher.stop(PATIENCE).await;
    let losses = site.ledger.losses();
    let [loss] = losses.as_slice() else { panic!("{losses:?}") };
    assert_eq!((loss.cause, loss.writer.as_deref()), (LossCause::NotAvailableForRepublish, Some("nodes")));
    assert_eq!((&loss.field, &loss.node), (&None, &None));
}

/// Lets ConditionRefresh send these conditions.
fn answer_refresh(server: &MemoryServer, conditions: &'static [(&'static str, &'static str)]) {
    let raising = server.clone();
    let refresh = move |_: &[Variant]| {
        raise(&raising, "refresh", "start");
        conditions.iter().for_each(|(name, message)| raise(&raising, name, message));
        raise(&raising, "refresh", "end");
        Ok(Vec::new())
    };
    server.add_method(MethodId::ConditionType_ConditionRefresh.into(), "ConditionRefresh", Arc::new(refresh));
}

#[tokio::test]
async fn a_subscription_that_was_lost_is_refreshed_and_repeats_nothing() {
    let (site, sink) = (Site::new(), Arc::new(MemorySink::default()));
    answer_refresh(&site.server, &[("a", "standing")]);
    let publisher = site.start(&sink, false, events(None, true));
    wait(&sink, &["event a standing"]).await;
    answer_refresh(&site.server, &[("a", "standing"), ("b", "raised meanwhile")]);
    site.server.interrupt("cut");
    site.server.restart();
    wait(&sink, &["event a standing", "event b raised meanwhile"]).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(told(&sink.messages()), ["event a standing", "event b raised meanwhile"]);
    assert_eq!(site.ledger.losses().len(), 1);
}

#[tokio::test]
async fn snapshots_go_on_after_the_subscription_was_lost() {
    let (site, sink) = (Site::new(), Arc::new(MemorySink::default()));
    let interval = Duration::from_secs(600);
    let conditions = ConditionPlan { snapshot_interval: interval, update_interval: interval };
    answer_refresh(&site.server, &[("a", "one"), ("b", "two")]);
    let publisher = site.start(&sink, false, events(Some(conditions), true));
    wait(&sink, &["condition a one", "condition b two"]).await;
    answer_refresh(&site.server, &[("b", "two")]);
    site.server.interrupt("cut");
    site.server.restart();
    wait(&sink, &["condition a one", "condition b two", "condition b two"]).await;
    publisher.stop(PATIENCE).await;
}
