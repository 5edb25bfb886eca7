//! Stories of the engine against a simulated server, on simulated time.

use std::time::Duration;

use bytes::Bytes;

use super::engine::Continuity;
use super::simulated::{Simulated, encode, numbered};
use crate::session::{ItemState, SubscriptionEvent, SubscriptionOptions};
use crate::ua::{DataChangeNotification, ExtensionObject, NodeId, NotificationMessage, PublishResponse, StatusCode};

pub(super) const SECOND: Duration = Duration::from_secs(1);

fn options(max_unacknowledged: usize) -> SubscriptionOptions {
    SubscriptionOptions { max_unacknowledged, ..Default::default() }
}

pub(super) fn subscribed() -> Simulated {
    let mut server = Simulated::subscribed(options(32), 1);
    server.news();
    server.take_log();
    server
}

#[test]
fn a_subscription_is_created_with_its_items_and_published() {
    let mut server = Simulated::subscribed(options(32), 2500);
    assert_eq!(
        server.take_log(),
        [
            "CreateSubscription(true)",
            "CreateMonitoredItems(1000)",
            "CreateMonitoredItems(1000)",
            "CreateMonitoredItems(500)"
        ]
    );
    assert_eq!(server.news(), ["1: created", "1: items 1000", "1: items 1000", "1: items 500"]);
    assert_eq!(server.publish_requests.len(), 2);
    let id = server.id();
    server.send(id, 7);
    assert_eq!(server.news(), ["1: 7"]);
    assert_eq!(server.publish_requests.len(), 2, "the window is filled at once");
}

#[test]
fn a_missing_message_is_fetched_before_later_ones_go_on() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    server.lose(id, 2);
    server.lose(id, 3);
    server.send(id, 4);
    assert_eq!(server.take_log(), ["Republish(2)", "Republish(3)"]);
    assert_eq!(server.news(), ["1: 1", "1: republished 2", "1: republished 3", "1: 4"]);
}

#[test]
fn a_keep_alive_tells_of_a_missing_message() {
    let mut server = subscribed();
    let id = server.id();
    server.lose(id, 1);
    server.keep_alive(id);
    assert_eq!(server.news(), ["1: keep-alive", "1: republished 1"]);
    server.keep_alive(id);
    assert_eq!(server.take_log(), ["Republish(1)"]);
}

#[test]
fn what_the_server_no_longer_has_is_declared_as_an_interval() {
    let mut server = subscribed();
    let id = server.id();
    server.pass(SECOND);
    server.send(id, 1);
    server.pass(SECOND);
    let _ = (server.lose(id, 2), server.lose(id, 3));
    server.subscriptions.get_mut(&id).expect("it exists").kept.clear();
    server.pass(SECOND);
    server.send(id, 4);
    assert_eq!(server.news(), ["1: 1", "1: gap NotAvailableForRepublish Some(1)..Some(3) Some(2)", "1: 4"]);
    assert_eq!(server.take_log(), [""; 0], "the list of available messages said so already");
}

#[test]
fn loss_before_a_keep_alive_is_declared_with_its_time() {
    let mut server = subscribed();
    let id = server.id();
    server.lose(id, 1);
    server.subscriptions.get_mut(&id).expect("it exists").kept.clear();
    server.pass(SECOND);
    server.keep_alive(id);
    assert_eq!(server.take_log(), ["Republish(1)"], "an empty list of available messages says nothing");
    assert_eq!(server.news(), ["1: keep-alive", "1: gap NotAvailableForRepublish None..Some(1) Some(1)"]);
}

#[test]
fn duplicates_vanish_and_late_messages_find_their_place() {
    let mut server = subscribed();
    let id = server.id();
    server.mute.insert("Republish");
    server.send(id, 1);
    let late = server.lose(id, 2);
    server.send(id, 3);
    assert_eq!(server.news(), ["1: 1"]);
    server.deliver(id, late.clone());
    assert_eq!(server.news(), ["1: 2", "1: 3"]);
    server.deliver(id, late);
    assert_eq!(server.news(), [""; 0]);
}

#[test]
fn a_message_is_acknowledged_only_when_told() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    server.send(id, 2);
    server.send(id, 3);
    assert_eq!(server.acknowledged, []);
    let tokens = server.tokens();
    server.acknowledge(1, tokens[1]);
    server.send(id, 4);
    assert_eq!(server.acknowledged, [(id, 2)]);
}

