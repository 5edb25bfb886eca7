//! Publish and Republish responses as columns over the bytes they arrived in.
//!
//! Only what says where things are is read; values stay encoded. A message whose notifications do
//! not decode still tells its subscription and sequence number.

use std::sync::Arc;

use bytes::Bytes;

use super::wire::{Cursor, Malformed, Walk};
use crate::session::DataBatch;
use crate::time::UtcTime;
use crate::ua::{ObjectId, StatusCode};

/// What answered a Publish request.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) subscription_id: u32,
    /// Messages the server still holds.
    pub(crate) available: Vec<u32>,
    /// Whether the server has more to send at once.
    pub(crate) more: bool,
    pub(crate) message: Message,
}

/// A NotificationMessage.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) sequence_number: u32,
    pub(crate) publish_time: Option<UtcTime>,
    pub(crate) republished: bool,
    /// `None`: a keep-alive, whose sequence number is that of the next message.
    pub(crate) content: Option<Result<Content, Malformed>>,
    body: Bytes,
}

/// What a NotificationMessage carries.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) status_change: Option<StatusCode>,
    /// Event lists; nothing consumes them yet.
    pub(crate) events: u32,
    columns: Columns,
}

#[derive(Debug, Default)]
struct Columns {
    client_handles: Vec<u32>,
    statuses: Vec<u32>,
    source_timestamps: Vec<i64>,
    server_timestamps: Vec<i64>,
    spans: Vec<(u32, u32)>,
}

/// Reads a PublishResponse. `Ok(Err(status))` is a service that failed.
pub(crate) fn publish_response(body: &Bytes) -> Walk<Result<Published, StatusCode>> {
    let mut cursor = Cursor::new(body);
    if let Err(status) = response(&mut cursor, ObjectId::PublishResponse_Encoding_DefaultBinary)? {
        return Ok(Err(status));
    }
    let subscription_id = cursor.u32()?;
    let count = cursor.count(4)?;
    let available = (0..count).map(|_| cursor.u32()).collect::<Walk<_>>()?;
    let more = cursor.u8()? != 0;
    let message = message(&mut cursor, body, false)?;
    Ok(Ok(Published { subscription_id, available, more, message }))
}

/// Reads a RepublishResponse. `Ok(Err(status))` is a service that failed.
pub(crate) fn republish_response(body: &Bytes) -> Walk<Result<Message, StatusCode>> {
    let mut cursor = Cursor::new(body);
    if let Err(status) = response(&mut cursor, ObjectId::RepublishResponse_Encoding_DefaultBinary)? {
        return Ok(Err(status));
    }
    message(&mut cursor, body, true).map(Ok)
}

/// The status of a ServiceFault; `None` for every other body.
pub(crate) fn fault_status(body: &[u8]) -> Option<StatusCode> {
    let mut cursor = Cursor::new(body);
    let id = cursor.type_id().ok()?;
    if id != Some(ObjectId::ServiceFault_Encoding_DefaultBinary as u32) {
        return None;
    }
    cursor.skip(8 + 4).ok()?;
    cursor.u32().ok().map(StatusCode::from)
}

impl Content {
    /// Number of values.
    pub(crate) fn values(&self) -> usize {
        self.columns.client_handles.len()
    }

    /// The values as a batch.
    pub(crate) fn into_batch(self, frame: Frame) -> DataBatch {
        DataBatch {
            token: frame.token,
            subscription_id: frame.subscription_id,
            sequence_number: frame.sequence_number,
            publish_time: frame.publish_time,
            republished: frame.republished,
            namespaces: frame.namespaces,
            body: frame.body,
            client_handles: self.columns.client_handles,
            statuses: self.columns.statuses,
            source_timestamps: self.columns.source_timestamps,
            server_timestamps: self.columns.server_timestamps,
            spans: self.columns.spans,
        }
    }
}

/// What a batch knows beside its values.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) token: u64,
    pub(crate) subscription_id: u32,
    pub(crate) sequence_number: u32,
    pub(crate) publish_time: Option<UtcTime>,
    pub(crate) republished: bool,
    pub(crate) namespaces: Arc<Vec<String>>,
    pub(crate) body: Bytes,
}

