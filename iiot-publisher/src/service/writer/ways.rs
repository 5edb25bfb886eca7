//! How a writer gets its values, and from where.

use std::sync::Arc;

use iiot_core::session::{
    CyclicReads, EventQuery, Gap, GapReason, ItemNode, Session, Subscription, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::{Error, ErrorKind, Result};

use super::super::backoff::Backoff;
use super::super::item::items;
use super::super::learned::{Ends, Learned};
use super::super::outlet::Outlet;
use super::super::paths::{follow, ways};
use super::super::status::Shared as OfPublisher;
use super::{Common, MAX_UNACKNOWLEDGED, Running, WriterTask};
use crate::plan::{FieldPlan, Reading, Shared, WatchdogBehavior, WriterPlan};

/// Has the values or events of a writer reported.
pub(super) async fn subscribe(
    session: &Arc<dyn Session>,
    plan: &WriterPlan,
    query: Option<&EventQuery>,
    resume_as: Option<String>,
    shared: &OfPublisher,
) -> Result<Box<dyn Subscription>> {
    let (options, items) = (subscription_options(plan, resume_as), items(plan, query));
    let Reading::Cyclic { max_age, registered } = plan.reading else {
        return session.subscribe(options, items).await;
    };
    let reads = CyclicReads::new(Arc::clone(session), Arc::clone(shared.clock()), options, items);
    let reads = reads.with_max_age(max_age);
    Ok(Box::new(if registered { reads.with_registered_nodes() } else { reads }))
}

/// What the server is asked for.
pub(super) fn subscription_options(plan: &WriterPlan, resume_as: Option<String>) -> SubscriptionOptions {
    SubscriptionOptions {
        publishing_interval: plan.publishing_interval,
        max_keep_alive_count: plan.max_keep_alive_count.unwrap_or(10),
        priority: plan.priority,
        max_unacknowledged: MAX_UNACKNOWLEDGED,
        resume_as: resume_as.unwrap_or_default(),
        ..SubscriptionOptions::default()
    }
}

impl WriterTask {
    /// Follows the paths of the fields, however often it takes; `None` if the writer is no longer needed.
    pub(super) async fn learn(
        &self,
        configured: &WriterPlan,
        session: &Arc<dyn Session>,
        common: &Common,
    ) -> Option<Learned> {
        let mut learned = Learned::default();
        let ways = ways(configured);
        if !ways.is_empty() {
            let mut backoff = Backoff::new(FIRST_PAUSE, LAST_PAUSE);
            let followed = async {
                loop {
                    match follow(Arc::clone(session), ways.clone()).await {
                        Ok(ends) => return ends,
                        Err(error) => {
                            if backoff.failures() == 0 {
                                tracing::warn!("the paths of writer {} wait: {}", configured.name, error.report());
                            }
                            let clock = common.shared.clock();
                            clock.sleep_until(clock.now() + backoff.failed()).await;
                        }
                    }
                }
            };
            learned.set_ends(self.while_needed(common, followed).await?);
        }
        Some(learned)
    }
}

impl Running {
    /// Paths lead there now. Where values have waited the subscription is created anew if one leads elsewhere: what
    /// is under way may come from other nodes.
    pub(super) async fn followed(
        &mut self,
        ends: Result<Ends>,
        held: bool,
        subscription: &mut Box<dyn Subscription>,
        task: &mut WriterTask,
    ) {
        let Ok(ends) = ends else { return };
        self.learned.set_ends(ends);
        let moved = self.relearn();
        if !moved.is_empty() {
            moved.into_iter().for_each(|at| self.described[at] = None);
            match held {
                true => self.reset(subscription, task).await,
                false => self.set_items(subscription.as_ref()).await,
            }
            self.read_types(false);
        }
        self.tell_missing(task.outlet.as_ref()).await;
    }

    /// Goes on with what is known of the fields by now; returns those with another node.
    fn relearn(&mut self) -> Vec<usize> {
        let plan = self.learned.applied(&self.configured);
        let end = |plan: &WriterPlan, at: usize| (plan.fields[at].path.is_some(), Arc::clone(&plan.fields[at].node));
        let moved = (0..plan.fields.len()).filter(|at| end(&plan, *at) != end(&self.plan, *at)).collect();
        self.plan = plan;
        self.status.change_writer(&self.plan, &self.health);
        moved
    }

    async fn set_items(&mut self, subscription: &dyn Subscription) {
        let query = self.events.as_ref().map(|events| &events.selected.query);
        if let Err(error) = subscription.set_items(items(&self.plan, query)).await {
            tracing::warn!("writer {} keeps the nodes that it has: {}", self.plan.name, error.report());
        }
    }

    /// The server calls nodes so.
    pub(super) fn take_names(&mut self, names: Vec<(Arc<ItemNode>, String)>) {
        if !names.is_empty() {
            self.learned.add_names(names);
            self.relearn();
        }
    }

    /// The fields, where the server has said something of them.
    pub(super) fn fields_if_learned(&self) -> Option<Shared<Vec<FieldPlan>>> {
        (!Arc::ptr_eq(&self.plan, &self.configured)).then(|| self.plan.fields.clone())
    }

    /// Says which paths lead nowhere.
    pub(super) async fn tell_missing(&mut self, outlet: Option<&Outlet>) {
        let missing = self.learned.missing(&self.configured);
        if missing.is_empty() {
            return;
        }
        let event = self.items(missing);
        if let Some(outlet) = outlet {
            outlet.send(self.plan.id, event).await;
        }
    }

    /// Whether fields are late, and so that the subscription is to be created anew.
    pub(super) fn is_too_late(&mut self, event: &SubscriptionEvent) -> bool {
        let SubscriptionEvent::Late(handles) = event else { return false };
        let Some((watchdog, count)) = self.watchdog.late(handles) else { return false };
        let (writer, url) = (&self.plan.name, &self.plan.connection.options.endpoint_url);
        let seconds = watchdog.timeout.as_secs_f64();
        let message = format!("{count} nodes of writer {writer} on {url} have reported nothing for {seconds} s");
        tracing::warn!("{message}");
        if watchdog.behavior == WatchdogBehavior::Fail {
            self.shared.fail(Error::new(ErrorKind::Timeout, "watch nodes", message));
        }
        watchdog.behavior == WatchdogBehavior::Reset
    }

    /// Creates the subscription anew. What the server held for the old one is gone, and declared.
    pub(super) async fn reset(&mut self, subscription: &mut Box<dyn Subscription>, task: &mut WriterTask) {
        subscription.close().await;
        task.tokens.forget();
        self.held = None;
        self.watchdog.reset();
        self.created = false;
        let reason = GapReason::SubscriptionLost;
        self.gap(&Gap { after: None, before: None, messages: None, reason, items: Vec::new() });
        let query = self.events.as_ref().map(|events| &events.selected.query);
        match subscribe(&self.session, &self.plan, query, task.resume_as(), &self.shared).await {
            Ok(new) => *subscription = new,
            // The old one has ended, and so does the writer.
            Err(error) => tracing::error!("writer {} has no subscription: {}", self.plan.name, error.report()),
        }
    }
}

const FIRST_PAUSE: std::time::Duration = std::time::Duration::from_secs(1);
const LAST_PAUSE: std::time::Duration = std::time::Duration::from_secs(30);
