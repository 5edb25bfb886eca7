//! Certificates and keys of users in files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::fs::{files, read_or_report};
use crate::error::{Error, ErrorKind, Result};
use crate::keys::{FsKeyStore, KeyStore, Passphrase, PrivateKey, off_thread};
use crate::session::{Identity, Secret, UserStore};
use crate::ua::trust::Certificate;

/// Holds users as `own/certs/NAME.der` (or another form that [`FsTrustStore`](super::FsTrustStore) reads) and
/// `own/private/NAME.pem` in one directory. A key that lies there in clear is encrypted with the password that it is
/// first asked for with, as [`FsKeyStore::encrypted`] says.
///
/// ```no_run
/// use iiot_core::session::UserStore;
/// use iiot_core::trust::FsTrustStore;
///
/// # async fn user() -> iiot_core::Result<()> {
/// let users = FsTrustStore::new("pki").own_users();
/// let operator = users.user("CN=operator", &"s3cret".into()).await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct FsUserStore {
    directory: PathBuf,
}

/// A certificate and the name of its file, without extension.
struct Named {
    name: String,
    certificate: Certificate,
}

const LOOK_UP: &str = "look up the user";

impl FsUserStore {
    /// A store in this directory. What is missing of it is taken for empty.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    fn certificates(&self) -> PathBuf {
        self.directory.join("own/certs")
    }

    fn keys(&self) -> PathBuf {
        self.directory.join("own/private")
    }

    async fn named(&self, subject: &str) -> Result<Vec<Named>> {
        let directory = self.certificates();
        let mut all = off_thread(move || read_all(&directory)).await?;
        all.retain(|one| is_called(&one.certificate.subject(), subject));
        all.sort_by_key(|one| std::cmp::Reverse(one.certificate.not_after()));
        Ok(all)
    }

    async fn key(&self, name: &str, password: &Secret) -> Result<Option<Arc<dyn PrivateKey>>> {
        let keys = match password.expose() {
            "" => FsKeyStore::new(self.keys()),
            password => FsKeyStore::encrypted(self.keys(), Passphrase::new(password)?),
        };
        keys.open(name).await
    }

    fn missing(&self, subject: &str, what: &str) -> Error {
        let (certificates, keys) = (self.certificates(), self.keys());
        let message = format!(
            "{what}; put the certificate into {} and its key, with the same name, into {}",
            certificates.display(),
            keys.display()
        );
        Error::new(ErrorKind::NotFound, LOOK_UP, message).with("subject", subject)
    }
}

#[async_trait]
impl UserStore for FsUserStore {
    async fn user(&self, subject: &str, password: &Secret) -> Result<Identity> {
        let named = self.named(subject).await?;
        if named.is_empty() {
            return Err(self.missing(subject, "no certificate was issued to this user"));
        }
        for Named { name, certificate } in named {
            match self.key(&name, password).await? {
                Some(key) if key.public_key() == certificate.public_key() => {
                    return Ok(Identity::Certificate { certificate: certificate.der().to_vec(), key });
                }
                _ => {}
            }
        }
        Err(self.missing(subject, "there is no key for the certificate of this user"))
    }
}

fn read_all(directory: &Path) -> Result<Vec<Named>> {
    let named = |path: &PathBuf| {
        let certificate = Certificate::parse(&read_or_report(path)?).ok()?;
        Some(Named { name: path.file_stem()?.to_str()?.into(), certificate })
    };
    Ok(files(directory)?.iter().filter_map(named).collect())
}

/// Whether all parts of `wanted` are parts of a name.
fn is_called(name: &str, wanted: &str) -> bool {
    let parts: Vec<String> = name.split(',').map(normal).collect();
    let mut wanted = wanted.split(',').map(str::trim).filter(|part| !part.is_empty()).peekable();
    wanted.peek().is_some()
        && wanted.all(|part| {
            let part = if part.contains('=') { normal(part) } else { normal(&format!("CN={part}")) };
            parts.contains(&part)
        })
}

/// Attribute types are written in any case, and spaces around them do not matter.
fn normal(part: &str) -> String {
    match part.split_once('=') {
        Some((kind, value)) => format!("{}={}", kind.trim().to_ascii_uppercase(), value.trim()),
        None => part.trim().into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::keys::KeySpec;
    use crate::ua::trust::{CertificateProfile, self_signed};

    /// A user whose key lies there in clear.
    async fn add(store: &FsUserStore, file: &str, common_name: &str, valid_days: u32) -> Vec<u8> {
        let key = FsKeyStore::new(store.keys()).generate(file, KeySpec::Rsa(2048)).await.unwrap();
        let profile = CertificateProfile {
            application_uri: "urn:user".into(),
            common_name: common_name.into(),
            organization: "Works".into(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            valid_from: SystemClock.utc(),
            valid_days,
        };
        let certificate = self_signed(key.as_ref(), &profile).await.unwrap();
        fs::create_dir_all(store.certificates()).unwrap();
        fs::write(store.certificates().join(file).with_extension("der"), &certificate).unwrap();
        certificate
    }

    fn certificate(identity: Identity) -> Vec<u8> {
        match identity {
            Identity::Certificate { certificate, .. } => certificate,
            other => panic!("{other:?} is no user with a certificate"),
        }
    }

    #[test]
    fn a_name_is_known_by_its_parts() {
        let name = "CN=Line 7 operator,O=Works,C=DE";
        for wanted in ["Line 7 operator", "CN=Line 7 operator", "c = DE, cn=Line 7 operator", name] {
            assert!(is_called(name, wanted), "{wanted}");
        }
        for wanted in ["", ",", "operator", "CN=operator", "O=Other, CN=Line 7 operator", "Works"] {
            assert!(!is_called(name, wanted), "{wanted}");
        }
    }

    #[tokio::test]
    async fn of_certificates_of_one_user_the_one_that_is_valid_longest_and_has_a_key_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let store = FsUserStore::new(folder.path());
        let nobody = store.user("operator", &"".into()).await.unwrap_err();
        assert_eq!(nobody.kind(), ErrorKind::NotFound);
        assert!(nobody.message().contains("own/certs"), "{nobody}");
        add(&store, "old", "operator", 10).await;
        let new = add(&store, "new", "operator", 20).await;
        add(&store, "newest", "operator", 30).await;
        fs::remove_file(store.keys().join("newest.pem")).unwrap();
        add(&store, "other", "somebody", 40).await;
        assert_eq!(certificate(store.user("CN=operator,O=Works", &"".into()).await.unwrap()), new);
    }

    #[tokio::test]
    async fn a_key_is_sealed_with_the_password_and_opened_by_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = FsUserStore::new(folder.path());
        let own = add(&store, "operator", "operator", 10).await;
        for _ in 0..2 {
            assert_eq!(certificate(store.user("operator", &"s3cret".into()).await.unwrap()), own);
        }
        let sealed = fs::read_to_string(store.keys().join("operator.pem")).unwrap();
        assert!(sealed.contains("SEALED"), "{sealed}");
        store.user("operator", &"wrong".into()).await.unwrap_err();
        store.user("operator", &"".into()).await.unwrap_err();
    }
}
