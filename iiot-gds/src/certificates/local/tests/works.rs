//! A plant with people, applications, a root, an issuing authority and a group.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::ManualClock;
use iiot_core::keys::{DecryptionAlgorithm, KeySpec, KeyStore, MemoryKeyStore, PrivateKey, SignatureAlgorithm};
use iiot_core::model::{Application, ApplicationDescription, ApplicationType, Approval, Record};
use iiot_core::operation::{Acting, Principal, Role};
use iiot_core::registry::{Expected, MemoryRegistry, RecordKey, RecordKind, RegistryExt};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::authority::AuthorityParts;
use crate::certificates::authorities::{CreateAuthorityRequest, NewAuthority};
use crate::certificates::groups::{PutGroupRequest, PutPolicyRequest};
use crate::certificates::proposals::{RecordedProposal, Votable, VoteRequest, Voted};
use crate::certificates::requests::{RecordedRequest, StartNewKeyPairRequest, StartSigningRequest};
use crate::certificates::{Certificates, CertificatesOptions, LocalCertificates};
use crate::model::{AuthorityKey, CertificateType, Der};
use crate::office::{Office, People};
use crate::policy::{ApprovalPolicy, CertificateGroup, Choice, CrlRules, OfficePolicy, PrivateKeyFormat, VotePolicy};
use crate::store::{DocumentQuery, MemoryStore, Store};

pub(super) const GROUP: &str = "DefaultApplicationGroup";
pub(super) const DAY: Duration = Duration::from_secs(86_400);
pub(super) const PASSWORD: &str = "canary: opens the key 4711";

pub(super) fn start() -> UtcTime {
    UtcTime::UNIX_EPOCH + DAY * 20_500
}

/// Who works there. Roles can be taken away.
#[derive(Debug, Default)]
pub(super) struct Staff(pub(super) Mutex<BTreeMap<String, Role>>);

impl People for Staff {
    fn role_of(&self, name: &str) -> Option<Role> {
        self.0.lock().get(name).copied()
    }
}

/// Keys of authorities that can be out of reach.
#[derive(Debug, Default)]
pub(super) struct Token {
    keys: MemoryKeyStore,
    pub(super) gone: Arc<AtomicBool>,
}

#[async_trait]
impl KeyStore for Token {
    async fn generate(&self, name: &str, spec: KeySpec) -> Result<Arc<dyn PrivateKey>> {
        self.keys.generate(name, spec).await
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>> {
        there(&self.gone)?;
        let key = self.keys.open(name).await?;
        Ok(key.map(|key| Arc::new(TokenKey { key, gone: Arc::clone(&self.gone) }) as _))
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.keys.remove(name).await
    }

    async fn names(&self) -> Result<Vec<String>> {
        self.keys.names().await
    }
}

/// Such a key: one that was opened before is out of reach too.
#[derive(Debug)]
struct TokenKey {
    key: Arc<dyn PrivateKey>,
    gone: Arc<AtomicBool>,
}

#[async_trait]
impl PrivateKey for TokenKey {
    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        there(&self.gone)?;
        self.key.sign(algorithm, data).await
    }

    async fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>> {
        there(&self.gone)?;
        self.key.decrypt(algorithm, block).await
    }
}

fn there(gone: &AtomicBool) -> Result<()> {
    let is_gone = gone.load(Ordering::SeqCst);
    if is_gone { Err(Error::new(ErrorKind::Unavailable, "use key", "the token was pulled out")) } else { Ok(()) }
}

/// What outlasts a process.
#[derive(Debug, Clone)]
pub(super) struct Works {
    pub(super) store: Arc<MemoryStore>,
    pub(super) token: Arc<Token>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) registry: Arc<MemoryRegistry>,
    pub(super) staff: Arc<Staff>,
}

impl Works {
    /// With people and applications, and no authority.
    pub(super) async fn new() -> Self {
        let works = Self {
            store: Arc::new(MemoryStore::new()),
            token: Arc::default(),
            clock: Arc::new(ManualClock::new(start())),
            registry: Arc::new(MemoryRegistry::new()),
            staff: Arc::default(),
        };
        for (name, role) in [
            ("rita", Role::Reader),
            ("otto", Role::Operator),
            ("olga", Role::Operator),
            ("anna", Role::Approver),
            ("ben", Role::Approver),
            ("ada", Role::Administrator),
            ("alan", Role::Administrator),
            ("amy", Role::Administrator),
        ] {
            works.staff.0.lock().insert(name.into(), role);
        }
        for name in ["press", "saw"] {
            works.enter(name, Approval::Approved, true).await;
        }
        works
    }

