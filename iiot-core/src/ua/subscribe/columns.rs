//! Where the values and events of a NotificationMessage lie in its bytes.

use std::sync::Arc;

use bytes::Bytes;

use super::wire::{Cursor, Walk};
use crate::session::batch::{Place, STATUS, TIMES, VALUE, overflowed};
use crate::session::{DataBatch, EventBatch, EventColumns, Form};
use crate::time::UtcTime;

/// Values: where each lies, and which tell of others that are missing.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) places: Vec<Place>,
    overflowed: Vec<u32>,
}

/// What a batch knows beside its values.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) token: u64,
    pub(crate) event_token: u64,
    pub(crate) subscription_id: u32,
    pub(crate) sequence_number: u32,
    pub(crate) publish_time: Option<UtcTime>,
    pub(crate) republished: bool,
    pub(crate) namespaces: Arc<Vec<String>>,
    pub(crate) body: Bytes,
}

/// Events as a batch.
pub(super) fn event_batch(columns: EventColumns, frame: Frame) -> EventBatch {
    EventBatch {
        token: frame.event_token,
        subscription_id: frame.subscription_id,
        sequence_number: frame.sequence_number,
        publish_time: frame.publish_time,
        republished: frame.republished,
        namespaces: frame.namespaces,
        form: if frame.republished { Form::Republished } else { Form::Published },
        body: frame.body,
        columns,
    }
}

/// Values as a batch.
pub(super) fn data_batch(values: Values, frame: Frame) -> DataBatch {
    DataBatch {
        token: frame.token,
        subscription_id: frame.subscription_id,
        sequence_number: frame.sequence_number,
        publish_time: frame.publish_time,
        republished: frame.republished,
        repeats: false,
        namespaces: frame.namespaces,
        form: if frame.republished { Form::Republished } else { Form::Published },
        body: frame.body,
        places: values.places,
        overflowed: values.overflowed,
    }
}

/// The smallest MonitoredItemNotification: a handle and an empty DataValue.
const SMALLEST_ITEM: usize = 5;

pub(super) fn data_change(cursor: &mut Cursor<'_>, values: &mut Values) -> Walk {
    let count = cursor.count(SMALLEST_ITEM)?;
    values.places.reserve(count);
    (0..count).try_for_each(|_| values.read(cursor))
}

/// The smallest EventFieldList: a handle and no fields.
const SMALLEST_EVENT: usize = 8;

/// Reads an EventNotificationList (OPC 10000-4 §7.25.3).
pub(super) fn event_list(cursor: &mut Cursor<'_>, columns: &mut EventColumns) -> Walk {
    let count = cursor.count(SMALLEST_EVENT)?;
    columns.client_handles.reserve(count);
    columns.ends.reserve(count);
    for _ in 0..count {
        columns.client_handles.push(cursor.u32()?);
        let fields = cursor.count(1)?;
        columns.spans.reserve(fields);
        for _ in 0..fields {
            let start = cursor.position() as u32;
            cursor.skip_variant()?;
            columns.spans.push((start, cursor.position() as u32));
        }
        columns.ends.push(columns.spans.len() as u32);
    }
    Ok(())
}

impl Values {
    /// Walks over a MonitoredItemNotification: the handle and the DataValue (OPC 10000-6 §5.2.2.17).
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Walk {
        let start = cursor.position() as u32;
        let client_handle = cursor.u32()?;
        let mask = cursor.u8()?;
        if mask & VALUE != 0 {
            cursor.skip_variant()?;
        }
        self.places.push(Place { client_handle, start, value_end: cursor.position() as u32 });
        if mask & STATUS != 0 && overflowed(cursor.u32()?) {
            self.overflowed.push(client_handle);
        }
        cursor.skip(usize::from(TIMES[usize::from(mask & 0x3f)]))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ua::{BinaryEncodable, ContextOwned, EventFieldList, EventNotificationList, Variant};

    fn read(list: &EventNotificationList) -> (Vec<u8>, Walk<EventColumns>) {
        let body = list.encode_to_vec(&ContextOwned::default().context());
        let mut columns = EventColumns::default();
        let walked = event_list(&mut Cursor::new(&body), &mut columns);
        (body, walked.map(|()| columns))
    }

    fn list(events: Vec<Vec<Variant>>) -> EventNotificationList {
        let events = events
            .into_iter()
            .zip(1..)
            .map(|(fields, client_handle)| EventFieldList { client_handle, event_fields: Some(fields) });
        EventNotificationList { events: Some(events.collect()) }
    }

    #[test]
    fn fields_of_events_are_found_where_they_lie() {
        let texts = Variant::from(vec!["a".to_owned(), "b".to_owned()]);
        let events = vec![vec![1.into(), "text".into(), Variant::Empty], vec![], vec![texts, 2.5.into()]];
        let (body, columns) = read(&list(events.clone()));
        let EventColumns { client_handles, ends, spans } = columns.unwrap();
        assert_eq!((client_handles, ends), (vec![1, 2, 3], vec![3, 3, 5]));
        let context = ContextOwned::default();
        let encoded = events.iter().flatten().map(|field| field.encode_to_vec(&context.context()));
        for ((start, end), field) in spans.iter().zip(encoded) {
            assert_eq!(body[*start as usize..*end as usize], field);
        }
    }

    #[test]
    fn counts_that_lie_are_refused_before_anything_is_allocated() {
        let (body, _) = read(&list(vec![vec![1.into()]]));
        for at in [0, 8] {
            let mut body = body.clone();
            body[at..at + 4].copy_from_slice(&i32::MAX.to_le_bytes());
            let mut columns = EventColumns::default();
            assert!(event_list(&mut Cursor::new(&body), &mut columns).is_err());
            assert!(columns.spans.capacity() + columns.client_handles.capacity() < 100);
        }
    }

    #[test]
    fn a_truncated_list_never_panics() {
        let (body, _) = read(&list(vec![vec![1.into(), "text".into()], vec![2.into()]]));
        for length in 0..body.len() {
            assert!(event_list(&mut Cursor::new(&body[..length]), &mut EventColumns::default()).is_err(), "{length}");
        }
    }

    /// `cargo test -p iiot-core --lib decoding_speed -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn decoding_speed_of_a_thousand_events() {
        let fields: Vec<Variant> = vec![vec![7_u8; 16].into(), 2041.into(), "Pump".into(), 1.5.into(), 500_u16.into()];
        let (body, _) = read(&list(vec![fields; 1000]));
        let rounds = 2000_u32;
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            let mut columns = EventColumns::default();
            event_list(&mut Cursor::new(std::hint::black_box(&body)), &mut columns).unwrap();
            std::hint::black_box(columns);
        }
        let each = start.elapsed().as_nanos() as f64 / f64::from(rounds) / 5000.0;
        println!("{each:.1} ns/field");
        assert!(each < 1000.0, "{each} ns/field");
    }
}
