//! Cases 1 to 8: frames, chunks, sequence numbers, tokens.

use std::time::Duration;

use iiot_core::ua::{GetEndpointsResponse, ReadResponse, Request, StatusCode, Variant};

use super::decoder::read_response;
use super::{Case, Task, read_one};
use crate::attack::{Act, Attack, On, is_housekeeping};
use crate::wire::{Channel, acknowledge, encoded, error, frame_claiming, reported, response_with};

use StatusCode as S;

pub(super) fn cases() -> Vec<Case> {
    [chunks(), sizes(), greetings(), drips(), sequences(), answers(), tokens()].into_iter().flatten().collect()
}

fn chunks() -> Vec<Case> {
    let too_large = [S::BadResponseTooLarge];
    vec![
        Case::new(1, "endless chunks in discovery", || endless(8000, on_discovery)).fails(&too_large),
        Case::new(1, "endless empty chunks in discovery", || endless(0, on_discovery)).fails(&too_large),
        Case::new(1, "endless chunks in discovery, a hundred clients", || endless(8000, on_discovery))
            .task(Task::ConnectMany(100))
            .fails(&too_large)
            .megabytes(100),
        // An active session takes 16 MiB; reading one value leaves it to the client to be stricter.
        Case::new(1, "endless chunks in a session", || endless(8000, on_read))
            .task(read_one())
            .fails(&too_large)
            .megabytes(24),
    ]
}

fn endless(size: usize, when: fn(&Request) -> bool) -> Attack {
    Attack::on_request(move |request, _, request_id| {
        let flood = move |channel: &mut Channel| channel.chunk(b'C', request_id, &vec![1; size]);
        when(request).then(|| Act::Flood(Box::new(flood)))
    })
}

fn sizes() -> Vec<Case> {
    let wrong = S::BadTcpMessageTooLarge;
    let names = [
        ("a message of 0 bytes", 0, wrong),
        ("a message of 7 bytes", 7, wrong),
        ("a message of 8 bytes", 8, S::BadDecodingError),
        ("a message larger than negotiated", 65_537, wrong),
        ("a message of 2 GiB", 0x7fff_ffff, wrong),
        ("a message of 4 GiB", u32::MAX, wrong),
    ];
    let in_discovery = names.map(|(name, size, status)| {
        Case::new(2, name, move || {
            Attack::on_request(move |request, _, _| {
                on_discovery(request).then(|| Act::Bytes(frame_claiming(b"MSGF", &[1; 64], size)))
            })
        })
        .fails(&[status])
    });
    let acknowledged = Case::new(2, "an ACK of 4 GiB", || {
        Attack::new(|turn| match turn.on {
            On::Hello(_) => Act::Bytes(frame_claiming(b"ACKF", &[1; 64], u32::MAX)),
            _ => Act::Honest,
        })
    })
    .fails(&[wrong]);
    in_discovery.into_iter().chain([acknowledged]).collect()
}