    pub(super) async fn enter(&self, name: &str, approval: Approval, enabled: bool) {
        let description = ApplicationDescription {
            application_uri: format!("urn:works:{name}"),
            application_name: name.to_owned(),
            locale: None,
            product_uri: "urn:maker".into(),
            application_type: ApplicationType::Server,
            gateway_server_uri: None,
            discovery_profile_uri: None,
            discovery_urls: vec![format!("opc.tcp://{name}.local:4840")],
            capabilities: Vec::new(),
        };
        let application = Application { approval, enabled, ..Application::new(description) };
        let key = RecordKey::new(RecordKind::Application, name);
        self.registry.put(&key, Record::Application(application), Expected::Any).await.unwrap();
    }

    pub(super) fn parts(&self) -> AuthorityParts {
        let (store, clock) = (Arc::<MemoryStore>::clone(&self.store), Arc::<ManualClock>::clone(&self.clock));
        AuthorityParts { store, keys: Arc::<Token>::clone(&self.token), clock }
    }

    /// A process on it.
    pub(super) async fn started(&self, options: CertificatesOptions) -> Process {
        let (registry, people) = (Arc::<MemoryRegistry>::clone(&self.registry), Arc::<Staff>::clone(&self.staff));
        let office = Office::open(self.parts(), registry, people).await.unwrap();
        let certificates = Arc::new(LocalCertificates::new(office, options));
        Process { works: self.clone(), certificates }
    }

    /// All that is written anywhere: documents of every kind and the audit record.
    pub(super) async fn written(&self) -> String {
        let mut text = String::new();
        for kind in ["authority", "group", "request", "proposal", "policy", "newKeyPair"] {
            let query = DocumentQuery { kind: kind.into(), limit: 1_000, ..DocumentQuery::default() };
            text.push_str(&format!("{:?}", self.store.documents(&query).await.unwrap()));
        }
        text.push_str(&format!("{:?}", self.store.audit(0, 1_000).await.unwrap()));
        text
    }

    pub(super) async fn actions(&self) -> Vec<String> {
        let entries = self.store.audit(0, 1_000).await.unwrap();
        let action = |text: &str| {
            serde_json::from_str::<serde_json::Value>(text).unwrap()["action"].as_str().unwrap().to_owned()
        };
        entries.iter().map(|entry| action(&entry.event)).collect()
    }
}

/// A process on the works.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) works: Works,
    pub(super) certificates: Arc<LocalCertificates>,
}

impl Process {
    /// A works with authorities and the default group, in which one approver has to agree.
    pub(super) async fn set_up() -> Self {
        let process = Works::new().await.started(options()).await;
        for (id, issuer) in [("root", None), ("plant", Some("root"))] {
            process.desk("ada").create_authority(authority(id, issuer, None)).await.unwrap();
        }
        process.put_group(group()).await;
        process
    }

    pub(super) async fn put_group(&self, group: CertificateGroup) {
        let current = self.certificates.office.authorities.group_on_record(&group.id).await.unwrap();
        let revision = current.map(|(_, revision)| revision);
        self.desk("ada").put_group(PutGroupRequest { group, revision, reason: String::new() }).await.unwrap();
    }

    /// The desk at which somebody stands, with the role that he has now.
    pub(super) fn desk(&self, name: &str) -> Arc<dyn Certificates> {
        let role = self.works.staff.role_of(name).unwrap_or(Role::Reader);
        self.certificates.acting_as(Principal::new(name, role))
    }

    /// It ends, and another one starts.
    pub(super) async fn restarted(self) -> Self {
        let options = self.certificates.options.clone();
        let works = self.works.clone();
        drop(self);
        works.started(options).await
    }

