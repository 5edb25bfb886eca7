//! Items that pass from one life of ours to the next.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::entries::Wanted;
use super::{Entry, InFlight, Items, State};
use crate::session::resume::SavedItem;
use crate::session::{Item, ItemState};

impl Items {
    /// Takes over what the server has from an earlier life of ours; what is not wanted as it was
    /// then is deleted.
    pub(in crate::ua::subscribe) fn adopt(&mut self, saved: &[SavedItem]) {
        let mut fingerprints = Fingerprints::default();
        for old in saved {
            let entry = self.entries.get_mut(old.client_handle);
            match entry.filter(|entry| fingerprints.of(entry) == old.fingerprint) {
                Some(entry) => {
                    entry.state = State::Reporting { id: old.id };
                    (entry.sampling_interval, entry.queue_size) = (old.sampling_interval_us, old.queue_size);
                    entry.retry.succeeded();
                    let state = ItemState::Reporting {
                        sampling_interval_ms: old.sampling_interval_us as f64 / 1000.0,
                        queue_size: old.queue_size,
                        filter: None,
                    };
                    self.changed.push((old.client_handle, state));
                }
                None => self.doomed.push(old.id),
            }
        }
        self.pending.retain(|handle| self.entries.get(*handle).is_some_and(|entry| entry.state == State::Pending));
    }

    /// What a next life needs to take the items over.
    pub(in crate::ua::subscribe) fn saved(&self) -> Vec<SavedItem> {
        let mut fingerprints = Fingerprints::default();
        let saved = |entry: &Entry| match entry.state {
            State::Reporting { id } => Some(SavedItem {
                client_handle: entry.handle,
                id,
                // What the server has is not what is wanted yet: it is to be created anew.
                fingerprint: if self.is_changing(entry.handle) { 0 } else { fingerprints.of(entry) },
                sampling_interval_us: entry.sampling_interval,
                queue_size: entry.queue_size,
            }),
            _ => None,
        };
        self.entries.iter().filter_map(saved).collect()
    }

    /// Whether the server is still to be told of changes of an item.
    fn is_changing(&self, handle: u32) -> bool {
        let sent = match &self.in_flight {
            Some(InFlight::Modify(sent) | InFlight::Mode(sent)) => sent.as_slice(),
            _ => &[],
        };
        self.changes.concerns(handle) || sent.iter().any(|(changing, _)| *changing == handle)
    }
}

/// Hashes of what items ask for.
#[derive(Default)]
struct Fingerprints {
    /// That of what the last one had in common with others, which most likely are next.
    common: Option<(Arc<Item>, u64)>,
}

impl Fingerprints {
    /// Equal for items that ask for the same. Another version of us may see it differently; then the
    /// item is created anew.
    fn of(&mut self, entry: &Entry) -> u64 {
        let Wanted { node, common } = &entry.item;
        let of_common = match &self.common {
            Some((known, hash)) if Arc::ptr_eq(known, common) => *hash,
            _ => {
                let hash = hash(&format!("{common:?}"));
                self.common = Some((Arc::clone(common), hash));
                hash
            }
        };
        hash(&(entry.handle, node, of_common))
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
