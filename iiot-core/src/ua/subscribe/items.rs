//! The monitored items of a subscription: what is wanted against what the server has.

mod changing;
mod entries;
mod handover;
mod request;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::entries::{Entries, Wanted};
use self::request::create_request;
use super::changes::Changes;
use super::links::Links;
use super::retry::{Backoff, ItemRetry};
use crate::session::{FilterResult, Item, ItemState};
use crate::ua::batching::{Batching, Refusal, is_too_large, without_detail};
use crate::ua::{
    CreateMonitoredItemsRequest, DeleteMonitoredItemsRequest, MonitoredItemCreateResult, Request, StatusCode,
    TimestampsToReturn,
};

/// Reconciles items with the server, a bounded batch at a time, and tries failed ones again.
///
/// A server that has no room for more items is asked for one of them now and then, and for the rest
/// when that one is taken.
#[derive(Debug)]
pub(super) struct Items {
    entries: Entries,
    /// Handles to create, in the order they were asked for.
    pending: VecDeque<u32>,
    /// Ids on the server that nobody wants any more.
    doomed: Vec<u32>,
    changes: Changes,
    links: Links,
    /// When, which handle, and the number of the retry: an item may have failed again since.
    retries: BinaryHeap<Reverse<(Instant, u32, NonZeroU32)>>,
    next_retry: NonZeroU32,
    in_flight: Option<InFlight>,
    changed: Vec<(u32, ItemState)>,
    batching: Batching,
    told: Option<u32>,
    /// Handles that the server has no room for, and when to ask again.
    queued: VecDeque<u32>,
    crowded: Option<Instant>,
    crowded_backoff: Backoff,
}

#[derive(Debug)]
struct Entry {
    handle: u32,
    item: Wanted,
    /// Tells an item from an earlier one with the same handle.
    generation: u32,
    state: State,
    retry: ItemRetry,
    /// Good where none was.
    reported_failure: StatusCode,
    /// Microseconds, as the server revised it.
    sampling_interval: i64,
    /// As the server revised it.
    queue_size: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Pending,
    Creating,
    Reporting {
        id: u32,
    },
    Queued,
    /// With the number of its entry among the retries, if it is tried again.
    Failed {
        retry: Option<NonZeroU32>,
    },
}

#[derive(Debug)]
enum InFlight {
    Create(Vec<(u32, u32)>),
    Delete(Vec<u32>),
    Modify(Vec<(u32, u32)>),
    Mode(Vec<(u32, u32)>),
    Link,
}

/// Most servers take this many in one call; lowered where they do not.
const MAX_BATCH: usize = 1000;
/// Pauses before a server without room is asked again.
const FIRST_CROWDED_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_CROWDED_PAUSE: Duration = Duration::from_secs(300);

impl Items {
    pub(super) fn new(items: Vec<Item>) -> Self {
        let mut this = Self {
            entries: Entries::default(),
            pending: VecDeque::new(),
            doomed: Vec::new(),
            changes: Changes::default(),
            links: Links::default(),
            retries: BinaryHeap::new(),
            next_retry: NonZeroU32::MIN,
            in_flight: None,
            changed: Vec::new(),
            batching: Batching::new(None, MAX_BATCH),
            told: None,
            queued: VecDeque::new(),
            crowded: None,
            crowded_backoff: Backoff::new(FIRST_CROWDED_PAUSE, LONGEST_CROWDED_PAUSE),
        };
        this.set(items);
        this
    }

    /// The server says how many items it takes in one call.
    pub(super) fn limit(&mut self, told: Option<u32>) {
        if self.told != told {
            self.told = told;
            self.batching = Batching::new(told, MAX_BATCH);
        }
    }

    /// Wants exactly these items from now on. An item on another node or attribute is another item;
    /// any other change keeps it.
    pub(super) fn set(&mut self, items: Vec<Item>) {
        let wanted: HashMap<u32, &Item> = items.iter().map(|item| (item.client_handle, item)).collect();
        let doomed = &mut self.doomed;
        self.entries.retain(|entry| {
            let keep = wanted.get(&entry.handle).is_some_and(|item| is_same(item, &entry.item));
            if let (false, State::Reporting { id }) = (keep, entry.state) {
                doomed.push(id);
            }
            keep
        });
        self.links.set(&items);
        let mut added = Vec::new();
        for item in items {
            let handle = item.client_handle;
            let item = self.entries.wanted(item);
            if self.entries.get(handle).is_some() {
                self.change(handle, item);
            } else {
                added.push((handle, item));
            }
        }
        self.pending.extend(added.iter().map(|(handle, _)| handle));
        self.entries.add(added);
    }

