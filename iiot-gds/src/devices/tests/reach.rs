//! What changes reaches the devices.

use std::time::Duration;

use super::works::{Works, keep, view};
use crate::devices::REACH;
use crate::devices::device::{DeviceState, PushRequest};
use crate::model::Der;
use crate::push::tests::Lie;
use crate::store::{RevocationReason, Store as _};

const HOUR: Duration = Duration::from_secs(3600);

async fn managed(works: &Works, devices: &std::sync::Arc<crate::devices::LocalDevices>, id: &str) {
    works.until("the device is managed", async || view(devices, id).await.state == DeviceState::Managed).await;
}

fn trusts(works: &Works, id: &str, certificate: &[u8]) -> bool {
    works.plant.with(id, |device| device.lists.trusted_certificates.contains(&Der(certificate.to_vec())))
}

#[tokio::test]
async fn a_revoked_client_is_out_of_the_trust_list_in_time() {
    let works = Works::new().await;
    let mes = works.client("mes").await;
    works.allow(&[("mes", "press")]).await;
    let devices = works.devices();
    let press = works.device("press").await;
    let factory = press.pin.clone().unwrap();
    super::works::desk(&devices, "ann").put_device(press).await.unwrap();
    let _keeper = keep(&devices);
    managed(&works, &devices, "press").await;
    assert!(trusts(&works, "press", &mes.certificate));
    let presented = works.plant.with("press", |device| device.presented.clone());
    assert_ne!(presented, factory);
    assert_eq!(works.valid("press").await.iter().map(|one| &one.certificate).collect::<Vec<_>>(), [&presented.0]);

    // Nobody tells the keeper: it finds out by itself.
    works.office.authorities.revoke("plant", &mes.serial, RevocationReason::KeyCompromise, "ann").await.unwrap();
    let newest = Der(works.office.authorities.revocation_list("plant").await.unwrap().unwrap());
    let reached = works
        .until("the device trusts it no longer", async || {
            let has_list = works.plant.with("press", |device| device.lists.issuer_crls.contains(&newest));
            has_list && !trusts(&works, "press", &mes.certificate)
        })
        .await;
    assert!(reached <= REACH, "{reached:?}");
    managed(&works, &devices, "press").await;
    assert_eq!(devices.figures().by_state, [(DeviceState::Managed, 1)].into());
}

#[tokio::test]
async fn a_device_that_is_away_is_listed_and_gets_it_when_it_is_back() {
    let mut works = Works::new().await;
    (works.rules.first_pause, works.rules.longest_pause) = (Duration::from_secs(1), Duration::from_secs(8));
    let mes = works.client("mes").await;
    works.allow(&[("mes", "press")]).await;
    let mut devices = works.devices();
    super::works::desk(&devices, "ann").put_device(works.device("press").await).await.unwrap();
    let mut keeper = keep(&devices);
    managed(&works, &devices, "press").await;
    works.plant.with("press", |device| device.is_gone = true);
    works.office.authorities.revoke("plant", &mes.serial, RevocationReason::KeyCompromise, "ann").await.unwrap();
    for life in 0..3 {
        let failures = 2 * life + 2;
        works.until("the device is listed", async || view(&devices, "press").await.failures >= failures).await;
        let seen = view(&devices, "press").await;
        assert!(matches!(seen.state, DeviceState::Failed | DeviceState::Pushing), "{seen:?}");
        assert!(seen.out_of_date_since.is_some(), "{seen:?}");
        assert!(seen.differences.iter().any(|sentence| sentence.contains("the device is away")), "{seen:?}");
        assert!(seen.differences.iter().any(|sentence| sentence.contains("no longer trusted")), "{seen:?}");
        // Another process goes on.
        keeper.stop().await;
        devices = works.devices();
        keeper = keep(&devices);
    }
    assert!(trusts(&works, "press", &mes.certificate), "it has the old list");
    works.plant.with("press", |device| device.is_gone = false);
    let back = works.until("the device trusts it no longer", async || !trusts(&works, "press", &mes.certificate)).await;
    assert!(back <= works.rules.longest_pause + REACH, "{back:?}");
    managed(&works, &devices, "press").await;
    assert_eq!(view(&devices, "press").await.failures, 0);
    keeper.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_ends_the_old_one_and_then_it_is_quiet() {
    let mut works = Works::new().await;
    works.rules.collect = Duration::from_secs(120);
    let devices = works.devices();
    let desk = super::works::desk(&devices, "ann");
    for id in ["press", "oven"] {
        desk.put_device(works.device(id).await).await.unwrap();
    }
    works.allow(&[("press", "oven")]).await;
    let keeper = keep(&devices);
    for id in ["press", "oven"] {
        managed(&works, &devices, id).await;
    }
    let old = works.plant.with("press", |device| device.presented.clone());
    desk.push(PushRequest { device: "press".into(), renew: true }).await.unwrap();
    works
        .until("the old certificate is revoked", async || {
            let valid = works.valid("press").await;
            valid.len() == 1 && valid[0].certificate != old.0
        })
        .await;
    let new = works.plant.with("press", |device| device.presented.clone());
    works
        .until("the oven knows the new one alone", async || {
            trusts(&works, "oven", &new.0) && !trusts(&works, "oven", &old.0)
        })
        .await;
    for id in ["press", "oven"] {
        managed(&works, &devices, id).await;
    }
    let numbers = async || {
        let press = view(&devices, "press").await.push.unwrap().number;
        (press, view(&devices, "oven").await.push.unwrap().number)
    };
    let before = numbers().await;
    // Revocation lists are made anew meanwhile, every day.
    works.pass(HOUR * 72, HOUR).await;
    assert_eq!(numbers().await, before, "nothing is pushed for the date of a revocation list");
    assert!(before.0 <= 6 && before.1 <= 6, "{before:?}");
    keeper.stop().await;
}

#[tokio::test]
async fn a_device_that_lies_is_never_managed_and_gets_few_certificates() {
    let works = Works::new().await;
    let devices = works.devices();
    super::works::desk(&devices, "ann").put_device(works.device("liar").await).await.unwrap();
    works.plant.lies("liar", &[Lie::KeepsCertificate]);
    let keeper = keep(&devices);
    works.until("it is found out", async || view(&devices, "liar").await.state == DeviceState::Deviating).await;
    let seen = view(&devices, "liar").await;
    assert!(!seen.push.as_ref().unwrap().deviations.is_empty(), "{seen:?}");
    assert!(seen.next_attempt.unwrap() >= seen.push.unwrap().since + HOUR, "it is not tried all the time");
    works.pass(HOUR * 20, Duration::from_secs(300)).await;
    let entries = works.store.audit(0, 1000).await.unwrap();
    assert!(!entries.iter().any(|entry| entry.event.contains("device.managed")));
    let query = crate::store::CertificateQuery { application: Some("liar".into()), ..Default::default() };
    let made = works.store.certificates(&query);
    let made = made.await.unwrap().len();
    assert!((1..=6).contains(&made), "{made} certificates in 20 hours");
    keeper.stop().await;
}
