//! Batches as bytes that outlast the process.

use std::sync::Arc;

use bytes::Bytes;

use super::batch::{ITEM_HEAD, Place, STATUS, TIMES};
use super::{DataBatch, EventBatch, Form, Row};
use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;

impl DataBatch {
    /// Appends what [`restore`](Self::restore) makes the batch of again: the bytes that it came in, and
    /// what is not in them. The namespace table is for the caller to keep.
    pub fn store(&self, out: &mut Vec<u8>) {
        let Self { form, republished, repeats, subscription_id, sequence_number, publish_time, .. } = *self;
        Head { form, republished, repeats, subscription_id, sequence_number, publish_time }.store(out);
        if self.form == Form::Values {
            self.store_places(out);
        }
        out.extend_from_slice(&self.body);
    }

    /// About as many bytes as [`store`](Self::store) will write.
    #[must_use]
    pub fn stored_size(&self) -> usize {
        self.body.len() + if self.form == Form::Values { self.len() * ROW } else { 0 }
    }

    fn store_places(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.len() as u32).to_le_bytes());
        for Place { client_handle, start, value_end } in &self.places {
            for number in [client_handle, start, value_end] {
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
    }

    /// Makes a batch of what [`store`](Self::store) has written; its token is zero.
    ///
    /// # Errors
    /// `Corrupt` if it is something else.
    pub fn restore(stored: &Bytes, namespaces: Arc<Vec<String>>) -> Result<Self> {
        let mut rest = Fields(stored);
        let batch = Self::read(stored, &mut rest)
            .ok_or_else(|| Error::new(ErrorKind::Corrupt, "restore a batch", "the bytes are no stored batch"))?;
        Ok(Self { namespaces, ..batch })
    }

    fn read(stored: &Bytes, rest: &mut Fields<'_>) -> Option<Self> {
        let Head { form, republished, repeats, subscription_id, sequence_number, publish_time } = Head::read(rest)?;
        let batch = match form {
            Form::Values => Self::read_places(stored, rest)?,
            Form::Published => decode(&stored.slice_ref(rest.0), false)?.0?,
            Form::Republished => decode(&stored.slice_ref(rest.0), true)?.0?,
        };
        Some(Self { subscription_id, sequence_number, publish_time, republished, repeats, ..batch })
    }

    fn read_places(stored: &Bytes, rest: &mut Fields<'_>) -> Option<Self> {
        let count = u32::from_le_bytes(rest.take()?) as usize;
        if count > rest.0.len() / ROW {
            return None;
        }
        let mut batch = super::BatchBuilder::default().build(0, 0, None);
        for _ in 0..count {
            let [client_handle, start, value_end] = [rest.take()?, rest.take()?, rest.take()?].map(u32::from_le_bytes);
            batch.places.push(Place { client_handle, start, value_end });
        }
        let whole = batch.places.iter().all(|place| place.is_in(rest.0));
        whole.then(|| Self { body: stored.slice_ref(rest.0), ..batch }.with_overflowed())
    }

    fn with_overflowed(self) -> Self {
        let overflowed = self.rows().filter(Row::overflowed).map(|row| row.client_handle).collect();
        Self { overflowed, ..self }
    }

    /// Gives values to other items: `handle` names the new client handle of each old one; what has
    /// none is left out. Returns how many values were left out.
    pub fn renumber(&mut self, mut handle: impl FnMut(u32) -> Option<u32>) -> usize {
        let before = self.len();
        self.places.retain_mut(|place| {
            let new = handle(place.client_handle);
            place.client_handle = new.unwrap_or(place.client_handle);
            new.is_some()
        });
        self.overflowed = self.overflowed.iter().filter_map(|old| handle(*old)).collect();
        before - self.len()
    }
}

impl Place {
    /// Whether a whole item lies there.
    fn is_in(&self, body: &[u8]) -> bool {
        let (start, value_end) = (self.start as usize, self.value_end as usize);
        let mask = start.checked_add(ITEM_HEAD - 1).filter(|at| at < &value_end).and_then(|at| body.get(at));
        let behind = |mask: u8| usize::from(TIMES[usize::from(mask & 0x3f)]) + if mask & STATUS != 0 { 4 } else { 0 };
        mask.is_some_and(|mask| value_end + behind(*mask) <= body.len())
    }
}

/// What is stored of a batch before its body.
pub(super) struct Head {
    pub(super) form: Form,
    pub(super) republished: bool,
    pub(super) repeats: bool,
    pub(super) subscription_id: u32,
    pub(super) sequence_number: u32,
    pub(super) publish_time: Option<UtcTime>,
}

impl Head {
    pub(super) fn store(&self, out: &mut Vec<u8>) {
        out.push(self.form as u8);
        out.push(u8::from(self.republished) | u8::from(self.repeats) << 1);
        out.extend_from_slice(&self.subscription_id.to_le_bytes());
        out.extend_from_slice(&self.sequence_number.to_le_bytes());
        out.extend_from_slice(&self.publish_time.map_or(0, UtcTime::ticks).to_le_bytes());
    }

