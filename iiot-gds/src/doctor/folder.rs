//! Folders of certificates, as other applications keep them.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use iiot_core::keys::KeyStore;
use iiot_core::trust::{FolderContents, TrustLists, read_folder};
use iiot_core::ua::secure::ApplicationCertificate;
use iiot_core::ua::trust::{Certificate, RevocationList, leaf_of_chain};
use iiot_core::{Error, ErrorKind, Result};

use super::Judge;

/// What lies in a folder of certificates of any application that keeps them in files.
///
/// | for | folders that are looked into, in any case |
/// |---|---|
/// | trusted ones | `trusted`, `trusted/certs`, `trusted/certificates` |
/// | their revocation lists | `trusted/crl`, `trusted/crls` |
/// | issuers | `issuer`, `issuers`, each with `certs` or `certificates` |
/// | their revocation lists | `crl` or `crls` below them |
/// | its own certificate | `own`, `own/certs`, `own/certificates` |
///
/// A folder that has none of these holds trusted ones and revocation lists itself. What lies in a wrong folder is told
/// apart by its content: a revocation list among certificates counts as a revocation list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PkiFolder {
    /// Its trust lists.
    pub lists: TrustLists,
    /// Its own certificates (DER), each with the issuers that lie in the same file.
    pub own: Vec<Vec<u8>>,
    /// Files that hold neither certificate nor revocation list.
    pub unreadable: Vec<String>,
}

const TRUSTED: [&str; 1] = ["trusted"];
const ISSUERS: [&str; 2] = ["issuer", "issuers"];
const OWN: [&str; 1] = ["own"];
const BELOW: [&str; 4] = ["certs", "certificates", "crl", "crls"];
/// Folders of people may hold anything.
const MAX_FILES: usize = 10_000;

impl PkiFolder {
    /// Reads it; nothing is written.
    ///
    /// # Errors
    /// `NotFound` if there is no such folder, `Io` if it cannot be listed, `LimitExceeded` for more than 10,000 files.
    pub async fn read(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        let reading = tokio::task::spawn_blocking(move || read(&folder)).await;
        reading.map_err(|cause| Error::new(ErrorKind::Internal, READ, "the task ended").because(cause))?
    }

    /// How its application judges others, without how strictly.
    #[must_use]
    pub fn judge(&self) -> Judge {
        Judge { lists: self.lists.clone(), unreadable: self.unreadable.clone(), policy: None }
    }

    /// Its own certificate with its key; of several, the one that is valid longest. `None` if there is no key for any.
    ///
    /// # Errors
    /// Those of the keys.
    pub async fn application(&self, keys: &dyn KeyStore) -> Result<Option<ApplicationCertificate>> {
        let leaves = self.own.iter().filter_map(|chain| Some((leaf_of_chain(chain).ok()?.0, chain)));
        let mut leaves: Vec<_> = leaves.collect();
        leaves.sort_by_key(|(leaf, _)| Reverse(leaf.not_after()));
        for name in keys.names().await? {
            let Some(key) = keys.open(&name).await? else { continue };
            if let Some((_, chain)) = leaves.iter().find(|(leaf, _)| leaf.public_key() == key.public_key()) {
                return Ok(Some(ApplicationCertificate { chain: (*chain).clone(), key }));
            }
        }
        Ok(None)
    }
}

fn read(folder: &Path) -> Result<PkiFolder> {
    let mut pki = PkiFolder::default();
    let (trusted, issuers, own) = (named(folder, &TRUSTED)?, named(folder, &ISSUERS)?, named(folder, &OWN)?);
    let is_flat = trusted.is_empty() && issuers.is_empty() && own.is_empty();
    let roots = if is_flat { vec![folder.to_owned()] } else { trusted };
    for (certificates, lists) in contents(&roots, &mut pki.unreadable)? {
        pki.lists.trusted_certificates.extend(certificates);
        pki.lists.trusted_crls.extend(lists);
    }
    for (certificates, lists) in contents(&issuers, &mut pki.unreadable)? {
        pki.lists.issuer_certificates.extend(certificates);
        pki.lists.issuer_crls.extend(lists);
    }
    pki.own = chains(&own)?;
    Ok(pki)
}

/// Own certificates; a file may hold a whole chain.
fn chains(roots: &[PathBuf]) -> Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for root in roots {
        for folder in std::iter::once(root.clone()).chain(named(root, &BELOW)?) {
            let FolderContents { entries, unreadable } = read_folder(&folder)?;
            let single = entries.into_iter().filter(|(_, der)| Certificate::parse(der).is_ok());
            found.extend(single.map(|(_, der)| der));
            found.extend(unreadable.iter().filter_map(|(path, _)| chain(path)));
        }
    }
    Ok(found)
}

fn chain(path: &Path) -> Option<Vec<u8>> {
    let is_short = std::fs::metadata(path).is_ok_and(|data| data.len() <= MAX_CHAIN);
    let bytes = is_short.then(|| std::fs::read(path).ok()).flatten()?;
    leaf_of_chain(&bytes).is_ok().then_some(bytes)
}

/// Ten certificates of the largest kind.
const MAX_CHAIN: u64 = 640 << 10;

type Sorted = (Option<Vec<u8>>, Option<Vec<u8>>);

/// What lies in these folders and those below them that certificates are kept in, told apart.
fn contents(roots: &[PathBuf], unreadable: &mut Vec<String>) -> Result<Vec<Sorted>> {
    let mut found = Vec::new();
    for root in roots {
        for folder in std::iter::once(root.clone()).chain(named(root, &BELOW)?) {
            let FolderContents { entries, unreadable: broken } = read_folder(&folder)?;
            if found.len() + entries.len() > MAX_FILES {
                let error = Error::new(ErrorKind::LimitExceeded, READ, "there are more than 10,000 files");
                return Err(error.with("folder", folder.display()));
            }
            unreadable.extend(broken.iter().map(|(path, _)| file_name(path)));
            for (path, der) in entries {
                match sorted(der) {
                    Some(sorted) => found.push(sorted),
                    None => unreadable.push(file_name(&path)),
                }
            }
        }
    }
    Ok(found)
}

fn sorted(der: Vec<u8>) -> Option<Sorted> {
    if Certificate::parse(&der).is_ok() {
        return Some((Some(der), None));
    }
    RevocationList::parse(&der).is_ok().then_some((None, Some(der)))
}

/// The folders below this one with one of these names, in any case.
fn named(folder: &Path, names: &[&str]) -> Result<Vec<PathBuf>> {
    let failed = |cause: std::io::Error| {
        let kind = if cause.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, READ, "the folder cannot be listed").with("folder", folder.display()).because(cause)
    };
    let is_named = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        path.is_dir() && names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut found: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_named).collect();
    found.sort();
    Ok(found)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

const READ: &str = "read a folder of certificates";
