//! Alarms of other people's servers, and what yet others see of what is done to them.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::testing::{FaultProxy, Peers, Process, eventually, free_port};
use iiot_twin::Twin;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::cases;
use crate::setup::{PATIENCE, ask, good, in_memory, open, remote, twin_of};

fn node(name: &str) -> String {
    format!("nsu=urn:iiot:peer:events;s={name}")
}

/// A server of node-opcua with alarms, and a client of asyncua that reads.
struct Plant {
    server: Process,
    reader: Process,
    url: String,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Plant {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let port = free_port();
        let (server, url) = peers.node("events.mjs", port, &[]).unwrap();
        let (reader, _) = peers.python("reader.py", 0, &["--url", &url]).unwrap();
        Self { server, reader, url, port, _folder: folder }
    }

    fn tell(&mut self, line: &str) {
        drop(self.server.take_lines());
        self.server.send(line).unwrap();
        self.server.expect_line("DONE", PATIENCE).unwrap();
    }

    /// What the other client reads there.
    fn seen(&mut self, alarm: &str, path: &str) -> Value {
        drop(self.reader.take_lines());
        self.reader.send(&format!("{} {path}", node(alarm))).unwrap();
        let answer = |lines: &[String]| lines.iter().find_map(|line| line.strip_prefix("READ ").map(str::to_owned));
        serde_json::from_str(&self.reader.wait_for(PATIENCE, answer).expect("an answer")).unwrap()
    }
}

/// A stream of updates, and the list that they make.
struct Watched {
    updates: BoxStream<'static, Result<Value>>,
    alarms: Vec<Value>,
    sequence: u64,
}

impl Watched {
    async fn open(twin: &Arc<dyn Twin>, request: Value) -> Self {
        Self { updates: open(twin, "watch_alarms", request).await.unwrap(), alarms: Vec::new(), sequence: 0 }
    }

    async fn next(&mut self) -> Value {
        let update = timeout(PATIENCE, self.updates.next()).await.expect("an update comes").unwrap().unwrap();
        let sequence = update["sequence"].as_u64().unwrap();
        assert!(sequence > self.sequence || update["snapshot"] == true, "{update}");
        self.sequence = sequence;
        if update["snapshot"] == true {
            self.alarms.clear();
        }
        let of = |alarm: &Value| [alarm["condition"].clone(), alarm["branch"].clone()];
        for alarm in update["changed"].as_array().into_iter().flatten() {
            self.alarms.retain(|known| of(known) != of(alarm));
            self.alarms.push(alarm.clone());
        }
        for gone in update["removed"].as_array().into_iter().flatten() {
            self.alarms.retain(|known| of(known) != of(gone));
        }
        update
    }

    /// Takes updates until one is like this.
    async fn until(&mut self, what: impl Fn(&Value) -> bool) -> Value {
        loop {
            let update = self.next().await;
            if what(&update) {
                return update;
            }
        }
    }

    /// Takes updates until the list is like this.
    async fn until_list(&mut self, what: impl Fn(&[Value]) -> bool) {
        while !what(&self.alarms) {
            self.next().await;
        }
    }
}

fn has(alarms: &[Value], name: &str) -> bool {
    alarms.iter().any(|alarm| alarm["condition"] == node(name).as_str())
}

