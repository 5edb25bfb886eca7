//! Azure IoT Hub over plain MQTT 3.1.1.

mod connection_string;
mod sas;
#[cfg(test)]
mod tests;
mod topic;

use std::fmt;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::mqtt::MqttTransport;
use super::{Carries, Message, QualityOfService, Transport};
use crate::error::{Error, ErrorKind, Result};

pub use connection_string::{IotHubAccess, IotHubOptions};
pub use sas::SasKey;

/// A [`Transport`] that sends to an Azure IoT Hub, as a device or a module of one.
///
/// The hub takes messages at one topic only, so that of a message travels as the application property
/// `topic`. Content type and encoding become system properties, which its message routing reads; an
/// [`id`](Message::id) becomes its message id. What the hub does not know is changed or left out: quality
/// is at most at-least-once, nothing is retained, nothing expires. A message has 256 KB at most with all
/// its properties.
///
/// A signature that proves who we are is renewed when 85 % of its life are over: what is under way is
/// finished, then the connection is made anew. Nothing can be received, and so nobody can be asked
/// through it: [`subscribe`](Transport::subscribe) fails with `Unsupported`.
///
/// ```
/// use iiot_core::transport::{IotHubOptions, IotHubTransport, Transport};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let text = "HostName=plant.azure-devices.net;DeviceId=edge-7;SharedAccessKey=c2VjcmV0";
/// let hub = IotHubTransport::connect_lazy(&IotHubOptions::from_connection_string(text)?)?;
/// assert_eq!(hub.address(), "iothub://plant.azure-devices.net/edge-7");
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
pub struct IotHubTransport {
    mqtt: MqttTransport,
    /// All topics begin with it.
    events: String,
    address: String,
}

impl IotHubTransport {
    /// Connects; fails if the first attempt does.
    ///
    /// # Errors
    /// As [`MqttTransport::connect`]; `Unauthenticated` if the hub does not take key or certificate.
    pub async fn connect(options: &IotHubOptions) -> Result<Self> {
        let mqtt = MqttTransport::connect(options.mqtt()?).await?;
        Ok(Self::over(mqtt, options))
    }

    /// Starts connecting and returns at once. Needs a tokio runtime.
    ///
    /// # Errors
    /// `InvalidArgument` for options that can never work.
    pub fn connect_lazy(options: &IotHubOptions) -> Result<Self> {
        let mqtt = MqttTransport::connect_lazy(options.mqtt()?)?;
        Ok(Self::over(mqtt, options))
    }

    fn over(mqtt: MqttTransport, options: &IotHubOptions) -> Self {
        Self { mqtt, events: topic::events(&options.device, options.module.as_deref()), address: options.address() }
    }
}

#[async_trait]
impl Transport for IotHubTransport {
    async fn publish(&self, message: Message) -> Result<()> {
        let topic = topic::with_properties(&self.events, &message);
        let size = topic.len() + message.payload.len();
        if size > MAX_MESSAGE {
            let text = format!("the message has {size} bytes with its properties; the hub takes {MAX_MESSAGE}");
            let error = Error::new(ErrorKind::LimitExceeded, "publish", text).retryable(false);
            return Err(error.with("topic", message.topic));
        }
        let quality = match message.quality {
            QualityOfService::AtMostOnce => QualityOfService::AtMostOnce,
            _ => QualityOfService::AtLeastOnce,
        };
        self.mqtt.publish(Message { quality, ..Message::new(topic, message.payload) }).await
    }

    async fn subscribe(&self, _: &str) -> Result<BoxStream<'static, Message>> {
        let message = "messages are sent to an IoT Hub, and none received from it";
        Err(Error::new(ErrorKind::Unsupported, "subscribe", message))
    }

    /// 8 KiB of the hub's limit are for properties.
    fn max_payload(&self) -> Option<usize> {
        Some(MAX_MESSAGE - MAX_PROPERTIES)
    }

    fn carries(&self) -> Carries {
        Carries::NOTHING
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    async fn close(&self) {
        self.mqtt.close().await;
    }
}

impl fmt::Debug for IotHubTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IotHubTransport").field("address", &self.address).field("mqtt", &self.mqtt).finish()
    }
}

/// Bytes of a message with all its properties.
const MAX_MESSAGE: usize = 256 << 10;
const MAX_PROPERTIES: usize = 8 << 10;
