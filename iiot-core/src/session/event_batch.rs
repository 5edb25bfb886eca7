//! Events as spans of the bytes they arrived in.

use std::sync::Arc;

use bytes::Bytes;

use crate::session::{EncodedValue, Form};
use crate::time::UtcTime;
use crate::ua::ObjectTypeId;

/// The events of one NotificationMessage.
///
/// The fields stay where the network put them; an event has as many as its item selects.
#[derive(Debug, Clone)]
pub struct EventBatch {
    /// For [`Subscription::acknowledge`](super::Subscription::acknowledge). Another than that of
    /// the values which came with the same message: that is acknowledged once both are.
    pub token: u64,
    /// The server's id of the subscription.
    pub subscription_id: u32,
    /// The NotificationMessage's sequence number.
    pub sequence_number: u32,
    /// When the server sent it.
    pub publish_time: Option<UtcTime>,
    /// Whether it was fetched by Republish.
    pub republished: bool,
    /// The server's namespace table that the fields refer to.
    pub namespaces: Arc<Vec<String>>,
    pub(crate) form: Form,
    pub(crate) body: Bytes,
    pub(crate) columns: EventColumns,
}

/// Where the fields of events lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventColumns {
    pub(crate) client_handles: Vec<u32>,
    /// For each event the end of its fields in `spans`.
    pub(crate) ends: Vec<u32>,
    /// Start and end of each Variant in the body.
    pub(crate) spans: Vec<(u32, u32)>,
}

/// One event of a batch.
#[derive(Debug, Clone, Copy)]
pub struct EventRow<'a> {
    /// The item.
    pub client_handle: u32,
    spans: &'a [(u32, u32)],
    body: &'a [u8],
}

impl EventBatch {
    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.client_handles.len()
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.client_handles.is_empty()
    }

    /// The event at `index`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn row(&self, index: usize) -> EventRow<'_> {
        let EventColumns { client_handles, ends, spans } = &self.columns;
        let start = if index == 0 { 0 } else { ends[index - 1] as usize };
        EventRow { client_handle: client_handles[index], spans: &spans[start..ends[index] as usize], body: &self.body }
    }

    /// The events in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = EventRow<'_>> {
        (0..self.len()).map(|index| self.row(index))
    }
}

impl<'a> EventRow<'a> {
    /// Number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether it has no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The field at `index` in the order of the query; null if the server sent fewer.
    #[must_use]
    pub fn field(&self, index: usize) -> EncodedValue<'a> {
        let value = |(start, end): &(u32, u32)| EncodedValue::from_checked(&self.body[*start as usize..*end as usize]);
        self.spans.get(index).map_or(EncodedValue::NULL, value)
    }

    /// The fields in the order of the query.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = EncodedValue<'a>> + use<'a> {
        let row = *self;
        (0..row.len()).map(move |index| row.field(index))
    }

    /// Whether it says that the server's queue of the item was full (OPC 10000-4 §7.22.3): some field,
    /// EventType if it is selected, names EventQueueOverflowEventType.
    #[must_use]
    pub fn is_queue_overflow(&self) -> bool {
        self.fields().any(|field| is_overflow_type(field.bytes()))
    }
}

/// A Variant that is the NodeId of EventQueueOverflowEventType, in either encoding of such ids.
fn is_overflow_type(variant: &[u8]) -> bool {
    const TYPE: [u8; 2] = (ObjectTypeId::EventQueueOverflowEventType as u16).to_le_bytes();
    const NODE_ID: u8 = 17;
    match variant {
        [NODE_ID, 1, 0, low, high] => [*low, *high] == TYPE,
        [NODE_ID, 2, 0, 0, low, high, 0, 0] => [*low, *high] == TYPE,
        _ => false,
    }
}

/// Builds batches for tests and in-memory sessions.
#[derive(Debug, Default)]
pub struct EventBatchBuilder {
    body: Vec<u8>,
    columns: EventColumns,
}

impl EventBatchBuilder {
    /// Adds an event whose fields are given as the bytes of their Variants.
    pub fn push<'a>(&mut self, client_handle: u32, fields: impl IntoIterator<Item = &'a [u8]>) -> &mut Self {
        for field in fields {
            let start = self.body.len() as u32;
            self.body.extend_from_slice(field);
            self.columns.spans.push((start, self.body.len() as u32));
        }
        self.columns.client_handles.push(client_handle);
        self.columns.ends.push(self.columns.spans.len() as u32);
        self
    }

    /// The batch; token and sequence number are `sequence_number`.
    #[must_use]
    pub fn build(self, subscription_id: u32, sequence_number: u32, publish_time: Option<UtcTime>) -> EventBatch {
        EventBatch {
            token: u64::from(sequence_number),
            subscription_id,
            sequence_number,
            publish_time,
            republished: false,
            namespaces: Arc::default(),
            form: Form::Values,
            body: self.body.into(),
            columns: self.columns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ua::{BinaryEncodable, ContextOwned, NodeId, Variant};

    fn encoded(value: impl Into<Variant>) -> Vec<u8> {
        value.into().encode_to_vec(&ContextOwned::default().context())
    }

    #[test]
    fn an_overflow_is_told_by_the_type_of_the_event() {
        let overflow: NodeId = ObjectTypeId::EventQueueOverflowEventType.into();
        let rows: [(Variant, bool); 4] = [
            (overflow.into(), true),
            (NodeId::new(1, 3035).into(), false),
            (NodeId::new(0, 3036).into(), false),
            (3035.into(), false),
        ];
        let mut builder = EventBatchBuilder::default();
        for (field, _) in &rows {
            builder.push(1, [encoded("text").as_slice(), &encoded(field.clone())]);
        }
        let batch = builder.build(1, 1, None);
        let found: Vec<bool> = batch.rows().map(|row| row.is_queue_overflow()).collect();
        assert_eq!(found, rows.map(|(_, overflow)| overflow));
        let wide = [17, 2, 0, 0, 0xdb, 0x0b, 0, 0];
        assert!(is_overflow_type(&wide));
    }

    #[test]
    fn rows_have_their_own_fields() {
        let mut builder = EventBatchBuilder::default();
        builder.push(1, [&encoded(1)[..], &encoded(2)]).push(2, []).push(3, [&encoded(3)[..]]);
        let batch = builder.build(1, 1, None);
        let fields: Vec<Vec<Vec<u8>>> =
            batch.rows().map(|row| row.fields().map(|field| field.bytes().to_vec()).collect()).collect();
        assert_eq!(fields, [vec![encoded(1), encoded(2)], vec![], vec![encoded(3)]]);
        assert!(batch.row(1).field(0).is_null());
    }
}
