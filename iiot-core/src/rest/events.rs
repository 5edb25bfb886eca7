//! Streams out of server-sent events.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::problem;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Operation;

/// The items of a stream; it ends after the first error. A stream that is quiet for longer than `patience` is broken: servers
/// say at times that nothing is new.
pub(super) fn items(
    body: Incoming,
    operation: &'static Operation,
    patience: Duration,
) -> BoxStream<'static, Result<Vec<u8>>> {
    let feed = Feed { body, events: Events::default(), operation, patience };
    let next = |feed: Option<Feed>| async move {
        let mut feed = feed?;
        match feed.next().await {
            Ok(Some(item)) => Some((Ok(item), Some(feed))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    };
    stream::unfold(Some(feed), next).boxed()
}

struct Feed {
    body: Incoming,
    events: Events,
    operation: &'static Operation,
    patience: Duration,
}

impl Feed {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match self.events.next() {
                Some(Event { name, data }) if name == b"problem" => {
                    return Err(problem::of_stream(self.operation, &data));
                }
                Some(Event { name, .. }) if name == b"end" => return Ok(None),
                Some(Event { data, .. }) if !data.is_empty() => return Ok(Some(data)),
                Some(_) => {}
                None => self.more().await?,
            }
        }
    }

    async fn more(&mut self) -> Result<()> {
        let broken = |kind, message| Error::new(kind, self.operation.full_name(), message);
        let frame = tokio::time::timeout(self.patience, self.body.frame()).await;
        let frame = frame.map_err(|_| broken(ErrorKind::Timeout, "the stream has gone quiet"))?;
        match frame {
            None => Err(broken(ErrorKind::Unavailable, "the stream was cut; open it again")),
            Some(Err(cause)) => Err(broken(ErrorKind::Unavailable, "the stream was cut; open it again").because(cause)),
            Some(Ok(frame)) => {
                frame.data_ref().into_iter().for_each(|data| self.events.take(data));
                if self.events.open.len() > MAX_EVENT {
                    return Err(broken(ErrorKind::LimitExceeded, "an item of the stream is too large").retryable(false));
                }
                Ok(())
            }
        }
    }
}

/// Cuts the text of a stream into events; no I/O.
#[derive(Debug, Default)]
struct Events {
    open: Vec<u8>,
    /// So much of it holds no end of an event.
    searched: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Event {
    name: Vec<u8>,
    data: Vec<u8>,
}

impl Events {
    fn take(&mut self, text: &[u8]) {
        self.open.extend_from_slice(text);
    }

    fn next(&mut self) -> Option<Event> {
        let from = self.searched.saturating_sub(1);
        let Some(place) = self.open[from..].windows(2).position(|pair| pair == b"\n\n") else {
            self.searched = self.open.len();
            return None;
        };
        let text: Vec<u8> = self.open.drain(..from + place + 2).collect();
        self.searched = 0;
        Some(Event::of(&text))
    }
}

impl Event {
    fn of(text: &[u8]) -> Self {
        let (mut name, mut data) = (Vec::new(), Vec::new());
        for line in text.split(|byte| *byte == b'\n') {
            if let Some(value) = line.strip_prefix(b"event:") {
                name = value.trim_ascii().to_vec();
            } else if let Some(value) = line.strip_prefix(b"data:") {
                if !data.is_empty() {
                    data.push(b'\n');
                }
                data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            }
        }
        Self { name, data }
    }
}

const MAX_EVENT: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_the_text_is_cut() {
        let text = b": opened\n\nid: 7\ndata: {\"a\":1}\n\n: nothing new\n\nevent: end\ndata: {}\n\n";
        let expected = [("", ""), ("", "{\"a\":1}"), ("", ""), ("end", "{}")];
        for size in [1, 2, 3, 7, 100] {
            let (mut events, mut found) = (Events::default(), Vec::new());
            for part in text.chunks(size) {
                events.take(part);
                found.extend(std::iter::from_fn(|| events.next()));
            }
            let event = |(name, data): (&str, &str)| Event { name: name.into(), data: data.into() };
            assert_eq!(found, expected.map(event), "in parts of {size}");
        }
    }
}
