//! Who this application is and whom it trusts, in one folder.

mod issued;
mod keys;
mod renewal;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::keys::{KeySpec, KeyStore, PrivateKey};
use iiot_core::time::UtcTime;
use iiot_core::trust::FsTrustStore;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{
    Certificate, CertificateProfile, OwnCertificate, TrustPolicy, leaf_of_chain, renewal_due, self_signed,
};
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

pub use keys::{KeyPlace, passphrase};
pub use renewal::Renewal;

/// The folder of an application's certificates, in the usual layout; see [`FsTrustStore`].
#[derive(Debug, Clone)]
pub struct Pki {
    /// Whom we trust.
    pub trust: FsTrustStore,
    /// Our certificate and its key.
    pub certificate: OwnCertificate,
    /// The ApplicationUri in it.
    pub application_uri: String,
    own: Own,
}

/// Our key, and where its certificates lie.
#[derive(Debug, Clone)]
struct Own {
    name: String,
    key: Arc<dyn PrivateKey>,
    folder: PathBuf,
    /// One at a time puts a certificate in place of ours.
    replacing: Arc<Mutex<()>>,
}

impl Pki {
    /// Opens the folder, with our key in a file in clear; see [`open_with`](Self::open_with).
    ///
    /// # Errors
    /// `Io` if the folder cannot be used, `Corrupt` if our certificate does not parse.
    pub async fn open(folder: impl Into<PathBuf>, name: &str, clock: &dyn Clock) -> Result<Self> {
        Self::open_with(folder, name, &KeyPlace::File, clock).await
    }

    /// Opens the folder. Where there is no key or certificate of ours, or it has expired, makes them:
    /// RSA with 2048 bits, self-signed, for five years, for `urn:HOST:iiot:NAME`. One that we signed
    /// ourselves is renewed when it is due, and the one before is kept for servers that do not trust
    /// the new one yet.
    ///
    /// # Errors
    /// `Io` if the folder cannot be used, `Corrupt` if our certificate does not parse; those of the key's place.
    pub async fn open_with(folder: impl Into<PathBuf>, name: &str, key: &KeyPlace, clock: &dyn Clock) -> Result<Self> {
        let trust = FsTrustStore::new(folder);
        trust.make_directories().await?;
        let key = own_key(key.store(trust.own_keys()).as_ref()).await?;
        let own = Own { name: name.into(), key, folder: trust.own_certificates(), replacing: Arc::default() };
        let current = match own.read(CURRENT, clock.utc())? {
            Some(current) => current,
            None => own.make(clock.utc()).await?,
        };
        let previous = own.read(PREVIOUS, clock.utc()).unwrap_or_default();
        let (leaf, _) = leaf_of_chain(&current.chain)?;
        let application_uri = leaf.application_uri().unwrap_or_else(|| application_uri(name));
        let pki = Self { trust, certificate: OwnCertificate::renewed(current, previous), application_uri, own };
        pki.renew_if_due(clock.utc()).await?;
        Ok(pki)
    }

    /// A client that shows our certificates and those of users, to servers that the folder trusts. With `trust_all`, which is a
    /// danger, to servers too that nobody trusted.
    #[must_use]
    pub fn connector(&self, trust_all: bool) -> UaConnector {
        UaConnector::new(UaConnectorOptions {
            certificate: Some(self.certificate.clone()),
            users: Some(Arc::new(self.trust.own_users())),
            trust_policy: TrustPolicy { danger_accept_untrusted: trust_all, ..TrustPolicy::default() },
            ..UaConnectorOptions::new(&self.application_uri, Arc::new(self.trust.clone()))
        })
    }

    /// Renews a certificate that we signed ourselves and takes it into use, if it is due.
    async fn renew_if_due(&self, now: UtcTime) -> Result<()> {
        let current = self.certificate.current();
        if now < renewal_due(&current)? {
            return Ok(());
        }
        let (leaf, _) = leaf_of_chain(&current.chain)?;
        let (expires, file) = (leaf.not_after(), self.own.file(CURRENT));
        if !leaf.is_self_issued() {
            tracing::warn!("our certificate {} expires {expires}: have its issuer renew it", file.display());
            return Ok(());
        }
        self.own.write(PREVIOUS, &current.chain)?;
        let next = self.own.make(now).await?;
        let _one = self.own.replacing.lock();
        tracing::warn!(
            "our certificate expires {expires} and was renewed; where servers refuse the new one, the old one is used until then"
        );
        self.certificate.replace(next);
        Ok(())
    }

