//! Where requests and answers go, and in messages of which size.

use super::frame::OVERHEAD;
use super::header::MAX_HEADER;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::Transport;

pub(super) fn request_topic(root: &str, capability: &str, operation: &str) -> String {
    format!("{root}/rpc/{capability}/{operation}")
}

pub(super) fn answer_topic(root: &str, caller: &str) -> String {
    format!("{root}/rpc-answers/{caller}")
}

/// Bytes of a piece that go into one message of the hub, beside header and seal.
pub(super) fn piece_size(transport: &dyn Transport) -> Result<usize> {
    let most = transport.max_payload().unwrap_or(USUAL).min(USUAL);
    let size = most.saturating_sub(MAX_HEADER + OVERHEAD);
    if size >= LEAST {
        return Ok(size);
    }
    let message = format!("the hub takes messages of {most} bytes only, too small for remote calls");
    Err(Error::new(ErrorKind::LimitExceeded, "send over the hub", message).retryable(false))
}

/// Many hubs take no larger messages unless they are told to.
const USUAL: usize = 128 << 10;
const LEAST: usize = 1024;
