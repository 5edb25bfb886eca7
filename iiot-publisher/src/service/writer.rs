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
use super::spool::{Incoming, Mark, fingerprint};
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

/// Where a writer passes things to: values into the log where there is one, all else to the group.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) events: mpsc::Sender<Inbound>,
    pub(super) log: Option<mpsc::Sender<Incoming>>,
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
    pub(super) outlet: Outlet,
    /// Tokens of batches that are safe.
    pub(super) releases: mpsc::Receiver<u64>,
    /// The last message that an earlier process made safe.
    pub(super) mark: Option<Mark>,
    /// An earlier process has left a subscription with other fields, which is not gone on with.
    pub(super) abandoned: Option<Gap>,
}

type TypesRead = (Result<Vec<FieldMetaData>>, Arc<Vec<String>>);

impl WriterTask {
    /// Names the subscription over restarts, if it is to survive them.
    pub(super) fn resume_as(&self) -> Option<String> {
        self.outlet.log.as_ref().map(|_| format!("{}{:016x}", self.resumed_before(), fingerprint(&self.plan)))
    }

    /// What that name begins with whatever the fields are.
    pub(super) fn resumed_before(&self) -> String {
        format!("{}/{}#", self.group, self.plan.name)
    }

    /// Publishes until the end. A subscription that the next process is to go on with is given back,
    /// because it would be deleted with its handle.
    pub(super) async fn run(
        self,
        session: Arc<dyn Session>,
        library: TypeLibrary,
        status: Arc<ConnectionStatus>,
        shared: Arc<Shared>,
    ) -> Option<Box<dyn Subscription>> {
        let options = SubscriptionOptions {
            publishing_interval: self.plan.publishing_interval,
            max_keep_alive_count: self.plan.max_keep_alive_count.unwrap_or(10),
            priority: self.plan.priority,
            max_unacknowledged: MAX_UNACKNOWLEDGED,
            resume_as: self.resume_as().unwrap_or_default(),
            ..SubscriptionOptions::default()
        };
        let subscription = match session.subscribe(options, items(&self.plan)).await {
            Ok(subscription) => subscription,
            Err(error) => {
                self.not_subscribed(&error, &shared);
                return None;
            }
        };
        let mut continuity = Continuity::new(&self.plan.fields);
        if let Some(gap) = &self.abandoned {
            continuity.gap(gap);
        }
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
        running.run(subscription, self.outlet, self.releases).await
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
        outlet: Outlet,
        mut releases: mpsc::Receiver<u64>,
    ) -> Option<Box<dyn Subscription>> {
        let quiesce = self.shared.quiesce.clone();
        let durable = outlet.log.is_some();
        let (mut outlet, mut draining) = (Some(outlet), false);
        loop {
            let step = tokio::select! {
                biased;
                () = self.shared.close.cancelled() => break,
                () = quiesce.cancelled(), if !draining => Step::Quiesce,
                Some(token) = releases.recv() => Step::Release(token),
                read = wait_for(self.types.as_mut()) => Step::Types(read),
                (permits, event) = next(outlet.as_ref(), subscription.as_mut()), if self.types.is_none() => {
                    let Some(event) = event else { break };
                    if let SubscriptionEvent::Events(batch) = &event {
                        // No item asks for events yet.
                        subscription.acknowledge(batch.token);
                    }
                    if let Some(event) = self.take(event) {
                        permits.send(self.plan.id, event);
                    }
                    continue;
                }
                () = std::future::ready(()), if draining && outlet.is_some() => Step::Drained,
            };
            match step {
                Step::Quiesce => draining = true,
                Step::Drained => {
                    outlet = None;
                    // What is not acknowledged comes again to the next process.
                    if !durable {
                        self.declare_left_behind(subscription.as_mut());
                    }
                }
                Step::Release(token) => subscription.acknowledge(token),
                Step::Types(read) => self.types_read(read, outlet.as_ref()).await,
            }
        }
        self.declare(|continuity| continuity.finish());
        if durable {
            return Some(subscription);
        }
        subscription.close().await;
        None
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
            SubscriptionEvent::Resumed => {
                // One that an earlier process has created: its types are not known here.
                if !std::mem::replace(&mut self.created, true) {
                    self.read_types(false);
                }
                Some(Event::Connection(true))
            }
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

    async fn types_read(&mut self, (types, namespaces): TypesRead, outlet: Option<&Outlet>) {
        self.types = None;
        let answered = types.is_ok();
        match (types, outlet) {
            (Ok(types), Some(outlet)) => {
                let structures = self.library.types();
                self.report_unknown(&structures);
                outlet.send(self.plan.id, Event::Types(types, namespaces, structures)).await;
            }
            (Err(error), _) => {
                let (writer, url) = (&self.plan.name, &self.plan.connection.0.endpoint_url);
                tracing::warn!("the types of writer {writer} on {url} stay as they are known: {}", error.report());
            }
            (Ok(_), None) => {}
        }
        // A server that does not answer must not hold values back for ever.
        let held = if answered { self.held.take().and_then(|batch| self.hold(batch)) } else { self.held.take() };
        if let (Some(batch), Some(outlet)) = (held, outlet) {
            outlet.send(self.plan.id, Event::Data(batch)).await;
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

/// Room for one more event, wherever it goes.
struct Permits<'a> {
    event: mpsc::Permit<'a, Inbound>,
    log: Option<mpsc::Permit<'a, Incoming>>,
}

impl Outlet {
    /// Group and log end only after their writers, or when everything is given up.
    async fn reserve(&self) -> Option<Permits<'_>> {
        let log = match &self.log {
            Some(log) => Some(log.reserve().await.ok()?),
            None => None,
        };
        Some(Permits { event: self.events.reserve().await.ok()?, log })
    }

    async fn send(&self, writer: u16, event: Event) {
        if let Some(permits) = self.reserve().await {
            permits.send(writer, event);
        }
    }
}

impl Permits<'_> {
    fn send(self, writer: u16, event: Event) {
        match (event, self.log) {
            (Event::Data(batch), Some(log)) => log.send(Incoming { writer, batch }),
            (event, _) => self.event.send(Inbound { writer, event }),
        }
    }
}

/// The next event, once there is room for it. Nothing is lost when this is dropped.
async fn next<'a>(
    outlet: Option<&'a Outlet>,
    subscription: &mut dyn Subscription,
) -> (Permits<'a>, Option<SubscriptionEvent>) {
    let permits = match outlet {
        Some(outlet) => outlet.reserve().await,
        None => None,
    };
    match permits {
        Some(permits) => (permits, subscription.next().await),
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
