#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use iiot_core::clock::ManualClock;
use iiot_core::session::{Concern, ConnectOptions, MemoryServer, Session};
use iiot_core::time::UtcTime;
use iiot_core::ua::{DataValue, EndpointDescription, NodeId, StatusCode, Variant};
use iiot_core::{ErrorKind, Result};
use serde_json::Value;

use super::*;
use crate::config;
use crate::diagnostics::ConnectionState;
use crate::ledger::LossCause;
use crate::sink::MemorySink;

/// Reaches several servers and counts sessions.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) servers: Vec<MemoryServer>,
    pub(super) sessions: AtomicUsize,
}

#[async_trait]
impl Connector for Network {
    async fn endpoints(&self, _: &str) -> Result<Vec<EndpointDescription>> {
        Ok(Vec::new())
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Arc<dyn Session>> {
        let index: usize = options.endpoint_url.trim_start_matches("opc.tcp://server").parse().unwrap();
        let server = &self.servers[index];
        let session = server.connector().connect(ConnectOptions { endpoint_url: server.url(), ..options }).await?;
        self.sessions.fetch_add(1, Ordering::Relaxed);
        Ok(session)
    }
}

pub(super) struct Floor {
    network: Arc<Network>,
    pub(super) sink: Arc<MemorySink>,
    pub(super) clock: Arc<ManualClock>,
}

impl Floor {
    /// Servers with the variables `ns=1;s=A` and `ns=1;s=B`.
    pub(super) fn new(servers: usize) -> Self {
        let server = |_| {
            let server = MemoryServer::new();
            for name in ["A", "B"] {
                server.add_variable(node(name), name, value(0, 0));
            }
            server
        };
        let network = Network { servers: (0..servers).map(server).collect(), sessions: AtomicUsize::new(0) };
        let clock = ManualClock::new(UtcTime::UNIX_EPOCH + Duration::from_secs(1000));
        Self { network: Arc::new(network), sink: Arc::default(), clock: Arc::new(clock) }
    }

    pub(super) fn server(&self) -> &MemoryServer {
        &self.network.servers[0]
    }

    /// Publishes entries.
    pub(super) fn start(&self, entries: &str) -> Publisher {
        let loaded = config::load(&format!("[{entries}]")).unwrap();
        assert_eq!(loaded.findings, []);
        Publisher::start(
            &loaded.plan,
            Parts {
                clock: Arc::clone(&self.clock) as _,
                ..Parts::new(Arc::clone(&self.network) as _, Arc::clone(&self.sink) as _, "edge")
            },
        )
    }

    /// Waits until the sink has the value for the field.
    pub(super) async fn published(&self, field: &str, number: i32) {
        let has = |messages: &[iiot_core::transport::Message]| {
            messages.iter().any(|message| numbers(std::slice::from_ref(message), field).contains(&i64::from(number)))
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), self.sink.wait_for(has)).await;
        assert!(waited.is_ok(), "{field} {number} is not in {:?}", self.sink.messages());
    }
}

pub(super) fn node(name: &str) -> NodeId {
    NodeId::new(1, name)
}

/// An Int32 of a second after the start.
pub(super) fn value(number: i32, second: u64) -> DataValue {
    let time = UtcTime::UNIX_EPOCH + Duration::from_secs(2000 + second);
    DataValue { source_timestamp: Some(time.into()), ..DataValue::value_only(Variant::Int32(number)) }
}

fn at(second: u64) -> Option<UtcTime> {
    Some(UtcTime::UNIX_EPOCH + Duration::from_secs(2000 + second))
}

/// What messages say of a field, in order.
pub(super) fn numbers(messages: &[iiot_core::transport::Message], field: &str) -> Vec<i64> {
    let json = |message: &iiot_core::transport::Message| serde_json::from_slice::<Value>(&message.payload).unwrap();
    let mut found = Vec::new();
    for message in messages.iter().filter(|message| !message.payload.is_empty()).map(json) {
        for data in message["Messages"].as_array().into_iter().flatten() {
            let value = &data["Payload"][field]["Value"];
            found.extend([value, &value["Body"], &value["Value"]].into_iter().find_map(number));
        }
    }
    found
}

/// Numbers of 64 bits are texts.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Waits for a condition that nothing announces.
pub(super) async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::task::yield_now().await;
    }
}

pub(super) const ONE: &str = r#"{"EndpointUrl": "opc.tcp://server0", "DataSetWriterGroup": "G", "DataSetWriterId": "W",
    "OpcNodes": [{"Id": "ns=1;s=A", "DisplayName": "A"}]}"#;
