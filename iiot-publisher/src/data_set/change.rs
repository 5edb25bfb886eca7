//! A writer gets other fields or settings while it runs.

use std::collections::HashSet;
use std::time::Instant;

use super::{DataSet, Time};
use crate::encode::Prefixes;
use crate::plan::{FieldPlan, Shared, SinkChoice, WriterGroupPlan, WriterPlan};

impl DataSet {
    /// The writer is like this from now on. Numbers go on, and so does what is known of fields that
    /// keep their client handle. Where other metadata is to be told it goes before the next data, under
    /// a new version.
    pub(crate) fn change(&mut self, group: &WriterGroupPlan, plan: &WriterPlan, publisher_id: &str, time: Time) {
        let new = Self::new(group, plan, (publisher_id, self.timestamps), None, time);
        let before = std::mem::replace(self, new);
        self.go_on(before, time.now);
    }

    /// Whether [`change`](Self::change) would change nothing.
    pub(crate) fn is_like(&self, group: &WriterGroupPlan, plan: &WriterPlan) -> bool {
        let route = plan.has_own_route(group).then_some(plan.id);
        let same = match self.events() {
            Some(events) => events.is_of(plan) && self.plan == events.published(plan),
            None => self.is_of(plan),
        };
        self.profile == group.profile && self.route == route && self.way == way(group) && same
    }

    fn is_of(&self, plan: &WriterPlan) -> bool {
        match &self.configured {
            Some(fields) => *plan == WriterPlan { fields: fields.clone(), ..self.plan.clone() },
            None => *plan == self.plan,
        }
    }

    /// The server knows the fields like this.
    pub(crate) fn learn(&mut self, fields: Shared<Vec<FieldPlan>>) {
        if self.events.is_some() || fields.len() != self.plan.fields.len() || fields == self.plan.fields {
            return;
        }
        self.configured.get_or_insert_with(|| self.plan.fields.clone());
        self.plan.fields = fields;
        self.prefixes = Prefixes::of(self.profile, &self.plan, &self.application_uri);
        self.announced = false;
    }

    /// What the server said of fields before counts until it says something else.
    fn keep_learned(&mut self, before: &Self) {
        let Some(configured) = &before.configured else { return };
        let mut names: HashSet<&str> = self.plan.fields.iter().map(|field| field.name.as_str()).collect();
        let mut fields = self.plan.fields.clone();
        for (position, field) in fields.iter_mut().enumerate() {
            let Some(old) = before.places.position(self.plan.handle(position)) else { continue };
            let known = &before.plan.fields[old];
            if configured[old] == self.plan.fields[position] && (known.name == field.name || names.insert(&known.name))
            {
                *field = known.clone();
            }
        }
        self.learn(fields);
    }

    fn go_on(&mut self, mut before: Self, now: Instant) {
        self.version = before.version;
        self.encoder.set_version(before.version);
        (self.fingerprint, self.unsaved) = (before.fingerprint, before.unsaved);
        (self.sequence_number, self.connected) = (before.sequence_number, before.connected);
        self.learn_origin(&[String::new(), std::mem::take(&mut before.application_uri)]);
        self.structures = std::mem::take(&mut before.structures);
        self.type_namespaces = std::mem::take(&mut before.type_namespaces);
        self.rounds = std::mem::take(&mut before.rounds);
        if before.plan.metadata_interval == self.plan.metadata_interval {
            self.repeated_at = before.repeated_at;
        }
        match (before.events.take(), &mut self.events) {
            (Some(old), Some(new)) if before.plan.event == self.plan.event => {
                new.go_on(old);
                self.take_event_fields(now);
            }
            (None, None) => {
                self.keep_learned(&before);
                self.keep_fields(&mut before);
            }
            _ => {}
        }
        let there = before.profile == self.profile && self.goes_as(&before);
        self.announced = before.announced && there && !self.is_described_otherwise();
        if self.announced && before.plan.key_frame_count == self.plan.key_frame_count {
            (self.since_key_frame, self.key_frame_refused) = (before.since_key_frame, before.key_frame_refused);
        }
    }

    /// Whether its metadata goes where that of another goes.
    fn goes_as(&self, other: &Self) -> bool {
        let of = |set: &Self| (set.way.clone(), set.route, set.plan.route.clone(), set.plan.meta_data_topic.clone());
        of(self) == of(other)
    }

    fn keep_fields(&mut self, before: &mut Self) {
        for position in 0..self.fields.len() {
            let Some(old) = before.places.position(self.plan.handle(position)) else { continue };
            let settings = &self.plan.fields[position];
            self.fields[position].go_on(&mut before.fields[old], settings, self.in_key_frames);
            std::mem::swap(&mut self.types[position], &mut before.types[old]);
        }
    }
}

/// What decides where messages of a group go.
pub(super) type Way = (Option<String>, Option<String>, Option<SinkChoice>);

/// That of a group.
pub(super) fn way(group: &WriterGroupPlan) -> Way {
    (group.topic.clone(), group.publisher_id.clone(), group.sink.clone())
}
