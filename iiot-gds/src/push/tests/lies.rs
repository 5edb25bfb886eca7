//! A device is believed what it shows.

use super::*;

#[tokio::test]
async fn an_honest_device_is_managed() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    let push = world.push(&access, order.clone()).await;
    assert!(push.is_managed(), "{push:?}");
    assert!(push.deviations.is_empty() && push.orphaned.is_empty() && push.roll_back.is_none());
    let issued = push.issued.unwrap();
    world.plant.with("press", |device| {
        assert_eq!(device.presented, issued.certificate);
        assert_eq!(Some(&device.lists), order.lists.as_ref());
        assert_eq!(
            device.calls,
            ["read", "write", "request", "update", "apply", "read"],
            "lists come before certificates"
        );
    });
}

#[tokio::test]
async fn every_lie_is_told_and_no_liar_is_managed() {
    let world = World::new().await;
    let cases = [
        (Lie::KeepsLists, "TrustedCertificates", None),
        (Lie::DropsRevocationLists, "TrustedCrls", Some(RollBack::Done)),
        (Lie::AddsAnEntry, "IssuerCertificates", None),
        (Lie::KeepsCertificate, "certificate with SHA-256", Some(RollBack::Done)),
        (Lie::PresentsHalf, "certificate with SHA-256", Some(RollBack::Done)),
        (Lie::PresentsAnother, "certificate with SHA-256", None),
        (Lie::SaysNothing, "ApplyChangesRequired", None),
        (Lie::HasNothingToDo, "changes to apply", None),
        (Lie::DiesAtApply, "shows what was pushed", None),
    ];
    for (number, (lie, expected, roll_back)) in cases.into_iter().enumerate() {
        let name = format!("device-{number}");
        let (access, order) = world.device(&name).await;
        world.plant.lies(&name, &[lie]);
        let push = world.push(&access, order).await;
        assert_eq!(push.step, Step::Deviating, "{lie:?}: {push:?}");
        let told = push.deviations.iter().any(|deviation| deviation.expected.contains(expected));
        assert!(told, "{lie:?}: {:?}", push.deviations);
        if let Some(roll_back) = roll_back {
            assert_eq!(push.roll_back, Some(roll_back), "{lie:?}");
            let lists = world.plant.with(&name, |device| device.lists.clone());
            assert_eq!(Some(lists), push.saved, "{lie:?}: the old trust list is back");
        }
    }
}

#[tokio::test]
async fn a_device_that_adds_to_every_list_cannot_be_rolled_back() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    world.plant.lies("press", &[Lie::AddsAnEntry]);
    let push = world.push(&access, order).await;
    assert!(
        matches!(&push.roll_back, Some(RollBack::Failed { because }) if because.contains("unexpected")),
        "{push:?}"
    );
}

#[tokio::test]
async fn a_certificate_that_is_not_used_is_told_of() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    world.plant.lies("press", &[Lie::KeepsCertificate]);
    let push = world.push(&access, order).await;
    let issued: Vec<Der> = world.office.issued.lock().iter().map(|(_, issued)| issued.certificate.clone()).collect();
    assert_eq!(push.orphaned, issued);
}

#[tokio::test]
async fn slow_devices_and_those_that_cut_the_connection_are_managed() {
    let world = World::new().await;
    for (name, lie) in [("slow", Lie::IsSlow), ("curt", Lie::CutsAtApply), ("busy", Lie::IsBusy)] {
        let (access, order) = world.device(name).await;
        world.plant.lies(name, &[lie]);
        let push = world.push(&access, order).await;
        assert!(push.is_managed(), "{name}: {push:?}");
        assert_eq!(world.office.issued.lock().iter().filter(|(asked, _)| asked.device == name).count(), 1);
    }
}

#[tokio::test]
async fn a_second_push_changes_the_trust_list_alone() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    let first = world.push(&access, order.clone()).await;
    let mut next = Order { pin: first.wanted_certificate().clone(), certificate: None, ..order };
    next.lists.as_mut().unwrap().trusted_crls.push(Der(vec![3]));
    let second = world.push(&access, next.clone()).await;
    assert!(second.is_managed() && second.number == 2, "{second:?}");
    world.plant.with("press", |device| assert_eq!(Some(&device.lists), next.lists.as_ref()));
}
