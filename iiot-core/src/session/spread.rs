//! One subscription over several of the server, where a single one cannot hold every item.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::select_all;
use parking_lot::Mutex;

use crate::error::Result;
use crate::session::{Item, ItemState, Session, Subscription, SubscriptionEvent, SubscriptionOptions};
use crate::ua::StatusCode;

/// Spreads items over more subscriptions of the same session while the server has no room for them
/// in one. What it has no room for at all stays with the first one, which says so and asks again
/// rarely.
///
/// Each part keeps its own sequence, acknowledgement and gaps; the tokens of batches tell them apart.
/// `Created`, `Interrupted` and `Resumed` are those of the first part. Values keep their order within
/// an item, not between items of different parts. An item can be triggered only by one of its own part.
#[derive(Debug)]
pub struct SpreadSubscription {
    session: Arc<dyn Session>,
    options: Mutex<SubscriptionOptions>,
    parts: Vec<Option<Box<dyn Subscription>>>,
    plan: Mutex<Spread>,
    acts: VecDeque<Act>,
    told: VecDeque<SubscriptionEvent>,
    /// The part that is heard first, so that a busy one does not silence the others.
    first: usize,
}

/// Which part holds which item.
#[derive(Debug, Default)]
struct Spread {
    items: HashMap<u32, (Item, usize)>,
    parts: Vec<Part>,
    /// The server lets no further subscription be made, or it would hold nothing.
    closed: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    open: bool,
    full: bool,
    reports: bool,
}

#[derive(Debug, PartialEq)]
enum Act {
    Open(usize, Vec<Item>),
    Set(usize, Vec<Item>),
    Close(usize),
}

/// Subscriptions of one at most.
const MAX_PARTS: usize = 64;
/// Where a token says which part it belongs to; the other bits are the token of the part.
const PART_SHIFT: u32 = 56;
const PART_MASK: u64 = (MAX_PARTS as u64 - 1) << PART_SHIFT;

impl SpreadSubscription {
    /// Creates a subscription with these items, and more of them when the server asks for that.
    ///
    /// # Errors
    /// As [`Session::subscribe`].
    pub async fn open(session: Arc<dyn Session>, options: SubscriptionOptions, items: Vec<Item>) -> Result<Self> {
        let mut plan = Spread::new();
        plan.set(items.clone());
        let first = session.subscribe(of_part(&options, 0), items).await?;
        let (acts, told, options) = (VecDeque::new(), VecDeque::new(), Mutex::new(options));
        Ok(Self { session, options, parts: vec![Some(first)], plan: Mutex::new(plan), acts, told, first: 0 })
    }

    /// Does what the plan asks for. An act leaves the queue when it is done.
    async fn act(&mut self) {
        while let Some(act) = self.acts.front() {
            match act {
                Act::Open(part, items) => {
                    let options = of_part(&self.options.lock(), *part);
                    let opened = self.session.subscribe(options, items.clone()).await;
                    let missing = (part + 1).saturating_sub(self.parts.len());
                    self.parts.extend(std::iter::repeat_with(|| None).take(missing));
                    // A session that is closed ends the first part as well.
                    self.parts[*part] = opened.ok();
                }
                Act::Set(part, items) => {
                    if let Some(Some(part)) = self.parts.get(*part) {
                        // As above.
                        let _ = part.set_items(items.clone()).await;
                    }
                }
                Act::Close(part) => {
                    if let Some(Some(part)) = self.parts.get_mut(*part) {
                        part.close().await;
                    }
                    self.parts[*part] = None;
                }
            }
            self.acts.pop_front();
        }
    }

    /// The next event of any part.
    async fn any(&mut self) -> (usize, Option<SubscriptionEvent>) {
        self.first = (self.first + 1) % self.parts.len();
        let (before, after) = self.parts.split_at_mut(self.first);
        let indices = (self.first..).zip(after).chain((0..).zip(before));
        let waiting = indices.filter_map(|(index, part)| Some((index, part.as_mut()?)));
        let events = waiting.map(|(index, part)| Box::pin(async move { (index, part.next().await) }));
        select_all(events).await.0
    }

