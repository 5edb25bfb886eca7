//! Who this application is and whom it trusts, in one folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore, PrivateKey};
use iiot_core::time::UtcTime;
use iiot_core::trust::FsTrustStore;
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{Certificate, CertificateProfile, leaf_of_chain, self_signed};
use iiot_core::{Error, ErrorKind, Result};

/// The folder of an application's certificates, in the usual layout; see [`FsTrustStore`].
#[derive(Debug, Clone)]
pub struct Pki {
    /// Whom we trust.
    pub trust: FsTrustStore,
    /// Our certificate and its key.
    pub certificate: ApplicationCertificate,
    /// The ApplicationUri in it.
    pub application_uri: String,
}

impl Pki {
    /// Opens the folder. Where there is no key or certificate of ours, or it has expired, makes them:
    /// RSA with 2048 bits, self-signed, for five years, for `urn:HOST:iiot:NAME`.
    ///
    /// # Errors
    /// `Io` if the folder cannot be used, `Corrupt` if our certificate does not parse.
    pub async fn open(folder: impl Into<PathBuf>, name: &str, clock: &dyn Clock) -> Result<Self> {
        let trust = FsTrustStore::new(folder);
        trust.make_directories().await?;
        let key = own_key(&FsKeyStore::new(trust.own_keys())).await?;
        let file = trust.own_certificates().join(format!("{OWN}.der"));
        let chain = match read(&file)? {
            Some(chain) if usable(&chain, key.as_ref(), clock.utc(), &file)? => chain,
            _ => make(key.as_ref(), name, clock.utc(), &file).await?,
        };
        let (leaf, _) = leaf_of_chain(&chain)?;
        let application_uri = leaf.application_uri().unwrap_or_else(|| application_uri(name));
        Ok(Self { trust, certificate: ApplicationCertificate { chain, key }, application_uri })
    }
}

async fn own_key(keys: &FsKeyStore) -> Result<Arc<dyn PrivateKey>> {
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

async fn make(key: &dyn PrivateKey, name: &str, now: UtcTime, file: &Path) -> Result<Vec<u8>> {
    let profile = CertificateProfile {
        application_uri: application_uri(name),
        common_name: format!("iiot {name}"),
        organization: String::new(),
        dns_names: vec![host_name()],
        ip_addresses: Vec::new(),
        valid_from: now,
        valid_days: VALID_DAYS,
    };
    let der = self_signed(key, &profile).await?;
    std::fs::write(file, &der).map_err(|cause| unusable(file, "it cannot be written").because(cause))?;
    let thumbprint = thumbprint(&Certificate::parse(&der)?);
    tracing::info!("made our certificate {} (thumbprint {thumbprint}); servers have to trust it", file.display());
    Ok(der)
}

fn thumbprint(certificate: &Certificate) -> String {
    certificate.thumbprint_sha1().iter().map(|byte| format!("{byte:02X}")).collect()
}

/// `urn:HOST:iiot:NAME` with everything but letters, digits and `-._` replaced.
fn application_uri(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("urn:{}:iiot:{}", host_name(), name.chars().map(plain).collect::<String>())
}

fn host_name() -> String {
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
        assert_eq!(open().await.unwrap().certificate.chain, first.certificate.chain);
        clock.advance(Duration::from_secs(u64::from(VALID_DAYS + 1) * 86_400));
        let second = open().await.unwrap();
        assert_ne!(second.certificate.chain, first.certificate.chain);
        assert_eq!(second.certificate.key.public_key(), first.certificate.key.public_key());
    }

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