    /// Wants the same item otherwise.
    fn change(&mut self, handle: u32, item: Wanted) {
        let Some(entry) = self.entries.get_mut(handle).filter(|entry| entry.item != item) else { return };
        let before = std::mem::replace(&mut entry.item, item);
        match entry.state {
            State::Reporting { .. } | State::Creating => {
                self.changes.note(handle, &before.common, &entry.item.common);
            }
            State::Pending | State::Queued => {}
            State::Failed { .. } => self.try_anew(handle),
        }
    }

    /// Lets an item be created with what is wanted of it now.
    fn try_anew(&mut self, handle: u32) {
        if let Some(entry) = self.entries.get_mut(handle) {
            self.doomed.extend(entry.id());
            entry.state = State::Pending;
            entry.retry = ItemRetry::default();
            entry.reported_failure = StatusCode::Good;
            self.pending.push_back(handle);
        }
    }

    /// The server has forgotten every item.
    pub(super) fn forget(&mut self) {
        self.doomed.clear();
        self.retries.clear();
        self.in_flight = None;
        self.changes = Changes::default();
        self.links.forget();
        self.queued.clear();
        self.crowded = None;
        self.crowded_backoff.reset();
        self.pending = self.entries.iter().map(|entry| entry.handle).collect();
        for entry in self.entries.iter_mut() {
            entry.state = State::Pending;
        }
    }

    /// Whether every item has been tried and none waits for an answer.
    pub(super) fn settled(&self) -> bool {
        self.pending.is_empty() && !matches!(self.in_flight, Some(InFlight::Create(_)))
    }

    /// Whether a request to create items is under way, so that its effect is not known.
    pub(super) fn uncertain(&self) -> bool {
        matches!(self.in_flight, Some(InFlight::Create(_)))
    }

    /// No answer will come. Everything but creating can be repeated.
    pub(super) fn disconnected(&mut self) {
        match self.in_flight.take() {
            Some(InFlight::Delete(mut ids)) => self.doomed.append(&mut ids),
            Some(InFlight::Modify(sent)) => self.changes.repeat_parameters(&sent),
            Some(InFlight::Mode(sent)) => self.changes.repeat_modes(&sent),
            Some(InFlight::Link) => self.links.repeat(),
            create => self.in_flight = create,
        }
    }

    /// Asks for fewer items at a time from now on.
    pub(super) fn shrink_batch(&mut self) {
        self.batching.lower(self.batching.cap() / 2);
    }

