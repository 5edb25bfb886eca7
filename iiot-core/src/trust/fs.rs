//! Trust lists in files, in the usual PKI layout.

use std::cmp::Reverse;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use der::Document;

use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::keys::off_thread;
use crate::trust::memory::not_trusted;
use crate::trust::{FsUserStore, MAX_REJECTED, Rejected, TrustLists, TrustRevision, TrustStore};
use crate::ua::trust::{Certificate, thumbprint_sha1};

/// Holds trust lists below one directory:
///
/// | directory | holds |
/// |---|---|
/// | `own/certs`, `own/private` | our certificates and keys; this store leaves them alone |
/// | `trusted/certs`, `trusted/crl` | applications and authorities we trust, and their revocation lists |
/// | `issuers/certs`, `issuers/crl` | authorities that only complete chains |
/// | `rejected/certs` | certificates we refused, at most 64, each with the reason in a `.finding.txt` beside it |
/// | `users/…` | the same for certificates of users, see [`users`](Self::users) |
/// | `users/own/certs`, `users/own/private` | users that we are to servers, see [`own_users`](Self::own_users) |
///
/// Files whose names begin with `managed_` are those of a certificate manager: see [`replace_managed`](Self::replace_managed).
///
/// Files are DER or PEM (`.der`, `.cer`, `.crt`, `.pem`, `.crl`). The files are read each time, so a change
/// takes effect at once; one that cannot be read is logged by name and the rest is used. Names, sizes and
/// times of the files are compared once a second for [`TrustStore::changed`].
///
/// ```no_run
/// # futures::executor::block_on(async {
/// use iiot_core::trust::{FsTrustStore, TrustStore};
///
/// let store = FsTrustStore::new("/var/lib/iiot/pki");
/// for certificate in store.rejected().await? {
///     println!("refused: {}", certificate.finding);
/// }
/// # Ok::<(), iiot_core::Error>(())
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct FsTrustStore {
    directory: PathBuf,
    clock: Arc<dyn Clock>,
}

impl FsTrustStore {
    /// A store below this directory. Missing directories count as empty, and are made when needed.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), clock: Arc::new(SystemClock) }
    }

    /// The same store, on this clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The store for certificates of users, below `users`.
    #[must_use]
    pub fn users(&self) -> Self {
        Self { directory: self.directory.join("users"), clock: Arc::clone(&self.clock) }
    }

    /// Makes the directories that are missing, so that people see where certificates go.
    pub async fn make_directories(&self) -> Result<()> {
        let root = self.directory.clone();
        off_thread(move || {
            let users = LISTS.map(|part| Path::new("users").join(part));
            let own = [OWN, REJECTED].map(PathBuf::from);
            let all = own.into_iter().chain(LISTS.map(PathBuf::from)).chain(users);
            all.map(|part| root.join(part)).try_for_each(|directory| make(&directory))
        })
        .await
    }

    /// Where our own certificates lie.
    #[must_use]
    pub fn own_certificates(&self) -> PathBuf {
        self.directory.join(OWN)
    }

    /// Where our own keys lie; for a [`FsKeyStore`](crate::keys::FsKeyStore).
    #[must_use]
    pub fn own_keys(&self) -> PathBuf {
        self.directory.join("own/private")
    }

    /// Where refused certificates lie, for messages to people.
    #[must_use]
    pub fn rejected_certificates(&self) -> PathBuf {
        self.directory.join(REJECTED)
    }

    /// Where trusted certificates lie, for messages to people.
    #[must_use]
    pub fn trusted_certificates(&self) -> PathBuf {
        self.directory.join(TRUSTED)
    }

    /// Our own users: their certificates in `users/own/certs`, their keys in `users/own/private`.
    #[must_use]
    pub fn own_users(&self) -> FsUserStore {
        FsUserStore::new(self.directory.join("users"))
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Path) -> Result<T> + Send + 'static) -> Result<T> {
        let root = self.directory.clone();
        off_thread(move || work(&root)).await
    }
}

#[async_trait]
impl TrustStore for FsTrustStore {
    async fn lists(&self) -> Result<TrustLists> {
        self.blocking(|root| {
            Ok(TrustLists {
                trusted_certificates: contents(&root.join(TRUSTED))?,
                trusted_crls: contents(&root.join(TRUSTED_CRLS))?,
                issuer_certificates: contents(&root.join(ISSUERS))?,
                issuer_crls: contents(&root.join(ISSUER_CRLS))?,
            })
        })
        .await
    }

