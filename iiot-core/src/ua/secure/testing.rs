//! A server's end of a channel for tests, made of the same parts as the client's, able to misbehave.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use parking_lot::Mutex;

use crate::keys::{KeySpec, KeyStore, MemoryKeyStore};
use crate::time::UtcTime;
use crate::ua::secure::chunk::{ChunkHeader, Protection, token_id};
use crate::ua::secure::fields::{Fields, put_uint32};
use crate::ua::secure::frame::{ChunkKind, FRAME_HEADER, Frame, FrameKind, FrameReader, begin_frame, end_frame};
use crate::ua::secure::message::{Assembled, Assembler};
use crate::ua::secure::open_chunk::OpenSecurity;
use crate::ua::secure::opening::protection;
use crate::ua::secure::policy::DirectionKeys;
use crate::ua::secure::sequence::{IncomingSequence, OutgoingSequence};
use crate::ua::secure::{
    ApplicationCertificate, ChannelConfig, ChannelEvent, ChannelSecurity, KeyOperation, Limits, SecureChannel,
    SecurityPolicy,
};
use crate::ua::trust::{CertificateProfile, self_signed};
use crate::ua::{
    BinaryDecodable, ByteString, ChannelSecurityToken, ContextOwned, MessageSecurityMode, OpenSecureChannelRequest,
    OpenSecureChannelResponse, services,
};

/// Every pair of policy and mode.
pub(crate) fn securities() -> Vec<(SecurityPolicy, MessageSecurityMode)> {
    let mut all = vec![(SecurityPolicy::NONE, MessageSecurityMode::None)];
    for policy in SecurityPolicy::ALL.iter().copied().filter(|policy| !policy.is_none()) {
        all.push((policy, MessageSecurityMode::Sign));
        all.push((policy, MessageSecurityMode::SignAndEncrypt));
    }
    all
}

/// A certificate and key of this name and size; made once.
pub(crate) fn identity(name: &'static str, bits: usize) -> ApplicationCertificate {
    static MADE: LazyLock<Mutex<HashMap<(&str, usize), ApplicationCertificate>>> = LazyLock::new(Mutex::default);
    MADE.lock().entry((name, bits)).or_insert_with(|| block_on(make_identity(name, bits))).clone()
}

async fn make_identity(name: &str, bits: usize) -> ApplicationCertificate {
    let key = MemoryKeyStore::default().generate(name, KeySpec::Rsa(bits)).await.unwrap();
    let profile = CertificateProfile {
        application_uri: format!("urn:test:{name}"),
        common_name: name.into(),
        organization: "Test".into(),
        dns_names: vec!["localhost".into()],
        ip_addresses: Vec::new(),
        valid_from: UtcTime::UNIX_EPOCH,
        valid_days: 30_000,
    };
    ApplicationCertificate { chain: self_signed(key.as_ref(), &profile).await.unwrap(), key }
}

/// How a client of [`Peer`] is configured; `bits` are those of the client's and the server's key.
pub(crate) fn config(policy: SecurityPolicy, mode: MessageSecurityMode, bits: (usize, usize)) -> ChannelConfig {
    let secured = !policy.is_none();
    ChannelConfig {
        endpoint_url: "opc.tcp://localhost:4840".into(),
        limits: Limits::default(),
        security: ChannelSecurity {
            policy,
            mode,
            own: secured.then(|| identity("client", bits.0)),
            remote_certificate: secured.then(|| identity("server", bits.1).chain),
        },
        token_lifetime: Duration::from_secs(3600),
        utc: UtcTime::UNIX_EPOCH,
    }
}

