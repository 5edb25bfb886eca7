//! The running publisher: sessions with the servers of a plan, messages to a sink.
//!
//! With a [`Store`] a batch of values is acknowledged to its server as soon as it is safe in the log
//! of its writer group; the group reads the log, and what the sink has goes out of it. When the log
//! is full the servers' queues are the buffer, unless it is set to drop values. A process that
//! dies is followed by one that goes on with the log, the sessions and the subscriptions: the sink gets
//! again what it got in the last moment, and nothing is lost that the servers still hold.
//!
//! Without a store a batch is acknowledged only after the sink has every message with one of its
//! values. While the sink is away nothing is dropped here: acknowledgements and Publish requests
//! stop, and the servers' queues are the buffer. If the process dies, what they held for it is lost.
//!
//! Messages can arrive twice, never out of order within a writer group except for such repetitions.
//!
//! What is known to be missing is declared in the [`Ledger`].

use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::session::Connector;
use iiot_core::{Error, Result};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::diagnostics::Diagnostics;
use crate::ledger::{DeclaredLoss, Ledger, MissingRequest, MissingResponse};
use crate::plan::Plan;
use crate::plan_change::PlanChange;
use crate::sink::{Sink, Sinks};

mod backoff;
mod browse_path;
mod connection;
#[cfg(test)]
mod durable_tests;
mod edge;
mod event_item;
#[cfg(test)]
mod event_tests;
mod event_type;
mod expander;
#[cfg(test)]
mod expansion_tests;
mod expansions;
#[cfg(test)]
mod foreign_tests;
mod group;
mod item;
mod learned;
mod live;
#[cfg(test)]
mod live_tests;
mod nodes;
mod numbers;
mod origin;
mod outlet;
mod partitions;
mod paths;
mod presence;
mod received;
mod sender;
mod session_diagnostics;
#[cfg(test)]
mod sink_tests;
mod span;
mod spool;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod tokens;
#[cfg(test)]
mod topic_tests;
mod topics;
mod types;
mod watchdog;
#[cfg(test)]
mod ways_tests;
mod writer;

use expansions::Expansions;
use live::Live;
use status::Shared;

pub use store::{Store, StoreOptions, WhenFull};

/// What a publisher is assembled from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Reaches the servers.
    pub connector: Arc<dyn Connector>,
    /// Take the messages.
    pub sinks: Sinks,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where losses are declared.
    pub ledger: Arc<Ledger>,
    /// Where received values are kept until the sink has them, and sessions, to go on with them after
    /// a restart. Without one values wait in the servers, and a crash loses what they cannot hold.
    pub store: Option<Arc<Store>>,
    /// PublisherId of groups that have none of their own.
    pub publisher_id: String,
    /// How often sinks that keep messages are told that the publisher is there
    /// ([`publisher_status`](crate::publisher_status)); never where `None`.
    pub status_interval: Option<Duration>,
    /// Whether the JSON Schema of each data set is published, kept by the broker as metadata is.
    pub schemas: bool,
}

impl Parts {
    /// Losses are declared in memory, nothing is stored, and neither status nor schemas are published.
    #[must_use]
    pub fn new(connector: Arc<dyn Connector>, sink: Arc<dyn Sink>, publisher_id: impl Into<String>) -> Self {
        Self {
            connector,
            sinks: sink.into(),
            clock: Arc::new(SystemClock),
            ledger: Arc::new(Ledger::in_memory()),
            store: None,
            publisher_id: publisher_id.into(),
            status_interval: None,
            schemas: false,
        }
    }
}

/// Publishes a plan until it is stopped.
///
/// It has to be stopped for its subscriptions and sessions to be closed; when it is dropped, its
/// tasks end at once.
#[derive(Debug)]
pub struct Publisher {
    shared: Arc<Shared>,
    live: Arc<Mutex<Live>>,
    expansions: Arc<Mutex<Expansions>>,
    /// Tells brokers that it is there.
    presence: Mutex<JoinSet<()>>,
}

