//! Pushes on record.

use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::clock::Clock;
use serde_json::json;

use super::KEEPER;
use super::records::{PUSH, event};
use crate::document::{self, Kept};
use crate::push::{BookEntry, Push, PushBook};
use crate::store::{Store, Transaction};

/// Keeps pushes in a store; each step is in the audit record.
///
/// A push with its trust lists must fit into a document, so that lists of more than about 1.4 MiB are refused; few devices
/// take longer ones.
#[derive(Debug, Clone)]
pub struct StorePushBook {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl StorePushBook {
    /// On this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl PushBook for StorePushBook {
    async fn load(&self, device: &str) -> Result<Option<BookEntry>> {
        let kept: Option<Kept<Push>> = document::load(&*self.store, PUSH, device).await?;
        Ok(kept.map(|Kept { value, revision }| BookEntry { revision, push: value }))
    }

    async fn save(&self, push: &Push, expected: Option<u64>) -> Result<u64> {
        let trouble = push.trouble.as_ref().map(|trouble| &trouble.status);
        let details = json!({ "push": push.number, "step": push.step, "failures": push.failures, "trouble": trouble });
        let mut transaction = Transaction::new(event("push.step", KEEPER, &push.device, details), self.clock.utc());
        transaction.documents.push(document::write((PUSH, &push.device), push, &[], expected)?);
        let committed = self.store.commit(transaction).await?;
        Ok(committed.revisions.first().copied().unwrap_or_default())
    }

    async fn devices(&self) -> Result<Vec<String>> {
        let all: Vec<Kept<Push>> = document::all(&*self.store, PUSH).await?;
        Ok(all.into_iter().map(|kept| kept.value.device).collect())
    }
}
