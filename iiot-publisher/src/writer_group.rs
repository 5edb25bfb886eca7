//! What a writer group sends, and when: a plain struct that takes `(event, now)`.
//!
//! The shell around it passes on what subscriptions report, sends what
//! [`poll_message`](WriterGroup::poll_message) returns and says when the sink has it. After each
//! call of a `handle_…` it takes the messages, releases and losses that have come about, and sets
//! one timer to [`poll_timeout`](WriterGroup::poll_timeout).
//!
//! # Memory
//! Bounded by [`WriterGroupOptions::max_pending_bytes`] plus the text of one batch, plus the last
//! values of fields that have a heartbeat or are in key frames, as long as the shell stops reading
//! while [`is_full`](WriterGroup::is_full).
//!
//! ```
//! use std::time::Instant;
//! use iiot_core::{session::BatchBuilder, time::UtcTime, ua::StatusCode};
//! use iiot_publisher::{config, writer_group::{WriterGroup, WriterGroupOptions}};
//!
//! let text = r#"[{ "EndpointUrl": "opc.tcp://plc:4840", "OpcNodes": [{ "Id": "ns=2;s=Level" }] }]"#;
//! let plan = config::load(text)?.plan;
//! let (now, utc) = (Instant::now(), UtcTime::UNIX_EPOCH);
//! let mut group = WriterGroup::new(&plan.writer_groups[0], &WriterGroupOptions::default(), now, utc);
//!
//! let mut batch = BatchBuilder::default();
//! batch.push(0, StatusCode::Good, None, None, &[1, 1]); // a Boolean, true, in binary
//! group.handle_data(1, &batch.build(7, 1, None), now, utc);
//! group.flush();
//!
//! let metadata = group.poll_message().expect("metadata goes first");
//! let data = group.poll_message().expect("then the value");
//! assert!(data.payload.ends_with(br#""Payload":{"ns=2;s=Level":{"UaType":1,"Value":true}}}]}"#));
//! group.handle_acknowledged(metadata.id);
//! group.handle_acknowledged(data.id);
//! assert_eq!(group.poll_release().map(|release| release.token), Some(1));
//! # Ok::<(), iiot_core::Error>(())
//! ```

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use iiot_core::session::{DataBatch, EventBatch};
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::ua::types::TypeSet;

use crate::data_set::{DataSet, Time};
use crate::encode::{Envelope, NetworkHeader};
use crate::events::EventState;
use crate::field::Timestamps;
use crate::outbox::{Limits, Outbox};
use crate::plan::{EventLayout, FieldPlan, Shared, WriterGroupPlan, WriterPlan};
use crate::timers::{Timer, Timers};

pub use crate::data_set::FieldMetaData;
pub use crate::message::{Extent, Loss, LossReason, MessageKind, NetworkMessage, Release};
pub use crate::meta_data_version::KnownMetaData;

/// What the plan of a group does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterGroupOptions {
    /// PublisherId where the plan has none.
    pub publisher_id: String,
    /// Makes MessageIds unique: random for each run of the process.
    pub message_id_seed: u128,
    /// Bytes the sink takes in one message; the plan's limit holds as well.
    pub max_message_size: Option<usize>,
    /// Bytes written and not yet acknowledged from which on the group is full. Default 16 MiB.
    pub max_pending_bytes: usize,
    /// Whether values carry SourceTimestamp. Default true.
    pub source_timestamp: bool,
    /// Whether values carry ServerTimestamp. Default true.
    pub server_timestamp: bool,
    /// What [`poll_known_meta_data`](WriterGroup::poll_known_meta_data) gave in earlier runs of the
    /// process, the latest of each writer.
    pub known_meta_data: Vec<KnownMetaData>,
    /// Whether the JSON Schema of each data set is sent with its metadata. Default false.
    pub schemas: bool,
    /// Names the log that batches come from, where there is one. The MessageId of a message is then made of the values
    /// in it: another process that makes the message again gives it the same one. Not changed later.
    pub identity: Option<String>,
}

