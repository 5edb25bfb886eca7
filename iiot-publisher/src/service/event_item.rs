//! The event item of a writer: what is missing from it, and when its conditions are asked for again.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::Clock;
use iiot_core::session::{EventBatch, Gap, GapReason, Session, SessionExt};
use iiot_core::time::UtcTime;
use iiot_core::ua::{CallMethodRequest, MethodId, ObjectTypeId, StatusCode};
use iiot_core::{Error, Result};

use super::event_type::Selected;
use super::received::Received;
use crate::conditions::Bracket;
use crate::ledger::LossCause;
use crate::plan::EventPlan;

/// What is known of the events of a writer.
#[derive(Debug)]
pub(super) struct EventItem {
    pub(super) selected: Selected,
    pub(super) refresh: Refresh,
    pub(super) outages: Outages,
}

impl EventItem {
    pub(super) fn new(plan: &EventPlan, selected: Selected) -> Self {
        Self { selected, refresh: Refresh::new(plan), outages: Outages::default() }
    }

    /// Takes note of events; returns them with what they mean, and what is now known to be missing.
    pub(super) fn batch(&mut self, batch: Arc<EventBatch>) -> (Received, Option<Outage>) {
        let layout = Arc::clone(&self.selected.layout);
        if batch.rows().any(|event| Bracket::of(&event, &layout) == Some(Bracket::Required)) {
            self.refresh.required();
        }
        let outage = self.outages.batch(&batch);
        (Received::Events(batch, layout), outage)
    }

    /// Takes note of missing events; returns what is known of them, if both ends are.
    pub(super) fn gap(&mut self, gap: &Gap) -> Option<Outage> {
        // A new subscription is refreshed anyway.
        if gap.reason != GapReason::SubscriptionLost {
            self.refresh.required();
        }
        self.outages.gap(gap)
    }
}

/// When the server is to be asked for all retained conditions (OPC 10000-9 §5.5.7).
///
/// At the start where that is wanted, whenever the subscription is a new one, after events were lost,
/// and when the server says so.
#[derive(Debug)]
pub(super) struct Refresh {
    /// Whether there is anything to ask for.
    tracks: bool,
    on_start: bool,
    /// Whether a restart of ours leaves nothing behind of what was known.
    forgets: bool,
    known: bool,
    subscription: Option<u32>,
    reporting: bool,
    wanted: bool,
    under_way: bool,
}

impl Refresh {
    fn new(plan: &EventPlan) -> Self {
        Self {
            tracks: plan.tracks_conditions(),
            on_start: plan.refresh_on_start,
            forgets: plan.conditions.is_some(),
            known: false,
            subscription: None,
            reporting: false,
            wanted: false,
            under_way: false,
        }
    }

    /// The server has made a subscription.
    pub(super) fn created(&mut self, subscription: u32) {
        self.wanted |= self.on_start || self.known;
        (self.known, self.subscription, self.reporting, self.under_way) = (true, Some(subscription), false, false);
    }

    /// The subscription is the one it was, perhaps with an earlier process.
    pub(super) fn resumed(&mut self, subscription: u32) {
        self.wanted |= !self.known && self.forgets;
        (self.known, self.subscription, self.reporting) = (true, Some(subscription), true);
    }

    /// The connection is away. What was asked meanwhile may have been lost half-way.
    pub(super) fn interrupted(&mut self) {
        self.wanted |= std::mem::take(&mut self.under_way);
        self.subscription = None;
    }

    /// The server reports events.
    pub(super) fn reporting(&mut self) {
        self.reporting = true;
    }

    /// The server says so, or something is missing.
    pub(super) fn required(&mut self) {
        self.wanted = true;
    }

    /// The subscription to ask for, if it is time; said once.
    pub(super) fn take(&mut self) -> Option<u32> {
        let subscription =
            self.subscription.filter(|_| self.tracks && self.wanted && self.reporting && !self.under_way)?;
        (self.wanted, self.under_way) = (false, true);
        Some(subscription)
    }

    pub(super) fn done(&mut self) {
        self.under_way = false;
    }
}

/// Calls ConditionRefresh, some times if the server is at it already.
pub(super) async fn refresh(session: Arc<dyn Session>, subscription: u32, clock: Arc<dyn Clock>) -> Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        let status = call(session.as_ref(), subscription).await?;
        if status != StatusCode::BadRefreshInProgress || pause > LAST_PAUSE {
            let refused = || Error::from_status("ask for the retained conditions", status);
            return if status.is_good() { Ok(()) } else { Err(refused()) };
        }
        clock.sleep_until(clock.now() + pause).await;
        pause *= 2;
    }
}

async fn call(session: &dyn Session, subscription: u32) -> Result<StatusCode> {
    let request = CallMethodRequest {
        object_id: ObjectTypeId::ConditionType.into(),
        method_id: MethodId::ConditionType_ConditionRefresh.into(),
        input_arguments: Some(vec![subscription.into()]),
    };
    Ok(session
        .call_methods(vec![request])
        .await?
        .pop()
        .map_or(StatusCode::BadUnexpectedError, |result| result.status_code))
}

