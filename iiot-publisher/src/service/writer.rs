//! One writer: its subscription, what is missing from it, and the way to its group.

use std::collections::HashSet;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use iiot_core::session::{DataBatch, Gap, GapReason, ItemState, Session, Subscription, SubscriptionEvent};
use iiot_core::ua::StatusCode;
use iiot_core::ua::types::{GlobalNodeId, TypeLibrary};
use iiot_core::{Error, Result};
use tokio::sync::{mpsc, watch};

use super::event_item::{EventItem, Refresh};
use super::learned::{Ends, Learned};
use super::nodes::{self, Question};
use super::outlet::{Event, Outlet, next, room};
use super::paths::Paths;
use super::received::Received;
use super::span::Span;
use super::spool::Mark;
use super::status::{ConnectionStatus, Health, Shared};
use super::tokens::Tokens;
use super::watchdog::Watchdog;
use crate::continuity::{Continuity, Missing};
use crate::ledger::{DeclaredLoss, LossCause};
use crate::places::Places;
use crate::plan::{self, Reading, WriterPlan};
use crate::writer_group::FieldMetaData;
pub(super) use topics::FieldLevels;
use types::TypesRead;
use ways::subscribe;

mod change;
mod events;
mod topics;
mod types;
mod ways;

/// What a writer is to be; the newest counts.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) plan: Arc<WriterPlan>,
    /// Whether it is to hand in what has arrived, and end.
    pub(super) leave: bool,
}

/// Reads one subscription and acknowledges what the group has brought to the sink.
#[derive(Debug)]
pub(super) struct WriterTask {
    pub(super) wanted: watch::Receiver<Wanted>,
    pub(super) questions: mpsc::Receiver<Question>,
    pub(super) group: String,
    /// Gone when nothing more is handed in.
    pub(super) outlet: Option<Outlet>,
    /// Tokens of batches that are safe.
    pub(super) releases: mpsc::Receiver<u64>,
    /// The last message that an earlier process made safe.
    pub(super) mark: Option<Mark>,
    /// An earlier process has left a subscription with other client handles, which is not gone on with.
    pub(super) abandoned: Option<Gap>,
    /// Names the assignment of client handles.
    pub(super) epoch: u64,
    pub(super) tokens: Tokens,
}

/// What the writers of one connection have in common.
#[derive(Debug, Clone)]
pub(super) struct Common {
    /// Once it is there.
    pub(super) session: watch::Receiver<Option<Arc<dyn Session>>>,
    /// What is known of the server's structures.
    pub(super) library: TypeLibrary,
    pub(super) status: Arc<ConnectionStatus>,
    pub(super) shared: Arc<Shared>,
}

/// What the server says of a variable; of many it says the same.
type SharedMetaData = plan::Shared<FieldMetaData>;

impl WriterTask {
    /// Names the subscription over restarts, if it is to survive them.
    pub(super) fn resume_as(&self) -> Option<String> {
        let wanted = self.wanted.borrow().plan.reading == Reading::Subscribed;
        let durable = wanted && self.outlet.as_ref().is_some_and(|outlet| outlet.log.is_some());
        durable.then(|| format!("{}{:016x}", self.resumed_before(), self.epoch))
    }

    /// What that name begins with whatever the client handles mean.
    pub(super) fn resumed_before(&self) -> String {
        format!("{}/{}#", self.group, self.wanted.borrow().plan.name)
    }

    /// Publishes until the end. A subscription that the next process is to go on with is given back,
    /// because it would be deleted with its handle.
    pub(super) async fn run(mut self, mut common: Common) -> Option<Box<dyn Subscription>> {
        let (id, instance) = (self.wanted.borrow().plan.id, self.tokens.instance);
        let subscription = self.run_on(&mut common).await;
        if self.wanted.borrow().leave {
            if let Some(outlet) = &self.outlet {
                outlet.leave(id).await;
            }
            common.status.forget_writer(id, instance);
        }
        subscription
    }

