//! NATS JetStream.

mod options;
mod subject;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::{Client, Event, HeaderMap};
use async_trait::async_trait;
use futures::stream::BoxStream;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::topic::check_topic;
use super::{Carries, Message, Transport};
use crate::error::{Error, ErrorKind, Result};

pub use options::{NatsLogin, NatsOptions};

/// A [`Transport`] into streams of NATS JetStream.
///
/// A publish ends when the stream has stored the message; one is under way at a time. The header `Nats-Msg-Id` carries
/// [`Message::id`], so that what is sent again within the stream's duplicate window is stored once. The topic
/// `plant/line 1/v1.2` becomes the subject `plant.line%201.v1//2`, as a NATS server names topics of MQTT,
/// with blanks, `*` and `>` encoded; the header `Topic` has it unchanged. Content type and properties are
/// headers. Nothing is retained and nothing expires but by the stream's own limits.
///
/// The stream must be there: without one for a subject, [`publish`](Transport::publish) fails with
/// `NotFound` and can be tried again. Nothing can be received: [`subscribe`](Transport::subscribe) fails
/// with `Unsupported`.
pub struct NatsTransport {
    client: Client,
    stream: Context,
    connected: watch::Receiver<bool>,
    /// One message at a time, and after a failure none before this time: what is stored behind a message that
    /// was lost would stay in front of it for ever, because its repetition is dropped.
    line: Mutex<Option<Instant>>,
    options: NatsOptions,
    closed: tokio_util::sync::CancellationToken,
}

impl NatsTransport {
    /// Connects; fails if the first attempt does.
    ///
    /// # Errors
    /// `Unavailable` if no server can be reached, `Unauthenticated` if it refuses us, `Untrusted` if TLS
    /// fails, `InvalidArgument` for options that can never work.
    pub async fn connect(options: NatsOptions) -> Result<Self> {
        Self::start(options, false).await
    }

    /// Starts connecting and returns at once; goes on trying while there is no server.
    ///
    /// # Errors
    /// `InvalidArgument` for options that can never work.
    pub async fn connect_lazy(options: NatsOptions) -> Result<Self> {
        Self::start(options, true).await
    }

    async fn start(options: NatsOptions, lazy: bool) -> Result<Self> {
        let (state, connected) = watch::channel(!lazy);
        let address = options.address();
        let events = options.client()?.event_callback(move |event| {
            let state = state.clone();
            async move { note(&state, &event) }
        });
        let client = if lazy { events.retry_on_initial_connect() } else { events };
        let client = client.connect(options.server()).await.map_err(|cause| refused(cause).with("server", address))?;
        let stream = async_nats::jetstream::context::ContextBuilder::new()
            .ack_timeout(options.timeout)
            .timeout(options.timeout)
            .max_ack_inflight(MAX_IN_FLIGHT)
            .backpressure_on_inflight(true)
            .build(client.clone());
        Ok(Self {
            client,
            stream,
            connected,
            line: Mutex::default(),
            options,
            closed: tokio_util::sync::CancellationToken::new(),
        })
    }

    async fn send(&self, message: Message) -> Result<()> {
        check_topic(PUBLISH, &message.topic)?;
        let subject = subject::of(&message.topic);
        let publish = PublishMessage::build().headers(headers(&message)).payload(message.payload);
        let publish = message.id.iter().fold(publish, |publish, id| publish.message_id(id));
        let deadline = Instant::now() + self.options.timeout;
        // Also those who wait for the connection stand in line: else the first one that finds it there comes first.
        let mut line = tokio::task::unconstrained(self.line.lock()).await;
        let mut connected = self.connected.clone();
        if !matches!(tokio::time::timeout_at(deadline, connected.wait_for(|connected| *connected)).await, Ok(Ok(_))) {
            return Err(Error::new(ErrorKind::Unavailable, PUBLISH, "there is no connection to the server"));
        }
        if let Some(time) = line.take() {
            tokio::time::sleep_until(time).await;
        }
        let stored = async { self.stream.send_publish(subject, publish).await?.await }.await;
        *line = stored.is_err().then(|| Instant::now() + PAUSE);
        stored.map(drop).map_err(failure)
    }
}

