//! Trust lists that end with the process.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::trust::{MAX_REJECTED, Rejected, TrustLists, TrustRevision, TrustStore};

/// Holds trust lists in memory only.
///
/// ```
/// # futures::executor::block_on(async {
/// use iiot_core::trust::{MemoryTrustStore, TrustStore};
///
/// let store = MemoryTrustStore::default();
/// store.reject(b"a certificate (DER)", "nobody trusts it").await?;
/// store.trust(&store.rejected().await?[0].certificate).await?;
/// assert_eq!(store.lists().await?.trusted_certificates.len(), 1);
/// # Ok::<(), iiot_core::Error>(())
/// # }).expect("the memory store cannot fail");
/// ```
#[derive(Debug, Default)]
pub struct MemoryTrustStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lists: TrustLists,
    revision: u64,
    watchers: Vec<Waker>,
    /// Newest first.
    rejected: VecDeque<Rejected>,
}

impl MemoryTrustStore {
    /// A store with these lists.
    #[must_use]
    pub fn new(lists: TrustLists) -> Self {
        Self { state: Mutex::new(State { lists, ..State::default() }) }
    }

    /// Takes these lists in place of those it has.
    pub fn replace(&self, lists: TrustLists) {
        self.state.lock().change(|own| *own = lists);
    }
}

impl State {
    fn change(&mut self, change: impl FnOnce(&mut TrustLists)) {
        change(&mut self.lists);
        self.revision += 1;
        self.watchers.drain(..).for_each(Waker::wake);
    }

    fn poll_changed(&mut self, seen: Option<TrustRevision>, waker: &Waker) -> Poll<TrustRevision> {
        let revision = TrustRevision(self.revision);
        if seen != Some(revision) {
            return Poll::Ready(revision);
        }
        if !self.watchers.iter().any(|watcher| watcher.will_wake(waker)) {
            self.watchers.push(waker.clone());
        }
        Poll::Pending
    }
}

#[async_trait]
impl TrustStore for MemoryTrustStore {
    async fn lists(&self) -> Result<TrustLists> {
        Ok(self.state.lock().lists.clone())
    }

    async fn changed(&self, seen: Option<TrustRevision>) -> Result<TrustRevision> {
        Ok(poll_fn(|context| self.state.lock().poll_changed(seen, context.waker())).await)
    }

    async fn trust(&self, certificate: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        state.rejected.retain(|rejected| rejected.certificate != certificate);
        if !state.lists.trusted_certificates.iter().any(|trusted| trusted == certificate) {
            state.change(|lists| lists.trusted_certificates.push(certificate.to_vec()));
        }
        Ok(())
    }

    async fn reject(&self, certificate: &[u8], finding: &str) -> Result<String> {
        let mut state = self.state.lock();
        state.rejected.retain(|rejected| rejected.certificate != certificate);
        state.rejected.push_front(Rejected { certificate: certificate.to_vec(), finding: finding.into() });
        state.rejected.truncate(MAX_REJECTED);
        Ok("it is kept in memory until this program ends".into())
    }

    async fn rejected(&self) -> Result<Vec<Rejected>> {
        Ok(self.state.lock().rejected.iter().cloned().collect())
    }

    async fn distrust(&self, certificate: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        let trusted = &state.lists.trusted_certificates;
        let index = trusted.iter().position(|trusted| trusted == certificate).ok_or_else(not_trusted)?;
        state.change(|lists| drop(lists.trusted_certificates.remove(index)));
        Ok(())
    }
}

pub(super) fn not_trusted() -> Error {
    Error::new(ErrorKind::NotFound, "distrust certificate", "it is not among the trusted ones")
}

#[cfg(all(test, feature = "testing", feature = "opcua"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_of_a_trust_store() {
        crate::testing::conformance::trust_store(&MemoryTrustStore::default()).await;
    }
}
