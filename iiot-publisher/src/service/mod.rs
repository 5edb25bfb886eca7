//! The running publisher: sessions with the servers of a plan, messages to a sink.
//!
//! A batch of values is acknowledged to its server only after the sink has every message with one of
//! them. While the sink is away nothing is dropped here: acknowledgements and Publish requests stop,
//! and the servers' queues are the buffer. If the process dies, servers still hold what was not
//! acknowledged, for as long as the subscriptions live; this publisher does not take them over
//! after its restart, so what lies between is lost and, as nobody is there to declare it, only
//! shows as a gap between the old and the new messages. Messages can arrive twice, never out of
//! order within a writer group except for such repetitions.
//!
//! What is known to be missing is declared in the [`Ledger`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::Error;
use iiot_core::clock::Clock;
use iiot_core::session::{ConnectOptions, Connector};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::diagnostics::{Diagnostics, WriterGroupDiagnostics};
use crate::ledger::{DeclaredLoss, Ledger};
use crate::plan::{Connection, Plan, WriterGroupPlan, WriterPlan};
use crate::sink::Sink;

mod backoff;
mod connection;
mod edge;
mod group;
mod item;
mod sender;
mod span;
mod status;
#[cfg(test)]
mod tests;
mod types;
mod writer;

use connection::ConnectionTask;
use group::GroupTask;
use status::{ConnectionStatus, Shared};
use writer::{MAX_UNACKNOWLEDGED, WriterTask};

/// What a publisher is assembled from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Reaches the servers.
    pub connector: Arc<dyn Connector>,
    /// Takes the messages.
    pub sink: Arc<dyn Sink>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where losses are declared.
    pub ledger: Arc<Ledger>,
    /// PublisherId of groups that have none of their own.
    pub publisher_id: String,
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
            let (task, of_group) = wire(group, status, &shared);
            groups.spawn(task.run());
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
        self.shared.parts.sink.close().await;
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

/// A group and its writers, joined by channels.
fn wire(
    plan: &WriterGroupPlan,
    status: &Arc<Mutex<WriterGroupDiagnostics>>,
    shared: &Arc<Shared>,
) -> (GroupTask, Vec<WriterTask>) {
    let (sender, events) = mpsc::channel(EVENTS);
    let (mut writers, mut releases) = (Vec::new(), HashMap::new());
    for writer in &plan.writers {
        let (release, receiver) = mpsc::channel(2 * MAX_UNACKNOWLEDGED);
        releases.insert(writer.id, release);
        let (plan, group, events) = (writer.clone(), plan.name.clone(), sender.clone());
        writers.push(WriterTask { plan, group, events, releases: receiver });
    }
    (GroupTask::new(plan, events, releases, Arc::clone(status), shared), writers)
}

fn options(connection: &Connection, publisher_id: &str) -> ConnectOptions {
    let session_name = format!("publisher {publisher_id}");
    ConnectOptions { session_name, max_backoff: MAX_BACKOFF, ..connection.0.clone() }
}

/// Every second without a session is a second of values for servers that cannot hold them.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Events on their way to a group.
const EVENTS: usize = 16;
