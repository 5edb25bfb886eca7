//! The edge against a certificate manager at the next desk, on made-up time.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use iiot_core::clock::ManualClock;
use iiot_core::keys::MemoryKeyStore;
use iiot_core::operation::{Acting, Principal, Role};
use iiot_core::registry::MemoryRegistry;
use iiot_core::testing::{wait_until, within};
use iiot_core::trust::{TrustLists, TrustStore};
use iiot_gds::authority::{AuthorityKey, AuthorityParts, AuthoritySpec};
use iiot_gds::enrolment::{
    EnrollResponse, EnrolmentOptions, Invitation, InvitationKeys, InvitationsRequest, InvitationsResponse,
    InviteRequest, Invited, LocalEnrolment, Token, WithdrawInvitationRequest,
};
use iiot_gds::office::{Office, People};
use iiot_gds::policy::{Approvable, ApprovalPolicy, Approved, CertificateGroup, CrlRules, Decision, decide};
use iiot_gds::store::{CertificateQuery, CertificateRecord, MemoryStore, RevocationReason};
use parking_lot::Mutex;
use tempfile::TempDir;

use super::*;

const PATIENCE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

/// Somebody who is nobody.
#[derive(Debug)]
struct Nobody;

impl People for Nobody {
    fn role_of(&self, _: &str) -> Option<Role> {
        None
    }
}

/// The token is the name of its principal.
#[derive(Debug)]
struct Names;

#[async_trait]
impl InvitationKeys for Names {
    async fn make(&self, name: &str, _: UtcTime) -> Result<Token> {
        Ok(Token::new(name))
    }

    async fn revoke(&self, _: &str) -> Result<()> {
        Ok(())
    }
}

struct Works {
    office: Office,
    enrolment: Arc<LocalEnrolment>,
    clock: Arc<ManualClock>,
    folder: TempDir,
}

impl Works {
    async fn start() -> Self {
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH + DAY * 20_500));
        let (store, keys) = (Arc::new(MemoryStore::new()), Arc::new(MemoryKeyStore::default()));
        let parts = AuthorityParts { store, keys, clock: Arc::clone(&clock) as _ };
        let office = Office::open(parts, Arc::new(MemoryRegistry::new()), Arc::new(Nobody)).await.unwrap();
        for (id, issuer) in [("root", None), ("plant", Some("root"))] {
            office.authorities.create(approved(spec(id, issuer))).await.unwrap();
        }
        let group =
            CertificateGroup { approval: ApprovalPolicy::Automatic, ..CertificateGroup::default_application("plant") };
        office.authorities.put_group(&group, "rita").await.unwrap();
        let enrolment = LocalEnrolment::new(office.clone(), Arc::new(Names), EnrolmentOptions::new(&office));
        Self { office, enrolment: Arc::new(enrolment), clock, folder: tempfile::tempdir().unwrap() }
    }

    /// Whoever comes with a new token.
    async fn invited(&self) -> Arc<dyn Enrolment> {
        let rita = self.enrolment.acting_as(Principal::new("rita", Role::Approver));
        let token = rita.invite(InviteRequest::default()).await.unwrap().token;
        self.enrolment.acting_as(Principal::new(token.text(), Role::Applicant))
    }

    async fn pki(&self) -> Pki {
        Pki::open(self.folder.path(), "line-1", self.clock.as_ref()).await.unwrap()
    }

    fn enrolling(&self, pki: &Pki, certificates: &Arc<dyn Enrolment>) -> Enrolling {
        Enrolling::start(pki.clone(), Arc::clone(certificates), MINUTE, Arc::clone(&self.clock) as _)
    }

    async fn issued(&self) -> Vec<CertificateRecord> {
        let all = self.office.store.certificates(&CertificateQuery::default()).await.unwrap();
        all.into_iter().filter(|one| !one.application.is_empty()).collect()
    }

    async fn revoke(&self, reason: RevocationReason) {
        for one in self.issued().await {
            self.office.authorities.revoke(&one.issuer, &one.serial, reason, "rita").await.unwrap();
        }
    }
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

