//! What is not pushed, and who may not push.

use super::*;
use iiot_core::ErrorKind;

async fn failed(world: &World, access: &Access, order: Order, why: &str) -> Push {
    let push = world.push(access, order).await;
    assert_eq!(push.step, Step::Failed, "{push:?}");
    let trouble = push.trouble.clone().unwrap();
    assert!(trouble.message.contains(why), "{trouble:?}");
    push
}

#[tokio::test]
async fn nothing_is_pushed_to_a_device_with_another_certificate() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    world.plant.with("press", |device| device.presented = world.manager.clone());
    failed(&world, &access, order, "another certificate than the pinned one").await;
    world.plant.with("press", |device| assert!(device.calls.is_empty()));
}

#[tokio::test]
async fn nothing_is_pushed_without_encryption() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    world.plant.lies("press", &[Lie::HasNoEncryption]);
    failed(&world, &access, order, "no endpoint with encryption").await;
}

#[tokio::test]
async fn nothing_strong_goes_over_a_weak_channel() {
    let world = World::new().await;
    let (access, mut order) = world.device("press").await;
    order.certificate.as_mut().unwrap().certificate_type = CertificateType::NistP384;
    failed(&world, &access, order, "takes certificates of the types").await;

    let keys = [&world.plant.keys[0], &world.plant.keys[1]];
    let channel = Channel {
        policy: "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256".into(),
        is_encrypted: true,
        presented: Der(certificate(keys[0].as_ref(), "a").await),
        own: Der(certificate(keys[1].as_ref(), "b").await),
        certificate_types: Vec::new(),
    };
    assert_eq!(channel.strength(), 112, "two keys of RSA-2048");
    assert!(channel.objection(CertificateType::RsaSha256).is_none());
    assert!(channel.objection(CertificateType::NistP384).unwrap().contains("112 bits"));
    assert!(channel.too_weak_for(strength(crate::model::KeyAlgorithm::Rsa(4096))).is_some());
    assert_eq!(Channel { is_encrypted: false, ..channel }.strength(), 0);
}

#[tokio::test]
async fn the_manager_does_not_lock_itself_out() {
    let world = World::new().await;
    let (access, mut order) = world.device("press").await;
    order.lists.as_mut().unwrap().trusted_certificates.remove(0);
    failed(&world, &access, order, "refuse the manager itself").await;
    world.plant.with("press", |device| assert!(device.calls.is_empty()));
}

#[tokio::test]
async fn a_certificate_for_another_key_is_not_given_to_the_device() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    let other = Der(certificate(world.office.keys[2].as_ref(), "press").await);
    let wrong = IssueAnswer::Issued(Issued { certificate: other.clone(), issuers: Vec::new() });
    world.office.answers.lock().push(Ok(wrong));
    let push = failed(&world, &access, order, "for another key").await;
    assert_eq!(push.orphaned, [other]);
    world.plant.with("press", |device| assert!(!device.calls.contains(&"update")));
}

#[tokio::test]
async fn refusals_end_the_push_and_leave_nothing_behind() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    world.office.answers.lock().push(Ok(IssueAnswer::Refused("the URI is wrong".into())));
    failed(&world, &access, order, "the URI is wrong").await;

    let (access, order) = world.device("lathe").await;
    world.plant.lies("lathe", &[Lie::SendsNonsense]);
    failed(&world, &access, order, "else than PKCS #10").await;

    let (access, order) = world.device("mill").await;
    world.plant.lies("mill", &[Lie::RefusesLists]);
    failed(&world, &access, order, "BadUserAccessDenied").await;
    for device in ["press", "lathe", "mill"] {
        world.plant.with(device, |device| assert_eq!(device.lists.trusted_certificates.len(), 1));
    }
}

#[tokio::test]
async fn an_approval_is_waited_for_without_a_session() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    let hour = Duration::from_secs(3600);
    world.office.answers.lock().push(Ok(IssueAnswer::Pending { again: hour }));
    let waiting = world.push(&access, order).await;
    assert_eq!((waiting.step, waiting.claim.is_none()), (Step::Issue, true), "{waiting:?}");
    assert!(waiting.not_before.unwrap() > SystemClock.utc() + hour / 2);
    // Asked again only then.
    let still = world.pusher().run(&access).await.unwrap();
    assert_eq!(still.step, Step::Issue);

    let entry = world.book.load("press").await.unwrap().unwrap();
    let ready = Push { not_before: None, ..entry.push };
    world.book.save(&ready, Some(entry.revision)).await.unwrap();
    let done = world.pusher().run(&access).await.unwrap();
    assert!(done.is_managed(), "{done:?}");
    assert_eq!(world.office.issued.lock().len(), 1);
}

#[tokio::test]
async fn a_device_has_one_push_at_a_time() {
    let world = World::new().await;
    let (access, order) = world.device("press").await;
    let pusher = world.pusher();
    pusher.begin("press", order.clone()).await.unwrap();
    assert_eq!(pusher.begin("press", order.clone()).await.unwrap_err().kind(), ErrorKind::Conflict);

    let entry = world.book.load("press").await.unwrap().unwrap();
    let claim = Claim { by: "other".into(), until: SystemClock.utc() + PATIENCE };
    let claimed = Push { claim: Some(claim), ..entry.push };
    world.book.save(&claimed, Some(entry.revision)).await.unwrap();
    let error = pusher.run(&access).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Conflict && error.to_string().contains("other"), "{error}");
    let other = world.pusher_with(Arc::clone(&world.book) as Arc<dyn PushBook>, "other");
    assert!(other.run(&access).await.unwrap().is_managed(), "its holder goes on");

    let unknown = pusher.run(&super::access("nobody")).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_new_key_is_made_and_used() {
    let world = World::new().await;
    let (access, mut order) = world.device("press").await;
    order.certificate.as_mut().unwrap().new_key = true;
    let push = world.push(&access, order).await;
    assert!(push.is_managed(), "{push:?}");
    world.plant.with("press", |device| assert_eq!(device.key, 1));
}