    /// Whether some item reports.
    pub(super) fn any_reporting(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.state, State::Reporting { .. }))
    }

    /// What changed since the last call.
    pub(super) fn take_changes(&mut self) -> Vec<(u32, ItemState)> {
        std::mem::take(&mut self.changed)
    }

    /// When an item is to be tried again.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let probe = self.crowded.filter(|_| !self.queued.is_empty() && self.in_flight.is_none());
        self.retries.peek().map(|Reverse((at, ..))| *at).into_iter().chain(probe).min()
    }

    /// Lets items whose time has come be tried again.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some(Reverse((at, handle, retry))) = self.retries.peek().copied()
            && at <= now
        {
            self.retries.pop();
            if let Some(entry) = self.entries.get_mut(handle)
                && entry.state == (State::Failed { retry: Some(retry) })
            {
                entry.state = State::Pending;
                self.pending.push_back(handle);
            }
        }
    }

    /// The next request to the server, if any is due and none is under way.
    pub(super) fn next_request(
        &mut self,
        subscription_id: u32,
        namespaces: &[String],
        now: Instant,
    ) -> Option<Request> {
        if self.in_flight.is_some() {
            return None;
        }
        self.delete(subscription_id)
            .or_else(|| self.create(subscription_id, namespaces, now))
            .or_else(|| self.modify(subscription_id, namespaces))
            .or_else(|| self.set_modes(subscription_id))
            .or_else(|| self.link(subscription_id))
    }

    fn delete(&mut self, subscription_id: u32) -> Option<Request> {
        if self.doomed.is_empty() {
            return None;
        }
        let ids = self.doomed.split_off(self.doomed.len().saturating_sub(self.batching.size()));
        self.in_flight = Some(InFlight::Delete(ids.clone()));
        let monitored_item_ids = Some(ids);
        Some(DeleteMonitoredItemsRequest { subscription_id, monitored_item_ids, ..Default::default() }.into())
    }

    fn create(&mut self, subscription_id: u32, namespaces: &[String], now: Instant) -> Option<Request> {
        let size = match self.crowded {
            None => self.batching.size(),
            Some(at) => {
                self.queue_pending();
                if now < at || !self.probe() {
                    return None;
                }
                1
            }
        };
        let (mut requests, mut sent) = (Vec::new(), Vec::new());
        while requests.len() < size
            && let Some(handle) = self.pending.pop_front()
        {
            let Some(entry) = self.entries.get_mut(handle).filter(|entry| entry.state == State::Pending) else {
                continue;
            };
            match create_request(handle, &entry.item, namespaces) {
                Ok(request) => {
                    entry.state = State::Creating;
                    sent.push((handle, entry.generation));
                    requests.push(request);
                }
                Err(status) => self.fail(handle, status, None, now),
            }
        }
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
        }
        if requests.is_empty() {
            return None;
        }
        self.in_flight = Some(InFlight::Create(sent));
        let request = CreateMonitoredItemsRequest {
            subscription_id,
            timestamps_to_return: TimestampsToReturn::Both,
            items_to_create: Some(requests),
            ..Default::default()
        };
        Some(request.into())
    }

    /// Lets everything wait that a server without room has not been asked for.
    fn queue_pending(&mut self) {
        for handle in std::mem::take(&mut self.pending) {
            if self.entries.get(handle).is_some_and(|entry| entry.state == State::Pending) {
                self.queue(handle, StatusCode::BadTooManyMonitoredItems);
            }
        }
    }

    fn queue(&mut self, handle: u32, status: StatusCode) {
        let Some(entry) = self.entries.get_mut(handle) else { return };
        entry.state = State::Queued;
        self.queued.push_back(handle);
        self.report_failure(handle, status, true, None);
    }

    /// Takes one of those that wait to see whether there is room.
    fn probe(&mut self) -> bool {
        while let Some(handle) = self.queued.pop_front() {
            if let Some(entry) = self.entries.get_mut(handle).filter(|entry| entry.state == State::Queued) {
                entry.state = State::Pending;
                self.pending.push_back(handle);
                return true;
            }
        }
        false
    }

    /// There is room again: everything that waits may be tried.
    fn uncrowd(&mut self) {
        self.crowded = None;
        while self.probe() {}
    }

    /// Tells that items are not created for a reason that is not theirs; they stay wanted.
    pub(super) fn report_waiting(&mut self, status: StatusCode) {
        let waiting: Vec<u32> = self.pending.iter().copied().collect();
        waiting.into_iter().for_each(|handle| self.report_failure(handle, status, true, None));
    }

    /// Takes the results of a create request. False if they are not one for each item.
    pub(super) fn created(&mut self, results: Vec<MonitoredItemCreateResult>, now: Instant) -> bool {
        let Some(InFlight::Create(sent)) = self.in_flight.take() else { return true };
        if results.len() != sent.len() {
            return false;
        }
        self.batching.answered(sent.len());
        let crowded = results.iter().any(|result| is_crowded(result.status_code));
        for ((handle, generation), result) in sent.into_iter().zip(results) {
            self.created_one(handle, generation, &result, now);
        }
        if crowded {
            self.crowd(now);
        } else if self.crowded.is_some() {
            self.uncrowd();
        }
        true
    }

    fn crowd(&mut self, now: Instant) {
        self.crowded = Some(now + self.crowded_backoff.next());
        self.queue_pending();
    }

    fn created_one(&mut self, handle: u32, generation: u32, result: &MonitoredItemCreateResult, now: Instant) {
        let good = !result.status_code.is_bad();
        let entry = self.entries.get_mut(handle).filter(|entry| entry.generation == generation);
        match entry {
            Some(entry) if good => {
                entry.state = State::Reporting { id: result.monitored_item_id };
                entry.revise(result.revised_sampling_interval, result.revised_queue_size);
                entry.retry.succeeded();
                entry.reported_failure = StatusCode::Good;
                self.links.look_again();
                let state = ItemState::Reporting {
                    sampling_interval_ms: result.revised_sampling_interval,
                    queue_size: result.revised_queue_size,
                    filter: FilterResult::of(&result.filter_result),
                };
                self.changed.push((handle, state));
            }
            Some(_) if is_crowded(result.status_code) => self.queue(handle, result.status_code),
            Some(_) => self.fail(handle, result.status_code, FilterResult::of(&result.filter_result), now),
            None if good => self.doomed.push(result.monitored_item_id),
            None => {}
        }
    }

    /// A delete request is through; what it did not delete is gone already, unless the request was
    /// too large. What was deleted makes room.
    pub(super) fn deleted(&mut self, refused: Option<StatusCode>) {
        let Some(InFlight::Delete(ids)) = self.in_flight.take() else { return };
        if let Some(status) = refused.filter(|status| is_too_large(*status))
            && self.batching.refused(ids.len(), status) == Refusal::Smaller
        {
            return self.doomed.extend(ids);
        }
        if self.doomed.is_empty() {
            self.uncrowd();
        }
    }

    /// The request failed as a whole. It is tried again in halves if it was too large or some item
    /// can be the reason; else the status counts for every item in it.
    pub(super) fn failed(&mut self, status: StatusCode, now: Instant) {
        let Some(InFlight::Create(sent)) = self.in_flight.take() else { return };
        let again = self.batching.refused(sent.len(), status) == Refusal::Smaller;
        let crowded = !again && is_crowded(status);
        for (handle, generation) in sent.into_iter().rev() {
            let Some(entry) = self.entries.get_mut(handle).filter(|entry| entry.generation == generation) else {
                continue;
            };
            if again {
                entry.state = State::Pending;
                self.pending.push_front(handle);
            } else if crowded {
                self.queue(handle, status);
            } else {
                self.fail(handle, status, None, now);
            }
        }
        if crowded {
            self.crowd(now);
        }
    }

    fn fail(&mut self, handle: u32, status: StatusCode, filter: Option<Arc<FilterResult>>, now: Instant) {
        let Some(entry) = self.entries.get_mut(handle) else { return };
        let retry_at = entry.retry.failed(status).map(|pause: Duration| now + pause);
        let retry = self.next_retry;
        entry.state = State::Failed { retry: retry_at.map(|_| retry) };
        if let Some(at) = retry_at {
            self.retries.push(Reverse((at, handle, retry)));
            self.next_retry = retry.checked_add(1).unwrap_or(NonZeroU32::MIN);
        }
        self.report_failure(handle, status, retry_at.is_some(), filter);
    }

    /// Tells of a failure, once.
    fn report_failure(&mut self, handle: u32, status: StatusCode, will_retry: bool, filter: Option<Arc<FilterResult>>) {
        let Some(entry) = self.entries.get_mut(handle) else { return };
        if std::mem::replace(&mut entry.reported_failure, status) != status {
            self.changed.push((handle, ItemState::Failed { status, will_retry, filter }));
        }
    }
}

/// Whether the server has no room for an item, whichever it is.
fn is_crowded(status: StatusCode) -> bool {
    without_detail(status) == StatusCode::BadTooManyMonitoredItems
}

impl Entry {
    /// The server's id while the server has it.
    fn id(&self) -> Option<u32> {
        match self.state {
            State::Reporting { id } => Some(id),
            _ => None,
        }
    }

    fn key(&self) -> (u32, u32) {
        (self.handle, self.generation)
    }

    /// Notes what the server made of it; the interval is in milliseconds.
    fn revise(&mut self, sampling_interval: f64, queue_size: u32) {
        (self.sampling_interval, self.queue_size) = ((sampling_interval * 1000.0) as i64, queue_size);
    }
}

/// Whether one can become the other on the server.
fn is_same(wanted: &Item, Wanted { node, common }: &Wanted) -> bool {
    (&wanted.node, wanted.attribute_id, &wanted.index_range) == (node, common.attribute_id, &common.index_range)
}
