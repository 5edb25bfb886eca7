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

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::session::{ConnectOptions, Connector};
use iiot_core::{Error, Result};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostics, WriterGroupDiagnostics};
use crate::ledger::{DeclaredLoss, Ledger, MissingRequest, MissingResponse};
use crate::plan::{Connection, Plan, WriterGroupPlan, WriterPlan};
use crate::sink::{Sink, Sinks};

mod backoff;
mod connection;
#[cfg(test)]
mod durable_tests;
mod edge;
mod group;
mod item;
mod sender;
mod span;
mod spool;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod types;
mod writer;

use connection::ConnectionTask;
use group::GroupTask;
use group::Origin;
use spool::Spool;
use status::{ConnectionStatus, Shared};
use writer::{MAX_UNACKNOWLEDGED, Outlet, WriterTask};

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
}

impl Parts {
    /// Losses are declared in memory, and nothing is stored.
    #[must_use]
    pub fn new(connector: Arc<dyn Connector>, sink: Arc<dyn Sink>, publisher_id: impl Into<String>) -> Self {
        Self {
            connector,
            sinks: sink.into(),
            clock: Arc::new(SystemClock),
            ledger: Arc::new(Ledger::in_memory()),
            store: None,
            publisher_id: publisher_id.into(),
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
    groups: tokio::sync::Mutex<JoinSet<()>>,
    connections: tokio::sync::Mutex<JoinSet<()>>,
}

impl Publisher {
    /// Starts to publish. Servers and sink need not be there yet.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(plan: &Plan, parts: Parts) -> Self {
        let servers = servers(plan);
        let shared = Arc::new(shared(plan, &servers, parts));
        let (mut groups, mut writers) = (JoinSet::new(), HashMap::new());
        for (group, status) in plan.writer_groups.iter().zip(&shared.groups) {
            let of_group = match wire(group, status, &shared, &mut groups) {
                Ok(of_group) => of_group,
                Err(error) => {
                    shared.fail(error);
                    continue;
                }
            };
            writers.extend(of_group.into_iter().map(|writer| (writer.plan.id, writer)));
        }
        let mut connections = JoinSet::new();
        for ((connection, plans), status) in servers.iter().zip(&shared.connections) {
            let task = ConnectionTask {
                options: options(connection, &shared.parts.publisher_id),
                writers: plans.iter().filter_map(|plan| writers.remove(&plan.id)).collect(),
                status: Arc::clone(status),
                shared: Arc::clone(&shared),
            };
            connections.spawn(task.run());
        }
        Self { shared, groups: groups.into(), connections: connections.into() }
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
        let unobservable = self.shared.connections.iter().flat_map(|connection| connection.unobservable());
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
        let mut groups = self.groups.lock().await;
        if !self.finish(&mut groups, patience).await {
            self.shared.abort.cancel();
            while groups.join_next().await.is_some() {}
        }
        self.shared.close.cancel();
        let mut connections = self.connections.lock().await;
        if !self.finish(&mut connections, patience).await {
            tracing::warn!("some sessions did not end in time; the servers will drop them");
            connections.shutdown().await;
        }
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

/// Each server of the plan once, with the writers that read it.
fn servers(plan: &Plan) -> Vec<(&Connection, Vec<&WriterPlan>)> {
    let mut servers: Vec<(&Connection, Vec<&WriterPlan>)> = Vec::new();
    for writer in plan.writer_groups.iter().flat_map(|group| &group.writers) {
        match servers.iter_mut().find(|(connection, _)| **connection == writer.connection) {
            Some((_, writers)) => writers.push(writer),
            None => servers.push((&writer.connection, vec![writer])),
        }
    }
    servers
}

fn shared(plan: &Plan, servers: &[(&Connection, Vec<&WriterPlan>)], parts: Parts) -> Shared {
    let group = |group: &WriterGroupPlan| {
        Arc::new(Mutex::new(WriterGroupDiagnostics {
            name: group.name.clone(),
            topic: group::data_topic(group, &parts.publisher_id),
            values_in: 0,
            values_out: 0,
            messages: 0,
            bytes: 0,
            waiting: 0,
            sink_error: None,
        }))
    };
    let connection =
        |(connection, writers): &(&Connection, Vec<&WriterPlan>)| Arc::new(ConnectionStatus::new(connection, writers));
    Shared {
        started: parts.clock.utc(),
        connections: servers.iter().map(connection).collect(),
        groups: plan.writer_groups.iter().map(group).collect(),
        quiesce: CancellationToken::new(),
        abort: CancellationToken::new(),
        close: CancellationToken::new(),
        failure: Mutex::new(None),
        failed: CancellationToken::new(),
        parts,
    }
}

/// Starts a group, with its log where there is one; returns its writers, joined by channels.
fn wire(
    plan: &WriterGroupPlan,
    status: &Arc<Mutex<WriterGroupDiagnostics>>,
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
) -> Result<Vec<WriterTask>> {
    let (events, received) = mpsc::channel(EVENTS);
    let (senders, mut receivers): (HashMap<_, _>, HashMap<_, _>) =
        plan.writers.iter().map(|writer| (writer.id, mpsc::channel(2 * MAX_UNACKNOWLEDGED))).map(split).unzip();
    let (origin, intake, marks) = match &shared.parts.store {
        None => (Origin::Writers(senders), None, HashMap::new()),
        Some(store) => {
            let Spool { intake, supply, task, marks } = Spool::open(plan, store, senders, shared)?;
            tasks.spawn(task.run());
            (Origin::log(supply, plan, shared.clock().now()), Some(intake), marks)
        }
    };
    tasks.spawn(GroupTask::new(plan, received, origin, Arc::clone(status), shared).run());
    let writer = |writer: &WriterPlan| WriterTask {
        outlet: Outlet { events: events.clone(), log: intake.clone() },
        releases: receivers.remove(&writer.id).expect("ids of writers are unique"),
        mark: marks.get(&writer.name).copied(),
        abandoned: None,
        plan: writer.clone(),
        group: plan.name.clone(),
    };
    Ok(plan.writers.iter().map(writer).collect())
}

type ById<T> = (u16, T);

fn split<A, B>((id, (a, b)): ById<(A, B)>) -> (ById<A>, ById<B>) {
    ((id, a), (id, b))
}

fn options(connection: &Connection, publisher_id: &str) -> ConnectOptions {
    let session_name = format!("publisher {publisher_id}");
    ConnectOptions { session_name, max_backoff: MAX_BACKOFF, ..connection.0.clone() }
}

/// Every second without a session is a second of values for servers that cannot hold them.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Events on their way to a group.
const EVENTS: usize = 16;
