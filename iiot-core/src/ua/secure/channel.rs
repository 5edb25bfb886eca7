//! The client's end of a channel: HEL, OPN, MSG both ways, CLO.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};

use crate::error::{Error, ErrorKind, Result};
use crate::ua::secure::chunk::{ChunkHeader, channel_id};
use crate::ua::secure::fault::{protocol, unexpected};
use crate::ua::secure::frame::{ChunkKind, FRAME_HEADER, Frame, FrameKind, FrameReader};
use crate::ua::secure::hello::{Negotiated, acknowledged, hello, report};
use crate::ua::secure::message::{Assembled, Assembler};
use crate::ua::secure::open_chunk::OpenSecurity;
use crate::ua::secure::opening::Opening;
use crate::ua::secure::outbox::Outbox;
use crate::ua::secure::sequence::{IncomingSequence, OutgoingSequence};
use crate::ua::secure::token::Tokens;
use crate::ua::secure::{ChannelConfig, ChannelEvent};
use crate::ua::services;
use crate::ua::{CloseSecureChannelRequest, ContextOwned, RequestHeader, StatusCode};

/// A secure channel as the client holds it, without I/O.
///
/// Feed what the socket gives to [`receive`](Self::receive), write what
/// [`poll_transmit`](Self::poll_transmit) gives, act on [`poll_event`](Self::poll_event) until it is
/// empty, and call [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout)
/// has come. There is no deadline for the opening: whoever connects bounds that. Once open, the channel
/// renews its token by itself and fails if the server does not answer in time.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// use iiot_core::time::UtcTime;
/// use iiot_core::ua::secure::{ChannelConfig, ChannelSecurity, Limits, SecureChannel};
///
/// let config = ChannelConfig {
///     endpoint_url: "opc.tcp://boiler:4840".into(),
///     limits: Limits::default(),
///     security: ChannelSecurity::none(),
///     token_lifetime: Duration::from_secs(3600),
///     utc: UtcTime::UNIX_EPOCH,
/// };
/// let mut channel = SecureChannel::connect(config, Instant::now())?;
/// let hello = channel.poll_transmit().expect("HEL is to be written first");
/// assert!(hello.starts_with(b"HELF"));
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug)]
pub struct SecureChannel {
    pub(super) config: ChannelConfig,
    pub(super) security: OpenSecurity,
    pub(super) channel_id: u32,
    pub(super) tokens: Option<Tokens>,
    pub(super) opening: Option<Opening>,
    pub(super) outgoing: OutgoingSequence,
    pub(super) incoming: IncomingSequence,
    pub(super) outbox: Outbox,
    pub(super) events: VecDeque<ChannelEvent>,
    pub(super) operations: u64,
    state: State,
    connected: Instant,
    now: Instant,
    own_requests: u32,
    negotiated: Option<Negotiated>,
    reader: FrameReader,
    assembler: Assembler,
    waiting: VecDeque<Frame>,
    waiting_cost: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    /// CLO was queued; what still arrives is taken.
    Closing,
    Failed,
}

/// Request ids from here on belong to the channel itself; services use those below.
pub const CHANNEL_REQUEST_IDS: u32 = 0x4000_0000;

/// Behind an OPN that a key works on, at most so many bytes wait.
const MAX_WAITING: usize = 512 << 10;

impl SecureChannel {
    /// Queues HEL. Fails with `InvalidArgument` if the configuration does not fit together, and with
    /// the status of a certificate that cannot be used.
    pub fn connect(config: ChannelConfig, now: Instant) -> Result<Self> {
        check_limits(&config)?;
        let mut channel = Self {
            security: OpenSecurity::new(&config.security)?,
            channel_id: 0,
            tokens: None,
            opening: None,
            outgoing: OutgoingSequence::default(),
            incoming: IncomingSequence::default(),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            operations: 0,
            state: State::Live,
            connected: now,
            now,
            own_requests: CHANNEL_REQUEST_IDS,
            negotiated: None,
            reader: FrameReader::new(config.limits.receive_buffer_size),
            assembler: Assembler::new(&config.limits.for_strangers()),
            waiting: VecDeque::new(),
            waiting_cost: 0,
            config,
        };
        channel.outbox.push(hello(&channel.config.limits, &channel.config.endpoint_url));
        Ok(channel)
    }

    /// Where the socket may put its bytes itself, behind what is there already; then call
    /// [`receive`](Self::receive) with none.
    pub fn room(&mut self) -> &mut BytesMut {
        self.reader.room()
    }

    /// Takes bytes from the socket, split anywhere. While [`wants_bytes`](Self::wants_bytes) is false,
    /// stop reading instead: beyond 512 KiB the channel fails.
    pub fn receive(&mut self, mut bytes: &[u8], now: Instant) {
        self.now = now;
        while self.state != State::Failed {
            match self.reader.read(&mut bytes) {
                Ok(Some(frame)) => self.arrive(frame),
                Ok(None) => return,
                Err(error) => self.fail(error),
            }
        }
    }

