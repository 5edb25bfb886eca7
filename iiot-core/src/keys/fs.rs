//! Keys in files: one PEM file a key, readable by the owner only, encrypted on request.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use der::pem::LineEnding;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::keys::memory::{missing, taken};
use crate::keys::rsa::off_thread;
use crate::keys::software::SoftwareKey;
use crate::keys::{KeySpec, KeyStore, Passphrase, PrivateKey, sealed};

/// Holds keys as `NAME.pem` in one directory (mode 0700, files 0600, each written whole or not at all).
///
/// As [`new`](Self::new) makes it, the files are PKCS#8 in clear: who can read them has the keys.
/// [`encrypted`](Self::encrypted) seals them with a passphrase (Argon2id, AES-256-GCM) and seals a
/// file that lies there in clear when it is first opened.
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
    passphrase: Option<Passphrase>,
}

impl FsKeyStore {
    /// A store in this directory, which is made when the first key is.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), passphrase: None }
    }

    /// A store whose files only this passphrase opens.
    #[must_use]
    pub fn encrypted(directory: impl Into<PathBuf>, passphrase: Passphrase) -> Self {
        Self { directory: directory.into(), passphrase: Some(passphrase) }
    }

    fn entry(&self, name: &str) -> Result<Entry> {
        Ok(Entry { name: name.to_owned(), path: self.path(name)?, passphrase: self.passphrase.clone() })
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
        let entry = self.entry(name)?;
        if entry.path.exists() {
            return Err(taken(name));
        }
        let key = SoftwareKey::generate(spec).await?;
        let kept = key.clone();
        off_thread(move || entry.write(&kept)).await?;
        Ok(key.shared())
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>> {
        let entry = self.entry(name)?;
        let key = off_thread(move || entry.read()).await?;
        Ok(key.map(SoftwareKey::shared))
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
const SEC1_LABEL: &str = "EC PRIVATE KEY";
/// Our own form, so that no other program takes it for one that it can open.
const SEALED_LABEL: &str = "IIOT SEALED PRIVATE KEY";
/// A key of 8192 bits takes about 6 KiB.
const MAX_FILE: u64 = 64 << 10;

/// A name that can neither leave the directory nor hide in it.
fn is_file_name(name: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed)
}

/// One key's file.
struct Entry {
    name: String,
    path: PathBuf,
    passphrase: Option<Passphrase>,
}

impl Entry {
    fn read(&self) -> Result<Option<SoftwareKey>> {
        let pem = match read_bounded(&self.path) {
            Ok(pem) => pem,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(failed("read key", &self.path, cause)),
        };
        let (label, content) =
            der::pem::decode_vec(pem.as_bytes()).map_err(|cause| corrupt(&self.path).because(cause))?;
        let content = Zeroizing::new(content);
        match (label, &self.passphrase) {
            (SEALED_LABEL, Some(passphrase)) => {
                let der = sealed::open(passphrase, &self.name, &content);
                self.key(&der.map_err(|error| error.with("path", self.path.display()))?).map(Some)
            }
            (SEALED_LABEL, None) => Err(locked(&self.path)),
            (LABEL | PKCS1_LABEL | SEC1_LABEL, _) => self.in_clear(&content).map(Some),
            _ => Err(corrupt(&self.path).with("label", label)),
        }
    }

    /// A key that lies in clear, and is sealed now if it should be.
    fn in_clear(&self, der: &[u8]) -> Result<SoftwareKey> {
        let key = self.key(der)?;
        if self.passphrase.is_some() {
            replace(&self.path, self.pem(&key)?.as_bytes()).map_err(|cause| failed("seal key", &self.path, cause))?;
            tracing::warn!(path = %self.path.display(), "the key lay in clear and is encrypted now; copies of it may be elsewhere");
        }
        Ok(key)
    }

    fn key(&self, der: &[u8]) -> Result<SoftwareKey> {
        SoftwareKey::from_der(der).map_err(|cause| corrupt(&self.path).because(cause))
    }

    fn write(&self, key: &SoftwareKey) -> Result<()> {
        let directory = self.path.parent().unwrap_or_else(|| Path::new("."));
        make_directory(directory).map_err(|cause| failed("make key directory", directory, cause))?;
        match write_new(&self.path, self.pem(key)?.as_bytes()) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Err(taken(&self.name)),
            outcome => outcome.map_err(|cause| failed("write key", &self.path, cause)),
        }
    }

    fn pem(&self, key: &SoftwareKey) -> Result<Zeroizing<String>> {
        let pkcs8 = key.to_pkcs8()?;
        let pem = match &self.passphrase {
            Some(passphrase) => {
                let sealed = sealed::seal(passphrase, &self.name, &pkcs8)?;
                der::pem::encode_string(SEALED_LABEL, LineEnding::LF, &sealed)
            }
            None => der::pem::encode_string(LABEL, LineEnding::LF, &pkcs8),
        };
        pem.map(Zeroizing::new).map_err(|cause| corrupt(&self.path).because(cause))
    }
}

