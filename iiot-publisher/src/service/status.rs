//! What the tasks of a publisher have in common: its parts and how it stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use iiot_core::clock::Clock;
use iiot_core::session::{Concern, ConnectOptions, Identity, ItemState, SessionState};
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::{Error, Result};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::Parts;
use super::presence::Audience;
use super::topics::Claims;
use crate::diagnostics::{
    ConnectionDiagnostics, ConnectionState, Diagnostics, ExpansionDiagnostics, FailedField, SessionDiagnostics,
    WriterDiagnostics, WriterGroupDiagnostics,
};
use crate::ledger::UnobservableField;
use crate::nodes::NodeCondition;
use crate::places::Places;
use crate::plan::{Connection, FieldPlan, Reading, WriterPlan};
use crate::publisher_status::PublisherState;

/// Shared by every task of a publisher.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) parts: Parts,
    pub(super) started: UtcTime,
    pub(super) connections: Mutex<Vec<Arc<ConnectionStatus>>>,
    /// How each group stands, and whether it is there only until it is taken away.
    pub(super) groups: Mutex<Vec<GroupStatus>>,
    /// The topics that are given away by browse path.
    pub(super) topics: Mutex<Claims>,
    /// Who is told that the publisher is there.
    pub(super) audiences: Mutex<Vec<Audience>>,
    /// What expanded nodes stand for.
    pub(super) expansions: Mutex<Vec<ExpansionDiagnostics>>,
    /// No more values are taken from servers.
    pub(super) quiesce: CancellationToken,
    /// What is not sent by now is given up.
    pub(super) abort: CancellationToken,
    /// Subscriptions and sessions are closed.
    pub(super) close: CancellationToken,
    /// Why the publisher cannot go on.
    pub(super) failure: Mutex<Option<Error>>,
    pub(super) failed: CancellationToken,
}

/// How a group stands, and whether it is idle for good.
pub(super) type GroupStatus = (Arc<Mutex<WriterGroupDiagnostics>>, Arc<AtomicBool>);

impl Shared {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            started: parts.clock.utc(),
            connections: Mutex::default(),
            groups: Mutex::default(),
            expansions: Mutex::default(),
            topics: Mutex::default(),
            audiences: Mutex::default(),
            quiesce: CancellationToken::new(),
            abort: CancellationToken::new(),
            close: CancellationToken::new(),
            failure: Mutex::new(None),
            failed: CancellationToken::new(),
            parts,
        }
    }

    /// The fields that can lose values without anybody knowing.
    pub(super) fn unobservable(&self) -> Vec<UnobservableField> {
        self.connections.lock().iter().flat_map(|connection| connection.unobservable()).collect()
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts.clock
    }

    pub(super) fn fail(&self, error: Error) {
        self.failure.lock().get_or_insert(error);
        self.failed.cancel();
    }

    /// How it stands as a whole: it works as soon as one of its servers is there.
    pub(super) fn publisher_state(&self) -> PublisherState {
        let connections = self.connections.lock();
        let any = |wanted| connections.iter().any(|connection| connection.state.lock().state == wanted);
        match (any(ConnectionState::Connected), any(ConnectionState::Connecting)) {
            (true, _) => PublisherState::Operational,
            (false, true) => PublisherState::PreOperational,
            (false, false) if connections.is_empty() => PublisherState::Operational,
            _ => PublisherState::Error,
        }
    }

    fn writer_groups(&self) -> Vec<WriterGroupDiagnostics> {
        let groups = self.groups.lock();
        let there = groups.iter().filter(|(_, idle)| !idle.load(Ordering::Relaxed));
        there.map(|(group, _)| group.lock().clone()).collect()
    }

    pub(super) fn diagnostics(&self) -> Diagnostics {
        Diagnostics {
            publisher_id: self.parts.publisher_id.clone(),
            started: self.started,
            taken: self.clock().utc(),
            sink: self.parts.sinks.first().address(),
            connections: self.connections.lock().iter().filter_map(|connection| connection.shown()).collect(),
            expansions: self.expansions.lock().clone(),
            writer_groups: self.writer_groups(),
            losses: self.parts.ledger.counts(),
            newest_losses: self.parts.ledger.newest(SHOWN_LOSSES),
        }
    }
}

/// How one connection stands; its changes are logged, each once.
#[derive(Debug)]
pub(super) struct ConnectionStatus {
    /// What tells this connection from others, for messages.
    label: String,
    state: Mutex<ConnectionDiagnostics>,
    /// Whether the server told of the session when it was asked last.
    tells: AtomicBool,
    /// Tells a writer from an earlier one with the same id.
    instances: Mutex<BTreeMap<u16, u64>>,
    /// By writer: names of fields that can lose values without anybody knowing.
    unobservable: Mutex<BTreeMap<u16, Vec<String>>>,
}

