//! Redundant sets of foreign servers: one that is not healthy is left for a better one, a dead one
//! for whoever its set names, and a set of junk is borne.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{
    Connector, Identity, Session, SessionExt, SessionState, Subscription, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::testing::{Peers, Process, free_port, within};
use iiot_core::ua::{MessageSecurityMode, VariableId, Variant};

use crate::ladder::items;
use crate::setup::{connector, options};

const PATIENCE: Duration = Duration::from_secs(120);
const COLD: &str = "1";
const HOT: &str = "3";

/// One server of a set, with a counter.
struct Member {
    name: &'static str,
    port: u16,
    process: Process,
}

impl Member {
    fn start(peers: &Peers, folder: &Path, name: &'static str, port: u16, support: &str, partners: &str) -> Self {
        let truth = folder.join(format!("{name}.jsonl"));
        let uri = uri(name);
        let arguments = ["--truth", truth.to_str().unwrap(), "--counters", "1", "--uri", &uri];
        let set = ["--redundancy", support, "--partners", partners];
        let (process, _) = peers.node("counter.mjs", port, &[&arguments[..], &set].concat()).unwrap();
        Self { name, port, process }
    }

    fn set_level(&mut self, level: u8) {
        self.process.send(&format!("level {level}")).unwrap();
        self.process.expect_line(&format!("LEVEL {level}"), PATIENCE).unwrap();
    }

    async fn sessions(&self) -> u32 {
        let asking = options(&url(self.port), MessageSecurityMode::None, &Identity::Anonymous);
        let session = connector().await.connect(asking).await.unwrap();
        let count = VariableId::Server_ServerDiagnostics_ServerDiagnosticsSummary_CurrentSessionCount;
        let values = session.read_values(&[count.into()]).await.unwrap();
        session.close().await;
        match values[0].value {
            Some(Variant::UInt32(count)) => count - 1,
            ref other => panic!("a count of sessions of {}, not {other:?}", self.name),
        }
    }
}

/// A session with a counter of whichever server it is on.
struct Line {
    session: Arc<dyn Session>,
    subscription: Box<dyn Subscription>,
    gaps: usize,
}

impl Line {
    async fn to(port: u16) -> Self {
        let wanted = options(&url(port), MessageSecurityMode::None, &Identity::Anonymous);
        let session = connector().await.connect(wanted).await.unwrap();
        let cycle = SubscriptionOptions { publishing_interval: Duration::from_millis(100), ..Default::default() };
        let subscription = session.subscribe(cycle, items(session.as_ref(), 1)).await.unwrap();
        Self { session, subscription, gaps: 0 }
    }

    async fn next(&mut self) -> usize {
        match within("an event", PATIENCE, self.subscription.next()).await.expect("the subscription lives") {
            SubscriptionEvent::Gap(_) => self.gaps += 1,
            SubscriptionEvent::Data(batch) => {
                self.subscription.acknowledge(batch.token);
                return batch.len();
            }
            _ => {}
        }
        0
    }

    async fn values(&mut self, count: usize) {
        let mut values = 0;
        while values < count {
            values += self.next().await;
        }
    }

    /// Takes events until a loss is declared and values come again.
    async fn values_behind_gap(&mut self, gaps: usize) {
        while self.gaps < gaps {
            self.next().await;
        }
        self.values(5).await;
    }

    /// The ApplicationUri of the server.
    async fn server(&self) -> String {
        let values = self.session.read_values(&[VariableId::Server_ServerArray.into()]).await.unwrap();
        let Some(Variant::Array(array)) = &values[0].value else { panic!("no ServerArray: {values:?}") };
        array.values[0].to_string()
    }
}

fn url(port: u16) -> String {
    format!("opc.tcp://127.0.0.1:{port}")
}

fn uri(name: &str) -> String {
    format!("urn:iiot:peer:counter-{name}")
}

fn partner(name: &str, port: u16) -> String {
    format!("{}={}", uri(name), url(port))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_healthy_is_left_for_a_better_one_of_its_set() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (a, b) = (free_port(), free_port());
    let mut first = Member::start(&peers, folder.path(), "a", a, HOT, &partner("b", b));
    let mut second = Member::start(&peers, folder.path(), "b", b, HOT, &partner("a", a));
    let mut line = Line::to(a).await;
    line.values(5).await;
    assert_eq!(line.server().await, uri("a"));
    // As bad as the first, so there is no reason to move yet.
    second.set_level(100);
    first.set_level(100);
    line.values(30).await;
    assert_eq!((line.server().await, line.gaps), (uri("a"), 0));
    second.set_level(255);
    line.values_behind_gap(1).await;
    assert_eq!(line.server().await, uri("b"));
    assert_eq!((first.sessions().await, second.sessions().await), (0, 1), "the old session was closed");
    // The one that is left is the only one now, healthy or not.
    second.process.kill();
    line.values_behind_gap(2).await;
    assert_eq!((line.server().await, line.session.state()), (uri("a"), SessionState::Connected));
    line.session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_is_replaced_by_whoever_its_set_names() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (a, b) = (free_port(), free_port());
    let mut first = Member::start(&peers, folder.path(), "a", a, COLD, &partner("b", b));
    let mut line = Line::to(a).await;
    // FindServers is long answered when the server has counted so far.
    line.values(30).await;
    first.process.kill();
    let second = Member::start(&peers, folder.path(), "b", b, COLD, &partner("a", a));
    line.values_behind_gap(1).await;
    assert_eq!((line.server().await, second.sessions().await), (uri("b"), 1));
    line.session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_names_itself_and_junk_is_borne() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (a, dead) = (free_port(), free_port());
    let itself = format!("{},{},urn:alias=opc.tcp://localhost:{a}", partner("a", a), partner("double", a));
    let junk = format!("{itself},junk=junk,urn:no-url=,urn:http=http://127.0.0.1:{a},{}", partner("dead", dead));
    let mut server = Member::start(&peers, folder.path(), "a", a, HOT, &junk);
    let mut line = Line::to(a).await;
    server.set_level(0);
    line.values(60).await;
    assert_eq!((line.gaps, line.session.state()), (0, SessionState::Connected));
    assert_eq!(server.sessions().await, 1, "whoever asks the others leaves no session behind");
    line.session.close().await;
}
