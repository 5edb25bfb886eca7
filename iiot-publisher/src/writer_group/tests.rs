//! Each decision on simulated time, and that no value is lost or doubled.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use iiot_core::session::{BatchBuilder, ConnectOptions, ItemNode};
use iiot_core::transport::QualityOfService;
use iiot_core::ua::{BinaryEncodable, ContextOwned, NodeId, Variant};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::plan::{Connection, FieldPlan, WriterPlan};

const SECOND: Duration = Duration::from_secs(1);

fn field(name: &str) -> FieldPlan {
    FieldPlan {
        name: name.into(),
        node: ItemNode::Indexed(NodeId::new(1, name)),
        attribute_id: 13,
        index_range: String::new(),
        sampling_interval: SECOND,
        queue_size: None,
        discard_oldest: true,
        skip_first: false,
        heartbeat: None,
        filter: None,
    }
}

fn writer(id: u16, fields: &[&str]) -> WriterPlan {
    WriterPlan {
        id,
        name: format!("writer {id}"),
        connection: Connection(ConnectOptions::new("opc.tcp://localhost:4840")),
        publishing_interval: SECOND,
        priority: 0,
        max_keep_alive_count: None,
        key_frame_count: 0,
        send_keep_alive: false,
        metadata_interval: None,
        data_set_name: "boiler".into(),
        data_set_description: String::new(),
        data_set_class_id: None,
        fields: fields.iter().map(|name| field(name)).collect(),
    }
}

fn group(writers: Vec<WriterPlan>) -> WriterGroupPlan {
    WriterGroupPlan {
        name: "group".into(),
        publisher_id: None,
        topic: None,
        quality: QualityOfService::AtLeastOnce,
        profile: Default::default(),
        batch_size: 1,
        batch_interval: Duration::ZERO,
        max_message_size: None,
        writers,
    }
}

/// A group with its clock.
struct Bench {
    group: WriterGroup,
    now: Instant,
    utc: UtcTime,
    next_sequence_number: u32,
}

impl Bench {
    fn new(plan: &WriterGroupPlan) -> Self {
        Self::with(plan, &WriterGroupOptions::default())
    }

    fn with(plan: &WriterGroupPlan, options: &WriterGroupOptions) -> Self {
        let (now, utc) = (Instant::now(), UtcTime::from_ticks(134_000_000_000_000_000));
        Self { group: WriterGroup::new(plan, options, now, utc), now, utc, next_sequence_number: 1 }
    }

    /// Lets time pass, waking whenever the group asks to be woken.
    fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.group.poll_timeout().filter(|at| *at <= end) {
            let at = at.max(self.now);
            self.utc = self.utc + (at - self.now);
            self.now = at;
            self.group.handle_timeout(self.now, self.utc);
        }
        self.utc = self.utc + (end - self.now);
        self.now = end;
    }

    /// Hands in rows (handle, value); the token is returned.
    fn data(&mut self, writer: u16, rows: &[(u32, Variant)]) -> u64 {
        let mut builder = BatchBuilder::default();
        for (handle, value) in rows {
            builder.push(*handle, StatusCode::Good, Some(self.utc), None, &encoded(value));
        }
        let batch = builder.build(1, self.next_sequence_number, Some(self.utc));
        self.next_sequence_number += 1;
        self.group.handle_data(writer, &batch, self.now, self.utc);
        batch.token
    }

    fn ints(&mut self, writer: u16, rows: &[(u32, i32)]) -> u64 {
        let rows: Vec<_> = rows.iter().map(|(handle, value)| (*handle, Variant::from(*value))).collect();
        self.data(writer, &rows)
    }

    fn messages(&mut self) -> Vec<NetworkMessage> {
        std::iter::from_fn(|| self.group.poll_message()).collect()
    }

    /// The DataSetMessages sent so far; metadata is dropped, all is acknowledged.
    fn frames(&mut self) -> Vec<Value> {
        let messages = self.messages();
        for message in &messages {
            self.group.handle_acknowledged(message.id);
        }
        messages.iter().filter(|message| message.kind == MessageKind::Data).flat_map(data_set_messages).collect()
    }

    fn meta_data(&mut self) -> Vec<Value> {
        let is_meta_data = |message: &NetworkMessage| matches!(message.kind, MessageKind::MetaData { .. });
        self.messages().iter().filter(|message| is_meta_data(message)).map(json).collect()
    }

    fn releases(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.group.poll_release()).map(|release| release.token).collect()
    }

    fn losses(&mut self) -> Vec<Loss> {
        std::iter::from_fn(|| self.group.poll_loss()).collect()
    }
}