impl Default for WriterGroupOptions {
    fn default() -> Self {
        Self {
            publisher_id: "iiot".into(),
            message_id_seed: uuid::Uuid::new_v4().as_u128(),
            max_message_size: None,
            max_pending_bytes: 16 << 20,
            source_timestamp: true,
            server_timestamp: true,
            known_meta_data: Vec::new(),
            schemas: false,
            identity: None,
        }
    }
}

/// The policy of one writer group.
#[derive(Debug)]
pub struct WriterGroup {
    /// Ascending by id.
    writers: Vec<DataSet>,
    outbox: Outbox,
    losses: VecDeque<Loss>,
    timers: Timers,
    /// Positions of the writers of conditions.
    with_conditions: Vec<usize>,
    max_pending_bytes: usize,
}

impl WriterGroup {
    /// A group that has sent nothing yet.
    #[must_use]
    pub fn new(plan: &WriterGroupPlan, options: &WriterGroupOptions, now: Instant, utc: UtcTime) -> Self {
        let (envelope, limits) = envelope(plan, options);
        let mut group = Self {
            with_conditions: Vec::new(),
            writers: Vec::new(),
            outbox: Outbox::new(envelope, limits, options.identity.clone()).announcing_schemas(options.schemas),
            losses: VecDeque::new(),
            timers: Timers::default(),
            max_pending_bytes: options.max_pending_bytes,
        };
        group.set_writers(plan, options, Time { now, utc });
        group
    }

    /// The group is like this from now on; what it has written so far is sent as it is. Writers that
    /// are still there go on with their numbers and with what they know of fields whose client handle
    /// stays; those that are gone are forgotten.
    pub fn change(&mut self, plan: &WriterGroupPlan, options: &WriterGroupOptions, now: Instant, utc: UtcTime) {
        let (envelope, limits) = envelope(plan, options);
        self.outbox.change(envelope, limits);
        self.max_pending_bytes = options.max_pending_bytes;
        self.set_writers(plan, options, Time { now, utc });
    }

    fn set_writers(&mut self, plan: &WriterGroupPlan, options: &WriterGroupOptions, time: Time) {
        let publisher_id = plan.publisher_id.as_ref().unwrap_or(&options.publisher_id);
        let timestamps = Timestamps { source: options.source_timestamp, server: options.server_timestamp };
        let known = |name: &str| options.known_meta_data.iter().find(|known| known.writer == name);
        let mut before: HashMap<u16, DataSet> = self.writers.drain(..).map(|set| (set.id(), set)).collect();
        let set = |writer: &WriterPlan| match before.remove(&writer.id) {
            Some(set) if set.is_like(plan, writer) => set,
            Some(mut set) => {
                set.change(plan, writer, publisher_id, time);
                set
            }
            None => DataSet::new(plan, writer, (publisher_id, timestamps), known(&writer.name), time),
        };
        self.writers = plan.writers.iter().map(set).collect();
        self.writers.sort_by_key(DataSet::id);
        let with_conditions = |writer: &usize| self.writers[*writer].events().is_some_and(EventState::has_snapshots);
        self.with_conditions = (0..self.writers.len()).filter(with_conditions).collect();
        self.arm_timers();
    }

    fn arm_timers(&mut self) {
        self.timers.clear();
        self.timers.reserve(self.writers.iter().map(|set| 1 + set.heartbeats().count()).sum());
        for (writer, set) in (0..).zip(&self.writers) {
            if let Some(at) = set.meta_data_repeated_at() {
                self.timers.arm(at, Timer::MetaData { writer });
            }
            for (field, at) in set.heartbeats() {
                self.timers.arm(at, Timer::Heartbeat { writer, field });
            }
        }
    }

    /// Values of one notification arrived, with the client handles of
    /// [`WriterPlan::handle`](crate::plan::WriterPlan::handle).
    pub fn handle_data(&mut self, writer: u16, batch: &DataBatch, now: Instant, utc: UtcTime) {
        let delivery = self.outbox.deliveries.begin(Release { writer, token: batch.token });
        let Some(position) = self.position(writer) else { return self.lose(writer, batch.len(), delivery) };
        let set = &mut self.writers[position];
        set.publish(batch, delivery, Time { now, utc }, &mut self.outbox, &mut self.losses);
        self.outbox.deliveries.end(delivery);
        self.outbox.close_if_due(now);
    }