/// The server.
pub(crate) struct Peer {
    pub(crate) security: OpenSecurity,
    pub(crate) policy: SecurityPolicy,
    pub(crate) mode: MessageSecurityMode,
    pub(crate) channel_id: u32,
    pub(crate) lifetime: Duration,
    pub(crate) outgoing: OutgoingSequence,
    /// Buffers and limits of its ACK.
    pub(crate) ack: [u32; 4],
    /// Whole messages it received.
    pub(crate) messages: Vec<(u32, Vec<u8>)>,
    /// Whether CLO came.
    pub(crate) closed: bool,
    /// Every token it issued: id, what it sends with, what it receives with.
    pub(crate) tokens: Vec<(u32, Protection, Protection)>,
    /// Which of them it sends with; it follows the client.
    pub(crate) sends_with: usize,
    /// Leaves OPN unanswered; [`answer_withheld`](Self::answer_withheld) makes up for it.
    pub(crate) withholds: bool,
    withheld: Option<(u32, Vec<u8>)>,
    incoming: IncomingSequence,
    reader: FrameReader,
    assembler: Assembler,
}

impl Peer {
    pub(crate) fn new(config: &ChannelConfig) -> Self {
        let (policy, mode) = (config.security.policy, config.security.mode);
        let own = config.security.remote_certificate.as_ref().map(|chain| {
            let long = chain.starts_with(&identity("server", 3072).chain);
            let key = identity("server", if long { 3072 } else { 2048 }).key;
            ApplicationCertificate { chain: chain.clone(), key }
        });
        let security = ChannelSecurity {
            policy,
            mode,
            own,
            remote_certificate: config.security.own.as_ref().map(|own| own.chain.clone()),
        };
        Self {
            security: OpenSecurity::new(&security).unwrap(),
            policy,
            mode,
            channel_id: 77,
            lifetime: config.token_lifetime,
            outgoing: OutgoingSequence::default(),
            ack: [65_536, 65_536, 0, 0],
            messages: Vec::new(),
            closed: false,
            tokens: Vec::new(),
            sends_with: 0,
            withholds: false,
            withheld: None,
            incoming: IncomingSequence::default(),
            reader: FrameReader::new(65_536),
            assembler: Assembler::new(&Limits::default()),
        }
    }