fn encoded(value: &Variant) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes, &ContextOwned::default().context()).unwrap();
    bytes
}

fn json(message: &NetworkMessage) -> Value {
    serde_json::from_slice(&message.payload).unwrap()
}

fn data_set_messages(message: &NetworkMessage) -> Vec<Value> {
    let messages = json(message)["Messages"].as_array().unwrap().clone();
    assert_eq!(messages.len(), message.data_set_messages);
    messages
}

/// `name=value` of each field, with `!code` where there is a status, by name.
fn shown(frame: &Value) -> String {
    let kind = frame["MessageType"].as_str().unwrap().trim_start_matches("ua-");
    let fields = frame["Payload"].as_object().into_iter().flatten().map(|(name, value)| {
        let status = value["Status"]["Code"].as_u64().map(|code| format!("!{code:x}")).unwrap_or_default();
        let value = value.get("Value").map(ToString::to_string).unwrap_or_default();
        format!(" {name}={value}{status}")
    });
    format!("{kind}{}", fields.collect::<String>())
}

fn all_shown(frames: &[Value]) -> Vec<String> {
    frames.iter().map(shown).collect()
}

#[test]
fn several_values_of_a_field_go_into_successive_messages() {
    let mut bench = Bench::new(&group(vec![writer(1, &["a", "b"])]));
    bench.ints(1, &[(0, 1), (0, 2), (0, 3), (1, 10), (1, 20)]);
    let frames = bench.frames();
    assert_eq!(all_shown(&frames), ["deltaframe a=1 b=10", "deltaframe a=2 b=20", "deltaframe a=3"]);
    let numbers: Vec<_> = frames.iter().map(|frame| frame["SequenceNumber"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [0, 1, 2]);
}

#[test]
fn every_nth_message_is_a_key_frame_with_the_last_values() {
    let mut plan = writer(1, &["a", "b", "c"]);
    plan.key_frame_count = 3;
    let mut bench = Bench::new(&group(vec![plan]));
    bench.group.handle_item_failed(1, 2, StatusCode::BadNodeIdUnknown);
    for value in 1..=7 {
        bench.ints(1, &[(0, value)]);
        if value == 2 {
            bench.ints(1, &[(1, 20)]);
        }
    }
    assert_eq!(
        all_shown(&bench.frames()),
        [
            "keyframe a=1 b=!80320000 c=!80340000",
            "deltaframe a=2",
            "deltaframe b=20",
            "keyframe a=3 b=20 c=!80340000",
            "deltaframe a=4",
            "deltaframe a=5",
            "keyframe a=6 b=20 c=!80340000",
            "deltaframe a=7",
        ]
    );
}

#[test]
fn key_frame_counts_of_zero_and_one_mean_never_and_always() {
    for (count, kind) in [(0, "deltaframe"), (1, "keyframe")] {
        let mut plan = writer(1, &["a"]);
        plan.key_frame_count = count;
        let mut bench = Bench::new(&group(vec![plan]));
        for value in 0..4 {
            bench.ints(1, &[(0, value)]);
        }
        let expected: Vec<_> = (0..4).map(|value| format!("{kind} a={value}")).collect();
        assert_eq!(all_shown(&bench.frames()), expected);
    }
}

#[test]
fn the_first_value_is_swallowed_where_asked_but_shown_in_key_frames() {
    let mut plan = writer(1, &["a", "b"]);
    plan.fields[0].skip_first = true;
    plan.key_frame_count = 2;
    let mut bench = Bench::new(&group(vec![plan]));
    let swallowed = bench.ints(1, &[(0, 1)]);
    assert_eq!(bench.releases(), [swallowed]);
    assert!(bench.frames().is_empty());
    bench.ints(1, &[(1, 10)]);
    bench.ints(1, &[(0, 2)]);
    assert_eq!(all_shown(&bench.frames()), ["keyframe a=1 b=10", "deltaframe a=2"]);
}

#[test]
fn a_keep_alive_has_no_payload_and_the_next_number() {
    let mut plan = writer(1, &["a"]);
    plan.send_keep_alive = true;
    let mut bench = Bench::new(&group(vec![plan, writer(2, &["b"])]));
    bench.ints(1, &[(0, 1)]);
    bench.group.handle_keep_alive(1, bench.now, bench.utc);
    bench.group.handle_keep_alive(2, bench.now, bench.utc);
    bench.ints(1, &[(0, 2)]);
    let frames = bench.frames();
    assert_eq!(all_shown(&frames), ["deltaframe a=1", "keepalive", "deltaframe a=2"]);
    assert!(frames[1].get("Payload").is_none());
    assert_eq!(frames[1]["SequenceNumber"], 1);
    assert_eq!(frames[2]["SequenceNumber"], 1);
}

#[test]
fn heartbeats_repeat_silent_fields_and_wait_for_the_others() {
    let mut plan = writer(1, &["a", "b", "c"]);
    plan.fields[0].heartbeat = Some(10 * SECOND);
    plan.fields[1].heartbeat = Some(10 * SECOND);
    let mut bench = Bench::new(&group(vec![plan]));
    bench.ints(1, &[(0, 1), (1, 2), (2, 3)]);
    bench.frames();
    bench.pass(9 * SECOND);
    bench.ints(1, &[(1, 20)]);
    assert_eq!(all_shown(&bench.frames()), ["deltaframe b=20"]);
    bench.pass(SECOND);
    assert_eq!(all_shown(&bench.frames()), ["deltaframe a=1"]);
    bench.pass(9 * SECOND);
    assert_eq!(all_shown(&bench.frames()), ["deltaframe b=20"]);
    bench.pass(SECOND);
    assert_eq!(all_shown(&bench.frames()), ["deltaframe a=1"]);
    bench.pass(100 * SECOND);
    assert_eq!(bench.frames().len(), 20);
}

#[test]
fn heartbeats_say_that_the_connection_is_lost() {
    let mut plan = writer(1, &["good", "bad", "never", "refused"]);
    for field in &mut plan.fields {
        field.heartbeat = Some(SECOND);
    }
    let mut bench = Bench::new(&group(vec![plan]));
    bench.pass(SECOND);
    assert!(bench.frames().is_empty(), "nothing is known yet");
    bench.group.handle_item_failed(1, 3, StatusCode::BadNodeIdUnknown);
    let mut builder = BatchBuilder::default();
    builder.push(0, StatusCode::Good, None, None, &encoded(&Variant::from(1)));
    builder.push(1, StatusCode::BadSensorFailure, None, None, &[]);
    bench.group.handle_data(1, &builder.build(1, 1, None), bench.now, bench.utc);
    bench.frames();
    bench.pass(SECOND);
    assert_eq!(all_shown(&bench.frames()), ["deltaframe bad=!808c0000 good=1 refused=!80340000"]);
    bench.group.handle_connection(1, false);
    bench.pass(SECOND);
    let lost = "deltaframe bad=!80310000 good=1!408f0000 never=!80310000 refused=!80310000";
    assert_eq!(all_shown(&bench.frames()), [lost]);
    bench.group.handle_connection(1, true);
    bench.ints(1, &[(3, 4)]);
    bench.frames();
    bench.pass(SECOND);
    assert_eq!(all_shown(&bench.frames()), ["deltaframe bad=!808c0000 good=1 refused=4"]);
}

#[test]
fn a_late_timer_sends_one_heartbeat_and_not_many() {
    let mut plan = writer(1, &["a"]);
    plan.fields[0].heartbeat = Some(SECOND);
    let mut bench = Bench::new(&group(vec![plan]));
    bench.ints(1, &[(0, 1)]);
    bench.frames();
    bench.now += 60 * SECOND;
    bench.group.handle_timeout(bench.now, bench.utc);
    assert_eq!(bench.frames().len(), 1);
    assert_eq!(bench.group.poll_timeout(), Some(bench.now + SECOND));
}

#[test]
fn metadata_goes_first_and_again_only_when_it_changes() {
    let mut bench = Bench::new(&group(vec![writer(1, &["a", "b"])]));
    bench.ints(1, &[(0, 1)]);
    let messages = bench.messages();
    let kinds: Vec<_> = messages.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [MessageKind::MetaData { writer: 1 }, MessageKind::Data]);
    let first = json(&messages[0])["MetaData"]["ConfigurationVersion"].clone();
    let double = FieldMetaData {
        built_in_type: 11,
        data_type: NodeId::new(0, 11_u32),
        value_rank: -1,
        ..FieldMetaData::default()
    };
    let types = [double.clone(), double];
    bench.group.handle_metadata(1, &types, &[], bench.now, bench.utc);
    bench.group.handle_metadata(1, &types, &[], bench.now, bench.utc);
    bench.ints(1, &[(0, 2)]);
    let messages = bench.messages();
    assert_eq!(messages.len(), 2);
    let second = json(&messages[0])["MetaData"].clone();
    assert_eq!(second["Fields"][1]["BuiltInType"], 11);
    let major = |version: &Value| version["MajorVersion"].as_u64().unwrap();
    assert!(major(&second["ConfigurationVersion"]) > major(&first));
    assert_eq!(data_set_messages(&messages[1])[0]["MetaDataVersion"], second["ConfigurationVersion"]);
}

