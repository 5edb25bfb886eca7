//! Servers that lie: each attack ends the channel with the right StatusCode, and little memory.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;

use crate::error::{Error, ErrorKind};
use crate::ua::secure::frame::{ChunkKind, FrameKind, begin_frame, end_frame};
use crate::ua::secure::testing::{Pair, Peer, body, config, error_frame, identity, secured_pair, securities};
use crate::ua::secure::{ChannelConfig, ChannelEvent, Limits, SecurityPolicy};
use crate::ua::{MessageSecurityMode, StatusCode};

/// What an attack may cost.
const MEGABYTE: usize = 1 << 20;

fn secured_config() -> ChannelConfig {
    config(SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::SignAndEncrypt, (2048, 2048))
}

/// A client that waits for the answer to its first OPN.
fn opening_pair() -> Pair {
    let mut pair = Pair::new(secured_config());
    pair.peer.withholds = true;
    pair.pump();
    pair
}

/// A client that waits for the answer to a renewal.
fn renewing_pair() -> Pair {
    let mut pair = secured_pair();
    pair.peer.withholds = true;
    pair.advance(Duration::from_secs(3600) * 3 / 4);
    pair
}

fn refused(pair: &mut Pair, bytes: &[u8], status: StatusCode) -> Error {
    pair.deliver(bytes);
    let error = pair.failure();
    assert_eq!(error.status(), status, "{error:?}");
    assert!(pair.client.buffered() <= MEGABYTE, "{}", pair.client.buffered());
    error
}

#[test]
fn headers_that_lie_about_the_size_fail_at_the_header() {
    for size in [0, 7, 65_537, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        let mut header = b"MSGF".to_vec();
        header.extend(u32::to_le_bytes(size));
        for (policy, mode) in securities() {
            let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
            refused(&mut pair, &header, StatusCode::BadTcpMessageTooLarge);
            assert_eq!(pair.client.buffered(), 0);
        }
        let mut unopened = Pair::new(secured_config());
        refused(&mut unopened, &header, StatusCode::BadTcpMessageTooLarge);
    }
}

#[test]
fn a_chunk_larger_than_the_negotiated_buffer_is_refused_though_our_own_is_larger() {
    let mut pair = Pair::new(secured_config());
    pair.peer.ack = [8192, 8192, 0, 0];
    pair.pump();
    pair.events.clear();
    let large = pair.peer.message(1, &body(9000), 65_536);
    refused(&mut pair, &large, StatusCode::BadTcpMessageTooLarge);
}

#[test]
fn endless_chunks_end_at_the_limit() {
    for (policy, mode) in securities() {
        for part in [60_000, 1] {
            let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
            let highest = held_by_endless_chunks(&mut pair, part);
            assert!(highest <= MEGABYTE, "{highest} with parts of {part}");
        }
    }
}

/// An active session may answer at length: its bound is the limit of the configuration.
#[test]
fn endless_chunks_in_a_session_cost_no_more_than_its_limit() {
    for (policy, mode) in securities() {
        let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
        pair.client.admit();
        let highest = held_by_endless_chunks(&mut pair, 60_000);
        let limit = Limits::default().max_message_size as usize;
        assert!(highest > limit / 2, "{highest}: an active session takes large messages");
        // Beside the message, each chunk has its header, padding and signature.
        assert!(highest <= limit + limit / 50, "{highest}");
    }
}

/// Sends chunks until the client refuses them; returns the most that it held.
fn held_by_endless_chunks(pair: &mut Pair, part: usize) -> usize {
    let mut highest = 0;
    while pair.events.is_empty() {
        let chunk = pair.peer.chunk(ChunkKind::Intermediate, 1, &body(part));
        pair.deliver(&chunk);
        highest = highest.max(pair.client.buffered());
    }
    assert_eq!(pair.failure().status(), StatusCode::BadResponseTooLarge);
    assert_eq!(pair.client.buffered(), 0);
    highest
}

