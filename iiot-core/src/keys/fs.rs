//! Keys in files: one PKCS#8 PEM file a key, readable by the owner only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use der::Document;
use der::pem::LineEnding;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::memory::{missing, taken};
use crate::keys::rsa::{RsaKey, off_thread};
use crate::keys::{KeySpec, KeyStore, PrivateKey};

/// Holds keys as `NAME.pem` in one directory (mode 0700, files 0600, each written whole or not at all).
/// The files are not encrypted: who can read them has the keys.
///
/// ```no_run
/// # futures::executor::block_on(async {
/// use iiot_core::keys::{FsKeyStore, KeySpec, KeyStore};
///
/// let keys = FsKeyStore::new("/var/lib/iiot/pki/own/private");
/// let key = match keys.open("edge").await? {
///     Some(key) => key,
///     None => keys.generate("edge", KeySpec::Rsa(2048)).await?,
/// };
/// println!("{} bytes of public key", key.public_key().len());
/// # Ok::<(), iiot_core::Error>(())
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct FsKeyStore {
    directory: PathBuf,
}

impl FsKeyStore {
    /// A store in this directory, which is made when the first key is.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        if is_file_name(name) {
            return Ok(self.directory.join(format!("{name}.{EXTENSION}")));
        }
        let message = "a key name has 1 to 64 letters, digits, dots, hyphens and underscores, and no dot in front";
        Err(Error::new(ErrorKind::InvalidArgument, "name key", message).with("key", format!("{name:?}")))
    }
}

#[async_trait]
impl KeyStore for FsKeyStore {
    async fn generate(&self, name: &str, spec: KeySpec) -> Result<Arc<dyn PrivateKey>> {
        let path = self.path(name)?;
        if path.exists() {
            return Err(taken(name));
        }
        let key = RsaKey::generate(spec).await?;
        let (kept, name) = (key.clone(), name.to_owned());
        off_thread(move || write(&path, &kept, &name)).await?;
        Ok(Arc::new(key))
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>> {
        let path = self.path(name)?;
        let key = off_thread(move || read(&path)).await?;
        Ok(key.map(|key| Arc::new(key) as _))
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let (path, name) = (self.path(name)?, name.to_owned());
        off_thread(move || match fs::remove_file(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Err(missing(&name)),
            outcome => outcome.map_err(|cause| failed("remove key", &path, cause)),
        })
        .await
    }

    async fn names(&self) -> Result<Vec<String>> {
        let directory = self.directory.clone();
        off_thread(move || list(&directory).map_err(|cause| failed("list keys", &directory, cause))).await
    }
}

const EXTENSION: &str = "pem";
const LABEL: &str = "PRIVATE KEY";
const PKCS1_LABEL: &str = "RSA PRIVATE KEY";
/// A key of 8192 bits takes about 6 KiB.
const MAX_FILE: u64 = 64 << 10;

/// A name that can neither leave the directory nor hide in it.
fn is_file_name(name: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed)
}

fn read(path: &Path) -> Result<Option<RsaKey>> {
    let pem = match read_bounded(path) {
        Ok(pem) => pem,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed("read key", path, cause)),
    };
    let (label, der) = der::SecretDocument::from_pem(&pem).map_err(|cause| corrupt(path).because(cause))?;
    if label != LABEL && label != PKCS1_LABEL {
        return Err(corrupt(path).with("label", label));
    }
    RsaKey::from_der(der.as_bytes()).map(Some).map_err(|cause| corrupt(path).because(cause))
}

fn read_bounded(path: &Path) -> io::Result<Zeroizing<String>> {
    if fs::metadata(path)?.len() > MAX_FILE {
        return Err(io::Error::other("the file is too large for a key"));
    }
    fs::read_to_string(path).map(Zeroizing::new)
}

fn write(path: &Path, key: &RsaKey, name: &str) -> Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    make_directory(directory).map_err(|cause| failed("make key directory", directory, cause))?;
    let document = Document::try_from(key.to_pkcs8()?.as_slice()).map_err(|cause| corrupt(path).because(cause))?;
    let pem = document.into_secret().to_pem(LABEL, LineEnding::LF).map_err(|cause| corrupt(path).because(cause))?;
    match write_new(path, pem.as_bytes()) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Err(taken(name)),
        outcome => outcome.map_err(|cause| failed("write key", path, cause)),
    }
}

/// Writes a file that did not exist: whole or not at all, and never readable by others, not even for a moment.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", uuid::Uuid::new_v4()));
    let written = write_private(&draft, bytes).and_then(|()| publish(&draft, path));
    // After a link the draft is a second name, after a failure it is rubbish, after a rename it is gone.
    let _ = fs::remove_file(&draft);
    written
}

/// Gives the file its name without replacing another one.
fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Ok(()) => sync_directory(path),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Err(cause),
        // Not every file system has links.
        Err(_) if path.exists() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(draft, path).and_then(|()| sync_directory(path)),
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) if cfg!(unix) => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

/// Makes the directory, closed to others; closes it if it stood open.
fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    #[cfg(unix)]
    fs::set_permissions(directory, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

fn list(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_file_name(stem));
        if let Some(stem) = stem.filter(|_| path.extension().is_some_and(|extension| extension == EXTENSION)) {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Error {
    Error::new(ErrorKind::Io, operation, "the file system refused").with("path", path.display()).because(cause)
}

fn corrupt(path: &Path) -> Error {
    Error::new(ErrorKind::Corrupt, "read key", "the file holds no unencrypted RSA key (PKCS#8, PEM)")
        .with("path", path.display())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_of_a_key_store() {
        let directory = tempfile::tempdir().unwrap();
        crate::testing::conformance::key_store(&FsKeyStore::new(directory.path().join("private"))).await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_and_a_second_store_sees_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let private = directory.path().join("own/private");
        let key = FsKeyStore::new(&private).generate("edge", KeySpec::Rsa(2048)).await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&private), mode(&private.join("edge.pem"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&private).unwrap().count(), 1, "the draft is gone");
        let again = FsKeyStore::new(&private).open("edge").await.unwrap().unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }

    #[tokio::test]
    async fn a_broken_file_is_named_and_names_cannot_leave_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let store = FsKeyStore::new(directory.path());
        fs::write(directory.path().join("bad.pem"), "no key").unwrap();
        let error = store.open("bad").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("bad.pem"), "{error}");
        for name in ["", "../edge", ".hidden", "a/b", "a\0b", "ü"] {
            assert_eq!(store.open(name).await.unwrap_err().kind(), ErrorKind::InvalidArgument, "{name:?}");
        }
    }
}
