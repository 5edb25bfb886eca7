//! The items of a subscription as they are kept: a hundred thousand of them take little room.

use std::sync::Arc;

use super::{Entry, State};
use crate::session::{Item, ItemNode};
use crate::ua::subscribe::retry::ItemRetry;
use crate::ua::{NodeId, StatusCode};

/// Entries by client handle.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Handles ascending, each once.
    sorted: Vec<Entry>,
    next_generation: u32,
    recent: Recent,
}

/// An item without its handle. What it has in common with others is kept once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) node: Arc<ItemNode>,
    /// All but handle and node.
    pub(super) common: Arc<Item>,
}

impl Entries {
    pub(super) fn get(&self, handle: u32) -> Option<&Entry> {
        self.position(handle).ok().map(|index| &self.sorted[index])
    }

    pub(super) fn get_mut(&mut self, handle: u32) -> Option<&mut Entry> {
        self.position(handle).ok().map(|index| &mut self.sorted[index])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.sorted.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.sorted.iter_mut()
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.sorted.retain(keep);
    }

    /// Adds items whose handles are not there yet; where two have the same the first counts.
    pub(super) fn add(&mut self, items: Vec<(u32, Wanted)>) {
        self.sorted.reserve_exact(items.len());
        for (handle, item) in items {
            let generation = self.next_generation;
            self.next_generation = self.next_generation.wrapping_add(1);
            self.sorted.push(Entry {
                handle,
                item,
                generation,
                state: State::Pending,
                retry: ItemRetry::default(),
                reported_failure: StatusCode::Good,
                sampling_interval: 0,
                queue_size: 0,
            });
        }
        self.sorted.sort_by_key(|entry| entry.handle);
        self.sorted.dedup_by_key(|entry| entry.handle);
    }

    /// The item as it is kept.
    pub(super) fn wanted(&mut self, item: Item) -> Wanted {
        self.recent.wanted(item)
    }

    fn position(&self, handle: u32) -> Result<usize, usize> {
        // Handles mostly count from zero.
        match self.sorted.get(handle as usize) {
            Some(entry) if entry.handle == handle => Ok(handle as usize),
            _ => self.sorted.binary_search_by_key(&handle, |entry| entry.handle),
        }
    }
}

/// What was seen lately; few items differ in more than their node.
#[derive(Debug, Default)]
struct Recent {
    common: Vec<Arc<Item>>,
    nothing: Option<Arc<ItemNode>>,
}

const RECENT: usize = 16;

impl Recent {
    fn wanted(&mut self, item: Item) -> Wanted {
        let nothing = Arc::clone(self.nothing.get_or_insert_with(|| ItemNode::Indexed(NodeId::null()).into()));
        let (node, common) = (Arc::clone(&item.node), Item { client_handle: 0, node: nothing, ..item });
        Wanted { node, common: share(&mut self.common, Arc::new(common)) }
    }
}

/// An equal value that was seen lately, or this one.
fn share<T: PartialEq>(recent: &mut Vec<Arc<T>>, value: Arc<T>) -> Arc<T> {
    if let Some(known) = recent.iter().find(|known| **known == value) {
        return Arc::clone(known);
    }
    recent.truncate(RECENT - 1);
    recent.insert(0, Arc::clone(&value));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_items_have_in_common_is_kept_once() {
        let mut entries = Entries::default();
        let item = |handle: u32, queue_size| Item { queue_size, ..Item::new(handle, NodeId::new(1, handle)) };
        let wanted: Vec<_> = [(7, 1), (3, 1), (9, 2)].into_iter().map(|(handle, queue)| item(handle, queue)).collect();
        let wanted: Vec<_> = wanted.into_iter().map(|item| (item.client_handle, entries.wanted(item))).collect();
        entries.add(wanted);
        let common = |handle| entries.get(handle).map(|entry| Arc::as_ptr(&entry.item.common));
        assert_eq!(common(3), common(7));
        assert_ne!(common(3), common(9));
        assert_eq!(common(4), None);
        assert_eq!(entries.iter().map(|entry| entry.handle).collect::<Vec<_>>(), [3, 7, 9]);
    }

    #[test]
    fn an_entry_takes_little_room() {
        assert!(size_of::<Entry>() <= 56, "{}", size_of::<Entry>());
    }
}
