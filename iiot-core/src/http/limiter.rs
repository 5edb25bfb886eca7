//! How many of a kind are there at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;

/// Counts who is inside, by key.
#[derive(Debug)]
pub(super) struct Limiter<K: Eq + Hash> {
    inside: Arc<Mutex<HashMap<K, usize>>>,
    most: usize,
}

/// Somebody who is inside, until this is dropped.
#[derive(Debug)]
pub(super) struct Pass<K: Eq + Hash> {
    inside: Arc<Mutex<HashMap<K, usize>>>,
    key: K,
}

impl<K: Eq + Hash + Clone> Limiter<K> {
    /// Lets in at most so many with the same key.
    pub(super) fn new(most: usize) -> Self {
        Self { inside: Arc::default(), most }
    }

    /// Lets one in, if there is room.
    pub(super) fn enter(&self, key: K) -> Option<Pass<K>> {
        let mut inside = self.inside.lock();
        let count = inside.entry(key.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Pass { inside: Arc::clone(&self.inside), key })
    }

    /// How many are inside.
    pub(super) fn total(&self) -> usize {
        self.inside.lock().values().sum()
    }
}

impl<K: Eq + Hash> Drop for Pass<K> {
    fn drop(&mut self) {
        let mut inside = self.inside.lock();
        if let Some(count) = inside.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_room_which_is_given_back() {
        let limiter = Limiter::new(2);
        let passes = (limiter.enter("a"), limiter.enter("a"), limiter.enter("b"));
        assert!(passes.0.is_some() && passes.1.is_some() && passes.2.is_some());
        assert!(limiter.enter("a").is_none());
        drop(passes.0);
        assert!(limiter.enter("a").is_some(), "there is room again");
        drop((passes.1, passes.2));
        assert_eq!(limiter.total(), 0);
        assert!(limiter.inside.lock().is_empty(), "nothing is kept of those who left");
    }
}