#[test]
fn tampered_and_forged_chunks_are_refused_alike() {
    for (policy, mode) in securities().into_iter().skip(1) {
        let config = config(policy, mode, (2048, 2048));
        let mut texts = Vec::new();
        for attack in 0..3 {
            let mut pair = Pair::open(config.clone());
            let mut chunk = pair.peer.message(1, b"value = 1", 8192);
            let end = chunk.len();
            match attack {
                0 => chunk[end - 1] ^= 1,
                1 => chunk[20] ^= 1,
                _ => chunk = Pair::open(config.clone()).peer.message(1, b"made with other keys", 8192),
            }
            texts.push(refused(&mut pair, &chunk, StatusCode::BadSecurityChecksFailed).to_string());
        }
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    }
}

#[test]
fn repeated_skipped_and_rewound_sequence_numbers_are_refused() {
    for (policy, mode) in securities() {
        for attack in 0..3 {
            let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
            let first = pair.peer.message(1, b"first", 8192);
            pair.deliver(&first);
            pair.events.clear();
            let mut header = pair.peer.header(ChunkKind::Final, 2);
            let replay = match attack {
                0 => first,
                1 => {
                    header.sequence_number += 1;
                    pair.peer.sealed(&header, b"one was skipped")
                }
                _ => {
                    header.sequence_number = 1;
                    pair.peer.sealed(&header, b"rewound")
                }
            };
            refused(&mut pair, &replay, StatusCode::BadSequenceNumberInvalid);
        }
    }
}

#[test]
fn foreign_channels_and_unknown_tokens_are_refused() {
    for (policy, mode) in securities() {
        let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
        let mut header = pair.peer.header(ChunkKind::Final, 1);
        header.channel_id += 1;
        let foreign = pair.peer.sealed(&header, b"");
        refused(&mut pair, &foreign, StatusCode::BadTcpSecureChannelUnknown);
        let mut pair = Pair::open(config(policy, mode, (2048, 2048)));
        let mut header = pair.peer.header(ChunkKind::Final, 1);
        header.token_id += 1;
        let unknown = pair.peer.sealed(&header, b"");
        refused(&mut pair, &unknown, StatusCode::BadSecureChannelTokenUnknown);
    }
}

#[test]
fn an_open_without_security_never_touches_a_secured_channel() {
    let unsecured = config(SecurityPolicy::NONE, MessageSecurityMode::None, (2048, 2048));
    for mut pair in [opening_pair(), renewing_pair(), secured_pair()] {
        let response = pair.peer.response(&[1; 32]);
        pair.peer.security = Peer::new(&unsecured).security;
        let downgrade = pair.peer.open_response(0x4000_0000, &response);
        let error = refused(&mut pair, &downgrade, StatusCode::BadSecurityChecksFailed);
        assert!(error.to_string().contains("policy of a channel never changes"), "{error}");
        assert!(
            !pair
                .events
                .iter()
                .any(|event| matches!(event, ChannelEvent::Opened { .. } | ChannelEvent::Renewed { .. }))
        );
    }
}

#[test]
fn a_renewal_under_another_policy_is_refused() {
    let other = config(SecurityPolicy::AES256_SHA256_RSA_PSS, MessageSecurityMode::SignAndEncrypt, (2048, 2048));
    let mut pair = renewing_pair();
    pair.peer.security = Peer::new(&other).security;
    let answer = pair.peer.answer_withheld();
    let error = refused(&mut pair, &answer, StatusCode::BadSecurityChecksFailed);
    assert!(error.to_string().contains("policy of a channel never changes"), "{error}");
}

#[test]
fn an_answer_that_was_changed_on_the_way_is_refused() {
    let length = opening_pair().peer.answer_withheld().len();
    // Each kind of field: policy, sender certificate, thumbprint, first and last encrypted block.
    for at in [20, 90, 200, length - 400, length - 250, length - 1] {
        let mut pair = opening_pair();
        let mut answer = pair.peer.answer_withheld();
        answer[at] ^= 1;
        refused(&mut pair, &answer, StatusCode::BadSecurityChecksFailed);
    }
}

