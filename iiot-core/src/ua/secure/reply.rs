//! The first answer of whoever was told Hello, be it an OPC UA server or not.

use crate::ua::StatusCode;
use crate::ua::secure::fault::printable;
use crate::ua::secure::fields::Fields;
use crate::ua::secure::frame::FRAME_HEADER;

/// What bytes mean that came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// More bytes are needed.
    Unfinished,
    /// ACK, whatever it offers.
    Acknowledge,
    /// ERR.
    Error { status: StatusCode, reason: String },
    /// Neither.
    Foreign,
}

/// Five numbers behind the header.
const ACKNOWLEDGE: usize = FRAME_HEADER + 20;
/// A StatusCode behind the header; some peers leave the reason out.
const LEAST_ERROR: usize = FRAME_HEADER + 4;

/// What an answer is that begins with `said` and may be `limit` bytes long.
pub(crate) fn reply(said: &[u8], limit: usize) -> Reply {
    if !begins_as(said, b"ACKF") && !begins_as(said, b"ERRF") {
        return Reply::Foreign;
    }
    let Some([kind, _, _, _, size @ ..]) = said.first_chunk::<FRAME_HEADER>() else { return Reply::Unfinished };
    let (is_acknowledge, size) = (*kind == b'A', u32::from_le_bytes(*size) as usize);
    let least = if is_acknowledge { ACKNOWLEDGE } else { LEAST_ERROR };
    match said.get(FRAME_HEADER..size) {
        _ if !(least..=limit).contains(&size) => Reply::Foreign,
        None => Reply::Unfinished,
        Some(_) if is_acknowledge => Reply::Acknowledge,
        Some(body) => error(body),
    }
}

/// Whether bytes are the beginning of a text, or begin with it.
fn begins_as(said: &[u8], text: &[u8; 4]) -> bool {
    said.iter().zip(text).all(|(byte, letter)| byte == letter)
}

fn error(body: &[u8]) -> Reply {
    let mut fields = Fields(body);
    let Ok(code) = fields.uint32() else { return Reply::Foreign };
    let reason = fields.byte_string().ok().flatten().map(printable).unwrap_or_default();
    Reply::Error { status: StatusCode::from(code), reason }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ua::secure::fields::{put_byte_string, put_uint32};

    fn frame(letters: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut out = letters.to_vec();
        put_uint32(&mut out, u32::try_from(FRAME_HEADER + body.len()).unwrap_or(u32::MAX));
        out.extend_from_slice(body);
        out
    }

    #[test]
    fn an_answer_is_judged_when_it_is_whole() {
        let mut body = StatusCode::BadTcpEndpointUrlInvalid.bits().to_le_bytes().to_vec();
        put_byte_string(&mut body, Some(b"not\x1b[31m here\n"));
        let error = Reply::Error { status: StatusCode::BadTcpEndpointUrlInvalid, reason: "not[31m here".into() };
        for (whole, meaning) in [(frame(b"ACKF", &[0; 20]), Reply::Acknowledge), (frame(b"ERRF", &body), error)] {
            assert!((0..whole.len()).all(|end| reply(&whole[..end], 8192) == Reply::Unfinished));
            assert_eq!(reply(&whole, 8192), meaning);
            assert_eq!(reply(&[whole, vec![1; 9]].concat(), 8192), meaning);
        }
    }

    #[test]
    fn sizes_that_lie_and_other_letters_are_foreign() {
        for size in [0, 7, 8, 27, 8193, 0x7fff_ffff, u32::MAX] {
            let header = [b"ACKF".as_slice(), &size.to_le_bytes()].concat();
            assert_eq!(reply(&header, 8192), Reply::Foreign, "{size}");
        }
        for other in [b"HTTP".as_slice(), b"ACKC", b"ERRA", b"HELF", b"MSGF", b"\x15\x03", b"AX"] {
            assert_eq!(reply(other, 8192), Reply::Foreign);
        }
    }

    proptest! {
        #[test]
        fn an_error_with_any_content_is_an_error_or_foreign(body in prop::collection::vec(any::<u8>(), 0..300)) {
            match reply(&frame(b"ERRF", &body), 8192) {
                Reply::Error { reason, .. } => {
                    prop_assert!(reason.chars().count() <= 256 && !reason.chars().any(char::is_control));
                }
                _ => prop_assert!(body.len() < 4),
            }
        }
    }
}