fn approved<T: Approvable + Clone + std::fmt::Debug>(subject: T) -> Approved<T> {
    match decide(&ApprovalPolicy::Automatic, &subject, &[], |_| None, UtcTime::UNIX_EPOCH) {
        Decision::Approved(approved) => approved,
        other => panic!("approved, not {other:?}"),
    }
}

async fn reaches(progress: &mut watch::Receiver<Progress>, what: &str, is_there: impl FnMut(&Progress) -> bool) {
    within(what, PATIENCE, progress.wait_for(is_there)).await.unwrap();
}

fn is_complete(progress: &Progress) -> bool {
    progress.valid_until.is_some() && progress.revision.is_some() && progress.trouble.is_none()
}

#[tokio::test]
async fn an_edge_enrols_renews_at_two_thirds_and_keeps_the_one_before() {
    let works = Works::start().await;
    let (pki, certificates) = (works.pki().await, works.invited().await);
    let own = pki.certificate.current().chain;
    let enrolling = works.enrolling(&pki, &certificates);
    let mut progress = enrolling.progress();
    reaches(&mut progress, "certificate and lists", is_complete).await;
    let first = pki.certificate.current().chain;
    assert_eq!(
        pki.certificate.previous(works.clock.utc()).unwrap().chain,
        own,
        "for who does not trust the authority yet"
    );
    let (leaf, above) = leaf_of_chain(&first).unwrap();
    assert_eq!((leaf.is_self_issued(), above.len()), (false, 1), "without the root");
    let lists = pki.trust.lists().await.unwrap();
    assert_eq!((lists.issuer_certificates.len(), lists.issuer_crls.len()), (2, 2));
    works.clock.advance(DAY * 244);
    reaches(&mut progress, "a later end", |progress| progress.valid_until > Some(leaf.not_after())).await;
    assert_eq!(pki.certificate.previous(works.clock.utc()).unwrap().chain, first);
    assert_eq!(works.issued().await.len(), 2);
    let again = works.pki().await;
    assert_eq!(again.certificate.current().chain, pki.certificate.current().chain, "a restart finds it");
}

#[tokio::test]
async fn what_a_person_has_put_there_stays_and_what_somebody_removes_comes_back() {
    let works = Works::start().await;
    let (pki, certificates) = (works.pki().await, works.invited().await);
    let by_hand = pki.certificate.current().chain;
    pki.trust.trust(&by_hand).await.unwrap();
    let enrolling = works.enrolling(&pki, &certificates);
    let mut progress = enrolling.progress();
    reaches(&mut progress, "certificate and lists", is_complete).await;
    assert_eq!(pki.trust.lists().await.unwrap().trusted_certificates, [by_hand]);
    pki.trust.replace_managed(TrustLists::default()).await.unwrap();
    works.clock.advance(MINUTE);
    let trust = pki.trust.clone();
    let back = async || match trust.managed().await.unwrap().issuer_crls.len() {
        2 => Ok(()),
        found => Err(found),
    };
    iiot_core::testing::eventually(PATIENCE, back).await.unwrap();
}

#[tokio::test]
async fn revoked_it_is_told_and_does_not_come_back_by_itself() {
    let works = Works::start().await;
    let (pki, certificates) = (works.pki().await, works.invited().await);
    let enrolling = works.enrolling(&pki, &certificates);
    let mut progress = enrolling.progress();
    reaches(&mut progress, "certificate and lists", is_complete).await;
    works.revoke(RevocationReason::KeyCompromise).await;
    works.clock.advance(MINUTE);
    reaches(&mut progress, "the trouble", |progress| {
        progress.trouble.as_ref().is_some_and(|trouble| trouble.contains("revoked"))
    })
    .await;
    works.clock.advance(DAY);
    wait_until("it waits again", PATIENCE, || works.clock.next_deadline().is_some()).await;
    assert_eq!(works.issued().await.len(), 1);
}

