//! A sink for tests.

use async_trait::async_trait;
use futures::channel::oneshot;
use iiot_core::transport::Message;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use super::Sink;

/// Keeps every message in memory. It can be paused and made to fail.
#[derive(Debug, Default)]
pub struct MemorySink {
    state: Mutex<State>,
    max_message_size: Option<usize>,
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Message>,
    paused: bool,
    failures: Vec<ErrorKind>,
    sends: usize,
    waiting: Vec<oneshot::Sender<()>>,
}

impl MemorySink {
    /// A sink that takes messages up to this size.
    #[must_use]
    pub fn with_max_message_size(size: usize) -> Self {
        Self { max_message_size: Some(size), ..Self::default() }
    }

    /// The messages taken so far, in order.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.state.lock().messages.clone()
    }

    /// How often `send` was called, answered or not.
    #[must_use]
    pub fn sends(&self) -> usize {
        self.state.lock().sends
    }

    /// Takes nothing until [`resume`](Self::resume): `send` waits.
    pub fn pause(&self) {
        self.state.lock().paused = true;
    }

    /// Takes messages again.
    pub fn resume(&self) {
        self.state.lock().paused = false;
        self.changed();
    }

    /// Fails the next `send` that would be answered; several calls add up.
    pub fn fail_next(&self, kind: ErrorKind) {
        self.state.lock().failures.push(kind);
    }

    /// Returns once `condition` holds for the messages taken.
    pub async fn wait_for(&self, condition: impl Fn(&[Message]) -> bool) {
        loop {
            let changed = {
                let mut state = self.state.lock();
                if condition(&state.messages) {
                    return;
                }
                state.wait()
            };
            // The sender lives in this sink; it is only dropped together with it.
            let _ = changed.await;
        }
    }

    fn changed(&self) {
        let waiting = std::mem::take(&mut self.state.lock().waiting);
        for waiter in waiting {
            // A waiter that was dropped no longer cares.
            let _ = waiter.send(());
        }
    }
}

impl State {
    fn wait(&mut self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.push(sender);
        receiver
    }

    fn take(&mut self, message: &Message) -> Result<()> {
        if !self.failures.is_empty() {
            let kind = self.failures.remove(0);
            return Err(Error::new(kind, "send message", "the sink was told to fail"));
        }
        self.messages.push(message.clone());
        Ok(())
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn send(&self, message: Message) -> Result<()> {
        self.state.lock().sends += 1;
        loop {
            let resumed = {
                let mut state = self.state.lock();
                if !state.paused {
                    let result = state.take(&message);
                    drop(state);
                    self.changed();
                    return result;
                }
                state.wait()
            };
            // As in `wait_for`.
            let _ = resumed.await;
        }
    }

    fn max_message_size(&self) -> Option<usize> {
        self.max_message_size
    }

    fn address(&self) -> String {
        "memory".into()
    }

    async fn close(&self) {}
}