#[test]
fn an_answer_signed_by_another_server_is_refused() {
    let mut impostor = secured_config();
    impostor.security.remote_certificate = Some(identity("server", 3072).chain);
    let mut pair = opening_pair();
    pair.peer.security = Peer::new(&impostor).security;
    let answer = pair.peer.answer_withheld();
    let error = refused(&mut pair, &answer, StatusCode::BadSecurityChecksFailed);
    assert!(error.to_string().contains("another certificate"), "{error}");
}

#[test]
fn an_answer_encrypted_for_somebody_else_is_refused() {
    let mut other = secured_config();
    other.security.own = Some(identity("other", 2048));
    let mut pair = opening_pair();
    pair.peer.security = Peer::new(&other).security;
    let answer = pair.peer.answer_withheld();
    refused(&mut pair, &answer, StatusCode::BadSecurityChecksFailed);
}

/// Padding, length, signature: nobody may learn which of it was wrong.
#[test]
fn whatever_is_wrong_with_an_encrypted_answer_is_told_alike() {
    for policy in SecurityPolicy::ALL.iter().copied().filter(|policy| !policy.is_none()) {
        let encrypted = |plain: &[u8]| policy.encrypt(identity("client", 2048).key.public_key(), plain).unwrap();
        let broken: [&Break<'_>; 6] = [
            &|blocks| blocks[10] ^= 1,
            &|blocks| *blocks.last_mut().unwrap() ^= 1,
            &|blocks| *blocks = vec![0xff; 512],
            &|blocks| *blocks = encrypted(&[7; 10]),
            &|blocks| *blocks = encrypted(&[7; 255]),
            &|blocks| *blocks = encrypted(&[7; 600]),
        ];
        let told = broken.map(|break_it| {
            let mut pair = Pair::new(config(policy, MessageSecurityMode::SignAndEncrypt, (2048, 2048)));
            pair.peer.withholds = true;
            pair.pump();
            let mut answer = pair.peer.answer_withheld();
            let mut blocks = answer.split_off(encrypted_from(&answer));
            break_it(&mut blocks);
            answer.extend(blocks);
            let size = answer.len() as u32;
            answer[4..8].copy_from_slice(&size.to_le_bytes());
            refused(&mut pair, &answer, StatusCode::BadSecurityChecksFailed).report()
        });
        assert!(told.iter().all(|report| *report == told[0]), "{policy}: {told:?}");
    }
}

/// Spoils the encrypted blocks of an answer.
type Break<'a> = dyn Fn(&mut Vec<u8>) + 'a;

/// Behind the policy's URI, the certificate and the thumbprint.
fn encrypted_from(frame: &[u8]) -> usize {
    (0..3).fold(12, |at, _| at + 4 + u32::from_le_bytes(frame[at..at + 4].try_into().unwrap()) as usize)
}

#[test]
fn answers_nobody_asked_for_are_refused() {
    let mut pair = secured_pair();
    let response = pair.peer.response(&[1; 32]);
    let unasked = pair.peer.open_response(0x4000_0001, &response);
    refused(&mut pair, &unasked, StatusCode::BadTcpMessageTypeInvalid);
    let mut pair = opening_pair();
    let response = pair.peer.response(&[1; 32]);
    let other_request = pair.peer.open_response(7, &response);
    refused(&mut pair, &other_request, StatusCode::BadTcpMessageTypeInvalid);
}

#[test]
fn a_short_nonce_and_a_changed_channel_are_refused() {
    let mut pair = opening_pair();
    let response = pair.peer.response(&[1; 31]);
    let short = pair.peer.open_response(0x4000_0000, &response);
    refused(&mut pair, &short, StatusCode::BadNonceInvalid);
    let mut pair = renewing_pair();
    let mut response = pair.peer.response(&[1; 32]);
    response.security_token.channel_id = 78;
    let moved = pair.peer.open_response(0x4000_0001, &response);
    refused(&mut pair, &moved, StatusCode::BadTcpSecureChannelUnknown);
}