/// A certificate manager whose answers get lost, once at each call.
#[derive(Debug)]
struct Lossy {
    certificates: Arc<dyn Enrolment>,
    calls: AtomicUsize,
    told: Mutex<Vec<&'static str>>,
}

impl Lossy {
    fn lost<T>(&self, what: &'static str, answer: T) -> Result<T> {
        self.told.lock().push(what);
        match self.calls.fetch_add(1, Ordering::SeqCst) % 2 {
            0 => Err(Error::new(ErrorKind::Indeterminate, "ask", "the connection was lost")),
            _ => Ok(answer),
        }
    }
}

#[async_trait]
impl Enrolment for Lossy {
    async fn invite(&self, request: InviteRequest) -> Result<Invited> {
        self.certificates.invite(request).await
    }

    async fn invitations(&self, request: InvitationsRequest) -> Result<InvitationsResponse> {
        self.certificates.invitations(request).await
    }

    async fn withdraw_invitation(&self, request: WithdrawInvitationRequest) -> Result<Invitation> {
        self.certificates.withdraw_invitation(request).await
    }

    async fn enroll(&self, request: EnrollRequest) -> Result<EnrollResponse> {
        let answer = self.certificates.enroll(request).await?;
        self.lost("enroll", answer)
    }

    async fn standing(&self, request: StandingRequest) -> Result<Standing> {
        let answer = self.certificates.standing(request).await?;
        self.lost("standing", answer)
    }
}

#[tokio::test]
async fn answers_that_get_lost_cost_time_and_no_certificate() {
    let works = Works::start().await;
    let (pki, certificates) = (works.pki().await, works.invited().await);
    let lossy: Arc<dyn Enrolment> =
        Arc::new(Lossy { certificates, calls: AtomicUsize::new(0), told: Mutex::default() });
    let enrolling = works.enrolling(&pki, &lossy);
    let mut progress = enrolling.progress();
    for _ in 0..10 {
        wait_until("it waits", PATIENCE, || works.clock.next_deadline().is_some()).await;
        works.clock.advance(MINUTE);
    }
    reaches(&mut progress, "certificate and lists", is_complete).await;
    assert_eq!(works.issued().await.len(), 1);
}

/// Ends at a step of the edge: what it does is done by calls of ours, so it can be stopped in between.
#[tokio::test]
async fn whatever_it_dies_behind_the_next_start_ends_in_the_same() {
    let works = Works::start().await;
    let certificates = works.invited().await;
    let request = async |pki: &Pki| EnrollRequest {
        csr: Der(pki.signing_request().await.unwrap()),
        certificate_type: None,
        application: Some(pki.description()),
    };
    // Behind the question: the answer is lost with the process.
    let pki = works.pki().await;
    certificates.enroll(request(&pki).await).await.unwrap();
    // Behind the first of the two files of the certificate.
    let pki = works.pki().await;
    std::fs::write(works.folder.path().join("own/certs/iiot.previous.der"), pki.certificate.current().chain).unwrap();
    std::fs::write(works.folder.path().join("own/certs/iiot.der.draft"), "half").unwrap();
    // Behind a part of the lists.
    let pki = works.pki().await;
    let lists = certificates.standing(StandingRequest::default()).await.unwrap().lists.unwrap();
    let part = TrustLists {
        issuer_crls: lists.issuer_crls.iter().map(|crl| crl.0.clone()).collect(),
        ..TrustLists::default()
    };
    pki.trust.replace_managed(part).await.unwrap();
    std::fs::write(works.folder.path().join("issuers/certs/managed_0.draft"), "half").unwrap();
    for _ in 0..3 {
        let pki = works.pki().await;
        let enrolling = works.enrolling(&pki, &certificates);
        reaches(&mut enrolling.progress(), "certificate and lists", is_complete).await;
        let issued = works.issued().await;
        assert_eq!(issued.len(), 1);
        assert!(pki.certificate.current().chain.starts_with(&issued[0].certificate));
        let held = lists_revision(&pki.trust.managed().await.unwrap().into());
        assert_eq!(held, certificates.standing(StandingRequest::default()).await.unwrap().revision);
    }
}

