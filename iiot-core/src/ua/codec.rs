//! Service structures to and from message bodies, within limits.

use super::values;
use crate::error::{Error, ErrorKind, Result};
use crate::ua::{ContextOwned, DecodingOptions, DepthGauge, NamespaceMap, Request, Response, StatusCode};

/// How deep structures may contain structures.
const MAX_DEPTH: u64 = 64;

/// An array claims its memory before its elements are read, and an element may take two hundred times
/// the byte that it came in. So arrays of more than a million elements must have come in eight bytes
/// each, as numbers and texts do.
fn max_array_length(body: usize) -> usize {
    body.min((1 << 20).max(body / 8))
}

/// The body of a request.
pub(crate) fn encode_request(request: &Request) -> Result<Vec<u8>> {
    let context = ContextOwned::default();
    let mut body = Vec::new();
    request.encode(&mut body, &context.context()).map_err(|cause| {
        Error::new(ErrorKind::InvalidArgument, request.service(), "the request does not encode").because(cause)
    })?;
    Ok(body)
}

/// The response in a message body. A ServiceFault and a bad service result are errors of `service`.
///
/// Nothing in a message can be longer than the message, so its own length bounds strings and arrays.
pub(crate) fn decode_response(service: &'static str, body: &[u8]) -> Result<Response> {
    let options = DecodingOptions {
        max_message_size: body.len(),
        max_string_length: body.len(),
        max_byte_string_length: body.len(),
        max_array_length: max_array_length(body.len()),
        decoding_depth_gauge: DepthGauge::new(MAX_DEPTH),
        ..Default::default()
    };
    let context = ContextOwned::new_default(NamespaceMap::new(), options);
    let response = values::decode(body, &context.context()).map_err(|cause| {
        Error::new(ErrorKind::Corrupt, service, "the response does not decode")
            .with_status(StatusCode::BadDecodingError)
            .because(cause)
    })?;
    let result = response.header().service_result;
    if result.is_bad() {
        return Err(Error::from_status(service, result));
    }
    match response {
        Response::Fault(_) => Err(Error::from_status(service, StatusCode::BadUnknownResponse)),
        response => Ok(response),
    }
}
