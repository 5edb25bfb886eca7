//! Gathers DataSetMessages into NetworkMessages: by number, by time, by size.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use iiot_core::time::UtcTime;
use uuid::Uuid;

use crate::deliveries::Deliveries;
use crate::encode::{Envelope, MetaData, compressed};
use crate::message::{MessageKind, NetworkMessage};

/// The NetworkMessages of a group, from the first byte until the sink has them.
#[derive(Debug)]
pub(crate) struct Outbox {
    envelope: Envelope,
    limits: Limits,
    open: Option<Open>,
    ready: VecDeque<NetworkMessage>,
    next_number: u64,
    /// Bytes of the last data message, a good guess for the next one.
    usual_size: usize,
    pub(crate) deliveries: Deliveries,
}

/// When a NetworkMessage is complete.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// DataSetMessages in it.
    pub(crate) batch_size: usize,
    /// Time since its first DataSetMessage.
    pub(crate) batch_interval: Duration,
    /// Bytes.
    pub(crate) max_size: Option<usize>,
}

/// A NetworkMessage that still takes DataSetMessages.
#[derive(Debug)]
struct Open {
    number: u64,
    buffer: Vec<u8>,
    class_id: Option<Uuid>,
    heartbeat: bool,
    data_set_messages: usize,
    values: usize,
    batches: Vec<u64>,
    deadline: Instant,
}

/// What a DataSetMessage is to the NetworkMessage it goes into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// All DataSetMessages of a NetworkMessage have the same (§7.2.5.3).
    pub(crate) class_id: Option<Uuid>,
    /// Received values in it.
    pub(crate) values: usize,
    /// Which batch they came with.
    pub(crate) batch: Option<u64>,
    /// Whether it repeats what was sent before; such parts do not go with others.
    pub(crate) heartbeat: bool,
}

impl Part {
    fn shares_with(&self, open: &Open) -> bool {
        self.heartbeat == open.heartbeat && self.class_id == open.class_id
    }
}

/// A DataSetMessage that exceeds the limit even in a message of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge {
    pub(crate) size: usize,
    pub(crate) limit: usize,
}

impl Outbox {
    pub(crate) fn new(envelope: Envelope, limits: Limits) -> Self {
        Self {
            envelope,
            limits,
            open: None,
            ready: VecDeque::new(),
            next_number: 0,
            usual_size: 512,
            deliveries: Deliveries::default(),
        }
    }

    /// Adds a DataSetMessage, which `write` appends to the buffer. Where it does not fit into the
    /// open NetworkMessage it begins the next one; where it fits into none, nothing is added.
    pub(crate) fn append(
        &mut self,
        part: Part,
        now: Instant,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), TooLarge> {
        if self.open.as_ref().is_some_and(|open| !part.shares_with(open)) {
            self.close();
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin(part, now),
        };
        let end = open.buffer.len();
        if open.data_set_messages > 0 {
            self.envelope.between(&mut open.buffer, open.number, open.data_set_messages, part.class_id);
        }
        let start = open.buffer.len();
        write(&mut open.buffer);
        if self.exceeds(&open) && open.data_set_messages > 0 {
            open = self.carry_over(open, end..start, part, now);
        }
        if let Some(limit) = self.limits.max_size.filter(|_| self.exceeds(&open)) {
            let size = self.size_alone(&open);
            if size > limit {
                return Err(TooLarge { size, limit });
            }
        }
        self.account(&mut open, part);
        self.keep_or_close(open);
        Ok(())
    }

    /// Bytes of a message with one DataSetMessage, as it is sent.
    fn size_alone(&self, open: &Open) -> usize {
        if !self.envelope.profile.is_compressed() {
            return open.buffer.len() + self.envelope.closing_bytes();
        }
        let mut whole = open.buffer.clone();
        self.envelope.close(&mut whole);
        compressed(&whole).len()
    }

    /// Closes `open` without what was written from the start of `between`; what stands behind it
    /// begins the next message.
    fn carry_over(&mut self, mut open: Open, between: Range<usize>, part: Part, now: Instant) -> Open {
        let carried = open.buffer.split_off(between.end);
        open.buffer.truncate(between.start);
        self.finish(open);
        let mut next = self.begin(part, now);
        next.buffer.extend_from_slice(&carried);
        next
    }

    fn begin(&mut self, part: Part, now: Instant) -> Open {
        let Part { class_id, heartbeat, .. } = part;
        let number = self.next_number;
        self.next_number += 1;
        let mut buffer = Vec::with_capacity(self.usual_size + self.usual_size / 8);
        self.envelope.open(&mut buffer, number, class_id);
        let deadline = now + self.limits.batch_interval;
        Open { number, buffer, class_id, heartbeat, data_set_messages: 0, values: 0, batches: Vec::new(), deadline }
    }

    fn exceeds(&self, open: &Open) -> bool {
        self.limits.max_size.is_some_and(|limit| open.buffer.len() + self.envelope.closing_bytes() > limit)
    }

    fn account(&mut self, open: &mut Open, part: Part) {
        open.data_set_messages += 1;
        open.values += part.values;
        if let Some(batch) = part.batch.filter(|batch| open.batches.last() != Some(batch)) {
            open.batches.push(batch);
            self.deliveries.attach(batch);
        }
    }

    fn keep_or_close(&mut self, open: Open) {
        if open.data_set_messages >= self.limits.batch_size {
            self.finish(open);
        } else {
            self.open = Some(open);
        }
    }

    /// Completes the open NetworkMessage.
    pub(crate) fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.finish(open);
        }
    }

    /// Completes the open NetworkMessage if its time has come.
    pub(crate) fn close_if_due(&mut self, now: Instant) {
        if self.open.as_ref().is_some_and(|open| open.deadline <= now) {
            self.close();
        }
    }

    fn finish(&mut self, mut open: Open) {
        self.envelope.close(&mut open.buffer);
        self.usual_size = open.buffer.len();
        let payload = self.envelope.payload(open.buffer);
        self.deliveries.send(open.number, payload.len(), open.batches);
        self.ready.push_back(NetworkMessage {
            id: open.number,
            kind: MessageKind::Data,
            heartbeat: open.heartbeat,
            payload,
            data_set_messages: open.data_set_messages,
            values: open.values,
        });
    }

    /// Adds a metadata message behind everything written so far.
    pub(crate) fn announce(&mut self, meta_data: &MetaData<'_>, utc: UtcTime) {
        self.close();
        let number = self.next_number;
        self.next_number += 1;
        let mut buffer = Vec::new();
        meta_data.write(&mut buffer, &self.envelope.header, number, utc);
        let payload = self.envelope.payload(buffer);
        self.deliveries.send(number, payload.len(), Vec::new());
        self.ready.push_back(NetworkMessage {
            id: number,
            kind: MessageKind::MetaData { writer: meta_data.plan.id },
            heartbeat: false,
            payload,
            data_set_messages: 0,
            values: 0,
        });
    }

    pub(crate) fn poll_message(&mut self) -> Option<NetworkMessage> {
        self.ready.pop_front()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.open.as_ref().map(|open| open.deadline)
    }

    /// Bytes written and not yet with the sink.
    pub(crate) fn bytes(&self) -> usize {
        self.deliveries.bytes() + self.open.as_ref().map_or(0, |open| open.buffer.len())
    }
}
