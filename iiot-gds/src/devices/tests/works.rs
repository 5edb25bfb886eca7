//! A plant of devices in memory, on real authorities and a store, in made-up time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::clock::{Clock, ManualClock, SystemClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, Passphrase, PrivateKey, SecretBox};
use iiot_core::model::{Application, Approval, Record};
use iiot_core::operation::{Acting, Principal, Role};
use iiot_core::registry::{Expected, MemoryRegistry, RecordKey, RecordKind, RegistryExt};
use iiot_core::testing::eventually;
use iiot_core::time::UtcTime;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::authority::{AuthorityKey, AuthorityParts, AuthoritySpec, Issued};
use crate::devices::device::{DeviceIdentity, DeviceSettings, DeviceView, PutDeviceRequest};
use crate::devices::graph::PutTrustGraphRequest;
use crate::devices::{Devices, DevicesParts, Keeper, KeeperRules, LocalDevices};
use crate::model::{Applicant, CertificateType, Der};
use crate::office::{Office, People};
use crate::policy::{
    Approvable, ApprovalPolicy, Approved, CertificateGroup, CertificateRequest, CrlRules, Decision, PrivateKeyFormat,
    RequestState, Wanted, decide,
};
use crate::push::Rules;
use crate::push::tests::{Plant, Signs, certificate};
use crate::store::{
    ArtefactName, AuditEntry, CertificateQuery, CertificateRecord, Committed, Document, DocumentQuery, MemoryStore,
    Reserved, Revocation, Store, Transaction,
};
use crate::trust::{Party, Relation, TrustGraph};

pub(super) const PATIENCE: Duration = Duration::from_secs(120);
pub(super) const GROUP: &str = "DefaultApplicationGroup";
/// The time that passes while a test looks once.
const TICK: Duration = Duration::from_millis(50);

static KEYS: OnceCell<[Arc<dyn PrivateKey>; 3]> = OnceCell::const_new();

#[derive(Debug)]
pub(super) struct Works {
    pub(super) office: Office,
    pub(super) clock: Arc<ManualClock>,
    pub(super) plant: Arc<Plant>,
    pub(super) store: MemoryStore,
    pub(super) keys: Arc<MemoryKeyStore>,
    pub(super) rules: KeeperRules,
}

/// All who have a name are approvers.
#[derive(Debug)]
struct Approvers;

impl People for Approvers {
    fn role_of(&self, _: &str) -> Option<Role> {
        Some(Role::Approver)
    }
}

async fn keys() -> [Arc<dyn PrivateKey>; 3] {
    let make = async || {
        let store = MemoryKeyStore::default();
        let mut keys = Vec::new();
        for name in ["manager", "device", "next"] {
            keys.push(store.generate(name, KeySpec::Rsa(2048)).await.unwrap());
        }
        <[_; 3]>::try_from(keys).unwrap()
    };
    KEYS.get_or_init(make).await.clone()
}

impl Works {
    /// A root, an authority below it, and a group that issues without votes.
    pub(super) async fn new() -> Self {
        let keys = keys().await;
        let clock = Arc::new(ManualClock::new(SystemClock.utc()));
        let manager = Der(certificate(keys[0].as_ref(), "urn:works:manager").await);
        let plant = Arc::new(Plant::new(manager, [Arc::clone(&keys[1]), Arc::clone(&keys[2])]));
        let (store, own) = (MemoryStore::new(), Arc::new(MemoryKeyStore::default()));
        let office = office(Arc::new(store.clone()), &own, &clock).await;
        let works = Self { office, clock, plant, store, keys: own, rules: KeeperRules::default() };
        for (id, issuer) in [("root", None), ("plant", Some("root"))] {
            works.office.authorities.create(approved(&spec(id, issuer))).await.unwrap();
        }
        works.put_group(ApprovalPolicy::Automatic).await;
        works
    }

    pub(super) async fn put_group(&self, approval: ApprovalPolicy) {
        let group = CertificateGroup { approval, ..CertificateGroup::default_application("plant") };
        self.office.authorities.put_group(&group, "rita").await.unwrap();
    }

    /// As a process begins: nothing is known but what is on record.
    pub(super) fn devices(&self) -> Arc<LocalDevices> {
        self.devices_of(self.office.clone())
    }

    fn devices_of(&self, office: Office) -> Arc<LocalDevices> {
        let secrets = SecretBox::new(Passphrase::new("plant").unwrap());
        let dial = Arc::clone(&self.plant) as Arc<_>;
        let push_rules = Rules { attempts: 2, settling: 2, first_pause_ms: 10, longest_pause_ms: 50 };
        let parts = DevicesParts { rules: self.rules, push_rules, ..DevicesParts::new(dial, secrets, "test") };
        Arc::new(LocalDevices::new(office, parts))
    }

