//! A field of the plan as a monitored item.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{EventQuery, Item};
use iiot_core::ua::{DataChangeFilter, DataChangeTrigger, MonitoringMode, NodeId};

use crate::plan::{DataChange, FieldPlan, WriterPlan};

/// The items of a writer. Events have one; fields whose path leads nowhere have none.
pub(super) fn items(writer: &WriterPlan, events: Option<&EventQuery>) -> Vec<Item> {
    if let Some(query) = events {
        let notifier = writer.fields.iter().take(1).filter(|notifier| notifier.path.is_none());
        return notifier.map(|notifier| event_item(writer, notifier, query)).collect();
    }
    let triggers = Triggers::of(writer);
    let item = |(position, field): (usize, &FieldPlan)| Item {
        client_handle: writer.handle(position),
        node: Arc::clone(&field.node),
        attribute_id: field.attribute_id,
        index_range: field.index_range.clone(),
        sampling_interval_ms: field.sampling_interval.as_secs_f64() * 1e3,
        queue_size: field.queue_size.unwrap_or_else(|| queue_size(field, writer.publishing_interval)),
        discard_oldest: field.discard_oldest,
        filter: field.filter.as_ref().map(|change| filter(change).into()),
        monitoring_mode: match field.triggered_by {
            Some(_) => MonitoringMode::Sampling,
            None => MonitoringMode::Reporting,
        },
        triggered_by: triggers.handle(field).into_iter().collect(),
        expected_within: writer.watchdog.filter(|_| field.triggered_by.is_none()).map(|watchdog| watchdog.timeout),
    };
    writer.fields.iter().enumerate().filter(|(_, field)| field.path.is_none()).map(item).collect()
}

/// The client handles of the fields that trigger others, by name.
struct Triggers<'a>(HashMap<&'a str, u32>);

impl<'a> Triggers<'a> {
    fn of(writer: &'a WriterPlan) -> Self {
        let triggers: HashSet<&str> = writer.fields.iter().filter_map(|field| field.triggered_by.as_deref()).collect();
        let fields = writer.fields.iter().enumerate().filter(|_| !triggers.is_empty());
        let named = fields.filter(|(_, field)| triggers.contains(field.name.as_str()));
        Self(named.map(|(at, field)| (field.name.as_str(), writer.handle(at))).collect())
    }

    fn handle(&self, triggered: &FieldPlan) -> Option<u32> {
        self.0.get(triggered.triggered_by.as_deref()?).copied()
    }
}

/// Events are queued as long as the server can: none is ever the newest of its kind.
fn event_item(writer: &WriterPlan, notifier: &FieldPlan, query: &EventQuery) -> Item {
    Item {
        client_handle: writer.handle(0),
        node: Arc::clone(&notifier.node),
        queue_size: notifier.queue_size.unwrap_or(MAX_DEFAULT_QUEUE),
        discard_oldest: notifier.discard_oldest,
        ..Item::events(0, NodeId::null(), query.clone())
    }
}

/// Values that one publishing cycle can bring, and one more. A server only tells of an overflow
/// where the queue holds more than one.
fn queue_size(field: &FieldPlan, publishing_interval: Duration) -> u32 {
    // It is wanted as it is when the other one is reported.
    if field.triggered_by.is_some() {
        return 1;
    }
    let sampling = field.sampling_interval.max(FASTEST_SAMPLING);
    let values = publishing_interval.as_nanos().div_ceil(sampling.as_nanos());
    u32::try_from(values).map_or(MAX_DEFAULT_QUEUE, |values| values.saturating_add(1)).clamp(2, MAX_DEFAULT_QUEUE)
}

fn filter(change: &DataChange) -> DataChangeFilter {
    let trigger = match change.trigger {
        0 => DataChangeTrigger::Status,
        2 => DataChangeTrigger::StatusValueTimestamp,
        _ => DataChangeTrigger::StatusValue,
    };
    DataChangeFilter { trigger, deadband_type: change.deadband_type, deadband_value: change.deadband_value }
}

/// What "as fast as the server can" is taken for.
const FASTEST_SAMPLING: Duration = Duration::from_millis(10);
const MAX_DEFAULT_QUEUE: u32 = 10_000;

#[cfg(test)]
mod tests {
    use iiot_core::session::ItemNode;

    use super::*;

    #[test]
    fn the_queue_holds_a_cycle_and_one_more_unless_set() {
        let cases = [(1000, 1000, 2), (1000, 300, 5), (100, 1000, 2), (1000, 0, 101), (3_600_000, 1, 10_000)];
        for (publishing, sampling, expected) in cases {
            let node = ItemNode::Indexed(NodeId::new(0, 1));
            let field = FieldPlan::of_node(node, Duration::from_millis(sampling));
            assert_eq!(queue_size(&field, Duration::from_millis(publishing)), expected, "{publishing} {sampling}");
        }
    }
}
