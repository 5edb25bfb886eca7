//! Stories of events against a simulated server, on simulated time.

use std::sync::Arc;
use std::time::Duration;

use super::engine::Continuity;
use super::simulated::{Simulated, values};
use crate::session::{Clause, EventQuery, FilterResult, Item, ItemState, SubscriptionEvent, SubscriptionOptions};
use crate::ua::{
    ContentFilterElementResult, ContentFilterResult, DataChangeNotification, DataValue, EventFieldList,
    EventFilterResult, EventNotificationList, ExtensionObject, MonitoredItemNotification, NodeId, ObjectId,
    ObjectTypeId, StatusCode, Variant,
};

fn subscribed() -> Simulated {
    let mut server = Simulated::subscribed(SubscriptionOptions::default(), 1);
    server.news();
    server
}

fn event(client_handle: u32, fields: Vec<Variant>) -> ExtensionObject {
    let event = EventFieldList { client_handle, event_fields: Some(fields) };
    ExtensionObject::from_message(EventNotificationList { events: Some(vec![event]) })
}

#[test]
fn events_arrive_with_their_fields() {
    let mut server = subscribed();
    let id = server.id();
    server.send_notifications(id, vec![event(7, vec![500_u16.into(), "too hot".into(), Variant::Empty])]);
    let Some((_, SubscriptionEvent::Events(batch))) = server.engine.poll_event() else { panic!("there is an event") };
    let row = batch.row(0);
    let fields: Vec<_> = row.fields().map(|field| field.decode().expect("it decodes")).collect();
    assert_eq!((row.client_handle, fields), (7, vec![500_u16.into(), "too hot".into(), Variant::Empty]));
    assert!(!row.is_queue_overflow());
    server.acknowledge(1, batch.token);
    server.send(id, 1);
    assert_eq!(server.acknowledged, [(id, 1)]);
}

#[test]
fn a_message_with_values_and_events_is_acknowledged_once_when_both_are_safe() {
    for order in [[0, 1], [1, 0]] {
        let mut server = subscribed();
        let id = server.id();
        let data = ExtensionObject::from_message(values(&[1]));
        server.send_notifications(id, vec![data, event(7, vec![1.into()])]);
        let tokens = server.tokens();
        assert_eq!(tokens.len(), 2);
        server.acknowledge(1, tokens[order[0]]);
        server.acknowledge(1, tokens[order[0]]);
        server.send(id, 2);
        assert_eq!(server.acknowledged, [], "the other half is not safe yet");
        server.acknowledge(1, tokens[order[1]]);
        server.send(id, 3);
        assert_eq!(server.acknowledged, [(id, 1)]);
    }
}

#[test]
fn a_message_without_anything_for_the_consumer_is_acknowledged_at_once() {
    let mut server = subscribed();
    let id = server.id();
    let empty = EventNotificationList { events: Some(Vec::new()) };
    server.send_notifications(id, vec![ExtensionObject::from_message(empty)]);
    server.send(id, 1);
    assert_eq!(server.acknowledged, [(id, 1)]);
    assert_eq!(server.news(), ["1: 1"]);
}

#[test]
fn full_queues_are_declared_by_item_before_what_tells_of_them() {
    let mut server = subscribed();
    let id = server.id();
    server.send(id, 1);
    server.pass(Duration::from_secs(2));
    let overflow = StatusCode::from(0x0480);
    let value = |client_handle, status| MonitoredItemNotification {
        client_handle,
        value: DataValue { status: Some(status), ..DataValue::value_only(5) },
    };
    let monitored_items = Some(vec![value(3, overflow), value(4, StatusCode::Good), value(3, overflow)]);
    let data = DataChangeNotification { monitored_items, ..Default::default() };
    let overflow: NodeId = ObjectTypeId::EventQueueOverflowEventType.into();
    server.send_notifications(id, vec![ExtensionObject::from_message(data), event(2, vec![overflow.into()])]);
    assert_eq!(server.news(), ["1: 1", "1: gap Overflow Some(0)..Some(2) None of [2, 3]", "1: 5", "1: events 1"]);
}

#[test]
fn what_the_server_says_to_each_clause_is_told() {
    let result = EventFilterResult {
        select_clause_results: Some(vec![StatusCode::Good, StatusCode::BadAttributeIdInvalid]),
        where_clause_result: ContentFilterResult {
            element_results: Some(vec![ContentFilterElementResult {
                status_code: StatusCode::BadFilterOperatorUnsupported,
                ..Default::default()
            }]),
            ..Default::default()
        },
        ..Default::default()
    };
    for refused in [None, Some(StatusCode::BadMonitoredItemFilterInvalid)] {
        let mut server = Simulated::new();
        server.filter_result = ExtensionObject::from_message(result.clone());
        server.unknown.extend(refused.map(|status| (NodeId::from(ObjectId::Server), status)));
        server.connect(Continuity::Nothing);
        let item = Item::events(1, ObjectId::Server, EventQuery::base());
        server.engine.subscribe(1, SubscriptionOptions::default(), vec![item], server.now);
        server.exchange();
        let states = std::iter::from_fn(|| server.engine.poll_event()).find_map(|(_, event)| match event {
            SubscriptionEvent::Items(states) => Some(states),
            _ => None,
        });
        let filter: Arc<FilterResult> = match states.expect("the item is told of").remove(0) {
            (1, ItemState::Reporting { filter: Some(filter), .. }) if refused.is_none() => filter,
            (1, ItemState::Failed { status, will_retry: false, filter: Some(filter) }) => {
                assert_eq!(Some(status), refused);
                filter
            }
            other => panic!("{other:?}"),
        };
        let bad = [
            (Clause::Field(1), StatusCode::BadAttributeIdInvalid),
            (Clause::Element(0), StatusCode::BadFilterOperatorUnsupported),
        ];
        assert_eq!(filter.refused(), bad);
    }
}