    /// A process that dies when it has put so much on record.
    pub(super) async fn dying(&self, commits: usize) -> Arc<LocalDevices> {
        let store = Deadly { inner: self.store.clone(), left: AtomicUsize::new(commits) };
        let mut office = office(Arc::new(store), &self.keys, &self.clock).await;
        office.registry = Arc::clone(&self.office.registry);
        self.devices_of(office)
    }

    pub(super) async fn application(&self, id: &str) {
        let description = json!({ "applicationUri": format!("urn:works:{id}"), "applicationName": id,
            "applicationType": "clientAndServer", "discoveryUrls": [format!("opc.tcp://{id}.local:4840")] });
        let application = Application::new(serde_json::from_value(description).unwrap());
        let application = Application { approval: Approval::Approved, ..application };
        let key = RecordKey::new(RecordKind::Application, id);
        self.office.registry.put(&key, Record::Application(application), Expected::Absent).await.unwrap();
    }

    /// Whether an application may be used.
    pub(super) async fn enable(&self, id: &str, enabled: bool) {
        let application = Application { enabled, ..self.office.application(id).await.unwrap() };
        let key = RecordKey::new(RecordKind::Application, id);
        self.office.registry.put(&key, Record::Application(application), Expected::Any).await.unwrap();
    }

    /// A device from the factory, entered with its certificate.
    pub(super) async fn device(&self, id: &str) -> PutDeviceRequest {
        let keys = keys().await;
        self.application(id).await;
        let pin = Der(certificate(keys[1].as_ref(), &format!("urn:works:{id}")).await);
        self.plant.add(id, pin.clone());
        let signing = [Arc::clone(&keys[1]), Arc::clone(&keys[2])];
        let signs = Signs { keys: signing, application_uri: format!("urn:works:{id}") };
        self.plant.with(id, |device| device.signs = Some(signs));
        let settings = DeviceSettings {
            endpoint_url: format!("opc.tcp://{id}"),
            identity: DeviceIdentity::Anonymous,
            certificate_group: GROUP.into(),
            device_group: GROUP.into(),
            certificate_type: CertificateType::RsaSha256,
            manages_certificate: true,
            manages_trust_list: true,
            new_key: false,
            automatic: true,
        };
        PutDeviceRequest { device: id.into(), revision: None, settings, password: None, pin: Some(pin) }
    }

    /// A client that is no device, with a certificate.
    pub(super) async fn client(&self, id: &str) -> Issued {
        self.application(id).await;
        let application = self.office.application(id).await.unwrap();
        let format = PrivateKeyFormat::Pfx;
        let request = CertificateRequest {
            id: format!("request-{id}"),
            applicant: Applicant::of(id, &application),
            group: GROUP.into(),
            certificate_type: CertificateType::RsaSha256,
            requester: "rita".into(),
            at: self.clock.utc(),
            wanted: Wanted::NewKeyPair { subject_name: String::new(), domain_names: Vec::new(), format },
            state: RequestState::New,
        };
        self.office.authorities.submit(request.clone()).await.unwrap();
        let key = keys().await[2].public_key().to_vec();
        self.office.authorities.issue(approved(&request), Some(&key)).await.unwrap()
    }

    /// These clients may talk to these servers, and nobody else.
    pub(super) async fn allow(&self, pairs: &[(&str, &str)]) {
        let desk = desk(&self.devices(), "ann");
        let revision = desk.trust_graph(Default::default()).await.unwrap().revision;
        let allow =
            |(client, server): &(&str, &str)| Relation::allow(Party::application(*client), Party::application(*server));
        let graph = TrustGraph { relations: pairs.iter().map(allow).collect(), ..TrustGraph::default() };
        desk.put_trust_graph(PutTrustGraphRequest { graph, revision }).await.unwrap();
    }

    /// The certificates of an application that are valid.
    pub(super) async fn valid(&self, application: &str) -> Vec<CertificateRecord> {
        let query = CertificateQuery {
            application: Some(application.into()),
            revoked: Some(false),
            ..CertificateQuery::default()
        };
        self.store.certificates(&query).await.unwrap()
    }

