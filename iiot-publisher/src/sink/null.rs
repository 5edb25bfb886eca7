//! Nowhere as sink.

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::transport::{Carries, Message};

use super::Sink;

/// Takes every message at once and forgets it: to measure everything in front of it, and for groups
/// that are configured and shall send nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullSink;

#[async_trait]
impl Sink for NullSink {
    async fn send(&self, _: Message) -> Result<()> {
        Ok(())
    }

    fn max_message_size(&self) -> Option<usize> {
        None
    }

    fn carries(&self) -> Carries {
        Carries::NOTHING
    }

    fn address(&self) -> String {
        "null".into()
    }

    async fn close(&self) {}
}