    /// Events of one notification arrived, in the layout that was told last.
    pub fn handle_events(&mut self, writer: u16, batch: &EventBatch, now: Instant, utc: UtcTime) {
        let delivery = self.outbox.deliveries.begin(Release { writer, token: batch.token });
        let Some(position) = self.position(writer) else { return self.lose(writer, batch.len(), delivery) };
        let set = &mut self.writers[position];
        let time = Time { now, utc };
        set.publish_events(batch, delivery, time, &mut self.outbox, &mut self.losses);
        self.outbox.deliveries.end(delivery);
        set.snapshot(time, &mut self.outbox);
        self.outbox.close_if_due(now);
    }

    /// Events of a writer have this layout from now on, as told by whoever has asked the server for them.
    pub fn handle_event_layout(&mut self, writer: u16, layout: &Arc<EventLayout>, now: Instant) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].set_event_layout(layout, now);
        }
    }

    /// As [`handle_metadata`](Self::handle_metadata), of the published fields of events. It does not
    /// change the layout, unless none was known.
    pub fn handle_event_metadata(
        &mut self,
        writer: u16,
        layout: &Arc<EventLayout>,
        types: &[impl Clone + Into<Shared<FieldMetaData>>],
        namespaces: &[String],
        now: Instant,
        utc: UtcTime,
    ) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].describe_events(layout, types, namespaces, &mut self.outbox, Time { now, utc });
            self.outbox.close_if_due(now);
        }
    }

    /// Sends a key frame of the last values of a writer that keeps them.
    pub fn handle_key_frame_wanted(&mut self, writer: u16, now: Instant, utc: UtcTime) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].repeat(Time { now, utc }, &mut self.outbox);
            self.outbox.close_if_due(now);
        }
    }

    /// The server is alive and has nothing to send.
    pub fn handle_keep_alive(&mut self, writer: u16, now: Instant, utc: UtcTime) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].keep_alive(Time { now, utc }, &mut self.outbox);
            self.outbox.close_if_due(now);
        }
    }

    /// The connection was lost or is back; it changes the status that heartbeats carry.
    pub fn handle_connection(&mut self, writer: u16, connected: bool) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].set_connected(connected);
        }
    }

    /// The server refused the field with this client handle; heartbeats and key frames show the status
    /// until a value comes.
    pub fn handle_item_failed(&mut self, writer: u16, handle: u32, status: StatusCode) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].set_failed(handle, status);
        }
    }

    /// Types of the fields, as read from the server, with its namespace table. Fields beyond
    /// `fields` are taken for BaseDataType, as all are before this is called. Only a change makes
    /// a new metadata version.
    pub fn handle_metadata(
        &mut self,
        writer: u16,
        fields: &[impl Clone + Into<Shared<FieldMetaData>>],
        namespaces: &[String],
        now: Instant,
        utc: UtcTime,
    ) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].describe(fields, namespaces, &mut self.outbox, utc);
            self.outbox.close_if_due(now);
        }
    }

    /// The fields as the server knows them: with the names and nodes that it gives them. They are those of the plan in
    /// all else. Metadata that says so follows with [`handle_metadata`](Self::handle_metadata).
    pub fn handle_fields(&mut self, writer: u16, fields: Shared<Vec<FieldPlan>>) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].learn(fields);
        }
    }

    /// The structures of the server: values of these types are written by field name from now on.
    pub fn handle_types(&mut self, writer: u16, types: Arc<TypeSet>) {
        if let Some(writer) = self.position(writer) {
            self.writers[writer].set_structures(types);
        }
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant, utc: UtcTime) {
        let time = Time { now, utc };
        let mut silent = Vec::new();
        while let Some(timer) = self.timers.due(now) {
            match timer {
                Timer::MetaData { writer } => self.repeat_meta_data(writer, time),
                Timer::Heartbeat { writer, field } => match self.heartbeat_due(writer, field) {
                    Some(due) if due > now => self.timers.arm(due, timer),
                    _ => silent.push((writer, field)),
                },
            }
        }
        self.beat(silent, time);
        for writer in &self.with_conditions {
            self.writers[*writer].snapshot(time, &mut self.outbox);
        }
        self.outbox.close_if_due(now);
    }

    fn heartbeat_due(&self, writer: u16, field: u32) -> Option<Instant> {
        self.writers[usize::from(writer)].heartbeat_due(field)
    }

    fn repeat_meta_data(&mut self, writer: u16, time: Time) {
        let set = &mut self.writers[usize::from(writer)];
        set.repeat_meta_data(&mut self.outbox, time);
        if let Some(at) = set.meta_data_repeated_at() {
            self.timers.arm(at, Timer::MetaData { writer });
        }
    }

    /// Sends heartbeats, those of one writer together.
    fn beat(&mut self, mut silent: Vec<(u16, u32)>, time: Time) {
        silent.sort_unstable();
        for fields in silent.chunk_by(|a, b| a.0 == b.0) {
            let writer = fields[0].0;
            let indexes: Vec<usize> = fields.iter().map(|(_, field)| *field as usize).collect();
            self.writers[usize::from(writer)].beat(&indexes, time, &mut self.outbox);
            for (writer, field) in fields.iter().copied() {
                if let Some(due) = self.heartbeat_due(writer, field) {
                    self.timers.arm(due, Timer::Heartbeat { writer, field });
                }
            }
        }
    }

    /// The sink has the message with this [`NetworkMessage::id`], or it was given up and that
    /// declared.
    pub fn handle_acknowledged(&mut self, message: u64) {
        self.outbox.deliveries.acknowledge(message);
    }

    /// Completes the open NetworkMessage, as before a stop.
    pub fn flush(&mut self) {
        self.outbox.close();
    }

    /// The next message to send, in order.
    pub fn poll_message(&mut self) -> Option<NetworkMessage> {
        self.outbox.poll_message()
    }

    /// The next batch to acknowledge to its server.
    pub fn poll_release(&mut self) -> Option<Release> {
        self.outbox.deliveries.poll_release()
    }

    /// The next version of metadata to remember over restarts.
    pub fn poll_known_meta_data(&mut self) -> Option<KnownMetaData> {
        self.writers.iter_mut().find_map(DataSet::take_known)
    }

    /// The next loss to declare.
    pub fn poll_loss(&mut self) -> Option<Loss> {
        self.losses.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called; perhaps early, never late.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let conditions =
            self.with_conditions.iter().filter_map(|writer| self.writers[*writer].snapshot_deadline()).min();
        [self.outbox.deadline(), self.timers.next(), conditions].into_iter().flatten().min()
    }

    /// What the server of a writer calls itself; `None` while nobody has told.
    #[must_use]
    pub fn application_uri(&self, writer: u16) -> Option<&str> {
        let uri = self.writers[self.position(writer)?].application_uri();
        (!uri.is_empty()).then_some(uri)
    }

    /// Bytes of messages that the sink does not have yet.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.outbox.bytes()
    }

    /// Whether the subscriptions of this group are to be read no further for now.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.pending_bytes() >= self.max_pending_bytes
    }

    /// What came for a writer that is not here is lost, unless it is nothing.
    fn lose(&mut self, writer: u16, values: usize, delivery: u64) {
        let unknown = Loss { writer, values, reason: LossReason::UnknownWriter };
        self.losses.extend((values > 0).then_some(unknown));
        self.outbox.deliveries.end(delivery);
    }

    fn position(&self, writer: u16) -> Option<usize> {
        self.writers.binary_search_by_key(&writer, DataSet::id).ok()
    }
}

fn envelope(plan: &WriterGroupPlan, options: &WriterGroupOptions) -> (Envelope, Limits) {
    let publisher_id = plan.publisher_id.as_ref().unwrap_or(&options.publisher_id);
    let header = NetworkHeader::new(publisher_id, &plan.name, options.message_id_seed, plan.profile);
    let max_size = [plan.max_message_size, options.max_message_size].into_iter().flatten().min();
    let batch_size = if plan.profile.is_single() { 1 } else { plan.batch_size.max(1) };
    let limits = Limits { batch_size, batch_interval: plan.batch_interval, max_size };
    (Envelope::new(header, plan.profile, batch_size > 1), limits)
}

#[cfg(test)]
mod tests;
