//! Servers that are not, or no longer, to be trusted; their stack shares no code with ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot_core::ErrorKind;
use iiot_core::session::{ConnectOptions, Connector, Identity, Session, SessionState};
use iiot_core::testing::{Peers, wait_until};
use iiot_core::trust::{FsTrustStore, MemoryTrustStore, TrustLists, TrustStoreExt};
use iiot_core::ua::trust::{Check, Suppressions, TrustPolicy};
use iiot_core::ua::{MessageSecurityMode, StatusCode};

use crate::setup::{connector_judging, options, start};

const PATIENCE: Duration = Duration::from_secs(60);
/// Within this, a server that is no longer trusted is gone.
const PROMISE: Duration = Duration::from_secs(5);

fn secured(url: &str) -> ConnectOptions {
    options(url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous)
}

/// A node-opcua server with a certificate of a CA, and two sessions that trust the CA by a folder.
struct Plant {
    pki: PathBuf,
    store: FsTrustStore,
    sessions: Vec<Arc<dyn Session>>,
}

impl Plant {
    async fn start(folder: &Path, url: &str) -> Self {
        let pki = folder.join("pki-node-leaf");
        let store = FsTrustStore::new(folder.join("trust"));
        store.make_directories().await.unwrap();
        fs::copy(pki.join("ca.der"), store.trusted_certificates().join("ca.der")).unwrap();
        fs::copy(pki.join("ca.crl"), Self::crl(&store)).unwrap();
        let policy = TrustPolicy { leaf_crl_required: true, issuer_crls_required: true, ..TrustPolicy::default() };
        let connector = connector_judging(Arc::new(store.clone()), policy).await;
        let mut sessions = Vec::new();
        for _ in 0..2 {
            sessions.push(connector.connect(secured(url)).await.unwrap());
        }
        Self { pki, store, sessions }
    }

    fn crl(store: &FsTrustStore) -> PathBuf {
        store.trusted_certificates().with_file_name("crl").join("ca.crl")
    }

    /// Waits until no session is connected; returns how long that took.
    async fn all_gone(&self, why: &str) -> Duration {
        let changed = Instant::now();
        for session in &self.sessions {
            wait_until(why, PATIENCE, || session.state() != SessionState::Connected).await;
            let state = session.state();
            assert!(matches!(&state, SessionState::Reconnecting { reason, .. } if reason.contains(why)), "{state:?}");
        }
        changed.elapsed()
    }

    /// Waits until each has tried to come back and was kept from it.
    async fn kept_away(&self, why: &str) {
        for session in &self.sessions {
            let refused = |state: &SessionState| matches!(state, SessionState::Reconnecting { reason, attempts: 1.. } if reason.contains(why));
            wait_until(why, PATIENCE, || refused(&session.state())).await;
        }
    }

    async fn all_back(&self) -> Duration {
        let changed = Instant::now();
        for session in &self.sessions {
            wait_until("the server is trusted again", PATIENCE, || session.state() == SessionState::Connected).await;
        }
        changed.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_revoked_or_distrusted_is_disconnected_until_it_is_trusted_again() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, "node", "leaf");
    let plant = Plant::start(folder.path(), &url).await;
    let (crl, authority) = (Plant::crl(&plant.store), plant.store.trusted_certificates().join("ca.der"));

    fs::copy(plant.pki.join("revoked.crl"), &crl).unwrap();
    let revoked = plant.all_gone("was revoked").await;
    plant.kept_away("was revoked").await;
    fs::copy(plant.pki.join("ca.crl"), &crl).unwrap();
    let back = plant.all_back().await;

    fs::remove_file(&authority).unwrap();
    let distrusted = plant.all_gone("no longer trusted").await;
    plant.kept_away("is incomplete").await;
    fs::copy(plant.pki.join("ca.der"), &authority).unwrap();
    let again = plant.all_back().await;

