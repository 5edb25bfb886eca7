//! One writer: its subscription, what is missing from it, and the way to its group.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use iiot_core::session::{DataBatch, Gap, ItemState, Session, Subscription, SubscriptionEvent, SubscriptionOptions};
use iiot_core::ua::StatusCode;
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
    Types(Vec<FieldMetaData>, Arc<Vec<String>>),
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
    pub(super) async fn run(self, session: Arc<dyn Session>, status: Arc<ConnectionStatus>, shared: Arc<Shared>) {
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
        let running =
            Running { continuity, health, types: None, plan: self.plan, group: self.group, session, status, shared };
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
    status: Arc<ConnectionStatus>,
    shared: Arc<Shared>,
    continuity: Continuity,
    health: Vec<Health>,
    /// The read of the fields' types under way; values wait for it, so that metadata comes first.
    types: Option<BoxFuture<'static, TypesRead>>,
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
    fn declare_left_behind(&self, subscription: &mut dyn Subscription) {
        let mut left = Span::default();
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
                Some(Event::Data(batch))
            }
            SubscriptionEvent::KeepAlive => Some(Event::KeepAlive),
            SubscriptionEvent::Items(states) => Some(self.items(states)),
            SubscriptionEvent::Gap(gap) => {
                self.gap(&gap);
                None
            }
            SubscriptionEvent::Created(_) => {
                self.read_types();
                Some(Event::Connection(true))
            }
            SubscriptionEvent::Interrupted(_) => Some(Event::Connection(false)),
            SubscriptionEvent::Resumed => Some(Event::Connection(true)),
        }
    }

    fn items(&mut self, states: Vec<(u32, ItemState)>) -> Event {
        let failed_before = self.health.iter().any(|health| matches!(health, Health::Failed { .. }));
        self.status.items(&self.plan, &states, &mut self.health);
        // A node that appeared later has a type now.
        if failed_before && states.iter().any(|(_, state)| matches!(state, ItemState::Reporting { .. })) {
            self.read_types();
        }
        Event::Items(states)
    }

    fn read_types(&mut self) {
        let (session, plan) = (Arc::clone(&self.session), self.plan.clone());
        let read = async move { (types::read(session.as_ref(), &plan).await, session.namespaces()) };
        self.types = Some(read.boxed());
    }

    async fn types_read(&mut self, (types, namespaces): TypesRead, events: Option<&mpsc::Sender<Inbound>>) {
        self.types = None;
        match (types, events) {
            (Ok(types), Some(events)) => {
                let inbound = Inbound { writer: self.plan.id, event: Event::Types(types, namespaces) };
                // The group ends only after its writers.
                let _ = events.send(inbound).await;
            }
            (Err(error), _) => {
                let (writer, url) = (&self.plan.name, &self.plan.connection.0.endpoint_url);
                tracing::warn!("the types of writer {writer} on {url} stay as they are known: {}", error.report());
            }
            (Ok(_), None) => {}
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
        ItemState::Reporting { .. } => None,
    }
}

/// Batches that wait for the sink before the server is asked for no more. Servers drop silently
/// from about 100 on.
pub(super) const MAX_UNACKNOWLEDGED: usize = 32;
