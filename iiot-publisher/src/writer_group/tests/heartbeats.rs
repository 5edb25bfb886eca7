//! When silent fields are repeated, and as what.

use super::*;
use crate::plan::HeartbeatBehavior;

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
    for field in plan.fields.iter_mut() {
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

fn beating(behavior: HeartbeatBehavior) -> Bench {
    let mut plan = writer(1, &["a"]);
    plan.fields[0].heartbeat = Some(10 * SECOND);
    plan.fields[0].heartbeat_behavior = behavior;
    Bench::new(&group(vec![plan]))
}

/// Values at 4 s and 14 s, the second one bad; everything sent within 31 s, with its second.
fn story(behavior: HeartbeatBehavior) -> Vec<String> {
    let mut bench = beating(behavior);
    let mut told = Vec::new();
    for second in 0..=31 {
        if second == 4 {
            bench.ints(1, &[(0, 1)]);
        }
        if second == 14 {
            let mut builder = BatchBuilder::default();
            builder.push(0, StatusCode::BadSensorFailure, Some(bench.utc), None, &encoded(&Variant::from(2)));
            bench.group.handle_data(1, &builder.build(1, 99, None), bench.now, bench.utc);
        }
        told.extend(bench.frames().iter().map(|frame| {
            let beat = if frame.get("Heartbeat").is_some() { "~" } else { "" };
            let value = &frame["Payload"]["a"]["Value"];
            format!("{second}{beat}{value}")
        }));
        bench.pass(SECOND);
    }
    told
}

#[test]
fn the_eight_behaviours_differ_in_when_and_what() {
    use HeartbeatBehavior as Behavior;
    let cases: [(Behavior, &[&str]); 8] = [
        (Behavior::WatchdogLKV, &["4 1", "14~1", "14 2", "24~2"]),
        (Behavior::WatchdogLKG, &["4 1", "14~1", "14 2"]),
        (Behavior::PeriodicLKV, &["4 1", "10~1", "14 2", "20~2", "30~2"]),
        (Behavior::PeriodicLKG, &["4 1", "10~1", "14 2"]),
        (Behavior::WatchdogLKVWithUpdatedTimestamps, &["4 1", "14~1", "14 2", "24~2"]),
        (Behavior::WatchdogLKVDiagnosticsOnly, &["4 1", "14 2"]),
        (Behavior::PeriodicLKVDropValue, &["10~1", "20~2", "30~2"]),
        (Behavior::PeriodicLKGDropValue, &["10~1"]),
    ];
    for (behavior, expected) in cases {
        let told: Vec<String> = story(behavior).iter().map(|told| told.replace(' ', "")).collect();
        let expected: Vec<String> = expected.iter().map(|told| told.replace(' ', "")).collect();
        assert_eq!(told, expected, "{behavior:?}");
    }
    assert_eq!(cases.len(), HeartbeatBehavior::ALL.len());
}

#[test]
fn times_move_on_where_asked() {
    let mut bench = beating(HeartbeatBehavior::WatchdogLKVWithUpdatedTimestamps);
    bench.ints(1, &[(0, 1)]);
    let sent = bench.frames()[0]["Payload"]["a"]["SourceTimestamp"].clone();
    bench.pass(10 * SECOND);
    let moved = bench.frames()[0]["Payload"]["a"]["SourceTimestamp"].clone();
    let time = |value: &Value| UtcTime::from(iiot_core::json::date_time_from_str(value.as_str().unwrap()).unwrap());
    assert_eq!(time(&moved), time(&sent) + 10 * SECOND);
}

#[test]
fn heartbeats_are_marked_and_do_not_share_a_message_with_values() {
    let mut plan = writer(1, &["a", "b"]);
    plan.fields[0].heartbeat = Some(SECOND);
    let mut plan = group(vec![plan]);
    plan.batch_size = 10;
    plan.batch_interval = 5 * SECOND;
    let mut bench = Bench::new(&plan);
    bench.ints(1, &[(0, 1)]);
    bench.pass(SECOND);
    bench.ints(1, &[(1, 2)]);
    bench.group.flush();
    let messages = bench.messages();
    let marks: Vec<bool> = messages.iter().skip(1).map(|message| message.heartbeat).collect();
    assert_eq!(marks, [false, true, false]);
    assert_eq!(json(&messages[2])["Messages"][0]["Heartbeat"], true);
}

#[test]
fn heartbeats_too_large_for_one_message_come_in_several() {
    let mut plan = writer(1, &["a", "b", "c", "d"]);
    for field in plan.fields.iter_mut() {
        field.heartbeat = Some(10 * SECOND);
    }
    plan.keep_alive_as_key_frame = true;
    let mut plan = group(vec![plan]);
    plan.max_message_size = Some(500);
    let mut bench = Bench::new(&plan);
    for handle in 0..4 {
        bench.ints(1, &[(handle, 1)]);
    }
    bench.messages();
    bench.pass(10 * SECOND);
    let fields = |bench: &mut Bench| -> Vec<String> {
        let messages = bench.messages();
        assert!(messages.len() > 1 && messages.iter().all(|message| message.payload.len() <= 500));
        let payloads = messages.iter().flat_map(data_set_messages).map(|frame| frame["Payload"].clone());
        payloads.flat_map(|payload| payload.as_object().unwrap().keys().cloned().collect::<Vec<_>>()).collect()
    };
    assert_eq!(fields(&mut bench), ["a", "b", "c", "d"]);
    bench.group.handle_keep_alive(1, bench.now, bench.utc);
    assert_eq!(fields(&mut bench), ["a", "b", "c", "d"]);
}