#[test]
fn metadata_known_from_the_start_has_one_version_and_is_repeated_on_time() {
    let mut plan = writer(1, &["a"]);
    plan.metadata_interval = Some(60 * SECOND);
    let mut bench = Bench::new(&group(vec![plan]));
    bench.group.handle_metadata(1, &[FieldMetaData::default()], &[], bench.now, bench.utc);
    bench.ints(1, &[(0, 1)]);
    let first = bench.meta_data();
    assert_eq!(first.len(), 1);
    bench.pass(59 * SECOND);
    assert!(bench.meta_data().is_empty());
    bench.pass(62 * SECOND);
    let repeated = bench.meta_data();
    assert_eq!(repeated.len(), 2);
    assert_eq!(repeated[1]["MetaData"], first[0]["MetaData"]);
    assert_ne!(repeated[1]["MessageId"], first[0]["MessageId"]);
}

#[test]
fn messages_are_sent_when_they_are_many_or_old() {
    let mut plan = group(vec![writer(1, &["a"])]);
    plan.batch_size = 3;
    plan.batch_interval = 2 * SECOND;
    let mut bench = Bench::new(&plan);
    for value in 0..4 {
        bench.ints(1, &[(0, value)]);
    }
    let sizes = |messages: Vec<NetworkMessage>| -> Vec<usize> {
        messages.iter().map(|message| message.data_set_messages).filter(|count| *count > 0).collect()
    };
    assert_eq!(sizes(bench.messages()), [3]);
    bench.pass(SECOND);
    bench.ints(1, &[(0, 5)]);
    bench.pass(SECOND - Duration::from_millis(1));
    assert!(sizes(bench.messages()).is_empty());
    bench.pass(Duration::from_millis(1));
    assert_eq!(sizes(bench.messages()), [2]);
    assert_eq!(bench.group.poll_timeout(), None);
    bench.ints(1, &[(0, 6)]);
    bench.group.flush();
    assert_eq!(sizes(bench.messages()), [1]);
}

