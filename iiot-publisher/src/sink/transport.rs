//! A hub as sink.

use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::transport::{Message, Transport};

use super::Sink;

/// Publishes each message through a [`Transport`].
#[derive(Debug, Clone)]
pub struct TransportSink(Arc<dyn Transport>);

impl TransportSink {
    /// A sink that publishes through `transport`, which stays open when the sink is closed: others
    /// may use it.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }
}

#[async_trait]
impl Sink for TransportSink {
    async fn send(&self, message: Message) -> Result<()> {
        self.0.publish(message).await
    }

    fn max_message_size(&self) -> Option<usize> {
        self.0.max_payload()
    }

    fn address(&self) -> String {
        self.0.address()
    }

    async fn close(&self) {}
}
