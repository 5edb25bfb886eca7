//! What the fuzz target of PublishResponse runs.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use bytes::Bytes;

use super::columns::Frame;
use super::decode::{Content, Published, fault_status, publish_response, republish_response};
use crate::json::fuzz::{variants, written};
use crate::session::{DataBatch, EventBatch};
use crate::time::UtcTime;
use crate::ua::codec::decode_response;
use crate::ua::{
    ContextOwned, DataChangeNotification, DataValue, DateTime, EventFieldList, EventNotificationList, ExtensionObject,
    MonitoredItemNotification, NotificationMessage, PublishResponse, RepublishResponse, Response,
    StatusChangeNotification, StatusCode,
};

/// Columns lie within the message, and each value can be written as JSON or is refused there. What
/// the general decoder reads from the same bytes agrees.
pub(crate) fn publish(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    let _ = fault_status(&body);
    if let Ok(Ok(message)) = republish_response(&body)
        && let Some(Ok(content)) = message.content
    {
        rows(content, &body);
    }
    let Ok(Ok(published)) = publish_response(&body) else { return };
    if let Ok(Response::Publish(general)) = decode_response("Publish", &body)
        // The general decoder reads a known structure there as long as it likes, not as long as it says it is.
        && general.response_header.additional_header.is_null()
    {
        agree(&published, &general);
    }
    if let Some(Ok(content)) = published.message.content {
        rows(content, &body);
    }
}

pub(crate) fn publish_seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = variants().into_iter().map(|value| encoded(&[value.into()])).collect();
    let time = DateTime::from(UtcTime::UNIX_EPOCH);
    let stamped = DataValue {
        value: Some(1.5.into()),
        status: Some(StatusCode::UncertainLastUsableValue),
        source_timestamp: Some(time),
        source_picoseconds: Some(7),
        server_timestamp: Some(time),
        server_picoseconds: Some(8),
    };
    seeds.push(encoded(&[stamped.clone(), DataValue::null(), stamped]));
    let status = StatusChangeNotification { status: StatusCode::BadTimeout, ..Default::default() };
    seeds.push(body(PublishResponse {
        notification_message: message(ExtensionObject::from_message(status)),
        ..Default::default()
    }));
    let republished = message(ExtensionObject::from_message(data_change(&[2.5.into()])));
    seeds.push(body(RepublishResponse { notification_message: republished, ..Default::default() }));
    let event = EventFieldList { client_handle: 7, event_fields: Some(vec![1.5.into(), "text".into()]) };
    let events = EventNotificationList { events: Some(vec![event]) };
    seeds.push(body(PublishResponse {
        notification_message: message(ExtensionObject::from_message(events)),
        ..Default::default()
    }));
    seeds.push(body(PublishResponse::default()));
    seeds
}

fn rows(content: Content, body: &Bytes) {
    let values = content.values();
    let (batch, events) = content.into_batches(Frame {
        token: 0,
        event_token: 1,
        subscription_id: 0,
        sequence_number: 0,
        publish_time: None,
        republished: false,
        namespaces: Arc::default(),
        body: body.clone(),
    });
    assert_eq!(batch.as_ref().map_or(0, DataBatch::len), values);
    for row in batch.iter().flat_map(DataBatch::rows) {
        let _ = (row.source_timestamp, row.server_timestamp, row.status);
        written(row.value);
    }
    for event in events.iter().flat_map(EventBatch::rows) {
        let _ = event.is_queue_overflow();
        event.fields().for_each(written);
    }
}

fn agree(ours: &Published, general: &PublishResponse) {
    let message = &general.notification_message;
    assert_eq!(ours.subscription_id, general.subscription_id);
    // Any byte but 0 is true (OPC 10000-6 §5.2.2.1); the general decoder takes 1 alone.
    assert!(ours.more || !general.more_notifications);
    assert_eq!(ours.available, general.available_sequence_numbers.clone().unwrap_or_default());
    assert_eq!(ours.message.sequence_number, message.sequence_number);
    let changes = message.notification_data.iter().flatten();
    let items: Option<Vec<usize>> = changes.map(|data| data.inner_as::<DataChangeNotification>().map(count)).collect();
    // The general decoder also takes structures that name their data type instead of its encoding.
    if let (Some(items), Some(Ok(content))) = (items, &ours.message.content)
        && content.unknown == 0
    {
        assert_eq!(content.values(), items.iter().sum::<usize>());
    }
}

fn count(changes: &DataChangeNotification) -> usize {
    changes.monitored_items.as_ref().map_or(0, Vec::len)
}

fn encoded(values: &[DataValue]) -> Vec<u8> {
    let data = ExtensionObject::from_message(data_change(values));
    body(PublishResponse {
        subscription_id: 7,
        available_sequence_numbers: Some(vec![4, 5]),
        notification_message: message(data),
        ..Default::default()
    })
}

fn data_change(values: &[DataValue]) -> DataChangeNotification {
    let item = |(handle, value): (usize, &DataValue)| MonitoredItemNotification {
        client_handle: handle as u32,
        value: value.clone(),
    };
    DataChangeNotification {
        monitored_items: Some(values.iter().enumerate().map(item).collect()),
        diagnostic_infos: None,
    }
}

fn message(data: ExtensionObject) -> NotificationMessage {
    NotificationMessage {
        sequence_number: 5,
        publish_time: DateTime::from(UtcTime::UNIX_EPOCH),
        notification_data: Some(vec![data]),
    }
}

fn body(response: impl Into<Response>) -> Vec<u8> {
    let mut body = Vec::new();
    response.into().encode(&mut body, &ContextOwned::default().context()).unwrap();
    body
}
