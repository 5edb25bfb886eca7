//! The manager dies at every transaction.

use std::collections::BTreeSet;

use super::works::{Works, desk, keep, view};
use crate::devices::device::DeviceState;
use crate::store::{CertificateQuery, Store as _};

/// A first push with a certificate takes fewer transactions.
const DEATHS: usize = 32;

#[tokio::test]
async fn a_device_is_managed_after_a_death_at_every_transaction() {
    let mut works = Works::new().await;
    works.rules.collect = std::time::Duration::ZERO;
    for commits in 1..=DEATHS {
        let id = format!("device-{commits}");
        let put = works.device(&id).await;
        desk(&works.devices(), "ann").put_device(put).await.unwrap();
        let dying = works.dying(commits).await;
        works.dies_or(&dying, commits, &id).await;
        drop(dying);

        let devices = works.devices();
        let keeper = keep(&devices);
        works
            .until("it is managed", async || {
                let state = view(&devices, &id).await.state;
                state == DeviceState::Managed && works.valid(&id).await.len() == 1
            })
            .await;
        keeper.stop().await;
        proved(&works, &id).await;
    }
    assert!(works.store.unfinished().await.unwrap().is_empty());
}

/// The device presents a certificate of its that is valid, and all others that were made for it are revoked.
async fn proved(works: &Works, id: &str) {
    let presented = works.plant.with(id, |device| device.presented.clone());
    let all = CertificateQuery { application: Some(id.into()), ..CertificateQuery::default() };
    let all = works.store.certificates(&all).await.unwrap();
    let valid: BTreeSet<&[u8]> =
        all.iter().filter(|one| one.revoked.is_none()).map(|one| one.certificate.as_slice()).collect();
    assert_eq!(valid, [presented.0.as_slice()].into(), "{id}");
    assert_eq!(all.len(), 1, "{id}: one certificate for one push");
}
