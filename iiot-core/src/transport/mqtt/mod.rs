//! MQTT 5 and 3.1.1 over TCP, TLS and websockets.

mod convert;
mod host;
mod inbox;
mod link;
mod options;
mod outbox;
mod settings;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};

pub use link::MqttState;
pub use options::{MqttOptions, MqttTls, MqttVersion};
pub use token::{Token, TokenSource};

use super::topic::{check_filter, check_topic};
use super::{Carries, Message, Transport};
use crate::error::{Error, ErrorKind, Result};
use host::Host;
use link::Link;
use outbox::Outbox;

/// A [`Transport`] over an MQTT broker.
///
/// It connects again by itself for as long as it lives, resumes its session, and sends again what
/// the broker has not acknowledged: at least once. How it stands shows in [`state`](Self::state).
/// A publish waits at most [`MqttOptions::timeout`]: it then fails with `Unavailable` if it was
/// never sent, with `Indeterminate` if it was and the answer is missing (it may still arrive).
///
/// What it receives is acknowledged to the broker when a subscriber has taken it, so a subscriber
/// that stops reading stops, after [`MqttOptions::receive_maximum`] messages, all subscribers of
/// this transport: read every subscription, or drop it.
///
/// Each has a thread of its own.
///
/// TLS uses the process-wide provider of `rustls`, because the MQTT crate offers no other way;
/// if the program installed none, `aws-lc-rs` is installed.
///
/// ```no_run
/// use iiot_core::transport::{Message, MqttOptions, MqttTransport, Transport};
///
/// # async fn example() -> iiot_core::Result<()> {
/// let hub = MqttTransport::connect_lazy(MqttOptions::from_url("mqtt://127.0.0.1:1883")?)?;
/// hub.publish(Message::new("plant/oven/temperature", "21.5")).await?;
/// hub.close().await;
/// # Ok(()) }
/// ```
pub struct MqttTransport {
    link: Arc<Link>,
    outbox: Outbox,
    host: Host,
}

impl MqttTransport {
    /// Connects; fails if the first attempt does. For tools that should say so at once.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` if the broker cannot be reached, `Unauthenticated` if it refuses
    /// user name and password, `Untrusted` if its certificate is refused, `InvalidArgument` for
    /// options that can never work, `Internal` if no thread can be started.
    pub async fn connect(options: MqttOptions) -> Result<Self> {
        let link = Arc::new(Link::new(options)?);
        let (outbox, sender) = Outbox::new(Arc::clone(&link));
        let host = Host::connect(Arc::clone(&link), sender).await?;
        Ok(Self { link, outbox, host })
    }

    /// Starts connecting and returns at once; goes on trying while the broker is away or refuses.
    /// The default for processes, which must start in any order.
    ///
    /// # Errors
    /// `InvalidArgument` for options that can never work, `Internal` if no thread can be started.
    pub fn connect_lazy(options: MqttOptions) -> Result<Self> {
        let link = Arc::new(Link::new(options)?);
        let (outbox, sender) = Outbox::new(Arc::clone(&link));
        let host = Host::start(Arc::clone(&link), sender)?;
        Ok(Self { link, outbox, host })
    }

    /// How the connection stands.
    #[must_use]
    pub fn state(&self) -> MqttState {
        self.link.state.borrow().clone()
    }

    /// The state now and at every change from now on; a slow reader sees the latest.
    #[must_use]
    pub fn states(&self) -> BoxStream<'static, MqttState> {
        let changes = stream::unfold((self.link.state.subscribe(), true), async |(mut state, first)| {
            if !first {
                state.changed().await.ok()?;
            }
            let now = state.borrow_and_update().clone();
            Some((now, (state, false)))
        });
        changes.boxed()
    }
}

#[async_trait]
impl Transport for MqttTransport {
    async fn publish(&self, message: Message) -> Result<()> {
        check_topic("publish", &message.topic)?;
        self.outbox.publish(message).await
    }

    async fn subscribe(&self, filter: &str) -> Result<BoxStream<'static, Message>> {
        check_filter("subscribe", filter)?;
        if self.link.options.version == MqttVersion::V311 {
            let message = "over MQTT 3.1.1 nothing is received; connect by version 5";
            return Err(Error::new(ErrorKind::Unsupported, "subscribe", message).with("filter", filter));
        }
        inbox::subscribe(&self.link, filter).await
    }

    /// What the packet limit leaves after 1 KiB for topic and properties. The limit is
    /// [`MqttOptions::max_packet`] until a message has met a smaller one of the broker.
    fn max_payload(&self) -> Option<usize> {
        let packet = self.link.max_packet.load(Ordering::Relaxed) as usize;
        Some(packet.saturating_sub(1024))
    }

    fn carries(&self) -> Carries {
        Carries { expiry: self.link.options.version == MqttVersion::V5, ..Carries::ALL }
    }

    fn address(&self) -> String {
        self.link.options.address()
    }

    async fn close(&self) {
        self.outbox.finish(CLOSE_PATIENCE).await;
        self.host.stop().await;
    }
}

impl fmt::Debug for MqttTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttTransport")
            .field("address", &self.address())
            .field("state", &*self.link.state.borrow())
            .finish_non_exhaustive()
    }
}

/// How long [`Transport::close`] waits for pending publishes.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Closed, operation, "the transport was closed")
}
