//! Where messages go.

use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::transport::{Carries, Message};

#[cfg(feature = "service")]
mod file;
mod memory;
mod null;
mod sinks;
#[cfg(feature = "service")]
mod stdout;
mod transport;

#[cfg(feature = "service")]
pub use file::{FileSink, FolderSink, Rotation};
pub use memory::MemorySink;
pub use null::NullSink;
pub use sinks::{OpenSink, Sinks};
#[cfg(feature = "service")]
pub use stdout::StdoutSink;
pub use transport::TransportSink;

/// Takes messages and says when they are safe.
///
/// # Behaviour
/// - [`send`](Self::send) returns when the receiver has taken responsibility. While the receiver is
///   away it waits or fails with any kind but those below; the publisher sends the same message
///   again until it is taken, so a receiver can see it twice.
/// - `InvalidArgument`, and `LimitExceeded` that cannot be tried again, mean that this message can never be
///   taken: the publisher declares its values lost and goes on. `Closed` means that no message can ever be taken again: it stops.
/// - Messages whose `send` is polled in order arrive in order.
/// - A future of `send` may be dropped; the message then may or may not arrive.
#[async_trait]
pub trait Sink: Debug + Send + Sync + 'static {
    /// Sends a message and waits until it is safe.
    async fn send(&self, message: Message) -> Result<()>;

    /// The largest payload in bytes, where there is a limit.
    fn max_message_size(&self) -> Option<usize>;

    /// What it does with a message beyond taking topic and payload; all of it unless it says otherwise.
    fn carries(&self) -> Carries {
        Carries::ALL
    }

    /// Where it goes, for messages to people; never holds a secret.
    fn address(&self) -> String;

    /// Finishes what is under way and lets go of the receiver.
    async fn close(&self);
}
