//! Cases 39, 40 and 42: notifications that lie about time, order, items, types and namespaces.

use std::time::Duration;

use iiot_core::ua::{
    CreateMonitoredItemsResponse, DataChangeNotification, DataValue, DateTime, ExtensionObject,
    MonitoredItemCreateResult, MonitoredItemNotification, NodeId, NotificationMessage, PublishResponse, ReadResponse,
    RepublishResponse, Request, RequestHeader, ResponseHeader, StatusCode, VariableId,
};

use super::decoder::changing_types;
use super::feed::Feed;
use super::{Case, Task};
use crate::attack::{Act, Attack, On};
use crate::honest::{data, message, texts, value_of};
use crate::wire::{encoded_part, little_endian, response_with};

const SOME: Task = Task::Subscribe { values: 100, lost: None };

pub(super) fn cases() -> Vec<Case> {
    [times(), floods(), sequences(), changes()].into_iter().flatten().collect()
}

fn times() -> Vec<Case> {
    let stamped = |name, times: fn(u32) -> i64| {
        Case::new(39, name, move || {
            Feed::attack(move |feed, request| {
                let time = DateTime::from(times(feed.answered));
                let mut data = feed.values(f64::from(feed.answered));
                for item in data.monitored_items.iter_mut().flatten() {
                    item.value.source_timestamp = Some(time);
                    item.value.server_timestamp = Some(time);
                }
                let message = NotificationMessage { publish_time: time, ..feed.next(data) };
                Some(Act::Answer(feed.answer(request, message).into()))
            })
        })
        .task(SOME)
    };
    vec![
        stamped("times of 1601", |_| 1),
        stamped("times of 9999", |_| i64::MAX - 1),
        stamped("times that run backwards", |turn| 130_000_000_000_000_000 - i64::from(turn)),
        stamped("times that stand still", |_| 130_000_000_000_000_000),
    ]
}

fn floods() -> Vec<Case> {
    let more_for_ever = || {
        Feed::attack(|feed, request| {
            let data = feed.values(f64::from(feed.answered));
            let message = feed.next(data);
            Some(Act::Answer(PublishResponse { more_notifications: true, ..feed.answer(request, message) }.into()))
        })
    };
    vec![
        Case::new(40, "values of items that were never made", || {
            Feed::attack(|feed, request| {
                let strangers = data((0..1000).map(|at| 1_000_000 + at), 1.5);
                let data = if feed.answered.is_multiple_of(2) { strangers } else { feed.values(1.5) };
                let message = feed.next(data);
                Some(Act::Answer(feed.answer(request, message).into()))
            })
        })
        .task(SOME),
        Case::new(40, "more notifications for ever", more_for_ever)
            .task(Task::Subscribe { values: 2000, lost: Some(0) }),
        Case::new(40, "more notifications for ever, and nobody takes them", more_for_ever)
            .task(Task::SubscribeAndSleep(Duration::from_millis(700))),
        Case::new(40, "large messages for ever, and nobody takes them", || {
            Feed::attack(|feed, request| {
                let data = feed.values("x".repeat(400_000));
                let message = feed.next(data);
                Some(Act::Answer(PublishResponse { more_notifications: true, ..feed.answer(request, message) }.into()))
            })
        })
        .task(Task::SubscribeAndSleep(Duration::from_millis(700)))
        // At most 32 messages wait to be taken, and ten requests are on their way.
        .megabytes(64),
        Case::new(40, "messages of a subscription that was never made", || {
            Feed::attack(|feed, request| {
                let data = feed.values(1.5);
                let own = feed.answered.is_multiple_of(2);
                let message = if own { feed.next(data) } else { message(feed.answered, Some(data)) };
                let response = feed.answer(request, message);
                let subscription_id = if own { response.subscription_id } else { 4_000_000_000 + feed.answered };
                Some(Act::Answer(PublishResponse { subscription_id, ..response }.into()))
            })
        })
        .task(SOME),
        Case::new(40, "only messages of subscriptions that were never made", || {
            Feed::attack(|feed, request| {
                let sent = message(feed.answered + 1, Some(feed.values(1.5)));
                let response = feed.answer(request, sent);
                let subscription_id = 4_000_000_000 + feed.answered;
                Some(Act::Answer(PublishResponse { subscription_id, ..response }.into()))
            })
        })
        .task(SOME)
        .fails(&[StatusCode::BadTimeout]),
        Case::new(40, "a million numbers that are said to be kept", || {
            Feed::attack(|feed, request| {
                let data = feed.values(1.5);
                let message = feed.next(data);
                let available_sequence_numbers =
                    Some(if feed.answered < 2 { (0..1_000_000).collect() } else { Vec::new() });
                let response = feed.answer(request, message);
                Some(Act::Answer(PublishResponse { available_sequence_numbers, ..response }.into()))
            })
        })
        .task(SOME)
        .megabytes(48),
    ]
}

