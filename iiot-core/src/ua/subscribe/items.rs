//! The monitored items of a subscription: what is wanted against what the server has.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::str::FromStr;
use std::time::{Duration, Instant};

use super::retry::{ItemRetry, is_too_large};
use crate::session::{Item, ItemState};
use crate::ua::{
    CreateMonitoredItemsRequest, DeleteMonitoredItemsRequest, ExtensionObject, MonitoredItemCreateRequest,
    MonitoredItemCreateResult, MonitoringMode, MonitoringParameters, NumericRange, ReadValueId, Request, StatusCode,
    TimestampsToReturn,
};

/// Reconciles items with the server, a bounded batch at a time, and tries failed ones again.
#[derive(Debug)]
pub(super) struct Items {
    entries: HashMap<u32, Entry>,
    /// Handles to create, in the order they were asked for.
    pending: VecDeque<u32>,
    /// Ids on the server that nobody wants any more.
    doomed: Vec<u32>,
    retries: BinaryHeap<Reverse<(Instant, u32)>>,
    in_flight: Option<InFlight>,
    changed: Vec<(u32, ItemState)>,
    batch: usize,
    next_generation: u64,
}

#[derive(Debug)]
struct Entry {
    item: Item,
    /// Tells an item from an earlier one with the same handle.
    generation: u64,
    state: State,
    retry: ItemRetry,
    reported_failure: Option<StatusCode>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Pending,
    Creating,
    Reporting { id: u32 },
    Failed { retry_at: Option<Instant> },
}

#[derive(Debug)]
enum InFlight {
    Create(Vec<(u32, u64)>),
    Delete(Vec<u32>),
}

/// Most servers take this many in one call; lowered where they do not.
const MAX_BATCH: usize = 1000;

impl Items {
    pub(super) fn new(items: Vec<Item>) -> Self {
        let mut this = Self {
            entries: HashMap::new(),
            pending: VecDeque::new(),
            doomed: Vec::new(),
            retries: BinaryHeap::new(),
            in_flight: None,
            changed: Vec::new(),
            batch: MAX_BATCH,
            next_generation: 0,
        };
        this.set(items);
        this
    }

    /// Wants exactly these items from now on.
    pub(super) fn set(&mut self, items: Vec<Item>) {
        let wanted: HashMap<u32, Item> = items.iter().map(|item| (item.client_handle, item.clone())).collect();
        let doomed = &mut self.doomed;
        self.entries.retain(|handle, entry| {
            let keep = wanted.get(handle) == Some(&entry.item);
            if let (false, State::Reporting { id }) = (keep, entry.state) {
                doomed.push(id);
            }
            keep
        });
        for item in items {
            self.want(item);
        }
    }

    fn want(&mut self, item: Item) {
        let handle = item.client_handle;
        if self.entries.contains_key(&handle) {
            return;
        }
        let generation = self.next_generation;
        self.next_generation += 1;
        let (state, retry) = (State::Pending, ItemRetry::default());
        self.entries.insert(handle, Entry { item, generation, state, retry, reported_failure: None });
        self.pending.push_back(handle);
    }