#[test]
fn without_an_interval_each_event_is_sent_at_once() {
    let mut plan = group(vec![writer(1, &["a"])]);
    plan.batch_size = 100;
    let mut bench = Bench::new(&plan);
    bench.ints(1, &[(0, 1), (0, 2)]);
    assert_eq!(bench.messages().last().unwrap().data_set_messages, 2);
}

#[test]
fn messages_stay_below_the_limit() {
    let mut plan = group(vec![writer(1, &["a", "b", "c", "d"])]);
    plan.batch_size = 100;
    plan.batch_interval = SECOND;
    plan.max_message_size = Some(1000);
    let mut bench = Bench::new(&plan);
    for value in 0..20 {
        bench.ints(1, &[(0, value), (1, value), (2, value), (3, value)]);
    }
    bench.pass(SECOND);
    let messages = bench.messages();
    let data: Vec<_> = messages.iter().filter(|message| message.kind == MessageKind::Data).collect();
    assert!(data.iter().all(|message| message.payload.len() <= 1000));
    assert_eq!(data.iter().map(|message| message.values).sum::<usize>(), 80);
    let frames: Vec<_> = data.iter().flat_map(|message| data_set_messages(message)).collect();
    let expected: Vec<_> = (0..20).map(|value| format!("deltaframe a={value} b={value} c={value} d={value}")).collect();
    assert_eq!(all_shown(&frames), expected);
    assert!(bench.losses().is_empty());
}

