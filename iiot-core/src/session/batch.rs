//! Data changes in the bytes they arrived in.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;
use crate::ua::guarded::Guarded;
use crate::ua::{BinaryDecodable, ContextOwned, DecodingOptions, NamespaceMap, StatusCode, Variant};

/// The values of one NotificationMessage.
///
/// The values stay where the network put them, with their handles, statuses and timestamps; the batch
/// knows the place of each and reads it when it is asked for. So a value costs twelve bytes beside its own.
#[derive(Debug, Clone)]
pub struct DataBatch {
    /// For [`Subscription::acknowledge`](super::Subscription::acknowledge).
    pub token: u64,
    /// The server's id of the subscription.
    pub subscription_id: u32,
    /// The NotificationMessage's sequence number.
    pub sequence_number: u32,
    /// When the server sent it.
    pub publish_time: Option<UtcTime>,
    /// Whether it was fetched by Republish.
    pub republished: bool,
    /// Whether some of the values may have come before: servers send the present ones again when a connection comes
    /// back. Whoever follows the values says so; no session does.
    pub repeats: bool,
    /// The server's namespace table that the values refer to.
    pub namespaces: Arc<Vec<String>>,
    pub(crate) form: Form,
    pub(crate) body: Bytes,
    pub(crate) places: Vec<Place>,
    pub(crate) overflowed: Vec<u32>,
}

/// Where a MonitoredItemNotification lies in the body: a handle and a DataValue (OPC 10000-6 §5.2.2.17).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The item whose value it is, which may have changed since it was received.
    pub(crate) client_handle: u32,
    /// Its first byte.
    pub(crate) start: u32,
    /// The first byte behind its Variant, or behind the DataValue's mask where there is none.
    pub(crate) value_end: u32,
}

/// What the body of a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// MonitoredItemNotifications, one after the other.
    Values,
    /// A PublishResponse.
    Published,
    /// A RepublishResponse.
    Republished,
}

/// One value of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The item.
    pub client_handle: u32,
    /// The value's status.
    pub status: StatusCode,
    /// When the value came about at its source.
    pub source_timestamp: Option<UtcTime>,
    /// When the server got it.
    pub server_timestamp: Option<UtcTime>,
    /// The value.
    pub value: EncodedValue<'a>,
}

impl Row<'_> {
    /// Whether the server's queue of the item was full, so that values beside this one are missing
    /// (InfoType DataValue with the Overflow bit, OPC 10000-4 §7.39.1). Queues of one do not tell.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        overflowed(self.status.bits())
    }
}

/// See [`Row::overflowed`].
pub(crate) const fn overflowed(status: u32) -> bool {
    status & 0x0c80 == 0x0480
}

impl DataBatch {
    /// The client handles of the items whose queue was full; see [`Row::overflowed`].
    #[must_use]
    pub fn overflowed_items(&self) -> &[u32] {
        &self.overflowed
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The value at `index`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn row(&self, index: usize) -> Row<'_> {
        self.at(self.places[index])
    }

    /// The items of the values, in order.
    pub fn client_handles(&self) -> impl ExactSizeIterator<Item = u32> {
        self.places.iter().map(|place| place.client_handle)
    }

    /// The values in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.places.iter().map(|place| self.at(*place))
    }

    /// What was walked over when it was received, so that nothing is missing.
    #[inline]
    fn at(&self, Place { client_handle, start, value_end }: Place) -> Row<'_> {
        let (item, behind) = self.body[start as usize..].split_at((value_end - start) as usize);
        let (head, value) = item.split_at(ITEM_HEAD);
        let (mask, mut fields) = (head[ITEM_HEAD - 1], Fields(behind));
        let status = if mask & STATUS != 0 { u32::from_le_bytes(fields.take()) } else { 0 };
        let source = if mask & SOURCE_TIME != 0 { i64::from_le_bytes(fields.take()) } else { 0 };
        if mask & SOURCE_PICOSECONDS != 0 {
            let _: [u8; 2] = fields.take();
        }
        let server = if mask & SERVER_TIME != 0 { i64::from_le_bytes(fields.take()) } else { 0 };
        Row {
            client_handle,
            status: StatusCode::from(status),
            source_timestamp: UtcTime::from_wire(source),
            server_timestamp: UtcTime::from_wire(server),
            value: EncodedValue(value),
        }
    }
}

/// A handle and the mask of a DataValue.
pub(crate) const ITEM_HEAD: usize = 5;

