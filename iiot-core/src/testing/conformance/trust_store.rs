//! The contract of [`TrustStore`].

use std::time::Duration;

use crate::error::ErrorKind;
use crate::keys::{KeySpec, KeyStore, MemoryKeyStore};
use crate::testing::within;
use crate::time::UtcTime;
use crate::trust::{MAX_REJECTED, TrustLists, TrustRevision, TrustStore, TrustStoreExt};
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
    refused_ones_are_accepted_by_thumbprint(store, &a).await;
    changes_are_told(store, &b).await;
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
    store.reject(a, "a is wrong").await.expect("a certificate can be refused");
    store.reject(b, "b is wrong").await.expect("a second one can be refused");
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
        store.reject(certificate, "it is wrong").await.expect("a certificate can be refused");
    }
    assert_eq!(rejected(store).await, [a.to_vec(), b.to_vec()], "refused again means newest again, and once");
}

/// A server that makes a new certificate for each try must not fill the disk.
async fn rejected_ones_are_bounded(store: &dyn TrustStore) {
    let template = certificate("flood").await;
    for number in 0..=MAX_REJECTED as u8 {
        let mut different = template.clone();
        *different.last_mut().expect("a certificate has bytes") ^= number.wrapping_add(1);
        store.reject(&different, "it is new").await.expect("a certificate can be refused");
    }
    assert_eq!(rejected(store).await.len(), MAX_REJECTED);
}

async fn refused_ones_are_accepted_by_thumbprint(store: &dyn TrustStore, a: &[u8]) {
    store.reject(a, "nobody trusts it").await.expect("a certificate can be refused");
    store.reject(a, "it has expired").await.expect("it can be refused again");
    let rejection = store.rejections().await.expect("the refused ones can be listed").remove(0);
    assert_eq!((rejection.finding.as_str(), rejection.subject.as_str()), ("it has expired", "CN=a"));
    assert_eq!(rejection.application_uri.as_deref(), Some("urn:conformance"));
    let error = store.accept("00").await.expect_err("there is none with this thumbprint");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let lower = rejection.thumbprint.to_lowercase();
    let typed = format!("{}:{} {}", &lower[..2], &lower[2..4], &lower[4..]);
    let accepted = store.accept(&typed).await.expect("it is accepted as people write thumbprints");
    assert_eq!(accepted.certificate, a);
    assert_eq!(lists(store).await.trusted_certificates, [a.to_vec()]);
    assert!(!rejected(store).await.contains(&a.to_vec()), "what is trusted is no longer refused");
}

async fn changes_are_told(store: &dyn TrustStore, b: &[u8]) {
    let first = revision(store, None).await;
    store.reject(b, "nobody trusts it").await.expect("a certificate can be refused");
    assert_eq!(revision(store, None).await, first, "what is refused decides nothing");
    let (second, trusted) = futures::join!(revision(store, Some(first)), store.trust(b));
    trusted.expect("it can be trusted");
    assert_ne!(second, first, "who waited is told");
    store.distrust(b).await.expect("it can be taken back");
    assert_ne!(revision(store, Some(second)).await, second, "who comes later is told too");
}

async fn revision(store: &dyn TrustStore, seen: Option<TrustRevision>) -> TrustRevision {
    let changed = within("the lists differ from those seen", Duration::from_secs(10), store.changed(seen));
    changed.await.expect("the lists can be watched")
}

async fn lists(store: &dyn TrustStore) -> TrustLists {
    store.lists().await.expect("the lists can be read")
}

async fn rejected(store: &dyn TrustStore) -> Vec<Vec<u8>> {
    let rejected = store.rejected().await.expect("the rejected ones can be read");
    rejected.into_iter().map(|rejected| rejected.certificate).collect()
}