    /// Takes what the client wrote and returns the answers to HEL and OPN.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        while let Some(frame) = self.reader.read(&mut bytes).unwrap() {
            answers.extend(self.answer(frame));
        }
        answers
    }

    fn answer(&mut self, frame: Frame) -> Vec<u8> {
        match frame.kind {
            FrameKind::Hello => self.acknowledge(),
            FrameKind::Open => self.open(&frame.bytes),
            FrameKind::Message | FrameKind::Close => {
                self.message_received(frame);
                Vec::new()
            }
            other => panic!("a client does not send {other:?}"),
        }
    }

    fn acknowledge(&self) -> Vec<u8> {
        let mut out = Vec::new();
        begin_frame(&mut out, FrameKind::Acknowledge, ChunkKind::Final);
        for number in [0].iter().chain(&self.ack) {
            put_uint32(&mut out, *number);
        }
        let size = out.len();
        end_frame(&mut out, size);
        out
    }

    fn open(&mut self, frame: &[u8]) -> Vec<u8> {
        let (header, encrypted) = frame.split_at(self.security.check_header(frame).unwrap());
        let plain = match self.security.decrypting(encrypted).unwrap() {
            Some((key, work)) => block_on(KeyOperation { id: 0, key, work }.run()).unwrap(),
            None => encrypted.to_vec(),
        };
        let opened = self.security.open(header, &plain).unwrap();
        self.incoming.accept(opened.sequence_number).unwrap();
        let context = ContextOwned::default();
        let (_, mut fields) = services::encoding_id(&opened.body, &context.context()).unwrap();
        let request = OpenSecureChannelRequest::decode(&mut fields, &context.context()).unwrap();
        let nonce = vec![self.tokens.len() as u8 + 1; self.policy.nonce_length()];
        self.issue(request.client_nonce.as_ref(), &nonce);
        self.withheld = Some((opened.request_id, nonce));
        if self.withholds { Vec::new() } else { self.answer_withheld() }
    }

    /// Answers the last OPN.
    pub(crate) fn answer_withheld(&mut self) -> Vec<u8> {
        let (request_id, nonce) = self.withheld.take().unwrap();
        let response = self.response(&nonce);
        self.open_response(request_id, &response)
    }

    fn issue(&mut self, client_nonce: &[u8], server_nonce: &[u8]) {
        let keys =
            |secret, seed| protection(self.mode, DirectionKeys::derive(self.policy, secret, seed).unwrap()).unwrap();
        let id = 100 + self.tokens.len() as u32;
        self.tokens.push((id, keys(client_nonce, server_nonce), keys(server_nonce, client_nonce)));
    }

    pub(crate) fn response(&self, nonce: &[u8]) -> OpenSecureChannelResponse {
        OpenSecureChannelResponse {
            security_token: ChannelSecurityToken {
                channel_id: self.channel_id,
                token_id: self.tokens.last().unwrap().0,
                revised_lifetime: self.lifetime.as_millis() as u32,
                ..Default::default()
            },
            server_nonce: if nonce.is_empty() { ByteString::null() } else { ByteString::from(nonce) },
            ..Default::default()
        }
    }

    /// An OPN that answers, signed and encrypted as the channel wants it.
    pub(crate) fn open_response(&mut self, request_id: u32, response: &OpenSecureChannelResponse) -> Vec<u8> {
        let mut body = Vec::new();
        services::encode(response, &mut body, &ContextOwned::default().context()).unwrap();
        let draft = self.security.draft(self.channel_id, self.outgoing.take_next(), request_id, &body);
        let signature = match self.security.signing(&draft) {
            Some((key, work)) => block_on(KeyOperation { id: 0, key, work }.run()).unwrap(),
            None => Vec::new(),
        };
        self.security.seal(draft, &signature).unwrap()
    }

    fn message_received(&mut self, mut frame: Frame) {
        let id = token_id(&frame.bytes).unwrap();
        let index = self.tokens.iter().position(|token| token.0 == id).unwrap();
        let opened = self.tokens[index].2.open(&mut frame.bytes).unwrap();
        self.sends_with = index;
        self.incoming.accept(opened.sequence_number).unwrap();
        self.closed |= frame.kind == FrameKind::Close;
        frame.bytes.truncate(opened.body.end);
        let body = frame.bytes.split_off(opened.body.start);
        if let Some(Assembled::Complete { request_id, body }) =
            self.assembler.push(frame.chunk, opened.request_id, body).unwrap()
        {
            self.messages.push((request_id, body.to_vec()));
        }
    }

    /// A message as the server sends it, in chunks of at most `chunk_size` bytes.
    pub(crate) fn message(&mut self, request_id: u32, body: &[u8], chunk_size: usize) -> Vec<u8> {
        let capacity = self.tokens[self.sends_with].1.body_capacity(chunk_size);
        let mut out = Vec::new();
        let chunks = body.len().div_ceil(capacity).max(1);
        for index in 0..chunks {
            let kind = if index + 1 == chunks { ChunkKind::Final } else { ChunkKind::Intermediate };
            let part = &body[index * capacity..body.len().min((index + 1) * capacity)];
            out.extend(self.chunk(kind, request_id, part));
        }
        out
    }

    /// One chunk under the token in use.
    pub(crate) fn chunk(&mut self, chunk: ChunkKind, request_id: u32, body: &[u8]) -> Vec<u8> {
        let header = self.header(chunk, request_id);
        self.sealed(&header, body)
    }

    pub(crate) fn header(&mut self, chunk: ChunkKind, request_id: u32) -> ChunkHeader {
        ChunkHeader {
            kind: FrameKind::Message,
            chunk,
            channel_id: self.channel_id,
            token_id: self.tokens[self.sends_with].0,
            sequence_number: self.outgoing.take_next(),
            request_id,
        }
    }

    /// A chunk with any header.
    pub(crate) fn sealed(&self, header: &ChunkHeader, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.tokens[self.sends_with].1.seal(header, body, &mut out).unwrap();
        out
    }
}

