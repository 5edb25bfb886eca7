//! Batches of events as bytes that outlast the process.

use std::sync::Arc;

use bytes::Bytes;

use super::stored::{Fields, Head, decode};
use super::{EventBatch, EventBatchBuilder, EventColumns, Form};
use crate::error::{Error, ErrorKind, Result};

impl EventBatch {
    /// Appends what [`restore`](Self::restore) makes the batch of again: the bytes that it came in, and
    /// what is not in them. The namespace table is for the caller to keep.
    pub fn store(&self, out: &mut Vec<u8>) {
        let Self { form, republished, subscription_id, sequence_number, publish_time, .. } = *self;
        Head { form, republished, repeats: false, subscription_id, sequence_number, publish_time }.store(out);
        if self.form == Form::Values {
            self.columns.store(out);
        }
        out.extend_from_slice(&self.body);
    }

    /// About as many bytes as [`store`](Self::store) will write.
    #[must_use]
    pub fn stored_size(&self) -> usize {
        let EventColumns { client_handles, spans, .. } = &self.columns;
        self.body.len() + if self.form == Form::Values { 8 * (client_handles.len() + spans.len()) } else { 0 }
    }

    /// Makes a batch of what [`store`](Self::store) has written; its token is zero.
    ///
    /// # Errors
    /// `Corrupt` if it is something else.
    pub fn restore(stored: &Bytes, namespaces: Arc<Vec<String>>) -> Result<Self> {
        let batch = Self::read(stored, &mut Fields(stored))
            .ok_or_else(|| Error::new(ErrorKind::Corrupt, "restore a batch", "the bytes are no stored events"))?;
        Ok(Self { namespaces, ..batch })
    }

    /// Gives the events to other items: `handle` names the new client handle of each old one. Whether
    /// all have one; where one has none nothing is changed.
    pub fn renumber(&mut self, handle: impl FnMut(u32) -> Option<u32>) -> bool {
        let new: Option<Vec<u32>> = self.columns.client_handles.iter().copied().map(handle).collect();
        new.map(|new| self.columns.client_handles = new).is_some()
    }

    fn read(stored: &Bytes, rest: &mut Fields<'_>) -> Option<Self> {
        let Head { form, republished, subscription_id, sequence_number, publish_time, .. } = Head::read(rest)?;
        let batch = match form {
            Form::Values => {
                let columns = EventColumns::read(rest)?;
                let body = stored.slice_ref(rest.0);
                columns.lie_in(&body).then(|| Self {
                    columns,
                    body,
                    ..EventBatchBuilder::default().build(0, 0, None)
                })?
            }
            Form::Published => decode(&stored.slice_ref(rest.0), false)?.1?,
            Form::Republished => decode(&stored.slice_ref(rest.0), true)?.1?,
        };
        Some(Self { form, subscription_id, sequence_number, publish_time, republished, ..batch })
    }
}

impl EventColumns {
    fn store(&self, out: &mut Vec<u8>) {
        let mut number = |number: u32| out.extend_from_slice(&number.to_le_bytes());
        number(self.client_handles.len() as u32);
        number(self.spans.len() as u32);
        self.client_handles.iter().chain(&self.ends).for_each(|item| number(*item));
        for (start, end) in &self.spans {
            number(*start);
            number(*end);
        }
    }

    fn read(rest: &mut Fields<'_>) -> Option<Self> {
        let mut number = || rest.take().map(u32::from_le_bytes);
        let (events, spans) = (number()? as usize, number()? as usize);
        let claimed = events.checked_add(spans)?.checked_mul(8)?;
        if claimed > rest.0.len() {
            return None;
        }
        let mut number = || rest.take().map(u32::from_le_bytes);
        let client_handles = (0..events).map(|_| number()).collect::<Option<_>>()?;
        let ends = (0..events).map(|_| number()).collect::<Option<_>>()?;
        let spans = (0..spans).map(|_| Some((number()?, number()?))).collect::<Option<_>>()?;
        Some(Self { client_handles, ends, spans })
    }

