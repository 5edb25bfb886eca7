//! Reads what a publisher sent: the receiving side of every [`MessageProfile`].
//!
//! A [`Decoder`] remembers metadata, since raw values and UADP cannot be read without, and pieces
//! of messages that were cut. What it holds is bounded by [`DecodeLimits`].
//!
//! ```
//! use iiot_publisher::decode::{Decoder, Received};
//! use iiot_publisher::profile::MessageProfile;
//!
//! let text = br#"{"MessageType":"ua-data","Messages":[{"DataSetWriterId":1,"MessageType":"ua-deltaframe",
//!     "Payload":{"Level":{"UaType":11,"Value":1.5}}}]}"#;
//! let received = Decoder::new(MessageProfile::default()).decode(text)?;
//! let [Received::Data(message)] = &received[..] else { panic!("one data set") };
//! assert_eq!(message.fields[0].name, "Level");
//! assert_eq!(message.fields[0].value.value, Some(1.5.into()));
//! # Ok::<(), iiot_core::Error>(())
//! ```
//!
//! What is not in the messages cannot be read back: in NonReversible JSON the locale of a text, the
//! type of a structure, and types of values for which no metadata came; in raw data sets status and
//! times.

mod chunks;
mod data_types;
mod json;
mod json_meta_data;
mod known;
mod uadp;
mod uadp_meta_data;
mod wire;

use std::io::Read;
use std::sync::Arc;

use iiot_core::json::{Encoding, ValueType};
use iiot_core::time::UtcTime;
use iiot_core::ua::DataValue;
use iiot_core::ua::types::{EnumerationDescription, StructureDescription, TypeSet};
use iiot_core::{Error, ErrorKind, Result};
use uuid::Uuid;

use crate::profile::MessageProfile;
use chunks::Chunks;
use known::Known;

/// Reads messages of one profile.
#[derive(Debug)]
pub struct Decoder {
    profile: MessageProfile,
    limits: DecodeLimits,
    namespaces: Vec<String>,
    structures: Arc<TypeSet>,
    known: Known,
    chunks: Chunks,
}

/// What a decoder may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Bytes of a message once it is no longer compressed or cut. Default 64 MiB.
    pub max_message_size: usize,
    /// Messages of which pieces are missing; beyond that the oldest is dropped. Default 16.
    pub max_open_messages: usize,
    /// Writers of which metadata is kept; beyond that the oldest is dropped. Default 4096.
    pub max_writers: usize,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { max_message_size: 64 << 20, max_open_messages: 16, max_writers: 4096 }
    }
}

/// What was in a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Values.
    Data(DataSetMessage),
    /// What the fields of a writer are.
    MetaData(DataSetMetaData),
}

/// A data set, with as much around it as the profile tells.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "named as in the specification")]
pub struct DataSetMessage {
    pub publisher_id: Option<String>,
    pub writer_group: Option<String>,
    pub writer_id: Option<u16>,
    pub writer: Option<String>,
    pub data_set_class_id: Option<Uuid>,
    pub sequence_number: Option<u32>,
    /// Major and minor version of the metadata.
    pub version: Option<(u32, u32)>,
    pub timestamp: Option<UtcTime>,
    pub kind: Option<FrameKind>,
    /// Whether the values were sent before.
    pub heartbeat: bool,
    pub fields: Vec<Field>,
}

/// What a DataSetMessage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// All fields.
    Key,
    /// Fields that changed.
    Delta,
    /// What an event was.
    Event,
    /// Conditions as they are now.
    Condition,
    /// No fields.
    KeepAlive,
}

/// A field of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name; its position where only that was told and no metadata came.
    pub name: String,
    /// Its node, in samples.
    pub node: Option<String>,
    /// Value, status and times, as far as they are told.
    pub value: DataValue,
    /// Why the value could not be read; its status is BadDecodingError then.
    pub unreadable: Option<String>,
}

