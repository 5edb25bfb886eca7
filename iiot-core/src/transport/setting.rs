//! What several transports read out of the settings in their addresses.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// A span above nothing in whole seconds. Errors name the operation.
#[cfg(any(feature = "nats", feature = "webhook"))]
pub(super) fn seconds(text: &str, operation: &'static str) -> Result<Duration> {
    let seconds = text.parse::<u32>().ok().filter(|seconds| *seconds > 0);
    let refused = || Error::new(ErrorKind::InvalidArgument, operation, "this setting is in whole seconds");
    seconds.map(|seconds| Duration::from_secs(seconds.into())).ok_or_else(refused)
}

/// The content of a file. Errors name the operation.
pub(super) fn file(path: &str, operation: &'static str) -> Result<Vec<u8>> {
    let unreadable = |cause| Error::new(ErrorKind::Io, operation, "the file cannot be read").because(cause);
    std::fs::read(path).map_err(|cause| unreadable(cause).with("file", path))
}
