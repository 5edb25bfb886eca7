//! What belongs to the host program.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot::core::transport::{Carries, Message};
use iiot::{Result, Transport};

/// A transport that others use too: it is not closed here.
#[derive(Debug)]
pub(crate) struct Borrowed(pub(crate) Arc<dyn Transport>);

#[async_trait]
impl Transport for Borrowed {
    async fn publish(&self, message: Message) -> Result<()> {
        self.0.publish(message).await
    }

    async fn subscribe(&self, filter: &str) -> Result<BoxStream<'static, Message>> {
        self.0.subscribe(filter).await
    }

    fn max_payload(&self) -> Option<usize> {
        self.0.max_payload()
    }

    fn carries(&self) -> Carries {
        self.0.carries()
    }

    fn address(&self) -> String {
        self.0.address()
    }

    async fn close(&self) {}
}