fn read_bounded(path: &Path) -> io::Result<Zeroizing<String>> {
    if fs::metadata(path)?.len() > MAX_FILE {
        return Err(io::Error::other("the file is too large for a key"));
    }
    fs::read_to_string(path).map(Zeroizing::new)
}

/// Writes a file that did not exist: whole or not at all, and never readable by others, not even for a moment.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", uuid::Uuid::new_v4()));
    let written = write_private(&draft, bytes).and_then(|()| publish(&draft, path));
    // After a link the draft is a second name, after a failure it is rubbish, after a rename it is gone.
    let _ = fs::remove_file(&draft);
    written
}

/// Puts a file in the place of another: at every moment one of them is there, whole.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", uuid::Uuid::new_v4()));
    let written = write_private(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.and_then(|()| sync_directory(path))
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
    Error::new(ErrorKind::Corrupt, "read key", "the file holds no private key (PKCS#8, PEM), or one of another kind")
        .with("path", path.display())
}

fn locked(path: &Path) -> Error {
    let message = "the key is encrypted: give its passphrase";
    Error::new(ErrorKind::Unauthenticated, "read key", message).with("path", path.display())
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
    async fn an_encrypted_store_keeps_the_contract_and_no_key_in_clear() {
        let directory = tempfile::tempdir().unwrap();
        let private = directory.path().join("private");
        let store = FsKeyStore::encrypted(&private, passphrase("right"));
        crate::testing::conformance::key_store(&store).await;
        let pem = fs::read_to_string(private.join("edge.pem")).unwrap();
        assert!(pem.starts_with("-----BEGIN IIOT SEALED PRIVATE KEY-----\n"), "{pem}");
        for stranger in [FsKeyStore::new(&private), FsKeyStore::encrypted(&private, passphrase("wrong"))] {
            let error = stranger.open("edge").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.to_string().contains("edge.pem"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_key_in_clear_is_sealed_when_an_encrypted_store_opens_it() {
        let directory = tempfile::tempdir().unwrap();
        let key = FsKeyStore::new(directory.path()).generate("edge", KeySpec::Rsa(2048)).await.unwrap();
        let store = FsKeyStore::encrypted(directory.path(), passphrase("right"));
        for _ in 0..2 {
            assert_eq!(store.open("edge").await.unwrap().unwrap().public_key(), key.public_key());
        }
        assert_eq!(
            FsKeyStore::new(directory.path()).open("edge").await.unwrap_err().kind(),
            ErrorKind::Unauthenticated
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text).unwrap()
    }

    #[tokio::test]
    async fn keys_on_curves_that_openssl_made_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = FsKeyStore::new(directory.path());
        let brainpool = ["brainpoolP256r1", "brainpoolP384r1"].iter().filter(|_| cfg!(feature = "brainpool"));
        let curves = ["P-256", "P-384"].iter().chain(brainpool);
        for (curve, form) in curves.flat_map(|curve| [(*curve, "genpkey"), (*curve, "sec1")]) {
            let (name, path) = (format!("{form}-{curve}"), directory.path().join(format!("{form}-{curve}.pem")));
            let mut command = std::process::Command::new("openssl");
            match form {
                "sec1" => command.args(["ecparam", "-genkey", "-noout", "-name", curve, "-out"]),
                _ => command.args(["genpkey", "-algorithm", "EC", "-pkeyopt", &format!("group:{curve}"), "-out"]),
            };
            assert!(command.arg(&path).output().unwrap().status.success(), "openssl makes a key");
            let public = std::process::Command::new("openssl")
                .args(["pkey", "-pubout", "-outform", "DER", "-in"])
                .arg(&path)
                .output()
                .unwrap();
            let key = store.open(&name).await.unwrap().unwrap();
            assert_eq!(key.public_key(), public.stdout, "{name}");
        }
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
