//! How much of what one caller may ask at once waits for one edge: less than the face allows him, so that an edge that does
//! not answer keeps him from no other.

use std::collections::HashMap;
use std::sync::Arc;

use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

/// Calls that run, by edge and caller.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<HashMap<Key, usize>>);

type Key = (String, String);

/// One call that runs, until this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    key: Key,
}

impl Places {
    pub(super) fn enter(self: &Arc<Self>, edge: &str, principal: &str) -> Result<Place> {
        let key = (edge.to_owned(), principal.to_owned());
        let mut running = self.0.lock();
        let count = running.entry(key.clone()).or_default();
        if *count >= MOST {
            let message = format!("{MOST} calls to this edge wait for their answer; try again later");
            return Err(Error::new(ErrorKind::LimitExceeded, "ask an edge", message).with("edge", edge));
        }
        *count += 1;
        Ok(Place { places: Arc::clone(self), key })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.places.0.lock();
        if let Some(count) = running.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.key);
            }
        }
    }
}

/// Half of what the HTTP face allows an API key.
const MOST: usize = 16;

#[cfg(test)]
mod unit_tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn one_edge_keeps_a_caller_from_no_other() {
        let places = Arc::<Places>::default();
        let held: Vec<Place> = (0..MOST).map(|_| places.enter("a", "alice").unwrap()).collect();
        assert_eq!(places.enter("a", "alice").unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert!(places.enter("b", "alice").is_ok() && places.enter("a", "bob").is_ok());
        drop(held);
        assert!(places.enter("a", "alice").is_ok());
        assert!(places.0.lock().is_empty());
    }
}
