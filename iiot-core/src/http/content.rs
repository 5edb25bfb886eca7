//! Bodies of requests and answers.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{Stream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::problem::Refusal;
use crate::error::ErrorKind;

/// An answer, whole or as a stream.
pub(super) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// The body of a request, from whatever server took it.
pub(super) type Asked = UnsyncBoxBody<Bytes, io::Error>;

/// A body of a server as one of ours.
pub(super) fn asked<B>(body: B) -> Asked
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    body.map_err(io::Error::other).boxed_unsync()
}

/// A whole body.
pub(super) fn full(content: impl Into<Bytes>) -> UnsyncBoxBody<Bytes, Infallible> {
    Full::new(content.into()).boxed_unsync()
}

/// A body that is asked for its next piece when the connection can take it.
pub(super) fn streamed(pieces: impl Stream<Item = Bytes> + Send + 'static) -> UnsyncBoxBody<Bytes, Infallible> {
    StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece)))).boxed_unsync()
}

/// An answer with status 200.
pub(super) fn answer(content_type: &'static str, content: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(full(content));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// The body of a request: at most `size` bytes, all of them within `time`.
pub(super) async fn read(body: Asked, size: usize, time: Duration) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > size as u64 {
        return Err(too_large(size));
    }
    match tokio::time::timeout(time, Limited::new(body, size).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(cause)) if cause.is::<LengthLimitError>() => Err(too_large(size)),
        Ok(Err(cause)) => {
            let message = format!("the body of the request did not arrive whole: {cause}");
            Err(Refusal::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidArgument, message))
        }
        Err(_) => {
            let message = format!("the body of the request did not arrive within {time:?}");
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, ErrorKind::Timeout, message))
        }
    }
}

fn too_large(size: usize) -> Refusal {
    let message = format!("the body of the request is larger than {size} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::LimitExceeded, message)
}
