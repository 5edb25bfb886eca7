//! Data changes as columns over the bytes they arrived in.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;
use crate::ua::guarded::Guarded;
use crate::ua::{BinaryDecodable, ContextOwned, DecodingOptions, NamespaceMap, StatusCode, Variant};

/// The values of one NotificationMessage.
///
/// The values stay where the network put them; the columns hold what is needed of each: its
/// handle, status, timestamps and where its Variant lies.
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
    /// The server's namespace table that the values refer to.
    pub namespaces: Arc<Vec<String>>,
    pub(crate) form: Form,
    pub(crate) body: Bytes,
    pub(crate) client_handles: Vec<u32>,
    pub(crate) statuses: Vec<u32>,
    pub(crate) source_timestamps: Vec<i64>,
    pub(crate) server_timestamps: Vec<i64>,
    /// Start and end of each Variant in `body`; equal where there is no value.
    pub(crate) spans: Vec<(u32, u32)>,
}

/// What the body of a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Variants, one after the other.
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

fn overflowed(status: u32) -> bool {
    status & 0x0c80 == 0x0480
}

impl DataBatch {
    /// The client handles of the items whose queue was full; see [`Row::overflowed`].
    #[must_use]
    pub fn overflowed_items(&self) -> Vec<u32> {
        let handles = self.statuses.iter().zip(&self.client_handles).filter(|(status, _)| overflowed(**status));
        handles.map(|(_, handle)| *handle).collect()
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.client_handles.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.client_handles.is_empty()
    }

    /// The value at `index`.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn row(&self, index: usize) -> Row<'_> {
        let (start, end) = self.spans[index];
        Row {
            client_handle: self.client_handles[index],
            status: StatusCode::from(self.statuses[index]),
            source_timestamp: UtcTime::from_wire(self.source_timestamps[index]),
            server_timestamp: UtcTime::from_wire(self.server_timestamps[index]),
            value: EncodedValue(&self.body[start as usize..end as usize]),
        }
    }

    /// The values in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.len()).map(|index| self.row(index))
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

/// Handle, status, both timestamps, span.
type BuilderRow = (u32, u32, i64, i64, (u32, u32));

/// Builds batches for tests and in-memory sessions.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    body: Vec<u8>,
    rows: Vec<BuilderRow>,
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
        self.body.extend_from_slice(variant);
        let ticks = |time: Option<UtcTime>| time.map_or(0, UtcTime::ticks);
        self.rows.push((client_handle, status.bits(), ticks(source), ticks(server), (start, self.body.len() as u32)));
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
            namespaces: Arc::default(),
            form: Form::Values,
            body: self.body.into(),
            client_handles: self.rows.iter().map(|row| row.0).collect(),
            statuses: self.rows.iter().map(|row| row.1).collect(),
            source_timestamps: self.rows.iter().map(|row| row.2).collect(),
            server_timestamps: self.rows.iter().map(|row| row.3).collect(),
            spans: self.rows.iter().map(|row| row.4).collect(),
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
