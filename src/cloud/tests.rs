//! Edges at one hub, and a cloud above them.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU32, Ordering};

use futures::StreamExt;
use futures::stream::BoxStream;
use iiot_core::ErrorKind;
use iiot_core::access::{ApiKeys, AuditLog};
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::model::{Approval, Edge, Endpoint, EndpointDescription, Presence, Record};
use iiot_core::operation::{Details, Effect, Principal, Reply, Role};
use iiot_core::registry::{Expected, MemoryRegistry, RecordKey, RecordKind, RegistryExt};
use iiot_core::rpc::{Place, Server};
use iiot_core::testing::{eventually, within};
use iiot_core::transport::{MemoryTransport, Message, Transport};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;

mod lamps {
    #![allow(dead_code, reason = "the table makes remote lamps too")]

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    iiot_core::operations! {
        /// Lamps.
        pub(super) trait Lamps / RemoteLamps = "lamps" of endpoint as "lamps" {
            calls {
                /// How often it was lit.
                read(LampRequest) -> u32, Reader, Reads;
                /// Lights it.
                light(LampRequest) -> u32, Operator, Changes;
                /// Never answers.
                hang(LampRequest) -> u32, Reader, Reads;
            }
            streams {
                /// Numbers without end.
                watch(LampRequest) -> u32, Reader;
            }
        }
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub(super) struct LampRequest {
        pub(super) endpoint: String,
    }
}

use lamps::{LampRequest, Lamps};

#[derive(Debug, Default)]
struct Local {
    lit: AtomicU32,
    hangs: Notify,
}

#[async_trait]
impl Lamps for Local {
    async fn read(&self, _: LampRequest) -> Result<u32> {
        Ok(self.lit.load(Ordering::SeqCst))
    }

    async fn light(&self, _: LampRequest) -> Result<u32> {
        Ok(self.lit.fetch_add(1, Ordering::SeqCst) + 1)
    }

    async fn hang(&self, _: LampRequest) -> Result<u32> {
        self.hangs.notify_one();
        std::future::pending().await
    }

    async fn watch(&self, _: LampRequest) -> Result<BoxStream<'static, Result<u32>>> {
        Ok(futures::stream::iter(0..).map(Ok).boxed())
    }
}

/// A hub, a registry and edges.
struct Plant {
    hub: MemoryTransport,
    registry: Arc<MemoryRegistry>,
    edges: Arc<Edges>,
    signer: Arc<SigningKey>,
    folder: TempDir,
}

struct Floor {
    lamps: Arc<Local>,
    audit: Arc<AuditLog>,
    _server: Server,
}

impl Plant {
    fn new() -> Self {
        let (hub, registry) = (MemoryTransport::new(), Arc::new(MemoryRegistry::new()));
        let folder = tempfile::tempdir().unwrap();
        let signer = Arc::new(caller_key(folder.path()).unwrap());
        let (transport, known) = (Arc::new(hub.clone()), Arc::clone(&registry));
        let edges = Edges::new(transport, known, Arc::clone(&signer), Arc::new(SystemClock));
        Self { hub, registry, edges: Arc::new(edges), signer, folder }
    }

    /// An edge that is on record as this, and admits the cloud.
    async fn edge(&self, id: &str, approval: Approval) -> Floor {
        let data = self.folder.path().join(id);
        let keys = Arc::new(ApiKeys::open(data.join("keys.json")).unwrap());
        keys.admit(self.signer.public(), "cloud", Role::Administrator).unwrap();
        let audit = Arc::new(AuditLog::open(data.join("audit.jsonl")).unwrap());
        let (hub, clock) = (Arc::new(self.hub.clone()), Arc::new(SystemClock));
        let place = Place::open(hub, format!("iiot/{id}"), &data, keys, Arc::clone(&audit), clock).unwrap();
        let place_key = place.secret.public().to_string();
        let lamps = Arc::<Local>::default();
        let server = Server::start(place, vec![Arc::new(Arc::clone(&lamps) as Arc<dyn Lamps>)]).await.unwrap();
        self.put_edge(id, &place_key, approval, true).await;
        Floor { lamps, audit, _server: server }
    }

    async fn put_edge(&self, id: &str, place_key: &str, approval: Approval, connected: bool) {
        let now = SystemClock.utc();
        let edge = Edge {
            site: None,
            root: format!("iiot/{id}"),
            place_key: place_key.into(),
            approval,
            presence: Presence { connected, since: now },
            version: String::new(),
            capabilities: Vec::new(),
            first_seen: now,
            problem: None,
        };
        let key = RecordKey::new(RecordKind::Edge, id);
        self.registry.put(&key, Record::Edge(edge), Expected::Any).await.unwrap();
    }

    async fn change_edge(&self, id: &str, change: impl Fn(&mut Edge) + Send + Sync) {
        let changed = |record| match record {
            Record::Edge(mut edge) => {
                change(&mut edge);
                Ok(Some(Record::Edge(edge)))
            }
            _ => Ok(None),
        };
        self.registry.update(&RecordKey::new(RecordKind::Edge, id), changed).await.unwrap();
    }