    /// Waits for a session and runs with it.
    async fn run_on(&mut self, common: &mut Common) -> Option<Box<dyn Subscription>> {
        let session = self.session(common).await?;
        let configured = Arc::clone(&self.wanted.borrow_and_update().plan);
        let learned = self.learn(&configured, &session, common).await?;
        let plan = learned.applied(&configured);
        let selected = match &plan.event {
            Some(event) => Some(self.select(&plan, event, session.as_ref(), common).await?),
            None => None,
        };
        let query = selected.as_ref().map(|selected| &selected.query);
        let subscription = match subscribe(&session, &plan, query, self.resume_as(), &common.shared).await {
            Ok(subscription) => subscription,
            Err(error) => {
                self.not_subscribed(&plan, &error, &common.shared);
                return None;
            }
        };
        let mut running = Running::new(self, (configured, learned), session, common);
        running.set_events(selected);
        let gap = self.abandoned.clone().or_else(|| self.unread(&running.plan));
        if let Some(gap) = gap {
            running.gap(&gap);
        }
        running.tell_missing(self.outlet.as_ref()).await;
        running.run(subscription, self).await
    }

    /// The session; `None` if it is no longer needed.
    async fn session(&mut self, common: &mut Common) -> Option<Arc<dyn Session>> {
        let quiesce = common.shared.quiesce.clone();
        loop {
            let question = tokio::select! {
                () = quiesce.cancelled() => return None,
                Ok(_) = self.wanted.wait_for(|wanted| wanted.leave) => return None,
                session = common.session.wait_for(Option::is_some) => return session.ok()?.clone(),
                Some(question) = self.questions.recv() => question,
            };
            let _ = question.send(nodes::unknown(&self.group, &self.wanted.borrow().plan));
        }
    }

    /// What some work brings; `None` if the writer is no longer needed before.
    async fn while_needed<T>(&self, common: &Common, work: impl Future<Output = T>) -> Option<T> {
        let mut wanted = self.wanted.clone();
        let no_longer = async move { wanted.wait_for(|wanted| wanted.leave).await.is_err() };
        tokio::select! {
            () = common.shared.quiesce.cancelled() => None,
            _ = no_longer => None,
            result = work => Some(result),
        }
    }

    /// What values of an earlier process are followed by, where they are read in cycles.
    fn unread(&self, plan: &WriterPlan) -> Option<Gap> {
        let read_before = plan.reading != Reading::Subscribed && self.mark.is_some();
        read_before.then(|| Gap {
            after: None,
            before: None,
            messages: None,
            reason: GapReason::NotRead,
            items: Vec::new(),
        })
    }

    fn not_subscribed(&self, plan: &WriterPlan, error: &Error, shared: &Shared) {
        if !shared.quiesce.is_cancelled() {
            tracing::error!("writer {} of group {} has no subscription: {}", plan.name, self.group, error.report());
        }
    }
}

/// A writer with a subscription.
struct Running {
    configured: Arc<WriterPlan>,
    learned: Learned,
    paths: Paths,
    watchdog: Watchdog,
    /// What is configured, with what was learned of it.
    plan: Arc<WriterPlan>,
    places: Places,
    group: String,
    session: Arc<dyn Session>,
    library: TypeLibrary,
    status: Arc<ConnectionStatus>,
    shared: Arc<Shared>,
    continuity: Continuity,
    /// Where it publishes events.
    events: Option<EventItem>,
    health: Vec<Health>,
    /// The read of the fields' types under way; values wait for it, so that metadata comes first.
    types: Option<BoxFuture<'static, TypesRead>>,
    /// The types of the fields, as far as they were read.
    described: Vec<Option<SharedMetaData>>,
    /// The request for all retained conditions under way.
    refresh: Option<BoxFuture<'static, Result<()>>>,
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
    fn new(
        task: &WriterTask,
        (configured, learned): (Arc<WriterPlan>, Learned),
        session: Arc<dyn Session>,
        common: &Common,
    ) -> Self {
        let plan = learned.applied(&configured);
        let mut paths = Paths::default();
        paths.settle(Some(learned.ends()), common.shared.clock().now());
        Self {
            configured,
            learned,
            paths,
            watchdog: Watchdog::new(&plan),
            continuity: Continuity::new(&plan).inheriting(task.mark.is_some()),
            events: None,
            refresh: None,
            places: Places::of(&plan),
            health: vec![Health::default(); plan.fields.len()],
            described: vec![None; plan.fields.len()],
            plan,
            group: task.group.clone(),
            session,
            library: common.library.clone(),
            status: Arc::clone(&common.status),
            shared: Arc::clone(&common.shared),
            types: None,
            created: false,
            held: None,
            probed: HashSet::new(),
            unknown: HashSet::new(),
        }
    }

