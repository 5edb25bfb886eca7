//! When the list of alarms is made anew, on a server in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::session::{ConnectOptions, MemoryServer};
use iiot_core::ua::{ByteString, LocalizedText, MethodId, NodeId, ObjectId, ObjectTypeId, Variant};
use iiot_twin::{EndpointMap, Twin};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::setup::{ENDPOINT, PATIENCE, ask, open, twin};

/// Condition, branch and event of an alarm.
type Retained = (&'static str, Option<&'static str>, &'static str);

/// A server that retains alarms, and sends them when it is asked to.
struct Plant {
    server: MemoryServer,
    retained: Arc<Mutex<Vec<Retained>>>,
    refreshes: Arc<AtomicUsize>,
    twin: Arc<dyn Twin>,
}

fn marker(server: &MemoryServer, event_type: ObjectTypeId) {
    server.raise(&ObjectId::Server.into(), &[("EventType", NodeId::from(event_type).into())]);
}

fn raise(server: &MemoryServer, (condition, branch, event): (&str, Option<&str>, &str), retain: bool) {
    let branch = branch.map_or_else(NodeId::null, |branch| NodeId::new(1, branch));
    let fields: [(&str, Variant); 6] = [
        ("EventType", NodeId::from(ObjectTypeId::AlarmConditionType).into()),
        ("ConditionId", NodeId::new(1, condition).into()),
        ("BranchId", branch.into()),
        ("EventId", ByteString::from(event.as_bytes().to_vec()).into()),
        ("Message", LocalizedText::new("en", event).into()),
        ("Retain", retain.into()),
    ];
    server.raise(&ObjectId::Server.into(), &fields);
}

impl Plant {
    fn new() -> Self {
        let (server, retained, refreshes) = (MemoryServer::new(), Arc::default(), Arc::<AtomicUsize>::default());
        let endpoints = EndpointMap::new();
        endpoints.insert(ENDPOINT, ConnectOptions::new(server.url()));
        let twin = twin(Arc::new(server.connector()), endpoints);
        Self { server, retained, refreshes, twin }
    }

    fn knows_refresh(self) -> Self {
        let (server, retained, refreshes) =
            (self.server.clone(), Arc::clone(&self.retained), Arc::clone(&self.refreshes));
        let refresh = move |_: &[Variant]| {
            refreshes.fetch_add(1, Ordering::SeqCst);
            marker(&server, ObjectTypeId::RefreshStartEventType);
            retained.lock().iter().for_each(|alarm| raise(&server, *alarm, true));
            marker(&server, ObjectTypeId::RefreshEndEventType);
            Ok(Vec::new())
        };
        self.server.add_method(MethodId::ConditionType_ConditionRefresh.into(), "ConditionRefresh", Arc::new(refresh));
        self
    }

    fn retain(&self, alarms: &[Retained]) {
        *self.retained.lock() = alarms.to_vec();
    }

    /// Condition, branch and message of each alarm of the live list.
    async fn list(&self) -> Vec<String> {
        let list = ask(&self.twin, "alarms", json!({})).await.unwrap();
        let text =
            |value: &Value| value.as_str().map(|text| text.replace("nsu=urn:iiot:memory;s=", "")).unwrap_or_default();
        let alarms = list["alarms"].as_array().unwrap().iter();
        alarms.map(|alarm| ["condition", "branch", "message"].map(|name| text(&alarm[name])).join(" ")).collect()
    }
}

async fn complete(updates: &mut BoxStream<'static, Result<Value>>) -> Value {
    loop {
        let update = timeout(PATIENCE, updates.next()).await.expect("an update comes").unwrap().unwrap();
        if !update["complete"].is_null() && update["snapshot"].is_null() {
            return update;
        }
    }
}

#[tokio::test]
async fn the_list_is_made_anew_after_each_reconnect_and_when_the_server_says_so() {
    let plant = Plant::new().knows_refresh();
    plant.retain(&[("Level", None, "1")]);
    assert_eq!(plant.list().await, ["Level  1"]);
    let mut updates = open(&plant.twin, "watch_alarms", json!({})).await.unwrap();
    let first = updates.next().await.unwrap().unwrap();
    assert_eq!((&first["complete"], &first["state"]["state"]), (&json!("refresh"), &json!("connected")), "{first}");

    plant.retain(&[("Load", Some("b"), "2"), ("Load", None, "3")]);
    marker(&plant.server, ObjectTypeId::RefreshRequiredEventType);
    let update = complete(&mut updates).await;
    assert_eq!(update["removed"], json!([{ "condition": "nsu=urn:iiot:memory;s=Level" }]));
    assert_eq!(plant.list().await, ["Load  3", "Load b 2"]);

    plant.server.interrupt("pulled");
    plant.retain(&[("Load", None, "4")]);
    plant.server.resume();
    complete(&mut updates).await;
    assert_eq!(plant.list().await, ["Load  4"]);

    plant.server.interrupt("pulled");
    plant.retain(&[("Load", None, "4"), ("Speed", None, "5")]);
    plant.server.restart();
    complete(&mut updates).await;
    assert_eq!(plant.list().await, ["Load  4", "Speed  5"]);
    assert!(plant.refreshes.load(Ordering::SeqCst) >= 4);
}

/// Nothing is known of what was before; what comes is.
#[tokio::test]
async fn a_server_that_tells_of_no_others_has_the_alarms_that_come() {
    let plant = Plant::new();
    let list = ask(&plant.twin, "alarms", json!({})).await.unwrap();
    assert_eq!((&list["basis"], &list["alarms"]), (&json!("events"), &json!([])), "{list}");
    let mut updates = open(&plant.twin, "watch_alarms", json!({ "after": list["sequence"] })).await.unwrap();
    raise(&plant.server, ("Level", None, "1"), true);
    let update = updates.next().await.unwrap().unwrap();
    assert_eq!(update["changed"][0]["message"], "1", "{update}");
    raise(&plant.server, ("Level", None, "2"), false);
    let update = updates.next().await.unwrap().unwrap();
    assert_eq!((&update["changed"][0]["retain"], update["removed"].as_array().map(Vec::len)), (&json!(false), Some(1)));
    assert!(plant.list().await.is_empty());
}
