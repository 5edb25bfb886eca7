//! Streams as server-sent events.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream, Stream};
use futures::{FutureExt, StreamExt};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::keys::{ApiKeys, Grant};
use super::problem::Problem;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};

/// A stream on its way to a client. The next item is asked for when the connection can take it, so a slow client
/// slows the operation and not our memory; when the client leaves, this is dropped and with it the operation.
pub(super) struct Feed {
    pub(super) items: BoxStream<'static, Result<Vec<u8>>>,
    /// Whether items carry the id that the client can go on behind.
    pub(super) resumes: bool,
    pub(super) keys: Arc<ApiKeys>,
    pub(super) grant: Grant,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keep_alive: Duration,
    pub(super) stopping: CancellationToken,
    /// Held until the stream ends: its place among the calls of its key.
    pub(super) _place: Box<dyn Any + Send>,
}

/// What comes next.
enum Next {
    Item(Option<Result<Vec<u8>>>),
    KeepAlive,
    Revoked,
    Stopping,
}

impl Feed {
    /// The text of the stream. It ends with the event `end` or `problem`; without one it was cut, and the client may come
    /// again.
    pub(super) fn into_text(self) -> impl Stream<Item = Bytes> + Send {
        let opening = stream::iter([Bytes::from_static(b": opened\n\n")]);
        opening.chain(stream::unfold(Some(self), |feed| async move {
            let mut feed = feed?;
            let next = feed.next().await;
            let (text, goes_on) = feed.write(next);
            Some((text, goes_on.then_some(feed)))
        }))
    }

    async fn next(&mut self) -> Next {
        let quiet = self.clock.sleep_until(self.clock.now() + self.keep_alive);
        let item = AssertUnwindSafe(self.items.next()).catch_unwind();
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => Next::Stopping,
            () = self.keys.ended(&self.grant, &*self.clock) => Next::Revoked,
            item = item => Next::Item(item.unwrap_or_else(|_| Some(Err(defect())))),
            () = quiet => Next::KeepAlive,
        }
    }

    fn write(&self, next: Next) -> (Bytes, bool) {
        match next {
            Next::Item(Some(Ok(item))) => (self.item(&item), true),
            Next::Item(Some(Err(error))) => (problem(&error), false),
            Next::Item(None) => (event("end", b"{}"), false),
            Next::KeepAlive => (Bytes::from_static(b": nothing new\n\n"), true),
            Next::Revoked => (problem(&revoked()), false),
            Next::Stopping => (Bytes::from_static(b": the server stops; come again\n\n"), false),
        }
    }

    fn item(&self, item: &[u8]) -> Bytes {
        let mut text = Vec::with_capacity(item.len() + 32);
        if self.resumes
            && let Some(id) = sequence(item)
        {
            text.extend_from_slice(format!("id: {id}\n").as_bytes());
        }
        text.extend_from_slice(b"data: ");
        text.extend_from_slice(item);
        text.extend_from_slice(b"\n\n");
        text.into()
    }
}

/// The request with its field `after` set to what the client has seen last. What is no number is taken as a text.
pub(super) fn resumed(request: &[u8], last_event_id: &str) -> Result<Vec<u8>> {
    let mut request: serde_json::Map<String, serde_json::Value> = crate::operation::parse_request("resume", request)?;
    let after = last_event_id.parse::<u64>().map_or_else(|_| last_event_id.into(), Into::into);
    request.insert("after".into(), after);
    Ok(serde_json::to_vec(&request).expect("what was parsed can be written"))
}

fn sequence(item: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Numbered<'a> {
        #[serde(borrow)]
        sequence: &'a RawValue,
    }
    let numbered: Numbered<'_> = serde_json::from_slice(item).ok()?;
    let text = numbered.sequence.get();
    Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()))
        .filter(|id| !id.contains(['\n', '\r', '\0']))
}

fn problem(error: &Error) -> Bytes {
    event("problem", &Problem::of(error).to_json())
}

fn event(name: &str, data: &[u8]) -> Bytes {
    [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"].concat().into()
}

fn revoked() -> Error {
    Error::new(ErrorKind::Unauthenticated, "stream", "the API key was revoked, or it or the token has expired")
}

pub(super) fn defect() -> Error {
    Error::new(ErrorKind::Internal, "dispatch", "the operation ended by a defect of the program")
}
