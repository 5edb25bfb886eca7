//! A plant with a root, an issuing authority and a group, as the tests need it.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::ManualClock;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore};
use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;
use iiot_core::{ErrorKind, Result};

use crate::authority::{Authorities, AuthorityKey, AuthorityParts, AuthorityRecord, AuthoritySpec, Issued};
use crate::model::{Applicant, CertificateType};
use crate::policy::{
    ApprovalPolicy, Approved, CertificateGroup, CertificateRequest, CrlRules, Decision, PrivateKeyFormat, RequestState,
    Wanted, decide,
};
use crate::store::{MemoryStore, RevocationReason};

pub(super) const DAY: Duration = Duration::from_secs(86_400);
pub(super) const GROUP: &str = "DefaultApplicationGroup";

pub(super) fn start() -> UtcTime {
    UtcTime::UNIX_EPOCH + DAY * 20_500
}

pub(super) fn parts() -> (AuthorityParts, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(start()));
    let (store, keys) = (Arc::new(MemoryStore::new()), Arc::new(MemoryKeyStore::default()));
    (AuthorityParts { store, keys, clock: Arc::<ManualClock>::clone(&clock) }, clock)
}

pub(super) fn spec(id: &str, issuer: Option<&str>, replaces: Option<&str>) -> AuthoritySpec {
    AuthoritySpec {
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
        requester: "rita".into(),
    }
}

pub(super) fn group(authority: &str) -> CertificateGroup {
    CertificateGroup {
        approval: ApprovalPolicy::Automatic,
        certificate_types: vec![CertificateType::NistP256, CertificateType::RsaSha256],
        ..CertificateGroup::default_application(authority)
    }
}

pub(super) fn request(id: &str, application: &str, wanted: Wanted) -> CertificateRequest {
    CertificateRequest {
        id: id.into(),
        applicant: Applicant {
            application: application.into(),
            application_uri: format!("urn:works:{application}"),
            application_name: application.into(),
            application_type: ApplicationType::Server,
            hosts: vec![format!("{application}.local")],
        },
        group: GROUP.into(),
        certificate_type: CertificateType::NistP256,
        requester: "rita".into(),
        at: start(),
        wanted,
        state: RequestState::New,
    }
}

pub(super) fn new_key_pair() -> Wanted {
    Wanted::NewKeyPair { subject_name: String::new(), domain_names: Vec::new(), format: PrivateKeyFormat::Pfx }
}

/// A key of an application (SubjectPublicKeyInfo).
pub(super) async fn application_key() -> Vec<u8> {
    let key = MemoryKeyStore::default().generate("application", KeySpec::NistP256).await.unwrap();
    key.public_key().to_vec()
}

pub(super) fn approved<T: crate::policy::Approvable + Clone + std::fmt::Debug>(subject: &T) -> Approved<T> {
    match decide(&ApprovalPolicy::Automatic, subject, &[], |_| None, start()) {
        Decision::Approved(approved) => approved,
        other => panic!("approved, not {other:?}"),
    }
}

pub(super) async fn opened(parts: &AuthorityParts) -> Authorities {
    Authorities::open(parts.clone()).await.unwrap()
}

/// Root `root`, issuing authority `plant`, and the default group; whatever of it is there already stays.
pub(super) async fn set_up(authorities: &Authorities) -> Result<()> {
    for (id, issuer) in [("root", None), ("plant", Some("root"))] {
        ensure(authorities, spec(id, issuer, None)).await?;
    }
    match authorities.group(GROUP).await {
        Ok(_) => Ok(()),
        Err(_) => authorities.put_group(&group("plant"), "rita").await,
    }
}

async fn ensure(authorities: &Authorities, spec: AuthoritySpec) -> Result<AuthorityRecord> {
    match authorities.authority(&spec.id).await {
        Err(error) if error.kind() == ErrorKind::NotFound => authorities.create(approved(&spec)).await,
        found => found,
    }
}

/// Has a certificate made for a request that may be on record already.
pub(super) async fn certify(authorities: &Authorities, id: &str, key: &[u8]) -> Result<Issued> {
    let request = request(id, "press", new_key_pair());
    match authorities.start_request(request.clone(), Some(key)).await {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            authorities.issue(approved(&request), Some(key)).await
        }
        started => Ok(started?.expect("the group is automatic")),
    }
}

/// The same in two steps, as where somebody decides in between.
pub(super) async fn certify_in_steps(authorities: &Authorities, id: &str, key: &[u8]) -> Result<Issued> {
    let request = request(id, "press", new_key_pair());
    match authorities.submit(request.clone()).await {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => authorities.issue(approved(&request), Some(key)).await,
    }
}

/// All that authorities do: set-up, three certificates, a revocation, a revocation list.
pub(super) async fn live(authorities: &Authorities, key: &[u8]) -> Result<()> {
    set_up(authorities).await?;
    let first = certify(authorities, "r1", key).await?;
    certify_in_steps(authorities, "r2", key).await?;
    authorities.revoke(&first.issuer, &first.serial, RevocationReason::Superseded, "rita").await?;
    certify(authorities, "r3", key).await?;
    authorities.publish("plant", "rita").await.map(drop)
}
