//! Keys in hardware that goes away, stalls, and comes back: what is on record is signed then, once.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::keys::{DecryptionAlgorithm, KeySpec, KeyStore, PrivateKey, SignatureAlgorithm};
use iiot_core::testing::{SOFTHSM_PIN, SOFTHSM_TOKEN, softhsm_store, wait_until, with_softhsm};
use iiot_core::{ErrorKind, Result};
use tokio::sync::watch;

use super::faulty::{Fuse, behind};
use super::invariants::check;
use super::kill::{FOLDER, PATIENCE, SIGNED, signed};
use super::works::*;
use crate::authority::{AuthorityParts, KEY_PATIENCE};
use crate::policy::RequestState;
use crate::store::{CertificateQuery, RevocationReason, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_goes_away_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    if !with_softhsm(folder.path(), "authority::tests::token::a_token_that_goes_away_and_comes_back") {
        return;
    }
    let parts = parts_with_token(folder.path()).await;
    let fuse = Fuse::with_file(&folder.path().join(SIGNED));
    let authorities = opened(&behind(&fuse, &parts)).await;
    set_up(&authorities).await.unwrap();
    let key = application_key().await;
    let first = certify(&authorities, "r1", &key).await.unwrap();

    let token = Token::of_this_process();
    token.goes_away();
    let away = certify(&authorities, "r2", &key).await.unwrap_err();
    assert!(away.is_retryable(), "{away:?}");
    assert!(matches!(authorities.request("r2").await.unwrap().request.state, RequestState::Approved));
    let reason = RevocationReason::KeyCompromise;
    let away = authorities.revoke(&first.issuer, &first.serial, reason, "rita").await.unwrap_err();
    assert!(away.is_retryable(), "{away:?}");
    let failed = authorities.recover().await.unwrap().failed;
    assert_eq!(failed.len(), 2, "{failed:?}");

    token.comes_back();
    // SoftHSM2 takes a token whose files were away for lost until its library is loaded anew: in another process.
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "authority::tests::token::a_life_with_the_token_back", "--nocapture"]);
    let next = command.env(FOLDER, folder.path()).output().unwrap();
    assert!(next.status.success(), "{}", String::from_utf8_lossy(&[next.stdout, next.stderr].concat()));
    let second = authorities.finish_request("r2").await.unwrap();
    assert_eq!(second, certify(&authorities, "r2", &key).await.unwrap());
    assert_eq!(certificates_for(&parts, "r2").await, 1);
    check(&parts, &signed(folder.path())).await;
}

/// Run by the test above in a process of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_life_with_the_token_back() {
    let (Ok(folder), Some(_)) = (std::env::var(FOLDER), std::env::var_os("SOFTHSM2_CONF")) else { return };
    let folder = Path::new(&folder);
    let parts = parts_with_token(folder).await;
    let authorities = opened(&behind(&Fuse::with_file(&folder.join(SIGNED)), &parts)).await;
    let recovered = authorities.recover().await.unwrap();
    assert_eq!((recovered.signed.len(), recovered.failed.len()), (2, 0), "{recovered:?}");
    certify(&authorities, "r3", &application_key().await).await.unwrap();
}

async fn parts_with_token(folder: &Path) -> AuthorityParts {
    AuthorityParts {
        store: open(&format!("sqlite:{}", folder.join("gds.db").display())).await.unwrap(),
        keys: Arc::new(softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN)),
        clock: parts().1,
    }
}

#[tokio::test]
async fn a_key_that_stalls_is_not_waited_for_without_end() {
    let (parts, clock) = parts();
    let (stall, stalled) = watch::channel(false);
    let keys = Arc::new(Stalling { keys: Arc::clone(&parts.keys), stalled });
    let parts = AuthorityParts { keys, ..parts };
    let authorities = Arc::new(opened(&parts).await);
    set_up(&authorities).await.unwrap();
    let key = application_key().await;
    stall.send_replace(true);
    for (round, id) in ["r1", "r2"].into_iter().enumerate() {
        let (asked, key) = (Arc::clone(&authorities), key.clone());
        let asking = tokio::spawn(async move { certify(&asked, id, &key).await });
        let reserved = || async { parts.store.unfinished().await.unwrap().len() == round + 1 };
        while !reserved().await {
            tokio::task::yield_now().await;
        }
        tick(&clock).await;
        let late = asking.await.unwrap().unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Timeout, "{late:?}");
    }
    // Two are waiting, and the key is asked once.
    let asked = Arc::clone(&authorities);
    let recovering = tokio::spawn(async move { asked.recover().await });
    tick(&clock).await;
    assert_eq!(recovering.await.unwrap().unwrap().failed.len(), 2);

    stall.send_replace(false);
    assert_eq!(authorities.recover().await.unwrap().signed.len(), 2);
    for id in ["r1", "r2"] {
        authorities.finish_request(id).await.unwrap();
        assert_eq!(certificates_for(&parts, id).await, 1);
    }
    check(&parts, &[]).await;
}

/// Once somebody waits for a key, as long as he does.
async fn tick(clock: &iiot_core::clock::ManualClock) {
    wait_until("somebody waits for the key", PATIENCE, || clock.next_deadline().is_some()).await;
    clock.advance(KEY_PATIENCE);
}

async fn certificates_for(parts: &AuthorityParts, request: &str) -> usize {
    let all = parts.store.certificates(&CertificateQuery::default()).await.unwrap();
    all.iter().filter(|one| one.request == request).count()
}

/// The files that SoftHSM2 keeps its token in.
struct Token {
    here: std::path::PathBuf,
    elsewhere: tempfile::TempDir,
}

impl Token {
    fn of_this_process() -> Self {
        let configuration = std::env::var_os("SOFTHSM2_CONF").unwrap();
        let tokens = Path::new(&configuration).parent().unwrap();
        let mut folders = std::fs::read_dir(tokens).unwrap().map(|entry| entry.unwrap().path());
        let here = folders.find(|path| path.join("token.object").exists()).unwrap();
        Self { here, elsewhere: tempfile::tempdir_in(tokens.parent().unwrap()).unwrap() }
    }

    fn goes_away(&self) {
        std::fs::rename(&self.here, self.elsewhere.path().join("token")).unwrap();
    }

    fn comes_back(&self) {
        std::fs::rename(self.elsewhere.path().join("token"), &self.here).unwrap();
    }
}

/// Keys that do not answer while this is set.
#[derive(Debug)]
struct Stalling {
    keys: Arc<dyn KeyStore>,
    stalled: watch::Receiver<bool>,
}

#[async_trait]
impl KeyStore for Stalling {
    async fn generate(&self, name: &str, spec: KeySpec) -> Result<Arc<dyn PrivateKey>> {
        self.keys.generate(name, spec).await
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>> {
        let key = self.keys.open(name).await?;
        Ok(key.map(|key| Arc::new(StallingKey { key, stalled: self.stalled.clone() }) as _))
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.keys.remove(name).await
    }

    async fn names(&self) -> Result<Vec<String>> {
        self.keys.names().await
    }
}

struct StallingKey {
    key: Arc<dyn PrivateKey>,
    stalled: watch::Receiver<bool>,
}

impl fmt::Debug for StallingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StallingKey")
    }
}

#[async_trait]
impl PrivateKey for StallingKey {
    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        let mut stalled = self.stalled.clone();
        let _ = stalled.wait_for(|stalled| !stalled).await;
        self.key.sign(algorithm, data).await
    }

    async fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>> {
        self.key.decrypt(algorithm, block).await
    }
}
