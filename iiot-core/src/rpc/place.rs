//! What a place needs to take requests.

use std::path::Path;
use std::sync::Arc;

use super::journal::Journal;
use super::place_key::PlaceSecret;
use crate::access::{ApiKeys, AuditLog};
use crate::clock::Clock;
use crate::error::Result;
use crate::transport::Transport;

/// A place that takes requests, for instance an edge: what it is called, who may ask, and what is remembered.
#[derive(Debug, Clone)]
pub struct Place {
    /// The hub.
    pub transport: Arc<dyn Transport>,
    /// The topic below which it is asked: `iiot/berlin/edge-1`.
    pub root: String,
    /// What requests are sealed for.
    pub secret: Arc<PlaceSecret>,
    /// Who may ask: those who sign with one of these keys.
    pub callers: Arc<ApiKeys>,
    /// Where changes and refusals are recorded.
    pub audit: Arc<AuditLog>,
    /// Which changes were begun.
    pub journal: Arc<Journal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Place {
    /// A place with its own key and journal in a folder.
    ///
    /// # Errors
    /// As of [`PlaceSecret::open`] and [`Journal::open`].
    pub fn open(
        transport: Arc<dyn Transport>,
        root: impl Into<String>,
        folder: &Path,
        callers: Arc<ApiKeys>,
        audit: Arc<AuditLog>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let secret = Arc::new(PlaceSecret::open(&folder.join(KEY_FILE))?);
        let journal = Arc::new(Journal::open(folder.join(JOURNAL_FILE), clock.utc())?);
        Ok(Self { transport, root: root.into(), secret, callers, audit, journal, clock })
    }
}

/// The file of the key in the folder of a place.
pub const KEY_FILE: &str = "place.key";
const JOURNAL_FILE: &str = "changes.jsonl";
