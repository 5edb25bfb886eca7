//! Stories of changed wishes against a simulated server, on simulated time.

use std::time::Duration;

use super::engine::Continuity;
use super::simulated::{Simulated, numbered};
use crate::session::{Item, ItemFilter, ItemState, SubscriptionEvent, SubscriptionOptions};
use crate::ua::{DataChangeFilter, MonitoringMode, NodeId, StatusCode};

const SECOND: Duration = Duration::from_secs(1);

fn subscribed(items: Vec<Item>) -> Simulated {
    let mut server = Simulated::new();
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, SubscriptionOptions::default(), items, server.now);
    server.exchange();
    server.take_log();
    server.news();
    server
}

fn set(server: &mut Simulated, items: Vec<Item>) -> Vec<String> {
    server.take_log();
    server.engine.set_items(1, items, server.now);
    server.exchange();
    server.take_log()
}

fn handles(server: &Simulated) -> Vec<u32> {
    let mut handles: Vec<u32> = server.subscriptions[&server.id()].items.values().copied().collect();
    handles.sort_unstable();
    handles
}

fn states(server: &mut Simulated) -> Vec<(u32, ItemState)> {
    let events = std::iter::from_fn(|| server.engine.poll_event());
    let items = events.filter_map(|(_, event)| match event {
        SubscriptionEvent::Items(states) => Some(states),
        _ => None,
    });
    items.flatten().collect()
}

#[test]
fn only_what_differs_is_asked_for() {
    let mut server = subscribed(numbered(3));
    assert_eq!(set(&mut server, numbered(3)), [""; 0]);
    let mut wanted = numbered(4);
    wanted.remove(0);
    wanted[0].queue_size = 5;
    let log = set(&mut server, wanted.clone());
    assert_eq!(log, ["DeleteMonitoredItems", "CreateMonitoredItems(1)", "ModifyMonitoredItems(1)"]);
    assert_eq!(handles(&server), [1, 2, 3]);
    let changed = states(&mut server).into_iter().find(|(handle, _)| *handle == 1);
    assert!(matches!(changed, Some((1, ItemState::Reporting { queue_size: 5, .. }))), "{changed:?}");
    wanted[0].node = Item::new(0, NodeId::new(1, 77)).node;
    assert_eq!(set(&mut server, wanted), ["DeleteMonitoredItems", "CreateMonitoredItems(1)"], "another node");
}

#[test]
fn interval_queue_and_filter_are_changed_in_place() {
    let mut server = subscribed(numbered(3));
    let mut wanted = numbered(3);
    wanted[0].sampling_interval_ms = 7.0;
    wanted[1].discard_oldest = false;
    wanted[2].filter = Some(ItemFilter::from(DataChangeFilter::default()));
    assert_eq!(set(&mut server, wanted.clone()), ["ModifyMonitoredItems(3)"]);
    wanted[2].filter = None;
    assert_eq!(set(&mut server, wanted), ["ModifyMonitoredItems(1)"]);
}

#[test]
fn monitoring_modes_are_set_by_mode() {
    let mut server = subscribed(numbered(4));
    let mut wanted = numbered(4);
    wanted[0].monitoring_mode = MonitoringMode::Disabled;
    wanted[1].monitoring_mode = MonitoringMode::Sampling;
    wanted[3].monitoring_mode = MonitoringMode::Disabled;
    let log = set(&mut server, wanted.clone());
    assert_eq!(log, ["SetMonitoringMode(Disabled, 2)", "SetMonitoringMode(Sampling, 1)"]);
    wanted[0].monitoring_mode = MonitoringMode::Reporting;
    wanted[0].queue_size = 9;
    assert_eq!(set(&mut server, wanted), ["ModifyMonitoredItems(1)", "SetMonitoringMode(Reporting, 1)"]);
}

#[test]
fn an_item_that_cannot_be_changed_is_created_anew() {
    let mut server = subscribed(numbered(2));
    server.fixed.insert(1);
    let mut wanted = numbered(2);
    wanted[0].queue_size = 5;
    wanted[1].queue_size = 5;
    let log = set(&mut server, wanted);
    assert_eq!(log, ["ModifyMonitoredItems(2)", "DeleteMonitoredItems", "CreateMonitoredItems(1)"]);
    assert_eq!(handles(&server), [0, 1]);
}

#[test]
fn a_failed_item_that_is_wanted_otherwise_is_tried_at_once() {
    let mut server = Simulated::new();
    server.unknown.insert(NodeId::new(1, 0), StatusCode::BadDeadbandFilterInvalid);
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, SubscriptionOptions::default(), numbered(1), server.now);
    server.exchange();
    server.unknown.clear();
    let mut wanted = numbered(1);
    wanted[0].queue_size = 2;
    assert_eq!(set(&mut server, wanted), ["CreateMonitoredItems(1)"]);
    assert!(matches!(states(&mut server).last(), Some((0, ItemState::Reporting { .. }))));
}

#[test]
fn a_change_that_was_cut_off_is_repeated() {
    let mut server = subscribed(numbered(1));
    for muted in ["ModifyMonitoredItems", "SetMonitoringMode"] {
        server.mute.insert(muted);
        let mut wanted = numbered(1);
        wanted[0].queue_size = muted.len() as u32;
        wanted[0].monitoring_mode = MonitoringMode::Sampling;
        let log = set(&mut server, wanted);
        assert!(log.last().is_some_and(|line| line.starts_with(muted)), "{log:?}");
        server.disconnect();
        server.mute.clear();
        server.connect(Continuity::Session);
        let log = server.take_log();
        assert!(log.iter().any(|line| line.starts_with(muted)), "{log:?}");
        set(&mut server, numbered(1));
    }
}

