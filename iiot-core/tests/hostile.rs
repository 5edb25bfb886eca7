//! What hostile servers cost a client in memory, as the operating system sees it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use iiot_core::time::UtcTime;
use iiot_core::ua::secure::{ChannelConfig, ChannelEvent, ChannelSecurity, Limits, SecureChannel};
use iiot_core::ua::{
    BinaryEncodable, ChannelSecurityToken, ContextOwned, NodeId, ObjectId, OpenSecureChannelResponse, StatusCode,
};

/// What one attack may cost at its height.
const ALLOWED_GROWTH: usize = 1 << 20;

#[test]
fn hostile_servers_cost_at_most_a_megabyte() {
    // What the first channels leave in the allocator is not the attackers' doing.
    drop(lying_header(open_channel()));
    for (name, attack, status) in [
        ("lying header", lying_header as fn(SecureChannel) -> SecureChannel, StatusCode::BadTcpMessageTooLarge),
        ("endless large chunks", endless_large_chunks, StatusCode::BadResponseTooLarge),
        ("endless empty chunks", endless_empty_chunks, StatusCode::BadResponseTooLarge),
        ("announced and never sent", announced_and_never_sent, StatusCode::Good),
    ] {
        let channel = open_channel();
        // Makes the highest value so far the current one (proc(5), clear_refs).
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = highest_resident();
        let mut channel = attack(channel);
        let growth = highest_resident() - before;
        assert!(growth <= ALLOWED_GROWTH, "{name}: {growth} bytes");
        assert_eq!(failure(&mut channel), status, "{name}");
    }
}

fn lying_header(mut channel: SecureChannel) -> SecureChannel {
    channel.receive(b"MSGF\xff\xff\xff\x7f", Instant::now());
    channel
}

fn endless_large_chunks(channel: SecureChannel) -> SecureChannel {
    endless_chunks(channel, 60_000)
}

fn endless_empty_chunks(channel: SecureChannel) -> SecureChannel {
    endless_chunks(channel, 0)
}

fn endless_chunks(mut channel: SecureChannel, size: usize) -> SecureChannel {
    let body = vec![1; size];
    for number in 2..20_000 {
        channel.receive(&frame(*b"MSGC", &[7, 1, number, 1], &body), Instant::now());
        if !channel.wants_bytes() {
            return channel;
        }
    }
    panic!("the chunks were never refused");
}

/// A slow peer: headers of full chunks, one byte of each, then silence.
fn announced_and_never_sent(mut channel: SecureChannel) -> SecureChannel {
    channel.receive(b"MSGF\x00\x00\x01\x00\x07", Instant::now());
    channel
}

fn open_channel() -> SecureChannel {
    let config = ChannelConfig {
        endpoint_url: "opc.tcp://hostile:4840".into(),
        limits: Limits::default(),
        security: ChannelSecurity::none(),
        token_lifetime: Duration::from_secs(3600),
        utc: UtcTime::UNIX_EPOCH,
    };
    let mut channel = SecureChannel::connect(config, Instant::now()).unwrap();
    channel.receive(&frame(*b"ACKF", &[0, 65_536, 65_536, 0, 0], b""), Instant::now());
    channel.receive(&open_response(), Instant::now());
    assert!(matches!(channel.poll_event(), Some(ChannelEvent::Opened { channel_id: 7, .. })));
    channel
}

/// OPN for channel 7 and token 1, which answers the first request of a client.
fn open_response() -> Vec<u8> {
    let response = OpenSecureChannelResponse {
        security_token: ChannelSecurityToken {
            channel_id: 7,
            token_id: 1,
            revised_lifetime: 3_600_000,
            ..Default::default()
        },
        ..Default::default()
    };
    let mut secured = Vec::new();
    let policy = b"http://opcfoundation.org/UA/SecurityPolicy#None";
    secured.extend((policy.len() as u32).to_le_bytes());
    secured.extend(policy);
    // No certificate, no thumbprint, sequence number 1, the first request of a channel.
    for number in [u32::MAX, u32::MAX, 1, 0x4000_0000] {
        secured.extend(number.to_le_bytes());
    }
    let context = ContextOwned::default();
    NodeId::from(ObjectId::OpenSecureChannelResponse_Encoding_DefaultBinary)
        .encode(&mut secured, &context.context())
        .unwrap();
    response.encode(&mut secured, &context.context()).unwrap();
    frame(*b"OPNF", &[7], &secured)
}

fn frame(kind: [u8; 4], numbers: &[u32], rest: &[u8]) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend(((8 + 4 * numbers.len() + rest.len()) as u32).to_le_bytes());
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    out.extend(rest);
    out
}

/// The status a channel failed with, or Good.
fn failure(channel: &mut SecureChannel) -> StatusCode {
    let mut status = StatusCode::Good;
    while let Some(event) = channel.poll_event() {
        if let ChannelEvent::Failed(error) = event {
            status = error.status();
        }
    }
    status
}

/// The most bytes this process had in memory at once.
fn highest_resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}
