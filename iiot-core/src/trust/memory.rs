//! Trust lists that end with the process.

use std::collections::VecDeque;

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::trust::{MAX_REJECTED, TrustLists, TrustStore};

/// Holds trust lists in memory only.
///
/// ```
/// # futures::executor::block_on(async {
/// use iiot_core::trust::{MemoryTrustStore, TrustStore};
///
/// let store = MemoryTrustStore::default();
/// store.reject(b"a certificate (DER)").await?;
/// store.trust(&store.rejected().await?[0]).await?;
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
    /// Newest first.
    rejected: VecDeque<Vec<u8>>,
}

impl MemoryTrustStore {
    /// A store with these lists.
    #[must_use]
    pub fn new(lists: TrustLists) -> Self {
        Self { state: Mutex::new(State { lists, rejected: VecDeque::new() }) }
    }
}

#[async_trait]
impl TrustStore for MemoryTrustStore {
    async fn lists(&self) -> Result<TrustLists> {
        Ok(self.state.lock().lists.clone())
    }

    async fn trust(&self, certificate: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        state.rejected.retain(|rejected| rejected != certificate);
        let trusted = &mut state.lists.trusted_certificates;
        if !trusted.iter().any(|trusted| trusted == certificate) {
            trusted.push(certificate.to_vec());
        }
        Ok(())
    }

    async fn reject(&self, certificate: &[u8]) -> Result<String> {
        let mut state = self.state.lock();
        state.rejected.retain(|rejected| rejected != certificate);
        state.rejected.push_front(certificate.to_vec());
        state.rejected.truncate(MAX_REJECTED);
        Ok("it is kept in memory until this program ends".into())
    }

    async fn rejected(&self) -> Result<Vec<Vec<u8>>> {
        Ok(self.state.lock().rejected.iter().cloned().collect())
    }

    async fn distrust(&self, certificate: &[u8]) -> Result<()> {
        let trusted = &mut self.state.lock().lists.trusted_certificates;
        let index = trusted.iter().position(|trusted| trusted == certificate).ok_or_else(not_trusted)?;
        trusted.remove(index);
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
