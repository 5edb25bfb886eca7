//! Trust lists that a certificate manager keeps, beside what people have put there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::fs::{FsTrustStore, ISSUER_CRLS, ISSUERS, TRUSTED, TRUSTED_CRLS, failed, files, make, read};
use crate::error::{Error, ErrorKind, Result};
use crate::keys::off_thread;
use crate::trust::TrustLists;
use crate::ua::trust::{Certificate, RevocationList, thumbprint_sha1};

impl FsTrustStore {
    /// What a certificate manager has put there. Files that somebody has damaged are left out, so that the lists differ from
    /// what the manager has and are put there again.
    pub async fn managed(&self) -> Result<TrustLists> {
        let root = self.directory().to_owned();
        off_thread(move || {
            let entries = |folder: &str| contents(&root.join(folder));
            Ok(TrustLists {
                trusted_certificates: entries(TRUSTED)?,
                trusted_crls: entries(TRUSTED_CRLS)?,
                issuer_certificates: entries(ISSUERS)?,
                issuer_crls: entries(ISSUER_CRLS)?,
            })
        })
        .await
    }

    /// Puts the lists of a certificate manager in place of those that it had put there before. What people have put there
    /// stays: files of ours are called `managed_….der` and `managed_….crl`. What is new is written before anything old is
    /// removed, each file whole or not at all, so whoever reads in between finds one of both; interrupted, it is done again.
    /// Tells whether anything was changed.
    ///
    /// # Errors
    /// `Corrupt` if an entry is no certificate or revocation list: nothing is changed then. `Io` if a file cannot be written.
    pub async fn replace_managed(&self, lists: TrustLists) -> Result<bool> {
        let root = self.directory().to_owned();
        off_thread(move || {
            check(&lists)?;
            let lists = [
                (TRUSTED_CRLS, lists.trusted_crls, "crl"),
                (ISSUER_CRLS, lists.issuer_crls, "crl"),
                (ISSUERS, lists.issuer_certificates, "der"),
                (TRUSTED, lists.trusted_certificates, "der"),
            ];
            let mut changed = false;
            for (folder, entries, extension) in &lists {
                changed |= put(&root.join(folder), entries, extension)?;
            }
            for (folder, entries, extension) in &lists {
                changed |= clear(&root.join(folder), entries, extension)?;
            }
            Ok(changed)
        })
        .await
    }
}

fn check(lists: &TrustLists) -> Result<()> {
    let TrustLists { trusted_certificates, trusted_crls, issuer_certificates, issuer_crls } = lists;
    trusted_certificates.iter().chain(issuer_certificates).try_for_each(|der| Certificate::parse(der).map(drop))?;
    trusted_crls.iter().chain(issuer_crls).try_for_each(|der| RevocationList::parse(der).map(drop))?;
    let count = trusted_certificates.len() + trusted_crls.len() + issuer_certificates.len() + issuer_crls.len();
    if count <= MAX_ENTRIES {
        return Ok(());
    }
    let message = format!("{count} entries, {MAX_ENTRIES} are allowed");
    Err(Error::new(ErrorKind::LimitExceeded, "replace trust lists", message).retryable(false))
}

/// Writes what is missing.
fn put(folder: &Path, entries: &[Vec<u8>], extension: &str) -> Result<bool> {
    make(folder)?;
    let mut changed = false;
    for entry in entries {
        let path = folder.join(name(entry, extension));
        if read(&path).is_ok_and(|held| held == *entry) {
            continue;
        }
        write(&path, entry).map_err(|cause| failed("write trust list", &path, cause))?;
        changed = true;
    }
    Ok(changed)
}

/// Removes what is no longer wanted.
fn clear(folder: &Path, entries: &[Vec<u8>], extension: &str) -> Result<bool> {
    let wanted: BTreeSet<PathBuf> = entries.iter().map(|entry| folder.join(name(entry, extension))).collect();
    let mut changed = false;
    for path in managed_files(folder)?.into_iter().filter(|path| !wanted.contains(path)) {
        fs::remove_file(&path).map_err(|cause| failed("remove from trust list", &path, cause))?;
        changed = true;
    }
    Ok(changed)
}

