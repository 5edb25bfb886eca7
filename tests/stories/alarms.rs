//! Alarms of node-opcua, over cuts, outages, and deaths of the edge and of the server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use iiot_core::session::{ConnectOptions, Connector, MethodExt, ModeChoice};
use iiot_core::testing::{FaultProxy, Mosquitto, MosquittoOptions, Peers, Process, free_port};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::{ByteString, LocalizedText, MessageSecurityMode, MethodId, NodeId};
use iiot_stories::{Edge, EdgeOptions, Message, Messages};
use serde_json::{Value, json};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(90);
const URI: &str = "urn:iiot:peer:events";

/// An event of an alarm: EventId in base64, condition, branch or `-`, message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alarm {
    id: String,
    condition: String,
    branch: String,
    message: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_appear_once_each_in_order_with_condition_and_branch() {
    let mut story = Story::begin().await;
    // Raised before anybody listens: the refresh at the start brings it.
    story.tell("level 120");
    story.start_edge();
    story.all_came("a standing alarm").await;
    story.tell("level 160");
    story.tell("load 90");
    story.acknowledge("LoadAlarm").await;
    story.all_came("changes").await;
    story.proxy.cut();
    // Nobody has acknowledged it, so a branch remains.
    story.tell("level 50");
    story.all_came("a branch after a cut").await;
    story.proxy.outage();
    story.tell("level 130");
    story.acknowledge("LevelAlarm").await;
    story.tell("load 10");
    sleep(Duration::from_secs(3)).await;
    story.tell("level 170");
    story.proxy.heal();
    story.all_came("an outage").await;
    story.edge.take().expect("it runs").process.kill();
    story.tell("level 60");
    story.tell("load 97");
    story.start_edge();
    story.all_came("the death of the edge").await;
    assert_eq!(story.published(), story.truth(), "once each and in order");
    assert!(story.losses().is_empty(), "{:#?}", story.losses());
    let branches = story.truth().iter().filter(|alarm| alarm.branch != "-").count();
    println!("{} alarms, {branches} of branches, all once and in order", story.truth().len());
    assert!(branches >= 2);
    story.survives_a_restart().await;
}

struct Story {
    peers: Peers,
    port: u16,
    server: Process,
    proxy: FaultProxy,
    broker: Mosquitto,
    messages: Messages,
    edge: Option<Edge>,
    folder: tempfile::TempDir,
}

