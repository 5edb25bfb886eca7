//! The data set of one writer: from rows of notifications to DataSetMessages.
//!
//! Values of one notification form one DataSetMessage. Where a field has several, the first goes
//! into the first message, the second into the next, and so on: none is merged away, and each
//! field's values stay in the order the server sent them.
//!
//! A key frame has every field: new values, else the last ones; a field that never had one shows
//! BadWaitingForInitialData or the reason why the server refused it. What is too large for one
//! message is split into delta frames; only a single value that is too large is lost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use iiot_core::Error;
use iiot_core::json::ValueType;
use iiot_core::session::DataBatch;
use iiot_core::time::UtcTime;
use iiot_core::ua::types::TypeSet;
use iiot_core::ua::{NodeId, StatusCode};

use crate::constant::{Constant, constants};
use crate::encode::{DataSetEncoder, FieldOf, Fields, Frame, FrameKind, MetaDataVersion, Prefixes};
use crate::event_layout::EventLayout;
use crate::events::EventState;
use crate::field::{Field, Timestamps, current_of};
use crate::message::{Loss, LossReason};
use crate::meta_data_version::KnownMetaData;
use crate::moment::Moment;
use crate::outbox::{Outbox, Part, TooLarge};
use crate::places::Places;
use crate::plan::{FieldPlan, Shared, WriterGroupPlan, WriterPlan};
use crate::profile::MessageProfile;
use describe::meta_data_interval;

mod again;
mod change;
mod describe;
mod origin;

/// What the server says of a field's variable.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMetaData {
    /// 1 to 25 (OPC 10000-6 Table 1).
    pub built_in_type: u8,
    /// The variable's DataType, in the namespace table that comes with it.
    pub data_type: NodeId,
    /// -1 scalar, 1 array, more for matrices, below -1 several of these.
    pub value_rank: i32,
    /// Length of each dimension; 0 where it varies. Empty unless it is an array.
    pub array_dimensions: Vec<u32>,
    /// For people; may be empty.
    pub description: String,
}

impl Default for FieldMetaData {
    /// Any value: BaseDataType of any rank.
    fn default() -> Self {
        Self {
            built_in_type: 24,
            data_type: NodeId::new(0, 24_u32),
            value_rank: -2,
            array_dimensions: Vec::new(),
            description: String::new(),
        }
    }
}

/// The time of an event, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    pub(crate) now: Instant,
    pub(crate) utc: UtcTime,
}

/// Values and metadata of one DataSetWriter.
#[derive(Debug)]
pub(crate) struct DataSet {
    plan: WriterPlan,
    /// The fields as configured, where the server calls some otherwise.
    configured: Option<Shared<Vec<FieldPlan>>>,
    group_name: String,
    /// Topic, PublisherId and sink of the group: elsewhere nobody knows the metadata.
    way: change::Way,
    /// Its id, if its messages go another way than those of the group.
    route: Option<u16>,
    profile: MessageProfile,
    timestamps: Timestamps,
    /// What the server is called, once that is known; told where the profile is a full one.
    application_uri: String,
    /// Structures that are written by field name.
    structures: Arc<TypeSet>,
    /// Whether these are others than at the last look at the metadata.
    other_structures: bool,
    encoder: DataSetEncoder,
    fields: Vec<Field>,
    prefixes: Prefixes,
    /// Whether key frames need the last values of all fields.
    in_key_frames: bool,
    places: Places,
    constants: Vec<Constant>,
    events: Option<EventState>,
    connected: bool,
    /// Of the next DataSetMessage.
    sequence_number: u32,
    /// Frames since the last key frame, that one included; 0 makes the next one a key frame.
    since_key_frame: u32,
    key_frame_refused: bool,
    types: Vec<Shared<FieldMetaData>>,
    type_namespaces: Vec<String>,
    version: MetaDataVersion,
    /// Of what has this version; nothing was sent yet where `None`.
    fingerprint: Option<u64>,
    unsaved: bool,
    announced: bool,
    /// When the metadata is sent again though nothing has changed.
    repeated_at: Option<Instant>,
    /// Rows by the DataSetMessage they go into; kept to spare allocations.
    rounds: Vec<Vec<Arranged>>,
}