#[test]
fn acknowledgements_of_a_failed_request_go_with_the_next_one() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    let tokens = server.tokens();
    server.acknowledge(1, tokens[0]);
    server.send(id, 2);
    assert_eq!(server.acknowledged, [(id, 1)]);
    server.disconnect();
    server.acknowledged.clear();
    server.connect(Continuity::Session);
    assert_eq!(server.acknowledged, [(id, 1)]);
}

#[test]
fn publish_is_withheld_while_too_much_is_unacknowledged() {
    let mut server = Simulated::subscribed(options(3), 1);
    let id = server.id();
    for value in 0..3 {
        server.send(id, value);
    }
    assert_eq!(server.publish_requests.len(), 0);
    let tokens = server.tokens();
    assert_eq!(tokens.len(), 3);
    server.acknowledge(1, tokens[0]);
    assert_eq!(server.publish_requests.len(), 1);
    server.acknowledge(1, tokens[1]);
    server.acknowledge(1, tokens[2]);
    assert_eq!(server.publish_requests.len(), 2);
}

#[test]
fn a_subscription_without_publish_requests_is_kept_alive() {
    let mut server = Simulated::subscribed(SubscriptionOptions { lifetime_count: 60, ..options(1) }, 1);
    let id = server.id();
    server.send(id, 1);
    assert_eq!(server.publish_requests.len(), 0);
    server.take_log();
    server.pass(SECOND * 19);
    assert_eq!(server.take_log(), [""; 0]);
    assert_eq!(server.engine.poll_timeout(), Some(server.now + SECOND));
    server.pass(SECOND);
    assert_eq!(server.take_log(), ["SetPublishingMode(true)"]);
}

#[test]
fn a_stalled_subscription_is_paused_and_starves_nobody() {
    let mut server = Simulated::subscribed(options(2), 1);
    let stalled = server.id();
    server.engine.subscribe(2, options(32), numbered(1), server.now);
    server.exchange();
    let other = *server.subscriptions.keys().last().expect("there are two");
    let _ = (server.send(stalled, 1), server.send(stalled, 2));
    assert!(!server.subscriptions[&stalled].publishing, "it is paused");
    assert!(server.subscriptions[&other].publishing);
    assert!(!server.publish_requests.is_empty());
    server.send(other, 9);
    assert!(server.news().contains(&"2: 9".to_owned()));
    server.acknowledge(1, 1);
    assert!(server.subscriptions[&stalled].publishing, "it goes on");
}

#[test]
fn a_server_that_ignores_the_pause_is_stopped() {
    let mut server = Simulated::subscribed(options(1), 1);
    let stalled = server.id();
    server.engine.subscribe(2, options(32), numbered(1), server.now);
    server.exchange();
    let mut sent = 0;
    while !server.publish_requests.is_empty() {
        server.send(stalled, sent);
        sent += 1;
        assert!(sent < 100, "memory grows without bound");
    }
}

#[test]
fn the_window_shrinks_to_what_the_server_takes() {
    let mut server = Simulated::new();
    server.max_publish_requests = 1;
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, options(32), numbered(1), server.now);
    server.exchange();
    assert_eq!(server.publish_requests.len(), 1);
    let id = server.id();
    server.send(id, 1);
    assert_eq!(server.publish_requests.len(), 1);
}

#[test]
fn a_late_no_subscription_does_not_hit_a_younger_subscription() {
    let mut server = subscribed();
    server.engine.close(1, server.now);
    let old: Vec<u64> = server.publish_requests.drain(..).collect();
    server.engine.subscribe(2, options(32), numbered(1), server.now);
    server.exchange();
    server.news();
    for tag in old {
        server.engine.completed(tag, Err(StatusCode::BadNoSubscription), server.now);
    }
    server.exchange();
    assert_eq!(server.subscriptions.len(), 1);
    assert_eq!(server.news(), [""; 0]);
}

#[test]
fn one_unknown_node_spoils_nothing_and_is_tried_again_ever_more_slowly() {
    let mut server = Simulated::new();
    let node = NodeId::new(1, 1);
    server.unknown.insert(node.clone(), StatusCode::BadNodeIdUnknown);
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, options(32), numbered(3), server.now);
    server.exchange();
    let states = items(&mut server);
    assert_eq!(states.len(), 3);
    let failed = ItemState::Failed { status: StatusCode::BadNodeIdUnknown, will_retry: true, filter: None };
    assert_eq!(states.iter().filter(|(_, state)| *state == failed).map(|(handle, _)| *handle).collect::<Vec<_>>(), [1]);
    server.take_log();
    for pause in [30, 60, 120, 240, 300, 300] {
        let id = server.id();
        quiet(&mut server, id, pause - 1);
        assert_eq!(creations(&mut server), 0, "too early for {pause} s");
        quiet(&mut server, id, 1);
        assert_eq!(creations(&mut server), 1, "after {pause} s");
    }
    assert_eq!(items(&mut server), [], "nothing new to tell");
    server.unknown.clear();
    let id = server.id();
    quiet(&mut server, id, 300);
    assert!(matches!(items(&mut server)[..], [(1, ItemState::Reporting { .. })]));
}