    /// Whether every event and every field is there.
    fn lie_in(&self, body: &[u8]) -> bool {
        let fields = self.ends.last().copied().unwrap_or_default() as usize;
        let inside = |(start, end): &(u32, u32)| start <= end && *end as usize <= body.len();
        self.ends.is_sorted() && fields == self.spans.len() && self.spans.iter().all(inside)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::time::UtcTime;

    fn batch() -> EventBatch {
        let mut builder = EventBatchBuilder::default();
        builder.push(3, [&[1_u8, 1][..], &[12, 1, 0, 0, 0, b'a']]).push(9, []).push(4, [&[1_u8, 0][..]]);
        builder.build(7, 8, Some(UtcTime::from_ticks(4)))
    }

    fn text(batch: &EventBatch) -> String {
        let rows: Vec<_> = batch
            .rows()
            .map(|row| (row.client_handle, row.fields().map(|f| f.bytes().to_vec()).collect::<Vec<_>>()))
            .collect();
        format!("{} {} {:?} {rows:?}", batch.subscription_id, batch.sequence_number, batch.publish_time)
    }

    fn stored(batch: &EventBatch) -> Vec<u8> {
        let mut stored = Vec::new();
        batch.store(&mut stored);
        stored
    }

    #[test]
    fn stored_events_come_back() {
        let namespaces = Arc::new(vec!["urn:a".to_owned()]);
        let restored = EventBatch::restore(&stored(&batch()).into(), Arc::clone(&namespaces)).unwrap();
        assert_eq!((text(&restored), restored.namespaces), (text(&batch()), namespaces));
        assert!(stored(&batch()).len() >= batch().stored_size());
    }

    #[test]
    fn events_go_to_other_items_all_or_none() {
        let mut batch = batch();
        assert!(!batch.renumber(|handle| (handle == 3).then_some(0)));
        assert_eq!(batch.row(0).client_handle, 3);
        assert!(batch.renumber(|handle| Some(handle + 1)));
        assert_eq!(batch.rows().map(|row| row.client_handle).collect::<Vec<_>>(), [4, 10, 5]);
    }

    #[cfg(feature = "opcua")]
    #[test]
    fn a_response_with_events_is_stored_as_it_came() {
        use crate::ua::{
            ContextOwned, EventFieldList, EventNotificationList, ExtensionObject, NotificationMessage, PublishResponse,
            Response, Variant,
        };
        let event = EventFieldList { client_handle: 4, event_fields: Some(vec![Variant::from(2.5), "high".into()]) };
        let list = EventNotificationList { events: Some(vec![event]) };
        let notification_message = NotificationMessage {
            sequence_number: 5,
            notification_data: Some(vec![ExtensionObject::from_message(list)]),
            ..Default::default()
        };
        let mut body = Vec::new();
        let response = PublishResponse { notification_message, ..Default::default() };
        Response::from(response).encode(&mut body, &ContextOwned::default().context()).unwrap();
        let received = crate::ua::decode_stored(&body.into(), false).unwrap().1.unwrap();
        let restored = EventBatch::restore(&stored(&received).into(), Arc::default()).unwrap();
        assert_eq!(text(&restored), text(&received));
        assert_eq!(restored.row(0).field(1).decode().unwrap(), Variant::from("high"));
        assert_eq!(stored(&restored), stored(&received), "it can be stored again");
        assert!(crate::session::DataBatch::restore(&stored(&received).into(), Arc::default()).is_err());
    }

    #[test]
    fn anything_else_is_refused() {
        let whole = stored(&batch());
        for length in 0..whole.len() {
            let cut = Bytes::copy_from_slice(&whole[..length]);
            assert!(EventBatch::restore(&cut, Arc::default()).is_err(), "{length}");
        }
        for (at, lie) in [(0, 7), (18, 255), (22, 255), (41, 255), (50, 255)] {
            let mut lying = whole.clone();
            lying[at] = lie;
            assert!(EventBatch::restore(&lying.into(), Arc::default()).is_err(), "{at}");
        }
    }
}