#[test]
fn a_server_that_refuses_is_quoted() {
    let mut pair = opening_pair();
    let mut response = pair.peer.response(&[1; 32]);
    response.response_header.service_result = StatusCode::BadSecurityModeRejected;
    let refusal = pair.peer.open_response(0x4000_0000, &response);
    refused(&mut pair, &refusal, StatusCode::BadSecurityModeRejected);
    let mut pair = opening_pair();
    let status = StatusCode::BadCertificateUntrusted;
    let error = refused(&mut pair, &error_frame(status.bits(), b"ask the administrator"), status);
    assert_eq!(error.kind(), ErrorKind::Untrusted);
    assert!(error.to_string().contains("ask the administrator"), "{error}");
    let mut pair = opening_pair();
    refused(&mut pair, &error_frame(0, b""), StatusCode::BadCommunicationError);
}

#[test]
fn frames_at_the_wrong_time_and_other_protocols_are_refused() {
    let message = secured_pair().peer.message(1, b"", 8192);
    let mut unopened = opening_pair();
    refused(&mut unopened, &message, StatusCode::BadTcpMessageTypeInvalid);
    let mut acknowledge = Vec::new();
    begin_frame(&mut acknowledge, FrameKind::Acknowledge, ChunkKind::Final);
    acknowledge.extend([0_u8; 20]);
    let size = acknowledge.len();
    end_frame(&mut acknowledge, size);
    refused(&mut secured_pair(), &acknowledge, StatusCode::BadTcpMessageTypeInvalid);
    let mut fresh = Pair::new(secured_config());
    refused(&mut fresh, b"HTTP/1.1 400 Bad Request\r\n\r\n", StatusCode::BadTcpMessageTypeInvalid);
}

#[test]
fn what_floods_in_behind_an_open_is_bounded() {
    for part in [60_000, 0] {
        let mut pair = renewing_pair();
        let answer = pair.peer.answer_withheld();
        pair.held = Some(Vec::new());
        pair.deliver(&answer);
        let (mut highest, mut frames) = (0, 0);
        while pair.events.is_empty() {
            let flood = pair.peer.message(1, &body(part), 65_536);
            pair.deliver(&flood);
            highest = highest.max(pair.client.buffered());
            frames += 1;
        }
        assert!(highest <= MEGABYTE && frames < 10_000, "{highest} in {frames} frames");
        assert_eq!(pair.failure().status(), StatusCode::BadTcpNotEnoughResources);
    }
}

#[test]
fn after_a_failure_nothing_is_taken_any_more() {
    let mut pair = secured_pair();
    refused(&mut pair, b"MSGF\xff\xff\xff\xff", StatusCode::BadTcpMessageTooLarge);
    let message = pair.peer.message(1, b"", 8192);
    pair.deliver(&message);
    assert!(pair.events.is_empty() && !pair.client.wants_bytes());
    assert_eq!(pair.client.send(1, b"").unwrap_err().kind(), ErrorKind::Closed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_at_any_time_end_in_messages_or_one_failure(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        kind in prop::sample::select(vec![*b"MSG", *b"OPN", *b"ACK", *b"ERR", *b"CLO"]),
        state in 0..4,
    ) {
        let mut pair = match state {
            0 => Pair::new(config(SecurityPolicy::NONE, MessageSecurityMode::None, (2048, 2048))),
            1 => Pair::open(config(SecurityPolicy::NONE, MessageSecurityMode::None, (2048, 2048))),
            2 => opening_pair(),
            _ => secured_pair(),
        };
        let mut frame = kind.to_vec();
        frame.push(b'F');
        frame.extend((noise.len() as u32 + 8).to_le_bytes());
        frame.extend(&noise);
        pair.deliver(&frame);
        pair.pump();
        let failures = pair.events.iter().filter(|event| matches!(event, ChannelEvent::Failed(_))).count();
        prop_assert!(failures <= 1);
        prop_assert!(pair.client.buffered() <= MEGABYTE);
    }
}
