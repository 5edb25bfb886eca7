//! Devices of others that a keeper looks after, with authorities and a store of our own.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::clock::SystemClock;
use iiot_core::keys::{MemoryKeyStore, Passphrase, SecretBox};
use iiot_core::model::{Application, Approval, Record};
use iiot_core::operation::{Acting, Principal, Role};
use iiot_core::registry::{Expected, MemoryRegistry, RecordKey, RecordKind, RegistryExt};
use iiot_core::session::Secret;
use iiot_core::testing::{eventually, free_port};
use iiot_gds::authority::{AuthorityKey, AuthorityParts, AuthoritySpec, Issued};
use iiot_gds::devices::device::{
    DeviceIdentity, DeviceRequest, DeviceSettings, DeviceState, DeviceView, PutDeviceRequest,
};
use iiot_gds::devices::graph::PutTrustGraphRequest;
use iiot_gds::devices::{Devices, DevicesParts, Keeper, KeeperRules, LocalDevices, Password, REACH};
use iiot_gds::model::{Applicant, CertificateType, Der};
use iiot_gds::office::{Office as Works, People};
use iiot_gds::policy::{
    Approvable, ApprovalPolicy, Approved, CertificateGroup, CertificateRequest, CrlRules, Decision, PrivateKeyFormat,
    RequestState, Wanted, decide,
};
use iiot_gds::push::PinnedDial;
use iiot_gds::store::{MemoryStore, RevocationReason};
use iiot_gds::trust::{Party, Relation, TrustGraph};

use crate::setup::{DEVICE_URI, Office, PATIENCE};

const GROUP: &str = "DefaultApplicationGroup";

#[derive(Debug)]
struct Nobody;

impl People for Nobody {
    fn role_of(&self, _: &str) -> Option<Role> {
        None
    }
}

/// A plant with an authority below a root.
async fn works() -> Works {
    let (store, keys) = (Arc::new(MemoryStore::new()), Arc::new(MemoryKeyStore::default()));
    let parts = AuthorityParts { store, keys, clock: Arc::new(SystemClock) };
    let works = Works::open(parts, Arc::new(MemoryRegistry::new()), Arc::new(Nobody)).await.unwrap();
    for (id, issuer) in [("root", None), ("plant", Some("root"))] {
        let spec = AuthoritySpec {
            id: id.into(),
            common_name: format!("Works {id}"),
            organization: "Works".into(),
            key: AuthorityKey::Rsa2048,
            issuer: issuer.map(str::to_owned),
            group: None,
            replaces: None,
            valid_days: 365,
            crl: CrlRules::default(),
            crl_urls: Vec::new(),
            issuer_urls: Vec::new(),
            requester: "rita".into(),
        };
        works.authorities.create(approved(&spec)).await.unwrap();
    }
    let approval = ApprovalPolicy::Automatic;
    let group = CertificateGroup { approval, ..CertificateGroup::default_application("plant") };
    works.authorities.put_group(&group, "rita").await.unwrap();
    works
}

fn approved<T: Approvable + Clone + std::fmt::Debug>(subject: &T) -> Approved<T> {
    let now = iiot_core::time::UtcTime::from(std::time::SystemTime::now());
    match decide(&ApprovalPolicy::Automatic, subject, &[], |_| None, now) {
        Decision::Approved(approved) => approved,
        other => panic!("approved, not {other:?}"),
    }
}

async fn register(works: &Works, id: &str, uri: &str) {
    let description = serde_json::json!({ "applicationUri": uri, "applicationName": id,
        "applicationType": "clientAndServer", "discoveryUrls": ["opc.tcp://localhost:4840"] });
    let application = Application::new(serde_json::from_value(description).unwrap());
    let application = Application { approval: Approval::Approved, ..application };
    let key = RecordKey::new(RecordKind::Application, id);
    works.registry.put(&key, Record::Application(application), Expected::Absent).await.unwrap();
}

/// A client of somebody else whose certificate is of our authority; its key and certificate lie where it finds them.
async fn client(works: &Works, office: &Office, id: &str) -> Issued {
    let uri = format!("urn:iiot:test:{id}");
    register(works, id, &uri).await;
    office.authority.application(id, &uri);
    let folder = office.path().join("authority");
    let key = Command::new("openssl")
        .args(["pkey", "-pubout", "-outform", "DER", "-in"])
        .arg(folder.join(format!("{id}-key.pem")))
        .output()
        .unwrap()
        .stdout;
    let application = works.application(id).await.unwrap();
    let format = PrivateKeyFormat::Pem;
    let request = CertificateRequest {
        id: format!("request-{id}"),
        applicant: Applicant::of(id, &application),
        group: GROUP.into(),
        certificate_type: CertificateType::RsaSha256,
        requester: "rita".into(),
        at: works.clock.utc(),
        wanted: Wanted::NewKeyPair { subject_name: String::new(), domain_names: Vec::new(), format },
        state: RequestState::New,
    };
    works.authorities.submit(request.clone()).await.unwrap();
    let issued = works.authorities.issue(approved(&request), Some(&key)).await.unwrap();
    std::fs::write(folder.join(format!("{id}.der")), &issued.certificate).unwrap();
    issued
}

fn local(works: &Works, office: &Office) -> Arc<LocalDevices> {
    let secrets = SecretBox::new(Passphrase::new("plant").unwrap());
    let dial = Arc::new(PinnedDial::new(office.options()));
    let rules = KeeperRules {
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(5),
        poll: Duration::from_secs(1),
        ..KeeperRules::default()
    };
    Arc::new(LocalDevices::new(works.clone(), DevicesParts { rules, ..DevicesParts::new(dial, secrets, "test") }))
}