    pub(super) fn read(rest: &mut Fields<'_>) -> Option<Self> {
        let [form, flags] = rest.take()?;
        let form = [Form::Values, Form::Published, Form::Republished].into_iter().find(|known| *known as u8 == form)?;
        Some(Self {
            form,
            republished: flags & 1 != 0,
            repeats: flags & 2 != 0,
            subscription_id: u32::from_le_bytes(rest.take()?),
            sequence_number: u32::from_le_bytes(rest.take()?),
            publish_time: UtcTime::from_wire(i64::from_le_bytes(rest.take()?)),
        })
    }
}

#[cfg(feature = "opcua")]
pub(super) fn decode(body: &Bytes, republished: bool) -> Option<(Option<DataBatch>, Option<EventBatch>)> {
    crate::ua::decode_stored(body, republished)
}

/// Without a client nobody has received anything.
#[cfg(not(feature = "opcua"))]
pub(super) fn decode(_: &Bytes, _: bool) -> Option<(Option<DataBatch>, Option<EventBatch>)> {
    None
}

/// Bytes still to be read.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
}

/// Bytes of a stored place.
const ROW: usize = 12;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::session::BatchBuilder;
    use crate::ua::StatusCode;

    fn batch() -> DataBatch {
        let mut builder = BatchBuilder::default();
        builder.push(3, StatusCode::Good, Some(UtcTime::from_ticks(5)), None, &[1, 1]);
        builder.push(9, StatusCode::BadNoData, None, Some(UtcTime::from_ticks(6)), &[]);
        builder.build(7, 8, Some(UtcTime::from_ticks(4)))
    }

    fn text(batch: &DataBatch) -> String {
        let rows: Vec<_> = batch.rows().collect();
        format!(
            "{} {} {:?} {:?} {rows:?}",
            batch.subscription_id, batch.sequence_number, batch.publish_time, batch.namespaces
        )
    }

    #[test]
    fn a_stored_batch_comes_back() {
        let mut stored = vec![];
        batch().store(&mut stored);
        let namespaces = Arc::new(vec!["urn:a".to_owned()]);
        let restored = DataBatch::restore(&Bytes::from(stored), Arc::clone(&namespaces)).unwrap();
        assert_eq!(text(&restored), text(&DataBatch { namespaces, ..batch() }));
        for (republished, repeats) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut stored = vec![];
            DataBatch { republished, repeats, ..batch() }.store(&mut stored);
            let restored = DataBatch::restore(&stored.into(), Arc::default()).unwrap();
            assert_eq!((restored.republished, restored.repeats), (republished, repeats));
        }
    }

    #[cfg(feature = "opcua")]
    #[test]
    fn a_response_is_stored_as_it_came() {
        use crate::ua::{
            ContextOwned, DataChangeNotification, DataValue, ExtensionObject, MonitoredItemNotification,
            NotificationMessage, PublishResponse, RepublishResponse, Response, Variant,
        };
        let item = MonitoredItemNotification { client_handle: 4, value: DataValue::value_only(Variant::from(2.5)) };
        let data = DataChangeNotification { monitored_items: Some(vec![item]), diagnostic_infos: None };
        let notification_message = NotificationMessage {
            sequence_number: 5,
            notification_data: Some(vec![ExtensionObject::from_message(data)]),
            ..Default::default()
        };
        let published = PublishResponse { notification_message: notification_message.clone(), ..Default::default() };
        let republished = RepublishResponse { notification_message, ..Default::default() };
        for (response, again) in [(Response::from(published), false), (republished.into(), true)] {
            let mut body = Vec::new();
            response.encode(&mut body, &ContextOwned::default().context()).unwrap();
            let received = crate::ua::decode_stored(&body.into(), again).unwrap().0.unwrap();
            let mut stored = Vec::new();
            received.store(&mut stored);
            let restored = DataBatch::restore(&stored.into(), Arc::default()).unwrap();
            assert_eq!((restored.republished, text(&restored)), (again, text(&received)));
            assert_eq!(restored.row(0).value.decode().unwrap(), Variant::from(2.5));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let mut stored = vec![];
        batch().store(&mut stored);
        for length in 0..stored.len() {
            let cut = Bytes::copy_from_slice(&stored[..length]);
            assert!(DataBatch::restore(&cut, Arc::default()).is_err(), "{length}");
        }
        for form in 1..=u8::MAX {
            stored[0] = form;
            assert!(DataBatch::restore(&Bytes::from(stored.clone()), Arc::default()).is_err(), "{form}");
        }
    }

    #[test]
    fn values_go_to_other_items_or_are_left_out() {
        let mut batch = batch();
        assert_eq!(batch.renumber(|handle| (handle == 9).then_some(0)), 1);
        assert_eq!((batch.len(), batch.row(0).client_handle, batch.row(0).status), (1, 0, StatusCode::BadNoData));
    }
}