fn contents(folder: &Path) -> Result<Vec<Vec<u8>>> {
    Ok(managed_files(folder)?.iter().filter_map(|path| read(path).ok()).collect())
}

fn managed_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_managed =
        |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX));
    Ok(files(folder)?.into_iter().filter(is_managed).collect())
}

/// On the disk as a whole, or not at all.
fn write(path: &Path, entry: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = File::create(&draft)?;
    file.write_all(entry)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

fn name(entry: &[u8], extension: &str) -> String {
    let digits: String = thumbprint_sha1(entry).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{PREFIX}{digits}.{extension}")
}

/// What the names of files begin with that a certificate manager has put there.
const PREFIX: &str = "managed_";
const MAX_ENTRIES: usize = 100_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::keys::{KeySpec, KeyStore, MemoryKeyStore};
    use crate::time::UtcTime;
    use crate::trust::TrustStore;
    use crate::ua::trust::{CertificateProfile, self_signed};

    async fn certificate(name: &str) -> Vec<u8> {
        let key = MemoryKeyStore::default().generate(name, KeySpec::NistP256).await.unwrap();
        let profile = CertificateProfile {
            application_uri: format!("urn:{name}"),
            common_name: name.into(),
            organization: String::new(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            valid_from: UtcTime::UNIX_EPOCH,
            valid_days: 1,
        };
        self_signed(key.as_ref(), &profile).await.unwrap()
    }

    fn lists(trusted: &[&Vec<u8>], issuers: &[&Vec<u8>]) -> TrustLists {
        let entries = |list: &[&Vec<u8>]| list.iter().map(|entry| (*entry).clone()).collect();
        TrustLists {
            trusted_certificates: entries(trusted),
            issuer_certificates: entries(issuers),
            ..TrustLists::default()
        }
    }

    #[tokio::test]
    async fn what_a_manager_puts_there_is_replaced_and_what_a_person_puts_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = FsTrustStore::new(folder.path());
        let (by_hand, first, second) = (certificate("hand").await, certificate("a").await, certificate("b").await);
        store.trust(&by_hand).await.unwrap();
        assert!(store.replace_managed(lists(&[&first, &by_hand], &[&second])).await.unwrap());
        assert!(!store.replace_managed(lists(&[&first, &by_hand], &[&second])).await.unwrap(), "nothing is new");
        assert!(store.replace_managed(lists(&[&second], &[])).await.unwrap());
        assert_eq!(store.managed().await.unwrap(), lists(&[&second], &[]));
        let mut held = store.lists().await.unwrap().trusted_certificates;
        held.sort();
        let mut expected = [by_hand.clone(), second.clone()];
        expected.sort();
        assert_eq!(held, expected);
    }

    #[tokio::test]
    async fn what_somebody_damages_is_missed_and_put_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = FsTrustStore::new(folder.path());
        let first = certificate("a").await;
        store.replace_managed(lists(&[&first], &[])).await.unwrap();
        let file = managed_files(&folder.path().join(TRUSTED)).unwrap().pop().unwrap();
        fs::write(file, "rubbish").unwrap();
        assert_eq!(store.managed().await.unwrap(), TrustLists::default());
        assert!(store.replace_managed(lists(&[&first], &[])).await.unwrap());
        assert_eq!(store.managed().await.unwrap(), lists(&[&first], &[]));
    }

    #[tokio::test]
    async fn rubbish_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = FsTrustStore::new(folder.path());
        let first = certificate("a").await;
        store.replace_managed(lists(&[&first], &[])).await.unwrap();
        store.replace_managed(lists(&[&vec![0x30, 0]], &[])).await.unwrap_err();
        assert_eq!(store.managed().await.unwrap(), lists(&[&first], &[]));
    }
}