impl Story {
    async fn begin() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let peers = Peers::in_folder(folder.path()).expect("peers");
        let port = free_port();
        let (server, _) = peers.node("events.mjs", port, &[]).expect("the server starts");
        let proxy = FaultProxy::start(local(port)).await.expect("a proxy");
        let broker = Mosquitto::start(MosquittoOptions::default()).await;
        let messages = Messages::new(peers.subscriber("127.0.0.1", broker.port(), "#").expect("a subscriber"));
        Self { peers, port, server, proxy, broker, messages, edge: None, folder }
    }

    fn start_edge(&mut self) {
        let data = self.folder.path().join("edge");
        self.edge = Some(start_edge(&data, self.proxy.address(), local(self.broker.port())));
    }

    fn tell(&mut self, line: &str) {
        let before = done(&self.server.stdout());
        self.server.send(line).expect("the server listens");
        let answered = self.server.wait_for(PATIENCE, |lines| (done(lines) > before).then_some(()));
        assert!(answered.is_some(), "{line}\n{}", self.server.said());
    }

    /// Acknowledges the last event of a condition, past the proxy.
    async fn acknowledge(&self, condition: &str) {
        let alarm = self.truth().into_iter().rfind(|alarm| alarm.condition == condition).expect("it was raised");
        let trust = Arc::new(MemoryTrustStore::default());
        let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:operator", trust));
        let mut options = ConnectOptions::new(format!("opc.tcp://127.0.0.1:{}", self.port));
        options.security.mode = ModeChoice::Exactly(MessageSecurityMode::None);
        let session = connector.connect(options).await.expect("a session");
        let index = session.namespaces().iter().position(|uri| uri == URI).expect("its namespace") as u16;
        let id = BASE64_STANDARD.decode(&alarm.id).expect("base64");
        let inputs = vec![ByteString::from(id).into(), LocalizedText::new("en", "seen").into()];
        let method = MethodId::AcknowledgeableConditionType_Acknowledge.into();
        let called = session.call_method(&NodeId::new(index, condition), &method, inputs).await;
        called.unwrap_or_else(|error| panic!("{condition}: {}", error.report()));
        session.close().await;
    }

    /// What the server has raised, in order.
    fn truth(&self) -> Vec<Alarm> {
        self.server.stdout().iter().filter_map(|line| Alarm::told(line)).collect()
    }

    fn published(&self) -> Vec<Alarm> {
        data_set_messages(&self.messages.all(), "alarms")
            .iter()
            .filter_map(|(_, body)| Alarm::published(body))
            .collect()
    }

    fn losses(&self) -> Vec<Value> {
        self.edge.as_ref().map(Edge::declared_losses).unwrap_or_default()
    }

    /// Waits until the last alarm of the server is published.
    async fn all_came(&self, what: &str) {
        let last = self.truth().pop().expect("there are alarms");
        let deadline = Instant::now() + PATIENCE;
        while self.published().last() != Some(&last) {
            assert!(
                Instant::now() < deadline,
                "after {what}:\n{:#?}\ninstead of\n{:#?}\n{}",
                self.published(),
                self.truth(),
                self.edge.as_ref().map(|edge| edge.process.said()).unwrap_or_default()
            );
            sleep(Duration::from_millis(100)).await;
        }
        // What is sent to the broker is known to the log a moment later.
        sleep(Duration::from_millis(500)).await;
    }

    /// A server that was restarted knows nothing of subscriptions; alarms and snapshots go on, and what may be
    /// missing is declared.
    async fn survives_a_restart(mut self) {
        let seen = self.published().len();
        self.server.kill();
        self.server = self.peers.node("events.mjs", self.port, &[]).expect("the server starts").0;
        self.tell("level 120");
        self.all_came("a restart of the server").await;
        self.tell("level 160");
        self.all_came("the first alarm after it").await;
        assert_eq!(self.published()[seen..], self.truth());
        assert!(self.losses().iter().any(|loss| loss["writer"] == "Alarms"), "{:#?}", self.losses());
        let last = self.truth().pop().expect("there are alarms");
        let is_it =
            |(kind, body): &(String, Value)| kind == "ua-condition" && Alarm::published(body).as_ref() == Some(&last);
        let deadline = Instant::now() + PATIENCE;
        while !data_set_messages(&self.messages.all(), "snapshots").iter().any(is_it) {
            assert!(Instant::now() < deadline, "no snapshot has {last:?}");
            sleep(Duration::from_millis(100)).await;
        }
        let mut edge = self.edge.take().expect("it runs");
        assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());
    }
}

impl Alarm {
    /// From a line of the server.
    fn told(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("ALARM ")?.splitn(4, ' ').map(str::to_owned);
        Some(Self { id: words.next()?, condition: words.next()?, branch: words.next()?, message: words.next()? })
    }

    /// From the payload of a DataSetMessage.
    fn published(payload: &Value) -> Option<Self> {
        let text = |name: &str| payload[name]["Value"].as_str();
        let identifier = |name: &str| text(name).and_then(|node| node.rsplit('=').next()).map(str::to_owned);
        let message = &payload["Message"]["Value"];
        Some(Self {
            id: text("EventId")?.into(),
            condition: identifier("ConditionId")?,
            branch: identifier("BranchId").filter(|id| id.len() > 1).unwrap_or_else(|| "-".into()).to_uppercase(),
            message: message.as_str().or_else(|| message["Text"].as_str())?.into(),
        })
    }
}

/// The MessageType and the payload of each DataSetMessage of a group, in order.
fn data_set_messages(messages: &[Message], group: &str) -> Vec<(String, Value)> {
    let topic = format!("/messages/{group}");
    let of_group = messages.iter().filter(|message| message.topic.ends_with(&topic));
    let inner = of_group.flat_map(|message| message.body["Messages"].as_array().into_iter().flatten());
    inner.map(|data| (data["MessageType"].as_str().unwrap_or_default().to_owned(), data["Payload"].clone())).collect()
}