    async fn run(
        mut self,
        mut subscription: Box<dyn Subscription>,
        task: &mut WriterTask,
    ) -> Option<Box<dyn Subscription>> {
        let quiesce = self.shared.quiesce.clone();
        let durable = task.resume_as().is_some();
        let (mut draining, mut leaving) = (false, task.wanted.borrow().leave);
        loop {
            let step = tokio::select! {
                biased;
                () = self.shared.close.cancelled() => break,
                () = quiesce.cancelled(), if !draining => Step::Quiesce,
                Some(token) = task.releases.recv() => Step::Release(token),
                Ok(()) = task.wanted.changed(), if !draining && !leaving => Step::Wanted,
                Some(question) = task.questions.recv() => Step::Question(question),
                read = wait_for(self.types.as_mut()) => Step::Types(read),
                refreshed = wait_for(self.refresh.as_mut()) => Step::Refreshed(refreshed),
                (held, ends) = self.paths.next(&self.session, &self.configured, self.shared.clock().as_ref()) => {
                    Step::Paths(held, ends)
                }
                (permits, event) = next(task.outlet.as_ref(), subscription.as_mut()), if !self.waits() => {
                    let Some(event) = event else { break };
                    if self.is_too_late(&event) {
                        Step::Reset
                    } else {
                        if let Some(event) = self.take(task.tokens.renamed(event)) {
                            permits.send(self.plan.id, event);
                        }
                        continue;
                    }
                }
                () = std::future::ready(()), if draining && task.outlet.is_some() => Step::Drained,
                () = room(task.outlet.as_ref()), if leaving && !draining && !self.waits() => break,
            };
            match step {
                Step::Quiesce => draining = true,
                Step::Drained => {
                    task.outlet = None;
                    // What is not acknowledged comes again to the next process.
                    if !durable {
                        self.declare_left_behind(subscription.as_mut());
                    }
                }
                Step::Release(token) => {
                    if let Some(token) = task.tokens.redeem(token) {
                        subscription.acknowledge(token);
                    }
                }
                Step::Wanted => {
                    let Wanted { plan, leave } = task.wanted.borrow_and_update().clone();
                    leaving = leave;
                    self.change(plan, leaving, subscription.as_ref()).await;
                }
                Step::Types(read) => self.types_read(read, subscription.as_ref(), task.outlet.as_ref()).await,
                Step::Paths(held, ends) => self.followed(ends, held, &mut subscription, task).await,
                Step::Reset => self.reset(&mut subscription, task).await,
                Step::Refreshed(refreshed) => self.refreshed(refreshed),
                Step::Question(question) => drop(question.send(self.nodes())),
            }
        }
        self.declare(Continuity::finish);
        if let Some(outage) = self.events.as_mut().and_then(|events| events.outages.finish()) {
            self.declare_outage(outage);
        }
        if durable && !leaving {
            return Some(subscription);
        }
        subscription.close().await;
        None
    }

    /// Whether something has to be known before values are taken.
    fn waits(&self) -> bool {
        self.types.is_some() || self.paths.holds()
    }

    /// What had arrived by the stop and found no room in the group.
    fn declare_left_behind(&mut self, subscription: &mut dyn Subscription) {
        let mut left = self.held.take().map_or_else(Span::default, |batch| Span::of(&batch));
        while let Some(Some(event)) = subscription.next().now_or_never() {
            left = left.and(match event {
                SubscriptionEvent::Data(batch) => Span::of(&batch),
                SubscriptionEvent::Events(batch) => Span::of_events(&batch),
                _ => Span::default(),
            });
        }
        if left.values > 0 {
            left.declare(&self.shared, &self.group, Some(&self.plan), LossCause::Stopped, None);
        }
    }

