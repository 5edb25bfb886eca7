//! An MQTT broker inside the process.

use std::fmt;
use std::net::SocketAddr;

use iiot::core::{Error, ErrorKind, Result};
use mqtt5::broker::config::{StorageBackend, StorageConfig};
use mqtt5::broker::{BrokerConfig, BrokerShutdownHandle, MqttBroker};
use tokio::task::JoinHandle;

/// An MQTT 5 broker for demonstrations and tests. Not for production: everybody who reaches it may
/// do everything, there is no TLS, and what it keeps is gone when it stops.
pub struct Broker {
    address: SocketAddr,
    stop: BrokerShutdownHandle,
    running: Option<JoinHandle<()>>,
}

impl Broker {
    /// Starts one that listens at `address`; port 0 means any free one.
    ///
    /// # Errors
    /// `Unavailable` if the address cannot be listened at.
    pub async fn start(address: SocketAddr) -> Result<Self> {
        let failed = |cause| {
            let message = "cannot listen there; is the port taken by another broker?";
            Error::new(ErrorKind::Unavailable, "start the MQTT broker", message).with("address", address).because(cause)
        };
        let mut broker = MqttBroker::with_config(config(address)).await.map_err(failed)?;
        let address = broker.local_addr().unwrap_or(address);
        let stop = broker.shutdown_handle();
        let mut ready = broker.ready_receiver();
        let running = tokio::spawn(async move {
            if let Err(cause) = broker.run().await {
                tracing::error!(%cause, "the MQTT broker stopped");
            }
        });
        let started = Self { address, stop, running: Some(running) };
        // Fails only if the broker ended at once, which it has logged.
        let _ = ready.wait_for(|ready| *ready).await;
        Ok(started)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where clients reach it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }

    /// Stops in order and waits until it has.
    pub async fn stop(mut self) {
        self.stop.shutdown();
        if let Some(running) = self.running.take()
            && let Err(cause) = running.await
        {
            tracing::error!(%cause, "the MQTT broker did not stop in order");
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("address", &self.address).finish_non_exhaustive()
    }
}

fn config(address: SocketAddr) -> BrokerConfig {
    let storage =
        StorageConfig { backend: StorageBackend::Memory, enable_persistence: false, ..StorageConfig::default() };
    let mut config = BrokerConfig::default().with_bind_address(address).with_storage(storage);
    config.auth_config.allow_anonymous = true;
    config.sys_topics_enabled = false;
    // The default is one byte more than MQTT allows, and some clients refuse to go on.
    config.max_packet_size = MAX_PACKET;
    config
}

/// The largest packet in bytes.
const MAX_PACKET: usize = 64 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot::core::transport::{Message, MqttOptions, MqttTransport, Transport};
    use iiot_core::testing::conformance;

    use super::*;

    #[tokio::test]
    async fn the_broker_serves_our_transport() {
        let broker = Broker::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let connect = async || MqttTransport::connect(MqttOptions::from_url(&broker.url()).unwrap()).await.unwrap();
        conformance::transport(connect).await;
        broker.stop().await;
    }

    #[tokio::test]
    async fn it_starts_again_at_the_same_address() {
        let broker = Broker::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = broker.address();
        let taken = Broker::start(address).await.unwrap_err();
        assert!(taken.report().contains(&address.to_string()), "{taken}");
        broker.stop().await;
        let broker = Broker::start(address).await.unwrap();
        let hub = MqttTransport::connect(MqttOptions::from_url(&broker.url()).unwrap()).await.unwrap();
        hub.publish(Message::new("a", "x")).await.unwrap();
    }
}