    /// Takes a certificate into use that somebody has put in the place of ours.
    fn take_replaced(&self, now: UtcTime) -> Result<()> {
        let _one = self.own.replacing.lock();
        let current = self.certificate.current();
        match self.own.read(CURRENT, now)? {
            Some(next) if next.chain != current.chain => {
                self.own.write(PREVIOUS, &current.chain)?;
                tracing::info!("our certificate {} was replaced", self.own.file(CURRENT).display());
                self.certificate.replace(next);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Own {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The certificate in a file, if it is of our key and valid.
    fn read(&self, name: &str, now: UtcTime) -> Result<Option<ApplicationCertificate>> {
        let file = self.file(name);
        let Some(chain) = read(&file)? else { return Ok(None) };
        let usable = usable(&chain, self.key.as_ref(), now, &file)?;
        Ok(usable.then(|| ApplicationCertificate { chain, key: Arc::clone(&self.key) }))
    }

    /// Whole or not at all.
    fn write(&self, name: &str, chain: &[u8]) -> Result<()> {
        let (file, draft) = (self.file(name), self.file(&format!("{name}.draft")));
        let written = || {
            let mut open = File::create(&draft)?;
            open.write_all(chain)?;
            open.sync_all()?;
            std::fs::rename(&draft, &file)
        };
        written().map_err(|cause| unusable(&file, "it cannot be written").because(cause))
    }

    async fn make(&self, now: UtcTime) -> Result<ApplicationCertificate> {
        let name = &self.name;
        let profile = CertificateProfile {
            application_uri: application_uri(name),
            common_name: common_name(name),
            organization: OWN.into(),
            dns_names: vec![host_name()],
            ip_addresses: Vec::new(),
            valid_from: now,
            valid_days: VALID_DAYS,
        };
        let chain = self_signed(self.key.as_ref(), &profile).await?;
        self.write(CURRENT, &chain)?;
        let (file, thumbprint) = (self.file(CURRENT), thumbprint(&Certificate::parse(&chain)?));
        tracing::info!("made our certificate {} (thumbprint {thumbprint}); servers have to trust it", file.display());
        Ok(ApplicationCertificate { chain, key: Arc::clone(&self.key) })
    }
}

async fn own_key(keys: &dyn KeyStore) -> Result<Arc<dyn PrivateKey>> {
    match keys.open(OWN).await? {
        Some(key) => Ok(key),
        None => keys.generate(OWN, KeySpec::Rsa(2048)).await,
    }
}

fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(file) {
        Ok(chain) => Ok(Some(chain)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unusable(file, "it cannot be read; check its permissions").because(cause)),
    }
}

/// Whether the certificate is of our key and still valid.
fn usable(chain: &[u8], key: &dyn PrivateKey, now: UtcTime, file: &Path) -> Result<bool> {
    let (leaf, _) = leaf_of_chain(chain).map_err(|cause| {
        let message = "it is not a certificate in DER form; replace it, or remove it so that a new one is made";
        Error::new(ErrorKind::Corrupt, OPEN, message).with("file", file.display()).because(cause)
    })?;
    let (ours, expired) = (leaf.public_key() == key.public_key(), leaf.not_after() <= now);
    if !ours || expired {
        let why = if expired { "has expired" } else { "does not belong to our key" };
        tracing::warn!("our certificate {} {why}; a new one is made, servers have to trust it", file.display());
    }
    Ok(ours && !expired)
}

fn thumbprint(certificate: &Certificate) -> String {
    certificate.thumbprint_sha1().iter().map(|byte| format!("{byte:02X}")).collect()
}

/// `urn:HOST:iiot:NAME` with everything but letters, digits and `-._` replaced.
fn application_uri(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("urn:{}:iiot:{}", host_name(), name.chars().map(plain).collect::<String>())
}

fn common_name(name: &str) -> String {
    format!("iiot {name}")
}

pub(crate) fn host_name() -> String {
    let of_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let names = [of_kernel, std::env::var("HOSTNAME").ok(), std::env::var("COMPUTERNAME").ok()];
    let plain =
        |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    names.into_iter().flatten().map(|name| name.trim().to_owned()).find(plain).unwrap_or_else(|| "localhost".into())
}

fn unusable(file: &Path, message: &'static str) -> Error {
    Error::new(ErrorKind::Io, OPEN, message).with("file", file.display())
}

const OPEN: &str = "open our certificate";
const OWN: &str = "iiot";
const CURRENT: &str = "iiot.der";
const PREVIOUS: &str = "iiot.previous.der";
const VALID_DAYS: u32 = 5 * 365;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use iiot_core::clock::ManualClock;

    use super::*;

    #[tokio::test]
    async fn our_certificate_is_made_once_and_anew_when_it_has_expired() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        let open = || Pki::open(folder.path(), "line 1", &clock);
        let first = open().await.unwrap();
        assert!(first.application_uri.ends_with(":iiot:line-1"), "{}", first.application_uri);
        assert_eq!(chain(&open().await.unwrap()), chain(&first));
        clock.advance(DAY * (VALID_DAYS + 1));
        let second = open().await.unwrap();
        assert_ne!(chain(&second), chain(&first));
        assert_eq!(second.certificate.current().key.public_key(), first.certificate.current().key.public_key());
    }

    #[tokio::test]
    async fn a_sealed_key_is_of_no_use_without_its_passphrase() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        let place = KeyPlace::SealedFile(iiot_core::keys::Passphrase::new("correct horse").unwrap());
        let first = Pki::open_with(folder.path(), "line 1", &place, &clock).await.unwrap();
        assert_eq!(chain(&Pki::open_with(folder.path(), "line 1", &place, &clock).await.unwrap()), chain(&first));
        Pki::open(folder.path(), "line 1", &clock).await.unwrap_err();
    }