    /// Takes messages as large as the configuration allows. Until then the server has proven nothing and
    /// must not cost more than discovery and a handshake need: 512 KiB a message, in 64 chunks.
    pub fn admit(&mut self) {
        self.assembler.set_limits(&self.config.limits);
    }

    /// Whether the socket should be read: false while frames wait behind an OPN that a key works on.
    #[must_use]
    pub fn wants_bytes(&self) -> bool {
        self.waiting.is_empty() && self.state != State::Failed
    }

    /// The next bytes to write.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outbox.pop()
    }

    /// The next thing to act on.
    pub fn poll_event(&mut self) -> Option<ChannelEvent> {
        self.events.pop_front()
    }

    /// Takes the result of a [`KeyOperation`](crate::ua::secure::KeyOperation).
    pub fn key_done(&mut self, id: u64, result: Result<Vec<u8>>, now: Instant) {
        self.now = now;
        if self.state == State::Failed {
            return;
        }
        if let Err(error) = self.continue_opening(id, result) {
            return self.fail(error);
        }
        while !self.is_decrypting() && self.state != State::Failed {
            let Some(frame) = self.waiting.pop_front() else { break };
            self.waiting_cost -= waiting_cost(&frame);
            self.arrive(frame);
        }
    }

    /// Queues one service message. `request_id` must be below [`CHANNEL_REQUEST_IDS`]. Fails with
    /// `Closed` before `Opened` and after the end, and with `BadRequestTooLarge` if the server would
    /// refuse the size; then nothing is queued. What is queued is not bounded here: the number of
    /// requests in flight is the owner's.
    pub fn send(&mut self, request_id: u32, body: &[u8]) -> Result<()> {
        if request_id >= CHANNEL_REQUEST_IDS {
            return Err(Error::new(ErrorKind::InvalidArgument, SEND, "the request id belongs to the channel"));
        }
        if self.state != State::Live {
            return Err(closed());
        }
        self.send_secured(FrameKind::Message, request_id, body)
    }

    /// Renews the token when it is due, drops old keys, and fails when a renewal took too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        let Some(tokens) = self.tokens.as_mut().filter(|_| self.state == State::Live) else { return };
        tokens.expire_previous(now);
        if tokens.has_expired(now) {
            self.fail(Error::new(
                ErrorKind::Timeout,
                "renew security token",
                "the server did not answer before the token expired",
            ));
        } else if tokens.renewal_is_due(now)
            && self.opening.is_none()
            && let Err(error) = self.begin_opening()
        {
            self.fail(error);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let tokens = self.tokens.as_ref().filter(|_| self.state == State::Live)?;
        Some(tokens.deadline(self.opening.is_some()))
    }

    /// Queues CLO, if the channel is open. Nothing can be sent afterwards.
    pub fn close(&mut self) {
        if self.state != State::Live {
            return;
        }
        let request_id = self.next_request_id();
        let request = CloseSecureChannelRequest { request_header: self.request_header(request_id) };
        let context = ContextOwned::default();
        let mut body = Vec::new();
        if services::encode(&request, &mut body, &context.context()).is_ok() {
            // Before Opened there is no channel to close, and that is all that can go wrong here.
            let _ = self.send_secured(FrameKind::Close, request_id, &body);
        }
        self.state = State::Closing;
    }

    /// Bytes held: incomplete frames and messages, frames that wait, and what is to be written.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.reader.buffered() + self.assembler.buffered() + self.waiting_cost + self.outbox.buffered()
    }

    pub(super) fn next_request_id(&mut self) -> u32 {
        let id = self.own_requests;
        self.own_requests = id.checked_add(1).unwrap_or(CHANNEL_REQUEST_IDS);
        id
    }

    pub(super) fn request_header(&self, request_handle: u32) -> RequestHeader {
        let time = self.config.utc + self.now.saturating_duration_since(self.connected);
        RequestHeader { timestamp: time.into(), request_handle, ..RequestHeader::default() }
    }

    pub(super) fn now(&self) -> Instant {
        self.now
    }

    fn fail(&mut self, error: Error) {
        self.state = State::Failed;
        self.waiting = VecDeque::new();
        self.waiting_cost = 0;
        self.opening = None;
        self.assembler = Assembler::new(&self.config.limits);
        self.reader = FrameReader::new(self.config.limits.receive_buffer_size);
        self.events.push_back(ChannelEvent::Failed(error));
    }

    fn arrive(&mut self, frame: Frame) {
        let outcome = if self.is_decrypting() { self.wait(frame) } else { self.process(frame) };
        if let Err(error) = outcome {
            self.fail(error);
        }
    }

    fn wait(&mut self, frame: Frame) -> Result<()> {
        self.waiting_cost += waiting_cost(&frame);
        if self.waiting_cost > MAX_WAITING {
            let message = "too much arrived while a private key was at work";
            return Err(protocol(StatusCode::BadTcpNotEnoughResources, message));
        }
        self.waiting.push_back(frame);
        Ok(())
    }

    fn process(&mut self, frame: Frame) -> Result<()> {
        match frame.kind {
            FrameKind::Error => Err(report(&frame.bytes[FRAME_HEADER..])?),
            FrameKind::Acknowledge if self.negotiated.is_none() => self.acknowledge(&frame.bytes[FRAME_HEADER..]),
            FrameKind::Open => self.receive_open(&frame.bytes),
            FrameKind::Message => self.receive_message(frame),
            FrameKind::Close => Err(protocol(StatusCode::BadSecureChannelClosed, "the server closed the channel")),
            FrameKind::Acknowledge | FrameKind::Hello => Err(unexpected("a HEL or ACK")),
        }
    }

    fn acknowledge(&mut self, body: &[u8]) -> Result<()> {
        let negotiated = acknowledged(&self.config.limits, body)?;
        self.reader.set_limit(negotiated.receive_buffer_size);
        self.negotiated = Some(negotiated);
        self.begin_opening()
    }

    fn receive_message(&mut self, mut frame: Frame) -> Result<()> {
        let tokens = self.tokens.as_mut().ok_or_else(|| unexpected("a MSG before the channel is open"))?;
        check_channel(self.channel_id, &frame.bytes)?;
        let opened = tokens.open(&mut frame.bytes)?;
        self.incoming.accept(opened.sequence_number)?;
        frame.bytes.truncate(opened.body.end);
        frame.bytes.advance(opened.body.start);
        match self.assembler.push(frame.chunk, opened.request_id, frame.bytes)? {
            Some(Assembled::Complete { request_id, body }) => {
                self.events.push_back(ChannelEvent::Message { request_id, body })
            }
            Some(Assembled::Aborted { request_id, error }) => {
                self.events.push_back(ChannelEvent::Aborted { request_id, error })
            }
            None => {}
        }
        Ok(())
    }

    fn send_secured(&mut self, kind: FrameKind, request_id: u32, body: &[u8]) -> Result<()> {
        let (Some(tokens), Some(negotiated)) = (&self.tokens, &self.negotiated) else { return Err(closed()) };
        let token = tokens.current();
        let chunk_size = negotiated.send_buffer_size as usize;
        let capacity = token.own.body_capacity(chunk_size);
        let chunks = body.len().div_ceil(capacity).max(1);
        check_request_size(negotiated, body.len(), chunks)?;
        let mut wire = Vec::with_capacity(body.len() + chunks * (chunk_size - capacity));
        for index in 0..chunks {
            let last = index + 1 == chunks;
            let header = ChunkHeader {
                kind,
                chunk: if last { ChunkKind::Final } else { ChunkKind::Intermediate },
                channel_id: self.channel_id,
                token_id: token.id,
                sequence_number: self.outgoing.take_next(),
                request_id,
            };
            let part = &body[index * capacity..body.len().min((index + 1) * capacity)];
            token.own.seal(&header, part, &mut wire)?;
        }
        self.outbox.push(wire);
        Ok(())
    }
}

