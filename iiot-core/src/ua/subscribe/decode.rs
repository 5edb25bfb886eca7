//! Publish and Republish responses as places in the bytes they arrived in.
//!
//! Only what says where things are is read; values stay encoded. A message whose notifications do
//! not decode still tells its subscription and sequence number.

use bytes::Bytes;

use super::columns::{Frame, Values, data_batch, data_change, event_batch, event_list};
use super::wire::{Cursor, Malformed, Walk};
use crate::session::{DataBatch, EventBatch, EventColumns};
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
    /// Notifications of types that nobody knows, which are passed over.
    pub(crate) unknown: u32,
    events: EventColumns,
    values: Values,
}

/// Reads a PublishResponse. `Ok(Err(status))` is a service that failed.
pub(crate) fn publish_response(body: &Bytes) -> Walk<Result<Published, StatusCode>> {
    let mut cursor = Cursor::new(body);
    let sent = match response(&mut cursor, ObjectId::PublishResponse_Encoding_DefaultBinary)? {
        Ok(sent) => sent,
        Err(status) => return Ok(Err(status)),
    };
    let subscription_id = cursor.u32()?;
    let count = cursor.count(4)?;
    let available = (0..count).map(|_| cursor.u32()).collect::<Walk<_>>()?;
    let more = cursor.u8()? != 0;
    let mut message = message(&mut cursor, body, false)?;
    // Some servers leave the publish time out; the response was sent at the same moment.
    message.publish_time = message.publish_time.or(sent);
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
    #[cfg(any(test, fuzzing))]
    pub(crate) fn values(&self) -> usize {
        self.values.places.len()
    }

    /// The values and the events, where there are any.
    pub(crate) fn into_batches(self, frame: Frame) -> (Option<DataBatch>, Option<EventBatch>) {
        let (values, events) = (self.values.places.len(), self.events.client_handles.len());
        let event_batch = (events > 0).then(|| event_batch(self.events, frame.clone()));
        ((values > 0).then(|| data_batch(self.values, frame)), event_batch)
    }
}

impl Message {
    /// The bytes that the content lies in.
    pub(crate) fn body(&self) -> Bytes {
        self.body.clone()
    }
}