/// DataSetMetaDataType (OPC 10000-14 §6.2.3.2.3) and whose it is.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "named as in the specification")]
pub struct DataSetMetaData {
    pub publisher_id: Option<String>,
    pub writer_group: Option<String>,
    pub writer_id: Option<u16>,
    pub writer: Option<String>,
    pub name: String,
    pub description: String,
    /// Namespace URIs from index 1 on, where NodeIds are told by index.
    pub namespaces: Vec<String>,
    /// The structures that fields are of, also inside others.
    pub structures: Vec<StructureDescription>,
    /// The enumerations that fields are of, also inside structures.
    pub enumerations: Vec<EnumerationDescription>,
    pub fields: Vec<FieldDescription>,
    pub data_set_class_id: Option<Uuid>,
    /// Major and minor version.
    pub version: (u32, u32),
}

/// FieldMetaData (OPC 10000-14 §6.2.3.2.4).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "named as in the specification")]
pub struct FieldDescription {
    pub name: String,
    pub description: String,
    pub value_type: ValueType,
    /// NodeId of the DataType as text.
    pub data_type: String,
    pub array_dimensions: Vec<u32>,
    pub field_id: Option<Uuid>,
}

impl Decoder {
    /// A decoder that knows nothing yet.
    #[must_use]
    pub fn new(profile: MessageProfile) -> Self {
        Self::with_limits(profile, DecodeLimits::default())
    }

    /// A decoder with limits of its own.
    #[must_use]
    pub fn with_limits(profile: MessageProfile, limits: DecodeLimits) -> Self {
        Self {
            profile,
            limits,
            namespaces: Vec::new(),
            structures: Arc::default(),
            known: Known::new(limits.max_writers),
            chunks: Chunks::new(limits),
        }
    }

    /// Sets the table that namespace URIs in JSON are looked up in; NodeIds of other namespaces cannot be
    /// told by index and are an error.
    pub fn set_namespaces(&mut self, namespaces: Vec<String>) {
        self.namespaces = namespaces;
    }

    /// Sets the structures that are told by field name, besides those that metadata describes.
    pub fn set_structures(&mut self, structures: Arc<TypeSet>) {
        self.structures = structures;
    }

    /// Takes metadata that came another way.
    pub fn learn(&mut self, meta_data: DataSetMetaData) {
        if meta_data.describes_types() {
            self.structures = Arc::new(extended(&self.structures, &meta_data));
        }
        self.known.insert(meta_data);
    }

    /// Reads a message. A piece of one that is not whole yet gives nothing.
    ///
    /// # Errors
    /// `Corrupt` or `InvalidArgument` with what is wrong and where, if it is no message of this
    /// profile, or larger than the limits allow.
    pub fn decode(&mut self, payload: &[u8]) -> Result<Vec<Received>> {
        let received = if self.profile.is_binary() {
            self.decode_binary(payload)?
        } else if self.profile.is_compressed() {
            self.decode_json(&self.uncompressed(payload)?)?
        } else {
            self.decode_json(payload)?
        };
        for received in &received {
            if let Received::MetaData(meta_data) = received {
                self.learn(meta_data.clone());
            }
        }
        Ok(received)
    }

    fn uncompressed(&self, payload: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let most = self.limits.max_message_size as u64 + 1;
        let read = flate2::read::GzDecoder::new(payload).take(most).read_to_end(&mut bytes);
        read.map_err(|cause| malformed("it is not compressed by gzip").because(cause))?;
        if bytes.len() as u64 == most { Err(malformed("it is larger than the limit")) } else { Ok(bytes) }
    }

    /// The encoding of values; Verbose reads as Compact.
    const fn encoding(&self) -> Encoding {
        self.profile.json_encoding()
    }
}

/// What metadata tells of a type counts from now on. A publisher that makes up ever more types is no longer listened to.
fn extended(known: &TypeSet, told: &DataSetMetaData) -> TypeSet {
    let structures = told
        .structures
        .iter()
        .chain(known.structures().filter(|known| told.structures.iter().all(|told| told.data_type != known.data_type)));
    let enumerations = told.enumerations.iter().chain(
        known.enumerations().filter(|known| told.enumerations.iter().all(|told| told.data_type != known.data_type)),
    );
    TypeSet::of(structures.take(MAX_TYPES).cloned(), enumerations.take(MAX_TYPES).cloned())
}

const MAX_TYPES: usize = 4096;

fn malformed(cause: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, "decode a PubSub message", cause)
}