    /// Lets time go by until this is so; returns how much went by.
    pub(super) async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
        let start = self.clock.utc();
        let looked = eventually(PATIENCE, async || {
            if is_so().await {
                return Ok(());
            }
            self.clock.advance(TICK);
            Err(())
        });
        assert!(looked.await.is_ok(), "not within {PATIENCE:?}: {what}");
        self.clock.utc().since(start)
    }

    /// Lets so much time go by, in steps that others can follow.
    pub(super) async fn pass(&self, time: Duration, step: Duration) {
        let end = self.clock.utc() + time;
        let over = eventually(PATIENCE, async || {
            self.clock.advance(step);
            if self.clock.utc() >= end { Ok(()) } else { Err(()) }
        });
        over.await.unwrap();
    }
}

pub(super) async fn view(devices: &Arc<LocalDevices>, id: &str) -> DeviceView {
    let request = crate::devices::device::DeviceRequest { device: id.into() };
    desk(devices, "ann").device(request).await.unwrap()
}

pub(super) fn desk(devices: &Arc<LocalDevices>, name: &str) -> Arc<dyn Devices> {
    devices.acting_as(Principal::new(name, Role::Administrator))
}

pub(super) fn keep(devices: &Arc<LocalDevices>) -> Keeper {
    Keeper::start(Arc::clone(devices))
}

async fn office(store: Arc<dyn Store>, keys: &Arc<MemoryKeyStore>, clock: &Arc<ManualClock>) -> Office {
    let (keys, clock) = (Arc::<MemoryKeyStore>::clone(keys), Arc::<ManualClock>::clone(clock));
    let parts = AuthorityParts { store, keys, clock };
    Office::open(parts, Arc::new(MemoryRegistry::new()), Arc::new(Approvers)).await.unwrap()
}

fn spec(id: &str, issuer: Option<&str>) -> AuthoritySpec {
    AuthoritySpec {
        id: id.into(),
        common_name: format!("Works {id}"),
        organization: "Works".into(),
        key: AuthorityKey::NistP256,
        issuer: issuer.map(Into::into),
        group: None,
        replaces: None,
        valid_days: 3650,
        crl: CrlRules::default(),
        crl_urls: Vec::new(),
        issuer_urls: Vec::new(),
        requester: "rita".into(),
    }
}

fn approved<T: Approvable + Clone + std::fmt::Debug>(subject: &T) -> Approved<T> {
    match decide(&ApprovalPolicy::Automatic, subject, &[], |_| None, SystemClock.utc()) {
        Decision::Approved(approved) => approved,
        other => panic!("approved, not {other:?}"),
    }
}

/// A store whose process is gone after so many transactions: who writes then waits for ever.
#[derive(Debug)]
struct Deadly {
    inner: MemoryStore,
    left: AtomicUsize,
}

#[async_trait]
impl Store for Deadly {
    async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>> {
        self.inner.document(kind, id).await
    }

    async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>> {
        self.inner.documents(query).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_err() {
            return std::future::pending().await;
        }
        let committed = self.inner.commit(transaction).await;
        // On record, and nobody is told.
        if left == Ok(1) { std::future::pending().await } else { committed }
    }

    async fn unfinished(&self) -> Result<Vec<Reserved>> {
        self.inner.unfinished().await
    }

    async fn reserved(&self, name: &ArtefactName) -> Result<Option<Reserved>> {
        self.inner.reserved(name).await
    }

    async fn certificates(&self, query: &CertificateQuery) -> Result<Vec<CertificateRecord>> {
        self.inner.certificates(query).await
    }

    async fn revoked(&self, issuer: &str, until_after: UtcTime) -> Result<Vec<Revocation>> {
        self.inner.revoked(issuer, until_after).await
    }

    async fn revocation_list(&self, issuer: &str) -> Result<Option<Reserved>> {
        self.inner.revocation_list(issuer).await
    }

    async fn last_number(&self, issuer: &str) -> Result<u64> {
        self.inner.last_number(issuer).await
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        self.inner.audit(after, limit).await
    }

    async fn audit_head(&self) -> Result<(u64, String)> {
        self.inner.audit_head().await
    }
}

impl Works {
    /// Whether a process has died.
    pub(super) async fn dies_or(&self, devices: &Arc<LocalDevices>, commits: usize, id: &str) {
        let start = self.store.audit_head().await.unwrap().0;
        let keeper = keep(devices);
        self.until("it dies, or has done all", async || {
            let done = self.store.audit_head().await.unwrap().0 - start;
            let entries = self.store.audit(start, 1000).await.unwrap();
            let is_managed = |entry: &AuditEntry| entry.event.contains("device.managed") && entry.event.contains(id);
            done as usize >= commits || entries.iter().any(is_managed)
        })
        .await;
        drop(keeper);
    }
}