    async fn endpoint(&self, id: &str, activated: bool, edge: Option<&str>) {
        let description =
            json!({ "url": "opc.tcp://plc", "reportedUrl": "", "securityMode": "None", "securityPolicyUri": "" });
        let description: EndpointDescription = serde_json::from_value(description).unwrap();
        let endpoint = json!({ "application": "a", "description": description, "activated": activated, "edge": edge,
            "problem": edge.is_none().then_some("all edges of its site are away") });
        let endpoint: Endpoint = serde_json::from_value(endpoint).unwrap();
        let key = RecordKey::new(RecordKind::Endpoint, id);
        self.registry.put(&key, Record::Endpoint(endpoint), Expected::Any).await.unwrap();
    }

    fn by_endpoint(&self) -> ByEndpoint {
        ByEndpoint::new(lamps::OPERATIONS, Arc::clone(&self.edges))
    }

    fn by_edge(&self) -> ByEdge {
        static LAMPS: LazyLock<Vec<Operation>> = LazyLock::new(|| ByEdge::table(lamps::OPERATIONS));
        ByEdge::new(&LAMPS, Arc::clone(&self.edges))
    }
}

fn alice() -> Principal {
    Principal::new("alice", Role::Operator)
}

fn about(endpoint: &str) -> Vec<u8> {
    json!({ "endpoint": endpoint }).to_string().into_bytes()
}

