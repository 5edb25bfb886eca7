//! Channels that behave: opening, messages of every size, renewal, closing.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::error::ErrorKind;
use crate::ua::secure::testing::{Pair, body, config, hello_numbers, identity, secured_pair, securities};
use crate::ua::secure::{CHANNEL_REQUEST_IDS, ChannelEvent, SecureChannel, SecurityPolicy};
use crate::ua::{MessageSecurityMode, StatusCode};

const LIFETIME: Duration = Duration::from_secs(3600);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_policy_and_mode_opens_and_talks_however_bytes_are_split(
        steps in prop::collection::vec(1_usize..400, 1..6),
        lengths in prop::collection::vec(0_usize..40_000, 1..4),
    ) {
        for (policy, mode) in securities() {
            let mut pair = Pair::new(config(policy, mode, (2048, 2048)));
            pair.steps = steps.clone();
            pair.peer.ack = [8192, 8192, 0, 0];
            pair.pump();
            let opened = matches!(pair.events[..], [ChannelEvent::Opened { channel_id: 77, revised_lifetime: LIFETIME }]);
            prop_assert!(opened, "{:?}", pair.events);
            pair.events.clear();
            for (id, length) in (1..).zip(&lengths) {
                pair.client.send(id, &body(*length)).unwrap();
                pair.pump();
                let answer = pair.peer.message(id, &body(length * 2), 8192);
                pair.deliver(&answer);
            }
            let sent: Vec<_> = (1..).zip(&lengths).map(|(id, length)| (id, body(*length))).collect();
            let answered: Vec<_> = (1..).zip(&lengths).map(|(id, length)| (id, body(length * 2))).collect();
            prop_assert_eq!(&pair.peer.messages, &sent);
            prop_assert_eq!(pair.messages(), answered);
            prop_assert_eq!(pair.client.buffered(), 0);
        }
    }
}

#[test]
fn one_byte_at_a_time_is_enough() {
    let mut pair = secured_pair();
    pair.steps = vec![1];
    let answers = [pair.peer.message(1, &body(20_000), 8192), pair.peer.message(2, b"", 8192)].concat();
    pair.deliver(&answers);
    assert_eq!(pair.messages(), [(1, body(20_000)), (2, Vec::new())]);
}

#[test]
fn messages_at_every_chunk_boundary_arrive_whole_in_both_directions() {
    for (policy, mode) in securities() {
        let mut pair = Pair::new(config(policy, mode, (2048, 2048)));
        pair.peer.ack = [8192, 8192, 0, 0];
        pair.pump();
        pair.events.clear();
        let capacity = pair.peer.tokens[0].1.body_capacity(8192);
        let lengths: Vec<usize> = (1..4).flat_map(|n| [n * capacity - 1, n * capacity, n * capacity + 1]).collect();
        for (id, length) in (1..).zip(&lengths) {
            pair.client.send(id, &body(*length)).unwrap();
            let wire = pair.client.poll_transmit().unwrap();
            assert!(frame_sizes(&wire).iter().all(|size| *size <= 8192));
            assert_eq!(frame_sizes(&wire).len(), length.div_ceil(capacity));
            pair.peer.receive(&wire);
            let answer = pair.peer.message(id, &body(*length), 8192);
            pair.deliver(&answer);
        }
        let expected: Vec<_> = (1..).zip(&lengths).map(|(id, length)| (id, body(*length))).collect();
        assert_eq!(pair.peer.messages, expected, "{policy} {mode:?}");
        assert_eq!(pair.messages(), expected, "{policy} {mode:?}");
    }
}

fn frame_sizes(mut wire: &[u8]) -> Vec<usize> {
    let mut sizes = Vec::new();
    while !wire.is_empty() {
        let size = u32::from_le_bytes(wire[4..8].try_into().unwrap()) as usize;
        sizes.push(size);
        wire = &wire[size..];
    }
    sizes
}

#[test]
fn keys_longer_than_2048_bits_on_either_side_need_extra_padding() {
    for bits in [(3072, 2048), (2048, 3072), (3072, 3072)] {
        for policy in [SecurityPolicy::BASIC256_SHA256, SecurityPolicy::AES256_SHA256_RSA_PSS] {
            let mut pair = Pair::open(config(policy, MessageSecurityMode::Sign, bits));
            pair.client.send(1, b"request").unwrap();
            pair.pump();
            assert_eq!(pair.peer.messages.len(), 1, "{bits:?}");
        }
    }
}

#[test]
fn a_server_that_sends_its_chain_is_known_by_its_leaf() {
    let mut config = config(SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::Sign, (2048, 2048));
    let issuer = identity("issuer", 2048).chain;
    let own = config.security.own.as_mut().unwrap();
    own.chain.extend_from_slice(&issuer);
    config.security.remote_certificate.as_mut().unwrap().extend_from_slice(&issuer);
    let mut pair = Pair::new(config);
    pair.pump();
    assert!(matches!(pair.events[..], [ChannelEvent::Opened { .. }]), "{:?}", pair.events);
}

