//! HEL, ACK and ERR (OPC 10000-6 §7.1.2.3 to §7.1.2.5).

use crate::error::{Error, Result};
use crate::ua::StatusCode;
use crate::ua::secure::Limits;
use crate::ua::secure::fault::{protocol, reported};
use crate::ua::secure::fields::{Fields, put_byte_string, put_uint32};
use crate::ua::secure::frame::{ChunkKind, FrameKind, begin_frame, end_frame};

/// What both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// The largest chunk the other side may send.
    pub(crate) receive_buffer_size: u32,
    /// The largest chunk we may send.
    pub(crate) send_buffer_size: u32,
    /// The largest message body we may send; 0 means any.
    pub(crate) max_message_size: u32,
    /// The most chunks of one message we may send; 0 means any.
    pub(crate) max_chunk_count: u32,
}

/// The version of the protocol that this is; there is no other.
pub(crate) const PROTOCOL_VERSION: u32 = 0;

/// OPC 10000-6 wants 8192 for RSA policies; below 1024 not even headers fit.
const MIN_BUFFER: u32 = 1024;

/// The HEL that opens a connection.
pub(crate) fn hello(limits: &Limits, endpoint_url: &str) -> Vec<u8> {
    let mut out = Vec::new();
    begin_frame(&mut out, FrameKind::Hello, ChunkKind::Final);
    put_uint32(&mut out, PROTOCOL_VERSION);
    put_uint32(&mut out, limits.receive_buffer_size);
    put_uint32(&mut out, limits.send_buffer_size);
    put_uint32(&mut out, limits.max_message_size);
    put_uint32(&mut out, limits.max_chunk_count);
    put_byte_string(&mut out, Some(endpoint_url.as_bytes()));
    let size = out.len();
    end_frame(&mut out, size);
    out
}

/// What an ACK (without its header) leaves of our limits. It may lower the buffers, never raise them.
pub(crate) fn acknowledged(limits: &Limits, body: &[u8]) -> Result<Negotiated> {
    let mut fields = Fields(body);
    let _version = fields.uint32()?;
    let (their_receive, their_send) = (fields.uint32()?, fields.uint32()?);
    if their_receive < MIN_BUFFER || their_send < MIN_BUFFER {
        let message =
            format!("the server offers buffers of {their_receive} and {their_send} bytes; {MIN_BUFFER} are needed");
        return Err(protocol(StatusCode::BadTcpNotEnoughResources, message));
    }
    Ok(Negotiated {
        receive_buffer_size: their_send.min(limits.receive_buffer_size),
        send_buffer_size: their_receive.min(limits.send_buffer_size),
        max_message_size: fields.uint32()?,
        max_chunk_count: fields.uint32()?,
    })
}

/// The error that an ERR frame or an aborted message (without headers) reports.
pub(crate) fn report(body: &[u8]) -> Result<Error> {
    let mut fields = Fields(body);
    let status = StatusCode::from(fields.uint32()?);
    // Some peers leave the reason out; the StatusCode is what counts.
    Ok(reported(status, fields.byte_string().ok().flatten()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ack(numbers: [u32; 5]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn an_acknowledgement_lowers_our_limits_and_never_raises_them() {
        let limits = Limits { receive_buffer_size: 65_536, send_buffer_size: 32_768, ..Limits::default() };
        let agreed = acknowledged(&limits, &ack([0, 8192, 1 << 30, 5, 6])).unwrap();
        assert_eq!(agreed.send_buffer_size, 8192);
        assert_eq!(agreed.receive_buffer_size, 65_536);
        assert_eq!((agreed.max_message_size, agreed.max_chunk_count), (5, 6));
    }

    #[test]
    fn an_acknowledgement_too_small_or_too_short_is_refused() {
        let limits = Limits::default();
        for lie in [[0, 0, 65_536, 0, 0], [0, 65_536, 40, 0, 0]] {
            let error = acknowledged(&limits, &ack(lie)).unwrap_err();
            assert_eq!(error.status(), StatusCode::BadTcpNotEnoughResources);
        }
        assert!(acknowledged(&limits, &ack([0, 65_536, 65_536, 0, 0])[..19]).is_err());
    }

    #[test]
    fn a_report_keeps_the_status_and_a_short_clean_reason() {
        let mut body = StatusCode::BadTcpServerTooBusy.bits().to_le_bytes().to_vec();
        assert!(report(&body).unwrap().is_retryable());
        put_byte_string(&mut body, Some(format!("busy\n{}", "x".repeat(4000)).as_bytes()));
        let error = report(&body).unwrap();
        assert_eq!(error.status(), StatusCode::BadTcpServerTooBusy);
        let (_, reason) = error.context().first().unwrap();
        assert!(reason.starts_with("busyxxx") && reason.len() == 256);
    }
}