fn number(reply: Reply) -> u32 {
    match reply {
        Reply::One(json) => serde_json::from_slice(&json).unwrap(),
        Reply::Many(_) => panic!("one answer was expected"),
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn calls_go_to_the_edge_that_holds_the_endpoint() {
    let plant = Plant::new();
    let (north, south) = (plant.edge("north", Approval::Approved).await, plant.edge("south", Approval::Approved).await);
    plant.endpoint("e1", true, Some("north")).await;
    plant.endpoint("e2", true, Some("south")).await;
    let cloud = plant.by_endpoint();
    let details = Details::default();
    assert_eq!(number(cloud.dispatch_recorded("light", &alice(), &about("e2"), &details).await.unwrap()), 1);
    assert_eq!(details.to_json(), Some(json!({ "items": [{ "edge": "south", "endpoint": "e2" }] })));
    assert_eq!((north.lamps.lit.load(Ordering::SeqCst), south.lamps.lit.load(Ordering::SeqCst)), (0, 1));
    let recorded = south.audit.read(0, 10).unwrap();
    assert_eq!(
        (recorded[0].entry.principal.as_str(), recorded[0].entry.role),
        ("alice by cloud", Some(Role::Operator))
    );
    let Reply::Many(items) = cloud.dispatch("watch", &alice(), &about("e1")).await.unwrap() else { panic!("a stream") };
    let first: Vec<_> = items.take(200).map(|item| String::from_utf8(item.unwrap()).unwrap()).collect().await;
    assert_eq!(first[199], "199");
    plant.endpoint("e2", true, Some("north")).await;
    assert_eq!(number(cloud.dispatch("light", &alice(), &about("e2")).await.unwrap()), 1, "it moved");
    assert_eq!(north.lamps.lit.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_concerns_an_edge_goes_to_that_edge() {
    let plant = Plant::new();
    let north = plant.edge("north", Approval::Approved).await;
    let cloud = plant.by_edge();
    let request = |edge: &str| json!({ "edge": edge, "request": { "endpoint": "" } }).to_string().into_bytes();
    assert_eq!(number(cloud.dispatch("light", &alice(), &request("north")).await.unwrap()), 1);
    assert_eq!(north.lamps.lit.load(Ordering::SeqCst), 1);
    let unknown = cloud.dispatch("light", &alice(), &request("west")).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    let of = cloud.operations()[0].of.unwrap();
    assert_eq!((of.member, of.collection), ("edge", "edges"));
    assert!(cloud.dispatch("light", &alice(), b"{}").await.is_err());
    let reader = Principal::new("rita", Role::Reader);
    assert_eq!(cloud.dispatch("light", &reader, &request("north")).await.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn nothing_is_sent_to_an_edge_that_was_not_approved_or_is_away() {
    let plant = Plant::new();
    let _edge = plant.edge("north", Approval::Discovered).await;
    plant.endpoint("e1", true, Some("north")).await;
    let mut sent = plant.hub.clone().subscribe("iiot/north/#").await.unwrap();
    let cloud = plant.by_endpoint();
    let why = async || cloud.dispatch("read", &alice(), &about("e1")).await.unwrap_err();
    assert!(why().await.report().contains("nobody has approved it"), "{}", why().await.report());
    plant.change_edge("north", |edge| edge.approval = Approval::Rejected).await;
    assert!(why().await.report().contains("rejected"));
    plant.change_edge("north", |edge| (edge.approval, edge.presence.connected) = (Approval::Approved, false)).await;
    assert!(why().await.report().contains("away since 20"), "{}", why().await.report());
    plant.change_edge("north", |edge| edge.presence.connected = true).await;
    plant.endpoint("e1", false, None).await;
    assert!(why().await.report().contains("not activated"));
    plant.endpoint("e1", true, None).await;
    assert!(why().await.report().contains("all edges of its site are away"));
    assert_eq!(cloud.dispatch("read", &alice(), &about("e9")).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(cloud.dispatch("read", &alice(), b"{}").await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    plant.hub.publish(Message::new("iiot/north/mark", "")).await.unwrap();
    assert_eq!(sent.next().await.unwrap().topic, "iiot/north/mark", "this is the first message");
}

#[tokio::test]
async fn an_edge_that_goes_ends_what_reads_there_and_disturbs_no_other() {
    let plant = Plant::new();
    let (north, _south) =
        (plant.edge("north", Approval::Approved).await, plant.edge("south", Approval::Approved).await);
    plant.endpoint("e1", true, Some("north")).await;
    plant.endpoint("e2", true, Some("south")).await;
    let cloud = Arc::new(plant.by_endpoint());
    let Reply::Many(mut items) = cloud.dispatch("watch", &alice(), &about("e1")).await.unwrap() else {
        panic!("a stream")
    };
    items.next().await.unwrap().unwrap();
    let asking = Arc::clone(&cloud);
    let hanging = tokio::spawn(async move { asking.dispatch("hang", &alice(), &about("e1")).await.map(drop) });
    within("it hangs", PATIENCE, north.lamps.hangs.notified()).await;
    assert_eq!(number(cloud.dispatch("read", &alice(), &about("e2")).await.unwrap()), 0);
    plant.change_edge("north", |edge| edge.presence.connected = false).await;
    let ended = within("it ends", PATIENCE, hanging).await.unwrap().unwrap_err();
    assert!(ended.report().contains("away since") && ended.report().contains("north"), "{}", ended.report());
    let mut failures = items.filter_map(|item| std::future::ready(item.err()));
    let last = within("the stream ends", PATIENCE, failures.next()).await;
    assert!(last.unwrap().report().contains("away since"));
    plant.change_edge("north", |edge| edge.presence.connected = true).await;
    assert_eq!(number(cloud.dispatch("read", &alice(), &about("e1")).await.unwrap()), 0);
    drop(plant);
}

#[tokio::test]
async fn an_edge_that_does_not_know_us_is_no_fault_of_who_asks() {
    let plant = Plant::new();
    let _edge = plant.edge("north", Approval::Approved).await;
    plant.endpoint("e1", true, Some("north")).await;
    let folder = tempfile::tempdir().unwrap();
    let (hub, registry) = (Arc::new(plant.hub.clone()), Arc::clone(&plant.registry));
    let stranger = Edges::new(hub, registry, caller_key(folder.path()).unwrap(), Arc::new(SystemClock));
    let cloud = ByEndpoint::new(lamps::OPERATIONS, Arc::new(stranger));
    let error = cloud.dispatch("read", &alice(), &about("e1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Security);
    assert!(error.report().contains("--cloud"), "{}", error.report());
}

#[tokio::test]
async fn one_caller_cannot_wait_for_one_edge_with_all_that_he_may_ask() {
    let plant = Plant::new();
    let _edge = plant.edge("north", Approval::Approved).await;
    plant.endpoint("e1", true, Some("north")).await;
    let cloud = Arc::new(plant.by_endpoint());
    let hanging: Vec<_> = (0..16)
        .map(|_| {
            let cloud = Arc::clone(&cloud);
            tokio::spawn(async move { cloud.dispatch("hang", &alice(), &about("e1")).await.map(drop) })
        })
        .collect();
    let refused = eventually(PATIENCE, async || match cloud.dispatch("read", &alice(), &about("e1")).await {
        Err(error) if error.kind() == ErrorKind::LimitExceeded => Ok(()),
        other => Err(format!("{other:?}")),
    });
    refused.await.unwrap();
    let bob = Principal::new("bob", Role::Reader);
    assert!(cloud.dispatch("read", &bob, &about("e1")).await.is_ok());
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
}

#[test]
fn what_edges_can_do_is_offered_of_each() {
    let all = [&PUBLISHER, &CONFIGURATION, &DISCOVERY].map(|table| table.as_slice()).concat();
    assert!(all.len() > 20 && all.iter().all(|one| one.of.is_some_and(|of| of.beside.is_some())));
    assert!(all.iter().any(|one| one.full_name() == "discovery.start" && one.effect == Effect::Changes));
    let document = iiot_core::http::openapi("cloud", &[&all[..], iiot_twin::OPERATIONS].concat());
    let paths = document["paths"].as_object().unwrap();
    assert!(
        paths.contains_key("/v1/edges/{edge}/configuration/add_nodes")
            && paths.contains_key("/v1/twins/{endpoint}/read")
    );
    let methods = paths.values().flat_map(|path| path.as_object().unwrap().values());
    let mut ids: Vec<_> = methods.map(|method| method["operationId"].as_str().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