    #[tokio::test]
    async fn it_is_renewed_when_it_is_due_and_the_one_before_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
        let pki = Pki::open(folder.path(), "line 1", clock.as_ref()).await.unwrap();
        let first = chain(&pki);
        let _renewal = Renewal::start(pki.clone(), Arc::clone(&clock) as _);
        for _ in 0..VALID_DAYS * 4 / 5 {
            assert_eq!(chain(&pki), first);
            clock.advance(DAY);
        }
        while chain(&pki) == first {
            clock.advance(DAY / 24);
            tokio::task::yield_now().await;
        }
        assert_eq!(pki.certificate.previous(clock.utc()).unwrap().chain, first);
        let again = Pki::open(folder.path(), "line 1", clock.as_ref()).await.unwrap();
        assert_eq!(chain(&again), chain(&pki), "it is renewed once");
        assert_eq!(again.certificate.previous(clock.utc()).unwrap().chain, first);
    }

    #[tokio::test]
    async fn a_certificate_that_somebody_puts_in_its_place_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        let pki = Pki::open(folder.path(), "x", &clock).await.unwrap();
        let first = chain(&pki);
        pki.own.make(clock.utc()).await.unwrap();
        pki.take_replaced(clock.utc()).unwrap();
        assert_ne!(chain(&pki), first);
        assert_eq!(pki.certificate.previous(clock.utc()).unwrap().chain, first);
        std::fs::write(folder.path().join("own/certs/iiot.der"), "x").unwrap();
        assert_eq!(pki.take_replaced(clock.utc()).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    fn chain(pki: &Pki) -> Vec<u8> {
        pki.certificate.current().chain
    }

    const DAY: Duration = Duration::from_secs(86_400);

    #[tokio::test]
    async fn a_file_that_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        Pki::open(folder.path(), "x", &clock).await.unwrap();
        std::fs::write(folder.path().join("own/certs/iiot.der"), "x").unwrap();
        let error = Pki::open(folder.path(), "x", &clock).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("own/certs/iiot.der"), "{error}");
    }
}
