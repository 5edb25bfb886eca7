//! Which batch is in which message: a batch may be acknowledged to its server when every message
//! with a value of it is with the sink.

use std::collections::{HashMap, VecDeque};

use crate::message::Release;

/// Batches and messages under way.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    batches: HashMap<u64, Batch>,
    messages: HashMap<u64, Message>,
    next_batch: u64,
    released: VecDeque<Release>,
    bytes: usize,
}

#[derive(Debug)]
struct Batch {
    release: Release,
    /// Messages with a value of it that the sink does not have yet.
    messages: usize,
    /// Whether all of its values are in messages.
    complete: bool,
    /// Values of it that are in messages.
    values: usize,
}

#[derive(Debug)]
struct Message {
    bytes: usize,
    batches: Vec<u64>,
}

impl Deliveries {
    /// A batch arrives; returns what it is called here.
    pub(crate) fn begin(&mut self, release: Release) -> u64 {
        let batch = self.next_batch;
        self.next_batch += 1;
        self.batches.insert(batch, Batch { release, messages: 0, complete: false, values: 0 });
        batch
    }

    /// One more message has values of the batch.
    pub(crate) fn attach(&mut self, batch: u64) {
        if let Some(batch) = self.batches.get_mut(&batch) {
            batch.messages += 1;
        }
    }

    /// So many more values of the batch are in messages; returns its token, and how many were before.
    pub(crate) fn count(&mut self, batch: u64, values: usize) -> Option<(u64, usize)> {
        let state = self.batches.get_mut(&batch)?;
        let before = state.values;
        state.values += values;
        Some((state.release.token, before))
    }

    /// All values of the batch are in messages, or lost.
    pub(crate) fn end(&mut self, batch: u64) {
        if let Some(state) = self.batches.get_mut(&batch) {
            state.complete = true;
            self.release_if_done(batch);
        }
    }

    /// A message is complete.
    pub(crate) fn send(&mut self, message: u64, bytes: usize, batches: Vec<u64>) {
        self.bytes += bytes;
        self.messages.insert(message, Message { bytes, batches });
    }

    /// The sink has a message.
    pub(crate) fn acknowledge(&mut self, message: u64) {
        let Some(Message { bytes, batches }) = self.messages.remove(&message) else { return };
        self.bytes -= bytes;
        for batch in batches {
            if let Some(state) = self.batches.get_mut(&batch) {
                state.messages -= 1;
            }
            self.release_if_done(batch);
        }
    }

    fn release_if_done(&mut self, batch: u64) {
        let done = self.batches.get(&batch).filter(|state| state.complete && state.messages == 0);
        if let Some(release) = done.map(|state| state.release) {
            self.batches.remove(&batch);
            self.released.push_back(release);
        }
    }

    pub(crate) fn poll_release(&mut self) -> Option<Release> {
        self.released.pop_front()
    }

    /// Bytes of complete messages that the sink does not have yet.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}
