//! What a writer group hands out: messages to send, batches to acknowledge, losses to declare.

use bytes::Bytes;
use iiot_core::Error;
use uuid::Uuid;

/// A NetworkMessage (OPC 10000-14 §5.3.4), ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkMessage {
    /// Rises by one with each message of the group; names the message when the sink has it.
    pub id: u64,
    /// Its MessageId, as in its header where that is written.
    pub message_id: Uuid,
    /// The writer whose own topic it goes to; the group's where `None`. Metadata always goes to that
    /// of its writer.
    pub route: Option<u16>,
    /// The field whose own topic it goes to, by its position; that of the writer where `None`.
    pub field: Option<usize>,
    /// Where it belongs.
    pub kind: MessageKind,
    /// What the group's [`MessageProfile`](crate::profile::MessageProfile) makes of it.
    pub payload: Bytes,
    /// Whether all of it repeats what was sent before, because nothing new came.
    pub heartbeat: bool,
    /// DataSetMessages in it; 0 in a metadata message.
    pub data_set_messages: usize,
    /// Values received from servers in it; heartbeats and what key frames repeat do not count.
    pub values: usize,
    /// Which ones; `None` where there are none.
    pub extent: Option<Extent>,
}

/// Which of the received values are in a NetworkMessage: from here to there, in the order in which their
/// batches came. No two messages with the same extent have different values, and where batches are kept
/// over a restart a message that is made again has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Token of the first batch, and how many of its values were in messages before.
    pub from: (u64, usize),
    /// Token of the last batch, and how many of its values are in messages with this one.
    pub until: (u64, usize),
    /// Which piece it is of a message that had to be cut, from 0.
    pub piece: usize,
}

/// What a NetworkMessage carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// Values and keep-alives.
    Data,
    /// The metadata of one writer; a broker is to retain it.
    MetaData {
        /// DataSetWriterId.
        writer: u16,
    },
    /// The JSON Schema of what one writer publishes; likewise.
    Schema {
        /// DataSetWriterId.
        writer: u16,
    },
}

impl MessageKind {
    /// The writer that it is about, where it is not data.
    #[must_use]
    pub const fn writer(self) -> Option<u16> {
        match self {
            Self::Data => None,
            Self::MetaData { writer } | Self::Schema { writer } => Some(writer),
        }
    }
}

/// A batch of which every value is with the sink (or was declared lost): acknowledge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Release {
    /// DataSetWriterId.
    pub writer: u16,
    /// [`DataBatch::token`](iiot_core::session::DataBatch::token).
    pub token: u64,
}

/// Values that will be in no message.
#[derive(Debug)]
pub struct Loss {
    /// DataSetWriterId.
    pub writer: u16,
    /// How many.
    pub values: usize,
    /// Why.
    pub reason: LossReason,
}

/// Why values will be in no message.
#[derive(Debug)]
pub enum LossReason {
    /// A single value is larger than a message may be.
    TooLarge {
        /// Bytes of a message with this value alone.
        size: usize,
        /// Bytes that a message may have.
        limit: usize,
    },
    /// The bytes of the value are no Variant; its status and timestamps were published without it.
    Malformed(Error),
    /// The writer has no field with this client handle.
    UnknownField(u32),
    /// The group has no such writer.
    UnknownWriter,
    /// More conditions are retained than are kept.
    TooManyConditions,
}
