//! Key frames, delta frames, keep-alives, and what is not in any.

use super::*;
use crate::plan::Routing;

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

#[test]
fn a_keep_alive_can_be_a_key_frame_of_the_last_values() {
    let mut plan = writer(1, &["a", "b"]);
    plan.keep_alive_as_key_frame = true;
    plan.send_keep_alive = true;
    let mut bench = Bench::new(&group(vec![plan]));
    bench.ints(1, &[(0, 1)]);
    bench.group.handle_keep_alive(1, bench.now, bench.utc);
    bench.group.handle_key_frame_wanted(1, bench.now, bench.utc);
    let key_frame = "keyframe a=1 b=!80320000";
    assert_eq!(all_shown(&bench.frames()), ["deltaframe a=1", key_frame, key_frame]);
}

#[test]
fn extension_fields_are_in_every_message_with_fields_and_in_the_metadata() {
    let mut plan = writer(1, &["a"]);
    plan.key_frame_count = 2;
    plan.extension_fields = vec![("site".into(), Variant::from("Süd")), ("line".into(), Variant::from(7_i64))];
    let mut bench = Bench::new(&group(vec![plan]));
    bench.ints(1, &[(0, 1)]);
    bench.ints(1, &[(0, 2)]);
    let messages = bench.messages();
    let fields = json(&messages[0])["MetaData"]["Fields"].clone();
    assert_eq!((&fields[1]["Name"], &fields[1]["BuiltInType"]), (&"site".into(), &12.into()));
    let frames: Vec<Value> = messages.iter().skip(1).flat_map(data_set_messages).collect();
    let expected = |kind: &str, value: i32| format!("{kind} a={value} line=\"7\" site=\"Süd\"");
    assert_eq!(all_shown(&frames), [expected("keyframe", 1), expected("deltaframe", 2)]);
}

#[test]
fn fields_with_topics_of_their_own_are_a_message_each() {
    let plan = WriterPlan { routing: Routing::BrowseNames, key_frame_count: 1, ..writer(1, &["a", "b"]) };
    let mut plan = group(vec![WriterPlan { keep_alive_as_key_frame: true, ..plan }]);
    (plan.batch_size, plan.batch_interval) = (2, SECOND);
    let mut bench = Bench::new(&plan);
    bench.ints(1, &[(0, 1), (1, 2)]);
    bench.ints(1, &[(1, 3)]);
    bench.group.flush();
    let sent = |bench: &mut Bench| -> Vec<(Option<u16>, Option<usize>, usize)> {
        let messages = bench.messages();
        let data = messages.iter().filter(|message| message.kind == MessageKind::Data);
        data.map(|message| (message.route, message.field, message.data_set_messages)).collect()
    };
    assert_eq!(sent(&mut bench), [(Some(1), Some(1), 2), (Some(1), Some(0), 1)], "values of one field go together");
    bench.group.handle_keep_alive(1, bench.now, bench.utc);
    bench.group.flush();
    assert_eq!(sent(&mut bench), [(Some(1), Some(0), 1), (Some(1), Some(1), 1)]);
}
