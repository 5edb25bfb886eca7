//! Keys that end with the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::software::SoftwareKey;
use crate::keys::{KeySpec, KeyStore, PrivateKey};

/// Holds keys in memory only.
///
/// ```
/// # futures::executor::block_on(async {
/// use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, SignatureAlgorithm};
///
/// let keys = MemoryKeyStore::default();
/// let key = keys.generate("edge", KeySpec::Rsa(2048)).await?;
/// let signature = key.sign(SignatureAlgorithm::RsaPkcs1Sha256, b"data").await?;
/// assert_eq!(signature.len(), 256);
/// # Ok::<(), iiot_core::Error>(())
/// # }).expect("keys can be made in memory");
/// ```
#[derive(Debug, Default)]
pub struct MemoryKeyStore {
    keys: Mutex<BTreeMap<String, SoftwareKey>>,
}

#[async_trait]
impl KeyStore for MemoryKeyStore {
    async fn generate(&self, name: &str, spec: KeySpec) -> Result<Arc<dyn PrivateKey>> {
        if self.keys.lock().contains_key(name) {
            return Err(taken(name));
        }
        let key = SoftwareKey::generate(spec).await?;
        // Somebody may have taken the name meanwhile: his key stays.
        let mut keys = self.keys.lock();
        if keys.contains_key(name) {
            return Err(taken(name));
        }
        keys.insert(name.to_owned(), key.clone());
        Ok(key.shared())
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>> {
        Ok(self.keys.lock().get(name).cloned().map(SoftwareKey::shared))
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let removed = self.keys.lock().remove(name);
        removed.map(|_| ()).ok_or_else(|| missing(name))
    }

    async fn names(&self) -> Result<Vec<String>> {
        Ok(self.keys.lock().keys().cloned().collect())
    }
}

pub(super) fn taken(name: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, "generate key", "a key of this name exists; remove it first").with("key", name)
}

pub(super) fn missing(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, "remove key", "there is no key of this name").with("key", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_of_a_key_store() {
        crate::testing::conformance::key_store(&MemoryKeyStore::default()).await;
    }
}