    fn take(&mut self, part: usize, event: SubscriptionEvent) {
        let event = match event {
            SubscriptionEvent::Items(states) => {
                let (states, acts) = self.plan.lock().changed(part, states);
                self.acts.extend(acts);
                (!states.is_empty()).then_some(SubscriptionEvent::Items(states))
            }
            SubscriptionEvent::Data(mut batch) => {
                mark(part, || &mut Arc::make_mut(&mut batch).token);
                Some(SubscriptionEvent::Data(batch))
            }
            SubscriptionEvent::Events(mut batch) => {
                mark(part, || &mut Arc::make_mut(&mut batch).token);
                Some(SubscriptionEvent::Events(batch))
            }
            SubscriptionEvent::Created(revised) => {
                let first = part == 0;
                self.plan.lock().created(part);
                first.then_some(SubscriptionEvent::Created(revised))
            }
            SubscriptionEvent::Interrupted(_) | SubscriptionEvent::Resumed(_) | SubscriptionEvent::Modified(_)
                if part > 0 =>
            {
                None
            }
            other => Some(other),
        };
        self.told.extend(event);
    }
}

#[async_trait]
impl Subscription for SpreadSubscription {
    async fn next(&mut self) -> Option<SubscriptionEvent> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Some(event);
            }
            self.act().await;
            match self.any().await {
                (part, Some(event)) => self.take(part, event),
                (0, None) => return None,
                (part, None) => self.parts[part] = None,
            }
        }
    }

    fn acknowledge(&self, token: u64) {
        let part = ((token & PART_MASK) >> PART_SHIFT) as usize;
        if let Some(Some(part)) = self.parts.get(part) {
            part.acknowledge(token & !PART_MASK);
        }
    }

    async fn set_items(&self, items: Vec<Item>) -> Result<()> {
        let sets = self.plan.lock().set(items);
        for (part, items) in sets {
            if let Some(Some(part)) = self.parts.get(part) {
                part.set_items(items).await?;
            }
        }
        Ok(())
    }

    async fn modify(&self, options: SubscriptionOptions) -> Result<()> {
        *self.options.lock() = options;
        for (index, part) in self.parts.iter().enumerate() {
            if let Some(part) = part {
                let options = of_part(&self.options.lock(), index);
                part.modify(options).await?;
            }
        }
        Ok(())
    }

    async fn close(&mut self) {
        for part in self.parts.iter_mut().flatten() {
            part.close().await;
        }
    }
}

/// Every part has a name of its own for a next life of ours.
fn of_part(options: &SubscriptionOptions, part: usize) -> SubscriptionOptions {
    let mut options = options.clone();
    if !options.resume_as.is_empty() {
        options.resume_as = format!("{}/{part}", options.resume_as);
    }
    options
}

/// Makes a token name its part.
fn mark<'a>(part: usize, token: impl FnOnce() -> &'a mut u64) {
    if part > 0 {
        *token() |= (part as u64) << PART_SHIFT;
    }
}

impl Spread {
    fn new() -> Self {
        Self { parts: vec![Part { open: true, ..Part::default() }], ..Self::default() }
    }

    /// Wants exactly these items; returns what each part is to hold.
    fn set(&mut self, items: Vec<Item>) -> Vec<(usize, Vec<Item>)> {
        let before = std::mem::take(&mut self.items);
        let target = self.parts.iter().position(|part| part.open && !part.full).unwrap_or(0);
        for item in items {
            let part = before.get(&item.client_handle).map_or(target, |(_, part)| *part);
            self.items.insert(item.client_handle, (item, part));
        }
        (0..self.parts.len()).filter(|part| self.parts[*part].open).map(|part| (part, self.of(part))).collect()
    }

    fn of(&self, part: usize) -> Vec<Item> {
        let mut items: Vec<Item> =
            self.items.values().filter(|(_, of)| *of == part).map(|(item, _)| item.clone()).collect();
        items.sort_unstable_by_key(|item| item.client_handle);
        items
    }

    /// A part was created on the server, perhaps on another one than before.
    fn created(&mut self, part: usize) {
        if part == 0 {
            self.closed = false;
        }
        self.parts[part].full = false;
        self.parts[part].reports = false;
    }

    /// Items of a part changed: what is to be told, and what to do.
    fn changed(&mut self, part: usize, states: Vec<(u32, ItemState)>) -> (Vec<(u32, ItemState)>, Vec<Act>) {
        self.parts[part].reports |= states.iter().any(|(_, state)| matches!(state, ItemState::Reporting { .. }));
        let of_part = |handle: &u32| self.items.get(handle).is_some_and(|(_, of)| *of == part);
        let failed = |status| {
            let failed = states.iter().filter(move |(_, state)| has_failed(state, status));
            failed.map(|(handle, _)| *handle).filter(of_part).collect::<Vec<u32>>()
        };
        let overflow = failed(StatusCode::BadTooManyMonitoredItems);
        let refused = !failed(StatusCode::BadTooManySubscriptions).is_empty();
        let useless = refused || (!overflow.is_empty() && !self.parts[part].reports);
        if part > 0 && useless {
            return (Vec::new(), self.give_up(part));
        }
        if overflow.is_empty() || self.closed {
            return (states, Vec::new());
        }
        self.parts[part].full = true;
        let Some(acts) = self.move_on(part, &overflow) else { return (states, Vec::new()) };
        (states.into_iter().filter(|(handle, _)| !overflow.contains(handle)).collect(), acts)
    }

