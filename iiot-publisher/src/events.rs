//! Events of one writer: from rows to DataSetMessages, or to snapshots of conditions.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use iiot_core::json::EncodedDataValue;
use iiot_core::session::{EncodedValue, EventBatch, EventRow};
use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind};

use crate::conditions::{Conditions, Replays};
use crate::data_set::{DataSet, FieldMetaData, Time};
use crate::encode::{Fields, FrameKind, event_prefix};
use crate::event_layout::EventLayout;
use crate::field::Current;
use crate::message::{Loss, LossReason};
use crate::outbox::{Outbox, Part, TooLarge};
use crate::plan::{EventPlan, EventSelection, FieldPlan, FieldSettings, Shared, WriterPlan};
use crate::profile::MessageProfile;

/// What a writer of events knows beside its data set.
#[derive(Debug)]
pub(crate) struct EventState {
    layout: Arc<EventLayout>,
    notifier: Option<FieldPlan>,
    /// What stands before the fields in samples.
    prefix: Box<[u8]>,
    /// The types of the fields that the server has described, by name.
    types: BTreeMap<String, Shared<FieldMetaData>>,
    conditions: Option<Conditions>,
    replays: Option<Replays>,
}

impl EventState {
    pub(crate) fn new(plan: &EventPlan, writer: &WriterPlan, profile: MessageProfile, now: Instant) -> Self {
        let notifier = writer.fields.first();
        let single = plan.tracks_conditions() && plan.conditions.is_none();
        Self {
            layout: Arc::new(plan.layout().unwrap_or_default()),
            notifier: notifier.cloned(),
            prefix: notifier.map(|notifier| event_prefix(profile, writer, notifier, "")).unwrap_or_default(),
            types: BTreeMap::new(),
            conditions: plan.conditions.map(|conditions| Conditions::new(conditions, now)),
            replays: single.then(Replays::default),
        }
    }

    /// The plan with what is published as fields, each of the notifier.
    pub(crate) fn published(&self, plan: &WriterPlan) -> WriterPlan {
        let Some(notifier) = &self.notifier else { return plan.clone() };
        let ids = match plan.event.as_ref().map(|event| &event.selection) {
            Some(EventSelection::Query { class_field_ids, .. }) => Some(class_field_ids),
            _ => None,
        };
        let field = |name: &String| {
            let mut settings = FieldSettings::sampled(notifier.sampling_interval);
            settings.class_field_id = ids.and_then(|ids| ids.get(name)).copied();
            FieldPlan { name: name.clone(), node: Arc::clone(&notifier.node), settings: settings.into() }
        };
        WriterPlan { fields: self.layout.names.iter().map(field).collect(), ..plan.clone() }
    }

    /// Samples tell the server's ApplicationUri from now on.
    pub(crate) fn tell_origin(&mut self, profile: MessageProfile, writer: &WriterPlan, application_uri: &str) {
        let prefix = |notifier| event_prefix(profile, writer, notifier, application_uri);
        self.prefix = self.notifier.as_ref().map(prefix).unwrap_or_default();
    }

    /// Whether these are the events of a plan.
    pub(crate) fn is_of(&self, plan: &WriterPlan) -> bool {
        self.notifier.as_ref() == plan.fields.first()
    }

    /// Takes over what was known before the plan changed.
    pub(crate) fn go_on(&mut self, before: Self) {
        (self.layout, self.types) = (before.layout, before.types);
        (self.conditions, self.replays) = (before.conditions, before.replays);
    }

    /// Whether conditions are sent as they are, from time to time.
    pub(crate) fn has_snapshots(&self) -> bool {
        self.conditions.is_some()
    }

    /// Whether nobody has told yet what events have.
    pub(crate) fn is_unknown(&self) -> bool {
        self.layout.names.is_empty()
    }

    /// The types of the published fields, as far as they are known.
    pub(crate) fn types(&self) -> Vec<Shared<FieldMetaData>> {
        self.layout.names.iter().map(|name| self.types.get(name).cloned().unwrap_or_default()).collect()
    }

    /// Takes over what the server says of fields. Returns the layout if none was known.
    pub(crate) fn describe(
        &mut self,
        layout: &Arc<EventLayout>,
        types: &[impl Clone + Into<Shared<FieldMetaData>>],
    ) -> Option<Arc<EventLayout>> {
        let types = types.iter().map(|types| types.clone().into());
        self.types = layout.names.iter().cloned().zip(types).collect();
        self.is_unknown().then(|| Arc::clone(layout))
    }