#[test]
fn hello_tells_our_limits() {
    let config = config(SecurityPolicy::NONE, MessageSecurityMode::None, (2048, 2048));
    let limits = config.limits;
    let mut channel = SecureChannel::connect(config, Instant::now()).unwrap();
    let numbers = hello_numbers(&channel.poll_transmit().unwrap());
    let expected =
        [0, limits.receive_buffer_size, limits.send_buffer_size, limits.max_message_size, limits.max_chunk_count];
    assert_eq!(numbers, expected);
}

#[test]
fn tokens_are_renewed_at_three_quarters_under_load_and_nothing_is_lost() {
    for (policy, mode) in securities() {
        let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
        let mut expected = Vec::new();
        for id in 1..=60 {
            pair.advance(LIFETIME / 20);
            pair.client.send(id, &body(10_000)).unwrap();
            // The answer leaves the server before it has seen the request, under whatever token it uses.
            let answer = pair.peer.message(id, &body(70_000), 65_536);
            pair.pump();
            pair.deliver(&answer);
            expected.push((id, body(70_000)));
        }
        let renewals = pair.events.iter().filter(|event| matches!(event, ChannelEvent::Renewed { .. })).count();
        assert_eq!(renewals, 4, "{policy} {mode:?}");
        pair.events.retain(|event| !matches!(event, ChannelEvent::Renewed { .. }));
        assert_eq!(pair.messages(), expected);
        assert_eq!(pair.peer.messages.len(), 60);
        assert_eq!(pair.peer.sends_with, 4);
    }
}

#[test]
fn chunks_under_the_old_token_flow_also_between_those_under_the_new_one() {
    let mut pair = secured_pair();
    pair.peer.withholds = true;
    pair.advance(LIFETIME * 3 / 4);
    let before = pair.peer.message(1, b"before the answer", 8192);
    pair.deliver(&before);
    let answer = pair.peer.answer_withheld();
    pair.deliver(&answer);
    let after = pair.peer.message(2, b"old keys, after the answer", 8192);
    pair.deliver(&after);
    pair.peer.sends_with = 1;
    let new = pair.peer.message(3, b"new keys", 8192);
    pair.deliver(&new);
    assert!(matches!(pair.events[1], ChannelEvent::Renewed { token_id: 101 }), "{:?}", pair.events);
    pair.events.remove(1);
    // A Publish that waited through the renewal, answered under the token that it came with.
    pair.peer.sends_with = 0;
    let waited = pair.peer.message(4, b"old keys again", 8192);
    pair.deliver(&waited);
    assert_eq!(pair.messages().len(), 4);
}

#[test]
fn old_keys_are_dropped_after_a_quarter_of_grace() {
    let mut pair = secured_pair();
    pair.advance(LIFETIME * 3 / 4);
    assert!(matches!(pair.events[..], [ChannelEvent::Renewed { .. }]));
    pair.events.clear();
    pair.peer.sends_with = 0;
    pair.advance(LIFETIME / 2 - Duration::from_secs(1));
    let in_time = pair.peer.message(1, b"in time", 8192);
    pair.deliver(&in_time);
    assert_eq!(pair.messages().len(), 1);
    pair.advance(Duration::from_secs(1));
    let late = pair.peer.message(2, b"late", 8192);
    pair.deliver(&late);
    assert_eq!(pair.failure().status(), StatusCode::BadSecurityChecksFailed);
}

#[test]
fn the_old_token_id_with_new_keys_is_understood() {
    let mut pair = secured_pair();
    pair.advance(LIFETIME * 3 / 4);
    pair.events.clear();
    pair.peer.sends_with = 1;
    // The second time the old keys are gone.
    for (id, later) in [(1, Duration::ZERO), (2, LIFETIME / 2)] {
        pair.advance(later);
        let mut header = pair.peer.header(crate::ua::secure::frame::ChunkKind::Final, id);
        header.token_id = 100;
        let quirk = pair.peer.sealed(&header, b"a Publish that waited");
        pair.deliver(&quirk);
        let usual = pair.peer.message(id + 10, b"usual", 8192);
        pair.deliver(&usual);
    }
    assert_eq!(pair.messages().len(), 4);
}

