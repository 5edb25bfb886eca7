//! What a message costs in allocations on its way from received bytes to the consumer and back.

use allocation_counter::measure;

use super::simulated::{Simulated, encode};
use super::tests::subscribed;
use crate::session::SubscriptionEvent;
use crate::ua::secure::testing::{Pair, config};
use crate::ua::secure::{ChannelEvent, SecurityPolicy};
use crate::ua::{
    DataChangeNotification, DataValue, DateTime, ExtensionObject, MessageSecurityMode, MonitoredItemNotification,
    PublishResponse, Variant,
};

#[test]
fn nothing_is_allocated_for_a_scalar_value() {
    for mode in [MessageSecurityMode::None, MessageSecurityMode::SignAndEncrypt] {
        let (few, many) = (allocations(10, mode), allocations(4010, mode));
        // What is longer arrives in more chunks.
        assert!(few < 100 && many < few + 20, "{mode:?}: {few} for 10 values, {many} for 4010");
    }
}

/// The allocations for one message of so many values, once the queues have their size.
fn allocations(values: u32, mode: MessageSecurityMode) -> u64 {
    let policy = if mode == MessageSecurityMode::None { SecurityPolicy::NONE } else { SecurityPolicy::BASIC256_SHA256 };
    let (mut pair, mut server) = (Pair::open(config(policy, mode, (2048, 2048))), subscribed());
    let each = (0..10).map(|_| deliver(&mut pair, &mut server, values));
    each.last().expect("there are some")
}

fn deliver(pair: &mut Pair, server: &mut Simulated, values: u32) -> u64 {
    let body = message(server, values);
    let wire = pair.peer.message(1, &body, 65_536);
    let tag = server.publish_requests.pop_front().expect("a Publish request is outstanding");
    let mut seen = 0;
    let cost = measure(|| {
        pair.client.receive(&wire, pair.now);
        let Some(ChannelEvent::Message { body, .. }) = pair.client.poll_event() else { panic!("no message comes") };
        server.engine.completed(tag, Ok(body), server.now);
        while let Some((key, event)) = server.engine.poll_event() {
            let SubscriptionEvent::Data(batch) = event else { continue };
            seen += batch.rows().filter(|row| !row.value.is_null() && row.source_timestamp.is_some()).count();
            server.engine.acknowledge(key, &[batch.token], server.now);
        }
    });
    assert_eq!(seen, values as usize);
    server.exchange();
    cost.count_total
}

fn message(server: &mut Simulated, values: u32) -> Vec<u8> {
    let time = Some(DateTime::now());
    let scalar = |at: u32| if at.is_multiple_of(2) { Variant::from(f64::from(at)) } else { Variant::from("a text") };
    let value = |at: u32| DataValue { value: Some(scalar(at)), source_timestamp: time, ..DataValue::null() };
    let items = (0..values).map(|at| MonitoredItemNotification { client_handle: at, value: value(at) });
    let data = DataChangeNotification { monitored_items: Some(items.collect()), diagnostic_infos: None };
    let subscription_id = server.id();
    let notification_message = server.next_message(subscription_id, Some(ExtensionObject::from_message(data)));
    encode(PublishResponse { subscription_id, notification_message, ..Default::default() }).into()
}
