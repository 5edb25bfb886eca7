//! A group goes on with another plan.

use std::collections::HashSet;

use super::super::origin::Origin;
use super::{GroupTask, data_topic, options};
use crate::plan::{FieldPlan, WriterGroupPlan, WriterPlan};

impl GroupTask {
    /// Goes on with another plan. Writers that it leaves out stay until what they had under way is in
    /// messages.
    pub(super) fn change(&mut self, mut plan: WriterGroupPlan) {
        let wanted: HashSet<u16> = plan.writers.iter().map(|writer| writer.id).collect();
        self.retiring.retain(|writer, _| !wanted.contains(writer));
        for writer in self.plan.writers.iter().filter(|writer| !wanted.contains(&writer.id)) {
            self.retiring.entry(writer.id).or_default();
            plan.writers.push(silenced(writer));
        }
        plan.writers.sort_by_key(|writer| writer.id);
        self.set_plan(plan);
    }

    fn set_plan(&mut self, plan: WriterGroupPlan) {
        // What was written so far goes where it was to go.
        self.policy.flush();
        self.pump();
        self.sink = self.shared.parts.sinks.chosen_or_first(plan.sink.as_ref());
        self.sender.set_sink(&self.sink);
        self.sender.set_count(plan.partitions);
        let options = options(&self.shared, self.sink.as_ref(), self.known_meta_data.clone());
        self.policy.change(&plan, &options, self.shared.clock().now(), self.shared.clock().utc());
        if let Origin::Log { supply, .. } = &mut self.origin {
            supply.change(&plan);
        }
        self.status.lock().topic = data_topic(&plan, &self.shared.parts.publisher_id);
        let kept = self.kept();
        self.plan = plan;
        self.follow_plan();
        self.clear(kept);
    }

    /// Forgets writers of which nothing more can come.
    pub(super) fn retire(&mut self) {
        let gone = |end: &Option<u64>| match (&self.origin, end) {
            (Origin::Log { supply, .. }, Some(end)) => supply.has_taken(*end),
            (_, end) => end.is_some(),
        };
        let gone: Vec<u16> = self.retiring.iter().filter(|(_, end)| gone(end)).map(|(writer, _)| *writer).collect();
        if gone.is_empty() {
            return;
        }
        self.retiring.retain(|writer, _| !gone.contains(writer));
        let mut plan = self.plan.clone();
        plan.writers.retain(|writer| !gone.contains(&writer.id));
        self.set_plan(plan);
        if let Origin::Writers(releases) = &mut self.origin {
            releases.retain(|writer, _| !gone.contains(writer));
        }
    }
}

/// The writer without all that it would send by itself.
fn silenced(writer: &WriterPlan) -> WriterPlan {
    let silent = |field: &FieldPlan| {
        let mut silent = field.clone();
        if silent.heartbeat.is_some() {
            silent.heartbeat = None;
        }
        silent
    };
    WriterPlan {
        fields: writer.fields.iter().map(silent).collect(),
        send_keep_alive: false,
        keep_alive_as_key_frame: false,
        metadata_interval: None,
        ..writer.clone()
    }
}
