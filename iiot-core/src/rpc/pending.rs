//! Requests that wait for answers.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::envelope::Answer;
use crate::error::{Error, ErrorKind, Result};

/// Finds the request that an answer belongs to.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    requests: HashMap<Bytes, mpsc::Sender<Answer>>,
    closed: bool,
}

/// One request that waits; once it is dropped, answers are ignored.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) id: Bytes,
    answers: mpsc::Receiver<Answer>,
    pending: Arc<Pending>,
}

impl Pending {
    /// A new request, with room for `ahead` answers that are not read yet.
    pub(super) fn add(self: &Arc<Self>, ahead: usize) -> Result<Awaited> {
        let id = Bytes::copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        let (sender, answers) = mpsc::channel(ahead);
        let mut waiting = self.0.lock();
        if waiting.closed {
            return Err(closed());
        }
        waiting.requests.insert(id.clone(), sender);
        Ok(Awaited { id, answers, pending: Arc::clone(self) })
    }

    /// Hands an answer on; one that nobody waits for came late.
    pub(super) fn deliver(&self, id: &Bytes, answer: Answer) {
        let mut waiting = self.0.lock();
        let Some(request) = waiting.requests.get(id) else {
            tracing::debug!("ignored an answer that nobody waits for");
            return;
        };
        if request.try_send(answer).is_err() {
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

impl Awaited {
    /// The next answer.
    pub(super) async fn next(&mut self) -> Result<Answer> {
        match self.answers.recv().await {
            Some(answer) => Ok(answer),
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
