//! One writer: its subscription, what is missing from it, and the way to its group.

use std::collections::HashSet;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use iiot_core::json::{Format, write_variant};
use iiot_core::session::{
    DataBatch, Gap, GapReason, ItemState, Row, Session, Subscription, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::ua::StatusCode;
use iiot_core::ua::types::{GlobalNodeId, TypeLibrary, TypeSet, UnknownType};
use iiot_core::{Error, Result};
use tokio::sync::mpsc;

use super::item::items;
use super::span::Span;
use super::status::{ConnectionStatus, Health, Shared};
use super::types;
use crate::continuity::{Continuity, Missing};
use crate::ledger::{DeclaredLoss, LossCause};
use crate::plan::WriterPlan;
use crate::writer_group::FieldMetaData;

/// What a writer passes to its group.
#[derive(Debug)]
pub(super) struct Inbound {
    pub(super) writer: u16,
    pub(super) event: Event,
}

/// What happened to a writer, as far as its group cares.
#[derive(Debug)]
pub(super) enum Event {
    Data(Arc<DataBatch>),
    KeepAlive,
    Connection(bool),
    Items(Vec<(u32, ItemState)>),
    Types(Vec<FieldMetaData>, Arc<Vec<String>>, Arc<TypeSet>),
}

/// Reads one subscription and acknowledges what the group has brought to the sink.
#[derive(Debug)]
pub(super) struct WriterTask {
    pub(super) plan: WriterPlan,
    pub(super) group: String,
    pub(super) events: mpsc::Sender<Inbound>,
    /// Tokens of batches that are safe.
    pub(super) releases: mpsc::Receiver<u64>,
}

type TypesRead = (Result<Vec<FieldMetaData>>, Arc<Vec<String>>);

impl WriterTask {
    pub(super) async fn run(
        self,
        session: Arc<dyn Session>,
        library: TypeLibrary,
        status: Arc<ConnectionStatus>,
        shared: Arc<Shared>,
    ) {
        let options = SubscriptionOptions {
            publishing_interval: self.plan.publishing_interval,
            max_keep_alive_count: self.plan.max_keep_alive_count.unwrap_or(10),
            priority: self.plan.priority,
            max_unacknowledged: MAX_UNACKNOWLEDGED,
            ..SubscriptionOptions::default()
        };
        let subscription = match session.subscribe(options, items(&self.plan)).await {
            Ok(subscription) => subscription,
            Err(error) => return self.not_subscribed(&error, &shared),
        };
        let continuity = Continuity::new(&self.plan.fields);
        let health = vec![Health::default(); self.plan.fields.len()];
        let running = Running {
            continuity,
            health,
            types: None,
            created: false,
            held: None,
            probed: HashSet::new(),
            unknown: HashSet::new(),
            plan: self.plan,
            group: self.group,
            session,
            library,
            status,
            shared,
        };
        running.run(subscription, self.events, self.releases).await;
    }

    fn not_subscribed(&self, error: &Error, shared: &Shared) {
        if !shared.quiesce.is_cancelled() {
            tracing::error!(
                "writer {} of group {} has no subscription: {}",
                self.plan.name,
                self.group,
                error.report()
            );
        }
    }
}

/// A writer with a subscription.
struct Running {
    plan: WriterPlan,
    group: String,
    session: Arc<dyn Session>,
    /// What is known of the server's structures; shared by the writers of a connection.
    library: TypeLibrary,
    status: Arc<ConnectionStatus>,
    shared: Arc<Shared>,
    continuity: Continuity,
    health: Vec<Health>,
    /// The read of the fields' types under way; values wait for it, so that metadata comes first.
    types: Option<BoxFuture<'static, TypesRead>>,
    /// Values of a type that is being asked for; they go on once it is known, so that subscribers
    /// never see them without field names and then with.
    held: Option<Arc<DataBatch>>,
    /// Fields whose structures were looked at.
    probed: HashSet<u32>,
    /// Whether the subscription existed before, so that another creation means another server.
    created: bool,
    /// Types that were reported as unknown.
    unknown: HashSet<GlobalNodeId>,
}

impl Running {
    async fn run(
        mut self,
        mut subscription: Box<dyn Subscription>,
        events: mpsc::Sender<Inbound>,
        mut releases: mpsc::Receiver<u64>,
    ) {
        let quiesce = self.shared.quiesce.clone();
        let (mut events, mut draining) = (Some(events), false);
        loop {
            let step = tokio::select! {
                biased;
                () = self.shared.close.cancelled() => break,
                () = quiesce.cancelled(), if !draining => Step::Quiesce,
                Some(token) = releases.recv() => Step::Release(token),
                read = wait_for(self.types.as_mut()) => Step::Types(read),
                (permit, event) = next(events.as_ref(), subscription.as_mut()), if self.types.is_none() => {
                    let Some(event) = event else { break };
                    if let SubscriptionEvent::Events(batch) = &event {
                        // No item asks for events yet.
                        subscription.acknowledge(batch.token);
                    }
                    if let Some(event) = self.take(event) {
                        permit.send(Inbound { writer: self.plan.id, event });
                    }
                    continue;
                }
                () = std::future::ready(()), if draining && events.is_some() => Step::Drained,
            };
            match step {
                Step::Quiesce => draining = true,
                Step::Drained => {
                    events = None;
                    self.declare_left_behind(subscription.as_mut());
                }
                Step::Release(token) => subscription.acknowledge(token),
                Step::Types(read) => self.types_read(read, events.as_ref()).await,
            }
        }
        self.declare(|continuity| continuity.finish());
        subscription.close().await;
    }

    /// What had arrived by the stop and found no room in the group.
    fn declare_left_behind(&mut self, subscription: &mut dyn Subscription) {
        let mut left = self.held.take().map_or_else(Span::default, |batch| Span::of(&batch));
        while let Some(Some(event)) = subscription.next().now_or_never() {
            if let SubscriptionEvent::Data(batch) = event {
                left = left.and(Span::of(&batch));
            }
        }
        if left.values > 0 {
            left.declare(&self.shared, &self.group, Some(&self.plan), LossCause::Stopped, None);
        }
    }

    /// Notes an event; returns what the group is to know of it.
    fn take(&mut self, event: SubscriptionEvent) -> Option<Event> {
        match event {
            SubscriptionEvent::Data(batch) => {
                self.status.add_values(self.plan.id, batch.len());
                self.declare(|continuity| continuity.batch(&batch));
                self.hold(batch).map(Event::Data)
            }
            SubscriptionEvent::Events(batch) => {
                tracing::warn!("{} events that writer {} did not ask for are dropped", batch.len(), self.plan.name);
                None
            }
            // Neither is asked for.
            SubscriptionEvent::Modified(_) | SubscriptionEvent::Late(_) => None,
            SubscriptionEvent::KeepAlive => Some(Event::KeepAlive),
            SubscriptionEvent::Items(states) => Some(self.items(states)),
            // The values themselves tell which of them overflowed; the fields' continuity looks.
            SubscriptionEvent::Gap(Gap { reason: GapReason::Overflow, .. }) => None,
            SubscriptionEvent::Gap(gap) => {
                self.gap(&gap);
                None
            }
            SubscriptionEvent::Created(_) => {
                let again = std::mem::replace(&mut self.created, true);
                self.read_types(again);
                Some(Event::Connection(true))
            }
            SubscriptionEvent::Interrupted(_) => Some(Event::Connection(false)),
            SubscriptionEvent::Resumed => Some(Event::Connection(true)),
        }
    }

    /// Gives the values back unless they are held until their types are known.
    fn hold(&mut self, batch: Arc<DataBatch>) -> Option<Arc<DataBatch>> {
        self.probe(&batch);
        if !self.library.has_missing() {
            return Some(batch);
        }
        self.held = Some(batch);
        self.read_types(false);
        None
    }

    /// Looks at the first structure of each field, so that the library notes what it lacks.
    fn probe(&mut self, batch: &DataBatch) {
        let types = self.library.types();
        let format = Format { types: Some(&types), ..Format::compact(&batch.namespaces) };
        let mut text = Vec::new();
        for row in batch.rows().filter(|row| may_hold_structures(row)) {
            if self.probed.insert(row.client_handle) {
                text.clear();
                // What is malformed is declared when it is published.
                let _ = write_variant(&mut text, row.value, &format);
            }
        }
    }

    fn items(&mut self, states: Vec<(u32, ItemState)>) -> Event {
        let failed_before = self.health.iter().any(|health| matches!(health, Health::Failed { .. }));
        self.status.items(&self.plan, &states, &mut self.health);
        // A node that appeared later has a type now.
        if failed_before && states.iter().any(|(_, state)| matches!(state, ItemState::Reporting { .. })) {
            self.read_types(false);
        }
        Event::Items(states)
    }

    fn read_types(&mut self, again: bool) {
        self.probed.clear();
        let (session, plan, library) = (Arc::clone(&self.session), self.plan.clone(), self.library.clone());
        let read = async move { (types::read(session.as_ref(), &plan, &library, again).await, session.namespaces()) };
        self.types = Some(read.boxed());
    }

    async fn types_read(&mut self, (types, namespaces): TypesRead, events: Option<&mpsc::Sender<Inbound>>) {
        self.types = None;
        let answered = types.is_ok();
        match (types, events) {
            (Ok(types), Some(events)) => {
                let structures = self.library.types();
                self.report_unknown(&structures);
                let inbound = Inbound { writer: self.plan.id, event: Event::Types(types, namespaces, structures) };
                // The group ends only after its writers.
                let _ = events.send(inbound).await;
            }
            (Err(error), _) => {
                let (writer, url) = (&self.plan.name, &self.plan.connection.0.endpoint_url);
                tracing::warn!("the types of writer {writer} on {url} stay as they are known: {}", error.report());
            }
            (Ok(_), None) => {}
        }
        // A server that does not answer must not hold values back for ever.
        let held = if answered { self.held.take().and_then(|batch| self.hold(batch)) } else { self.held.take() };
        if let (Some(batch), Some(events)) = (held, events) {
            let _ = events.send(Inbound { writer: self.plan.id, event: Event::Data(batch) }).await;
        }
    }

    /// Says once of each type that its values stay opaque.
    fn report_unknown(&mut self, structures: &TypeSet) {
        let url = &self.plan.connection.0.endpoint_url;
        for UnknownType { encoding, reason, .. } in structures.unknown() {
            let Some(reason) = reason else { continue };
            if self.unknown.insert(encoding.clone()) {
                tracing::warn!("values of type {encoding} on {url} are published without field names: {reason}");
            }
        }
    }

    fn gap(&mut self, gap: &Gap) {
        let (writer, url) = (&self.plan.name, &self.plan.connection.0.endpoint_url);
        let cause = LossCause::from(gap.reason);
        let count = gap.messages.map_or_else(String::new, |count| format!(" ({count} messages)"));
        tracing::warn!("values of writer {writer} on {url} may be missing{count}: {cause}");
        self.continuity.gap(gap);
    }

    fn declare(&mut self, missing: impl FnOnce(&mut Continuity) -> Vec<Missing>) {
        let missing = missing(&mut self.continuity);
        for Missing { field, after, before, cause } in missing {
            let field = &self.plan.fields[field];
            let loss = DeclaredLoss {
                declared: self.shared.clock().utc(),
                server: Some(self.plan.connection.0.endpoint_url.clone()),
                writer_group: self.group.clone(),
                writer: Some(self.plan.name.clone()),
                field: Some(field.name.clone()),
                node: Some(field.node.to_string()),
                after,
                before,
                values: None,
                cause,
                detail: None,
            };
            self.shared.parts.ledger.declare(loss);
        }
    }
}

enum Step {
    /// Takes what has arrived, and then no more.
    Quiesce,
    Drained,
    Release(u64),
    Types(TypesRead),
}

/// Structures, and DataValues and Variants that may hold some.
fn may_hold_structures(row: &Row<'_>) -> bool {
    matches!(row.value.bytes().first().map(|mask| mask & 0x3f), Some(22..=24))
}

/// The next event, once the group has room for it. Nothing is lost when this is dropped.
async fn next<'a>(
    events: Option<&'a mpsc::Sender<Inbound>>,
    subscription: &mut dyn Subscription,
) -> (mpsc::Permit<'a, Inbound>, Option<SubscriptionEvent>) {
    let permit = match events {
        Some(events) => events.reserve().await.ok(),
        None => None,
    };
    match permit {
        Some(permit) => (permit, subscription.next().await),
        None => std::future::pending().await,
    }
}

async fn wait_for(types: Option<&mut BoxFuture<'static, TypesRead>>) -> TypesRead {
    match types {
        Some(types) => types.await,
        None => std::future::pending().await,
    }
}

/// The status a group shows for a field that the server refused.
pub(super) fn refusal(state: &ItemState) -> Option<StatusCode> {
    match state {
        ItemState::Failed { status, .. } => Some(*status),
        ItemState::Reporting { .. } | ItemState::Unlinked { .. } => None,
    }
}

/// Batches that wait for the sink before the server is asked for no more. Servers drop silently
/// from about 100 on.
pub(super) const MAX_UNACKNOWLEDGED: usize = 32;
