//! A certificate manager whose tokens are API keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::Result;
use iiot_core::access::ApiKeys;
use iiot_core::clock::{Clock, ManualClock};
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey};
use iiot_core::model::{ApplicationDescription, ApplicationType};
use iiot_core::operation::{Acting, Principal, Role};
use iiot_core::registry::MemoryRegistry;
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::{RequestedNames, signing_request};
use iiot_gds::authority::{AuthorityKey, AuthorityParts, AuthoritySpec};
use iiot_gds::enrolment::{
    EnrollRequest, EnrollResponse, Enrolled, Enrolment, EnrolmentOptions, InviteRequest, Invited, IssuedCertificate,
    LocalEnrolment, Token,
};
use iiot_gds::model::{CertificateType, Der};
use iiot_gds::office::{Office, People};
use iiot_gds::policy::{
    Approvable, ApprovalPolicy, Approved, CertificateGroup, Choice, CrlRules, Decision, Vote, decide,
};
use iiot_gds::store::{AuditEntry, MemoryStore, Store};
use parking_lot::Mutex;
use tempfile::TempDir;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Everything of a certificate manager, on made-up time.
#[derive(Debug)]
pub(crate) struct Works {
    pub(crate) office: Office,
    pub(crate) enrolment: Arc<LocalEnrolment>,
    pub(crate) keys: Arc<ApiKeys>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: TempDir,
}

/// Who has which role.
#[derive(Debug, Default)]
struct Staff(Mutex<BTreeMap<String, Role>>);

impl People for Staff {
    fn role_of(&self, name: &str) -> Option<Role> {
        self.0.lock().get(name).copied()
    }
}

impl Works {
    /// One whose group issues at once.
    pub(crate) async fn start() -> Self {
        Self::with(ApprovalPolicy::Automatic, Arc::new(MemoryStore::new())).await
    }

    /// One where a person must agree.
    pub(crate) async fn with_votes() -> Self {
        let votes = CertificateGroup::default_application("plant").approval;
        Self::with(votes, Arc::new(MemoryStore::new())).await
    }

    pub(crate) async fn with(approval: ApprovalPolicy, store: Arc<dyn Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH + DAY * 20_500));
        let parts = AuthorityParts { store, keys: Arc::new(MemoryKeyStore::default()), clock: Arc::clone(&clock) as _ };
        let people = Arc::new(Staff(Mutex::new([("rita".to_owned(), Role::Approver)].into())));
        let office = Office::open(parts, Arc::new(MemoryRegistry::new()), people).await.unwrap();
        authority(&office, "root", None, None).await;
        authority(&office, "plant", Some("root"), None).await;
        office.authorities.put_group(&group("plant", approval), "rita").await.unwrap();
        let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
        let options = EnrolmentOptions::new(&office);
        let enrolment = Arc::new(LocalEnrolment::new(office.clone(), Arc::new(Arc::clone(&keys)), options));
        Self { office, enrolment, keys, clock, folder }
    }

    pub(crate) fn approver(&self) -> Arc<dyn Enrolment> {
        self.enrolment.acting_as(Principal::new("rita", Role::Approver))
    }

    /// As whoever comes with a token.
    pub(crate) fn applicant(&self, token: &Token) -> Arc<dyn Enrolment> {
        self.enrolment.acting_as(self.keys.check(token.text(), self.clock.utc()).unwrap().principal())
    }

    pub(crate) async fn invite(&self) -> Invited {
        self.approver().invite(InviteRequest::default()).await.unwrap()
    }

    /// Somebody agrees to a request as it is on record.
    pub(crate) async fn vote(&self, request: &str, choice: Choice) {
        let record = self.office.authorities.request(request).await.unwrap();
        let digest = record.request.digest();
        let vote = Vote { by: "rita".into(), choice, digest, at: self.clock.utc(), reason: "seen".into() };
        self.office.authorities.vote(request, vote).await.unwrap();
    }

    pub(crate) async fn audit(&self) -> Vec<AuditEntry> {
        self.office.store.audit(0, 1000).await.unwrap()
    }

    /// How often something stands in the audit record.
    pub(crate) async fn recorded(&self, action: &str) -> usize {
        let action = format!("\"action\":\"{action}\"");
        self.audit().await.iter().filter(|entry| entry.event.contains(&action)).count()
    }

    pub(crate) async fn issued(&self) -> usize {
        self.recorded("certificate.issued").await - 2
    }
}

fn group(authority: &str, approval: ApprovalPolicy) -> CertificateGroup {
    let certificate_types = vec![CertificateType::RsaSha256, CertificateType::NistP256];
    CertificateGroup { approval, certificate_types, ..CertificateGroup::default_application(authority) }
}

pub(crate) async fn authority(office: &Office, id: &str, issuer: Option<&str>, replaces: Option<&str>) {
    let spec = AuthoritySpec {
        id: id.into(),
        common_name: format!("Works {id}"),
        organization: "Works".into(),
        key: AuthorityKey::NistP256,
        issuer: issuer.map(Into::into),
        group: None,
        replaces: replaces.map(Into::into),
        valid_days: 3650,
        crl: CrlRules::default(),
        crl_urls: Vec::new(),
        issuer_urls: Vec::new(),
        requester: "rita".into(),
    };
    office.authorities.create(approved(spec)).await.unwrap();
}

pub(crate) fn approved<T: Approvable + Clone + std::fmt::Debug>(subject: T) -> Approved<T> {
    match decide(&ApprovalPolicy::Automatic, &subject, &[], |_| None, UtcTime::UNIX_EPOCH) {
        Decision::Approved(approved) => approved,
        other => panic!("approved, not {other:?}"),
    }
}

/// An application with a key of its own.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) uri: String,
    pub(crate) key: Arc<dyn PrivateKey>,
}

impl Edge {
    pub(crate) async fn new(name: &str) -> Self {
        let key = MemoryKeyStore::default().generate(name, KeySpec::NistP256).await.unwrap();
        Self { uri: format!("urn:works:{name}"), key }
    }

    pub(crate) async fn csr(&self) -> Der {
        let names = RequestedNames { application_uri: self.uri.clone(), ..RequestedNames::default() };
        Der(signing_request(self.key.as_ref(), &names).await.unwrap())
    }

    pub(crate) fn described(&self) -> ApplicationDescription {
        ApplicationDescription {
            application_uri: self.uri.clone(),
            application_name: "Edge".into(),
            locale: None,
            product_uri: String::new(),
            application_type: ApplicationType::Client,
            gateway_server_uri: None,
            discovery_profile_uri: None,
            discovery_urls: Vec::new(),
            capabilities: Vec::new(),
        }
    }

    pub(crate) async fn request(&self) -> EnrollRequest {
        EnrollRequest { csr: self.csr().await, certificate_type: None, application: Some(self.described()) }
    }

    pub(crate) async fn enroll(&self, at: &Arc<dyn Enrolment>) -> Result<EnrollResponse> {
        at.enroll(self.request().await).await
    }
}

/// The certificate of an answer.
pub(crate) fn certificate(answer: EnrollResponse) -> IssuedCertificate {
    match answer.outcome {
        Enrolled::Issued(issued) => issued,
        other => panic!("issued, not {other:?}"),
    }
}
