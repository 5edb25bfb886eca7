//! What of the items on the server is changed in place: parameters, monitoring modes, links.

use super::request::parameters;
use super::{Entry, InFlight, Items};
use crate::session::{FilterResult, ItemState};
use crate::ua::batching::Refusal;
use crate::ua::{
    ModifyMonitoredItemsRequest, MonitoredItemModifyRequest, MonitoredItemModifyResult, Request,
    SetMonitoringModeRequest, SetTriggeringResponse, StatusCode, TimestampsToReturn,
};

impl Items {
    pub(super) fn modify(&mut self, subscription_id: u32, namespaces: &[String]) -> Option<Request> {
        let (mut requests, mut sent) = (Vec::new(), Vec::new());
        while requests.len() < self.batching.size()
            && let Some(handle) = self.changes.next_parameters()
        {
            let Some(entry) = self.entries.get(handle) else { continue };
            let Some(monitored_item_id) = entry.id() else { continue };
            match parameters(handle, &entry.item.common, namespaces) {
                Ok(requested_parameters) => {
                    sent.push((handle, entry.generation));
                    requests.push(MonitoredItemModifyRequest { monitored_item_id, requested_parameters });
                }
                // Creating it anew tells why it cannot be.
                Err(_) => self.try_anew(handle),
            }
        }
        if requests.is_empty() {
            return None;
        }
        self.in_flight = Some(InFlight::Modify(sent));
        let request = ModifyMonitoredItemsRequest {
            subscription_id,
            timestamps_to_return: TimestampsToReturn::Both,
            items_to_modify: Some(requests),
            ..Default::default()
        };
        Some(request.into())
    }

    pub(super) fn set_modes(&mut self, subscription_id: u32) -> Option<Request> {
        let entries = &self.entries;
        let known = |handle| entries.get(handle).and_then(|entry| Some((entry.id()?, entry)));
        let limit = self.batching.size();
        let (monitoring_mode, handles) =
            self.changes.next_modes(limit, |handle| Some(known(handle)?.1.item.common.monitoring_mode))?;
        let (ids, sent) = handles.into_iter().filter_map(known).map(|(id, entry)| (id, entry.key())).unzip();
        self.in_flight = Some(InFlight::Mode(sent));
        let request = SetMonitoringModeRequest {
            subscription_id,
            monitoring_mode,
            monitored_item_ids: Some(ids),
            ..Default::default()
        };
        Some(request.into())
    }

    pub(super) fn link(&mut self, subscription_id: u32) -> Option<Request> {
        let entries = &self.entries;
        let id = |handle: u32| entries.get(handle).and_then(Entry::id);
        let request = self.links.next_request(subscription_id, self.batching.size(), id)?;
        self.in_flight = Some(InFlight::Link);
        Some(request)
    }

    /// Takes the results of a request to change parameters. An item that cannot be changed is
    /// created anew, which tells why if that fails too.
    pub(in crate::ua::subscribe) fn modified(&mut self, results: Result<Vec<MonitoredItemModifyResult>, StatusCode>) {
        let Some(InFlight::Modify(sent)) = self.in_flight.take() else { return };
        let results = match results {
            Err(status) if self.batching.refused(sent.len(), status) == Refusal::Smaller => {
                return self.changes.repeat_parameters(&sent);
            }
            Ok(results) if results.len() == sent.len() => results,
            _ => return sent.into_iter().for_each(|(handle, generation)| self.replace(handle, generation)),
        };
        for ((handle, generation), result) in sent.into_iter().zip(results) {
            if result.status_code.is_bad() {
                self.replace(handle, generation);
            } else if let Some(entry) = self.entries.get_mut(handle).filter(|entry| entry.generation == generation) {
                entry.revise(result.revised_sampling_interval, result.revised_queue_size);
                let state = ItemState::Reporting {
                    sampling_interval_ms: result.revised_sampling_interval,
                    queue_size: result.revised_queue_size,
                    filter: FilterResult::of(&result.filter_result),
                };
                self.changed.push((handle, state));
            }
        }
    }

    /// Takes the results of a request to set monitoring modes.
    pub(in crate::ua::subscribe) fn modes_set(&mut self, results: Result<Vec<StatusCode>, StatusCode>) {
        let Some(InFlight::Mode(sent)) = self.in_flight.take() else { return };
        match results {
            Err(status) if self.batching.refused(sent.len(), status) == Refusal::Smaller => {
                self.changes.repeat_modes(&sent);
            }
            Ok(results) if results.len() == sent.len() => {
                let refused = sent.into_iter().zip(results).filter(|(_, status)| status.is_bad());
                refused.for_each(|((handle, generation), _)| self.replace(handle, generation));
            }
            _ => sent.into_iter().for_each(|(handle, generation)| self.replace(handle, generation)),
        }
    }

    /// Takes the results of a request to set triggering.
    pub(in crate::ua::subscribe) fn linked(&mut self, response: Result<SetTriggeringResponse, StatusCode>) {
        if matches!(self.in_flight, Some(InFlight::Link)) {
            self.in_flight = None;
            self.changed.extend(self.links.answered(response));
        }
    }

    fn replace(&mut self, handle: u32, generation: u32) {
        if self.entries.get(handle).is_some_and(|entry| entry.generation == generation) {
            self.try_anew(handle);
        }
    }
}