#[test]
fn a_renewal_without_an_answer_ends_the_channel_in_time() {
    let mut pair = secured_pair();
    pair.peer.withholds = true;
    pair.advance(LIFETIME * 5 / 4 - Duration::from_secs(1));
    assert!(pair.events.is_empty(), "{:?}", pair.events);
    pair.advance(Duration::from_secs(1));
    assert_eq!(pair.failure().kind(), ErrorKind::Timeout);
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn while_our_key_signs_what_is_sent_waits_and_what_arrives_flows() {
    let mut pair = secured_pair();
    pair.held = Some(Vec::new());
    pair.advance(LIFETIME * 3 / 4);
    let signing = pair.held.as_mut().unwrap().remove(0);
    pair.client.send(1, b"numbered after the OPN").unwrap();
    assert_eq!(pair.client.poll_transmit(), None);
    let answer = pair.peer.message(9, b"flows", 8192);
    pair.deliver(&answer);
    assert_eq!(pair.messages().len(), 1);
    pair.held = None;
    pair.run(&signing);
    pair.pump();
    assert_eq!(pair.peer.messages, [(1, b"numbered after the OPN".to_vec())]);
    assert!(matches!(pair.events[..], [ChannelEvent::Renewed { .. }]));
}

#[test]
fn while_our_key_decrypts_what_arrives_behind_waits_within_its_limit() {
    let mut pair = secured_pair();
    pair.peer.withholds = true;
    pair.advance(LIFETIME * 3 / 4);
    let answer = pair.peer.answer_withheld();
    pair.held = Some(Vec::new());
    pair.deliver(&answer);
    assert!(pair.client.wants_bytes());
    let behind = pair.peer.message(1, &body(100_000), 65_536);
    pair.deliver(&behind);
    assert!(!pair.client.wants_bytes() && pair.events.is_empty());
    let decrypting = pair.held.take().unwrap().remove(0);
    pair.run(&decrypting);
    pair.take_events();
    assert!(matches!(pair.events.remove(0), ChannelEvent::Renewed { .. }));
    assert_eq!(pair.messages(), [(1, body(100_000))]);
    assert!(pair.client.wants_bytes());
}

#[test]
fn a_key_that_fails_ends_the_channel_with_its_error() {
    let mut pair = Pair::new(config(SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::Sign, (2048, 2048)));
    pair.held = Some(Vec::new());
    pair.pump();
    let id = pair.held.take().unwrap()[0].id;
    let broken = crate::Error::new(ErrorKind::Unavailable, "sign", "the token was pulled out");
    pair.client.key_done(id, Err(broken), pair.now);
    assert_eq!(pair.failure().kind(), ErrorKind::Unavailable);
    pair.client.key_done(id, Ok(Vec::new()), pair.now);
    pair.take_events();
    assert!(pair.events.is_empty(), "nothing comes after a failure");
}

#[test]
fn requests_beyond_the_servers_limits_are_refused_and_nothing_is_queued() {
    for ack in [[8192, 8192, 9000, 0], [8192, 8192, 0, 1]] {
        let mut pair = Pair::new(config(SecurityPolicy::NONE, MessageSecurityMode::None, (2048, 2048)));
        pair.peer.ack = ack;
        pair.pump();
        let error = pair.client.send(1, &body(9001)).unwrap_err();
        assert_eq!(error.status(), StatusCode::BadRequestTooLarge);
        assert_eq!(pair.client.poll_transmit(), None);
        pair.client.send(2, &body(8000)).unwrap();
        pair.pump();
        assert_eq!(pair.peer.messages.len(), 1);
    }
}

#[test]
fn closing_sends_clo_and_ends_sending() {
    let mut pair = secured_pair();
    pair.client.close();
    pair.pump();
    assert!(pair.peer.closed);
    assert_eq!(pair.client.send(1, b"").unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn misuse_is_refused_before_anything_is_sent() {
    let now = Instant::now();
    let good = config(SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::Sign, (2048, 2048));
    let mut wrong = vec![good.clone(), good.clone(), good.clone(), good.clone(), good.clone(), good.clone()];
    wrong[0].security.mode = MessageSecurityMode::None;
    wrong[1].security.own = None;
    wrong[2].security.remote_certificate = None;
    wrong[3].security.own.as_mut().unwrap().key = identity("server", 2048).key;
    wrong[4].limits.max_message_size = 0;
    wrong[5].endpoint_url = "x".repeat(4097);
    for config in wrong {
        assert_eq!(SecureChannel::connect(config, now).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    let mut channel = SecureChannel::connect(good, now).unwrap();
    assert_eq!(channel.send(1, b"").unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(channel.send(CHANNEL_REQUEST_IDS, b"").unwrap_err().kind(), ErrorKind::InvalidArgument);
}

/// What a chunk costs to take, for eyes: `cargo test --release -p iiot-core receive_speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn receive_speed() {
    for (policy, mode) in [
        (SecurityPolicy::NONE, MessageSecurityMode::None),
        (SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::Sign),
        (SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::SignAndEncrypt),
    ] {
        let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
        let chunk = pair.peer.tokens[0].1.body_capacity(65_536);
        let wire: Vec<u8> = (0..400).flat_map(|_| pair.peer.message(1, &body(chunk), 65_536)).collect();
        let (start, mut messages) = (Instant::now(), 0);
        for read in wire.chunks(65_536) {
            pair.client.receive(read, pair.now);
            while let Some(event) = pair.client.poll_event() {
                messages += usize::from(matches!(event, ChannelEvent::Message { .. }));
            }
        }
        let spent = start.elapsed();
        assert_eq!(messages, 400);
        println!("{policy} {mode:?}: {:.3} ns/byte", spent.as_nanos() as f64 / wire.len() as f64);
    }
}