impl ConnectionStatus {
    pub(super) fn new(connection: &Connection) -> Self {
        let state = Mutex::new(ConnectionDiagnostics {
            endpoint_url: connection.options.endpoint_url.clone(),
            state: ConnectionState::Connecting,
            reason: None,
            attempts: 0,
            concerns: Vec::new(),
            session: None,
            writers: Vec::new(),
        });
        let (instances, unobservable) = (Mutex::default(), Mutex::default());
        Self { label: label(connection), state, tells: AtomicBool::new(true), instances, unobservable }
    }

    /// A writer is there.
    pub(super) fn add_writer(&self, plan: &WriterPlan, instance: u64) {
        let fields = plan.fields.len() as u32;
        let (id, name) = (plan.id, plan.name.clone());
        let new =
            WriterDiagnostics { id, name, fields, reporting: 0, loss_unobservable: 0, failed: Vec::new(), values: 0 };
        let mut state = self.state.lock();
        state.writers.retain(|writer| writer.id != id);
        state.writers.push(new);
        state.writers.sort_by_key(|writer| writer.id);
        self.instances.lock().insert(id, instance);
    }

    /// A writer has other fields.
    pub(super) fn change_writer(&self, plan: &WriterPlan, health: &[Health]) {
        self.writer(plan.id, |status, _| {
            (status.name, status.fields) = (plan.name.clone(), plan.fields.len() as u32);
            summarize(status, plan, health);
        });
        self.note_unobservable(plan, health);
    }

    /// A writer is gone, unless it is there again.
    pub(super) fn forget_writer(&self, id: u16, instance: u64) {
        let mut instances = self.instances.lock();
        if instances.get(&id) == Some(&instance) {
            instances.remove(&id);
            self.state.lock().writers.retain(|writer| writer.id != id);
            self.unobservable.lock().remove(&id);
        }
    }

    /// Whether any writer is there.
    pub(super) fn has_writers(&self) -> bool {
        !self.instances.lock().is_empty()
    }

    /// How it stands, as long as it is needed.
    fn shown(&self) -> Option<ConnectionDiagnostics> {
        self.has_writers().then(|| self.state.lock().clone())
    }

    /// The fields that can lose values without anybody knowing.
    pub(super) fn unobservable(&self) -> Vec<UnobservableField> {
        let state = self.state.lock();
        let field = |writer: &WriterDiagnostics, field: &String| UnobservableField {
            server: state.endpoint_url.clone(),
            writer: writer.name.clone(),
            field: field.clone(),
        };
        let by_writer = self.unobservable.lock();
        let of_writer = |writer| by_writer.get(&writer).into_iter().flatten();
        state.writers.iter().flat_map(|writer| of_writer(writer.id).map(move |name| field(writer, name))).collect()
    }

    /// The first connection could not be made.
    pub(super) fn not_reached(&self, error: &Error, attempts: u32) {
        let mut status = self.state.lock();
        status.attempts = attempts;
        let reason = error.report();
        if status.reason.as_ref() != Some(&reason) {
            tracing::warn!("no connection to {}, it is tried again and again: {reason}", self.label);
            status.reason = Some(reason);
        }
    }

    pub(super) fn changed(&self, state: &SessionState) {
        let mut status = self.state.lock();
        let (new, reason, attempts) = match state {
            SessionState::Connected => (ConnectionState::Connected, None, 0),
            SessionState::Reconnecting { reason, attempts } => {
                (ConnectionState::Reconnecting, Some(reason.clone()), *attempts)
            }
            SessionState::Closed => (ConnectionState::Closed, None, 0),
        };
        match &reason {
            Some(reason) if status.reason.as_ref() != Some(reason) => {
                tracing::warn!("the connection to {} is lost and being re-established: {reason}", self.label);
            }
            None if new == ConnectionState::Connected && status.state != new => {
                tracing::info!("connected to {}", self.label);
            }
            _ => {}
        }
        (status.state, status.reason, status.attempts) = (new, reason, attempts);
    }

    /// What the trust policy let pass on this connection.
    pub(super) fn concerned(&self, concerns: &[Concern]) {
        self.state.lock().concerns = concerns.iter().map(ToString::to_string).collect();
    }

    /// What the server knows of the session. Why it does not tell is logged once.
    pub(super) fn described(&self, session: Result<SessionDiagnostics>) {
        let mut status = self.state.lock();
        match session {
            Ok(session) => {
                tracing::info!("{} says of the session: {session:?}", self.label);
                status.session = Some(session);
                self.tells.store(true, Ordering::Relaxed);
            }
            Err(error) => {
                if self.tells.swap(false, Ordering::Relaxed) {
                    tracing::warn!("{}: {}", self.label, error.report());
                }
                status.session = None;
            }
        }
    }

    pub(super) fn add_values(&self, writer: u16, count: usize) {
        self.writer(writer, |status, _| status.values += count as u64);
    }

