//! Frames as a server without security writes them: right ones, and the parts of wrong ones.

use std::io;

use iiot_core::ua::{
    BinaryEncodable, ChannelSecurityToken, ContextOwned, MessageInfo, NodeId, OpenSecureChannelResponse, Response,
    ResponseHeader, StatusCode,
};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The numbers of a secure channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The channel's id.
    pub id: u32,
    /// The token in use.
    pub token: u32,
    /// The number of the last chunk sent.
    pub sequence: u32,
    /// Chunks are at most so long.
    pub chunk_size: usize,
}

/// Three letters and the kind of chunk, then whatever follows the size.
#[derive(Debug)]
pub struct Frame {
    /// Such as `MSGF`.
    pub kind: [u8; 4],
    /// What follows the eight bytes of the header.
    pub body: Vec<u8>,
}

/// An honest client sends nothing longer.
const MAX_FRAME: usize = 1 << 20;
const POLICY_NONE: &[u8] = b"http://opcfoundation.org/UA/SecurityPolicy#None";
const NULL: u32 = u32::MAX;

/// A frame with the right size.
#[must_use]
pub fn frame(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    frame_claiming(kind, body, (body.len() + 8) as u32)
}

/// A frame that claims any size.
#[must_use]
pub fn frame_claiming(kind: &[u8; 4], body: &[u8], size: u32) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend(size.to_le_bytes());
    out.extend(body);
    out
}

/// An ACK: version, receive and send buffer, message size, chunk count.
#[must_use]
pub fn acknowledge(numbers: [u32; 5]) -> Vec<u8> {
    frame(b"ACKF", &little_endian(&numbers))
}

/// An ERR.
#[must_use]
pub fn error(status: StatusCode, reason: &str) -> Vec<u8> {
    frame(b"ERRF", &reported(status, reason))
}

/// What ERR and an aborted message carry.
#[must_use]
pub fn reported(status: StatusCode, reason: &str) -> Vec<u8> {
    let mut body = little_endian(&[status.bits(), reason.len() as u32]);
    body.extend(reason.as_bytes());
    body
}

/// An RHE.
#[must_use]
pub fn reverse_hello(server_uri: &str, endpoint_url: &str) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    frame(b"RHEF", &[text(server_uri), text(endpoint_url)].concat())
}

/// A response as the body of a message.
#[must_use]
pub fn encoded(response: &Response) -> Vec<u8> {
    let mut body = Vec::new();
    response.encode(&mut body, &ContextOwned::default().context()).expect("our own responses encode");
    body
}

/// A structure, without its type.
#[must_use]
pub fn encoded_part(part: &impl BinaryEncodable) -> Vec<u8> {
    part.encode_to_vec(&ContextOwned::default().context())
}

/// The body of a message that begins like a good response of this type, with `rest` behind the header.
#[must_use]
pub fn response_with<R: MessageInfo + Default>(request_handle: u32, rest: &[u8]) -> Vec<u8> {
    let header = ResponseHeader { request_handle, ..Default::default() };
    [encoded_part(&NodeId::from(R::default().type_id())), encoded_part(&header), rest.to_vec()].concat()
}

/// Numbers as they stand on the wire.
#[must_use]
pub fn little_endian(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

impl Channel {
    /// A channel as it begins.
    #[must_use]
    pub const fn new(id: u32) -> Self {
        Self { id, token: 1, sequence: 0, chunk_size: 8192 }
    }

    /// The answer to OPN.
    #[must_use]
    pub fn open(&mut self, request_id: u32, lifetime_ms: u32) -> Vec<u8> {
        let security_token = ChannelSecurityToken {
            channel_id: self.id,
            token_id: self.token,
            revised_lifetime: lifetime_ms,
            ..Default::default()
        };
        let response = OpenSecureChannelResponse { security_token, ..Default::default() };
        let mut body = little_endian(&[self.id, POLICY_NONE.len() as u32]);
        body.extend(POLICY_NONE);
        body.extend(little_endian(&[NULL, NULL, self.next(), request_id]));
        body.extend(encoded_part(&NodeId::from(response.type_id())));
        body.extend(encoded_part(&response));
        frame(b"OPNF", &body)
    }

    /// One chunk of a message: `kind` is `F`, `C` or `A`.
    #[must_use]
    pub fn chunk(&mut self, kind: u8, request_id: u32, part: &[u8]) -> Vec<u8> {
        let mut body = little_endian(&[self.id, self.token, self.next(), request_id]);
        body.extend(part);
        frame(&[b'M', b'S', b'G', kind], &body)
    }

    /// A whole message in as many chunks as it needs.
    #[must_use]
    pub fn message(&mut self, request_id: u32, body: &[u8]) -> Vec<u8> {
        let room = self.chunk_size - 24;
        let last = body.len().div_ceil(room).max(1) - 1;
        let part = |index: usize| &body[index * room..body.len().min((index + 1) * room)];
        (0..=last)
            .flat_map(|index| self.chunk(if index == last { b'F' } else { b'C' }, request_id, part(index)))
            .collect()
    }

    fn next(&mut self) -> u32 {
        self.sequence = if self.sequence > u32::MAX - 1024 { 1 } else { self.sequence + 1 };
        self.sequence
    }
}

/// The next frame of a client; `None` at the end.
pub(crate) async fn read_frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
    let mut header = [0; 8];
    if from.read_exact(&mut header).await.is_err() {
        return Ok(None);
    }
    let [a, b, c, d, size @ ..] = header;
    let size = u32::from_le_bytes(size) as usize;
    if !(8..=MAX_FRAME).contains(&size) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the client claims a wrong size"));
    }
    let mut body = vec![0; size - 8];
    from.read_exact(&mut body).await?;
    Ok(Some(Frame { kind: [a, b, c, d], body }))
}