#[tokio::test]
async fn an_application_of_somebody_else_has_files_that_openssl_reads() {
    use iiot_core::model::ApplicationType;
    let works = Works::start().await;
    let certificates = works.invited().await;
    let mut enrollee = Enrollee::new("press", "urn:works:press", ApplicationType::Server);
    enrollee.description.discovery_urls = vec!["opc.tcp://press.local:4840".into(), "opc.tcp://10.0.0.7:4840".into()];
    let update = async || {
        let files = EnrolledFiles::open(works.folder.path(), enrollee.clone()).await.unwrap();
        files.update(&*certificates, works.clock.as_ref()).await
    };
    let first = update().await.unwrap();
    assert_eq!((first.certificate, first.lists, first.pending), (true, true, false));
    assert_eq!(update().await.unwrap(), EnrolledStep { certificate: false, lists: false, ..first.clone() });
    let file = |name: &str| works.folder.path().join(name);
    let openssl = |arguments: &[&str], file: std::path::PathBuf| {
        let output = std::process::Command::new("openssl").args(arguments).arg(file).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = openssl(&["x509", "-noout", "-text", "-in"], file("own/certs/press.pem"));
    for part in ["URI:urn:works:press", "DNS:press.local", "IP Address:10.0.0.7"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let of_key = openssl(&["pkey", "-pubout", "-in"], file("own/private/press.pem"));
    assert_eq!(openssl(&["x509", "-noout", "-pubkey", "-in"], file("own/certs/press.pem")), of_key);
    assert_eq!(std::fs::read_to_string(file("own/certs/press.chain.pem")).unwrap().matches("BEGIN").count(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file("own/private/press.pem").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    works.clock.advance(DAY * 244);
    let renewed = update().await.unwrap();
    assert!(renewed.certificate && renewed.valid_until > first.valid_until);
    works.revoke(RevocationReason::KeyCompromise).await;
    assert_eq!(update().await.unwrap_err().kind(), ErrorKind::Forbidden);
}

/// A hub that is there when it is needed.
#[cfg(all(feature = "http", feature = "rpc"))]
#[tokio::test]
async fn an_edge_enrols_over_a_hub() {
    use iiot_core::access::{ApiKeys, AuditLog};
    use iiot_core::operation::PerPrincipal;
    use iiot_core::rpc::{Destination, Place, Server};
    use iiot_core::transport::{MemoryTransport, Transport};

    let works = Works::start().await;
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(ApiKeys::open(folder.path().join("keys.json")).unwrap());
    let tokens = Arc::new(Arc::clone(&keys));
    let enrolment = LocalEnrolment::new(works.office.clone(), tokens, EnrolmentOptions::new(&works.office));
    let enrolment = Arc::new(enrolment);
    let rita = enrolment.acting_as(Principal::new("rita", Role::Approver));
    let token = rita.invite(InviteRequest::default()).await.unwrap().token;
    let hub: Arc<dyn Transport> = Arc::new(MemoryTransport::new());
    let audit = Arc::new(AuditLog::open(folder.path().join("audit.jsonl")).unwrap());
    let clock: Arc<dyn Clock> = Arc::clone(&works.clock) as _;
    let place = Place::open(Arc::clone(&hub), "iiot/gds".to_owned(), folder.path(), keys, audit, Arc::clone(&clock));
    let place = place.unwrap();
    let destination = Destination { root: "iiot/gds".into(), key: place.secret.public() };
    let _server = Server::start(place, vec![Arc::new(PerPrincipal(enrolment))]).await.unwrap();
    let pki = works.pki().await;
    let enrolling = works.enrolling(&pki, &over_hub(hub, destination, token.text(), clock).unwrap());
    reaches(&mut enrolling.progress(), "certificate and lists", is_complete).await;
    assert!(!pki.is_self_signed());
}