pub(super) const BOTH: &str = r#"{"EndpointUrl": "opc.tcp://server0", "DataSetWriterGroup": "G", "DataSetWriterId": "W",
    "OpcNodes": [{"Id": "ns=1;s=A", "DisplayName": "A"}, {"Id": "ns=1;s=B", "DisplayName": "B"}]}"#;
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn values_become_messages_under_the_topics_of_the_group() {
    let floor = Floor::new(1);
    let publisher = floor.start(ONE);
    floor.published("A", 0).await;
    floor.server().set(&node("A"), value(7, 1));
    floor.published("A", 7).await;
    let topics: Vec<(String, bool)> = floor.sink.messages().into_iter().map(|m| (m.topic, m.retain)).collect();
    assert_eq!(topics[0], ("edge/messages/G/metadata/W".into(), true));
    assert_eq!(topics[1..], [("edge/messages/G".into(), false), ("edge/messages/G".into(), false)]);
    publisher.stop(PATIENCE).await;
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn the_type_of_a_field_is_in_the_first_metadata() {
    let floor = Floor::new(1);
    let publisher = floor.start(ONE);
    floor.published("A", 0).await;
    let metadata: Value = serde_json::from_slice(&floor.sink.messages()[0].payload).unwrap();
    assert_eq!(metadata["MetaData"]["Fields"][0]["BuiltInType"], 6, "{metadata}");
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn the_server_gets_its_acknowledgement_only_after_the_sink_took_the_message() {
    let floor = Floor::new(1);
    floor.sink.pause();
    let publisher = floor.start(ONE);
    until("a message on its way", || floor.sink.sends() >= 2).await;
    assert_eq!(floor.server().acknowledged(), [0_u64; 0]);
    floor.sink.resume();
    until("the acknowledgement", || floor.server().acknowledged().len() == 1).await;
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn a_sink_that_is_away_stops_the_flow_and_loses_nothing() {
    let floor = Floor::new(1);
    let publisher = floor.start(&ONE.replace("\"DisplayName\": \"A\"", "\"DisplayName\": \"A\", \"QueueSize\": 1000"));
    floor.published("A", 0).await;
    floor.sink.pause();
    for number in 1..=200 {
        floor.server().set(&node("A"), value(number, number as u64));
    }
    until("the window to fill", || floor.sink.sends() >= 17).await;
    floor.sink.resume();
    floor.published("A", 200).await;
    assert_eq!(numbers(&floor.sink.messages(), "A"), (0..=200).collect::<Vec<i64>>());
    publisher.stop(PATIENCE).await;
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn a_failing_sink_gets_the_message_again() {
    let floor = Floor::new(1);
    floor.sink.fail_next(ErrorKind::Unavailable);
    let publisher = floor.start(ONE);
    until("the failure", || publisher.diagnostics().writer_groups[0].sink_error.is_some()).await;
    floor.clock.advance(Duration::from_secs(1));
    floor.published("A", 0).await;
    until("the recovery", || publisher.diagnostics().writer_groups[0].sink_error.is_none()).await;
    publisher.stop(PATIENCE).await;
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn writers_of_one_server_share_a_session() {
    let floor = Floor::new(1);
    let publisher = floor.start(&format!("{ONE}, {}", BOTH.replace("\"W\"", "\"V\"")));
    floor.published("B", 0).await;
    until("both subscriptions", || floor.server().subscriptions() == 2).await;
    assert_eq!(floor.network.sessions.load(Ordering::Relaxed), 1);
    publisher.stop(PATIENCE).await;
    assert_eq!(floor.server().subscriptions(), 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_does_not_stop_the_rest() {
    let floor = Floor::new(2);
    floor.network.servers[1].interrupt("off");
    let publisher = floor.start(&format!("{ONE}, {}", BOTH.replace("server0", "server1").replace("\"G\"", "\"H\"")));
    floor.published("A", 0).await;
    until("a failed attempt", || publisher.diagnostics().connections[1].reason.is_some()).await;
    assert_eq!(publisher.diagnostics().connections[1].state, ConnectionState::Connecting);
    floor.network.servers[1].resume();
    floor.clock.advance(Duration::from_secs(1));
    floor.published("B", 0).await;
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn what_the_trust_policy_let_pass_is_shown() {
    let floor = Floor::new(1);
    let (problem, remedy) = ("the certificate has expired".into(), "have it renewed".into());
    let status = StatusCode::BadCertificateTimeInvalid;
    floor.server().set_concerns(vec![Concern { status, problem, remedy }]);
    let publisher = floor.start(ONE);
    until("the concern", || {
        publisher.diagnostics().connections[0].concerns == ["the certificate has expired: have it renewed"]
    })
    .await;
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn an_unknown_node_is_shown_and_the_rest_is_published() {
    let floor = Floor::new(1);
    let publisher = floor.start(&ONE.replace("]}", r#", {"Id": "ns=1;s=X", "DisplayName": "X"}]}"#));
    floor.published("A", 0).await;
    let writer = publisher.diagnostics().connections[0].writers[0].clone();
    assert_eq!((writer.fields, writer.reporting, writer.values), (2, 1, 1));
    assert_eq!((writer.failed[0].field.as_str(), writer.failed[0].node.as_str()), ("X", "ns=1;s=X"));
    assert_eq!(writer.failed[0].status, StatusCode::BadNodeIdUnknown.to_string());
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn what_a_restart_of_the_server_may_have_lost_is_declared_per_field() {
    let floor = Floor::new(1);
    let publisher = floor.start(BOTH);
    floor.server().set(&node("A"), value(1, 10));
    floor.published("A", 1).await;
    floor.server().interrupt("power off");
    floor.server().set(&node("A"), value(2, 20));
    floor.server().set(&node("A"), value(3, 30));
    floor.server().restart();
    floor.published("A", 3).await;
    publisher.stop(PATIENCE).await;
    let losses = publisher.losses();
    // B did not change, so nothing of it can be missing.
    assert_eq!(losses.len(), 1, "{losses:?}");
    let loss = &losses[0];
    assert_eq!((loss.field.as_deref(), loss.cause), (Some("A"), LossCause::SubscriptionLost));
    assert_eq!((loss.after, loss.before), (at(10), at(30)));
}

#[tokio::test]
async fn a_message_that_the_server_no_longer_has_is_declared() {
    let floor = Floor::new(1);
    let publisher = floor.start(ONE);
    floor.published("A", 0).await;
    floor.server().lose_messages(1);
    floor.server().set(&node("A"), value(1, 10));
    floor.server().set(&node("A"), value(2, 20));
    floor.published("A", 2).await;
    publisher.stop(PATIENCE).await;
    let losses = publisher.losses();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert_eq!(losses[0].cause, LossCause::NotAvailableForRepublish);
    assert_eq!((losses[0].after, losses[0].before), (at(0), at(20)));
}

#[tokio::test]
async fn what_is_batched_is_sent_before_a_stop() {
    let floor = Floor::new(1);
    let publisher = floor.start(&ONE.replace("\"OpcNodes\"", "\"BatchTriggerInterval\": 60000, \"OpcNodes\""));
    until("the values", || publisher.diagnostics().writer_groups[0].values_in == 1).await;
    assert_eq!(numbers(&floor.sink.messages(), "A"), [0_i64; 0]);
    publisher.stop(PATIENCE).await;
    assert_eq!(numbers(&floor.sink.messages(), "A"), [0]);
    assert_eq!(publisher.losses(), []);
    let group = publisher.diagnostics().writer_groups[0].clone();
    assert_eq!((group.values_out, group.waiting), (1, 0));
}

#[tokio::test]
async fn what_has_arrived_is_sent_before_a_stop() {
    let floor = Floor::new(1);
    let publisher = floor.start(ONE);
    floor.published("A", 0).await;
    for number in 1..=5 {
        floor.server().set(&node("A"), value(number, number as u64));
    }
    publisher.stop(PATIENCE).await;
    assert_eq!(numbers(&floor.sink.messages(), "A"), [0, 1, 2, 3, 4, 5]);
    assert_eq!(publisher.losses(), []);
}

#[tokio::test]
async fn a_batch_that_never_fills_does_not_hold_back_acknowledgements() {
    let floor = Floor::new(1);
    let publisher = floor.start(&ONE.replace("\"OpcNodes\"", "\"BatchTriggerInterval\": 60000, \"OpcNodes\""));
    until("the subscription", || floor.server().subscriptions() == 1).await;
    for number in 1..40 {
        floor.server().set(&node("A"), value(number, number as u64));
    }
    until("acknowledgements", || !floor.server().acknowledged().is_empty()).await;
    publisher.stop(PATIENCE).await;
}

#[tokio::test]
async fn what_the_sink_did_not_take_in_time_is_declared_at_the_stop() {
    let floor = Floor::new(1);
    let publisher = Arc::new(floor.start(ONE));
    floor.published("A", 0).await;
    floor.sink.pause();
    floor.server().set(&node("A"), value(1, 10));
    floor.server().set(&node("A"), value(2, 20));
    until("values", || publisher.diagnostics().writer_groups[0].values_in == 3).await;
    let stopping = Arc::clone(&publisher);
    let stop = tokio::spawn(async move { stopping.stop(PATIENCE).await });
    until("the wait", || floor.clock.next_deadline().is_some()).await;
    floor.clock.advance(PATIENCE);
    stop.await.unwrap();
    let losses = publisher.losses();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert_eq!((losses[0].cause, losses[0].values), (LossCause::Stopped, Some(2)));
    assert!(losses[0].after < at(10) && losses[0].before > at(20));
}

#[tokio::test]
async fn a_sink_that_is_closed_for_good_ends_the_publisher() {
    let floor = Floor::new(1);
    floor.sink.fail_next(ErrorKind::Closed);
    let publisher = floor.start(ONE);
    assert_eq!(publisher.failed().await.kind(), ErrorKind::Closed);
    publisher.stop(PATIENCE).await;
}