    async fn changed(&self, seen: Option<TrustRevision>) -> Result<TrustRevision> {
        loop {
            let now = self.blocking(revision).await?;
            if Some(now) != seen {
                return Ok(now);
            }
            self.clock.sleep_until(self.clock.now() + POLL).await;
        }
    }

    async fn trust(&self, certificate: &[u8]) -> Result<()> {
        let certificate = certificate.to_vec();
        self.blocking(move |root| {
            let trusted = root.join(TRUSTED);
            if !holds(&trusted, &certificate)? {
                write(&trusted, &certificate)?;
            }
            remove(&root.join(REJECTED), &certificate)?;
            Ok(())
        })
        .await
    }

    async fn reject(&self, certificate: &[u8], finding: &str) -> Result<String> {
        let (certificate, finding) = (certificate.to_vec(), finding.to_owned());
        self.blocking(move |root| {
            let rejected = root.join(REJECTED);
            remove(&rejected, &certificate)?;
            let newest = newest_first(&rejected)?.first().map(|path| modified(path));
            let path = write(&rejected, &certificate)?;
            newest.map_or(Ok(()), |newest| make_newer(&path, newest))?;
            let reason = path.with_extension(REASON);
            fs::write(&reason, finding).map_err(|cause| failed("write why it was refused", &reason, cause))?;
            drop_oldest(&rejected)?;
            Ok(format!("it is kept as {}, trusted ones are in {}", path.display(), root.join(TRUSTED).display()))
        })
        .await
    }

    async fn rejected(&self) -> Result<Vec<Rejected>> {
        self.blocking(|root| {
            let files = newest_first(&root.join(REJECTED))?;
            Ok(files.iter().filter_map(|path| rejected(path)).collect())
        })
        .await
    }

    async fn distrust(&self, certificate: &[u8]) -> Result<()> {
        let certificate = certificate.to_vec();
        self.blocking(move |root| {
            let removed = remove(&root.join(TRUSTED), &certificate)?;
            if removed { Ok(()) } else { Err(not_trusted()) }
        })
        .await
    }
}

const OWN: &str = "own/certs";
pub(super) const TRUSTED: &str = "trusted/certs";
pub(super) const TRUSTED_CRLS: &str = "trusted/crl";
pub(super) const ISSUERS: &str = "issuers/certs";
pub(super) const ISSUER_CRLS: &str = "issuers/crl";
const REJECTED: &str = "rejected/certs";
/// What decides, in the order of [`TrustLists`].
const LISTS: [&str; 4] = [TRUSTED, TRUSTED_CRLS, ISSUERS, ISSUER_CRLS];

/// The extension of the file that tells why the certificate beside it was refused.
const REASON: &str = "finding.txt";
/// How often changes are looked for.
const POLL: Duration = Duration::from_secs(1);
/// Reasons are sentences.
const MAX_REASON: u64 = 16 << 10;

const EXTENSIONS: [&str; 5] = ["der", "cer", "crt", "pem", "crl"];
/// Revocation lists of large plants are the largest files here.
const MAX_FILE: u64 = 16 << 20;

/// What the files of a directory hold, by file name.
///
/// # Errors
/// `Io` if the directory cannot be listed. A missing one is empty.
pub fn read_folder(directory: &Path) -> Result<FolderContents> {
    let mut files = files(directory)?;
    files.sort();
    let mut contents = FolderContents::default();
    for path in files {
        match read(&path) {
            Ok(der) => contents.entries.push((path, der)),
            Err(error) => contents.unreadable.push((path, error)),
        }
    }
    Ok(contents)
}

/// What the files of a directory hold (`.der`, `.cer`, `.crt`, `.pem`, `.crl`).
#[derive(Debug, Default)]
pub struct FolderContents {
    /// Files, and the certificate or revocation list (DER) in each.
    pub entries: Vec<(PathBuf, Vec<u8>)>,
    /// Files that hold neither, or are too large, and why they were left out.
    pub unreadable: Vec<(PathBuf, Error)>,
}