/// Bits of the mask of a DataValue, in the order of its fields (OPC 10000-6 §5.2.2.17).
pub(crate) const VALUE: u8 = 0x01;
pub(crate) const STATUS: u8 = 0x02;
pub(crate) const SOURCE_TIME: u8 = 0x04;
pub(crate) const SOURCE_PICOSECONDS: u8 = 0x10;
pub(crate) const SERVER_TIME: u8 = 0x08;
pub(crate) const SERVER_PICOSECONDS: u8 = 0x20;

/// Bytes of the timestamps of a DataValue, by its mask.
pub(crate) const TIMES: [u8; 64] = {
    let mut sizes = [0; 64];
    let mut mask = 0;
    while mask < sizes.len() as u8 {
        let times = (mask & (SOURCE_TIME | SERVER_TIME)).count_ones();
        let picoseconds = (mask & (SOURCE_PICOSECONDS | SERVER_PICOSECONDS)).count_ones();
        sizes[mask as usize] = (8 * times + 2 * picoseconds) as u8;
        mask += 1;
    }
    sizes
};

/// Fields that are there.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    #[inline]
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self.0.split_first_chunk().expect("the item was checked when it was received");
        self.0 = rest;
        *field
    }
}

/// A Variant in its binary encoding (OPC 10000-6 §5.2.2.16), checked when it was received.
/// Empty where the DataValue has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedValue<'a>(&'a [u8]);

impl<'a> EncodedValue<'a> {
    /// No value.
    pub const NULL: EncodedValue<'static> = EncodedValue(&[]);

    /// Takes bytes that are one well-formed Variant, or none. Well-formed means that lengths, types
    /// and dimensions fit; whether strings are UTF-8 is left to whoever reads them.
    #[must_use]
    pub fn from_checked(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes of the Variant, the encoding mask first.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The value, decoded; `Empty` where there is none.
    ///
    /// # Errors
    /// `Corrupt` if a string in it is not UTF-8, or it is nested too deeply.
    pub fn decode(self) -> Result<Variant> {
        if self.0.is_empty() {
            return Ok(Variant::Empty);
        }
        // Nothing in a value can be longer than the value.
        let options = DecodingOptions {
            max_string_length: self.0.len(),
            max_byte_string_length: self.0.len(),
            max_array_length: self.0.len(),
            ..Default::default()
        };
        let context = ContextOwned::new_default(NamespaceMap::new(), options);
        let decoded = Variant::decode(&mut Guarded::new(self.0), &context.context());
        decoded.map_err(|cause| Error::new(ErrorKind::Corrupt, "decode a value", "it does not decode").because(cause))
    }

    /// Whether there is no value, or a Variant of type Null.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.first().is_none_or(|mask| mask & 0x3f == 0)
    }
}

/// Builds batches for tests and in-memory sessions.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    body: Vec<u8>,
    places: Vec<Place>,
    overflowed: Vec<u32>,
}

impl BatchBuilder {
    /// Adds a value given as the bytes of its Variant.
    pub fn push(
        &mut self,
        client_handle: u32,
        status: StatusCode,
        source: Option<UtcTime>,
        server: Option<UtcTime>,
        variant: &[u8],
    ) -> &mut Self {
        let start = self.body.len() as u32;
        let flag = |bit: u8, there: bool| if there { bit } else { 0 };
        let times = flag(SOURCE_TIME, source.is_some()) | flag(SERVER_TIME, server.is_some());
        self.body.extend(client_handle.to_le_bytes());
        self.body.push(VALUE | times | flag(STATUS, status.bits() != 0));
        self.body.extend_from_slice(variant);
        self.places.push(Place { client_handle, start, value_end: self.body.len() as u32 });
        if status.bits() != 0 {
            self.body.extend(status.bits().to_le_bytes());
        }
        for time in source.into_iter().chain(server) {
            self.body.extend(time.ticks().to_le_bytes());
        }
        self.overflowed.extend(overflowed(status.bits()).then_some(client_handle));
        self
    }

    /// The batch; token and sequence number are `sequence_number`.
    #[must_use]
    pub fn build(self, subscription_id: u32, sequence_number: u32, publish_time: Option<UtcTime>) -> DataBatch {
        DataBatch {
            token: u64::from(sequence_number),
            subscription_id,
            sequence_number,
            publish_time,
            republished: false,
            repeats: false,
            namespaces: Arc::default(),
            form: Form::Values,
            body: self.body.into(),
            places: self.places,
            overflowed: self.overflowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_nested_without_end_are_refused_and_do_not_end_the_process() {
        let nested = [0x17, 1].repeat(500_000);
        let decode = move || EncodedValue::from_checked(&nested).decode().map_err(|error| error.kind());
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(decode);
        let decoded = thread.expect("a thread starts").join().expect("it does not overflow its stack");
        assert_eq!(decoded.err(), Some(ErrorKind::Corrupt));
    }
}