fn greetings() -> Vec<Case> {
    let buffers = |name, size: u32| {
        Case::new(3, name, move || {
            Attack::new(move |turn| match turn.on {
                On::Hello(_) => Act::Bytes(acknowledge([0, size, size, 0, 0])),
                _ => Act::Honest,
            })
        })
    };
    vec![
        buffers("an ACK with buffers of 0 bytes", 0).fails(&[S::BadTcpNotEnoughResources]),
        buffers("an ACK with buffers of 1 byte", 1).fails(&[S::BadTcpNotEnoughResources]),
        buffers("an ACK with buffers of 4 GiB", u32::MAX),
        Case::new(3, "an endpoint whose URL claims 1 GiB", || {
            Attack::on_request(|request, _, _| {
                let lie = [&1_u32.to_le_bytes()[..], &(1_u32 << 30).to_le_bytes(), &[b'x'; 1000]].concat();
                on_discovery(request).then(|| Act::Body(response_with::<GetEndpointsResponse>(0, &lie)))
            })
        })
        .fails(&[S::BadDecodingError]),
        Case::new(3, "an endpoint whose URL has 300 KB", || {
            Attack::on_request(|request, _, _| {
                let url = format!("opc.tcp://{}:1", "x".repeat(300_000)).as_str().into();
                let endpoints = Some(vec![crate::honest::endpoint(&url)]);
                let response = GetEndpointsResponse { endpoints, ..Default::default() };
                on_discovery(request).then(|| Act::Answer(response.into()))
            })
        })
        .fails(&[S::BadTcpEndpointUrlInvalid]),
        Case::new(3, "a thousand endpoints", || {
            Attack::on_request(|request, _, _| {
                let Request::GetEndpoints(discovery) = request else { return None };
                let endpoints = Some(vec![crate::honest::endpoint(&discovery.endpoint_url); 1000]);
                Some(Act::Answer(GetEndpointsResponse { endpoints, ..Default::default() }.into()))
            })
        })
        .megabytes(24),
        Case::new(3, "endpoints without end", || {
            Attack::on_request(|request, _, _| {
                let Request::GetEndpoints(discovery) = request else { return None };
                let endpoints = Some(vec![crate::honest::endpoint(&discovery.endpoint_url); 50_000]);
                Some(Act::Answer(GetEndpointsResponse { endpoints, ..Default::default() }.into()))
            })
        })
        .fails(&[S::BadResponseTooLarge]),
        reported_error("an ERR in place of an answer", S::BadTcpServerTooBusy),
        reported_error("an ERR that is Good", S::Good),
    ]
}

/// Whoever waits for an answer gets the status of the ERR; one that says nothing bad is no status.
fn reported_error(name: &'static str, status: StatusCode) -> Case {
    let told = if status.is_bad() { status } else { S::BadCommunicationError };
    Case::new(3, name, move || {
        Attack::on_request(move |request, _, _| {
            let is_read = on_read(request);
            is_read.then(|| Act::Last(error(status, "go away")))
        })
    })
    .task(read_one())
    .fails(&[told])
}

/// What is written slowly never ends within anybody's patience.
fn drips() -> Vec<Case> {
    let pause = Duration::from_millis(20);
    let cases = vec![
        Case::new(4, "ACK byte by byte", move || {
            Attack::new(move |turn| match turn.on {
                On::Hello(_) => Act::Drip(frame_claiming(b"ACKF", &[0; 28], 8192), pause),
                _ => Act::Honest,
            })
        }),
        Case::new(4, "OPN byte by byte", move || {
            Attack::new(move |turn| match turn.on {
                On::Open { .. } => Act::Drip(turn.channel.open(turn.request_id, 60_000), pause),
                _ => Act::Honest,
            })
        }),
        Case::new(4, "MSG byte by byte", move || {
            Attack::on_request(move |request, channel, request_id| {
                on_discovery(request).then(|| Act::Drip(channel.chunk(b'F', request_id, &[0; 4000]), pause))
            })
        }),
    ];
    cases.into_iter().map(|case| case.fails(&[S::BadTimeout])).collect()
}

fn sequences() -> Vec<Case> {
    let renumbered = |name, change: fn(u32) -> u32| {
        Case::new(5, name, move || {
            Attack::on_request(move |request, channel, _| {
                if on_read(request) {
                    channel.sequence = change(channel.sequence);
                }
                None
            })
        })
        .task(read_one())
        .fails(&[S::BadSequenceNumberInvalid])
    };
    vec![
        renumbered("a sequence number is skipped", |last| last + 1),
        renumbered("a sequence number is repeated", |last| last - 1),
        renumbered("sequence numbers begin again", |_| 0),
        Case::new(5, "sequence numbers wrap where they may", || {
            Attack::new(|turn| {
                if matches!(turn.on, On::Accepted) {
                    turn.channel.sequence = u32::MAX - 1026;
                }
                Act::Honest
            })
        })
        .task(read_one()),
    ]
}

