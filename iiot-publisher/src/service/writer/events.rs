//! What a writer of events does beside moving them.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use iiot_core::Result;
use iiot_core::session::{Clause, EventBatch, ItemState, Session, Subscription};
use iiot_core::ua::types::TypeLibrary;

use super::super::backoff::Backoff;
use super::super::event_item::{EventItem, Outage, Refresh, refresh};
use super::super::event_type::{self, Selected};
use super::super::item::items;
use super::super::status::Health;
use super::super::types;
use super::types::Read;
use super::{Common, Event, Running, SharedMetaData, WriterTask};
use crate::ledger::DeclaredLoss;
use crate::places::Places;
use crate::plan::{EventPlan, WriterPlan};

impl WriterTask {
    /// Finds out what to ask the server for, however often it takes; `None` if it is no longer needed.
    pub(super) async fn select(
        &self,
        plan: &WriterPlan,
        event: &EventPlan,
        session: &dyn Session,
        common: &Common,
    ) -> Option<Selected> {
        self.while_needed(common, select(plan, event, session, common)).await
    }
}

async fn select(plan: &WriterPlan, event: &EventPlan, session: &dyn Session, common: &Common) -> Selected {
    let (mut backoff, mut health) = (Backoff::new(FIRST_PAUSE, LAST_PAUSE), vec![Health::default(); plan.fields.len()]);
    let clock = common.shared.clock();
    loop {
        let error = match event_type::select(session, event).await {
            Ok(selected) => return selected,
            Err(error) => error,
        };
        if backoff.failures() == 0 {
            tracing::warn!("the events of writer {} are not known yet: {}", plan.name, error.report());
        }
        let state = ItemState::Failed { status: error.status(), will_retry: true, filter: None };
        common.status.items(plan, &Places::of(plan), &[(plan.handle(0), state)], &mut health);
        clock.sleep_until(clock.now() + backoff.failed()).await;
    }
}

impl Running {
    pub(super) fn set_events(&mut self, selected: Option<Selected>) {
        self.events = self.plan.event.as_ref().zip(selected).map(|(plan, selected)| EventItem::new(plan, selected));
    }

    /// Notes events, and what is missing before them.
    pub(super) fn events(&mut self, batch: Arc<EventBatch>) -> Option<Event> {
        self.status.add_values(self.plan.id, batch.len());
        let (received, outage) = self.events.as_mut()?.batch(batch);
        if let Some(outage) = outage {
            self.declare_outage(outage);
        }
        self.begin_refresh();
        Some(Event::Received(received))
    }

    /// Tells the conditions' policy of something, and does what it then wants.
    pub(super) fn refreshes(&mut self, note: impl FnOnce(&mut Refresh)) {
        if let Some(events) = &mut self.events {
            note(&mut events.refresh);
        }
        self.begin_refresh();
    }

    pub(super) fn begin_refresh(&mut self) {
        let wanted = self.events.as_mut().and_then(|events| events.refresh.take());
        if let Some(subscription) = wanted {
            let (session, clock) = (Arc::clone(&self.session), Arc::clone(self.shared.clock()));
            self.refresh = Some(refresh(session, subscription, clock).boxed());
        }
    }

    pub(super) fn refreshed(&mut self, refreshed: Result<()>) {
        self.refresh = None;
        if let Err(error) = refreshed {
            let (writer, url) = (&self.plan.name, &self.plan.connection.options.endpoint_url);
            tracing::warn!("{url} has not sent the retained conditions of writer {writer}: {}", error.report());
        }
        self.refreshes(Refresh::done);
    }

    /// Says what the server thinks of the fields of events, and of their condition.
    pub(super) fn report_refused(&self, states: &[(u32, ItemState)]) {
        let Some(events) = &self.events else { return };
        let result = |state: &ItemState| match state {
            ItemState::Reporting { filter, .. } | ItemState::Failed { filter, .. } => filter.clone(),
            ItemState::Unlinked { .. } => None,
        };
        let refused: Vec<_> = states.iter().filter_map(|(_, state)| result(state)).flat_map(|f| f.refused()).collect();
        for (clause, status) in refused.iter().take(MAX_REFUSED) {
            let (writer, url) = (&self.plan.name, &self.plan.connection.options.endpoint_url);
            let what = match clause {
                Clause::Field(index) => events.selected.query.fields.get(*index).map(ToString::to_string),
                Clause::Element(index) => Some(format!("operator {index} of the where clause")),
            };
            let what = what.unwrap_or_else(|| "a field".into());
            tracing::warn!("{what} of the events of writer {writer} means nothing to {url}: {status}");
        }
    }

    /// Asks for other fields of events where the server has another description of their type.
    pub(super) async fn change_selection(&mut self, selected: Selected, subscription: &dyn Subscription) {
        let Some(events) = self.events.as_mut().filter(|events| events.selected != selected) else { return };
        let changed = subscription.set_items(items(&self.plan, Some(&selected.query))).await;
        match changed {
            Ok(()) => events.selected = selected,
            Err(error) => tracing::warn!("writer {} selects events as before: {}", self.plan.name, error.report()),
        }
    }

    pub(super) fn declare_outage(&self, Outage { after, before, cause }: Outage) {
        self.shared.parts.ledger.declare(DeclaredLoss {
            declared: self.shared.clock().utc(),
            server: Some(self.plan.connection.options.endpoint_url.clone()),
            writer_group: self.group.clone(),
            writer: Some(self.plan.name.clone()),
            field: None,
            node: None,
            after,
            before,
            values: None,
            cause,
            detail: None,
        });
    }
}

/// Reads the types of the fields that are not known. What events have is looked at anew where the server may be
/// another.
pub(super) async fn read(
    session: &dyn Session,
    plan: &WriterPlan,
    (known, selected): (Vec<Option<SharedMetaData>>, Option<Selected>),
    library: &TypeLibrary,
    again: bool,
) -> Result<Read> {
    let Some((event, mut selected)) = plan.event.as_ref().zip(selected) else {
        let unknown = || plan.fields.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(field, _)| field);
        let nodes = types::value_nodes(session, unknown());
        let types = types::read(session, &nodes, library, again).await?;
        let names = types::names(session, unknown()).await?;
        return Ok(Read { types: merged(known, types), selected: None, names });
    };
    if again {
        selected = event_type::select(session, event).await?;
    }
    let types = event_type::describe(session, &selected, library, again).await?;
    Ok(Read { types, selected: Some(selected), names: Vec::new() })
}

/// Types that were known, with those that were read in the places of the others.
fn merged(known: Vec<Option<SharedMetaData>>, read: Vec<SharedMetaData>) -> Vec<SharedMetaData> {
    let mut read = read.into_iter();
    known.into_iter().map(|known| known.or_else(|| read.next()).unwrap_or_default()).collect()
}

/// Clauses of a filter that are told of.
const MAX_REFUSED: usize = 20;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);
