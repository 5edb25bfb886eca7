//! What the fuzz targets of frames and chunks run.

use std::time::Duration;

use crate::ua::MessageSecurityMode;
use crate::ua::secure::chunk::ChunkHeader;
use crate::ua::secure::frame::{ChunkKind, FRAME_HEADER, FrameKind, FrameReader, begin_frame, end_frame};
use crate::ua::secure::opening::protection;
use crate::ua::secure::policy::DirectionKeys;
use crate::ua::secure::testing::{Pair, config};
use crate::ua::secure::token::{Token, Tokens};
use crate::ua::secure::{ChannelConfig, ChannelEvent, Limits, SecurityPolicy};

/// The first byte says in which steps the others arrive: whatever comes out as frames went in.
pub(crate) fn frames(data: &[u8]) {
    let Some((step, wire)) = data.split_first() else { return };
    let mut reader = FrameReader::new(LIMITS.receive_buffer_size);
    let mut at = 0;
    for mut part in wire.chunks(usize::from(*step).max(1)) {
        loop {
            match reader.read(&mut part) {
                Ok(Some(frame)) => {
                    assert_eq!(frame.bytes, wire[at..at + frame.bytes.len()]);
                    at += frame.bytes.len();
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(reader.buffered() <= LIMITS.receive_buffer_size as usize);
    }
}

pub(crate) fn frame_seeds() -> Vec<Vec<u8>> {
    let frames = [(FrameKind::Hello, ChunkKind::Final), (FrameKind::Open, ChunkKind::Final)]
        .into_iter()
        .chain([ChunkKind::Intermediate, ChunkKind::Abort, ChunkKind::Final].map(|kind| (FrameKind::Message, kind)))
        .chain([FrameKind::Acknowledge, FrameKind::Error, FrameKind::Close].map(|kind| (kind, ChunkKind::Final)));
    let wire: Vec<u8> = frames.flat_map(|(kind, chunk)| frame(kind, chunk, &[7; 20])).collect();
    [1, 3, 255].map(|step| [&[step], wire.as_slice()].concat()).to_vec()
}

/// The first byte says which channel; then come steps of a kind, a length (two bytes) and a body.
/// While the server is honest, its messages arrive as they were sent; a channel fails once at most
/// and holds no more than its limits.
pub(crate) fn chunks(data: &[u8]) {
    let Some((flags, script)) = data.split_first() else { return };
    let mut attack = Attack::begin(*flags);
    let mut rest = script;
    while let Some((step, later)) = Step::read(rest) {
        attack.play(&step);
        rest = later;
    }
    attack.finish();
}

pub(crate) fn chunk_seeds() -> Vec<Vec<u8>> {
    let step = |kind: u8, body: &[u8]| [&[kind], &(body.len() as u16).to_le_bytes()[..], body].concat();
    let message: Vec<u8> = [step(0x01, &[1; 40]), step(0x01, &[2; 3]), step(0x05, &[3; 100])].concat();
    let aborted = [step(0x01, &[1; 40]), step(0x09, &[0, 0, 0xb4, 0x80, 2, 0, 0, 0, b'n', b'o'])].concat();
    let wrong = [step(0x05, b"fine"), step(0x06, &[1, 1, 0, 0, 0, 9]), step(0x07, &[30, 1, 9])].concat();
    let raw = step(0x00, &frame(FrameKind::Error, ChunkKind::Final, &[0, 0, 0x82, 0x80, 0xff, 0xff, 0xff, 0xff]));
    let acknowledge =
        frame(FrameKind::Acknowledge, ChunkKind::Final, &[[0, 0, 0, 0], [0, 0, 1, 0]].concat().repeat(3)[..20]);
    let scripts = [message, aborted, wrong, raw, step(0x00, &acknowledge)];
    let of_channel =
        |flags: u8| scripts.iter().map(move |script| [&[flags], script.as_slice()].concat()).collect::<Vec<_>>();
    (0..6).flat_map(of_channel).collect()
}

/// Small, so that short inputs reach them.
const LIMITS: Limits =
    Limits { receive_buffer_size: 8192, send_buffer_size: 8192, max_message_size: 4096, max_chunk_count: 8 };

/// What a channel may hold beside a message and a frame: headers, padding and signatures of its chunks.
const OVERHEAD: usize = 8 * 128;

struct Attack {
    pair: Pair,
    /// Chunks of the message under way, while the server is honest.
    honest: Option<Vec<u8>>,
    failed: bool,
}

struct Step<'a> {
    kind: u8,
    body: &'a [u8],
}

impl<'a> Step<'a> {
    fn read(script: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let ([kind, low, high], rest) = script.split_first_chunk::<3>()?;
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (body, later) = rest.split_at(length.min(rest.len()));
        Some((Self { kind: *kind, body }, later))
    }

    fn chunk(&self) -> ChunkKind {
        [ChunkKind::Intermediate, ChunkKind::Final, ChunkKind::Abort, ChunkKind::Final][usize::from(self.kind >> 2 & 3)]
    }

    fn request_id(&self) -> u32 {
        u32::from(self.kind >> 4)
    }
}

impl Attack {
    fn begin(flags: u8) -> Self {
        let pair = match flags % 3 {
            0 => Pair::open(unsecured()),
            1 => secured_with_fixed_keys(),
            _ => Pair::new(unsecured()),
        };
        Self { pair, honest: Some(Vec::new()), failed: false }
    }

    fn play(&mut self, step: &Step<'_>) {
        let opened = !self.pair.peer.tokens.is_empty();
        let wire = match step.kind & 3 {
            1 if opened => return self.honest_chunk(step),
            2 if opened => self.wrong_header(step),
            3 if opened => self.tampered(step),
            _ => step.body.to_vec(),
        };
        self.honest = None;
        self.deliver(&wire);
        self.check_events();
    }

    fn honest_chunk(&mut self, step: &Step<'_>) {
        let wire = self.pair.peer.chunk(step.chunk(), step.request_id(), step.body);
        if let Some(message) = &mut self.honest {
            message.extend_from_slice(step.body);
        }
        self.deliver(&wire);
        self.check_events();
        if step.chunk() != ChunkKind::Intermediate
            && let Some(message) = &mut self.honest
        {
            message.clear();
        }
    }

    /// The first five bytes of the body say which field of the header is changed, and by how much.
    fn wrong_header(&mut self, step: &Step<'_>) -> Vec<u8> {
        let Some(([field, by @ ..], body)) = step.body.split_first_chunk::<5>() else { return Vec::new() };
        let by = u32::from_le_bytes(*by);
        let mut header: ChunkHeader = self.pair.peer.header(step.chunk(), step.request_id());
        let changed = match field % 5 {
            0 => &mut header.channel_id,
            1 => &mut header.token_id,
            2 => &mut header.sequence_number,
            3 => &mut header.request_id,
            _ => {
                header.kind = [FrameKind::Close, FrameKind::Open][usize::from(by.is_multiple_of(2))];
                header.chunk = ChunkKind::Final;
                return self.pair.peer.sealed(&header, body);
            }
        };
        *changed = changed.wrapping_add(by);
        self.pair.peer.sealed(&header, body)
    }

    /// The first two bytes of the body say which byte of the chunk is changed, and how.
    fn tampered(&mut self, step: &Step<'_>) -> Vec<u8> {
        let Some(([at, change], body)) = step.body.split_first_chunk::<2>() else { return Vec::new() };
        let mut wire = self.pair.peer.chunk(step.chunk(), step.request_id(), body);
        let at = usize::from(*at) % wire.len();
        wire[at] ^= change;
        wire
    }

    fn deliver(&mut self, wire: &[u8]) {
        self.pair.deliver(wire);
        let limit = (LIMITS.max_message_size + LIMITS.receive_buffer_size) as usize + OVERHEAD;
        assert!(self.pair.client.buffered() <= limit, "{} bytes are held", self.pair.client.buffered());
    }

    fn check_events(&mut self) {
        for event in std::mem::take(&mut self.pair.events) {
            assert!(!self.failed, "nothing comes after a failure: {event:?}");
            match event {
                ChannelEvent::Failed(_) => self.failed = true,
                ChannelEvent::Message { body, .. } => {
                    assert!(body.len() <= LIMITS.max_message_size as usize);
                    assert!(self.honest.as_ref().is_none_or(|message| *message == body), "a message has changed");
                }
                _ => {}
            }
        }
    }

    fn finish(mut self) {
        self.pair.pump();
        self.check_events();
    }
}

fn unsecured() -> ChannelConfig {
    let config = config(SecurityPolicy::NONE, MessageSecurityMode::None, (2048, 2048));
    ChannelConfig { limits: LIMITS, ..config }
}

/// As after an OPN, without the cost of RSA.
fn secured_with_fixed_keys() -> Pair {
    let mut pair = Pair::open(unsecured());
    let keys = |secret: u8, seed: u8| {
        let keys = DirectionKeys::derive(SecurityPolicy::BASIC256_SHA256, &[secret; 32], &[seed; 32]);
        protection(MessageSecurityMode::SignAndEncrypt, keys.expect("nonces of 32 bytes fit"))
            .expect("the mode fits the policy")
    };
    let id = pair.peer.tokens[0].0;
    let lifetime = Duration::from_secs(3600);
    pair.client.tokens =
        Some(Tokens::new(Token { id, issued: pair.now, lifetime, own: keys(1, 2), remote: keys(2, 1) }));
    pair.peer.tokens = vec![(id, keys(2, 1), keys(1, 2))];
    pair
}

fn frame(kind: FrameKind, chunk: ChunkKind, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(FRAME_HEADER + body.len());
    begin_frame(&mut out, kind, chunk);
    out.extend_from_slice(body);
    let size = out.len();
    end_frame(&mut out, size);
    out
}