fn answers() -> Vec<Case> {
    let aborted = |name, chunks: fn(&mut Channel, u32) -> Vec<u8>| {
        Case::new(7, name, move || {
            Attack::on_request(move |request, channel, request_id| {
                on_read(request).then(|| Act::Bytes(chunks(channel, request_id)))
            })
        })
        .task(read_one())
        .fails(&[S::BadEncodingLimitsExceeded])
    };
    vec![
        Case::new(6, "answers to requests that nobody made", || {
            Attack::on_request(|_, channel, request_id| {
                let strays = (1..50).flat_map(|by| channel.message(request_id + by, &[0; 100])).collect();
                Some(Act::BytesThenHonest(strays))
            })
        })
        .task(read_one()),
        Case::new(6, "every answer comes twice", || {
            Attack::on_request(|_, _, request_id| {
                let again = move |channel: &mut Channel| channel.message(request_id, &[0; 100]);
                Some(Act::HonestThen(Box::new(again)))
            })
        })
        .task(read_one()),
        aborted("an abort before the first chunk", |channel, id| channel.chunk(b'A', id, &abort())),
        aborted("an abort in the middle", |channel, id| {
            [channel.chunk(b'C', id, &[1; 100]), channel.chunk(b'A', id, &abort())].concat()
        }),
        Case::new(7, "an abort of a request that nobody made", || {
            Attack::on_request(|_, channel, request_id| {
                Some(Act::BytesThenHonest(channel.chunk(b'A', request_id + 100, &abort())))
            })
        })
        .task(read_one()),
    ]
}

fn abort() -> Vec<u8> {
    reported(S::BadEncodingLimitsExceeded, "no")
}

fn tokens() -> Vec<Case> {
    vec![
        Case::new(8, "a token is renewed within a message of 64 chunks", renewal_within_a_message).task(read_one()),
        Case::new(8, "a token that was never issued", || {
            Attack::on_request(|request, channel, _| {
                if on_read(request) {
                    channel.token += 7;
                }
                None
            })
        })
        .task(read_one())
        .fails(&[S::BadSecureChannelTokenUnknown]),
    ]
}

/// Half of the answer, then the new token, then the other half under the old one.
fn renewal_within_a_message() -> Attack {
    let mut rest: Option<(u32, Vec<u8>)> = None;
    Attack::new(move |turn| match &turn.on {
        On::Open { renew: false } => Act::Bytes(turn.channel.open(turn.request_id, 1000)),
        On::Open { renew: true } => {
            turn.channel.token += 1;
            let mut bytes = turn.channel.open(turn.request_id, 60_000);
            turn.channel.token -= 1;
            if let Some((request_id, half)) = rest.take() {
                bytes.extend(turn.channel.message(request_id, &half));
            }
            turn.channel.token += 1;
            Act::Bytes(bytes)
        }
        On::Request(request) if on_read(request) && !is_housekeeping(request) && rest.is_none() => {
            let mut first = long_answer(request.header().request_handle);
            let second = first.split_off(first.len() / 2);
            rest = Some((turn.request_id, second));
            let chunks = first.chunks(8000).flat_map(|part| turn.channel.chunk(b'C', turn.request_id, part));
            Act::Bytes(chunks.collect())
        }
        // The chunks of two messages do not mix.
        On::Request(_) if rest.is_some() => Act::Silence,
        _ => Act::Honest,
    })
}

/// A ReadResponse of half a megabyte.
fn long_answer(request_handle: u32) -> Vec<u8> {
    let mut response: ReadResponse = read_response(Variant::from(vec![1.5_f64; 64_000]));
    response.response_header.request_handle = request_handle;
    encoded(&response.into())
}

fn on_discovery(request: &Request) -> bool {
    matches!(request, Request::GetEndpoints(_))
}

fn on_read(request: &Request) -> bool {
    matches!(request, Request::Read(_))
}
