//! Where pushes are kept.

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use super::Push;

/// Keeps the last push of every device.
///
/// # Behaviour
/// What [`save`](Self::save) has taken is durable once it returns. Of two writers that replace the same revision one fails
/// with `Conflict` and changes nothing.
#[async_trait]
pub trait PushBook: Debug + Send + Sync + 'static {
    /// The last push of a device.
    async fn load(&self, device: &str) -> Result<Option<BookEntry>>;

    /// Keeps a push in place of the revision `expected`, `None` if the device must have none yet; returns the new revision.
    async fn save(&self, push: &Push, expected: Option<u64>) -> Result<u64>;

    /// The devices, sorted.
    async fn devices(&self) -> Result<Vec<String>>;
}

/// A push as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookEntry {
    /// Rises with every change.
    pub revision: u64,
    /// The push.
    pub push: Push,
}

/// Keeps pushes as long as the process lives.
#[derive(Debug, Default)]
pub struct MemoryPushBook {
    /// Revision and record (JSON), as a store would hold it.
    entries: Mutex<BTreeMap<String, (u64, String)>>,
}

#[async_trait]
impl PushBook for MemoryPushBook {
    async fn load(&self, device: &str) -> Result<Option<BookEntry>> {
        let entries = self.entries.lock();
        let Some((revision, content)) = entries.get(device) else { return Ok(None) };
        let push = serde_json::from_str(content).map_err(|cause| corrupt(device).because(cause))?;
        Ok(Some(BookEntry { revision: *revision, push }))
    }

    async fn save(&self, push: &Push, expected: Option<u64>) -> Result<u64> {
        let content = serde_json::to_string(push).map_err(|cause| corrupt(&push.device).because(cause))?;
        let mut entries = self.entries.lock();
        let found = entries.get(&push.device).map(|(revision, _)| *revision);
        if found != expected {
            let message = "somebody else has changed the push meanwhile; load it again";
            return Err(Error::new(ErrorKind::Conflict, "save a push", message).with("device", &push.device));
        }
        let revision = found.unwrap_or_default() + 1;
        entries.insert(push.device.clone(), (revision, content));
        Ok(revision)
    }

    async fn devices(&self) -> Result<Vec<String>> {
        Ok(self.entries.lock().keys().cloned().collect())
    }
}

fn corrupt(device: &str) -> Error {
    Error::new(ErrorKind::Corrupt, "read a push", "the record does not decode").with("device", device)
}