impl Publisher {
    /// Starts to publish. Servers and sink need not be there yet.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(plan: &Plan, parts: Parts) -> Self {
        let shared = Arc::new(Shared::new(parts));
        *shared.audiences.lock() = presence::audiences(plan, &shared);
        let (mut expansions, news) = Expansions::new(shared.parts.store.as_ref());
        let live = Arc::new(Mutex::new(Live::start(expansions.configure(plan, &shared), &shared)));
        let expansions = Arc::new(Mutex::new(expansions));
        tokio::spawn(expansions::follow(news, &expansions, &live, &shared));
        let mut presence = JoinSet::new();
        if let Some(interval) = shared.parts.status_interval {
            presence.spawn(presence::tell(Arc::clone(&shared), interval));
        }
        Self { shared, live, expansions, presence: presence.into() }
    }

    /// Goes on with another plan: only what differs is changed, the rest does not notice. Returns what
    /// differed.
    ///
    /// What writers that are no longer wanted have received is still sent. Ids of writers and client
    /// handles of fields are given here; those in the plan do not matter.
    ///
    /// # Errors
    /// `Io` if the numbers of new writers and fields cannot be stored: nothing was changed. `Closed`
    /// after a stop. Of a group that cannot be started, what keeps it from that: the rest is changed.
    pub async fn apply(&self, plan: &Plan) -> Result<PlanChange> {
        // Held until it is applied, so that news of what was configured before do not come behind it.
        let mut expansions = self.expansions.lock().await;
        let expanded = expansions.configure(plan, &self.shared);
        let applied = self.live.lock().await.apply(expanded, &self.shared).await;
        *self.shared.audiences.lock() = presence::audiences(plan, &self.shared);
        applied
    }

    /// Sends a key frame of what a writer last received.
    ///
    /// # Errors
    /// `NotFound` if there is no such writer, `InvalidArgument` if it keeps no values because none of its
    /// messages is to be a key frame.
    pub async fn key_frame(&self, group: &str, writer: &str) -> Result<()> {
        self.live.lock().await.key_frame(group, writer).await
    }

    /// How it stands.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        self.shared.diagnostics()
    }

    /// The newest declared losses, oldest first.
    #[must_use]
    pub fn losses(&self) -> Vec<DeclaredLoss> {
        self.shared.parts.ledger.losses()
    }

    /// What is missing between two source times, and why; also which fields can lose values without
    /// anybody knowing.
    ///
    /// # Errors
    /// As [`Ledger::missing`].
    pub async fn missing(&self, request: MissingRequest) -> Result<MissingResponse> {
        let (ledger, asked) = (Arc::clone(&self.shared.parts.ledger), request.clone());
        let read = tokio::task::spawn_blocking(move || ledger.missing(&asked)).await;
        let mut response = read.expect("reading does not panic")?;
        let unobservable = self.shared.unobservable().into_iter();
        response.unobservable = unobservable.filter(|field| request.names(field)).collect();
        Ok(response)
    }

    /// Returns when the publisher cannot go on, with the reason: the sink is closed for good.
    pub async fn failed(&self) -> Error {
        self.shared.failed.cancelled().await;
        let mut failure = self.shared.failure.lock();
        let again = || Error::new(iiot_core::ErrorKind::Closed, "publish", "the publisher has failed before");
        failure.take().unwrap_or_else(again)
    }

    /// Stops within about twice `patience`: sends what has arrived and asks for no more, waits for the
    /// sink and acknowledges; then closes subscriptions, sessions and the sink. What the sink has not
    /// taken after `patience` is declared lost.
    pub async fn stop(&self, patience: Duration) {
        self.shared.quiesce.cancel();
        self.finish(&mut self.expansions.lock().await.tasks, patience).await;
        let mut live = self.live.lock().await;
        live.let_go();
        let Live { group_tasks, connection_tasks, .. } = &mut *live;
        if !self.finish(group_tasks, patience).await {
            self.shared.abort.cancel();
            while group_tasks.join_next().await.is_some() {}
        }
        self.shared.close.cancel();
        if !self.finish(connection_tasks, patience).await {
            tracing::warn!("some sessions did not end in time; the servers will drop them");
            connection_tasks.shutdown().await;
        }
        while self.presence.lock().await.join_next().await.is_some() {}
        self.shared.parts.sinks.close().await;
    }

    /// Waits for tasks; whether all ended in time.
    async fn finish(&self, tasks: &mut JoinSet<()>, patience: Duration) -> bool {
        let clock = self.shared.clock();
        tokio::select! {
            () = async { while tasks.join_next().await.is_some() {} } => true,
            () = clock.sleep_until(clock.now() + patience) => false,
        }
    }
}
