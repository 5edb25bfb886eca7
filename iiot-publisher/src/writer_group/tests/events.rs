//! Events, and conditions as they are now.

use iiot_core::session::{EventBatchBuilder, EventQuery};

use super::*;
use crate::plan::{ConditionPlan, EventPlan};

fn events(conditions: Option<ConditionPlan>) -> WriterPlan {
    let mut plan = writer(1, &["EventType", "ConditionId", "Message"]);
    let event =
        EventPlan { notifier: ItemNode::Indexed(NodeId::new(0, 2253_u32)), query: EventQuery::base(), conditions };
    plan.event = Some(event);
    plan
}

fn conditions() -> ConditionPlan {
    ConditionPlan {
        snapshot_interval: 60 * SECOND,
        update_interval: 2 * SECOND,
        condition_id: 1,
        retain: 3,
        event_type: 0,
        branch_id: None,
    }
}

impl Bench {
    /// An event of this type of OPC UA, of a condition.
    fn event(&mut self, event_type: u32, condition: &str, message: &str, retain: bool) -> u64 {
        let fields: [Variant; 4] =
            [NodeId::new(0, event_type).into(), NodeId::new(1, condition).into(), message.into(), retain.into()];
        let fields: Vec<Vec<u8>> = fields.iter().map(encoded).collect();
        let mut builder = EventBatchBuilder::default();
        builder.push(0, fields.iter().map(Vec::as_slice));
        let batch = builder.build(1, self.next_sequence_number, Some(self.utc));
        self.next_sequence_number += 1;
        self.group.handle_events(1, &batch, self.now, self.utc);
        batch.token
    }
}

/// The last field of each frame, with its kind.
fn told(frames: &[Value]) -> Vec<String> {
    let text = |frame: &Value| {
        let kind = frame["MessageType"].as_str().unwrap().trim_start_matches("ua-");
        format!("{kind} {}", frame["Payload"]["Message"]["Value"].as_str().unwrap())
    };
    frames.iter().map(text).collect()
}

#[test]
fn each_event_is_a_message_of_its_own() {
    let mut bench = Bench::new(&group(vec![events(None)]));
    let first = bench.event(2041, "a", "one", true);
    let second = bench.event(2041, "a", "two", false);
    let messages = bench.messages();
    let data: Vec<Value> = messages.iter().skip(1).flat_map(data_set_messages).collect();
    assert_eq!(told(&data), ["event one", "event two"]);
    assert!(data[0]["Payload"].get("Retain").is_none(), "what is only looked at is not published");
    assert!(bench.releases().is_empty());
    messages.iter().for_each(|message| bench.group.handle_acknowledged(message.id));
    assert_eq!(bench.releases(), [first, second]);
}

#[test]
fn retained_conditions_are_sent_after_a_change_and_again_from_time_to_time() {
    let mut bench = Bench::new(&group(vec![events(Some(conditions()))]));
    let token = bench.event(2915, "a", "high", true);
    bench.event(2915, "b", "low", true);
    bench.event(2915, "a", "higher", true);
    assert_eq!(bench.releases()[0], token);
    assert!(bench.frames().is_empty());
    bench.pass(2 * SECOND);
    assert_eq!(told(&bench.frames()), ["condition higher", "condition low"]);
    bench.event(2915, "b", "low", false);
    bench.pass(2 * SECOND);
    assert_eq!(told(&bench.frames()), ["condition higher"]);
    bench.pass(59 * SECOND);
    assert!(bench.frames().is_empty());
    bench.pass(SECOND);
    assert_eq!(told(&bench.frames()), ["condition higher"]);
}

#[test]
fn a_refresh_replaces_what_was_known() {
    let mut bench = Bench::new(&group(vec![events(Some(conditions()))]));
    bench.event(2915, "gone meanwhile", "x", true);
    assert_eq!(bench.group.poll_condition_refresh(), None);
    bench.event(2789, "", "refresh required", false);
    assert_eq!(bench.group.poll_condition_refresh(), Some(1));
    assert_eq!(bench.group.poll_condition_refresh(), None);
    bench.event(2787, "", "start", false);
    bench.event(2915, "a", "still there", true);
    bench.event(2788, "", "end", false);
    assert_eq!(told(&bench.frames()), ["condition still there"]);
}
