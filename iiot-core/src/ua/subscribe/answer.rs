//! What a service answered.

use bytes::Bytes;

use crate::ua::codec::decode_response;
use crate::ua::{Response, StatusCode};

/// Takes what a service answered out of a message body; every failure as a StatusCode.
pub(super) fn answer<T>(
    service: &'static str,
    result: Result<Bytes, StatusCode>,
    take: impl FnOnce(Response) -> Option<T>,
) -> Result<T, StatusCode> {
    let response = decode_response(service, &result?).map_err(|error| error.status())?;
    take(response).ok_or(StatusCode::BadUnknownResponse)
}
