//! RHE: a server that has connected to us says who it is (OPC 10000-6 §7.1.2.6).

use crate::error::Result;
use crate::ua::StatusCode;
use crate::ua::secure::fault::protocol;
use crate::ua::secure::fields::{Fields, put_byte_string, put_uint32};

/// Who a server says it is. Nothing of it is proven before the secure channel is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReverseHello {
    /// Its ApplicationUri.
    pub server_uri: String,
    /// The URL of the endpoint that the client uses on this connection.
    pub endpoint_url: String,
}

/// The frame's header.
pub(crate) const REVERSE_HELLO_HEADER: usize = 8;

/// The longest that either text may be.
const MAX_TEXT: usize = 4096;
const MAX_BODY: usize = 2 * (4 + MAX_TEXT);

impl ReverseHello {
    /// How many bytes follow a header. Fails on anything but RHE of an allowed size.
    pub(crate) fn body_size(header: [u8; REVERSE_HELLO_HEADER]) -> Result<usize> {
        let [kind @ .., a, b, c, d] = header;
        if kind != *b"RHEF" {
            let letters = kind.escape_ascii();
            let message = format!("a connection begins with \"{letters}\" where a server would say RHE");
            return Err(protocol(StatusCode::BadTcpMessageTypeInvalid, message));
        }
        let size = u32::from_le_bytes([a, b, c, d]) as usize;
        size.checked_sub(REVERSE_HELLO_HEADER)
            .filter(|body| *body <= MAX_BODY)
            .ok_or_else(|| protocol(StatusCode::BadTcpMessageTooLarge, format!("a ReverseHello claims {size} bytes")))
    }

    /// Reads what follows the header.
    pub(crate) fn decode(body: &[u8]) -> Result<Self> {
        let mut fields = Fields(body);
        let (server_uri, endpoint_url) = (text(&mut fields)?, text(&mut fields)?);
        Ok(Self { server_uri, endpoint_url })
    }

    /// The whole frame, as a server sends it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put_byte_string(&mut body, Some(self.server_uri.as_bytes()));
        put_byte_string(&mut body, Some(self.endpoint_url.as_bytes()));
        frame(b"RHEF", &body)
    }
}

/// The ERR with which a connection is refused that nobody waits for.
pub(crate) fn refusal() -> Vec<u8> {
    let mut body = Vec::new();
    put_uint32(&mut body, StatusCode::BadTcpEndpointUrlInvalid.bits());
    put_byte_string(&mut body, Some(b"nobody waits for this server"));
    frame(b"ERRF", &body)
}

fn frame(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = kind.to_vec();
    put_uint32(&mut out, u32::try_from(REVERSE_HELLO_HEADER + body.len()).unwrap_or(u32::MAX));
    out.extend_from_slice(body);
    out
}

fn text(fields: &mut Fields<'_>) -> Result<String> {
    let bytes = fields.byte_string()?.unwrap_or_default();
    match str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= MAX_TEXT => Ok(text.into()),
        _ => Err(protocol(StatusCode::BadTcpEndpointUrlInvalid, "a ReverseHello holds a text that is none")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn hello(server_uri: &str) -> ReverseHello {
        ReverseHello { server_uri: server_uri.into(), endpoint_url: "opc.tcp://plc:4840".into() }
    }

    fn read(frame: &[u8]) -> Result<ReverseHello> {
        let size = ReverseHello::body_size(frame[..8].try_into().unwrap())?;
        assert_eq!(size, frame.len() - 8);
        ReverseHello::decode(&frame[8..])
    }

    #[test]
    fn it_survives_the_wire() {
        assert_eq!(read(&hello("urn:plc").encode()).unwrap(), hello("urn:plc"));
    }

    #[test]
    fn other_frames_and_sizes_beyond_the_limit_are_refused() {
        for header in [*b"HELF\x20\0\0\0", *b"RHEC\x20\0\0\0", *b"RHEF\x07\0\0\0", *b"RHEF\xff\xff\xff\xff"] {
            assert!(ReverseHello::body_size(header).is_err(), "{}", header.escape_ascii());
        }
        assert!(read(&hello(&"x".repeat(4097)).encode()).is_err());
    }

    #[test]
    fn a_body_cut_short_or_with_lying_lengths_is_refused() {
        let body = &hello("urn:plc").encode()[8..];
        for length in 0..body.len() {
            assert!(ReverseHello::decode(&body[..length]).is_err(), "{length}");
        }
        let mut lying = body.to_vec();
        lying[..4].copy_from_slice(&i32::MAX.to_le_bytes());
        assert!(ReverseHello::decode(&lying).is_err());
    }
}
