//! A hub as sink.

use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::transport::{Carries, Message, Transport};

use super::Sink;

/// Publishes each message through a [`Transport`].
#[derive(Debug, Clone)]
pub struct TransportSink {
    transport: Arc<dyn Transport>,
    owned: bool,
}

impl TransportSink {
    /// A sink that closes the transport when it is closed.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, owned: true }
    }

    /// A sink for a transport that others use too: it stays open when the sink is closed.
    #[must_use]
    pub fn shared(transport: Arc<dyn Transport>) -> Self {
        Self { transport, owned: false }
    }
}

#[async_trait]
impl Sink for TransportSink {
    async fn send(&self, message: Message) -> Result<()> {
        self.transport.publish(message).await
    }

    fn max_message_size(&self) -> Option<usize> {
        self.transport.max_payload()
    }

    fn carries(&self) -> Carries {
        self.transport.carries()
    }

    fn address(&self) -> String {
        self.transport.address()
    }

    async fn close(&self) {
        if self.owned {
            self.transport.close().await;
        }
    }
}