fn desk(devices: &Arc<LocalDevices>) -> Arc<dyn Devices> {
    devices.acting_as(Principal::new("ann", Role::Administrator))
}

async fn enter(devices: &Arc<LocalDevices>, url: &str, pin: Der) {
    let settings = DeviceSettings {
        endpoint_url: url.into(),
        identity: DeviceIdentity::UserName { user: "admin".into() },
        certificate_group: GROUP.into(),
        device_group: GROUP.into(),
        certificate_type: CertificateType::RsaSha256,
        manages_certificate: true,
        manages_trust_list: true,
        new_key: false,
        automatic: true,
    };
    let password = Some(Password(Secret::from("secret")));
    let put = PutDeviceRequest { device: "press".into(), revision: None, settings, password, pin: Some(pin) };
    desk(devices).put_device(put).await.unwrap();
}

async fn view(devices: &Arc<LocalDevices>) -> DeviceView {
    desk(devices).device(DeviceRequest { device: "press".into() }).await.unwrap()
}

async fn until(devices: &Arc<LocalDevices>, what: &str, is_so: impl Fn(&DeviceView) -> bool) -> DeviceView {
    let looked = eventually(PATIENCE, async || {
        let seen = view(devices).await;
        if is_so(&seen) { Ok(seen) } else { Err(seen) }
    });
    looked.await.unwrap_or_else(|seen| panic!("not in time: {what}: {seen:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_reaches_a_device_in_time_and_one_that_was_away_when_it_is_back() {
    let office = Office::new().await;
    let works = works().await;
    let pki = office.peers.certificates("pki", DEVICE_URI).unwrap();
    let manager = office.path().join("manager.der");
    let flags = ["--pki", pki.to_str().unwrap(), "--manager", manager.to_str().unwrap(), "--session-timeout", "5000"];
    let port = free_port();
    let (mut process, url) = office.peers.device(port, &flags).unwrap();
    register(&works, "press", DEVICE_URI).await;
    let (first, second) = (client(&works, &office, "first").await, client(&works, &office, "second").await);
    let allow = |id: &str| Relation::allow(Party::application(id), Party::application("press"));
    let graph = TrustGraph { relations: vec![allow("first"), allow("second")], ..TrustGraph::default() };
    let devices = local(&works, &office);
    desk(&devices).put_trust_graph(PutTrustGraphRequest { graph, revision: 0 }).await.unwrap();
    let knock = |id: &str, server: &Der| office.is_accepted(&url, server, id, &format!("urn:iiot:test:{id}"));

    // From the factory to managed.
    let factory = office.presented(&url).await;
    assert!(!knock("first", &factory));
    enter(&devices, &url, factory.clone()).await;
    let keeper = Keeper::start(Arc::clone(&devices));
    let is_managed = |seen: &DeviceView| seen.state == DeviceState::Managed;
    let managed = until(&devices, "the device is managed", is_managed).await;
    let own = managed.pin.unwrap().certificate;
    assert!(own != factory && office.presented(&url).await == own);
    assert!(knock("first", &own) && knock("second", &own));

    // A client is revoked, and the device refuses it in time.
    let number = managed.push.unwrap().number;
    let start = Instant::now();
    works.authorities.revoke("plant", &first.serial, RevocationReason::KeyCompromise, "ann").await.unwrap();
    let reached = |seen: &DeviceView| is_managed(seen) && seen.push.as_ref().is_some_and(|push| push.number > number);
    until(&devices, "the revocation has reached it", reached).await;
    assert!(start.elapsed() <= REACH, "{:?}", start.elapsed());
    println!("the revocation was read back after {:?}", start.elapsed());
    assert!(!knock("first", &own) && knock("second", &own));

    // One that is away is listed, and gets it when it is back.
    process.kill();
    works.authorities.revoke("plant", &second.serial, RevocationReason::KeyCompromise, "ann").await.unwrap();
    let listed = until(&devices, "it is listed", |seen| seen.state == DeviceState::Failed).await;
    assert!(listed.next_attempt.is_some() && listed.out_of_date_since.is_some(), "{listed:#?}");
    let (_process, _) = office.peers.device(port, &flags).unwrap();
    until(&devices, "it is back", is_managed).await;
    assert!(!knock("second", &own));
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_answers_good_and_keeps_nothing_is_told_of_and_never_managed() {
    let office = Office::new().await;
    let works = works().await;
    let libraries = office.peers.libraries().join("push");
    let flags = ["--libraries", libraries.to_str().unwrap()];
    let (_process, url) = office.peers.node("push_device.mjs", free_port(), &flags).unwrap();
    let pin = office.presented(&url).await;
    let certificate = iiot_core::ua::trust::leaf_of_chain(&pin.0).unwrap().0;
    register(&works, "press", &certificate.application_uri().unwrap()).await;
    let devices = local(&works, &office);
    enter(&devices, &url, pin).await;
    let keeper = Keeper::start(Arc::clone(&devices));
    let seen = until(&devices, "it is found out", |seen| seen.state == DeviceState::Deviating).await;
    assert!(!seen.push.unwrap().deviations.is_empty());
    assert!(seen.next_attempt.unwrap().since(works.clock.utc()) > Duration::from_secs(3000));
    keeper.stop().await;
    let entries = works.store.audit(0, 1000).await.unwrap();
    assert!(!entries.iter().any(|entry| entry.event.contains("device.managed")));
}
