//! Keys that are made ahead of time, for whoever asks for a new key pair.

use std::sync::Arc;

use iiot_core::keys::{KeySpec, PortableKey};
use iiot_core::ua::StatusCode;
use iiot_core::{ErrorKind, Result};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::error;
use crate::model::{CertificateType, Curve, KeyAlgorithm};
use crate::policy::KeyRules;

/// Makes keys ahead of time, so that nobody waits for the seconds that a long RSA key takes. They lie in memory only.
#[derive(Debug)]
pub(super) struct KeyPool {
    stock: Arc<Stock>,
    making: Option<AbortHandle>,
}

#[derive(Debug)]
struct Stock {
    /// So many of each kind.
    ahead: usize,
    made: Mutex<Vec<(KeySpec, Vec<PortableKey>)>>,
    taken: Notify,
}

impl KeyPool {
    /// An empty one, which is filled by a task if there is a runtime: with RSA keys of 2048 bits at first, and with what was
    /// asked for since.
    pub(super) fn new(ahead: usize) -> Self {
        let made = Mutex::new(vec![(KeySpec::Rsa(2048), Vec::new())]);
        let stock = Arc::new(Stock { ahead, made, taken: Notify::new() });
        let runtime = tokio::runtime::Handle::try_current().ok().filter(|_| ahead > 0);
        let making = runtime.map(|runtime| runtime.spawn(fill(Arc::clone(&stock))).abort_handle());
        Self { stock, making }
    }

    /// A key that nobody else has: one that was made ahead, else one that is made now.
    pub(super) async fn take(&self, spec: KeySpec) -> Result<PortableKey> {
        let ready = self.stock.take(spec);
        self.stock.taken.notify_one();
        match ready {
            Some(key) => Ok(key),
            None => PortableKey::generate(spec).await,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.stock.made.lock().iter().map(|(_, keys)| keys.len()).sum()
    }
}

impl Drop for KeyPool {
    fn drop(&mut self) {
        self.making.iter().for_each(AbortHandle::abort);
    }
}

impl Stock {
    fn take(&self, spec: KeySpec) -> Option<PortableKey> {
        let mut made = self.made.lock();
        match made.iter_mut().find(|(kind, _)| *kind == spec) {
            Some((_, keys)) => keys.pop(),
            None => {
                made.push((spec, Vec::new()));
                None
            }
        }
    }

    /// What there is too little of.
    fn wanted(&self) -> Option<KeySpec> {
        self.made.lock().iter().find(|(_, keys)| keys.len() < self.ahead).map(|(spec, _)| *spec)
    }

    fn add(&self, spec: KeySpec, key: PortableKey) {
        let mut made = self.made.lock();
        made.iter_mut().filter(|(kind, _)| *kind == spec).for_each(|(_, keys)| keys.push(key.clone()));
    }
}

async fn fill(stock: Arc<Stock>) {
    loop {
        match stock.wanted() {
            None => stock.taken.notified().await,
            Some(spec) => match PortableKey::generate(spec).await {
                Ok(key) => stock.add(spec, key),
                Err(error) => {
                    tracing::warn!(error = %error.report(), "no key could be made ahead of time");
                    stock.taken.notified().await;
                }
            },
        }
    }
}

/// The key that a certificate of this type gets by these rules: the shortest that is good enough.
pub(super) fn spec(kind: CertificateType, rules: &KeyRules) -> Result<KeySpec> {
    let rsa = [2048, 3072, 4096].into_iter().find(|bits| (rules.least_rsa_bits..=rules.most_rsa_bits).contains(bits));
    let rsa = rsa.map(|bits| KeySpec::Rsa(bits as usize)).filter(|_| kind.allows(KeyAlgorithm::Rsa(2048)));
    let is_wanted = |curve: Curve| rules.curves.contains(&curve) && kind.allows(KeyAlgorithm::Ec(curve));
    let fitting = rsa.or_else(|| CURVES.into_iter().find(|(curve, _)| is_wanted(*curve)).map(|(_, spec)| spec));
    fitting.ok_or_else(|| {
        let message = "no key that can be made here fits this type and the rules of the group: send a signing request";
        error(ErrorKind::InvalidArgument, "request key pair", message)
            .with_status(StatusCode::BadInvalidArgument)
            .with("type", format!("{kind:?}"))
    })
}

/// The curves that keys are made on here.
#[cfg(not(feature = "brainpool"))]
const CURVES: [(Curve, KeySpec); 2] = [(Curve::NistP256, KeySpec::NistP256), (Curve::NistP384, KeySpec::NistP384)];
#[cfg(feature = "brainpool")]
const CURVES: [(Curve, KeySpec); 4] = [
    (Curve::NistP256, KeySpec::NistP256),
    (Curve::NistP384, KeySpec::NistP384),
    (Curve::BrainpoolP256r1, KeySpec::BrainpoolP256r1),
    (Curve::BrainpoolP384r1, KeySpec::BrainpoolP384r1),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use iiot_core::testing::wait_until;

    use super::*;

    #[tokio::test]
    async fn keys_are_ready_before_they_are_asked_for_and_given_once() {
        let pool = KeyPool::new(2);
        wait_until("two keys", Duration::from_secs(60), || pool.len() == 2).await;
        let (one, other) = (pool.take(KeySpec::Rsa(2048)).await.unwrap(), pool.take(KeySpec::Rsa(2048)).await.unwrap());
        assert_ne!(one.public_key(), other.public_key());
        pool.take(KeySpec::NistP256).await.unwrap();
        wait_until("two of each kind", Duration::from_secs(60), || pool.len() == 4).await;
    }

    #[tokio::test]
    async fn an_empty_pool_makes_keys_when_they_are_asked_for() {
        let pool = KeyPool::new(0);
        pool.take(KeySpec::NistP384).await.unwrap();
        assert_eq!(pool.len(), 0);
    }

    #[test]
    fn the_shortest_key_that_is_good_enough_is_made() {
        let rules = KeyRules::default();
        let long = KeyRules { least_rsa_bits: 2560, ..KeyRules::default() };
        assert_eq!(spec(CertificateType::RsaSha256, &rules).unwrap(), KeySpec::Rsa(2048));
        assert_eq!(spec(CertificateType::Https, &long).unwrap(), KeySpec::Rsa(3072));
        assert_eq!(spec(CertificateType::NistP256, &rules).unwrap(), KeySpec::NistP256);
        assert_eq!(spec(CertificateType::NistP384, &rules).unwrap(), KeySpec::NistP384);
        let brainpool = spec(CertificateType::BrainpoolP256r1, &rules).ok();
        assert_eq!(brainpool, cfg!(feature = "brainpool").then_some(KeySpec::BrainpoolP256r1));
        let none = KeyRules { curves: Vec::new(), ..rules };
        assert!(spec(CertificateType::NistP256, &none).is_err());
    }
}