/// What the readable files of a directory hold (DER), by file name.
fn contents(directory: &Path) -> Result<Vec<Vec<u8>>> {
    let read = read_folder(directory)?;
    read.unreadable.iter().for_each(|(_, error)| report(error));
    Ok(read.entries.into_iter().map(|(_, der)| der).collect())
}

/// A hash over names, sizes and times of all files that decide.
fn revision(root: &Path) -> Result<TrustRevision> {
    let mut hasher = DefaultHasher::new();
    for list in LISTS {
        let mut files = files(&root.join(list))?;
        files.sort();
        for path in files {
            let data = fs::metadata(&path).ok();
            let size = data.as_ref().map_or(0, fs::Metadata::len);
            (list, &path, size, data.and_then(|data| data.modified().ok())).hash(&mut hasher);
        }
    }
    Ok(TrustRevision(hasher.finish()))
}

fn rejected(path: &Path) -> Option<Rejected> {
    let reason = path.with_extension(REASON);
    let short = fs::metadata(&reason).is_ok_and(|data| data.len() <= MAX_REASON);
    let finding = short.then(|| fs::read_to_string(&reason).ok()).flatten().unwrap_or_default();
    Some(Rejected { certificate: read_or_report(path)?, finding })
}

fn holds(directory: &Path, certificate: &[u8]) -> Result<bool> {
    Ok(contents(directory)?.iter().any(|held| held == certificate))
}

/// Removes every file that holds the certificate; tells whether there was one.
fn remove(directory: &Path, certificate: &[u8]) -> Result<bool> {
    let mut removed = false;
    for path in files(directory)? {
        if read(&path).is_ok_and(|held| held == certificate) {
            remove_file(&path)?;
            removed = true;
        }
    }
    Ok(removed)
}

/// Writes a certificate whole or not at all, under a name that people recognise.
fn write(directory: &Path, certificate: &[u8]) -> Result<PathBuf> {
    make(directory)?;
    let path = directory.join(file_name(certificate));
    let draft = path.with_extension("draft");
    let written = fs::write(&draft, certificate).and_then(|()| fs::rename(&draft, &path));
    written.map_err(|cause| failed("write certificate", &path, cause))?;
    Ok(path)
}

/// File systems count time in ticks of milliseconds: two files of one tick would have no order.
fn make_newer(path: &Path, than: SystemTime) -> Result<()> {
    if modified(path) > than {
        return Ok(());
    }
    let file = fs::File::options().write(true).open(path);
    let set = file.and_then(|file| file.set_modified(than + Duration::from_micros(1)));
    set.map_err(|cause| failed("write certificate", path, cause))
}

/// The common name, made harmless, and the thumbprint.
fn file_name(certificate: &[u8]) -> String {
    let subject = Certificate::parse(certificate).map(|parsed| parsed.subject()).unwrap_or_default();
    let common_name = subject.split(',').find_map(|part| part.trim().strip_prefix("CN=")).unwrap_or("certificate");
    let safe = |char: char| if char.is_ascii_alphanumeric() || char == '-' { char } else { '_' };
    let name: String = common_name.chars().map(safe).take(48).collect();
    let thumbprint: String = thumbprint_sha1(certificate).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}_{thumbprint}.der")
}

fn drop_oldest(directory: &Path) -> Result<()> {
    for path in newest_first(directory)?.iter().skip(MAX_REJECTED) {
        remove_file(path)?;
    }
    Ok(())
}

/// Removes a certificate, and the reason beside it if there is one.
fn remove_file(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|cause| failed("remove certificate", path, cause))?;
    match fs::remove_file(path.with_extension(REASON)) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(failed("remove certificate", path, cause)),
        _ => Ok(()),
    }
}

fn newest_first(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files(directory)?;
    files.sort_by_cached_key(|path| Reverse(modified(path)));
    Ok(files)
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The files with a known extension; none if the directory is missing.
pub(super) fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|cause| failed("list certificates", directory, cause))?,
    };
    let known = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)))
    };
    Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(known).collect())
}

pub(super) fn read_or_report(path: &Path) -> Option<Vec<u8>> {
    read(path).inspect_err(report).ok()
}

fn report(error: &Error) {
    tracing::warn!("left out of the trust lists: {}", error.report());
}

