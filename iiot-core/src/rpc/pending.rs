//! Requests that wait for answers.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::answer::Answer;
use super::frame;
use super::pieces::{Gathered, unpack};
use super::seal::Keys;
use crate::error::{Error, ErrorKind, Result};

/// Finds the request that an answer belongs to.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    requests: HashMap<Bytes, Expected>,
    closed: bool,
}

/// What answers to one request are opened with, and where they go.
#[derive(Debug)]
struct Expected {
    keys: Arc<Keys>,
    answers: mpsc::Sender<Result<Answer>>,
    /// The answer of which some pieces have come.
    gathered: Option<(u64, Gathered)>,
}

/// One request that waits; once it is dropped, answers are ignored.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) id: Bytes,
    answers: mpsc::Receiver<Result<Answer>>,
    pending: Arc<Pending>,
}

impl Pending {
    /// A new request, with room for `ahead` answers that are not read yet.
    pub(super) fn add(self: &Arc<Self>, keys: Arc<Keys>, ahead: usize) -> Result<Awaited> {
        let id = Bytes::copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        let (sender, answers) = mpsc::channel(ahead);
        let mut waiting = self.0.lock();
        if waiting.closed {
            return Err(closed());
        }
        waiting.requests.insert(id.clone(), Expected { keys, answers: sender, gathered: None });
        Ok(Awaited { id, answers, pending: Arc::clone(self) })
    }

    /// Hands a piece of an answer on; one that nobody waits for came late.
    pub(super) fn deliver(&self, id: &Bytes, frame: &frame::Answer) {
        let mut waiting = self.0.lock();
        let Some(expected) = waiting.requests.get_mut(id) else {
            tracing::debug!("ignored an answer that nobody waits for");
            return;
        };
        let Some(answer) = expected.take(id, frame).transpose() else { return };
        if expected.answers.try_send(answer).is_err() {
            // More than was asked for: the request ends with an error.
            waiting.requests.remove(id);
        }
    }

    /// There will be no more answers.
    pub(super) fn close(&self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        waiting.requests.clear();
    }
}

impl Expected {
    /// The answer, if this was the last piece of it.
    fn take(&mut self, id: &Bytes, frame: &frame::Answer) -> Result<Option<Answer>> {
        let frame::Answer { sequence, index, count, nonce, piece } = frame;
        let about = frame::Answer::about(id, *sequence, *index, *count);
        let Some(piece) = self.keys.answers.open(*nonce, &about, piece) else {
            tracing::warn!("ignored an answer that is not from the place that was asked");
            return Ok(None);
        };
        let gathered = match &mut self.gathered {
            Some((newest, _)) if sequence < newest => return Ok(None),
            Some((newest, gathered)) if sequence == newest => gathered,
            other => &mut other.insert((*sequence, Gathered::new(*count, MAX_ANSWER)?)).1,
        };
        let Some(packed) = gathered.add(*index, piece)? else { return Ok(None) };
        let answer = unpack(packed, MAX_ANSWER)?;
        let answer = serde_json::from_slice(&answer);
        answer
            .map(Some)
            .map_err(|cause| Error::new(ErrorKind::Protocol, "receive answers", "one is no answer").because(cause))
    }
}

impl Awaited {
    /// The next answer.
    pub(super) async fn next(&mut self) -> Result<Answer> {
        match self.answers.recv().await {
            Some(answer) => answer,
            None if self.pending.0.lock().closed => Err(closed()),
            None => Err(Error::new(ErrorKind::Protocol, "receive answers", "more came than were asked for")),
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.pending.0.lock().requests.remove(&self.id);
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "receive answers", "the transport was closed")
}

/// Bytes of one answer or item.
pub(super) const MAX_ANSWER: usize = 64 << 20;