/// A row of a batch and the field it is for.
#[derive(Debug, Clone, Copy)]
struct Arranged {
    row: u32,
    field: u32,
}

impl DataSet {
    pub(crate) fn new(
        group: &WriterGroupPlan,
        plan: &WriterPlan,
        (publisher_id, timestamps): (&str, Timestamps),
        known: Option<&KnownMetaData>,
        time: Time,
    ) -> Self {
        let places = Places::of(plan);
        let events = plan.event.as_ref().map(|event| EventState::new(event, plan, group.profile, time.now));
        let plan = &events.as_ref().map_or_else(|| plan.clone(), |events| events.published(plan));
        let version = known.map_or_else(|| MetaDataVersion::at(time.utc), MetaDataVersion::from);
        let profile = group.profile;
        let key_frames = plan.key_frame_count > 0 || plan.keep_alive_as_key_frame;
        Self {
            group_name: group.name.clone(),
            way: change::way(group),
            route: plan.has_own_route(group).then_some(plan.id),
            profile,
            timestamps,
            application_uri: String::new(),
            structures: Arc::default(),
            other_structures: false,
            encoder: DataSetEncoder::new(profile, plan.id, &plan.name, version).telling(group, publisher_id, plan),
            fields: plan.fields.iter().map(|field| Field::new(field, time.now)).collect(),
            prefixes: Prefixes::of(profile, plan, ""),
            in_key_frames: key_frames && !profile.is_samples(),
            places,
            constants: constants(plan, profile),
            events,
            connected: true,
            sequence_number: 0,
            since_key_frame: 0,
            key_frame_refused: false,
            types: vec![Shared::default(); plan.fields.len()],
            type_namespaces: Vec::new(),
            version,
            fingerprint: known.map(|known| known.fingerprint),
            unsaved: false,
            announced: false,
            repeated_at: meta_data_interval(plan).map(|interval| time.now + interval),
            rounds: Vec::new(),
            configured: None,
            plan: plan.clone(),
        }
    }

    pub(crate) fn id(&self) -> u16 {
        self.plan.id
    }

    pub(crate) fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// When the heartbeat of a field is due.
    pub(crate) fn heartbeat_due(&self, field: u32) -> Option<Instant> {
        let field = field as usize;
        self.fields[field].heartbeat_due(&self.plan.fields[field])
    }

    /// The fields with a heartbeat, and when it is due.
    pub(crate) fn heartbeats(&self) -> impl Iterator<Item = (u32, Instant)> {
        (0..self.fields.len() as u32).filter_map(|field| Some((field, self.heartbeat_due(field)?)))
    }

    pub(crate) fn set_connected(&mut self, connected: bool) {
        self.connected = connected;
    }

    pub(crate) fn set_structures(&mut self, structures: Arc<TypeSet>) {
        self.other_structures |= !Arc::ptr_eq(&self.structures, &structures);
        self.structures = structures;
    }

    pub(crate) fn set_failed(&mut self, handle: u32, status: StatusCode) {
        if let Some(position) = self.places.position(handle).filter(|_| self.events.is_none()) {
            self.fields[position].set_failed(status);
        }
    }

    /// Turns a batch into DataSetMessages.
    pub(crate) fn publish(
        &mut self,
        batch: &DataBatch,
        delivery: u64,
        time: Time,
        outbox: &mut Outbox,
        losses: &mut VecDeque<Loss>,
    ) {
        // Events come in order: whoever sends values is connected.
        self.connected = true;
        self.learn_origin(&batch.namespaces);
        let rounds = self.arrange(batch, time.now.into(), losses);
        if rounds > 0 {
            self.announce_once(outbox, time.utc);
        }
        let arranged = std::mem::take(&mut self.rounds);
        let mut frames = Frames { set: self, batch, delivery, time, outbox, losses };
        for rows in &arranged[..rounds] {
            frames.send(rows);
        }
        self.rounds = arranged;
        self.rounds.retain(|rows| rows.capacity() <= KEPT_ROWS);
    }

