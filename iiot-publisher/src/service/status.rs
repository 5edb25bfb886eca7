//! What the tasks of a publisher have in common: its parts and how it stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use iiot_core::Error;
use iiot_core::clock::Clock;
use iiot_core::session::{Concern, ConnectOptions, Identity, ItemState, SessionState};
use iiot_core::time::UtcTime;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::diagnostics::{
    ConnectionDiagnostics, ConnectionState, Diagnostics, FailedField, WriterDiagnostics, WriterGroupDiagnostics,
};
use crate::ledger::UnobservableField;
use crate::plan::{Connection, WriterPlan};

/// Shared by every task of a publisher.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) parts: Parts,
    pub(super) started: UtcTime,
    pub(super) connections: Vec<Arc<ConnectionStatus>>,
    pub(super) groups: Vec<Arc<Mutex<WriterGroupDiagnostics>>>,
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

impl Shared {
    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts.clock
    }

    pub(super) fn fail(&self, error: Error) {
        self.failure.lock().get_or_insert(error);
        self.failed.cancel();
    }

    pub(super) fn diagnostics(&self) -> Diagnostics {
        Diagnostics {
            publisher_id: self.parts.publisher_id.clone(),
            started: self.started,
            taken: self.clock().utc(),
            sink: self.parts.sinks.first().address(),
            connections: self.connections.iter().map(|connection| connection.state.lock().clone()).collect(),
            writer_groups: self.groups.iter().map(|group| group.lock().clone()).collect(),
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
    /// By writer: names of fields that can lose values without anybody knowing.
    unobservable: Mutex<BTreeMap<u16, Vec<String>>>,
}

impl ConnectionStatus {
    pub(super) fn new(connection: &Connection, writers: &[&WriterPlan]) -> Self {
        let writer = |writer: &&WriterPlan| WriterDiagnostics {
            id: writer.id,
            name: writer.name.clone(),
            fields: writer.fields.len() as u32,
            reporting: 0,
            loss_unobservable: 0,
            failed: Vec::new(),
            values: 0,
        };
        let state = Mutex::new(ConnectionDiagnostics {
            endpoint_url: connection.0.endpoint_url.clone(),
            state: ConnectionState::Connecting,
            reason: None,
            attempts: 0,
            concerns: Vec::new(),
            writers: writers.iter().map(writer).collect(),
        });
        Self { label: label(connection), state, unobservable: Mutex::default() }
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

    pub(super) fn add_values(&self, writer: u16, count: usize) {
        self.writer(writer, |status, _| status.values += count as u64);
    }

    /// Items changed their state. Refusals are logged, those of a flood only counted.
    pub(super) fn items(&self, plan: &WriterPlan, states: &[(u32, ItemState)], health: &mut [Health]) {
        self.writer(plan.id, |status, url| {
            let mut refused = 0;
            for (handle, state) in states {
                let Some(slot) = health.get_mut(*handle as usize) else { continue };
                let health = Health::of(state, plan, *handle as usize);
                if let Health::Failed { .. } = health
                    && *slot != health
                {
                    refused += 1;
                    log_refusal(refused, url, plan, *handle as usize, &health);
                }
                *slot = health;
            }
            if refused > LOGGED_REFUSALS {
                let more = refused - LOGGED_REFUSALS;
                tracing::warn!("{more} more nodes of writer {} on {url} cannot be published", plan.name);
            }
            let unobservable = status.loss_unobservable;
            summarize(status, plan, health);
            let silent = |(_, health): &(_, &Health)| **health == Health::Reporting { unobservable: true };
            let names = plan.fields.iter().zip(&*health).filter(silent).map(|(field, _)| field.name.clone());
            self.unobservable.lock().insert(plan.id, names.collect());
            if status.loss_unobservable > unobservable {
                log_unobservable(status.loss_unobservable, url, plan);
            }
        });
    }

    fn writer(&self, id: u16, change: impl FnOnce(&mut WriterDiagnostics, &str)) {
        let ConnectionDiagnostics { endpoint_url, writers, .. } = &mut *self.state.lock();
        if let Some(writer) = writers.iter_mut().find(|writer| writer.id == id) {
            change(writer, endpoint_url);
        }
    }
}

fn label(connection: &Connection) -> String {
    let ConnectOptions { endpoint_url, identity, .. } = &connection.0;
    match identity {
        Identity::UserName { user, .. } => format!("{endpoint_url} as {user}"),
        Identity::Certificate { .. } => format!("{endpoint_url} by a user certificate"),
        Identity::Stored { subject, .. } => format!("{endpoint_url} as {subject}, by certificate"),
        Identity::Issued { .. } => format!("{endpoint_url} by a token"),
        Identity::Anonymous => endpoint_url.clone(),
    }
}

/// How a field stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Health {
    #[default]
    Unknown,
    Reporting {
        /// Whether the server can lose values without telling.
        unobservable: bool,
    },
    Failed {
        status: String,
        will_retry: bool,
    },
}

impl Health {
    fn of(state: &ItemState, plan: &WriterPlan, field: usize) -> Self {
        match state {
            ItemState::Reporting { sampling_interval_ms, queue_size, .. } => {
                let several = plan.publishing_interval.as_secs_f64() * 1e3 > *sampling_interval_ms;
                Self::Reporting { unobservable: *queue_size <= 1 && several && field < plan.fields.len() }
            }
            ItemState::Failed { status, will_retry, .. } => {
                Self::Failed { status: status.to_string(), will_retry: *will_retry }
            }
            ItemState::Unlinked { status, .. } => Self::Failed { status: status.to_string(), will_retry: false },
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
            status: status.clone(),
            will_retry: *will_retry,
        }),
        _ => None,
    });
    status.failed = failed.collect();
}

const SHOWN_LOSSES: usize = 100;
const LOGGED_REFUSALS: usize = 20;
