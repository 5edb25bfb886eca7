//! A hub that the host language reaches.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot::core::transport::{Carries, Message, QualityOfService};
use iiot::{Error, ErrorKind, Result, Transport};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Host, Parcel, ask};

/// A transport of the host language. Its methods, with their members:
///
/// | method | takes | gives |
/// |---|---|---|
/// | `describe` | | `address`; `maxPayload` in bytes and what it `carries` (`retain`, `exactlyOnce`, `expiry`), where it is not all |
/// | `publish` | the message | nothing, once the hub has it |
/// | `subscribe` | `filter` | `subscription`, a number of its choice, once the hub has confirmed it |
/// | `next` | `subscription` | the next message, or null at the end |
/// | `unsubscribe` | `subscription` | |
/// | `close` | | |
///
/// A message has `topic`, `contentType`, `properties` (pairs), `quality` (`atMostOnce`, `atLeastOnce`, `exactlyOnce`), `retain`,
/// `expiry` in seconds, `responseTopic`, `correlation` in Base64 and `id`; its payload goes beside.
#[derive(Debug)]
pub struct HostTransport {
    host: Arc<dyn Host>,
    about: About,
    closed: Mutex<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct About {
    address: String,
    #[serde(default)]
    max_payload: Option<usize>,
    #[serde(default)]
    carries: Option<WhatItCarries>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WhatItCarries {
    #[serde(default)]
    retain: bool,
    #[serde(default)]
    exactly_once: bool,
    #[serde(default)]
    expiry: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Head {
    topic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    properties: Vec<(String, String)>,
    quality: Quality,
    retain: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
enum Quality {
    #[serde(rename = "atMostOnce")]
    AtMost,
    #[default]
    #[serde(rename = "atLeastOnce")]
    AtLeast,
    #[serde(rename = "exactlyOnce")]
    Exactly,
}

impl HostTransport {
    /// Of an object that has the methods.
    ///
    /// # Errors
    /// What `describe` has thrown; `Protocol` if it gives something else.
    pub async fn new(host: Arc<dyn Host>) -> Result<Self> {
        let about = ask(&*host, "describe", &json!({})).await?;
        Ok(Self { host, about, closed: Mutex::new(false) })
    }

    fn check_open(&self, operation: &'static str) -> Result<()> {
        match *self.closed.lock() {
            true => Err(Error::new(ErrorKind::Closed, operation, "the transport was closed")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Transport for HostTransport {
    async fn publish(&self, message: Message) -> Result<()> {
        self.check_open("publish")?;
        let payload = message.payload.clone();
        let parcel = Parcel { payload, ..Parcel::of(&Head::from(message))? };
        self.host.call("publish", parcel).await.map(drop)
    }

    async fn subscribe(&self, filter: &str) -> Result<BoxStream<'static, Message>> {
        self.check_open("subscribe")?;
        #[derive(Deserialize)]
        struct Subscribed {
            subscription: u64,
        }
        let Subscribed { subscription } = ask(&*self.host, "subscribe", &json!({ "filter": filter })).await?;
        let incoming = Incoming { host: Arc::clone(&self.host), subscription };
        Ok(stream::unfold(incoming, async |incoming| Some((incoming.next().await?, incoming))).boxed())
    }

    fn max_payload(&self) -> Option<usize> {
        self.about.max_payload
    }

    fn carries(&self) -> Carries {
        let of = |it: &WhatItCarries| Carries { retain: it.retain, exactly_once: it.exactly_once, expiry: it.expiry };
        self.about.carries.as_ref().map_or(Carries::ALL, of)
    }

    fn address(&self) -> String {
        self.about.address.clone()
    }

    async fn close(&self) {
        if std::mem::replace(&mut *self.closed.lock(), true) {
            return;
        }
        if let Err(error) = ask::<serde_json::Value>(&*self.host, "close", &json!({})).await {
            tracing::warn!("closing the transport failed: {}", error.report());
        }
    }
}

/// A subscription; dropped, the host is told.
struct Incoming {
    host: Arc<dyn Host>,
    subscription: u64,
}

impl Incoming {
    async fn next(&self) -> Option<Message> {
        let answer = ask_message(&*self.host, self.subscription).await;
        answer.unwrap_or_else(|error| {
            tracing::warn!("a subscription has ended: {}", error.report());
            None
        })
    }
}

async fn ask_message(host: &dyn Host, subscription: u64) -> Result<Option<Message>> {
    let parcel = host.call("next", Parcel::of(&json!({ "subscription": subscription }))?).await?;
    let head: Option<Head> = parcel.read("next")?;
    head.map(|head| head.message(parcel.payload)).transpose()
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let (host, subscription) = (Arc::clone(&self.host), self.subscription);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        // Nobody is left whom a failure could be told.
        runtime.spawn(async move {
            let _ = ask::<serde_json::Value>(&*host, "unsubscribe", &json!({ "subscription": subscription })).await;
        });
    }
}

impl From<Message> for Head {
    fn from(message: Message) -> Self {
        let Message { topic, payload: _, content_type, properties, quality, retain, expiry, response_topic, .. } =
            message;
        let quality = match quality {
            QualityOfService::AtMostOnce => Quality::AtMost,
            QualityOfService::AtLeastOnce => Quality::AtLeast,
            QualityOfService::ExactlyOnce => Quality::Exactly,
        };
        let (expiry, id) = (expiry.map(|expiry| expiry.as_secs_f64()), message.id);
        let correlation = message.correlation.map(|bytes| BASE64_STANDARD.encode(bytes));
        Self { topic, content_type, properties, quality, retain, expiry, response_topic, correlation, id }
    }
}

impl Head {
    fn message(self, payload: Bytes) -> Result<Message> {
        let Self { topic, content_type, properties, quality, retain, expiry, response_topic, correlation, id } = self;
        let wrong =
            |member| Error::new(ErrorKind::Protocol, "take a message", "a member is wrong").with("member", member);
        let quality = match quality {
            Quality::AtMost => QualityOfService::AtMostOnce,
            Quality::AtLeast => QualityOfService::AtLeastOnce,
            Quality::Exactly => QualityOfService::ExactlyOnce,
        };
        let expiry = expiry.map(Duration::try_from_secs_f64).transpose().map_err(|_| wrong("expiry"))?;
        let correlation = correlation.map(|text| BASE64_STANDARD.decode(text)).transpose();
        let correlation = correlation.map_err(|_| wrong("correlation"))?.map(Bytes::from);
        Ok(Message {
            topic,
            payload,
            content_type,
            properties,
            quality,
            retain,
            expiry,
            response_topic,
            correlation,
            id,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;
    use std::sync::atomic::{AtomicU64, Ordering};

    use iiot::MemoryTransport;
    use iiot::core::testing::conformance;
    use serde_json::Value;

    use super::*;

    /// A host written in Rust, whose hub is in memory.
    #[derive(Debug)]
    struct Loopback {
        hub: MemoryTransport,
        subscriptions: Mutex<HashMap<u64, Arc<tokio::sync::Mutex<Streaming>>>>,
        next: AtomicU64,
    }

    struct Streaming(BoxStream<'static, Message>);

    impl std::fmt::Debug for Streaming {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Streaming")
        }
    }

    impl Loopback {
        fn at(hub: MemoryTransport) -> Arc<Self> {
            Arc::new(Self { hub, subscriptions: Mutex::default(), next: AtomicU64::new(1) })
        }

        fn place(members: &Value) -> u64 {
            members["subscription"].as_u64().unwrap()
        }

        async fn receive(&self, members: &Value) -> Result<Parcel> {
            let streaming = self.subscriptions.lock().get(&Self::place(members)).map(Arc::clone);
            let Some(streaming) = streaming else { return Parcel::of(&Value::Null) };
            let message = streaming.lock().await.0.next().await;
            let payload = message.as_ref().map(|message| message.payload.clone()).unwrap_or_default();
            Ok(Parcel { payload, ..Parcel::of(&message.map(Head::from))? })
        }
    }

    #[async_trait]
    impl Host for Loopback {
        async fn call(&self, method: &'static str, request: Parcel) -> Result<Parcel> {
            let members: Value = request.read(method)?;
            match method {
                "describe" => Parcel::of(&json!({ "address": "loopback:" })),
                "publish" => {
                    let head: Head = request.read(method)?;
                    self.hub.publish(head.message(request.payload)?).await?;
                    Ok(Parcel::default())
                }
                "subscribe" => {
                    let messages = self.hub.subscribe(members["filter"].as_str().unwrap()).await?;
                    let subscription = self.next.fetch_add(1, Ordering::Relaxed);
                    let streaming = Arc::new(tokio::sync::Mutex::new(Streaming(messages)));
                    self.subscriptions.lock().insert(subscription, streaming);
                    Parcel::of(&json!({ "subscription": subscription }))
                }
                "next" => self.receive(&members).await,
                "unsubscribe" => {
                    self.subscriptions.lock().remove(&Self::place(&members));
                    Ok(Parcel::default())
                }
                "close" => {
                    self.hub.close().await;
                    Ok(Parcel::default())
                }
                other => Err(Error::new(ErrorKind::Unsupported, "call", other)),
            }
        }
    }

    #[tokio::test]
    async fn a_transport_of_the_host_keeps_what_every_transport_keeps() {
        let hub = MemoryTransport::new();
        conformance::transport(async || HostTransport::new(Loopback::at(hub.clone())).await.unwrap()).await;
    }

    #[tokio::test]
    async fn what_is_no_longer_read_is_unsubscribed() {
        let host = Loopback::at(MemoryTransport::new());
        let transport = HostTransport::new(Arc::clone(&host) as _).await.unwrap();
        let messages = transport.subscribe("a/#").await.unwrap();
        assert_eq!(host.subscriptions.lock().len(), 1);
        drop(messages);
        let gone =
            async || host.subscriptions.lock().is_empty().then_some(()).ok_or_else(|| "it is still there".to_owned());
        iiot::core::testing::eventually(Duration::from_secs(10), gone).await.unwrap();
    }

    #[tokio::test]
    async fn what_the_host_says_wrong_is_named() {
        #[derive(Debug)]
        struct Odd(&'static str);
        #[async_trait]
        impl Host for Odd {
            async fn call(&self, _: &'static str, _: Parcel) -> Result<Parcel> {
                Ok(Parcel { members: self.0.into(), ..Parcel::default() })
            }
        }
        for (answer, member) in [("{}", "address"), ("", "describe"), (r#"{"address":"x","carries":7}"#, "carries")] {
            let error = HostTransport::new(Arc::new(Odd(answer))).await.unwrap_err();
            assert!(error.kind() == ErrorKind::Protocol && error.report().contains(member), "{}", error.report());
        }
    }
}
