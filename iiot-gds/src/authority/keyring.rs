//! The keys of authorities, opened once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::Result;
use iiot_core::keys::KeyStore;
use parking_lot::Mutex;

use super::SigningKey;
use crate::pki::Issuer;

/// Keys that were opened before. To open one takes long: with a passphrase a tenth of a second, in a token several questions.
///
/// After an hour one is opened again, so that a key whose file is gone is noticed before a restart needs it.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    held: Mutex<BTreeMap<String, (Instant, Arc<SigningKey>)>>,
    /// One is opened at a time, so that many who need the same one open it once.
    opening: tokio::sync::Mutex<()>,
}

impl Keyring {
    /// The key of this name, of the authority with this certificate (DER); without one, that of a root in the making.
    pub(super) async fn get(
        &self,
        keys: &dyn KeyStore,
        name: &str,
        certificate: Option<&[u8]>,
        now: Instant,
    ) -> Result<Arc<SigningKey>> {
        let Some(certificate) = certificate else { return SigningKey::open(keys, name, None).await.map(Arc::new) };
        if let Some(key) = self.held(name, certificate, now) {
            return Ok(key);
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(key) = self.held(name, certificate, now) {
            return Ok(key);
        }
        let key = Arc::new(SigningKey::open(keys, name, Some(Issuer::of(certificate)?)).await?);
        self.held.lock().insert(name.to_owned(), (now, Arc::clone(&key)));
        Ok(key)
    }

    /// It is opened again when it is needed next.
    pub(super) fn forget(&self, name: &str) {
        self.held.lock().remove(name);
    }

    fn held(&self, name: &str, certificate: &[u8], now: Instant) -> Option<Arc<SigningKey>> {
        let held = self.held.lock();
        let (since, key) = held.get(name)?;
        let stands = now.saturating_duration_since(*since) < HELD && key.is_of(certificate);
        stands.then(|| Arc::clone(key))
    }
}

const HELD: Duration = Duration::from_secs(3600);
