//! Who may connect, and when.

use std::any::Any;
use std::fmt::Debug;
use std::net::SocketAddr;

use async_trait::async_trait;

/// Lets connections through: so many at a time, so many in a second.
#[async_trait]
pub trait Gate: Debug + Send + Sync + 'static {
    /// Returns when another connection may be opened to this address. It counts until what is returned is dropped.
    async fn enter(&self, address: SocketAddr) -> Entry;
}

/// A connection that is counted.
pub type Entry = Box<dyn Any + Send + Sync>;

/// Lets everybody through.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenGate;

#[async_trait]
impl Gate for OpenGate {
    async fn enter(&self, _: SocketAddr) -> Entry {
        Box::new(())
    }
}