/// Reads the encoding id and the response header; returns when the response was sent.
fn response(cursor: &mut Cursor<'_>, expected: ObjectId) -> Walk<Result<Option<UtcTime>, StatusCode>> {
    let id = cursor.type_id()?;
    let sent = UtcTime::from_wire(cursor.i64()?);
    cursor.skip(4)?;
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
    Ok(Ok(sent))
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
    const EVENTS: u32 = ObjectId::EventNotificationList_Encoding_DefaultBinary as u32;
    const STATUS: u32 = ObjectId::StatusChangeNotification_Encoding_DefaultBinary as u32;
    let id = cursor.type_id()?;
    if cursor.u8()? != 1 {
        return Err(Malformed("a notification has no binary body"));
    }
    let length = cursor.count(1)?;
    let mut fields = cursor.region(length)?;
    match id {
        Some(DATA) => data_change(&mut fields, &mut content.values),
        Some(STATUS) => {
            content.status_change = Some(StatusCode::from(fields.u32()?));
            Ok(())
        }
        Some(EVENTS) => event_list(&mut fields, &mut content.events),
        _ => {
            tracing::debug!(?id, "a notification of an unknown type is passed over");
            content.unknown += 1;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::session::Columns;
    use crate::ua::{
        Array, BinaryEncodable, ByteString, ContextOwned, DataChangeNotification, DataValue, DateTime, DiagnosticInfo,
        ExtensionObject, Guid, LocalizedText, MonitoredItemNotification, NodeId, NotificationMessage, PublishResponse,
        QualifiedName, ReadValueId, Response, ServiceFault, UAString, Variant, VariantScalarTypeId, XmlElement,
    };

    fn encoded(items: Vec<MonitoredItemNotification>) -> Bytes {
        let data = DataChangeNotification { monitored_items: Some(items), diagnostic_infos: None };
        encode(PublishResponse {
            subscription_id: 7,
            available_sequence_numbers: Some(vec![4, 5]),
            more_notifications: true,
            notification_message: NotificationMessage {
                sequence_number: 5,
                publish_time: DateTime::from(UtcTime::UNIX_EPOCH),
                notification_data: Some(vec![ExtensionObject::from_message(data)]),
            },
            ..Default::default()
        })
    }

    fn encode(response: impl Into<Response>) -> Bytes {
        let mut body = Vec::new();
        response.into().encode(&mut body, &ContextOwned::default().context()).unwrap();
        body.into()
    }

    fn scalar() -> impl Strategy<Value = Variant> {
        prop_oneof![
            Just(Variant::Empty),
            any::<bool>().prop_map(Variant::from),
            any::<i8>().prop_map(Variant::from),
            any::<u16>().prop_map(Variant::from),
            any::<i32>().prop_map(Variant::from),
            any::<u64>().prop_map(Variant::from),
            any::<f32>().prop_map(Variant::from),
            any::<f64>().prop_map(Variant::from),
            ".{0,20}".prop_map(Variant::from),
            Just(Variant::from(UAString::null())),
            any::<u32>().prop_map(|ticks| Variant::from(DateTime::from(UtcTime::from_ticks(i64::from(ticks))))),
            any::<[u8; 16]>().prop_map(|bytes| Variant::from(Guid::from_bytes(bytes))),
            any::<Vec<u8>>().prop_map(|bytes| Variant::from(ByteString::from(bytes))),
            ".{0,9}".prop_map(|text| Variant::XmlElement(XmlElement::from(text.as_str()))),
            (any::<u16>(), any::<u32>()).prop_map(|(namespace, id)| Variant::from(NodeId::new(namespace, id))),
            (any::<u16>(), ".{0,9}").prop_map(|(namespace, id)| Variant::from(NodeId::new(namespace, id))),
            any::<u32>().prop_map(|code| Variant::from(StatusCode::from(code))),
            (any::<u16>(), ".{0,9}").prop_map(|(namespace, name)| Variant::from(QualifiedName::new(namespace, name))),
            (".{0,5}", ".{0,9}").prop_map(|(locale, text)| Variant::from(LocalizedText::new(&locale, &text))),
            any::<u32>().prop_map(|id| {
                let value = ReadValueId { node_id: NodeId::new(1, id), ..Default::default() };
                Variant::from(ExtensionObject::from_message(value))
            }),
            any::<i32>().prop_map(|code| {
                Variant::DiagnosticInfo(Box::new(DiagnosticInfo {
                    symbolic_id: Some(code),
                    additional_info: Some("why".into()),
                    inner_diagnostic_info: Some(Box::new(DiagnosticInfo { locale: Some(code), ..Default::default() })),
                    ..Default::default()
                }))
            }),
        ]
    }

    fn variant() -> impl Strategy<Value = Variant> {
        let doubles = proptest::collection::vec(any::<f64>(), 0..20).prop_map(Variant::from);
        let texts = proptest::collection::vec(".{0,9}", 0..5).prop_map(Variant::from);
        let matrix = (1_u32..4, 1_u32..4).prop_map(|(rows, columns)| {
            let values = (0..rows * columns).map(|value| Variant::from(value as i32)).collect::<Vec<_>>();
            Array::new_multi(VariantScalarTypeId::Int32, values, vec![rows, columns]).unwrap().into()
        });
        let mixed = proptest::collection::vec(scalar(), 0..5).prop_map(|values| {
            let wrapped = values.into_iter().map(|value| Variant::Variant(Box::new(value))).collect::<Vec<_>>();
            Array::new(VariantScalarTypeId::Variant, wrapped).unwrap().into()
        });
        let value = scalar().prop_map(|value| Variant::DataValue(Box::new(DataValue::from(value))));
        prop_oneof![5 => scalar(), 1 => doubles, 1 => texts, 1 => matrix, 1 => mixed, 1 => value]
    }

    fn item() -> impl Strategy<Value = MonitoredItemNotification> {
        let time = || proptest::option::of((1_i64..1 << 60).prop_map(|t| DateTime::from(UtcTime::from_ticks(t))));
        let picoseconds = || proptest::option::of(any::<u16>());
        let status = proptest::option::of(any::<u32>().prop_map(StatusCode::from));
        (any::<u32>(), proptest::option::of(variant()), status, (time(), picoseconds()), (time(), picoseconds()))
            .prop_map(|(client_handle, value, status, source, server)| MonitoredItemNotification {
                client_handle,
                value: DataValue {
                    value,
                    status,
                    source_timestamp: source.0,
                    source_picoseconds: source.1.filter(|_| source.0.is_some()),
                    server_timestamp: server.0,
                    server_picoseconds: server.1.filter(|_| server.0.is_some()),
                },
            })
    }

    fn batches(body: &Bytes) -> (Option<DataBatch>, Option<EventBatch>) {
        let published = publish_response(body).unwrap().unwrap();
        assert_eq!((published.subscription_id, published.more, &published.available[..]), (7, true, &[4, 5][..]));
        let content = published.message.content.unwrap().unwrap();
        let frame = Frame {
            token: 0,
            event_token: 1,
            subscription_id: 7,
            sequence_number: published.message.sequence_number,
            publish_time: published.message.publish_time,
            republished: false,
            namespaces: Arc::default(),
            body: body.clone(),
        };
        content.into_batches(frame)
    }

    proptest! {
        #[test]
        fn rows_say_what_was_encoded(items in proptest::collection::vec(item(), 0..20)) {
            let context = ContextOwned::default();
            let batch = batches(&encoded(items.clone())).0;
            prop_assert_eq!(batch.as_ref().map_or(0, DataBatch::len), items.len());
            for (row, item) in batch.iter().flat_map(DataBatch::rows).zip(&items) {
                let value = &item.value;
                let bytes = value.value.as_ref().map(|value| value.encode_to_vec(&context.context())).unwrap_or_default();
                prop_assert_eq!(row.client_handle, item.client_handle);
                prop_assert_eq!(row.value.bytes(), &bytes[..]);
                prop_assert_eq!(row.status, value.status.unwrap_or(StatusCode::Good));
                prop_assert_eq!(row.source_timestamp, value.source_timestamp.map(UtcTime::from));
                prop_assert_eq!(row.server_timestamp, value.server_timestamp.map(UtcTime::from));
            }
        }

        #[test]
        fn a_truncated_or_changed_message_never_panics(
            items in proptest::collection::vec(item(), 0..5),
            cut in any::<prop::sample::Index>(),
            change in any::<(prop::sample::Index, u8)>(),
        ) {
            let whole = encoded(items);
            let cut = whole.slice(..cut.index(whole.len()));
            let intact = publish_response(&cut).is_ok_and(|answer| {
                answer.is_ok_and(|published| matches!(published.message.content, Some(Ok(_))))
            });
            // Behind the notifications there are only results and diagnostics, which nobody reads.
            prop_assert!(!intact || cut.len() + 8 >= whole.len());
            let mut changed = whole.to_vec();
            changed[change.0.index(whole.len())] = change.1;
            let _ = publish_response(&changed.into());
        }
    }

    #[test]
    fn lengths_that_lie_are_refused_before_anything_is_allocated() {
        let body = encoded(vec![MonitoredItemNotification { client_handle: 1, value: DataValue::value_only("abc") }]);
        let text = body.windows(3).position(|bytes| bytes == b"abc").unwrap();
        for (at, lie) in [(text - 4, i32::MAX), (text - 4, -2), (text - 14, i32::MAX), (text - 14, 1 << 24)] {
            let mut body = body.to_vec();
            body[at..at + 4].copy_from_slice(&lie.to_le_bytes());
            let published = publish_response(&body.into()).unwrap().unwrap();
            assert!(matches!(published.message.content, Some(Err(_))), "{at} {lie}");
            assert_eq!(published.message.sequence_number, 5);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        // Arrays of one Variant each, one inside the other.
        let nested = |depth: usize| [&[24 | 0x80, 1, 0, 0, 0].repeat(depth)[..], &[1, 0]].concat();
        assert_eq!(Cursor::new(&nested(60)).skip_variant(), Ok(()));
        assert!(Cursor::new(&nested(100_000)).skip_variant().is_err());
        assert!(Cursor::new(&[0x40; 100_000]).skip_diagnostic_info().is_err());
    }

    #[test]
    fn dimensions_must_fit_the_length() {
        let matrix = |dimensions: [i32; 2]| {
            let mut bytes = vec![3 | 0x80 | 0x40, 6, 0, 0, 0, 1, 2, 3, 4, 5, 6, 2, 0, 0, 0];
            dimensions.iter().for_each(|dimension| bytes.extend(dimension.to_le_bytes()));
            Cursor::new(&bytes).skip_variant()
        };
        assert_eq!(matrix([2, 3]), Ok(()));
        for wrong in [[2, 2], [-2, -3], [i32::MAX, i32::MAX], [0, 6]] {
            assert!(matrix(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_fault_is_told_from_an_answer() {
        let mut fault = ServiceFault::default();
        fault.response_header.service_result = StatusCode::BadNoSubscription;
        let fault = encode(Response::Fault(Box::new(fault)));
        assert_eq!(fault_status(&fault), Some(StatusCode::BadNoSubscription));
        assert_eq!(publish_response(&fault).unwrap().unwrap_err(), StatusCode::BadNoSubscription);
        assert_eq!(fault_status(&encoded(Vec::new())), None);
        assert!(republish_response(&encoded(Vec::new())).is_err());
    }

    #[test]
    fn what_was_recorded_is_read_as_columns() {
        let value = |value: Variant| DataValue { value: Some(value), ..Default::default() };
        let items = [Variant::from(1.5), "text".into(), 3_u16.into()].into_iter().zip(1..);
        let items = items.map(|(one, client_handle)| MonitoredItemNotification { client_handle, value: value(one) });
        let batch = DataBatch::of_publish_response(&encoded(items.collect())).unwrap().unwrap();
        let columns = Columns::of(&batch);
        assert_eq!((columns.item, columns.others), (vec![1, 2, 3], vec![1]));
        assert_eq!((columns.value[0], columns.value[2]), (1.5, 3.0));
        assert!(DataBatch::of_publish_response(&Bytes::from_static(b"what")).is_err());
        let mut fault = ServiceFault::default();
        fault.response_header.service_result = StatusCode::BadNoSubscription;
        let refused = DataBatch::of_publish_response(&encode(Response::Fault(Box::new(fault)))).unwrap_err();
        assert_eq!(refused.status(), StatusCode::BadNoSubscription);
    }

    /// `cargo test -p iiot-core --release --lib columns_speed -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn columns_speed_of_a_thousand_doubles() {
        let time = DateTime::from(UtcTime::UNIX_EPOCH);
        let value = |handle: u32| DataValue {
            value: Some(f64::from(handle).into()),
            source_timestamp: Some(time),
            server_timestamp: Some(time),
            ..Default::default()
        };
        let items =
            (0..1000).map(|client_handle| MonitoredItemNotification { client_handle, value: value(client_handle) });
        let body = encoded(items.collect());
        let (rounds, start) = (2000_u32, std::time::Instant::now());
        for _ in 0..rounds {
            let batch = DataBatch::of_publish_response(std::hint::black_box(&body)).unwrap().unwrap();
            std::hint::black_box(Columns::of(&batch));
        }
        let values = f64::from(rounds) * 1000.0 / start.elapsed().as_secs_f64();
        println!("{:.1} million values/s into columns", values / 1e6);
        assert!(values > 100_000.0, "{values} values/s");
    }

    /// `cargo test -p iiot-core --lib decoding_speed -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn decoding_speed_of_a_thousand_doubles() {
        let time = DateTime::from(UtcTime::UNIX_EPOCH);
        let value = |handle: u32| DataValue {
            value: Some(f64::from(handle).into()),
            source_timestamp: Some(time),
            server_timestamp: Some(time),
            ..Default::default()
        };
        let items =
            (0..1000).map(|client_handle| MonitoredItemNotification { client_handle, value: value(client_handle) });
        let body = encoded(items.collect());
        let rounds = 2000_u32;
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            std::hint::black_box(batches(std::hint::black_box(&body)));
        }
        let each = start.elapsed().as_nanos() as f64 / f64::from(rounds) / 1000.0;
        println!("{each:.1} ns/value");
        assert!(each < 1000.0, "{each} ns/value");
    }
}
