//! Events, and conditions as they are now.

use iiot_core::session::{EventBatchBuilder, EventField, EventQuery};
use iiot_core::ua::ByteString;

use super::*;
use crate::plan::{ConditionPlan, EventPlan, EventSelection};
use crate::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};

/// EventType, condition and message are published; behind them come EventId, BranchId and Retain where they are
/// looked at.
fn events(conditions: Option<ConditionPlan>, refresh_on_start: bool) -> WriterPlan {
    let fields = [EventField::new("EventType"), EventField::condition_id(), EventField::new("Message")];
    let names = ["EventType", "ConditionId", "Message"].map(Into::into).into();
    let selection =
        EventSelection::Query { names, query: EventQuery::new(fields), class_field_ids: Default::default() };
    WriterPlan { event: Some(EventPlan { selection, conditions, refresh_on_start }), ..writer(1, &["Server"]) }
}

fn conditions() -> ConditionPlan {
    ConditionPlan { snapshot_interval: 60 * SECOND, update_interval: 2 * SECOND }
}

impl Bench {
    /// An event of this type of OPC UA, of a condition.
    fn event(&mut self, event_type: u32, condition: &str, message: &str, retain: bool) -> u64 {
        let fields: [Variant; 6] = [
            NodeId::new(0, event_type).into(),
            NodeId::new(1, condition).into(),
            message.into(),
            ByteString::from(message.as_bytes()).into(),
            Variant::from(NodeId::null()),
            retain.into(),
        ];
        self.report(&fields)
    }

    fn report(&mut self, fields: &[Variant]) -> u64 {
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
    let mut bench = Bench::new(&group(vec![events(None, false)]));
    let plain = |message: &str| [NodeId::new(0, 2041_u32).into(), Variant::Empty, message.into()];
    let tokens = [bench.report(&plain("one")), bench.report(&plain("two"))];
    let messages = bench.messages();
    let data: Vec<Value> = messages.iter().skip(1).flat_map(data_set_messages).collect();
    assert_eq!(told(&data), ["event one", "event two"]);
    assert!(bench.releases().is_empty());
    messages.iter().for_each(|message| bench.group.handle_acknowledged(message.id));
    assert_eq!(bench.releases(), tokens);
}

#[test]
fn an_event_with_other_fields_than_asked_for_is_a_loss() {
    let mut bench = Bench::new(&group(vec![events(None, false)]));
    bench.report(&["alone".into()]);
    let loss = bench.group.poll_loss().unwrap();
    assert_eq!(loss.values, 1);
    assert!(matches!(loss.reason, LossReason::Malformed(_)));
    assert!(bench.frames().is_empty());
}

#[test]
fn fields_that_the_server_tells_of_later_are_other_metadata() {
    let mut plan = events(None, false);
    let selection = EventSelection::Type(ItemNode::Indexed(NodeId::new(0, 2041_u32)));
    plan.event.as_mut().unwrap().selection = selection;
    let mut bench = Bench::new(&group(vec![plan]));
    let layout = |names: &[&str]| {
        let query = EventQuery::new(names.iter().map(|name| EventField::new(*name)));
        Arc::new(EventLayout::of(names.iter().map(|name| String::from(*name)).collect(), &query))
    };
    let (now, utc) = (bench.now, bench.utc);
    bench.group.handle_event_metadata(1, &layout(&["Message"]), &[FieldMetaData::default()], &[], now, utc);
    bench.report(&["one".into()]);
    bench.group.handle_event_layout(1, &layout(&["Severity", "Message"]), now);
    bench.report(&[5_u16.into(), "two".into()]);
    let messages: Vec<Value> =
        bench.messages().iter().map(|message| serde_json::from_slice(&message.payload).unwrap()).collect();
    let kinds: Vec<&str> = messages.iter().map(|message| message["MessageType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ua-metadata", "ua-data", "ua-metadata", "ua-data"]);
    let names = |meta_data: &Value| -> Vec<String> {
        let fields = meta_data["MetaData"]["Fields"].as_array().unwrap();
        fields.iter().map(|field| field["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (names(&messages[0]), names(&messages[2])),
        (vec!["Message".into()], vec!["Severity".into(), "Message".into()])
    );
    assert_eq!(messages[3]["Messages"][0]["Payload"]["Severity"]["Value"], 5);
}

#[test]
fn in_samples_an_event_is_one_value_of_its_notifier() {
    let mut plan = group(vec![events(None, false)]);
    plan.profile = MessageProfile::new(MessagingMode::Samples, MessageEncoding::Json, Dialect::Compatible).unwrap();
    let mut bench = Bench::new(&plan);
    bench.report(&[NodeId::new(0, 2041_u32).into(), Variant::Empty, "one".into()]);
    let messages = bench.messages();
    let sample: Value = serde_json::from_slice(&messages[0].payload).unwrap();
    let sample = sample.as_array().map_or(&sample, |samples| &samples[0]);
    assert_eq!(sample["DisplayName"], "Server");
    assert_eq!(sample["Value"]["Value"]["Message"]["Value"], "one", "{sample}");
}

#[test]
fn retained_conditions_are_sent_after_a_change_and_again_from_time_to_time() {
    let mut bench = Bench::new(&group(vec![events(Some(conditions()), false)]));
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
    let frames = bench.frames();
    assert_eq!(told(&frames), ["condition higher"]);
    assert!(frames[0]["Payload"].get("Retain").is_none(), "what is only looked at is not published");
}

#[test]
fn a_refresh_replaces_what_was_known() {
    let mut bench = Bench::new(&group(vec![events(Some(conditions()), false)]));
    bench.event(2915, "gone meanwhile", "x", true);
    bench.event(2915, "a", "known", true);
    bench.event(2787, "", "start", false);
    bench.pass(2 * SECOND);
    assert_eq!(told(&bench.frames()), ["condition known", "condition x"], "a refresh that lasts hides nothing");
    bench.event(2915, "a", "still there", true);
    bench.event(2788, "", "end", false);
    assert_eq!(told(&bench.frames()), ["condition still there"]);
}

#[test]
fn a_refresh_publishes_only_what_was_not_published() {
    let mut bench = Bench::new(&group(vec![events(None, true)]));
    bench.event(2915, "a", "high", true);
    bench.event(2789, "", "required", false);
    let refreshed = bench.event(2787, "", "start", false);
    bench.event(2915, "a", "high", true);
    bench.event(2915, "b", "raised meanwhile", true);
    bench.event(2788, "", "end", false);
    bench.event(2915, "a", "over", false);
    let messages = bench.messages();
    let data: Vec<Value> = messages.iter().skip(1).flat_map(data_set_messages).collect();
    assert_eq!(told(&data), ["event high", "event raised meanwhile", "event over"]);
    messages.iter().for_each(|message| bench.group.handle_acknowledged(message.id));
    assert!(bench.releases().contains(&refreshed));
}
