//! What was refused, for people, and how they accept it.

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::trust::TrustStore;
use crate::ua::trust::Certificate;

/// A refused certificate as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// SHA-1 over the certificate, upper-case hexadecimal.
    pub thumbprint: String,
    /// Whom it was issued to; empty if the certificate cannot be read.
    pub subject: String,
    /// Who issued it; empty if the certificate cannot be read.
    pub issuer: String,
    /// The ApplicationUri in it.
    pub application_uri: Option<String>,
    /// Why it was refused, and what to do.
    pub finding: String,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
}

/// What every trust store can do besides.
///
/// ```
/// # futures::executor::block_on(async {
/// use iiot_core::trust::{MemoryTrustStore, TrustStore, TrustStoreExt};
///
/// let store = MemoryTrustStore::default();
/// store.reject(b"a certificate (DER)", "nobody trusts it").await?;
/// let rejection = store.rejections().await?.remove(0);
/// assert_eq!(rejection.finding, "nobody trusts it");
/// store.accept(&rejection.thumbprint).await?;
/// assert!(store.rejections().await?.is_empty());
/// # Ok::<(), iiot_core::Error>(())
/// # }).expect("the memory store cannot fail");
/// ```
#[async_trait]
pub trait TrustStoreExt {
    /// The refused certificates, newest first.
    async fn rejections(&self) -> Result<Vec<Rejection>>;

    /// Trusts the refused certificate with this thumbprint; colons, spaces and case do not matter.
    /// Fails with `NotFound` if there is none.
    async fn accept(&self, thumbprint: &str) -> Result<Rejection>;
}

#[async_trait]
impl<S: TrustStore + ?Sized> TrustStoreExt for S {
    async fn rejections(&self) -> Result<Vec<Rejection>> {
        let rejected = self.rejected().await?;
        Ok(rejected.into_iter().map(|one| rejection(one.certificate, one.finding)).collect())
    }

    async fn accept(&self, thumbprint: &str) -> Result<Rejection> {
        let wanted: String = thumbprint.chars().filter(|char| char.is_ascii_alphanumeric()).collect();
        let all = self.rejections().await?;
        let found = all.into_iter().find(|rejection| rejection.thumbprint.eq_ignore_ascii_case(&wanted));
        let found = found.ok_or_else(|| {
            let message = "no refused certificate has this thumbprint; it may have been replaced by newer ones";
            Error::new(ErrorKind::NotFound, "accept certificate", message).with("thumbprint", thumbprint)
        })?;
        self.trust(&found.certificate).await?;
        Ok(found)
    }
}

fn rejection(certificate: Vec<u8>, finding: String) -> Rejection {
    let parsed = Certificate::parse(&certificate).ok();
    Rejection {
        thumbprint: crate::ua::trust::thumbprint(&certificate),
        subject: parsed.as_ref().map(Certificate::subject).unwrap_or_default(),
        issuer: parsed.as_ref().map(Certificate::issuer).unwrap_or_default(),
        application_uri: parsed.as_ref().and_then(Certificate::application_uri),
        finding,
        certificate,
    }
}
