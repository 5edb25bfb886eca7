//! The topics of fields that have one of their own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::topics::Claims;
use super::super::writer::FieldLevels;
use super::GroupTask;
use crate::plan::{FieldPlan, WriterGroupPlan, WriterPlan};
use crate::sink::Sink;
use crate::topic;
use crate::writer_group::NetworkMessage;

/// What stands behind the topic of each writer, by client handle.
pub(super) type Levels = HashMap<u16, HashMap<u32, String>>;

/// The same by the names of writers and fields, as it outlasts the process.
pub(in crate::service) type KnownTopics = BTreeMap<String, BTreeMap<String, String>>;

/// What an earlier process has given away, as far as it is free.
pub(super) fn known(
    plan: &WriterGroupPlan,
    known: &KnownTopics,
    base: impl Fn(&WriterPlan) -> String,
    claims: &mut Claims,
) -> Levels {
    let mut all = Levels::new();
    for writer in plan.writers.iter().filter(|writer| writer.is_routed()) {
        let (Some(known), base) = (known.get(&writer.name), base(writer)) else { continue };
        for (position, field) in writer.fields.iter().enumerate() {
            let (Some(levels), handle) = (known.get(&field.name), writer.handle(position)) else { continue };
            let given = claims.claim((&plan.name, writer.id, handle), &base, levels, None);
            all.entry(writer.id).or_default().insert(handle, given);
        }
    }
    all
}

impl GroupTask {
    /// What stands behind the topic of the writer in that of a message; the name of the field while nobody has told where
    /// its node lies.
    pub(super) fn levels_of(&self, message: &NetworkMessage) -> Option<String> {
        let (writer, field) = (self.writer(message.route?)?, message.field?);
        let known = self.levels.get(&writer.id).and_then(|levels| levels.get(&writer.handle(field)));
        let by_name = || writer.fields.get(field).map(|field| topic::level(&field.name));
        known.cloned().or_else(by_name)
    }

    /// The server has told where the nodes of a writer lie.
    pub(super) fn set_levels(&mut self, writer: u16, told: FieldLevels) {
        let Some(plan) = self.writer(writer).cloned() else { return };
        let (base, mut levels) = (self.base_topic(&plan), self.levels.remove(&writer).unwrap_or_default());
        let shared = Arc::clone(&self.shared);
        let mut claims = shared.topics.lock();
        let (mut changed, mut doubles) = (false, 0);
        for (handle, told) in told {
            let before = levels.get(&handle).map(String::as_str);
            let given = claims.claim((&self.plan.name, writer, handle), &base, &told, before);
            if before != Some(&*given) {
                if given != told {
                    doubles += 1;
                    self.report_double(doubles, &plan, handle, &given);
                }
                levels.insert(handle, given);
                changed = true;
            }
        }
        drop(claims);
        self.levels.insert(writer, levels);
        if changed {
            self.remember_topics();
        }
    }

    fn report_double(&self, number: usize, plan: &WriterPlan, handle: u32, levels: &str) {
        if number > MAX_REPORTED {
            return;
        }
        let field = plan.fields.iter().enumerate().find(|(position, _)| plan.handle(*position) == handle);
        let (field, writer) = (field.map_or("", |(_, field)| &field.name), &plan.name);
        tracing::warn!("{field} of writer {writer} would have the topic of another field; it is sent to …/{levels}");
    }

    /// The plan is another one: topics of writers that are gone are free, those of the others follow.
    pub(super) fn follow_plan(&mut self) {
        let before = std::mem::take(&mut self.levels);
        if before.is_empty() {
            return;
        }
        let mut claims = self.shared.topics.lock();
        for (writer, levels) in before {
            claims.release(&self.plan.name, writer);
            let Some(plan) = self.plan.writers.iter().find(|plan| plan.id == writer && plan.is_routed()) else {
                continue;
            };
            let (base, wanted) = (self.base_topic(plan), (0..plan.fields.len()).map(|position| plan.handle(position)));
            let kept = wanted.filter_map(|handle| {
                let known = levels.get(&handle)?;
                Some((handle, claims.claim((&self.plan.name, writer, handle), &base, known, None)))
            });
            self.levels.insert(writer, kept.collect());
        }
    }

    /// All topics of the group are free.
    pub(super) fn release_topics(&self) {
        let mut claims = self.shared.topics.lock();
        self.levels.keys().for_each(|writer| claims.release(&self.plan.name, *writer));
    }

    fn base_topic(&self, writer: &WriterPlan) -> String {
        base_topic(&self.plan, &self.shared.parts.publisher_id, writer, self.sink.as_ref())
    }

    /// Keeps the topics for the next start, so that none changes its field.
    fn remember_topics(&self) {
        let Some(store) = &self.shared.parts.store else { return };
        let of_writer = |writer: &WriterPlan| {
            let levels = self.levels.get(&writer.id)?;
            let named = |(position, field): (usize, &FieldPlan)| {
                Some((field.name.clone(), levels.get(&writer.handle(position))?.clone()))
            };
            Some((writer.name.clone(), writer.fields.iter().enumerate().filter_map(named).collect()))
        };
        let known: KnownTopics = self.plan.writers.iter().filter_map(of_writer).collect();
        if let Err(error) = store.save_topics(&self.plan.name, &known) {
            let group = &self.plan.name;
            tracing::warn!("topics of group {group} may change at the next start: {}", error.report());
        }
    }
}

/// The topic of a writer, with the sink before it.
pub(super) fn base_topic(plan: &WriterGroupPlan, publisher_id: &str, writer: &WriterPlan, sink: &dyn Sink) -> String {
    let publisher_id = plan.publisher_id.as_deref().unwrap_or(publisher_id);
    let topic = topic::data(topic::Names { publisher_id, group: plan, writer: Some(writer) });
    format!("{}:{topic}", sink.address())
}

/// Topics that are told of at once.
const MAX_REPORTED: usize = 20;