    pub(super) async fn ask(&self, name: &str, application: &str) -> RecordedRequest {
        let folder = tempfile::tempdir().unwrap();
        let request = signing(application, csr(folder.path(), &format!("urn:works:{application}")));
        self.desk(name).start_signing_request(request).await.unwrap()
    }

    /// Asks for a key pair for the press.
    pub(super) async fn ask_for_key(&self, name: &str, private_key_format: PrivateKeyFormat) -> RecordedRequest {
        self.desk(name).start_new_key_pair_request(new_key_pair(private_key_format)).await.unwrap()
    }

    pub(super) async fn vote_on(&self, name: &str, request: &RecordedRequest, choice: Choice) -> Result<Voted> {
        self.desk(name).vote(vote(Votable::Request, &request.request.id, request.digest.as_str(), choice)).await
    }

    pub(super) async fn vote_for(&self, name: &str, proposal: &RecordedProposal, choice: Choice) -> Result<Voted> {
        self.desk(name).vote(vote(Votable::Proposal, &proposal.proposal.id, proposal.digest.as_str(), choice)).await
    }

    /// From now on, two administrators must agree to changes, and two approvers to revocations.
    pub(super) async fn two_must_agree(&self) {
        let request = PutPolicyRequest { policy: two(), revision: None, reason: "four eyes".into() };
        self.desk("ada").put_policy(request).await.unwrap();
    }
}

pub(super) fn options() -> CertificatesOptions {
    CertificatesOptions { keys_ahead: 0, ..CertificatesOptions::default() }
}

pub(super) fn votes(needed: u32, role: Role) -> ApprovalPolicy {
    let needed = NonZeroU32::new(needed).unwrap();
    ApprovalPolicy::Votes(VotePolicy { needed, role, people: Vec::new(), valid_hours: 48 })
}

pub(super) fn two() -> OfficePolicy {
    OfficePolicy { changes: votes(2, Role::Administrator), revocations: votes(2, Role::Approver) }
}

pub(super) fn authority(id: &str, issuer: Option<&str>, replaces: Option<&str>) -> CreateAuthorityRequest {
    let authority = NewAuthority {
        id: id.into(),
        common_name: format!("Works {id}"),
        organization: "Works".into(),
        key: AuthorityKey::NistP256,
        issuer: issuer.map(Into::into),
        group: None,
        replaces: replaces.map(Into::into),
        valid_days: 3650,
        crl: CrlRules::default(),
        crl_urls: vec![format!("http://gds.local/{id}.crl")],
        issuer_urls: vec![format!("http://gds.local/{id}.cer")],
    };
    CreateAuthorityRequest { authority, reason: String::new() }
}

pub(super) fn group() -> CertificateGroup {
    CertificateGroup {
        certificate_types: vec![
            CertificateType::NistP256,
            CertificateType::RsaSha256,
            CertificateType::BrainpoolP256r1,
        ],
        ..CertificateGroup::default_application("plant")
    }
}

pub(super) fn signing(application: &str, certificate_request: Der) -> StartSigningRequest {
    let application = application.to_owned();
    StartSigningRequest { application, group: None, certificate_type: None, certificate_request }
}

pub(super) fn new_key_pair(private_key_format: PrivateKeyFormat) -> StartNewKeyPairRequest {
    StartNewKeyPairRequest {
        application: "press".into(),
        group: None,
        certificate_type: None,
        subject_name: String::new(),
        domain_names: Vec::new(),
        private_key_format,
    }
}

pub(super) fn vote(of: Votable, id: &str, digest: &str, choice: Choice) -> VoteRequest {
    VoteRequest { of, id: id.into(), choice, digest: digest.into(), reason: "looked at it".into() }
}

/// A signing request that OpenSSL has made.
pub(super) fn csr(folder: &Path, uri: &str) -> Der {
    let mut command = Command::new("openssl");
    command.args(["req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=x"]);
    command.args(["-outform", "DER", "-out", "csr.der", "-keyout", "key.pem"]);
    command.args(["-addext", &format!("subjectAltName=URI:{uri},DNS:elsewhere.local")]);
    let made = command.current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Der(std::fs::read(folder.join("csr.der")).unwrap())
}

/// Runs openssl with a password in its input.
pub(super) fn openssl(folder: &Path, arguments: &[&str], password: &str) -> std::result::Result<String, String> {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{password}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
