//! Stories of the way back: over another connection, in another session, on a server that was restarted.

use super::engine::Continuity;
use super::tests::{SECOND, subscribed};
use crate::ua::StatusCode;

#[test]
fn a_cut_connection_loses_nothing() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    server.lose(id, 2);
    server.disconnect();
    server.lose(id, 3);
    server.connect(Continuity::Session);
    assert_eq!(server.take_log(), ["SetPublishingMode(true)"]);
    server.send(id, 4);
    assert_eq!(server.news(), ["1: 1", "1: interrupted", "1: resumed", "1: republished 2", "1: republished 3", "1: 4"]);
}

#[test]
fn a_subscription_moves_to_a_new_session_and_loses_nothing() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    server.lose(id, 2);
    server.disconnect();
    server.lose(id, 3);
    server.connect(Continuity::Subscriptions);
    assert_eq!(
        server.take_log(),
        ["TransferSubscriptions", "SetPublishingMode(true)", "Republish(2)", "Republish(3)"],
        "what was offered is fetched at once"
    );
    assert_eq!(server.id(), id);
    server.send(id, 4);
    assert_eq!(server.news(), ["1: 1", "1: interrupted", "1: resumed", "1: republished 2", "1: republished 3", "1: 4"]);
}

#[test]
fn an_acknowledgement_that_never_arrived_is_sent_again_after_a_transfer() {
    let mut server = subscribed();
    let id = server.id();
    let _ = (server.send(id, 1), server.send(id, 2));
    let tokens = server.tokens();
    server.acknowledge(1, tokens[0]);
    server.send(id, 3);
    assert_eq!(server.acknowledged, [(id, 1)]);
    // The server did not get that far.
    server.disconnect();
    server.acknowledged.clear();
    let kept = &mut server.subscriptions.get_mut(&id).expect("it exists").kept;
    let copy = kept.values().next().cloned().expect("the second message is kept");
    kept.insert(1, copy);
    server.connect(Continuity::Subscriptions);
    assert_eq!(server.acknowledged, [(id, 1)], "and not what the consumer still has in hand");
}

#[test]
fn a_transfer_whose_answer_was_cut_off_is_asked_for_again() {
    let mut server = subscribed();
    let id = server.id();
    server.disconnect();
    server.mute.insert("TransferSubscriptions");
    server.connect(Continuity::Subscriptions);
    server.disconnect();
    server.mute.clear();
    server.take_log();
    server.connect(Continuity::Session);
    assert_eq!(server.take_log(), ["TransferSubscriptions", "SetPublishingMode(true)"]);
    server.send(id, 1);
    assert!(!server.news().iter().any(|line| line.contains("gap")));
}

#[test]
fn what_cannot_be_transferred_is_created_anew_with_a_gap() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    server.disconnect();
    server.subscriptions.clear();
    server.connect(Continuity::Subscriptions);
    assert_eq!(
        server.take_log(),
        ["TransferSubscriptions", "CreateSubscription(false)", "CreateMonitoredItems(1)", "SetPublishingMode(true)"]
    );
    let id = server.id();
    server.send(id, 2);
    assert_eq!(server.news().iter().filter(|line| line.contains("gap SubscriptionLost")).count(), 1);
}

#[test]
fn a_restarted_server_leaves_one_gap_that_ends_when_all_items_are_back() {
    let mut server = subscribed();
    let id = server.id();
    server.pass(SECOND);
    server.send(id, 1);
    server.restart();
    server.pass(SECOND * 5);
    server.connect(Continuity::Nothing);
    assert_eq!(server.take_log(), ["CreateSubscription(false)", "CreateMonitoredItems(1)", "SetPublishingMode(true)"]);
    let id = server.id();
    server.keep_alive(id);
    server.pass(SECOND);
    server.send(id, 2);
    server.send(id, 3);
    assert_eq!(
        server.news(),
        [
            "1: 1",
            "1: interrupted",
            "1: created",
            "1: items 1",
            "1: keep-alive",
            "1: gap SubscriptionLost Some(1)..Some(7) None",
            "1: 2",
            "1: 3"
        ]
    );
}

#[test]
fn a_subscription_that_expired_meanwhile_is_created_again() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    server.disconnect();
    server.subscriptions.clear();
    server.connect(Continuity::Session);
    let id = server.id();
    server.send(id, 2);
    assert_eq!(
        server.news(),
        ["1: 1", "1: interrupted", "1: created", "1: items 1", "1: gap SubscriptionLost Some(0)..Some(0) None", "1: 2"]
    );
}

#[test]
fn an_expired_subscription_is_noticed_without_a_new_connection() {
    for status_change in [Some(StatusCode::BadTimeout), Some(StatusCode::GoodSubscriptionTransferred), None] {
        let mut server = subscribed();
        let id = server.id();
        server.send(id, 1);
        if let Some(status) = status_change {
            server.end_subscription(id, status);
        } else {
            server.subscriptions.clear();
            server.respond_bytes(Err(StatusCode::BadNoSubscription));
        }
        let id = server.id();
        server.send(id, 2);
        let news = server.news();
        assert_eq!(news.last().map(String::as_str), Some("1: 2"), "{news:?}");
        assert_eq!(news.iter().filter(|line| line.contains("gap")).count(), 1, "{news:?}");
    }
}

#[test]
fn a_transferred_subscription_is_lost_only_if_somebody_else_has_it_now() {
    for to_us in [true, false] {
        let mut server = subscribed();
        let id = server.id();
        server.send(id, 1);
        server.say_transferred(id, to_us);
        let id = server.id();
        server.send(id, 2);
        let news = server.news();
        assert_eq!(news.last().map(String::as_str), Some("1: 2"), "{news:?}");
        assert_eq!(news.iter().any(|line| line.contains("gap")), !to_us, "{news:?}");
    }
}