    println!("revoked: gone after {revoked:?}, back after {back:?}; distrusted: {distrusted:?}, {again:?}");
    assert!(revoked <= PROMISE && distrusted <= PROMISE, "{revoked:?} {distrusted:?}");
    for session in &plant.sessions {
        session.close().await;
    }
}

/// The lists of a folder made by pki.py, with these revocation lists.
fn lists(pki: &Path, crls: &[&str]) -> TrustLists {
    let read = |name: &str| fs::read(pki.join(name)).unwrap();
    TrustLists {
        trusted_certificates: vec![read("ca.der")],
        trusted_crls: crls.iter().map(|name| read(name)).collect(),
        ..TrustLists::default()
    }
}

/// Connects by these lists and checks what is found.
async fn found(url: &str, lists: TrustLists, check: Check, status: StatusCode, words: &str) {
    let store = Arc::new(MemoryTrustStore::new(lists));
    let policy = TrustPolicy { leaf_crl_required: true, ..TrustPolicy::default() };
    let connector = connector_judging(Arc::clone(&store) as _, policy).await;
    let error = connector.connect(secured(url)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Untrusted, status), "{error:?}");
    assert!(error.message().contains(words), "{error}");
    let step = error.context().iter().find(|(key, _)| *key == "step").map(|(_, step)| step.to_string());
    assert_eq!(step, Some(format!("{check:?}")), "{error}");
    let kept = store.rejections().await.unwrap();
    assert!(matches!(&kept[..], [one] if one.finding.contains(words)), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_lists_say_of_a_foreign_server_is_found() {
    use StatusCode as S;
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, "node", "leaf");
    let pki = folder.path().join("pki-node-leaf");
    let of = |crls| lists(&pki, crls);
    let nobody = TrustLists::default();
    let known = TrustLists { issuer_certificates: of(&[]).trusted_certificates, ..TrustLists::default() };
    found(&url, nobody, Check::Chain, S::BadCertificateChainIncomplete, "put the right certificate of its issuer")
        .await;
    found(&url, known, Check::TrustList, S::BadCertificateUntrusted, "move it from the rejected").await;
    found(&url, of(&[]), Check::RevocationList, S::BadCertificateRevocationUnknown, "put a current list").await;
    found(&url, of(&["expired.crl"]), Check::RevocationList, S::BadCertificateRevocationUnknown, "has expired").await;
    found(&url, of(&["revoked.crl"]), Check::Revocation, S::BadCertificateRevoked, "was revoked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_certificate_of_a_foreign_server_is_found() {
    use StatusCode as S;
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    for (certificate, check, status, words) in [
        ("expired", Check::ValidityPeriod, S::BadCertificateTimeInvalid, "have it renewed"),
        ("other-host", Check::HostName, S::BadCertificateHostNameInvalid, "dial one of these names"),
        ("other-uri", Check::Uri, S::BadCertificateUriInvalid, "must use the URI of its certificate"),
    ] {
        let (_server, url) = start(folder.path(), &peers, "node", certificate);
        let pki = folder.path().join(format!("pki-node-{certificate}"));
        found(&url, lists(&pki, &["ca.crl"]), check, status, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_tells_what_the_policy_let_pass() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, "node", "expired");
    let store = Arc::new(MemoryTrustStore::new(lists(&folder.path().join("pki-node-expired"), &["ca.crl"])));
    let policy = |certificate_time| TrustPolicy {
        suppress: Suppressions { certificate_time, ..Suppressions::default() },
        ..TrustPolicy::default()
    };
    let session = connector_judging(Arc::clone(&store) as _, policy(true)).await.connect(secured(&url)).await.unwrap();
    let concerns = session.concerns();
    assert!(
        matches!(&concerns[..], [one] if one.status == StatusCode::BadCertificateTimeInvalid
            && one.to_string().contains("have it renewed")),
        "{concerns:?}"
    );
    session.close().await;
    let error = connector_judging(store, policy(false)).await.connect(secured(&url)).await.unwrap_err();
    assert_eq!(error.status(), StatusCode::BadCertificateTimeInvalid, "{error}");
}