    /// Sorts the rows: the n-th row of each field into round n. Returns the number of rounds.
    fn arrange(&mut self, batch: &DataBatch, now: Moment, losses: &mut VecDeque<Loss>) -> usize {
        self.rounds.iter_mut().for_each(Vec::clear);
        let mut rounds = 0;
        for (row, handle) in batch.client_handles().enumerate() {
            let Some(position) = self.places.position(handle) else {
                note_unknown(losses, self.plan.id, handle);
                continue;
            };
            let (field, settings) = (&mut self.fields[position], &self.plan.fields[position]);
            let Some(round) = field.receive(settings, now) else {
                field.remember(settings, batch, row, self.in_key_frames);
                continue;
            };
            if round == self.rounds.len() {
                self.rounds.push(Vec::new());
            }
            self.rounds[round].push(Arranged { row: row as u32, field: position as u32 });
            rounds = rounds.max(round + 1);
        }
        rounds
    }

    fn push_all(&self, out: &mut Fields<'_>) {
        for (index, field) in self.fields.iter().enumerate() {
            out.push(&self.field_of(index), &field.in_key_frame(self.connected));
        }
        self.push_constants(out);
    }

    /// The extension fields, behind all others.
    pub(crate) fn push_constants(&self, out: &mut Fields<'_>) {
        if self.profile.is_samples() {
            return;
        }
        for (place, constant) in self.constants.iter().enumerate() {
            let field = FieldOf {
                index: self.fields.len() + place,
                prefix: &constant.prefix,
                value_type: constant.value_type,
                timestamps: self.timestamps,
                structures: &self.structures,
            };
            out.push(&field, &constant.current());
        }
    }

    const fn frame(&self, kind: FrameKind, utc: UtcTime, heartbeat: bool) -> Frame {
        Frame { kind, sequence_number: self.sequence_number, utc, heartbeat }
    }

    /// Events have this layout from now on.
    pub(crate) fn set_event_layout(&mut self, layout: &Arc<EventLayout>, now: Instant) {
        let Some(events) = self.events.as_mut() else { return };
        if !events.set_layout(layout) {
            return;
        }
        self.take_event_fields(now);
        self.announced = false;
    }

    /// Publishes what events have.
    fn take_event_fields(&mut self, now: Instant) {
        let Some(events) = &self.events else { return };
        (self.plan, self.types) = (events.published(&self.plan), events.types());
        self.prefixes = Prefixes::of(self.profile, &self.plan, &self.application_uri);
        self.in_key_frames = false;
        self.fields = self.plan.fields.iter().map(|field| Field::new(field, now)).collect();
    }

    /// Whether an event is one of the item's.
    pub(crate) fn has_item(&self, handle: u32) -> bool {
        self.places.position(handle).is_some()
    }

    pub(crate) fn events(&self) -> Option<&EventState> {
        self.events.as_ref()
    }

    pub(crate) fn events_mut(&mut self) -> Option<&mut EventState> {
        self.events.as_mut()
    }

    pub(crate) fn part(&self, values: usize, batch: Option<u64>) -> Part {
        let class_id = self.plan.data_set_class_id.filter(|_| self.profile.has_network_header());
        Part { writer: self.plan.id, route: self.route, field: None, class_id, values, batch, heartbeat: false }
    }

    /// The field, where it has a topic of its own.
    pub(crate) fn topic_of(&self, field: usize) -> Option<usize> {
        Some(field).filter(|_| self.plan.is_routed())
    }

    pub(crate) fn field_of(&self, index: usize) -> FieldOf<'_> {
        FieldOf {
            prefix: self.prefixes.get(index),
            index,
            value_type: ValueType {
                built_in_type: self.types[index].built_in_type,
                value_rank: self.types[index].value_rank,
            },
            timestamps: self.timestamps,
            structures: &self.structures,
        }
    }

    /// Adds one DataSetMessage; its number is used up if it fits. Returns what was malformed in it.
    pub(crate) fn append(
        &mut self,
        kind: FrameKind,
        part: Part,
        time: Time,
        outbox: &mut Outbox,
        payload: impl Fn(&Self, &mut Fields<'_>),
    ) -> Result<Vec<Error>, TooLarge> {
        let frame = self.frame(kind, time.utc, part.heartbeat);
        let mut malformed = Vec::new();
        outbox.append(part, time, |out| {
            malformed = self.encoder.frame(out, &frame, |fields| payload(self, fields));
        })?;
        self.sequence_number = self.sequence_number.wrapping_add(1);
        Ok(malformed)
    }
}

