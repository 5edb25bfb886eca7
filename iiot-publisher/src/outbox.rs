//! Gathers DataSetMessages into NetworkMessages: by number, by time, by size.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;
use iiot_core::time::UtcTime;
use uuid::Uuid;

use crate::data_set::Time;
use crate::deliveries::Deliveries;
use crate::encode::{Content, Envelope, MetaData, NetworkHeader, hash};
use crate::message::{Extent, MessageKind, NetworkMessage};

/// The NetworkMessages of a group, from the first byte until the sink has them.
#[derive(Debug)]
pub(crate) struct Outbox {
    envelope: Envelope,
    limits: Limits,
    /// Of the log that batches come from.
    identity: Option<String>,
    schemas: bool,
    /// One for each route, the group's own first.
    open: BTreeMap<Route, Open>,
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

/// The writer, and the field of it, whose own topic a message goes to; the group's or the writer's where `None`.
type Route = (Option<u16>, Option<usize>);

/// A NetworkMessage that still takes DataSetMessages.
#[derive(Debug)]
struct Open {
    route: Route,
    content: Content,
    heartbeat: bool,
    values: usize,
    batches: Vec<u64>,
    extent: Option<Extent>,
    deadline: Instant,
}

impl Open {
    const fn is_empty(&self) -> bool {
        self.content.parts.is_empty()
    }

    const fn is_single(&self) -> bool {
        self.content.parts.len() == 1
    }
}

/// What a DataSetMessage is to the NetworkMessage it goes into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// DataSetWriterId.
    pub(crate) writer: u16,
    /// Parts of different routes do not share a message.
    pub(crate) route: Option<u16>,
    /// And so do parts of different fields, where each has a topic of its own.
    pub(crate) field: Option<usize>,
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
    const fn way(&self) -> Route {
        (self.route, self.field)
    }

    fn shares_with(&self, open: &Open) -> bool {
        self.heartbeat == open.heartbeat && self.class_id == open.content.class_id
    }
}

/// A DataSetMessage that exceeds the limit even in a message of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge {
    pub(crate) size: usize,
    pub(crate) limit: usize,
}

impl Outbox {
    pub(crate) fn new(envelope: Envelope, limits: Limits, identity: Option<String>) -> Self {
        Self {
            envelope,
            limits,
            identity,
            schemas: false,
            open: BTreeMap::new(),
            ready: VecDeque::new(),
            next_number: 0,
            usual_size: 512,
            deliveries: Deliveries::default(),
        }
    }

    /// The same with JSON Schemas beside the metadata, or without.
    pub(crate) fn announcing_schemas(self, schemas: bool) -> Self {
        Self { schemas, ..self }
    }

    /// Completes what is open; what comes from now on is enveloped and limited like this.
    pub(crate) fn change(&mut self, envelope: Envelope, limits: Limits) {
        self.close();
        (self.envelope, self.limits) = (envelope, limits);
    }

    /// Adds a DataSetMessage, which `write` appends to the buffer. Where it does not fit into the
    /// open NetworkMessage it begins the next one; where it fits into none and cannot be cut,
    /// nothing is added.
    pub(crate) fn append(&mut self, part: Part, time: Time, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), TooLarge> {
        let mut open = match self.open.remove(&part.way()) {
            Some(open) if part.shares_with(&open) => open,
            Some(other) => {
                self.finish(other);
                self.begin(part, time)
            }
            None => self.begin(part, time),
        };
        let end = open.content.buffer.len();
        if !open.is_empty() {
            self.envelope.between(&mut open.content);
        }
        let start = open.content.buffer.len();
        write(&mut open.content.buffer);
        let alone = self.envelope.stands_alone(&open.content, start);
        if !open.is_empty() && (alone || self.exceeds(&open)) {
            open = self.carry_over(open, end..start, part, time);
        }
        open.content.parts.push((part.writer, open.content.buffer.len()));
        if let Some(limit) = self.limits.max_size.filter(|_| open.is_single() && self.exceeds(&open)) {
            let size = self.size_alone(&open);
            if size > limit {
                return self.cut(open, part, TooLarge { size, limit });
            }
        }
        self.account(&mut open, part);
        self.keep_or_close(open, alone);
        Ok(())
    }

    /// Bytes of a message with one DataSetMessage, as it is sent.
    fn size_alone(&self, open: &Open) -> usize {
        self.envelope.payload(open.content.clone()).len()
    }

    /// Sends a DataSetMessage that is too large in pieces.
    fn cut(&mut self, open: Open, part: Part, too_large: TooLarge) -> Result<(), TooLarge> {
        let chunks = self.envelope.chunks(&open.content, too_large.limit);
        let last = chunks.len().checked_sub(1).ok_or(too_large)?;
        let extent = self.extent(None, part);
        for (index, payload) in chunks.into_iter().enumerate() {
            let id = open.content.number + index as u64;
            let counts = usize::from(index == last);
            let batches = part.batch.into_iter().inspect(|batch| self.deliveries.attach(*batch)).collect();
            let counts = (counts, counts * part.values);
            let extent = extent.map(|extent| Extent { piece: index, ..extent });
            let name = self
                .seed(extent)
                .map_or_else(|| self.envelope.message_id(id), |seed| NetworkHeader::seeded(seed, 0, 0));
            let names = (id, name, part.way());
            self.push(names, MessageKind::Data, part.heartbeat, payload, counts, (batches, extent));
        }
        self.next_number += last as u64;
        Ok(())
    }

    /// Closes `open` without what was written from the start of `between`; what stands behind it
    /// begins the next message.
    fn carry_over(&mut self, mut open: Open, between: Range<usize>, part: Part, time: Time) -> Open {
        let carried = open.content.buffer.split_off(between.end);
        open.content.buffer.truncate(between.start);
        self.finish(open);
        let mut next = self.begin(part, time);
        next.content.buffer.extend_from_slice(&carried);
        next
    }