    /// Notes an event; returns what the group is to know of it.
    fn take(&mut self, event: SubscriptionEvent) -> Option<Event> {
        match event {
            SubscriptionEvent::Data(mut batch) => {
                self.watchdog.heard(&batch);
                self.status.add_values(self.plan.id, batch.len());
                self.declare(|continuity| continuity.batch(&batch));
                if self.continuity.repeats() {
                    Arc::make_mut(&mut batch).repeats = true;
                }
                self.hold(batch).map(|batch| Event::Received(Received::Data(batch)))
            }
            SubscriptionEvent::Events(batch) => self.events(batch),
            // What is late was looked at; the other is not asked for.
            SubscriptionEvent::Modified(_) | SubscriptionEvent::Late(_) => None,
            SubscriptionEvent::KeepAlive => Some(Event::KeepAlive),
            SubscriptionEvent::Items(states) => Some(self.items(states)),
            // The values themselves tell which of them overflowed; the fields' continuity looks.
            SubscriptionEvent::Gap(Gap { reason: GapReason::Overflow, .. }) if self.events.is_none() => None,
            SubscriptionEvent::Gap(gap) => {
                self.gap(&gap);
                None
            }
            SubscriptionEvent::Created(revised) => {
                let again = std::mem::replace(&mut self.created, true);
                if again {
                    self.continuity.returned();
                }
                self.refresh = None;
                self.refreshes(|refresh| refresh.created(revised.subscription_id));
                self.read_types(again);
                if again {
                    self.paths.follow_elsewhere(&self.configured, self.shared.clock().now());
                }
                Some(Event::Connection(true))
            }
            SubscriptionEvent::Interrupted(_) => {
                self.refresh = None;
                self.refreshes(Refresh::interrupted);
                Some(Event::Connection(false))
            }
            SubscriptionEvent::Resumed(revised) => {
                self.continuity.returned();
                self.refreshes(|refresh| refresh.resumed(revised.subscription_id));
                self.paths.follow_again(&self.configured, self.shared.clock().now());
                // One that an earlier process has created: its types are not known here.
                if !std::mem::replace(&mut self.created, true) {
                    self.read_types(false);
                }
                Some(Event::Connection(true))
            }
        }
    }

    fn items(&mut self, states: Vec<(u32, ItemState)>) -> Event {
        let failed_before = self.health.iter().any(|health| matches!(health, Health::Failed { .. }));
        self.status.items(&self.plan, &self.places, &states, &mut self.health);
        if states.iter().any(|(_, state)| matches!(state, ItemState::Reporting { .. })) {
            self.refreshes(Refresh::reporting);
        }
        self.report_refused(&states);
        // A node that appeared later has a type now.
        if failed_before && states.iter().any(|(_, state)| matches!(state, ItemState::Reporting { .. })) {
            self.described.fill(None);
            self.read_types(false);
        }
        Event::Items(states)
    }

    fn gap(&mut self, gap: &Gap) {
        let (writer, url) = (&self.plan.name, &self.plan.connection.options.endpoint_url);
        let cause = LossCause::from(gap.reason);
        let count = gap.messages.map_or_else(String::new, |count| format!(" ({count} messages)"));
        tracing::warn!("values of writer {writer} on {url} may be missing{count}: {cause}");
        match self.events.as_mut() {
            None => self.continuity.gap(gap),
            Some(events) => {
                let outage = events.gap(gap);
                outage.into_iter().for_each(|outage| self.declare_outage(outage));
                self.begin_refresh();
            }
        }
    }

    fn declare(&mut self, missing: impl FnOnce(&mut Continuity) -> Vec<Missing>) {
        let missing = missing(&mut self.continuity);
        for Missing { field, after, before, cause } in missing {
            let field = &self.plan.fields[field];
            let loss = DeclaredLoss {
                declared: self.shared.clock().utc(),
                server: Some(self.plan.connection.options.endpoint_url.clone()),
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
    /// To be otherwise, or to leave.
    Wanted,
    /// Takes what has arrived, and then no more.
    Quiesce,
    Drained,
    /// Fields are late, and the subscription is to be another one.
    Reset,
    Release(u64),
    Types(TypesRead),
    /// Whether values waited, and where the paths lead.
    Paths(bool, Result<Ends>),
    Refreshed(Result<()>),
    Question(Question),
}

async fn wait_for<T>(future: Option<&mut BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
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