fn start_edge(data: &Path, server: SocketAddr, broker: SocketAddr) -> Edge {
    let entry = |group: &str, writer: &str, handling: Value| {
        json!({
            "EndpointUrl": format!("opc.tcp://{server}"),
            "UseSecurity": false,
            "DataSetWriterGroup": group,
            "DataSetWriterId": writer,
            "DataSetPublishingInterval": 200,
            "OpcNodes": [{
                "Id": "i=2253",
                "DisplayName": writer,
                "EventFilter": { "TypeDefinitionId": "i=2915" },
                "ConditionHandling": handling,
            }],
        })
    };
    let published_nodes = json!([
        entry("alarms", "Alarms", json!({ "RefreshRetainedConditionsOnStart": true })),
        entry("snapshots", "Snapshots", json!({ "SnapshotInterval": 5, "UpdateInterval": 1 })),
    ]);
    Edge::start(&EdgeOptions { published_nodes: &published_nodes, sink: &format!("mqtt://{broker}"), data })
}

fn done(lines: &[String]) -> usize {
    lines.iter().filter(|line| *line == "DONE").count()
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Events of another foreign server, chosen by clauses.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_asyncua_are_published_as_the_clauses_say() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let (mut server, url) = peers.python("events_server.py", free_port(), &[]).expect("the server starts");
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let messages = Messages::new(peers.subscriber("127.0.0.1", broker.port(), "#").expect("a subscriber"));
    let published_nodes = json!([{
        "EndpointUrl": url,
        "DataSetWriterGroup": "events",
        "DataSetPublishingInterval": 100,
        "OpcNodes": [{
            "Id": "i=2253",
            "EventFilter": {
                "SelectClauses": [
                    { "TypeDefinitionId": "i=2041", "BrowsePath": ["Severity"] },
                    { "TypeDefinitionId": "i=2041", "BrowsePath": ["Message"], "DisplayName": "Text" },
                    { "BrowsePath": ["Pressure"] },
                ],
                "WhereClause": { "Elements": [
                    { "FilterOperator": "GreaterThanOrEqual", "FilterOperands": [
                        { "NodeId": "i=2041", "BrowsePath": ["Severity"] }, { "Value": 500, "DataType": "UInt16" } ] },
                ] },
            },
        }],
    }]);
    let data = folder.path().join("edge");
    let sink = format!("mqtt://127.0.0.1:{}", broker.port());
    let mut edge = Edge::start(&EdgeOptions { published_nodes: &published_nodes, sink: &sink, data: &data });
    let reporting = |lines: &[String]| lines.iter().any(|line| line.contains("connected to")).then_some(());
    let _ = edge.process.wait_for_error(PATIENCE, reporting);
    let deadline = Instant::now() + PATIENCE;
    let told = || -> Vec<(u64, Value)> {
        let payloads = data_set_messages(&messages.all(), "events").into_iter().map(|(_, payload)| payload);
        payloads
            .map(|payload| {
                (payload["Severity"]["Value"].as_u64().unwrap_or_default(), payload["Pressure"]["Value"].clone())
            })
            .collect()
    };
    // Until the item is there, events are nobody's.
    while told().is_empty() {
        assert!(Instant::now() < deadline, "no event came\n{}", edge.process.said());
        server.send("raise 999 0 first").expect("the server listens");
        sleep(Duration::from_millis(500)).await;
    }
    for line in ["raise 100 1 low", "raise 500 2.5 at the bound", "raise 800 4.5 high"] {
        server.send(line).expect("the server listens");
    }
    while told().last().is_none_or(|(severity, _)| *severity != 800) {
        assert!(Instant::now() < deadline, "{:?}\n{}", told(), edge.process.said());
        sleep(Duration::from_millis(100)).await;
    }
    let after_first: Vec<_> = told().into_iter().filter(|(severity, _)| *severity != 999).collect();
    assert_eq!(after_first, [(500, json!(2.5)), (800, json!(4.5))]);
    assert!(edge.stop(), "the edge did not stop well\n{}", edge.process.said());
}
