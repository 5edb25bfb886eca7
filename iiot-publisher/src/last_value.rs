//! The last value of a field, owned: what heartbeats and key frames repeat.

use std::sync::Arc;

use iiot_core::json::EncodedDataValue;
use iiot_core::session::{EncodedValue, Row};
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;

/// A copy of a [`Row`] without its handle.
#[derive(Debug)]
pub(crate) struct LastValue {
    status: StatusCode,
    source_timestamp: Option<UtcTime>,
    server_timestamp: Option<UtcTime>,
    value: Bytes,
}

/// Values of up to [`INLINE`] bytes, which is most of them, take no allocation.
#[derive(Debug)]
enum Bytes {
    Inline(u8, [u8; INLINE]),
    Heap(Box<Box<[u8]>>),
    /// With the namespace table that the value refers to; it may change with a reconnect.
    Namespaced(Box<Namespaced>),
}

#[derive(Debug)]
struct Namespaced {
    bytes: Box<[u8]>,
    namespaces: Arc<Vec<String>>,
}

const INLINE: usize = 14;

impl LastValue {
    pub(crate) fn new(row: &Row<'_>, namespaces: &Arc<Vec<String>>) -> Self {
        Self {
            status: row.status,
            source_timestamp: row.source_timestamp,
            server_timestamp: row.server_timestamp,
            value: Bytes::new(row.value.bytes(), namespaces),
        }
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The value, and the namespace table it refers to.
    pub(crate) fn view(&self) -> (EncodedDataValue<'_>, &[String]) {
        let (bytes, namespaces) = match &self.value {
            Bytes::Inline(length, bytes) => (&bytes[..usize::from(*length)], &[][..]),
            Bytes::Heap(bytes) => (&***bytes, &[][..]),
            Bytes::Namespaced(value) => (&*value.bytes, value.namespaces.as_slice()),
        };
        let value = EncodedDataValue {
            value: EncodedValue::from_checked(bytes),
            status: self.status,
            source_timestamp: self.source_timestamp,
            server_timestamp: self.server_timestamp,
        };
        (value, namespaces)
    }
}

impl Bytes {
    fn new(bytes: &[u8], namespaces: &Arc<Vec<String>>) -> Self {
        if refers_to_namespaces(bytes) {
            let namespaces = Arc::clone(namespaces);
            return Self::Namespaced(Box::new(Namespaced { bytes: bytes.into(), namespaces }));
        }
        let mut inline = [0; INLINE];
        match inline.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Self::Inline(bytes.len() as u8, inline)
            }
            None => Self::Heap(Box::new(bytes.into())),
        }
    }
}

/// Whether the value is or may hold a NodeId, ExpandedNodeId, QualifiedName or structure.
fn refers_to_namespaces(bytes: &[u8]) -> bool {
    matches!(bytes.first().map(|mask| mask & 0x3f), Some(17 | 18 | 20 | 22..=24))
}