fn sequences() -> Vec<Case> {
    let stepping = |name, step: fn(u32) -> u32| Case::new(40, name, move || stepping(step)).task(SOME);
    let losing = |values, each| Task::Subscribe { values, lost: Some(values as u64 * each) };
    let malformed = |name, variant: fn() -> Vec<u8>| Case::new(40, name, move || malformed(variant)).task(SOME);
    vec![
        stepping("every other message is missing and Republish denied", |last| last + 2).task(losing(100, 1)),
        stepping("thousands of messages are missing and Republish denied", |last| last + 5000).task(losing(20, 4999)),
        stepping("numbers jump half way round", |last| last.wrapping_add(0x7fff_0000) | 1),
        // Those that come again are no news, and 0 is no number.
        stepping("every message has the same number", |_| 1).fails(&[StatusCode::BadTimeout]),
        stepping("every message has the number 0", |_| 0).fails(&[StatusCode::BadTimeout]),
        malformed("values nested 100,000 deep", || [[0x17, 1].repeat(100_000), vec![0]].concat()),
        malformed("values that end in the middle", || vec![0x8c, 0xff, 0xff, 0, 0]),
        Case::new(40, "thousands of messages are missing and come again, large, and nobody takes them", come_again)
            .task(Task::SubscribeAndSleep(Duration::from_millis(1500)))
            // At most 32 messages wait to be taken.
            .megabytes(48),
        Case::new(40, "a gap before every message, and nobody takes anything", || {
            Feed::attack_on(|feed, request, _| match request {
                Request::Publish(request) => {
                    feed.sequence += 2;
                    let sent = message(feed.sequence, Some(data(std::iter::once(1_000_000), 1.5)));
                    Some(Act::Answer(feed.answer(request, sent).into()))
                }
                Request::Republish(republish) => Some(refused(&republish.request_header)),
                _ => None,
            })
        })
        .task(Task::SubscribeAndSleep(Duration::from_millis(1500))),
    ]
}

/// Requests for one gap that an attack takes: enough to find out where the server's memory ends.
const PATIENCE: u32 = 16;

/// Messages whose numbers go on in steps; Republish is denied. Who asks for too many of a gap gets
/// nothing any more.
fn stepping(step: fn(u32) -> u32) -> Attack {
    let mut asked = 0;
    Feed::attack_on(move |feed, request, _| match request {
        Request::Publish(_) if asked > PATIENCE => Some(Act::Silence),
        Request::Publish(request) => {
            asked = 0;
            feed.sequence = step(feed.sequence);
            let sent = message(feed.sequence, Some(feed.values(1.5)));
            Some(Act::Answer(feed.answer(request, sent).into()))
        }
        Request::Republish(republish) => {
            asked += 1;
            Some(refused(&republish.request_header))
        }
        _ => None,
    })
}

/// A keep-alive tells of thousands of messages, and Republish has them all.
fn come_again() -> Attack {
    Feed::attack_on(|feed, request, _| match request {
        Request::Publish(request) => {
            let sent = message(4000, None);
            Some(Act::Answer(feed.answer(request, sent).into()))
        }
        Request::Republish(republish) => {
            let sent = message(republish.retransmit_sequence_number, Some(feed.values("x".repeat(400_000))));
            Some(Act::Answer(RepublishResponse { notification_message: sent, ..Default::default() }.into()))
        }
        _ => None,
    })
}

