//! What of the items on the server is no longer as it is wanted.

use std::collections::{BTreeSet, VecDeque};

use crate::session::Item;
use crate::ua::MonitoringMode;

/// Handles of items whose parameters, and of items whose monitoring mode, are to be changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    parameters: VecDeque<u32>,
    modes: BTreeSet<u32>,
}

impl Changes {
    /// An item that the server has, or is just creating, is wanted otherwise.
    pub(super) fn note(&mut self, handle: u32, before: &Item, wanted: &Item) {
        if !same_parameters(before, wanted) && !self.parameters.contains(&handle) {
            self.parameters.push_back(handle);
        }
        if before.monitoring_mode != wanted.monitoring_mode {
            self.modes.insert(handle);
        }
    }

    /// Whether an item is to be changed.
    pub(super) fn concerns(&self, handle: u32) -> bool {
        self.modes.contains(&handle) || self.parameters.contains(&handle)
    }

    pub(super) fn next_parameters(&mut self) -> Option<u32> {
        self.parameters.pop_front()
    }

    /// A mode and at most `limit` items that are to have it. `mode` tells what is wanted of an item
    /// that the server has.
    pub(super) fn next_modes(
        &mut self,
        limit: usize,
        mode: impl Fn(u32) -> Option<MonitoringMode>,
    ) -> Option<(MonitoringMode, Vec<u32>)> {
        self.modes.retain(|handle| mode(*handle).is_some());
        let next = self.modes.iter().find_map(|handle| mode(*handle))?;
        let handles: Vec<u32> =
            self.modes.iter().copied().filter(|handle| mode(*handle) == Some(next)).take(limit.max(1)).collect();
        self.modes.retain(|handle| !handles.contains(handle));
        Some((next, handles))
    }

    /// It is not known whether these have been changed.
    pub(super) fn repeat_parameters(&mut self, sent: &[(u32, u32)]) {
        self.parameters.extend(sent.iter().map(|(handle, _)| handle));
    }

    /// It is not known whether these have been changed.
    pub(super) fn repeat_modes(&mut self, sent: &[(u32, u32)]) {
        self.modes.extend(sent.iter().map(|(handle, _)| handle));
    }
}

fn same_parameters(one: &Item, other: &Item) -> bool {
    one.sampling_interval_ms == other.sampling_interval_ms
        && one.queue_size == other.queue_size
        && one.discard_oldest == other.discard_oldest
        && one.filter == other.filter
}