/// When events are missing, by the times at which the server sent those before and behind.
#[derive(Debug, Default)]
pub(super) struct Outages {
    open: Option<Outage>,
    last: Option<UtcTime>,
}

/// A time in which events are or may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outage {
    pub(super) after: Option<UtcTime>,
    pub(super) before: Option<UtcTime>,
    pub(super) cause: LossCause,
}

impl Outages {
    fn gap(&mut self, gap: &Gap) -> Option<Outage> {
        let cause = match gap.reason {
            GapReason::Overflow => LossCause::ServerQueueOverflow,
            reason => reason.into(),
        };
        let outage = Outage { after: gap.after.or(self.last), before: gap.before, cause };
        if outage.before.is_some() {
            return Some(outage);
        }
        self.open.get_or_insert(outage);
        None
    }

    fn batch(&mut self, batch: &EventBatch) -> Option<Outage> {
        self.last = batch.publish_time.or(self.last);
        self.open.take().map(|open| Outage { before: batch.publish_time, ..open })
    }

    /// What is open at the end.
    pub(super) fn finish(&mut self) -> Option<Outage> {
        self.open.take()
    }
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(16);

#[cfg(test)]
mod tests {
    use iiot_core::session::{EventBatchBuilder, EventQuery};

    use super::*;
    use crate::plan::{ConditionPlan, EventSelection};

    fn refresh(conditions: bool, on_start: bool) -> Refresh {
        let interval = Duration::from_secs(1);
        let conditions = conditions.then_some(ConditionPlan { snapshot_interval: interval, update_interval: interval });
        let selection =
            EventSelection::Query { names: Vec::new(), query: EventQuery::base(), class_field_ids: Default::default() };
        Refresh::new(&EventPlan { selection, conditions, refresh_on_start: on_start })
    }

    #[test]
    fn a_new_subscription_is_refreshed_once_its_item_reports() {
        let mut refresh = refresh(true, true);
        refresh.created(7);
        assert_eq!(refresh.take(), None);
        refresh.reporting();
        assert_eq!((refresh.take(), refresh.take()), (Some(7), None));
        refresh.done();
        refresh.interrupted();
        refresh.resumed(7);
        assert_eq!(refresh.take(), None, "nothing was lost");
        refresh.interrupted();
        refresh.created(8);
        refresh.reporting();
        assert_eq!(refresh.take(), Some(8));
    }

    #[test]
    fn a_refresh_that_was_cut_off_is_asked_for_again() {
        let mut refresh = refresh(true, true);
        refresh.created(7);
        refresh.reporting();
        assert_eq!(refresh.take(), Some(7));
        refresh.interrupted();
        refresh.done();
        assert_eq!(refresh.take(), None);
        refresh.resumed(7);
        assert_eq!(refresh.take(), Some(7));
    }

    #[test]
    fn the_start_is_refreshed_where_that_is_wanted_and_a_later_subscription_always() {
        for (conditions, on_start, first) in [(true, false, None), (false, true, Some(7))] {
            let mut refresh = refresh(conditions, on_start);
            refresh.created(7);
            refresh.reporting();
            assert_eq!(refresh.take(), first);
            refresh.done();
            refresh.created(8);
            refresh.reporting();
            assert_eq!(refresh.take(), Some(8));
        }
    }

    #[test]
    fn a_new_process_knows_no_conditions_but_what_it_published() {
        for (conditions, expected) in [(true, Some(7)), (false, None)] {
            let mut refresh = refresh(conditions, true);
            refresh.resumed(7);
            assert_eq!(refresh.take(), expected);
        }
    }

    #[test]
    fn lost_events_and_the_server_make_it_due_but_not_where_nobody_looks_at_conditions() {
        let mut without = refresh(false, false);
        let mut with = refresh(true, false);
        for refresh in [&mut without, &mut with] {
            refresh.created(7);
            refresh.reporting();
            refresh.required();
        }
        assert_eq!((without.take(), with.take()), (None, Some(7)));
    }

    fn at(seconds: u64) -> Option<UtcTime> {
        Some(UtcTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn an_outage_ends_where_the_server_says_or_with_the_next_events() {
        let mut outages = Outages::default();
        let events = |seconds| EventBatchBuilder::default().build(1, 1, at(seconds));
        assert_eq!(outages.batch(&events(1)), None);
        let gap = |reason, before| Gap { after: at(1), before, messages: None, reason, items: Vec::new() };
        let outage = |before, cause| Some(Outage { after: at(1), before, cause });
        assert_eq!(outages.gap(&gap(GapReason::Overflow, at(2))), outage(at(2), LossCause::ServerQueueOverflow));
        assert_eq!(outages.gap(&gap(GapReason::SubscriptionLost, None)), None);
        assert_eq!(outages.batch(&events(5)), outage(at(5), LossCause::SubscriptionLost));
        outages.gap(&gap(GapReason::NotAvailableForRepublish, None));
        assert_eq!(outages.finish(), outage(None, LossCause::NotAvailableForRepublish));
    }
}
