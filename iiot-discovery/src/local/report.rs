//! What a search tells while it goes on.

use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::model::Counts;
use parking_lot::Mutex;

use super::book::{Book, Entry, RESULTS};
use crate::found::{Scope, SearchResult};

/// Takes what a search finds; a clone tells of the same search.
#[derive(Debug, Clone)]
pub struct Report {
    pub(super) run: String,
    pub(super) book: Arc<Mutex<Book>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Report {
    /// Takes how much was done.
    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        let now = self.clock.utc();
        self.entry(|entry| entry.count(now, change));
    }

    /// Takes a server, or what should be one.
    pub fn found(&self, result: SearchResult) {
        let now = self.clock.utc();
        let room = self.entry(|entry| entry.find(result, now));
        if room == Some(false) {
            tracing::warn!(run = self.run, "more than {RESULTS} results; this one is counted and not kept");
        }
    }

    /// Takes a line for people.
    pub fn say(&self, message: impl Into<String>) {
        let now = self.clock.utc();
        self.entry(|entry| entry.tell(now, Some(message.into())));
    }

    /// Takes what is covered, where that was not known before.
    pub fn covers(&self, change: impl FnOnce(&mut Scope)) {
        self.entry(|entry| change(&mut entry.scope));
    }

    fn entry<T>(&self, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.book.lock().entry(&self.run).ok().map(change)
    }
}