    /// The server has forgotten every item.
    pub(super) fn forget(&mut self) {
        self.doomed.clear();
        self.retries.clear();
        self.in_flight = None;
        self.pending = self.entries.keys().copied().collect();
        self.pending.make_contiguous().sort_unstable();
        for entry in self.entries.values_mut() {
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

    /// No answer will come. Deleting can be repeated, creating cannot.
    pub(super) fn disconnected(&mut self) {
        if let Some(InFlight::Delete(ids)) = &mut self.in_flight {
            self.doomed.append(ids);
            self.in_flight = None;
        }
    }

    /// Asks for fewer items at a time from now on.
    pub(super) fn shrink_batch(&mut self) {
        self.batch = (self.batch / 2).max(1);
    }

    /// Whether some item reports.
    pub(super) fn any_reporting(&self) -> bool {
        self.entries.values().any(|entry| matches!(entry.state, State::Reporting { .. }))
    }

    /// What changed since the last call.
    pub(super) fn take_changes(&mut self) -> Vec<(u32, ItemState)> {
        std::mem::take(&mut self.changed)
    }

    /// When an item is to be tried again.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.retries.peek().map(|Reverse((at, _))| *at)
    }

    /// Lets items whose time has come be tried again.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some(Reverse((at, handle))) = self.retries.peek().copied()
            && at <= now
        {
            self.retries.pop();
            if let Some(entry) = self.entries.get_mut(&handle)
                && entry.state == (State::Failed { retry_at: Some(at) })
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
        if self.doomed.is_empty() {
            return self.create(subscription_id, namespaces, now);
        }
        let ids = self.doomed.split_off(self.doomed.len().saturating_sub(self.batch));
        self.in_flight = Some(InFlight::Delete(ids.clone()));
        let monitored_item_ids = Some(ids);
        Some(DeleteMonitoredItemsRequest { subscription_id, monitored_item_ids, ..Default::default() }.into())
    }

    fn create(&mut self, subscription_id: u32, namespaces: &[String], now: Instant) -> Option<Request> {
        let (mut requests, mut sent) = (Vec::new(), Vec::new());
        while requests.len() < self.batch
            && let Some(handle) = self.pending.pop_front()
        {
            let Some(entry) = self.entries.get_mut(&handle).filter(|entry| entry.state == State::Pending) else {
                continue;
            };
            match create_request(&entry.item, namespaces) {
                Ok(request) => {
                    entry.state = State::Creating;
                    sent.push((handle, entry.generation));
                    requests.push(request);
                }
                Err(status) => self.fail(handle, status, now),
            }
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

    /// Takes the results of a create request. False if they are not one for each item.
    pub(super) fn created(&mut self, results: Vec<MonitoredItemCreateResult>, now: Instant) -> bool {
        let Some(InFlight::Create(sent)) = self.in_flight.take() else { return true };
        if results.len() != sent.len() {
            return false;
        }
        for ((handle, generation), result) in sent.into_iter().zip(results) {
            self.created_one(handle, generation, &result, now);
        }
        true
    }

    fn created_one(&mut self, handle: u32, generation: u64, result: &MonitoredItemCreateResult, now: Instant) {
        let good = !result.status_code.is_bad();
        let entry = self.entries.get_mut(&handle).filter(|entry| entry.generation == generation);
        match entry {
            Some(entry) if good => {
                entry.state = State::Reporting { id: result.monitored_item_id };
                entry.retry.succeeded();
                entry.reported_failure = None;
                let state = ItemState::Reporting {
                    sampling_interval_ms: result.revised_sampling_interval,
                    queue_size: result.revised_queue_size,
                };
                self.changed.push((handle, state));
            }
            Some(_) => self.fail(handle, result.status_code, now),
            None if good => self.doomed.push(result.monitored_item_id),
            None => {}
        }
    }

    /// A delete request is through; what it did not delete is gone already.
    pub(super) fn deleted(&mut self) {
        self.in_flight = None;
    }

    /// The request failed as a whole. A batch that was too large is tried again in halves; anything
    /// else counts as the result of every item in it.
    pub(super) fn failed(&mut self, status: StatusCode, now: Instant) {
        let Some(InFlight::Create(sent)) = self.in_flight.take() else { return };
        let halve = is_too_large(status) && sent.len() > 1;
        if halve {
            self.batch = (sent.len() / 2).max(1);
        }
        for (handle, generation) in sent.into_iter().rev() {
            let Some(entry) = self.entries.get_mut(&handle).filter(|entry| entry.generation == generation) else {
                continue;
            };
            if halve {
                entry.state = State::Pending;
                self.pending.push_front(handle);
            } else {
                self.fail(handle, status, now);
            }
        }
    }

    fn fail(&mut self, handle: u32, status: StatusCode, now: Instant) {
        let Some(entry) = self.entries.get_mut(&handle) else { return };
        let retry_at = entry.retry.failed(status).map(|pause: Duration| now + pause);
        entry.state = State::Failed { retry_at };
        if let Some(at) = retry_at {
            self.retries.push(Reverse((at, handle)));
        }
        if entry.reported_failure.replace(status) != Some(status) {
            self.changed.push((handle, ItemState::Failed { status, will_retry: retry_at.is_some() }));
        }
    }
}

fn create_request(item: &Item, namespaces: &[String]) -> Result<MonitoredItemCreateRequest, StatusCode> {
    let index_range = NumericRange::from_str(&item.index_range);
    let item_to_monitor = ReadValueId {
        node_id: item.node.resolve(namespaces).ok_or(StatusCode::BadNodeIdUnknown)?,
        attribute_id: item.attribute_id,
        index_range: index_range.map_err(|_| StatusCode::BadIndexRangeInvalid)?,
        ..Default::default()
    };
    let requested_parameters = MonitoringParameters {
        client_handle: item.client_handle,
        sampling_interval: item.sampling_interval_ms,
        filter: item.filter.clone().unwrap_or_else(ExtensionObject::null),
        queue_size: item.queue_size,
        discard_oldest: item.discard_oldest,
    };
    Ok(MonitoredItemCreateRequest { item_to_monitor, monitoring_mode: MonitoringMode::Reporting, requested_parameters })
}
