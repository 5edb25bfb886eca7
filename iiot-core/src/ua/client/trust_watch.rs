//! The trust lists as they change, for all sessions of a connector together.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::UaConnectorOptions;
use crate::error::Result;
use crate::keys::off_thread;
use crate::trust::TrustRevision;
use crate::ua::trust::ParsedLists;

/// Reads the lists again whenever they change, while somebody listens: once, however many sessions
/// there are.
#[derive(Debug, Default)]
pub(crate) struct TrustWatch {
    latest: Mutex<Option<watch::Sender<Latest>>>,
}

/// The lists as they are now; `None` until they were read.
pub(crate) type Latest = Option<Arc<ParsedLists>>;

/// How long to wait after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

impl TrustWatch {
    pub(crate) fn subscribe(&self, parts: &Arc<UaConnectorOptions>) -> watch::Receiver<Latest> {
        let mut latest = self.latest.lock();
        // A sender without receivers may be about to end, so it gets no new ones.
        if let Some(sender) = latest.as_ref().filter(|sender| sender.receiver_count() > 0) {
            let mut receiver = sender.subscribe();
            // They may have changed between the verdict that let the session begin and now.
            receiver.mark_changed();
            return receiver;
        }
        let (sender, receiver) = watch::channel(None);
        tokio::spawn(run(Arc::clone(parts), sender.clone()));
        *latest = Some(sender);
        receiver
    }
}

async fn run(parts: Arc<UaConnectorOptions>, sender: watch::Sender<Latest>) {
    tokio::select! {
        () = sender.closed() => {}
        () = publish(&parts, &sender) => {}
    }
}

async fn publish(parts: &UaConnectorOptions, sender: &watch::Sender<Latest>) {
    let mut seen = None;
    loop {
        match next(parts, seen).await {
            Ok((revision, lists)) => {
                seen = Some(revision);
                sender.send_replace(Some(lists));
            }
            Err(error) => {
                tracing::warn!("the trust lists cannot be read, sessions keep to the last ones: {}", error.report());
                parts.clock.sleep_until(parts.clock.now() + PAUSE).await;
            }
        }
    }
}

async fn next(parts: &UaConnectorOptions, seen: Option<TrustRevision>) -> Result<(TrustRevision, Arc<ParsedLists>)> {
    let revision = parts.trust.changed(seen).await?;
    let lists = parts.trust.lists().await?;
    Ok((revision, off_thread(move || Ok(Arc::new(ParsedLists::from(&lists)))).await?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::{wait_until, within};
    use crate::trust::{MemoryTrustStore, TrustStore};

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn all_listeners_are_told_and_the_task_ends_with_them() {
        let store = Arc::new(MemoryTrustStore::default());
        let parts = Arc::new(UaConnectorOptions::new("urn:test", Arc::clone(&store) as _));
        let watch = TrustWatch::default();
        for _ in 0..2 {
            let mut listeners = [watch.subscribe(&parts), watch.subscribe(&parts)];
            for listener in &mut listeners {
                within("the lists are read", PATIENCE, listener.wait_for(Option::is_some)).await.unwrap();
            }
            store.trust(b"changed").await.unwrap();
            for listener in &mut listeners {
                within("the change is told", PATIENCE, listener.changed()).await.unwrap();
            }
            store.distrust(b"changed").await.unwrap();
            drop(listeners);
            let parts = Arc::clone(&parts);
            wait_until("the task ends", PATIENCE, move || Arc::strong_count(&parts) == 2).await;
        }
    }
}