impl Message {
    /// The bytes that the content's columns point into.
    pub(crate) fn body(&self) -> Bytes {
        self.body.clone()
    }
}

/// Reads the encoding id and the response header.
fn response(cursor: &mut Cursor<'_>, expected: ObjectId) -> Walk<Result<(), StatusCode>> {
    let id = cursor.type_id()?;
    cursor.skip(8 + 4)?;
    let status = StatusCode::from(cursor.u32()?);
    cursor.skip_diagnostic_info()?;
    cursor.skip_array(4, Cursor::skip_string)?;
    cursor.skip_extension_object()?;
    if status.is_bad() {
        return Ok(Err(status));
    }
    if id != Some(expected as u32) {
        return Err(Malformed("the response is one of another service"));
    }
    Ok(Ok(()))
}

fn message(cursor: &mut Cursor<'_>, body: &Bytes, republished: bool) -> Walk<Message> {
    if u32::try_from(body.len()).is_err() {
        return Err(Malformed("the message is larger than 4 GiB"));
    }
    let sequence_number = cursor.u32()?;
    let publish_time = UtcTime::from_wire(cursor.i64()?);
    let content = notifications(cursor).transpose();
    Ok(Message { sequence_number, publish_time, republished, content, body: body.clone() })
}

fn notifications(cursor: &mut Cursor<'_>) -> Walk<Option<Content>> {
    let count = cursor.count(3)?;
    if count == 0 {
        return Ok(None);
    }
    let mut content = Content::default();
    for _ in 0..count {
        notification(cursor, &mut content)?;
    }
    Ok(Some(content))
}

fn notification(cursor: &mut Cursor<'_>, content: &mut Content) -> Walk {
    const DATA: u32 = ObjectId::DataChangeNotification_Encoding_DefaultBinary as u32;
    const STATUS: u32 = ObjectId::StatusChangeNotification_Encoding_DefaultBinary as u32;
    let id = cursor.type_id()?;
    if cursor.u8()? != 1 {
        return Err(Malformed("a notification has no binary body"));
    }
    let length = cursor.count(1)?;
    let mut fields = cursor.region(length)?;
    match id {
        Some(DATA) => data_change(&mut fields, &mut content.columns),
        Some(STATUS) => {
            content.status_change = Some(StatusCode::from(fields.u32()?));
            Ok(())
        }
        _ => {
            content.events += 1;
            Ok(())
        }
    }
}

/// The smallest MonitoredItemNotification: a handle and an empty DataValue.
const SMALLEST_ITEM: usize = 5;

fn data_change(cursor: &mut Cursor<'_>, columns: &mut Columns) -> Walk {
    let count = cursor.count(SMALLEST_ITEM)?;
    columns.reserve(count);
    (0..count).try_for_each(|_| columns.read(cursor))
}

impl Columns {
    fn reserve(&mut self, count: usize) {
        self.client_handles.reserve(count);
        self.statuses.reserve(count);
        self.source_timestamps.reserve(count);
        self.server_timestamps.reserve(count);
        self.spans.reserve(count);
    }

    /// Reads a MonitoredItemNotification: the handle and the DataValue (OPC 10000-6 §5.2.2.17).
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Walk {
        self.client_handles.push(cursor.u32()?);
        let mask = cursor.u8()?;
        let start = cursor.position() as u32;
        if mask & 0x01 != 0 {
            cursor.skip_variant()?;
        }
        self.spans.push((start, cursor.position() as u32));
        self.statuses.push(if mask & 0x02 != 0 { cursor.u32()? } else { 0 });
        self.source_timestamps.push(if mask & 0x04 != 0 { cursor.i64()? } else { 0 });
        if mask & 0x10 != 0 {
            cursor.skip(2)?;
        }
        self.server_timestamps.push(if mask & 0x08 != 0 { cursor.i64()? } else { 0 });
        if mask & 0x20 != 0 {
            cursor.skip(2)?;
        }
        Ok(())
    }
}
