//! Events, alarms and filters of servers whose stacks share no code with ours.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::ErrorKind;
use iiot_core::session::{
    Clause, Comparable, Condition, Connector, Deadband, EventField, EventQuery, FilterResult, Identity, Item,
    ItemFilter, ItemNode, ItemState, MethodExt, Session, Subscription, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::testing::{Peers, Process, free_port, within};
use iiot_core::ua::{MessageSecurityMode, MonitoringMode, NodeId, ObjectId, ObjectTypeId, VariableId, Variant};

use crate::setup::{connector, options};

const URI: &str = "urn:iiot:peer:events";
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a server that raises events when told; `kind` is node or python.
pub(crate) fn start(peers: &Peers, kind: &str) -> (Process, String) {
    match kind {
        "node" => peers.node("events.mjs", free_port(), &[]).unwrap(),
        _ => peers.python("events_server.py", free_port(), &[]).unwrap(),
    }
}

pub(crate) async fn connect(url: &str) -> Arc<dyn Session> {
    connector().await.connect(options(url, MessageSecurityMode::None, &Identity::Anonymous)).await.unwrap()
}

pub(crate) fn node(session: &dyn Session, name: &str) -> NodeId {
    let index = session.namespaces().iter().position(|uri| uri == URI).unwrap() as u16;
    NodeId::new(index, name)
}

fn tell(server: &mut Process, line: &str) {
    server.send(line).unwrap();
    server.expect_line("DONE", PATIENCE).unwrap();
}

fn fast() -> SubscriptionOptions {
    SubscriptionOptions { publishing_interval: Duration::from_millis(100), ..Default::default() }
}

/// Takes events of the subscription until one yields something.
async fn until<T>(
    what: &str,
    subscription: &mut dyn Subscription,
    mut take: impl FnMut(&SubscriptionEvent) -> Option<T>,
) -> T {
    within(what, PATIENCE, async {
        loop {
            let event = subscription.next().await.expect("the subscription lives");
            let taken = take(&event);
            match event {
                SubscriptionEvent::Data(batch) => subscription.acknowledge(batch.token),
                SubscriptionEvent::Events(batch) => subscription.acknowledge(batch.token),
                SubscriptionEvent::Gap(gap) => panic!("nothing was lost, but {gap:?}"),
                _ => {}
            }
            if let Some(taken) = taken {
                return taken;
            }
        }
    })
    .await
}

async fn state(subscription: &mut dyn Subscription, wanted: u32) -> ItemState {
    let find = |event: &SubscriptionEvent| match event {
        SubscriptionEvent::Items(states) => {
            states.iter().find(|(handle, _)| *handle == wanted).map(|(_, state)| state.clone())
        }
        _ => None,
    };
    until("the item is told of", subscription, find).await
}

/// The fields of the next event.
async fn event(subscription: &mut dyn Subscription) -> Vec<Variant> {
    event_where(subscription, |_| true).await
}

/// The fields of the next event like this.
async fn event_where(subscription: &mut dyn Subscription, is_it: impl Fn(&[Variant]) -> bool) -> Vec<Variant> {
    let find = |event: &SubscriptionEvent| match event {
        SubscriptionEvent::Events(batch) => batch
            .rows()
            .map(|row| row.fields().map(|field| field.decode().unwrap()).collect::<Vec<_>>())
            .find(|fields| is_it(fields)),
        _ => None,
    };
    until("an event comes", subscription, find).await
}

fn text(value: &Variant) -> String {
    match value {
        Variant::LocalizedText(text) => text.text.to_string(),
        other => panic!("{other:?} is no text"),
    }
}

/// Name by URI, type by URI, a nested condition, and the events that it lets through.
async fn conditions_choose_events(kind: &str, pressure: EventField) {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = start(&peers, kind);
    let session = connect(&url).await;
    let severity = || EventField::new("Severity");
    let query = EventQuery::base()
        .select(pressure)
        .matching(severity().at_least(500_u16).and(!severity().equals(700_u16)).or(severity().equals(1_u16)));
    let message = query.position("Message").unwrap();
    let mut subscription = session.subscribe(fast(), vec![Item::events(1, ObjectId::Server, query)]).await.unwrap();
    let state = state(subscription.as_mut(), 1).await;
    assert!(matches!(state, ItemState::Reporting { .. }), "{state:?}");
    for line in ["raise 100 1 low", "raise 500 2.5 at the bound", "raise 700 3 left out", "raise 800 4.5 high"] {
        tell(&mut server, line);
    }
    tell(&mut server, "raise 1 5 lowest");
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let batches = |event: &SubscriptionEvent| match event {
            SubscriptionEvent::Events(batch) => Some(Arc::clone(batch)),
            _ => None,
        };
        let batch = until("events come", subscription.as_mut(), batches).await;
        seen.extend(batch.rows().map(|row| {
            let field = |index| row.field(index).decode().unwrap();
            (field(7), field(8), text(&field(message)))
        }));
    }
    let expected = [(500_u16, 2.5, "at the bound"), (800, 4.5, "high"), (1, 5.0, "lowest")]
        .map(|(severity, pressure, text)| (Variant::from(severity), Variant::from(pressure), text.to_owned()));
    assert_eq!(seen, expected);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_sends_the_events_that_the_condition_lets_through() {
    let of = ItemNode::Uri(URI.into(), NodeId::new(0, "PumpEventType"));
    conditions_choose_events("node", EventField::new((URI, "Pressure")).of_type(of)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asyncua_sends_the_events_that_the_condition_lets_through() {
    conditions_choose_events("python", EventField::new("Pressure")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_of_node_opcua_comes_with_its_states() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let query = EventQuery::alarms().matching(Condition::of_type(ObjectTypeId::AlarmConditionType));
    let [condition, active, source] =
        ["ConditionId", "ActiveState/Id", "SourceName"].map(|name| query.position(name).unwrap());
    let mut subscription = session.subscribe(fast(), vec![Item::events(1, ObjectId::Server, query)]).await.unwrap();
    state(subscription.as_mut(), 1).await;
    tell(&mut server, "raise 900 1 this is no alarm");
    tell(&mut server, "level 120");
    let alarm = event(subscription.as_mut()).await;
    assert_eq!(alarm[active], Variant::from(true));
    assert!(text_of(&alarm[source]).ends_with("Level"), "{:?}", alarm[source]);
    assert!(matches!(&alarm[condition], Variant::NodeId(node) if !node.is_null()), "{:?}", alarm[condition]);
    tell(&mut server, "level 50");
    // Nobody has acknowledged it, so in the same message a branch comes first that stays active.
    let over = event_where(subscription.as_mut(), |fields| fields[active] == Variant::from(false)).await;
    assert_eq!(over[condition], alarm[condition]);
    session.close().await;
}

fn text_of(value: &Variant) -> String {
    match value {
        Variant::String(text) => text.to_string(),
        other => panic!("{other:?} is no string"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_opcua_says_what_it_thinks_of_each_clause() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let query = EventQuery::base().select(EventField::new("ThereIsNoSuchField"));
    let mut subscription = session.subscribe(fast(), vec![Item::events(1, ObjectId::Server, query)]).await.unwrap();
    match state(subscription.as_mut(), 1).await {
        ItemState::Reporting { filter: Some(result), .. } | ItemState::Failed { filter: Some(result), .. } => {
            assert!(matches!(*result, FilterResult::Events(_)));
            let refused = result.refused();
            assert_eq!(refused.iter().map(|(clause, _)| *clause).collect::<Vec<_>>(), [Clause::Field(8)]);
        }
        other => panic!("{other:?}"),
    }
    session.close().await;
}

/// Takes values until the item has reported `last`; every number goes to `seen` with its item.
async fn numbers(subscription: &mut dyn Subscription, handle: u32, last: f64, seen: &mut Vec<(u32, f64)>) {
    let take = |event: &SubscriptionEvent| {
        if let SubscriptionEvent::Data(batch) = event {
            seen.extend(batch.rows().filter_map(|row| match row.value.decode() {
                Ok(Variant::Double(number)) => Some((row.client_handle, number)),
                _ => None,
            }));
        }
        seen.contains(&(handle, last)).then_some(())
    };
    until("the last number comes", subscription, take).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deadbands_swallow_small_changes_and_can_be_changed_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let level =
        || Item { sampling_interval_ms: 20.0, queue_size: 100, ..Item::new(2, node(session.as_ref(), "Level")) };
    let items =
        |deadband| vec![Item { client_handle: 1, filter: Some(ItemFilter::deadband(deadband)), ..level() }, level()];
    let mut subscription = session.subscribe(fast(), items(Deadband::Absolute(5.0))).await.unwrap();
    let mut seen = Vec::new();
    numbers(subscription.as_mut(), 1, 50.0, &mut seen).await;
    // 10 % of the range from 0 to 200 are 20.
    for (deadband, levels, expected) in [
        (Deadband::Absolute(5.0), [52.0, 56.0, 58.0, 70.0], vec![56.0, 70.0]),
        (Deadband::Percent(10.0), [80.0, 95.0, 99.0, 150.0], vec![95.0, 150.0]),
    ] {
        subscription.set_items(items(deadband)).await.unwrap();
        if matches!(deadband, Deadband::Percent(_)) {
            let state = state(subscription.as_mut(), 1).await;
            assert!(matches!(state, ItemState::Reporting { .. }), "{state:?}");
        }
        seen.clear();
        for level in levels {
            tell(&mut server, &format!("level {level}"));
            // The item without a deadband tells that the server has looked.
            numbers(subscription.as_mut(), 2, level, &mut seen).await;
        }
        numbers(subscription.as_mut(), 1, *expected.last().unwrap(), &mut seen).await;
        let reported: Vec<f64> = seen.iter().filter(|(handle, _)| *handle == 1).map(|(_, number)| *number).collect();
        assert!(reported.ends_with(&expected), "{deadband:?}: {reported:?}");
        assert!(!reported.contains(&levels[0]) && !reported.contains(&levels[2]), "{deadband:?}: {reported:?}");
    }
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_the_server_lacks_is_refused_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let without_range = Item {
        filter: Some(ItemFilter::deadband(Deadband::Percent(1.0))),
        ..Item::new(1, node(session.as_ref(), "Trend"))
    };
    let of_a_text = Item {
        filter: Some(ItemFilter::deadband(Deadband::Absolute(1.0))),
        ..Item::new(2, VariableId::Server_ServerStatus_BuildInfo_ProductName)
    };
    let item = Item::new(3, node(session.as_ref(), "Level"));
    let mut subscription = session.subscribe(fast(), vec![without_range, of_a_text, item]).await.unwrap();
    let states = |event: &SubscriptionEvent| match event {
        SubscriptionEvent::Items(states) if states.len() == 3 => Some(states.clone()),
        _ => None,
    };
    let states = until("the items are told of", subscription.as_mut(), states).await;
    for (handle, state) in states {
        match state {
            ItemState::Failed { will_retry: false, status, .. } => assert!(handle < 3 && status.is_bad()),
            ItemState::Reporting { .. } => assert_eq!(handle, 3),
            other => panic!("{handle}: {other:?}"),
        }
    }
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sampled_item_reports_when_its_trigger_does() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (mut server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let state_of_server: NodeId = VariableId::Server_ServerStatus_CurrentTime.into();
    let linked = Item {
        monitoring_mode: MonitoringMode::Sampling,
        triggered_by: vec![1],
        sampling_interval_ms: 100.0,
        ..Item::new(2, state_of_server)
    };
    let trigger = Item { sampling_interval_ms: 0.0, ..Item::new(1, node(session.as_ref(), "Level")) };
    let mut subscription = session.subscribe(fast(), vec![trigger, linked]).await.unwrap();
    numbers(subscription.as_mut(), 1, 50.0, &mut Vec::new()).await;
    let mut level = 51;
    // The link is made after the items are, so the first changes may come before it.
    let linked = |event: &SubscriptionEvent| match event {
        SubscriptionEvent::Data(batch) => Some(batch.rows().any(|row| row.client_handle == 2)),
        SubscriptionEvent::Items(states) => {
            assert!(!states.iter().any(|(_, state)| matches!(state, ItemState::Unlinked { .. })), "{states:?}");
            None
        }
        _ => None,
    };
    let mut reported = false;
    while !reported && level < 80 {
        tell(&mut server, &format!("level {level}"));
        level += 1;
        reported = until("the trigger reports", subscription.as_mut(), linked).await;
    }
    assert!(reported, "the linked item never came");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_is_called_with_checked_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(&peers, "node");
    let session = connect(&url).await;
    let [pump, add] = ["Pump", "Add"].map(|name| node(session.as_ref(), name));
    let signature = session.method_signature(&add).await.unwrap();
    let names: Vec<_> = signature.inputs.iter().map(|argument| argument.name.to_string()).collect();
    assert_eq!((names, signature.outputs.len()), (vec!["a".to_owned(), "b".to_owned()], 1));
    let inputs = vec![Variant::from(1.5), Variant::from(2.25)];
    signature.check(&inputs).unwrap();
    assert_eq!(session.call_method(&pump, &add, inputs).await.unwrap(), [Variant::from(3.75)]);
    let wrong = vec![Variant::from(1.5), Variant::from("two")];
    assert_eq!(signature.check(&wrong).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let error = session.call_method(&pump, &add, wrong).await.unwrap_err();
    assert!(error.status().is_bad(), "{error:?}");
    session.close().await;
}