/// The event that tells of an acknowledgement, once it is in the live list.
async fn acknowledged_event(twin: &Arc<dyn Twin>, alarm: &str) -> Value {
    let is_it = |known: &&Value| known["condition"] == alarm && known["acknowledged"] == true;
    let told = async || {
        let list = ask(twin, "alarms", json!({})).await.unwrap();
        let known = list["alarms"].as_array().unwrap().iter().find(is_it);
        known.map(|known| known["eventId"].clone()).ok_or(list)
    };
    eventually(PATIENCE, told).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_on_alarms_of_node_opcua() {
    let plant = Plant::start();
    assert!(cases::run(&twin_of(&plant.url), cases::ALARMS, "node-opcua").await >= 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_an_alarm_is_seen_by_another_client() {
    let mut plant = Plant::start();
    let twin = twin_of(&plant.url);
    plant.tell("speed 150");
    let alarm = node("SpeedAlarm");
    let event = json!({ "events": [{ "condition": alarm, "comment": "seen by alice" }] });
    assert_eq!(plant.seen("SpeedAlarm", "AckedState/Id"), false);
    let acknowledged = good(&twin, "acknowledge", event).await;
    assert!(acknowledged[0]["eventId"].is_string());
    assert_eq!(plant.seen("SpeedAlarm", "AckedState/Id"), true);
    assert_eq!(plant.seen("SpeedAlarm", "Comment"), "seen by alice");
    assert_eq!(plant.seen("SpeedAlarm", "ConfirmedState/Id"), false);
    good(&twin, "shelve", json!({ "alarms": [{ "condition": alarm, "durationMs": 50_000 }] })).await;
    assert_eq!(plant.seen("SpeedAlarm", "ShelvingState/CurrentState"), "TimedShelved");
    good(&twin, "unshelve", json!({ "conditions": [alarm] })).await;
    assert_eq!(plant.seen("SpeedAlarm", "ShelvingState/CurrentState"), "Unshelved");
    good(&twin, "shelve", json!({ "alarms": [{ "condition": alarm }] })).await;
    assert_eq!(plant.seen("SpeedAlarm", "ShelvingState/CurrentState"), "OneShotShelved");
    let event_id = acknowledged_event(&twin, &alarm).await;
    good(&twin, "confirm", json!({ "events": [{ "condition": alarm, "eventId": event_id }] })).await;
    assert_eq!(plant.seen("SpeedAlarm", "ConfirmedState/Id"), true);
    good(&twin, "disable", json!({ "conditions": [alarm] })).await;
    assert_eq!(plant.seen("SpeedAlarm", "EnabledState/Id"), false);
    good(&twin, "enable", json!({ "conditions": [alarm] })).await;
    assert_eq!(plant.seen("SpeedAlarm", "EnabledState/Id"), true);
}

/// While the connection is away one alarm ends, one is raised and one stays.
async fn a_stream_over_an_outage(behind_a_hub: bool) {
    let mut plant = Plant::start();
    let proxy = FaultProxy::start(([127, 0, 0, 1], plant.port).into()).await.unwrap();
    let local = twin_of(&format!("opc.tcp://{}", proxy.address()));
    let behind = remote(&local, in_memory()).await;
    let twin = if behind_a_hub { &behind.twin } else { &local };
    plant.tell("level 120");
    plant.tell("speed 150");
    let mut watched = Watched::open(twin, json!({})).await;
    watched.until_list(|alarms| has(alarms, "LevelAlarm") && has(alarms, "SpeedAlarm")).await;
    proxy.outage();
    let lost = watched.until(|update| update["state"]["state"] == "reconnecting").await;
    assert!(lost["state"]["reason"].is_string(), "{lost}");
    let away = ask(twin, "alarms", json!({})).await.unwrap();
    assert_eq!(away["state"]["state"], "reconnecting", "{away}");
    plant.tell("load 90");
    let past = twin_of(&plant.url);
    let speed = node("SpeedAlarm");
    good(&past, "acknowledge", json!({ "events": [{ "condition": speed }] })).await;
    let event_id = acknowledged_event(&past, &speed).await;
    good(&past, "confirm", json!({ "events": [{ "condition": speed, "eventId": event_id }] })).await;
    proxy.heal();
    watched.until(|update| update["state"]["state"] == "connected").await;
    watched.until(|update| update["complete"] == "refresh").await;
    assert!(has(&watched.alarms, "LevelAlarm") && has(&watched.alarms, "LoadAlarm"), "{:#?}", watched.alarms);
    assert!(!has(&watched.alarms, "SpeedAlarm"), "{:#?}", watched.alarms);
    let list = ask(twin, "alarms", json!({})).await.unwrap();
    assert_eq!(list["alarms"].as_array().map(Vec::len), Some(watched.alarms.len()));
    resumes(twin, &mut plant, watched).await;
}

/// Who comes again with the last sequence gets what came since and nothing else; who names another hears why not.
async fn resumes(twin: &Arc<dyn Twin>, plant: &mut Plant, watched: Watched) {
    let Watched { sequence, alarms, .. } = watched;
    plant.tell("load 97");
    let after = |sequence: u64| json!({ "after": sequence });
    let mut again = Watched { alarms, ..Watched::open(twin, after(sequence)).await };
    let update = again.next().await;
    assert_eq!((update["snapshot"].is_null(), &update["sequence"]), (true, &json!(sequence + 1)), "{update}");
    assert_eq!(update["changed"][0]["condition"], node("LoadAlarm").as_str());
    for (sequence, reason) in [(7, "notKept"), (again.sequence + 1_000_000, "unknown")] {
        let mut late = Watched::open(twin, after(sequence)).await;
        let first = late.next().await;
        assert_eq!((&first["snapshot"], &first["gap"]["reason"]), (&json!(true), &json!(reason)), "{first}");
        assert_eq!(late.alarms.len(), again.alarms.len());
        plant.tell(&format!("level {}", if reason == "unknown" { 130 } else { 160 }));
        assert_eq!(late.until(|update| !update["changed"].is_null()).await["snapshot"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_alarms_goes_on_over_an_outage() {
    a_stream_over_an_outage(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_alarms_goes_on_over_an_outage_behind_a_hub() {
    a_stream_over_an_outage(true).await;
}

/// A server that does not know ConditionRefresh: its conditions are read, and its events heard. A dialog of it is answered.
#[tokio::test(flavor = "multi_thread")]
async fn conditions_of_asyncua_are_read_from_its_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = peers.python("alarms_server.py", free_port(), &[]).unwrap();
    let twin = twin_of(&url);
    let node = |name: &str| format!("nsu=urn:iiot:peer:alarms;s={name}");
    let list = ask(&twin, "alarms", json!({})).await.unwrap();
    assert_eq!(list["basis"], "nodes", "{list}");
    let of = |list: &Value, name: &str| {
        list["alarms"].as_array().unwrap().iter().find(|alarm| alarm["condition"] == node(name).as_str()).cloned()
    };
    let oven = of(&list, "Overheated").unwrap();
    assert_eq!(
        (&oven["message"], &oven["active"], &oven["acknowledged"]),
        (&json!("too hot"), &json!(true), &json!(false))
    );
    assert_eq!((&oven["severity"], &oven["source"]), (&json!(700), &json!(node("Oven"))));
    let dialog = &of(&list, "Restart").unwrap()["dialog"];
    assert_eq!(*dialog, json!({ "active": true, "prompt": "Restart?", "options": ["yes", "no"] }));
    let answer = json!({ "responses": [{ "condition": node("Restart"), "option": 1 }] });
    good(&twin, "respond", answer.clone()).await;
    server.expect_line("RESPONDED 1", PATIENCE).unwrap();
    let refused = ask(&twin, "respond", answer).await.unwrap();
    assert_eq!(refused["results"][0]["status"]["symbol"], "BadDialogNotActive", "{refused}");
    let mut watched = Watched::open(&twin, json!({ "after": list["sequence"] })).await;
    server.send("heat even hotter").unwrap();
    let update = watched.until(|update| !update["changed"].is_null()).await;
    assert_eq!(update["changed"][0]["message"], "even hotter", "{update}");
    server.send("cool").unwrap();
    let update = watched.until(|update| !update["removed"].is_null()).await;
    assert_eq!(update["removed"], json!([{ "condition": node("Overheated") }]));
}