/// The DER that a file holds.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |cause| failed("read certificate", path, cause);
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE {
        return Err(corrupt(path, "the file is larger than 16 MiB"));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let der = match std::str::from_utf8(&bytes).ok().filter(|text| text.contains("-----BEGIN")) {
        Some(pem) => Document::from_pem(&pem[pem.find("-----BEGIN").unwrap_or_default()..])
            .ok()
            .map(|(_, document)| document.into_vec()),
        None => Document::try_from(bytes.as_slice()).ok().map(Document::into_vec),
    };
    der.ok_or_else(|| corrupt(path, "the file holds neither DER nor PEM"))
}

pub(super) fn make(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).map_err(|cause| failed("make certificate directory", directory, cause))
}

pub(super) fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Error {
    Error::new(ErrorKind::Io, operation, "the file system refused").with("path", path.display()).because(cause)
}

fn corrupt(path: &Path, message: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, "read certificate", message).with("path", path.display())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use der::pem::LineEnding;

    use super::*;
    use crate::clock::ManualClock;
    use crate::testing::conformance::{certificate, trust_store};
    use crate::testing::{wait_until, within};
    use crate::time::UtcTime;

    #[tokio::test]
    async fn it_keeps_the_contract_of_a_trust_store() {
        let directory = tempfile::tempdir().unwrap();
        trust_store(&FsTrustStore::new(directory.path().join("pki"))).await;
    }

    #[tokio::test]
    async fn files_of_people_are_read_in_every_form_and_a_broken_one_does_not_disable_the_rest() {
        let directory = tempfile::tempdir().unwrap();
        let store = FsTrustStore::new(directory.path());
        store.make_directories().await.unwrap();
        let trusted = store.trusted_certificates();
        let der = [certificate("a").await, certificate("b").await];
        let pem = Document::try_from(der[1].as_slice()).unwrap().to_pem("CERTIFICATE", LineEnding::CRLF).unwrap();
        fs::write(trusted.join("a.CER"), &der[0]).unwrap();
        fs::write(trusted.join("b.pem"), format!("subject=b\n{pem}")).unwrap();
        fs::write(trusted.join("broken.der"), b"nothing").unwrap();
        fs::write(trusted.join("notes.txt"), b"not mine").unwrap();
        assert_eq!(store.lists().await.unwrap().trusted_certificates, der);
        let error = read(&trusted.join("broken.der")).unwrap_err();
        assert!(error.to_string().contains("broken.der"), "{error}");
        store.distrust(&der[1]).await.unwrap();
        assert!(!trusted.join("b.pem").exists());
    }

    #[tokio::test]
    async fn what_was_refused_lies_where_people_find_it() {
        let directory = tempfile::tempdir().unwrap();
        let store = FsTrustStore::new(directory.path());
        store.reject(&certificate("Boiler /../ 7").await, "nobody trusts it").await.unwrap();
        let names: Vec<String> = files(&store.rejected_certificates())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert!(
            matches!(&names[..], [name] if name.starts_with("Boiler______7_") && name.ends_with(".der")),
            "{names:?}"
        );
    }

    #[tokio::test]
    async fn users_have_lists_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let store = FsTrustStore::new(directory.path());
        store.make_directories().await.unwrap();
        let user = certificate("user").await;
        fs::write(directory.path().join("users/trusted/certs/user.der"), &user).unwrap();
        assert_eq!(store.users().lists().await.unwrap().trusted_certificates, [user]);
        assert_eq!(store.lists().await.unwrap(), TrustLists::default());
    }

    #[tokio::test]
    async fn files_are_looked_at_every_second() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
        let store = FsTrustStore::new(directory.path()).with_clock(Arc::clone(&clock) as _);
        store.make_directories().await.unwrap();
        let first = store.changed(None).await.unwrap();
        let waiting = tokio::spawn(async move { store.changed(Some(first)).await.unwrap() });
        let patience = Duration::from_secs(20);
        wait_until("the store waits", patience, || clock.next_deadline() == Some(clock.now() + POLL)).await;
        fs::write(directory.path().join("issuers/crl/new.crl"), b"a list").unwrap();
        clock.advance(POLL);
        assert_ne!(within("the change is seen", patience, waiting).await.unwrap(), first);
    }
}
