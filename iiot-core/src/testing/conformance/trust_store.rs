//! The contract of [`TrustStore`].

use crate::error::ErrorKind;
use crate::keys::{KeySpec, KeyStore, MemoryKeyStore};
use crate::time::UtcTime;
use crate::trust::{MAX_REJECTED, TrustLists, TrustStore};
use crate::ua::trust::{CertificateProfile, self_signed};

/// Checks an empty trust store. Panics where it does not keep the contract.
pub async fn trust_store(store: &dyn TrustStore) {
    let (a, b) = (certificate("a").await, certificate("b").await);
    assert_eq!(lists(store).await, TrustLists::default());
    assert!(rejected(store).await.is_empty());
    trusting_moves_out_of_the_rejected(store, &a, &b).await;
    distrusting_takes_back(store, &a, &b).await;
    rejected_ones_are_newest_first(store, &a, &b).await;
    rejected_ones_are_bounded(store).await;
}

/// A certificate (DER) with this common name.
pub async fn certificate(common_name: &str) -> Vec<u8> {
    let keys = MemoryKeyStore::default();
    let key = keys.generate("key", KeySpec::Rsa(2048)).await.expect("a key can be made");
    let profile = CertificateProfile {
        application_uri: "urn:conformance".into(),
        common_name: common_name.into(),
        organization: String::new(),
        dns_names: Vec::new(),
        ip_addresses: Vec::new(),
        valid_from: UtcTime::UNIX_EPOCH,
        valid_days: 1,
    };
    self_signed(key.as_ref(), &profile).await.expect("a certificate can be made")
}

async fn trusting_moves_out_of_the_rejected(store: &dyn TrustStore, a: &[u8], b: &[u8]) {
    store.reject(a).await.expect("a certificate can be refused");
    store.reject(b).await.expect("a second one can be refused");
    store.trust(a).await.expect("a refused one can be trusted");
    store.trust(a).await.expect("trusting again changes nothing");
    assert_eq!(lists(store).await.trusted_certificates, [a.to_vec()]);
    assert_eq!(rejected(store).await, [b.to_vec()]);
    store.trust(b).await.expect("a second one can be trusted");
    assert_eq!(lists(store).await.trusted_certificates.len(), 2);
}

async fn distrusting_takes_back(store: &dyn TrustStore, a: &[u8], b: &[u8]) {
    store.distrust(a).await.expect("a trusted one can be taken back");
    assert_eq!(lists(store).await.trusted_certificates, [b.to_vec()]);
    let error = store.distrust(a).await.expect_err("it is no longer trusted");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    store.distrust(b).await.expect("the other one can be taken back");
}

async fn rejected_ones_are_newest_first(store: &dyn TrustStore, a: &[u8], b: &[u8]) {
    for certificate in [a, b, a] {
        store.reject(certificate).await.expect("a certificate can be refused");
    }
    assert_eq!(rejected(store).await, [a.to_vec(), b.to_vec()], "refused again means newest again, and once");
}

/// A server that makes a new certificate for each try must not fill the disk.
async fn rejected_ones_are_bounded(store: &dyn TrustStore) {
    let template = certificate("flood").await;
    for number in 0..=MAX_REJECTED as u8 {
        let mut different = template.clone();
        *different.last_mut().expect("a certificate has bytes") ^= number.wrapping_add(1);
        store.reject(&different).await.expect("a certificate can be refused");
    }
    assert_eq!(rejected(store).await.len(), MAX_REJECTED);
}

async fn lists(store: &dyn TrustStore) -> TrustLists {
    store.lists().await.expect("the lists can be read")
}

async fn rejected(store: &dyn TrustStore) -> Vec<Vec<u8>> {
    store.rejected().await.expect("the rejected ones can be read")
}