    fn begin(&mut self, part: Part, time: Time) -> Open {
        let (Part { class_id, heartbeat, .. }, route) = (part, part.way());
        let number = self.next_number;
        self.next_number += 1;
        let buffer = Vec::with_capacity(self.usual_size + self.usual_size / 8);
        let mut content = Content { number, utc: time.utc, class_id, buffer, parts: Vec::new() };
        self.envelope.open(&mut content);
        let deadline = time.now + self.limits.batch_interval;
        Open { route, content, heartbeat, values: 0, batches: Vec::new(), extent: None, deadline }
    }

    fn exceeds(&self, open: &Open) -> bool {
        self.limits.max_size.is_some_and(|limit| self.envelope.size(&open.content) > limit)
    }

    fn account(&mut self, open: &mut Open, part: Part) {
        open.values += part.values;
        open.extent = self.extent(open.extent, part);
        if let Some(batch) = part.batch.filter(|batch| open.batches.last() != Some(batch)) {
            open.batches.push(batch);
            self.deliveries.attach(batch);
        }
    }

    /// What a message holds when it has this part as well.
    fn extent(&mut self, so_far: Option<Extent>, part: Part) -> Option<Extent> {
        let counted =
            part.batch.filter(|_| part.values > 0).and_then(|batch| self.deliveries.count(batch, part.values));
        let Some((token, before)) = counted else { return so_far };
        let until = (token, before + part.values);
        Some(Extent { from: so_far.map_or((token, before), |extent| extent.from), until, piece: 0 })
    }

    fn keep_or_close(&mut self, open: Open, alone: bool) {
        if alone || open.content.parts.len() >= self.limits.batch_size || self.envelope.is_full(&open.content) {
            self.finish(open);
        } else {
            self.open.insert(open.route, open);
        }
    }

    /// Completes the open NetworkMessages.
    pub(crate) fn close(&mut self) {
        self.close_those(|_| true);
    }

    /// Completes the open NetworkMessages whose time has come.
    pub(crate) fn close_if_due(&mut self, now: Instant) {
        self.close_those(|open| open.deadline <= now);
    }

    /// In the order in which they were begun.
    fn close_those(&mut self, which: impl Fn(&Open) -> bool) {
        let mut due: Vec<Open> = self.open.extract_if(.., |_, open| which(open)).map(|(_, open)| open).collect();
        due.sort_by_key(|open| open.content.number);
        due.into_iter().for_each(|open| self.finish(open));
    }

    fn finish(&mut self, open: Open) {
        let Open { route, mut content, heartbeat, values, batches, extent, .. } = open;
        let counts = (content.parts.len(), values);
        let name = match self.seed(extent) {
            Some(seed) => self.envelope.rename(&mut content, seed),
            None => self.envelope.message_id(content.number),
        };
        let id = (content.number, name, route);
        let payload = self.envelope.payload(content);
        self.usual_size = payload.len();
        self.push(id, MessageKind::Data, heartbeat, payload, counts, (batches, extent));
    }

    /// What the name of a message is made of, where it can have the same in another process: the values in it.
    fn seed(&self, extent: Option<Extent>) -> Option<u128> {
        let (identity, Extent { from, until, piece }) = self.identity.as_ref().zip(extent)?;
        let numbers = [from.0, from.1 as u64, until.0, until.1 as u64, piece as u64];
        Some(hash(identity.bytes().chain(numbers.into_iter().flat_map(u64::to_le_bytes))))
    }

    /// Adds what is to be known of a writer's messages behind everything written so far: metadata, where the profile
    /// has it, and the schema, where it is wanted.
    pub(crate) fn announce(&mut self, meta_data: &MetaData<'_>, utc: UtcTime) {
        self.close();
        let writer = meta_data.plan.id;
        if self.envelope.profile.has_metadata() {
            let payload = self.envelope.meta_data(meta_data, self.next_number, utc);
            self.push_announcement(MessageKind::MetaData { writer }, payload);
        }
        if let Some(schema) = Some(meta_data).filter(|_| self.schemas).and_then(|data| self.envelope.schema(data)) {
            self.push_announcement(MessageKind::Schema { writer }, schema);
        }
    }

    fn push_announcement(&mut self, kind: MessageKind, payload: Bytes) {
        let number = self.next_number;
        self.next_number += 1;
        let name = self.envelope.message_id(number);
        self.push((number, name, (None, None)), kind, false, payload, (0, 0), (Vec::new(), None));
    }

    /// Whether anything is told of a writer's messages.
    pub(crate) fn announces(&self) -> bool {
        self.schemas || self.envelope.profile.has_metadata()
    }

    fn push(
        &mut self,
        (id, message_id, (route, field)): (u64, Uuid, Route),
        kind: MessageKind,
        heartbeat: bool,
        payload: Bytes,
        (data_set_messages, values): (usize, usize),
        (batches, extent): (Vec<u64>, Option<Extent>),
    ) {
        self.deliveries.send(id, payload.len(), batches);
        self.ready.push_back(NetworkMessage {
            id,
            message_id,
            route,
            field,
            kind,
            heartbeat,
            payload,
            data_set_messages,
            values,
            extent,
        });
    }

    pub(crate) fn poll_message(&mut self) -> Option<NetworkMessage> {
        self.ready.pop_front()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.open.values().map(|open| open.deadline).min()
    }

    /// Bytes written and not yet with the sink.
    pub(crate) fn bytes(&self) -> usize {
        self.deliveries.bytes() + self.open.values().map(|open| open.content.buffer.len()).sum::<usize>()
    }
}
