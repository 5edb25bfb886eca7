//! Standard output as sink.

use async_trait::async_trait;
use iiot_core::transport::{Carries, Message};
use iiot_core::{Error, ErrorKind, Result};
use tokio::io::{AsyncWriteExt, Stdout};
use tokio::sync::Mutex;

use super::Sink;

/// Writes each payload as a line to standard output, metadata included; topics are not shown.
#[derive(Debug)]
pub struct StdoutSink(Mutex<Stdout>);

impl StdoutSink {
    /// Standard output of this process.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(tokio::io::stdout()))
    }
}

impl Default for StdoutSink {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Sink for StdoutSink {
    async fn send(&self, message: Message) -> Result<()> {
        let mut line = Vec::with_capacity(message.payload.len() + 1);
        line.extend_from_slice(&message.payload);
        line.push(b'\n');
        let mut stdout = self.0.lock().await;
        let written = async {
            stdout.write_all(&line).await?;
            stdout.flush().await
        };
        // Whoever read it has gone or the terminal is closed; it does not come back.
        written.await.map_err(|cause| {
            Error::new(ErrorKind::Closed, "write to standard output", "nobody reads it any more").because(cause)
        })
    }

    fn max_message_size(&self) -> Option<usize> {
        None
    }

    fn carries(&self) -> Carries {
        Carries::NOTHING
    }

    fn address(&self) -> String {
        "stdout".into()
    }

    async fn close(&self) {}
}
