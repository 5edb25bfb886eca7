//! Keeps one connection to the broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use mqtt5::client::ConnectionEvent;
use mqtt5::error::MqttError;
use mqtt5::{ConnectOptions, MqttClient, ProtocolVersion};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::convert::{self, CONNECT};
use super::inbox::{self, Inbox};
use super::options::{MqttOptions, MqttVersion};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::session::Secret;

/// How the connection to the broker stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MqttState {
    /// There is no connection yet, or not any more, and it is being made.
    Connecting {
        /// Failed attempts since the last connection.
        failures: u32,
        /// Why there is none, as a sentence.
        reason: Option<String>,
    },
    /// The broker accepted us.
    Connected,
    /// Closed by us, for good.
    Closed,
}

/// What the tasks of one transport share.
pub(super) struct Link {
    pub(super) client: MqttClient,
    pub(super) options: MqttOptions,
    pub(super) state: watch::Sender<MqttState>,
    pub(super) inbox: Arc<Inbox>,
    /// The largest packet as far as known: the broker's limit shows when it is met first.
    pub(super) max_packet: AtomicU32,
    /// Messages sent and not answered, as the outbox counts them.
    pub(super) in_flight: watch::Sender<usize>,
    /// Held by the outbox from when it may start messages until each of them is sent or back, and for each attempt to
    /// connect: what one connection has not sent would leave by itself on the next, in whatever order.
    pub(super) line: tokio::sync::Mutex<()>,
    /// When the password of the present connection is to be replaced.
    renew_at: Mutex<Option<tokio::time::Instant>>,
    /// Counts lost connections and says why the last one went.
    losses: watch::Sender<(u64, String)>,
    prepared: AtomicBool,
}

impl Link {
    pub(super) fn new(options: MqttOptions) -> Result<Self> {
        options.check()?;
        if options.tls.is_some() && rustls::crypto::CryptoProvider::get_default().is_none() {
            // Fails only if somebody else was quicker, which serves as well.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        Ok(Self {
            client: MqttClient::with_options(connect_options(&options, None)),
            state: watch::Sender::new(MqttState::Connecting { failures: 0, reason: None }),
            inbox: Arc::default(),
            in_flight: watch::Sender::new(0),
            line: tokio::sync::Mutex::default(),
            renew_at: Mutex::default(),
            max_packet: AtomicU32::new(options.max_packet),
            losses: watch::Sender::new((0, String::new())),
            prepared: AtomicBool::new(false),
            options,
        })
    }

    /// Sets what the client only takes asynchronously.
    pub(super) async fn prepare(&self) {
        if self.prepared.swap(true, Ordering::AcqRel) {
            return;
        }
        // The outbox holds back by itself, so that it knows what was surely not sent.
        self.client.set_queue_on_disconnect(false).await;
        if let Some(tls) = self.options.tls.clone() {
            self.client.set_tls_config(tls.certificate_pem, tls.key_pem, tls.ca_pem).await;
        }
        let losses = self.losses.clone();
        let report = move |event| {
            if let ConnectionEvent::Disconnected { reason } = event {
                losses.send_modify(|(count, text)| (*count, *text) = (*count + 1, format!("{reason:?}")));
            }
        };
        if self.client.on_connection_event(report).await.is_err() {
            tracing::error!("the MQTT client does not report lost connections");
        }
    }

    /// One attempt; says whether the broker resumed our session.
    pub(super) async fn connect(&self) -> Result<bool> {
        let address = self.options.address();
        let line = tokio::time::timeout(ANSWER_PATIENCE, self.line.lock()).await;
        let password = self.issue()?;
        let attempt = self.client.connect_with_options(&address, connect_options(&self.options, password));
        let outcome = match tokio::time::timeout(self.options.connect_timeout, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => {
                // Fails if the attempt had come to nothing, which is as good.
                let _ = self.client.disconnect_abnormally().await;
                Err(MqttError::Timeout)
            }
        };
        let accepted = outcome.map_err(|cause| convert::failure(CONNECT, cause).with("broker", address))?;
        drop(line);
        self.change(MqttState::Connected);
        Ok(accepted.session_present)
    }

    /// A fresh password, where they end.
    fn issue(&self) -> Result<Option<Secret>> {
        let Some(source) = &self.options.token else { return Ok(None) };
        let now = SystemClock.utc();
        let token = source.token(now)?;
        *self.renew_at.lock() = Some(tokio::time::Instant::now() + token.renew_at.since(now));
        Ok(Some(token.text))
    }

    /// Returns when the password of the present connection is to be replaced.
    async fn until_renewal(&self) {
        let renew_at = *self.renew_at.lock();
        match renew_at {
            Some(time) => tokio::time::sleep_until(time).await,
            None => std::future::pending().await,
        }
    }

    /// Leaves in order, to come back at once: nothing more is sent, and what is under way is finished.
    async fn leave(&self) {
        self.change(MqttState::Connecting { failures: 0, reason: Some("the password is renewed".to_owned()) });
        let mut in_flight = self.in_flight.subscribe();
        let answered = in_flight.wait_for(|count| *count == 0);
        if tokio::time::timeout(ANSWER_PATIENCE, answered).await.is_err() {
            tracing::debug!("the broker has not answered everything before the password was renewed");
        }
        // Fails if the connection was lost meanwhile, which is as good.
        let _ = tokio::time::timeout(DISCONNECT_PATIENCE, self.client.disconnect()).await;
    }

    /// Changes the state, unless it is closed for good.
    fn change(&self, next: MqttState) {
        self.state.send_if_modified(|state| {
            let open = *state != MqttState::Closed && *state != next;
            if open {
                *state = next;
            }
            open
        });
    }

    /// Waits for a connection. `Closed` if there will be none.
    pub(super) async fn connected(&self, operation: &'static str) -> Result<()> {
        let mut state = self.state.subscribe();
        let state = state.wait_for(|state| !matches!(state, MqttState::Connecting { .. })).await;
        match state.as_deref() {
            Ok(MqttState::Connected) => Ok(()),
            _ => Err(super::closed(operation)),
        }
    }

    /// Why there is no connection, for an error.
    pub(super) fn unavailable(&self, operation: &'static str) -> Error {
        let reason = match &*self.state.borrow() {
            MqttState::Connecting { reason: Some(reason), .. } => reason.clone(),
            MqttState::Connecting { .. } => "there was no connection to the broker yet".to_owned(),
            _ => "the broker did not answer in time".to_owned(),
        };
        Error::new(ErrorKind::Unavailable, operation, reason).with("broker", self.options.address())
    }

    /// Leaves the broker and ends everything that waits.
    pub(super) async fn close(&self) {
        self.change(MqttState::Closed);
        self.inbox.end();
        if tokio::time::timeout(DISCONNECT_PATIENCE, self.client.disconnect()).await.is_err() {
            tracing::debug!("the MQTT broker did not let us leave in time");
        }
    }
}

