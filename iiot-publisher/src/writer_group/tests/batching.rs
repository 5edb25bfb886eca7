//! How many DataSetMessages make a NetworkMessage.

use super::*;

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
fn writers_with_a_way_of_their_own_share_no_message_and_do_not_close_those_of_others() {
    let mut plan = group(vec![writer(1, &["a"]), writer(2, &["b"]), writer(3, &["c"])]);
    plan.writers[1].route.topic = Some("own".into());
    plan.batch_size = 10;
    plan.batch_interval = SECOND;
    let mut bench = Bench::new(&plan);
    for value in 0..3 {
        for writer in 1..=3 {
            bench.ints(writer, &[(0, value)]);
        }
    }
    bench.pass(SECOND);
    let messages = bench.messages();
    let data: Vec<_> = messages.iter().filter(|message| message.kind == MessageKind::Data).collect();
    let told: Vec<_> = data.iter().rev().take(2).map(|message| (message.route, message.data_set_messages)).collect();
    assert_eq!(told, [(Some(2), 2), (None, 5)], "metadata completes what was open before");
    assert!(data.iter().all(|message| message.route.is_none() || message.data_set_messages == message.values));
}