/// Fails with `BadTcpSecureChannelUnknown` unless a frame belongs to this channel.
pub(super) fn check_channel(expected: u32, frame: &[u8]) -> Result<()> {
    let got = channel_id(frame)?;
    if got == expected {
        return Ok(());
    }
    let message = format!("a frame names channel {got}, this is channel {expected}");
    Err(protocol(StatusCode::BadTcpSecureChannelUnknown, message))
}

/// The smallest frames cost more than their bytes.
fn waiting_cost(frame: &Frame) -> usize {
    frame.bytes.capacity() + 2 * size_of::<Frame>()
}

const SEND: &str = "send request";

/// OPC 10000-6 §7.1.2.3.
const MAX_URL: usize = 4096;
const MIN_BUFFER: u32 = 8192;

fn check_limits(config: &ChannelConfig) -> Result<()> {
    let limits = &config.limits;
    let wrong = if config.endpoint_url.len() > MAX_URL {
        "the endpoint URL is longer than 4096 bytes"
    } else if limits.receive_buffer_size.min(limits.send_buffer_size) < MIN_BUFFER {
        "the buffers must hold at least 8192 bytes"
    } else if limits.max_message_size == 0 || limits.max_chunk_count == 0 {
        "max_message_size and max_chunk_count must not be 0"
    } else if config.token_lifetime < Duration::from_secs(1) {
        "the token lifetime must be at least one second"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::InvalidArgument, "open secure channel", wrong))
}

/// A limit of 0 is none.
fn check_request_size(negotiated: &Negotiated, size: usize, chunks: usize) -> Result<()> {
    let exceeds = |value: usize, limit: u32| limit != 0 && value > limit as usize;
    if !exceeds(size, negotiated.max_message_size) && !exceeds(chunks, negotiated.max_chunk_count) {
        return Ok(());
    }
    let (max_size, max_chunks) = (negotiated.max_message_size, negotiated.max_chunk_count);
    let message = format!(
        "the request has {size} bytes in {chunks} chunks, the server takes {max_size} bytes and {max_chunks} chunks (0: any); ask for less at once"
    );
    Err(Error::new(ErrorKind::LimitExceeded, SEND, message)
        .with_status(StatusCode::BadRequestTooLarge)
        .retryable(false))
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, SEND, "the secure channel is not open")
        .with_status(StatusCode::BadSecureChannelClosed)
}
