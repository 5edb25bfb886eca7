//! Conditions as they are now: what a server's condition events leave behind.
//!
//! Of each condition and branch the last event is kept while the condition is retained
//! (OPC 10000-9 §5.5.2). All of them are sent when the snapshot interval has passed, and earlier,
//! after the update interval, when one has changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use iiot_core::session::{EncodedValue, EventRow};

use crate::plan::ConditionPlan;

/// The retained conditions of one event item.
#[derive(Debug)]
pub(crate) struct Conditions {
    plan: ConditionPlan,
    /// By ConditionId and BranchId, as the server sent them.
    retained: BTreeMap<Box<[u8]>, Retained>,
    snapshot_at: Instant,
    /// When to send because something changed.
    update_at: Option<Instant>,
    refresh_wanted: bool,
}

/// The last event of a condition, owned.
#[derive(Debug)]
pub(crate) struct Retained {
    fields: Box<[Box<[u8]>]>,
    pub(crate) namespaces: Arc<Vec<String>>,
}

impl Retained {
    pub(crate) fn field(&self, index: usize) -> EncodedValue<'_> {
        self.fields.get(index).map_or(EncodedValue::NULL, |bytes| EncodedValue::from_checked(bytes))
    }
}

impl Conditions {
    pub(crate) fn new(plan: ConditionPlan, now: Instant) -> Self {
        let snapshot_at = now + plan.snapshot_interval;
        Self { plan, retained: BTreeMap::new(), snapshot_at, update_at: None, refresh_wanted: false }
    }

    /// Notes an event; `false` if there is no room for its condition.
    pub(crate) fn event(&mut self, event: &EventRow<'_>, namespaces: &Arc<Vec<String>>, now: Instant) -> bool {
        match numeric_id(event.field(self.plan.event_type)) {
            Some(REFRESH_START) => self.retained.clear(),
            // What the refresh brought is sent at once.
            Some(REFRESH_END) => self.update_at = Some(now),
            Some(REFRESH_REQUIRED) => self.refresh_wanted = true,
            _ => return self.condition(event, namespaces, now),
        }
        true
    }

    fn condition(&mut self, event: &EventRow<'_>, namespaces: &Arc<Vec<String>>, now: Instant) -> bool {
        let id = event.field(self.plan.condition_id);
        if id.is_null() {
            return true;
        }
        let branch = self.plan.branch_id.map_or(EncodedValue::NULL, |index| event.field(index));
        let key: Box<[u8]> = [id.bytes(), branch.bytes()].concat().into();
        if event.field(self.plan.retain).bytes() == TRUE {
            if self.retained.len() >= MAX_CONDITIONS && !self.retained.contains_key(&key) {
                return false;
            }
            let fields = event.fields().map(|field| field.bytes().into()).collect();
            self.retained.insert(key, Retained { fields, namespaces: Arc::clone(namespaces) });
        } else if self.retained.remove(&key).is_none() {
            return true;
        }
        let update_at = now + self.plan.update_interval;
        self.update_at = Some(self.update_at.map_or(update_at, |at| at.min(update_at)));
        true
    }

    /// When [`due`](Self::due) is to be asked.
    pub(crate) fn deadline(&self) -> Instant {
        self.update_at.map_or(self.snapshot_at, |at| at.min(self.snapshot_at))
    }

    /// Whether all are to be sent now.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        let due = self.deadline() <= now;
        if due {
            self.snapshot_at = now + self.plan.snapshot_interval;
            self.update_at = None;
        }
        due
    }

    pub(crate) fn retained(&self) -> impl Iterator<Item = &Retained> {
        self.retained.values()
    }

    /// Whether the server is to be asked for all conditions again (ConditionRefresh); said once.
    pub(crate) fn take_refresh_wanted(&mut self) -> bool {
        std::mem::take(&mut self.refresh_wanted)
    }
}

/// The number of a NodeId of OPC UA itself.
fn numeric_id(value: EncodedValue<'_>) -> Option<u16> {
    match value.bytes() {
        [17, 1, 0, low, high] | [17, 2, 0, 0, low, high, 0, 0] => Some(u16::from_le_bytes([*low, *high])),
        _ => None,
    }
}

/// A Boolean Variant.
const TRUE: &[u8] = &[1, 1];
const REFRESH_START: u16 = 2787;
const REFRESH_END: u16 = 2788;
const REFRESH_REQUIRED: u16 = 2789;
const MAX_CONDITIONS: usize = 10_000;
