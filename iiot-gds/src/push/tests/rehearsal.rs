//! Predictions of who will refuse whom.

use iiot_core::ua::trust::TrustPolicy;

use super::*;

/// A device whose trust list and certificate are renewed, and peers around it.
struct Scene {
    rehearsal: Rehearsal,
    peers: Vec<RehearsalPeer>,
}

async fn peer(world: &World, name: &str, key: usize) -> RehearsalPeer {
    let chain = vec![Der(certificate(world.office.keys[key].as_ref(), name).await)];
    let lists = PushedLists { trusted_certificates: Vec::new(), ..PushedLists::default() };
    RehearsalPeer {
        name: name.into(),
        is_client: true,
        application_uri: name.into(),
        chain,
        lists: Some(lists),
        takes: Some(vec![CertificateType::RsaSha256]),
    }
}

/// Everybody trusts everybody, before and after.
async fn scene(world: &World, count: usize) -> Scene {
    let chain_now = vec![Der(certificate(world.office.keys[1].as_ref(), "press").await)];
    let chain = vec![Der(certificate(world.office.keys[1].as_ref(), "press").await)];
    let mut peers = Vec::new();
    for number in 0..count {
        let mut peer = peer(world, &format!("client-{number:03}"), 2).await;
        peer.lists.as_mut().unwrap().trusted_certificates = vec![chain[0].clone(), chain_now[0].clone()];
        peers.push(peer);
    }
    let trusted_certificates = peers.iter().map(|peer| peer.chain[0].clone()).collect();
    let lists = Some(PushedLists { trusted_certificates, ..PushedLists::default() });
    let rehearsal = Rehearsal { application_uri: "press".into(), chain, lists_now: lists.clone(), lists, chain_now };
    Scene { rehearsal, peers }
}

fn refusals(scene: &Scene) -> Vec<Refusal> {
    rehearse(&scene.rehearsal, &scene.peers, &TrustPolicy::default(), SystemClock.utc())
}

#[tokio::test]
async fn ten_of_two_hundred_are_predicted_to_fail_and_no_other() {
    let world = World::new().await;
    let mut scene = scene(&world, 200).await;
    assert!(refusals(&scene).is_empty());
    let mut planted = Vec::new();
    for number in (0..200).step_by(20) {
        planted.push(scene.peers[number].name.clone());
        plant(&mut scene, number);
    }
    let found = refusals(&scene);
    let names: Vec<String> = found.iter().map(|refusal| refusal.peer.clone()).collect();
    assert_eq!(names, planted);
    assert!(found.iter().all(|refusal| !refusal.is_so_already && !refusal.remedy.is_empty()), "{found:#?}");
    let statuses: Vec<&str> = found.iter().map(|refusal| refusal.status.as_str()).collect();
    assert_eq!(statuses[..3], ["BadCertificateUntrusted", "BadCertificateUntrusted", "BadSecurityPolicyRejected"]);
    assert_eq!(found.iter().filter(|refusal| refusal.by == RefusedBy::Device).count(), 4);
}

/// In turn: the device forgets the peer, the peer does not know the new certificate, it knows no RSA.
fn plant(scene: &mut Scene, number: usize) {
    let (peer, chain) = (&mut scene.peers[number], &scene.rehearsal.chain);
    match number / 20 % 3 {
        0 => scene.rehearsal.lists.as_mut().unwrap().trusted_certificates.retain(|entry| *entry != peer.chain[0]),
        1 => peer.lists.as_mut().unwrap().trusted_certificates.retain(|entry| *entry != chain[0]),
        _ => {
            peer.takes = Some(vec![CertificateType::NistP256]);
            // It could not deal with the certificate before either, but nobody knows which that was.
            scene.rehearsal.chain_now.clear();
        }
    }
}

#[tokio::test]
async fn what_fails_already_is_told_as_such() {
    let world = World::new().await;
    let mut scene = scene(&world, 1).await;
    scene.rehearsal.lists_now = Some(PushedLists::default());
    scene.rehearsal.lists = Some(PushedLists::default());
    scene.peers[0].application_uri = "urn:somebody:else".into();
    scene.peers[0].takes = Some(Vec::new());
    let found = refusals(&scene);
    assert_eq!(found.len(), 2, "both sides refuse: {found:#?}");
    assert!(found.iter().all(|refusal| refusal.is_so_already), "{found:#?}");
}

#[tokio::test]
async fn what_is_not_known_is_not_judged() {
    let world = World::new().await;
    let mut scene = scene(&world, 1).await;
    scene.rehearsal.lists = None;
    scene.peers[0].lists = None;
    scene.peers[0].takes = None;
    assert!(refusals(&scene).is_empty());
}