/// The DataSetMessages of one batch.
struct Frames<'a> {
    set: &'a mut DataSet,
    batch: &'a DataBatch,
    delivery: u64,
    time: Time,
    outbox: &'a mut Outbox,
    losses: &'a mut VecDeque<Loss>,
}

impl Frames<'_> {
    /// Sends rows of different fields, as a key frame if one is due.
    fn send(&mut self, rows: &[Arranged]) {
        for Arranged { row, field } in rows {
            let (field, settings) = (&mut self.set.fields[*field as usize], &self.set.plan.fields[*field as usize]);
            field.end_batch();
            field.remember(settings, self.batch, *row as usize, self.set.in_key_frames);
        }
        if self.set.sends_singly() {
            return rows.chunks(1).for_each(|row| self.send_delta(row));
        }
        let is_key_frame = self.set.plan.key_frame_count > 0 && self.set.since_key_frame == 0;
        self.set.since_key_frame = (self.set.since_key_frame + 1) % self.set.plan.key_frame_count.max(1);
        if !is_key_frame || !self.send_key_frame(rows) {
            self.send_delta(rows);
        }
    }

    /// Sends every field. Where that is too large the new values go as delta frames; said once.
    fn send_key_frame(&mut self, rows: &[Arranged]) -> bool {
        let part = self.set.part(rows.len(), Some(self.delivery));
        let sent = self.set.append(FrameKind::Key, part, self.time, self.outbox, DataSet::push_all);
        let (size, limit) = match sent {
            Ok(malformed) => {
                self.declare(0, malformed.into_iter().map(LossReason::Malformed));
                return true;
            }
            Err(TooLarge { size, limit }) => (size, limit),
        };
        if !std::mem::replace(&mut self.set.key_frame_refused, true) {
            self.declare(0, [LossReason::TooLarge { size, limit }]);
        }
        false
    }

    /// Sends these rows, in several messages if need be.
    fn send_delta(&mut self, rows: &[Arranged]) {
        let (batch, part) = (self.batch, self.set.part(rows.len(), Some(self.delivery)));
        let field = rows.first().and_then(|row| self.set.topic_of(row.field as usize));
        let part = Part { field, ..part };
        let sent = self.set.append(FrameKind::Delta, part, self.time, self.outbox, |set, out| {
            for Arranged { row, field } in rows {
                let row = batch.row(*row as usize);
                out.push(&set.field_of(*field as usize), &current_of(&row, &batch.namespaces));
            }
            set.push_constants(out);
        });
        match sent {
            Ok(malformed) => self.declare(1, malformed.into_iter().map(LossReason::Malformed)),
            Err(TooLarge { size, limit }) if rows.len() < 2 => self.declare(1, [LossReason::TooLarge { size, limit }]),
            Err(_) => {
                let (first, second) = rows.split_at(rows.len() / 2);
                self.send_delta(first);
                self.send_delta(second);
            }
        }
    }

    fn declare(&mut self, values: usize, reasons: impl IntoIterator<Item = LossReason>) {
        let writer = self.set.plan.id;
        self.losses.extend(reasons.into_iter().map(|reason| Loss { writer, values, reason }));
    }
}

/// Longer lists are given back: the first batch has a value of every field.
const KEPT_ROWS: usize = 4096;

/// Counts rows of one unknown handle that follow each other as one loss.
fn note_unknown(losses: &mut VecDeque<Loss>, writer: u16, handle: u32) {
    match losses.back_mut() {
        Some(Loss { writer: last, values, reason: LossReason::UnknownField(known) })
            if *last == writer && *known == handle =>
        {
            *values += 1;
        }
        _ => losses.push_back(Loss { writer, values: 1, reason: LossReason::UnknownField(handle) }),
    }
}
