//! What a broker keeps of a group for later subscribers, and has to forget when nobody sends it any more.

use std::collections::BTreeMap;

use iiot_core::transport::{Message, QualityOfService};

use super::super::sender::Outgoing;
use super::GroupTask;
use crate::message::MessageKind;
use crate::plan::WriterPlan;
use crate::topic::{self, Names};

/// Topics of which the broker keeps the last message.
pub(super) type Kept = BTreeMap<String, QualityOfService>;

impl GroupTask {
    /// What the broker keeps of the plan; nothing where the sink keeps nothing.
    pub(super) fn kept(&self) -> Kept {
        let mut kept = Kept::new();
        if self.sink.carries().retain {
            self.plan.writers.iter().for_each(|writer| self.keep(writer, &mut kept));
        }
        kept
    }

    fn keep(&self, writer: &WriterPlan, kept: &mut Kept) {
        let (plan, parts) = (&self.plan, &self.shared.parts);
        let publisher_id = plan.publisher_id.as_deref().unwrap_or(&parts.publisher_id);
        let names = Names { publisher_id, group: plan, writer: Some(writer) };
        let quality = writer.route.quality.unwrap_or(plan.quality);
        let has_schema = parts.schemas && !plan.profile.is_binary();
        let metadata = plan.profile.has_metadata().then(|| topic::metadata(names));
        let told = metadata.into_iter().chain(has_schema.then(|| topic::schema(names)));
        kept.extend(told.filter(|_| writer.meta_data_retain).map(|topic| (topic, quality)));
        if !writer.route.retain.unwrap_or(plan.retain) {
            return;
        }
        let own = writer.has_own_route(plan);
        let data = topic::data(Names { writer: Some(writer).filter(|_| own), ..names });
        let fields = self.levels.get(&writer.id).filter(|_| writer.is_routed()).into_iter().flatten();
        kept.extend(fields.map(|(_, levels)| (format!("{data}/{levels}"), quality)));
        kept.insert(data, quality);
    }

    /// Has the broker forget what it kept before and nobody sends any more.
    pub(super) fn clear(&mut self, before: Kept) {
        let now = self.kept();
        for (topic, quality) in before.into_iter().filter(|(topic, _)| !now.contains_key(topic)) {
            let message = Message { retain: true, quality, ..Message::new(topic, Vec::new()) };
            // No message of the policy has this number.
            let outgoing = Outgoing { id: u64::MAX, kind: MessageKind::MetaData { writer: 0 }, values: 0, message };
            self.sender.push(None, outgoing);
        }
    }
}