    /// Items changed their state. Refusals are logged, those of a flood only counted.
    pub(super) fn items(&self, plan: &WriterPlan, places: &Places, states: &[(u32, ItemState)], health: &mut [Health]) {
        self.writer(plan.id, |status, url| {
            let mut refused = 0;
            for (handle, state) in states {
                let Some(position) = places.position(*handle) else { continue };
                let slot = &mut health[position];
                let health = Health::of(state, plan, position);
                if let Health::Failed { .. } = health
                    && *slot != health
                {
                    refused += 1;
                    log_refusal(refused, url, plan, position, &health);
                }
                *slot = health;
            }
            if refused > LOGGED_REFUSALS {
                let more = refused - LOGGED_REFUSALS;
                tracing::warn!("{more} more nodes of writer {} on {url} cannot be published", plan.name);
            }
            let unobservable = status.loss_unobservable;
            summarize(status, plan, health);
            self.note_unobservable(plan, health);
            if status.loss_unobservable > unobservable {
                log_unobservable(status.loss_unobservable, url, plan);
            }
        });
    }

    fn note_unobservable(&self, plan: &WriterPlan, health: &[Health]) {
        let silent = |(_, health): &(_, &Health)| **health == Health::Reporting { unobservable: true };
        let names = plan.fields.iter().zip(health).filter(silent).map(|(field, _)| field.name.clone());
        self.unobservable.lock().insert(plan.id, names.collect());
    }

    fn writer(&self, id: u16, change: impl FnOnce(&mut WriterDiagnostics, &str)) {
        let ConnectionDiagnostics { endpoint_url, writers, .. } = &mut *self.state.lock();
        if let Some(writer) = writers.iter_mut().find(|writer| writer.id == id) {
            change(writer, endpoint_url);
        }
    }
}

fn label(connection: &Connection) -> String {
    let ConnectOptions { endpoint_url, identity, .. } = &connection.options;
    match identity {
        Identity::UserName { user, .. } => format!("{endpoint_url} as {user}"),
        Identity::Certificate { .. } => format!("{endpoint_url} by a user certificate"),
        Identity::Stored { subject, .. } => format!("{endpoint_url} as {subject}, by certificate"),
        Identity::Issued { .. } => format!("{endpoint_url} by a token"),
        Identity::Anonymous => endpoint_url.clone(),
    }
}

/// How a field stands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) enum Health {
    #[default]
    Unknown,
    Reporting {
        /// Whether the server can lose values without telling.
        unobservable: bool,
    },
    Failed {
        status: StatusCode,
        will_retry: bool,
    },
}

impl Health {
    /// How its node stands, and why it does not report.
    pub(super) fn condition(&self) -> (NodeCondition, Option<String>) {
        match self {
            Self::Unknown => (NodeCondition::Waiting, None),
            Self::Reporting { .. } => (NodeCondition::Reporting, None),
            Self::Failed { status, will_retry: true } => (NodeCondition::Retrying, Some(status.to_string())),
            Self::Failed { status, will_retry: false } => (NodeCondition::Failed, Some(status.to_string())),
        }
    }

    fn of(state: &ItemState, plan: &WriterPlan, field: usize) -> Self {
        match state {
            ItemState::Reporting { sampling_interval_ms, queue_size, .. } => {
                let several =
                    plan.event.is_none() && plan.publishing_interval.as_secs_f64() * 1e3 > *sampling_interval_ms;
                // What is triggered is wanted as it is at that moment, what is read as it is then.
                let of_changes =
                    |field: &FieldPlan| field.triggered_by.is_none() && plan.reading == Reading::Subscribed;
                let wanted = plan.fields.get(field).is_some_and(of_changes);
                Self::Reporting { unobservable: *queue_size <= 1 && several && wanted }
            }
            ItemState::Failed { status, will_retry, .. } => Self::Failed { status: *status, will_retry: *will_retry },
            ItemState::Unlinked { status, .. } => Self::Failed { status: *status, will_retry: false },
        }
    }
}

fn log_refusal(count: usize, url: &str, plan: &WriterPlan, field: usize, health: &Health) {
    let (Health::Failed { status, will_retry }, Some(field)) = (health, plan.fields.get(field)) else { return };
    if count <= LOGGED_REFUSALS {
        let next = if *will_retry { "it is tried again from time to time" } else { "correct it in the configuration" };
        tracing::warn!("node {} of {url} cannot be published: the server answered {status}; {next}", field.node);
    }
}

fn log_unobservable(count: u32, url: &str, plan: &WriterPlan) {
    let name = &plan.name;
    tracing::warn!("{url} keeps only the newest value of {count} nodes of writer {name}: it cannot tell of lost ones");
}

fn summarize(status: &mut WriterDiagnostics, plan: &WriterPlan, health: &[Health]) {
    let count = |wanted: fn(&Health) -> bool| health.iter().filter(|health| wanted(health)).count() as u32;
    status.reporting = count(|health| matches!(health, Health::Reporting { .. }));
    status.loss_unobservable = count(|health| *health == Health::Reporting { unobservable: true });
    let failed = plan.fields.iter().zip(health).filter_map(|(field, health)| match health {
        Health::Failed { status, will_retry } => Some(FailedField {
            field: field.name.clone(),
            node: field.node.to_string(),
            status: status.to_string(),
            will_retry: *will_retry,
        }),
        _ => None,
    });
    status.failed = failed.collect();
}

const SHOWN_LOSSES: usize = 100;
const LOGGED_REFUSALS: usize = 20;