/// Every other message carries one value of these bytes.
fn malformed(variant: fn() -> Vec<u8>) -> Attack {
    Feed::attack(move |feed, request| {
        let good = feed.values(1.5);
        let sent = feed.next(good);
        let response = feed.answer(request, sent);
        if feed.answered.is_multiple_of(2) {
            return Some(Act::Answer(response.into()));
        }
        let item = [little_endian(&[1, feed.handles[0]]), vec![1], variant(), little_endian(&[u32::MAX])].concat();
        let mut rest = little_endian(&[feed.subscription_id, u32::MAX]);
        rest.push(0);
        rest.extend(little_endian(&[feed.sequence]));
        rest.extend([0; 8]);
        rest.extend(little_endian(&[1]));
        rest.extend(encoded_part(&NodeId::new(0, 811)));
        rest.push(1);
        rest.extend(little_endian(&[item.len() as u32]));
        rest.extend(item);
        rest.extend(little_endian(&[u32::MAX, u32::MAX]));
        Some(Act::Body(response_with::<PublishResponse>(request.request_header.request_handle, &rest)))
    })
}

fn refused(header: &RequestHeader) -> Act {
    let service_result = StatusCode::BadMessageNotAvailable;
    let response_header =
        ResponseHeader { request_handle: header.request_handle, service_result, ..Default::default() };
    Act::Answer(iiot_core::ua::Response::Fault(Box::new(iiot_core::ua::ServiceFault { response_header })))
}

fn changes() -> Vec<Case> {
    vec![
        Case::new(42, "an item changes its type with every value", || {
            let types = changing_types();
            Feed::attack(move |feed, request| {
                let value = types[feed.answered as usize % types.len()].clone();
                let data = feed.values(value);
                let message = feed.next(data);
                Some(Act::Answer(feed.answer(request, message).into()))
            })
        })
        .task(SOME),
        Case::new(42, "structures that nobody knows", || {
            Feed::attack(|feed, request| {
                let mut unknown = ExtensionObject::null();
                if feed.answered.is_multiple_of(2) {
                    unknown = ExtensionObject::from_message(MonitoredItemNotification::default());
                }
                let value = DataValue::value_only(unknown);
                let item = |handle: &u32| MonitoredItemNotification { client_handle: *handle, value: value.clone() };
                let monitored_items = Some(feed.handles.iter().map(item).collect());
                let message = feed.next(DataChangeNotification { monitored_items, diagnostic_infos: None });
                Some(Act::Answer(feed.answer(request, message).into()))
            })
        })
        .task(SOME),
        Case::new(42, "namespaces change places when the connection is lost", namespaces_change_places).task(SOME),
    ]
}

/// The second session finds the item's namespace at another index; only there the node exists.
fn namespaces_change_places() -> Attack {
    let (mut lost, mut sessions) = (false, 0);
    Attack::new(move |turn| match &turn.on {
        On::Request(Request::CreateSession(_)) => {
            sessions += 1;
            Act::Honest
        }
        On::Request(Request::ActivateSession(request)) if lost && sessions < 2 => {
            let header = &request.request_header;
            let service_result = StatusCode::BadSessionIdInvalid;
            let response_header =
                ResponseHeader { request_handle: header.request_handle, service_result, ..Default::default() };
            Act::Answer(iiot_core::ua::Response::Fault(Box::new(iiot_core::ua::ServiceFault { response_header })))
        }
        On::Request(Request::Read(read)) if sessions >= 2 => {
            let value = |node: &NodeId| match *node == VariableId::Server_NamespaceArray {
                true => DataValue::new_now(texts(&["http://opcfoundation.org/UA/", "urn:other", "urn:rogue"])),
                false => value_of(node, 1.0),
            };
            let results = read.nodes_to_read.iter().flatten().map(|node| value(&node.node_id)).collect();
            Act::Answer(ReadResponse { results: Some(results), ..Default::default() }.into())
        }
        On::Request(Request::CreateMonitoredItems(create)) => {
            let mut items = create.items_to_create.iter().flatten();
            let right = items.all(|item| item.item_to_monitor.node_id.namespace == sessions.min(2));
            if right {
                Act::Honest
            } else {
                Act::Answer(unknown_nodes(create.items_to_create.iter().flatten().count()).into())
            }
        }
        On::Request(Request::Publish(_)) if !lost => {
            lost = true;
            Act::Reset
        }
        _ => Act::Honest,
    })
}

fn unknown_nodes(count: usize) -> CreateMonitoredItemsResponse {
    let result = MonitoredItemCreateResult { status_code: StatusCode::BadNodeIdUnknown, ..Default::default() };
    CreateMonitoredItemsResponse { results: Some(vec![result; count]), ..Default::default() }
}
