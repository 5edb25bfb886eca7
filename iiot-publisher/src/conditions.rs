//! Conditions as they are now: what a server's condition events leave behind.
//!
//! Of each condition and branch the last event is kept while the condition is retained
//! (OPC 10000-9 §5.5.2). All of them are sent when the snapshot interval has passed, and earlier,
//! after the update interval, when one has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use iiot_core::session::{EncodedValue, EventRow};

use crate::event_layout::EventLayout;
use crate::plan::ConditionPlan;

/// The retained conditions of one event item.
#[derive(Debug)]
pub(crate) struct Conditions {
    plan: ConditionPlan,
    retained: BTreeMap<Branch, Retained>,
    /// What a refresh has brought so far, while there is one.
    refreshed: Option<BTreeSet<Branch>>,
    snapshot_at: Instant,
    /// When to send because something changed.
    update_at: Option<Instant>,
}

/// ConditionId and BranchId, as the server sent them.
type Branch = Box<[u8]>;

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
        Self { plan, retained: BTreeMap::new(), refreshed: None, snapshot_at, update_at: None }
    }

    /// Forgets all; events have other fields from now on.
    pub(crate) fn clear(&mut self) {
        self.retained.clear();
        self.refreshed = None;
    }

    /// Notes an event; `false` if there is no room for its condition.
    pub(crate) fn event(
        &mut self,
        event: &EventRow<'_>,
        layout: &EventLayout,
        namespaces: &Arc<Vec<String>>,
        now: Instant,
    ) -> bool {
        match Bracket::of(event, layout) {
            Some(Bracket::Start) => self.refreshed = Some(BTreeSet::new()),
            Some(Bracket::End) => self.end_refresh(now),
            Some(Bracket::Required) => {}
            None => return self.condition(event, layout, namespaces, now),
        }
        true
    }

    /// What the refresh did not bring is retained no longer. The rest is sent at once.
    fn end_refresh(&mut self, now: Instant) {
        if let Some(refreshed) = self.refreshed.take() {
            self.retained.retain(|branch, _| refreshed.contains(branch));
        }
        self.update_at = Some(now);
    }

    fn condition(
        &mut self,
        event: &EventRow<'_>,
        layout: &EventLayout,
        namespaces: &Arc<Vec<String>>,
        now: Instant,
    ) -> bool {
        let Some(branch) = branch(event, layout) else { return true };
        if is_retained(event, layout) {
            if self.retained.len() >= MAX_CONDITIONS && !self.retained.contains_key(&branch) {
                return false;
            }
            if let Some(refreshed) = &mut self.refreshed {
                refreshed.insert(branch.clone());
            }
            let fields = event.fields().map(|field| field.bytes().into()).collect();
            self.retained.insert(branch, Retained { fields, namespaces: Arc::clone(namespaces) });
        } else if self.retained.remove(&branch).is_none() {
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
}

/// The events of conditions that were published last, so that a refresh does not repeat them.
///
/// A refresh sends the last event of each retained condition again, with the same EventId
/// (OPC 10000-9 §5.5.7).
#[derive(Debug, Default)]
pub(crate) struct Replays {
    refreshing: bool,
    published: BTreeMap<Branch, Box<[u8]>>,
}

impl Replays {
    /// Notes an event; whether it is new.
    pub(crate) fn is_new(&mut self, event: &EventRow<'_>, layout: &EventLayout) -> bool {
        if let Some(bracket) = Bracket::of(event, layout) {
            self.refreshing = bracket == Bracket::Start || self.refreshing && bracket == Bracket::Required;
            return false;
        }
        let Some((branch, id)) = branch(event, layout).zip(layout.event_id) else { return true };
        let id = event.field(id).bytes();
        if !is_retained(event, layout) {
            self.published.remove(&branch);
            return true;
        }
        let repeated = self.refreshing && self.published.get(&branch).is_some_and(|known| **known == *id);
        if self.published.len() < MAX_CONDITIONS || self.published.contains_key(&branch) {
            self.published.insert(branch, id.into());
        }
        !repeated
    }
}

/// The events that tell of a refresh (OPC 10000-9 §5.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bracket {
    Start,
    End,
    /// The server asks to be asked.
    Required,
}

impl Bracket {
    /// `None` where the event is one of something else.
    pub(crate) fn of(event: &EventRow<'_>, layout: &EventLayout) -> Option<Self> {
        match numeric_id(event.field(layout.event_type?))? {
            REFRESH_START => Some(Self::Start),
            REFRESH_END => Some(Self::End),
            REFRESH_REQUIRED => Some(Self::Required),
            _ => None,
        }
    }
}

fn branch(event: &EventRow<'_>, layout: &EventLayout) -> Option<Branch> {
    let id = event.field(layout.condition_id?);
    let branch = layout.branch_id.map_or(EncodedValue::NULL, |index| event.field(index));
    (!id.is_null()).then(|| [id.bytes(), branch.bytes()].concat().into())
}

fn is_retained(event: &EventRow<'_>, layout: &EventLayout) -> bool {
    layout.retain.is_some_and(|index| event.field(index).bytes() == TRUE)
}

/// The number of a NodeId of OPC UA itself.
fn numeric_id(value: EncodedValue<'_>) -> Option<u16> {
    match value.bytes() {
        [17, 0, id] => Some(u16::from(*id)),
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