/// An ERR frame.
pub(crate) fn error_frame(status: u32, reason: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    begin_frame(&mut out, FrameKind::Error, ChunkKind::Final);
    put_uint32(&mut out, status);
    crate::ua::secure::fields::put_byte_string(&mut out, Some(reason));
    let size = out.len();
    end_frame(&mut out, size);
    out
}

/// The numbers of a HEL frame.
pub(crate) fn hello_numbers(frame: &[u8]) -> [u32; 5] {
    let mut fields = Fields(&frame[FRAME_HEADER..]);
    std::array::from_fn(|_| fields.uint32().unwrap())
}

/// A client and a server in one place, and the time both live in.
pub(crate) struct Pair {
    pub(crate) client: SecureChannel,
    pub(crate) peer: Peer,
    pub(crate) now: Instant,
    /// Events other than key operations.
    pub(crate) events: Vec<ChannelEvent>,
    /// Lengths that bytes for the client are split into, over and over.
    pub(crate) steps: Vec<usize>,
    /// Keeps key operations instead of running them.
    pub(crate) held: Option<Vec<KeyOperation>>,
}

impl Pair {
    pub(crate) fn new(config: ChannelConfig) -> Self {
        let now = Instant::now();
        let peer = Peer::new(&config);
        let client = SecureChannel::connect(config, now).unwrap();
        Self { client, peer, now, events: Vec::new(), steps: vec![usize::MAX], held: None }
    }

    /// An open pair.
    pub(crate) fn open(config: ChannelConfig) -> Self {
        let mut pair = Self::new(config);
        pair.pump();
        assert!(matches!(pair.events[..], [ChannelEvent::Opened { .. }]), "{:?}", pair.events);
        pair.events.clear();
        pair
    }

    /// Carries bytes and key operations until nothing is left to do.
    pub(crate) fn pump(&mut self) {
        loop {
            self.take_events();
            let Some(bytes) = self.client.poll_transmit() else { break };
            let answer = self.peer.receive(&bytes);
            self.deliver(&answer);
        }
    }

    /// Gives bytes to the client, in steps.
    pub(crate) fn deliver(&mut self, mut bytes: &[u8]) {
        let steps = self.steps.clone();
        let mut steps = steps.iter().cycle();
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at((*steps.next().unwrap()).min(bytes.len()));
            self.client.receive(now, self.now);
            self.take_events();
            bytes = later;
        }
    }

    /// Lets time pass, with timeouts at their time.
    pub(crate) fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(deadline) = self.client.poll_timeout().filter(|deadline| *deadline <= until) {
            self.now = deadline;
            self.client.handle_timeout(self.now);
            self.pump();
        }
        self.now = until;
    }

    pub(crate) fn take_events(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match (event, &mut self.held) {
                (ChannelEvent::KeyOperation(operation), Some(held)) => held.push(operation),
                (ChannelEvent::KeyOperation(operation), None) => self.run(&operation),
                (event, _) => self.events.push(event),
            }
        }
    }

    pub(crate) fn run(&mut self, operation: &KeyOperation) {
        let result = block_on(operation.run());
        self.client.key_done(operation.id, result, self.now);
    }

    /// The one failure there must be.
    pub(crate) fn failure(&mut self) -> crate::Error {
        self.take_events();
        match self.events.pop() {
            Some(ChannelEvent::Failed(error)) => error,
            other => panic!("the channel should have failed, but: {other:?}"),
        }
    }

    /// The messages the client received, and nothing else.
    pub(crate) fn messages(&mut self) -> Vec<(u32, Vec<u8>)> {
        let message = |event| match event {
            ChannelEvent::Message { request_id, body } => (request_id, body.to_vec()),
            other => panic!("only messages were expected, not {other:?}"),
        };
        self.events.drain(..).map(message).collect()
    }
}

/// A pair of the policy and mode that matter most.
pub(crate) fn secured_pair() -> Pair {
    Pair::open(config(SecurityPolicy::BASIC256_SHA256, MessageSecurityMode::SignAndEncrypt, (2048, 2048)))
}

/// Bytes that tell positions apart.
pub(crate) fn body(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}