fn triggered(count: u32) -> Vec<Item> {
    let mut items = numbered(count);
    for item in &mut items[1..] {
        item.monitoring_mode = MonitoringMode::Sampling;
        item.triggered_by = vec![0];
    }
    items
}

#[test]
fn links_are_made_and_made_again_on_a_new_subscription() {
    let mut server = subscribed(triggered(3));
    let expected = [(0, 1), (0, 2)];
    let links = |server: &Simulated| server.subscriptions[&server.id()].links.iter().copied().collect::<Vec<_>>();
    assert_eq!(links(&server), expected);
    server.restart();
    server.connect(Continuity::Nothing);
    assert_eq!(links(&server), expected);
    let mut wanted = triggered(3);
    wanted[1].triggered_by.clear();
    assert_eq!(set(&mut server, wanted.clone()), ["SetTriggering(+0 -1)"]);
    assert_eq!(links(&server), [(0, 2)]);
    wanted[1].triggered_by = vec![2];
    assert_eq!(set(&mut server, wanted.clone()), ["SetTriggering(+1 -0)"]);
    assert_eq!(links(&server), [(0, 2), (2, 1)]);
    assert_eq!(set(&mut server, wanted), [""; 0]);
}

#[test]
fn a_refused_link_is_told_once() {
    let mut server = Simulated::new();
    server.fixed.insert(2);
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, SubscriptionOptions::default(), triggered(3), server.now);
    server.exchange();
    let unlinked = ItemState::Unlinked { trigger: 0, status: StatusCode::BadNotSupported };
    assert_eq!(states(&mut server).last(), Some(&(2, unlinked)));
    server.take_log();
    server.pass(SECOND);
    assert_eq!(server.take_log(), [""; 0]);
}

#[test]
fn parameters_of_the_subscription_are_modified() {
    let mut server = subscribed(numbered(1));
    let mut options = SubscriptionOptions { max_unacknowledged: 5, ..SubscriptionOptions::default() };
    server.engine.modify(1, options.clone(), server.now);
    server.exchange();
    assert_eq!(server.take_log(), [""; 0], "the server need not know of that");
    options.publishing_interval = SECOND * 3;
    server.engine.modify(1, options.clone(), server.now);
    server.exchange();
    assert_eq!((server.take_log(), server.news()), (vec!["ModifySubscription".into()], vec!["1: modified 3s".into()]));
    server.mute.insert("ModifySubscription");
    options.priority = 3;
    server.engine.modify(1, options, server.now);
    server.exchange();
    server.disconnect();
    server.mute.clear();
    server.take_log();
    server.connect(Continuity::Session);
    assert!(server.take_log().contains(&"ModifySubscription".into()), "it is asked for again");
}

#[test]
fn a_silent_item_is_told_unless_nothing_can_come() {
    let mut items = numbered(2);
    items[0].expected_within = Some(SECOND * 3);
    items[1].expected_within = Some(SECOND * 3);
    let mut server = subscribed(items);
    let id = server.id();
    server.pass(SECOND * 2);
    server.send(id, 1);
    assert_eq!(server.news(), ["1: 1"]);
    server.pass(SECOND);
    assert_eq!(server.news(), ["1: late [1]"], "the other one reported a second ago");
    server.pass(SECOND * 2);
    assert_eq!(server.news(), ["1: late [0]"]);
    server.disconnect();
    server.pass(SECOND * 60);
    assert_eq!(server.news(), ["1: interrupted"]);
    server.connect(Continuity::Session);
    server.pass(SECOND * 2);
    assert_eq!(server.news(), ["1: resumed"]);
    server.pass(SECOND);
    let news = server.news();
    assert!(news[0].starts_with("1: late") && news.len() == 1, "{news:?}");
}

#[test]
fn a_server_whose_messages_grow_too_large_is_asked_for_fewer_values_in_each() {
    let mut server = subscribed(numbered(1));
    let limits: Vec<u32> = (0..3)
        .map(|_| {
            server.respond_bytes(Err(StatusCode::BadResponseTooLarge));
            server.pass(SECOND);
            server.subscriptions[&server.id()].max_notifications
        })
        .collect();
    assert_eq!(limits, [4000, 2000, 1000]);
    server.respond_bytes(Err(StatusCode::BadServiceUnsupported));
    server.pass(SECOND);
    assert_eq!(server.subscriptions[&server.id()].max_notifications, 1000, "that has other reasons");
    server.restart();
    server.connect(Continuity::Nothing);
    assert_eq!(server.subscriptions[&server.id()].max_notifications, 1000, "it has not forgotten");
}

#[test]
fn nobody_is_late_while_we_take_nothing() {
    let mut item = numbered(1).remove(0);
    item.expected_within = Some(SECOND);
    let mut server = Simulated::new();
    server.connect(Continuity::Nothing);
    let options = SubscriptionOptions { max_unacknowledged: 1, ..SubscriptionOptions::default() };
    server.engine.subscribe(1, options, vec![item], server.now);
    server.exchange();
    let id = server.id();
    server.send(id, 1);
    let token = server.tokens()[0];
    server.pass(SECOND * 9);
    assert_eq!(server.news(), [""; 0]);
    server.acknowledge(1, token);
    server.pass(SECOND * 2);
    assert_eq!(server.news(), ["1: late [0]"]);
}