/// Connects, waits until the connection is lost, and starts again, until the transport is closed.
/// `connected` is the outcome of an attempt that was made before.
pub(super) async fn keep_connected(link: Arc<Link>, connected: Option<bool>) {
    link.prepare().await;
    let mut losses = link.losses.subscribe();
    let mut known = connected;
    let mut failures = 0;
    let mut backoff = link.options.backoff.clone();
    let mut restore = false;
    while *link.state.borrow() != MqttState::Closed {
        let outcome = match known.take() {
            Some(session_present) => Ok(session_present),
            None => {
                losses.mark_unchanged();
                link.connect().await
            }
        };
        match outcome {
            Ok(session_present) => {
                (failures, restore) = (0, restore_after(&link, session_present, restore, &losses).await);
                backoff.succeeded();
                let Some(reason) = until_lost(&link, &mut losses).await else {
                    link.leave().await;
                    continue;
                };
                tracing::warn!(broker = link.options.address(), reason, "lost the connection to the broker");
                link.change(MqttState::Connecting {
                    failures,
                    reason: Some(format!("the connection was lost: {reason}")),
                });
            }
            Err(cause) => {
                failures += 1;
                if failures.is_power_of_two() {
                    tracing::warn!(broker = link.options.address(), failures, "{}", cause.report());
                }
                link.change(MqttState::Connecting { failures, reason: Some(cause.message().to_owned()) });
                tokio::time::sleep(backoff.after_failure(random())).await;
            }
        }
    }
}

/// Why the connection was lost; `None` if it stands and its password is to be replaced.
async fn until_lost(link: &Link, losses: &mut watch::Receiver<(u64, String)>) -> Option<String> {
    tokio::select! {
        // The sender lives in the link.
        _ = losses.changed() => Some(losses.borrow_and_update().1.clone()),
        () = link.until_renewal() => None,
    }
}

/// The client subscribes again by itself when the broker has lost the session. If that connection
/// is lost before it has finished, the broker resumes a session without subscriptions next time,
/// and only we know. Returns whether the next connection must subscribe again.
async fn restore_after(
    link: &Arc<Link>,
    session_present: bool,
    restore: bool,
    losses: &watch::Receiver<(u64, String)>,
) -> bool {
    if session_present && restore {
        inbox::subscribe_again(link).await;
    }
    let interrupted = losses.has_changed().unwrap_or(true);
    interrupted && (restore || !session_present)
}

fn connect_options(options: &MqttOptions, fresh: Option<Secret>) -> ConnectOptions {
    let seconds = u32::try_from(options.session_expiry.as_secs()).unwrap_or(u32::MAX);
    let version = match options.version {
        MqttVersion::V311 => ProtocolVersion::V311,
        MqttVersion::V5 => ProtocolVersion::V5,
    };
    let mut connect = ConnectOptions::new(options.client_id.clone())
        .with_protocol_version(version)
        .with_clean_start(false)
        .with_session_expiry_interval(seconds)
        .with_resume_existing_session(true)
        .with_keep_alive(options.keep_alive)
        .with_receive_maximum(options.receive_maximum)
        // What is received is acknowledged when it was read; with 3.1.1 nothing is received.
        .with_deferred_ack(options.version == MqttVersion::V5)
        .with_automatic_reconnect(false);
    connect.properties.maximum_packet_size = Some(options.max_packet);
    if let Some(will) = &options.will {
        connect = connect.with_will(convert::will(will));
    }
    let password = fresh.map(|secret| secret.expose().to_owned()).or_else(|| options.password.clone());
    match &options.user {
        Some(user) => connect.with_credentials(user, password.unwrap_or_default()),
        None => connect,
    }
}

fn random() -> u32 {
    uuid::Uuid::new_v4().as_fields().0
}

/// How long answers are waited for before the password is renewed, and messages of the connection before the next one;
/// what is not answered then is sent again.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
const DISCONNECT_PATIENCE: Duration = Duration::from_secs(2);
