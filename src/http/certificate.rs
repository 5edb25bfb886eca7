//! The certificate of the HTTPS server: one from files, or our own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

use iiot_core::clock::Clock;
use iiot_core::http::TlsIdentity;
use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore, PrivateKey};
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::{Certificate, CertificateProfile, self_signed};
use iiot_core::{Error, ErrorKind, Result};

use crate::pki::host_name;

/// A certificate with its issuers, and its key, in PEM files.
pub(super) fn from_files(certificate: &Path, key: &Path) -> Result<TlsIdentity> {
    let identity = TlsIdentity::from_pem(&read(certificate)?, &read(key)?);
    identity.map_err(|error| error.with("certificate", certificate.display()).with("key", key.display()))
}

/// Our own self-signed certificate, made where it is missing, soon expires or is for another address.
pub(super) async fn own(folder: &Path, address: IpAddr, clock: &dyn Clock) -> Result<TlsIdentity> {
    let keys = FsKeyStore::new(folder);
    let key = match keys.open(NAME).await? {
        Some(key) => key,
        None => keys.generate(NAME, KeySpec::Rsa(2048)).await?,
    };
    let file = folder.join(format!("{NAME}.der"));
    let kept = std::fs::read(&file).ok().filter(|kept| still_good(kept, key.as_ref(), address, clock.utc()));
    let certificate = match kept {
        Some(kept) => kept,
        None => make(&file, key.as_ref(), address, clock.utc()).await?,
    };
    TlsIdentity::from_der(certificate, &read(&folder.join(format!("{NAME}.pem")))?)
}

async fn make(file: &Path, key: &dyn PrivateKey, address: IpAddr, now: UtcTime) -> Result<Vec<u8>> {
    let profile = CertificateProfile {
        application_uri: format!("urn:{}:iiot:https", host_name()),
        common_name: format!("iiot on {}", host_name()),
        organization: "iiot".into(),
        dns_names: vec![host_name(), "localhost".into()],
        ip_addresses: addresses(address),
        valid_from: now,
        valid_days: VALID_DAYS,
    };
    let certificate = self_signed(key, &profile).await?;
    std::fs::write(file, &certificate).map_err(|cause| {
        Error::new(ErrorKind::Io, OPEN, "it cannot be written").with("file", file.display()).because(cause)
    })?;
    tracing::info!("made the certificate {} for HTTPS; browsers have to trust it", file.display());
    Ok(certificate)
}

fn still_good(certificate: &[u8], key: &dyn PrivateKey, address: IpAddr, now: UtcTime) -> bool {
    Certificate::parse(certificate).is_ok_and(|certificate| {
        let names = certificate.ip_addresses();
        certificate.public_key() == key.public_key()
            && certificate.is_valid_at(now + REMAINING)
            && addresses(address).iter().all(|address| names.contains(address))
    })
}

/// Where it can be reached, as far as we know.
fn addresses(bound: IpAddr) -> Vec<IpAddr> {
    let mut all = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    if !bound.is_unspecified() && !bound.is_loopback() {
        all.push(bound);
    }
    all
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|cause| {
        Error::new(ErrorKind::Io, OPEN, "it cannot be read; check path and permissions")
            .with("file", file.display())
            .because(cause)
    })
}

const OPEN: &str = "open HTTPS certificate";
const NAME: &str = "https";
/// Browsers refuse longer ones.
const VALID_DAYS: u32 = 397;
const REMAINING: Duration = Duration::from_secs(30 * 86_400);