#[test]
fn a_final_reason_is_not_tried_again() {
    let mut server = Simulated::new();
    server.unknown.insert(NodeId::new(1, 0), StatusCode::BadFilterNotAllowed);
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, options(32), numbered(1), server.now);
    server.exchange();
    let failed = ItemState::Failed { status: StatusCode::BadFilterNotAllowed, will_retry: false, filter: None };
    assert_eq!(items(&mut server), [(0, failed)]);
    server.take_log();
    let id = server.id();
    quiet(&mut server, id, 1000);
    assert_eq!(creations(&mut server), 0);
}

#[test]
fn a_batch_that_is_too_large_is_halved() {
    let mut server = Simulated::new();
    server.max_items_per_call = 300;
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, options(32), numbered(1000), server.now);
    server.exchange();
    assert_eq!(server.subscriptions[&server.id()].items.len(), 1000);
    assert!(items(&mut server).iter().all(|(_, state)| matches!(state, ItemState::Reporting { .. })));
}

#[test]
fn items_whose_creation_was_cut_off_are_created_on_a_fresh_subscription() {
    let mut server = Simulated::new();
    server.mute.insert("CreateMonitoredItems");
    server.connect(Continuity::Nothing);
    server.engine.subscribe(1, options(32), numbered(1), server.now);
    server.exchange();
    let first = server.id();
    server.disconnect();
    server.mute.clear();
    server.take_log();
    server.connect(Continuity::Session);
    assert_eq!(server.take_log(), ["DeleteSubscriptions", "CreateSubscription(true)", "CreateMonitoredItems(1)"]);
    assert_ne!(server.id(), first);
    assert!(!server.news().iter().any(|line| line.contains("gap")), "nothing reported yet, so nothing is lost");
}

#[test]
fn a_message_that_does_not_decode_is_declared_and_passed_over() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    let mut broken = encode(PublishResponse {
        subscription_id: id,
        notification_message: NotificationMessage {
            sequence_number: 2,
            notification_data: Some(vec![ExtensionObject::from_message(DataChangeNotification::default())]),
            ..Default::default()
        },
        ..Default::default()
    })
    .to_vec();
    let count = broken.windows(4).rposition(|bytes| bytes == [8, 0, 0, 0]).expect("the length of the body") + 4;
    broken[count..count + 4].copy_from_slice(&i32::MAX.to_le_bytes());
    server.lose(id, 2);
    server.respond_bytes(Ok(Bytes::from(broken)));
    server.send(id, 3);
    assert_eq!(server.news(), ["1: 1", "1: gap Undecodable Some(0)..None Some(1)", "1: 3"]);
}

#[test]
fn a_closed_subscription_is_deleted_on_the_server() {
    let mut server = subscribed();
    server.engine.close(1, server.now);
    server.exchange();
    assert_eq!(server.engine.poll_closed(), Some(1));
    assert!(server.subscriptions.is_empty());
}

#[test]
fn a_subscription_whose_creation_timed_out_is_deleted_when_it_shows_up() {
    let mut server = subscribed();
    server.subscriptions.insert(999, super::simulated::Subscription { next_sequence_number: 1, ..Default::default() });
    server.send(999, 1);
    assert_eq!(server.take_log(), ["DeleteSubscriptions"]);
    assert!(!server.subscriptions.contains_key(&999));
}

/// Lets time pass second by second, with keep-alives.
fn quiet(server: &mut Simulated, id: u32, seconds: u64) {
    for _ in 0..seconds {
        server.pass(SECOND);
        server.keep_alive(id);
    }
}

fn creations(server: &mut Simulated) -> usize {
    server.take_log().iter().filter(|line| line.starts_with("CreateMonitoredItems")).count()
}

fn items(server: &mut Simulated) -> Vec<(u32, ItemState)> {
    let events = std::iter::from_fn(|| server.engine.poll_event());
    events
        .filter_map(|(_, event)| match event {
            SubscriptionEvent::Items(states) => Some(states),
            _ => None,
        })
        .flatten()
        .collect()
}