    /// Whether events have another layout from now on.
    pub(crate) fn set_layout(&mut self, layout: &Arc<EventLayout>) -> bool {
        if Arc::ptr_eq(layout, &self.layout) {
            return false;
        }
        let before = std::mem::replace(&mut self.layout, Arc::clone(layout));
        let other = *before != **layout;
        if let Some(conditions) = self.conditions.as_mut().filter(|_| other) {
            conditions.clear();
        }
        other
    }
}

impl DataSet {
    /// Turns each event into a message, or notes what it says of its condition.
    pub(crate) fn publish_events(
        &mut self,
        batch: &EventBatch,
        delivery: u64,
        time: Time,
        outbox: &mut Outbox,
        losses: &mut VecDeque<Loss>,
    ) {
        self.set_connected(true);
        self.learn_origin(&batch.namespaces);
        let writer = self.id();
        if !batch.is_empty() {
            self.announce_once(outbox, time.utc);
        }
        for event in batch.rows() {
            let lost = match self.note(&event, batch, time.now) {
                Ok(true) => self.publish_event(&event, batch, delivery, time, outbox),
                Ok(false) => Vec::new(),
                Err(reason) => vec![reason],
            };
            losses.extend(lost.into_iter().map(|reason| Loss { writer, values: 1, reason }));
        }
    }

    /// Whether an event is to be published; it may only have changed what is known of a condition.
    fn note(&mut self, event: &EventRow<'_>, batch: &EventBatch, now: Instant) -> Result<bool, LossReason> {
        if !self.has_item(event.client_handle) {
            return Err(LossReason::UnknownField(event.client_handle));
        }
        let Some(EventState { layout, conditions, replays, .. }) = self.events_mut() else { return Ok(false) };
        if !layout.fits(event) {
            return Err(LossReason::Malformed(misfit(event.len(), layout)));
        }
        if let Some(conditions) = conditions {
            let noted = conditions.event(event, layout, &batch.namespaces, now);
            return if noted { Ok(false) } else { Err(LossReason::TooManyConditions) };
        }
        Ok(replays.as_mut().is_none_or(|replays| replays.is_new(event, layout)))
    }

    fn publish_event(
        &mut self,
        event: &EventRow<'_>,
        batch: &EventBatch,
        delivery: u64,
        time: Time,
        outbox: &mut Outbox,
    ) -> Vec<LossReason> {
        let part = Part { field: self.topic_of(0), ..self.part(1, Some(delivery)) };
        let sent = self.append(FrameKind::Event, part, time, outbox, |set, out| {
            set.push_event(out, |index| event.field(index), &batch.namespaces);
        });
        match sent {
            Ok(malformed) => malformed.into_iter().map(LossReason::Malformed).collect(),
            Err(TooLarge { size, limit }) => vec![LossReason::TooLarge { size, limit }],
        }
    }

    fn push_event<'v>(&self, out: &mut Fields<'_>, value: impl Fn(usize) -> EncodedValue<'v>, namespaces: &[String]) {
        let prefix = self.events().map_or(&[][..], |events| &events.prefix);
        out.push_event(prefix, |out| {
            for index in 0..self.field_count() {
                out.push(&self.field_of(index), &alone(value(index), namespaces));
            }
        });
        self.push_constants(out);
    }

    /// Sends all retained conditions if it is time.
    pub(crate) fn snapshot(&mut self, time: Time, outbox: &mut Outbox) {
        let conditions = self.events_mut().and_then(|events| events.conditions.as_mut());
        if !conditions.is_some_and(|conditions| conditions.due(time.now)) {
            return;
        }
        let Some(conditions) = self.events_mut().and_then(|events| events.conditions.take()) else { return };
        for retained in conditions.retained() {
            // A condition too large for a message was too large as an event; it stays known.
            let part = Part { field: self.topic_of(0), ..self.part(0, None) };
            let sent = self.append(FrameKind::Condition, part, time, outbox, |set, out| {
                set.push_event(out, |index| retained.field(index), &retained.namespaces);
            });
            let _ = sent;
        }
        if let Some(events) = self.events_mut() {
            events.conditions = Some(conditions);
        }
    }

    pub(crate) fn snapshot_deadline(&self) -> Option<Instant> {
        self.events()?.conditions.as_ref().map(Conditions::deadline)
    }
}

fn misfit(sent: usize, layout: &EventLayout) -> Error {
    let message = format!("the server sent {sent} fields of an event instead of the {} asked for", layout.fields);
    Error::new(ErrorKind::Protocol, "read an event", message)
}

fn alone<'a>(value: EncodedValue<'a>, namespaces: &'a [String]) -> Current<'a> {
    let value = EncodedDataValue { value, status: StatusCode::Good, source_timestamp: None, server_timestamp: None };
    (value, namespaces)
}
