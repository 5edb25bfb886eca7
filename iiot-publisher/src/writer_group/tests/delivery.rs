//! No row is lost or doubled, and its batch is released in time.

use proptest::prelude::*;

use super::*;
use crate::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};

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

#[test]
fn values_of_a_log_are_in_messages_of_the_same_name_again() {
    for dialect in [Dialect::Strict, Dialect::Compatible] {
        let mut plan = group(vec![writer(1, &["a"])]);
        plan.profile = MessageProfile::new(MessagingMode::PubSub, MessageEncoding::Json, dialect).unwrap();
        (plan.batch_size, plan.batch_interval) = (2, SECOND);
        let names = |identity: &str| -> Vec<String> {
            let options = WriterGroupOptions { identity: Some(identity.into()), ..WriterGroupOptions::default() };
            let mut bench = Bench::with(&plan, &options);
            for value in 0..4 {
                bench.ints(1, &[(0, value)]);
            }
            let data = bench.messages().into_iter().filter(|message| message.kind == MessageKind::Data);
            let name = |message: NetworkMessage| match json(&message) {
                Value::Array(all) => {
                    assert_eq!(all[0]["MessageId"], message.message_id.to_string());
                    all.iter().map(|one| one["MessageId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
                }
                one => {
                    assert_eq!(one["MessageId"], message.message_id.to_string());
                    vec![one["MessageId"].as_str().unwrap().to_owned()]
                }
            };
            data.flat_map(name).collect()
        };
        let first = names("log");
        let unique: std::collections::HashSet<_> = first.iter().collect();
        assert_eq!((first.len(), unique.len()), if dialect == Dialect::Strict { (2, 2) } else { (4, 4) });
        assert_eq!(names("log"), first);
        assert_ne!(names("other"), first);
    }
}
