//! Messaging with a hub. The word never means the OPC UA channel.

#[cfg(any(feature = "mqtt", feature = "webhook"))]
mod backoff;
#[cfg(feature = "mqtt")]
mod iot_hub;
#[cfg(any(feature = "rest", feature = "webhook"))]
pub(crate) mod line;
mod memory;
#[cfg(feature = "mqtt")]
mod mqtt;
#[cfg(feature = "nats")]
mod nats;
#[cfg(any(feature = "mqtt", feature = "rest", feature = "webhook"))]
pub(crate) mod percent;
mod reference;
#[cfg(any(feature = "mqtt", feature = "nats", feature = "webhook"))]
mod setting;
#[cfg(any(feature = "http", feature = "nats", feature = "rest", feature = "webhook"))]
pub(crate) mod tls;
pub(crate) mod topic;
#[cfg(feature = "webhook")]
mod webhook;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::error::Result;

#[cfg(any(feature = "mqtt", feature = "webhook"))]
pub use backoff::Backoff;
#[cfg(feature = "mqtt")]
pub use iot_hub::{IotHubAccess, IotHubOptions, IotHubTransport, SasKey};
pub use memory::MemoryTransport;
#[cfg(feature = "mqtt")]
pub use mqtt::{MqttOptions, MqttState, MqttTls, MqttTransport, MqttVersion, Token, TokenSource};
#[cfg(feature = "nats")]
pub use nats::{NatsLogin, NatsOptions, NatsTransport};
pub use reference::referred_secret;
#[cfg(feature = "webhook")]
pub use webhook::{WebhookOptions, WebhookTransport};

/// Publishes and receives messages through a hub.
///
/// # Behaviour
/// - [`publish`](Self::publish) returns when the hub has taken responsibility for the message
///   (MQTT: PUBACK). While the hub is away an implementation reconnects by itself and the call
///   waits; it fails with a retryable error when the message was surely not accepted in time, and
///   with `Indeterminate` when that is not known. The caller may publish again: at least once.
/// - Messages published one after the other (each awaited, or polled in order) arrive in order.
/// - [`subscribe`](Self::subscribe) returns once the hub has confirmed the subscription. It is
///   restored after a reconnect. The stream ends only when the transport is closed.
/// - A subscriber that reads slowly slows the hub or the publishers down; nothing is dropped for it,
///   except messages published with [`QualityOfService::AtMostOnce`].
/// - After [`close`](Self::close) every call fails with `Closed`.
///
/// ```
/// use iiot_core::transport::{MemoryTransport, Message, Transport};
///
/// async fn report(hub: &dyn Transport, temperature: f64) -> iiot_core::Result<()> {
///     hub.publish(Message::new("plant/oven/temperature", temperature.to_string())).await
/// }
///
/// futures::executor::block_on(report(&MemoryTransport::new(), 21.5)).expect("the memory hub takes it");
/// ```
#[async_trait]
pub trait Transport: Debug + Send + Sync + 'static {
    /// Publishes and waits for the hub's acknowledgement.
    async fn publish(&self, message: Message) -> Result<()>;

    /// Receives the messages whose topic matches `filter` (`+` one level, `#` the rest).
    async fn subscribe(&self, filter: &str) -> Result<BoxStream<'static, Message>>;

    /// The largest payload the hub takes, in bytes, where it is known.
    fn max_payload(&self) -> Option<usize>;

    /// What it does with a message beyond carrying topic and payload; all of it unless it says otherwise.
    fn carries(&self) -> Carries {
        Carries::ALL
    }

    /// Where the hub is, for messages to people; never holds a secret.
    fn address(&self) -> String;

    /// Leaves the hub in order. Pending publishes are finished first, for a few seconds at most.
    async fn close(&self);
}

/// What a hub carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Levels joined by `/`, without wildcards.
    pub topic: String,
    /// The content.
    pub payload: Bytes,
    /// MIME type of the payload, where the hub can carry it.
    pub content_type: Option<String>,
    /// User properties, where the hub can carry them.
    pub properties: Vec<(String, String)>,
    /// Delivery guarantee between us and the hub.
    pub quality: QualityOfService,
    /// When published: the hub keeps it for later subscribers, in place of the one before; with an
    /// empty payload it forgets. When received: it was kept from before the subscription.
    pub retain: bool,
    /// How long the hub may keep it undelivered.
    pub expiry: Option<Duration>,
    /// Where a response goes: set on requests.
    pub response_topic: Option<String>,
    /// Ties a response to its request.
    pub correlation: Option<Bytes>,
    /// Names the message however often it is sent, so that a receiver can drop what it has had. MQTT has no
    /// place for it.
    pub id: Option<String>,
}

impl Message {
    /// A message with at-least-once delivery and nothing else set.
    #[must_use]
    pub fn new(topic: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self { topic: topic.into(), payload: payload.into(), ..Self::default() }
    }
}

/// What becomes of the parts of a message that not every hub knows; what is not carried is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carries {
    /// Messages are kept for later subscribers.
    pub retain: bool,
    /// Delivery without duplicates between us and the hub.
    pub exactly_once: bool,
    /// Messages can expire.
    pub expiry: bool,
}

impl Carries {
    /// Everything.
    pub const ALL: Self = Self { retain: true, exactly_once: true, expiry: true };
    /// Topic and payload, at least once.
    pub const NOTHING: Self = Self { retain: false, exactly_once: false, expiry: false };
}

/// How surely a message reaches the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QualityOfService {
    /// Sent once, never confirmed.
    AtMostOnce,
    /// Sent until confirmed.
    #[default]
    AtLeastOnce,
    /// Confirmed in two steps; no duplicates between us and the hub.
    ExactlyOnce,
}
