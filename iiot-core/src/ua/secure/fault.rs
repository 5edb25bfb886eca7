//! The errors of the secure conversation, so that each says the same thing everywhere.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};
use crate::ua::StatusCode;

/// The other side broke the protocol.
pub(crate) fn protocol(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Protocol, OPERATION, message).with_status(status)
}

/// A security check failed. The message must not tell an attacker which one, where that helps him.
pub(crate) fn insecure(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Security, OPERATION, message).with_status(StatusCode::BadSecurityChecksFailed)
}

/// A chunk was changed on the way or made with other keys. Said the same whether padding or MAC is wrong.
pub(crate) fn tampered() -> Error {
    insecure("a chunk does not verify: it was changed on the way or made with other keys")
}

/// A chunk ends before its fields do.
pub(crate) fn truncated() -> Error {
    protocol(StatusCode::BadDecodingError, "a chunk is shorter than its fields")
}

/// A frame that has no place here.
pub(crate) fn unexpected(what: &str) -> Error {
    protocol(StatusCode::BadTcpMessageTypeInvalid, format!("{what} is not expected now"))
}

/// What the other side reported by ERR or an aborted message.
pub(crate) fn reported(status: StatusCode, reason: Option<&[u8]>) -> Error {
    let status = if status.is_bad() { status } else { StatusCode::BadCommunicationError };
    let error = Error::from_status(OPERATION, status);
    let retryable = error.is_retryable() || passing(status);
    let error = error.retryable(retryable);
    match reason.map(printable).filter(|text| !text.is_empty()) {
        Some(text) => error.with("reason", text),
        None => error,
    }
}

const OPERATION: &str = "secure conversation";

/// A hostile reason must not fill a log.
const MAX_REASON_CHARS: usize = 256;

/// Statuses that a new connection can cure.
fn passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTcpServerTooBusy
            | StatusCode::BadTcpNotEnoughResources
            | StatusCode::BadTcpInternalError
            | StatusCode::BadTcpSecureChannelUnknown
            | StatusCode::BadSecureChannelTokenUnknown
            | StatusCode::BadSequenceNumberInvalid
            | StatusCode::BadOutOfMemory
            | StatusCode::BadResourceUnavailable
    )
}

pub(crate) fn printable(reason: &[u8]) -> String {
    String::from_utf8_lossy(reason).chars().filter(|char| !char.is_control()).take(MAX_REASON_CHARS).collect()
}