#[test]
fn what_is_too_large_is_split_and_a_value_too_large_alone_is_declared_lost() {
    let mut plan = group(vec![writer(1, &["a", "b", "c"])]);
    plan.max_message_size = Some(700);
    plan.writers[0].key_frame_count = 2;
    let mut bench = Bench::new(&plan);
    let text = |length| Variant::from("x".repeat(length));
    let token = bench.data(1, &[(0, text(250)), (1, text(2000)), (2, text(250))]);
    let frames = bench.frames();
    let fields: Vec<Vec<&String>> =
        frames.iter().map(|frame| frame["Payload"].as_object().unwrap().keys().collect()).collect();
    assert_eq!(fields, [["a"], ["c"]]);
    let numbers: Vec<_> = frames.iter().map(|frame| frame["SequenceNumber"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [0, 1]);
    let losses = bench.losses();
    assert_eq!(losses.iter().map(|loss| loss.values).collect::<Vec<_>>(), [0, 1]);
    assert!(losses.iter().all(|loss| matches!(loss.reason, LossReason::TooLarge { limit: 700, size: 2000.. })));
    assert_eq!(bench.releases(), [token]);
    bench.data(1, &[(1, text(2000))]);
    bench.data(1, &[(1, text(2000))]);
    assert_eq!(bench.losses().len(), 2, "the key frame is reported once");
}

#[test]
fn a_batch_is_released_when_the_sink_has_all_of_it() {
    let mut plan = group(vec![writer(1, &["a"])]);
    plan.batch_size = 2;
    plan.batch_interval = SECOND;
    let mut bench = Bench::new(&plan);
    let first = bench.ints(1, &[(0, 1), (0, 2), (0, 3)]);
    let second = bench.ints(1, &[(0, 4)]);
    let empty = bench.ints(1, &[]);
    let third = bench.ints(1, &[(0, 5)]);
    assert_eq!(bench.releases(), [empty]);
    let ids: Vec<_> = bench.messages().iter().filter(|m| m.kind == MessageKind::Data).map(|m| m.id).collect();
    assert_eq!(ids.len(), 2);
    bench.group.handle_acknowledged(ids[1]);
    assert_eq!(bench.releases(), [second], "the first batch is in two messages");
    bench.group.handle_acknowledged(ids[1]);
    bench.group.handle_acknowledged(999);
    assert!(bench.releases().is_empty());
    bench.group.handle_acknowledged(ids[0]);
    assert_eq!(bench.releases(), [first]);
    bench.pass(SECOND);
    bench.frames();
    assert_eq!(bench.releases(), [third]);
}

#[test]
fn what_is_pending_is_counted_until_the_sink_has_it() {
    let options = WriterGroupOptions { max_pending_bytes: 1000, ..WriterGroupOptions::default() };
    let mut bench = Bench::with(&group(vec![writer(1, &["a"])]), &options);
    let mut ids = Vec::new();
    while !bench.group.is_full() {
        bench.ints(1, &[(0, 1)]);
        ids.extend(bench.messages().iter().map(|message| message.id));
    }
    assert!(bench.group.pending_bytes() >= 1000 && ids.len() > 2);
    for id in ids {
        bench.group.handle_acknowledged(id);
    }
    assert_eq!(bench.group.pending_bytes(), 0);
}

#[test]
fn data_set_classes_do_not_share_a_message() {
    let class = uuid::Uuid::from_u128(7);
    let mut plan = group(vec![writer(1, &["a"]), writer(2, &["b"])]);
    plan.writers[1].data_set_class_id = Some(class);
    plan.batch_size = 10;
    plan.batch_interval = SECOND;
    let mut bench = Bench::new(&plan);
    bench.ints(1, &[(0, 1)]);
    bench.ints(2, &[(0, 2)]);
    bench.ints(2, &[(0, 3)]);
    bench.pass(SECOND);
    let messages = bench.messages();
    let data: Vec<_> = messages.iter().filter(|message| message.kind == MessageKind::Data).map(json).collect();
    assert_eq!(data.len(), 2);
    assert!(data[0].get("DataSetClassId").is_none());
    assert_eq!(data[1]["DataSetClassId"], class.to_string());
}

#[test]
fn rows_of_unknown_fields_and_malformed_values_are_declared() {
    let mut bench = Bench::new(&group(vec![writer(1, &["a"])]));
    bench.ints(1, &[(7, 1), (7, 2), (8, 1)]);
    let losses = bench.losses();
    assert_eq!(losses.iter().map(|loss| loss.values).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(bench.releases().len(), 1);
    let mut builder = BatchBuilder::default();
    builder.push(0, StatusCode::Good, None, None, &[11, 0]);
    bench.group.handle_data(1, &builder.build(1, 1, None), bench.now, bench.utc);
    bench.group.handle_data(99, &BatchBuilder::default().build(1, 1, None), bench.now, bench.utc);
    assert_eq!(all_shown(&bench.frames()), ["deltaframe a=!80070000"]);
    assert!(matches!(bench.losses()[..], [Loss { values: 1, reason: LossReason::Malformed(_), .. }]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rows carry their position as value, so that the test sees order, loss and doubles.
    #[test]
    fn every_row_comes_out_once_and_in_order(
        batches in prop::collection::vec(prop::collection::vec(0_u32..4, 0..9), 1..12),
        batch_size in 1_usize..5,
        key_frame_count in 0_u32..4,
        max_message_size in prop::option::of(500_usize..1500),
        pauses in any::<u16>(),
    ) {
        let mut plan = group(vec![writer(1, &["0", "1", "2", "3"])]);
        plan.writers[0].key_frame_count = key_frame_count;
        plan.batch_size = batch_size;
        plan.batch_interval = SECOND;
        plan.max_message_size = max_message_size;
        let mut bench = Bench::new(&plan);
        let (mut handed_in, mut tokens, mut seen) = (vec![Vec::new(); 4], Vec::new(), Vec::new());
        let mut position = 0;
        for (index, fields) in batches.iter().enumerate() {
            let rows: Vec<_> = fields.iter().map(|field| {
                position += 1;
                handed_in[*field as usize].push(position);
                (*field, position)
            }).collect();
            tokens.push(bench.ints(1, &rows));
            if pauses >> index & 1 == 1 {
                bench.pass(SECOND);
            }
            seen.extend(bench.frames());
        }
        bench.group.flush();
        seen.extend(bench.frames());
        for (field, expected) in handed_in.iter().enumerate() {
            let mut values: Vec<i32> = seen
                .iter()
                .filter_map(|frame| frame["Payload"][field.to_string()]["Value"].as_i64())
                .map(|value| value as i32)
                .collect();
            // Key frames repeat the last value; without them nothing may come twice.
            if key_frame_count > 0 {
                values.dedup();
            }
            prop_assert_eq!(&values, expected);
        }
        let numbers: Vec<_> = seen.iter().map(|frame| frame["SequenceNumber"].as_u64().unwrap()).collect();
        prop_assert_eq!(numbers, (0..seen.len() as u64).collect::<Vec<_>>());
        let mut released = bench.releases();
        released.sort_unstable();
        prop_assert_eq!(released, tokens);
        prop_assert!(bench.losses().iter().all(|loss| loss.values == 0));
        prop_assert_eq!(bench.group.pending_bytes(), 0);
    }
}