    /// Moves items to a part with room, a new one if need be. `None` if there are too many parts.
    fn move_on(&mut self, from: usize, handles: &[u32]) -> Option<Vec<Act>> {
        let with_room = self.parts.iter().position(|part| part.open && !part.full);
        let to = with_room.or_else(|| self.parts.iter().position(|part| !part.open)).unwrap_or(self.parts.len());
        if to >= MAX_PARTS {
            return None;
        }
        for handle in handles {
            self.items.entry(*handle).and_modify(|(_, part)| *part = to);
        }
        let taken = Act::Set(from, self.of(from));
        let given = if with_room.is_some() { Act::Set(to, self.of(to)) } else { Act::Open(to, self.of(to)) };
        self.parts.resize(self.parts.len().max(to + 1), Part::default());
        self.parts[to].open = true;
        Some(vec![taken, given])
    }

    /// Closes a part that the server does not let be, and gives its items back to the first.
    fn give_up(&mut self, part: usize) -> Vec<Act> {
        self.closed = true;
        self.parts[part] = Part::default();
        self.items.values_mut().filter(|(_, of)| *of == part).for_each(|(_, of)| *of = 0);
        vec![Act::Close(part), Act::Set(0, self.of(0))]
    }
}

fn has_failed(state: &ItemState, why: StatusCode) -> bool {
    matches!(state, ItemState::Failed { status, .. } if *status == why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ua::NodeId;

    const FULL: StatusCode = StatusCode::BadTooManyMonitoredItems;

    fn items(handles: std::ops::Range<u32>) -> Vec<Item> {
        handles.map(|handle| Item::new(handle, NodeId::new(1, handle))).collect()
    }

    fn spread(count: u32) -> Spread {
        let mut spread = Spread::new();
        spread.set(items(0..count));
        spread
    }

    fn failed(handles: std::ops::Range<u32>, status: StatusCode) -> Vec<(u32, ItemState)> {
        handles.map(|handle| (handle, ItemState::Failed { status, will_retry: true, filter: None })).collect()
    }

    fn reporting(handles: std::ops::Range<u32>) -> Vec<(u32, ItemState)> {
        let state = ItemState::Reporting { sampling_interval_ms: 0.0, queue_size: 1, filter: None };
        handles.map(|handle| (handle, state.clone())).collect()
    }

    #[test]
    fn what_one_subscription_cannot_hold_goes_to_the_next() {
        let mut spread = spread(250);
        let changes = [reporting(0..100), failed(100..250, FULL)].concat();
        let (told, acts) = spread.changed(0, changes);
        assert_eq!(told, reporting(0..100));
        assert_eq!(acts, [Act::Set(0, items(0..100)), Act::Open(1, items(100..250))]);
        let (_, acts) = spread.changed(1, [reporting(100..200), failed(200..250, FULL)].concat());
        assert_eq!(acts, [Act::Set(1, items(100..200)), Act::Open(2, items(200..250))]);
        assert_eq!(spread.changed(2, reporting(200..250)), (reporting(200..250), vec![]));
    }

    #[test]
    fn a_server_without_another_subscription_or_room_is_not_asked_again() {
        for status in [StatusCode::BadTooManySubscriptions, FULL] {
            let mut spread = spread(200);
            spread.changed(0, [reporting(0..100), failed(100..200, FULL)].concat());
            let (told, acts) = spread.changed(1, failed(100..200, status));
            assert_eq!((told, acts), (vec![], vec![Act::Close(1), Act::Set(0, items(0..200))]), "{status}");
            let refused = failed(100..200, FULL);
            assert_eq!(spread.changed(0, refused.clone()), (refused, vec![]), "now it is told");
        }
    }

    #[test]
    fn items_stay_where_they_are_and_new_ones_go_where_there_is_room() {
        let mut spread = spread(200);
        spread.changed(0, [reporting(0..100), failed(100..200, FULL)].concat());
        spread.changed(1, reporting(100..200));
        assert_eq!(spread.set(items(50..210)), [(0, items(50..100)), (1, items(100..210))]);
    }
}