#[async_trait]
impl Transport for NatsTransport {
    async fn publish(&self, message: Message) -> Result<()> {
        let topic = message.topic.clone();
        let sent = tokio::select! {
            biased;
            () = self.closed.cancelled() => Err(Error::new(ErrorKind::Closed, PUBLISH, "the transport was closed")),
            sent = self.send(message) => sent,
        };
        sent.map_err(|error| error.with("server", self.address()).with("topic", topic))
    }

    async fn subscribe(&self, _: &str) -> Result<BoxStream<'static, Message>> {
        Err(Error::new(ErrorKind::Unsupported, "subscribe", "messages are sent to NATS, and none received from it"))
    }

    /// What the server takes, or would by default while it is not known, less 8 KiB for headers.
    fn max_payload(&self) -> Option<usize> {
        let told = self.client.server_info().max_payload;
        Some(if told == 0 { USUAL_MAX_PAYLOAD } else { told }.saturating_sub(HEADERS))
    }

    fn carries(&self) -> Carries {
        Carries::NOTHING
    }

    fn address(&self) -> String {
        self.options.address()
    }

    async fn close(&self) {
        if self.closed.is_cancelled() {
            return;
        }
        // Fails if there is no connection, and then there is nothing to finish.
        let _ = tokio::time::timeout(CLOSE_PATIENCE, self.client.drain()).await;
        self.closed.cancel();
    }
}

impl fmt::Debug for NatsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsTransport").field("address", &self.address()).finish_non_exhaustive()
    }
}

fn note(state: &watch::Sender<bool>, event: &Event) {
    match event {
        Event::Connected => drop(state.send_replace(true)),
        Event::Disconnected | Event::Closed => drop(state.send_replace(false)),
        Event::ClientError(_) | Event::ServerError(_) => tracing::warn!("NATS: {event}"),
        _ => {}
    }
}

fn headers(message: &Message) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let own = message.properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let content_type = message.content_type.as_deref().map(|text| ("Content-Type", text));
    for (name, value) in content_type.into_iter().chain([("Topic", message.topic.as_str())]).chain(own) {
        // A name or value that NATS does not allow is left out.
        if let (Ok(name), Ok(value)) =
            (name.parse::<async_nats::HeaderName>(), value.parse::<async_nats::HeaderValue>())
        {
            headers.append(name, value);
        }
    }
    headers
}

fn failure(error: PublishError) -> Error {
    use PublishErrorKind as K;
    let (kind, message) = match error.kind() {
        K::StreamNotFound => (
            ErrorKind::NotFound,
            "no stream of JetStream takes this subject; make one: nats stream add --subjects 'PREFIX.>'",
        ),
        K::MaxPayloadExceeded => (ErrorKind::LimitExceeded, "the message is larger than the server takes"),
        K::TimedOut => (ErrorKind::Indeterminate, "the server has not confirmed the message; it may have arrived"),
        K::BrokenPipe => (ErrorKind::Indeterminate, "the connection was lost; the message may have arrived"),
        _ => (ErrorKind::Unavailable, "the stream did not take the message"),
    };
    let failure = Error::new(kind, PUBLISH, message).because(error);
    if kind == ErrorKind::LimitExceeded { failure.retryable(false) } else { failure.retryable(true) }
}

fn refused(error: async_nats::ConnectError) -> Error {
    use async_nats::ConnectErrorKind as K;
    let (kind, message) = match error.kind() {
        K::ServerParse => (ErrorKind::InvalidArgument, "the URL is none"),
        K::Authentication | K::AuthorizationViolation => {
            (ErrorKind::Unauthenticated, "the server refused us: check user and password, token, or credentials")
        }
        K::Tls => (ErrorKind::Untrusted, "TLS failed; give the authority that issued the server's certificate"),
        K::TimedOut => (ErrorKind::Timeout, "the server did not answer in time"),
        _ => (ErrorKind::Unavailable, "the server cannot be reached; is it running there?"),
    };
    Error::new(kind, "connect to NATS", message).because(error)
}

const PUBLISH: &str = "publish to JetStream";
/// Time for the caller of a message that failed to give up those behind it.
const PAUSE: Duration = Duration::from_millis(100);
const MAX_IN_FLIGHT: usize = 200;
const USUAL_MAX_PAYLOAD: usize = 1 << 20;
const HEADERS: usize = 8 << 10;
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);
