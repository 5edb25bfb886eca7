//! What a certificate manager stands on.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::keys::{KeySpec, KeyStore, Passphrase, PrivateKey, SecretBox};
use iiot_core::registry::{self, Registry};
use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::audit::{MarkedStore, MarksFile};
use iiot_gds::authority::AuthorityParts;
use iiot_gds::office::{Office, People};
use iiot_gds::store::{self, Store};

use super::WatchedStore;
use crate::pki::KeyPlace;
use crate::records;

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Places {
    /// The folder of the process.
    pub data: PathBuf,
    /// The records of certificates, as of [`store::open`]; SQLite below the folder where nothing is said.
    pub store: Option<String>,
    /// The record of the plant, as of [`registry::open`]; SQLite below the folder where nothing is said.
    pub registry: Option<String>,
    /// The high-water marks of the records, below the folder where nothing is said. A backup of the records must not bring them
    /// back with it, so another disk is better.
    pub marks: Option<PathBuf>,
    /// Where the keys of authorities are: in files with a passphrase, or in hardware.
    pub keys: KeyPlace,
    /// What seals passwords of devices in the records, also where keys are in hardware.
    pub passphrase: Passphrase,
}

/// Records with their high-water marks, keys and the record of the plant, opened by this process alone.
///
/// ```no_run
/// # async fn example() -> iiot::core::Result<()> {
/// use std::sync::Arc;
/// use iiot::certificate_manager::{Foundation, Places};
/// use iiot::gds::store::Store;
/// use iiot::core::clock::SystemClock;
/// use iiot::pki::{KeyPlace, passphrase};
///
/// let passphrase = passphrase(None, "IIOT_KEY_PASSPHRASE")?.expect("the variable is set");
/// let places = Places {
///     data: "data".into(),
///     store: None,
///     registry: None,
///     marks: None,
///     keys: KeyPlace::SealedFile(passphrase.clone()),
///     passphrase,
/// };
/// let foundation = Foundation::open(&places, Arc::new(SystemClock)).await?;
/// println!("{} entries in the audit record", foundation.store().audit_head().await?.0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Foundation {
    store: Arc<WatchedStore>,
    marked: MarkedStore,
    registry: Arc<dyn Registry>,
    keys: Arc<dyn KeyStore>,
    checkpoints: Arc<dyn PrivateKey>,
    secrets: SecretBox,
    clock: Arc<dyn Clock>,
    _alone: File,
}

impl Foundation {
    /// Opens it, and makes what is missing: the tables, and the key that vouches for the audit record, whose public half is in the
    /// file `gds/checkpoints.der`.
    ///
    /// # Errors
    /// `InvalidArgument` if the keys of authorities would lie in clear, `Conflict` if another process uses the folder, `Corrupt` if
    /// the records are older than their marks (see [`MarkedStore::open`]); those of the databases and of the keys.
    pub async fn open(places: &Places, clock: Arc<dyn Clock>) -> Result<Self> {
        let opening = Opening::begin(places).await?;
        let marked = MarkedStore::open(Arc::clone(&opening.store), opening.marks.clone(), Arc::clone(&clock)).await?;
        opening.finish(marked, clock).await
    }

    /// Opens records that [`open`](Self::open) refuses, because an operator says that they are the right ones; see
    /// [`MarkedStore::accept`].
    ///
    /// # Errors
    /// As of [`open`](Self::open), but for the age of the records.
    pub async fn accept(places: &Places, clock: Arc<dyn Clock>, operator: &str) -> Result<Self> {
        let opening = Opening::begin(places).await?;
        let (store, marks) = (Arc::clone(&opening.store), opening.marks.clone());
        let marked = MarkedStore::accept(store, marks, Arc::clone(&clock), operator).await?;
        opening.finish(marked, clock).await
    }

    /// The office on it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn office(&self, people: Arc<dyn People>) -> Result<Office> {
        let store: Arc<dyn Store> = Arc::clone(&self.store) as _;
        let parts = AuthorityParts { store, keys: Arc::clone(&self.keys), clock: Arc::clone(&self.clock) };
        Office::open(parts, Arc::clone(&self.registry), people).await
    }

    /// The records.
    #[must_use]
    pub fn store(&self) -> &Arc<WatchedStore> {
        &self.store
    }

    /// The high-water marks of the records.
    #[must_use]
    pub fn marked(&self) -> &MarkedStore {
        &self.marked
    }

    /// The record of the plant.
    #[must_use]
    pub fn registry(&self) -> &Arc<dyn Registry> {
        &self.registry
    }

    /// Where the keys of authorities are.
    #[must_use]
    pub fn keys(&self) -> &Arc<dyn KeyStore> {
        &self.keys
    }

    /// What passwords of devices are sealed with in the records.
    #[must_use]
    pub fn secrets(&self) -> &SecretBox {
        &self.secrets
    }

    /// The key that vouches for the audit record.
    #[must_use]
    pub fn checkpoints(&self) -> &Arc<dyn PrivateKey> {
        &self.checkpoints
    }
}

/// What is open before the records are compared with their marks.
struct Opening<'a> {
    places: &'a Places,
    folder: PathBuf,
    alone: File,
    keys: Arc<dyn KeyStore>,
    store: Arc<dyn Store>,
    marks: MarksFile,
}

impl<'a> Opening<'a> {
    async fn begin(places: &'a Places) -> Result<Self> {
        if matches!(places.keys, KeyPlace::File) {
            let message = "the keys of authorities are not kept in clear: give a passphrase or a PKCS#11 token";
            return Err(Error::new(ErrorKind::InvalidArgument, OPEN, message));
        }
        let folder = places.data.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|cause| unusable(&folder).because(cause))?;
        let alone = alone(&folder.join(LOCK))?;
        let keys = Arc::from(places.keys.store(folder.join("keys")));
        let below = || format!("sqlite:{}", places.data.join("gds.db").display());
        let store = store::open(&places.store.clone().unwrap_or_else(below)).await?;
        let marks = MarksFile::new(places.marks.clone().unwrap_or_else(|| folder.join("marks.json")));
        Ok(Self { places, folder, alone, keys, store, marks })
    }

    async fn finish(self, marked: MarkedStore, clock: Arc<dyn Clock>) -> Result<Foundation> {
        let checkpoints = self.checkpoints().await?;
        let address = self.places.registry.clone().map_or_else(|| records::below(Some(&self.places.data)), Ok)?;
        let registry = registry::open(&address).await?;
        let store = Arc::new(WatchedStore::new(Arc::new(marked.clone())));
        let secrets = SecretBox::new(self.places.passphrase.clone());
        Ok(Foundation { store, marked, registry, keys: self.keys, checkpoints, secrets, clock, _alone: self.alone })
    }

    /// The key for the audit record; its public half goes to where auditors find it.
    async fn checkpoints(&self) -> Result<Arc<dyn PrivateKey>> {
        let key = match self.keys.open(CHECKPOINTS).await? {
            Some(key) => key,
            None => self.keys.generate(CHECKPOINTS, KeySpec::NistP256).await?,
        };
        let file = self.folder.join("checkpoints.der");
        if std::fs::read(&file).ok().as_deref() != Some(key.public_key()) {
            std::fs::write(&file, key.public_key()).map_err(|cause| unusable(&file).because(cause))?;
        }
        Ok(key)
    }
}

/// Two processes would write each other's high-water marks over.
fn alone(path: &Path) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|cause| unusable(path).because(cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = "another process uses the folder: stop it first, or ask it by HTTP";
            Err(Error::new(ErrorKind::Conflict, OPEN, message).with("file", path.display()).retryable(false))
        }
        Err(TryLockError::Error(cause)) => Err(unusable(path).because(cause)),
    }
}

fn unusable(path: &Path) -> Error {
    let message = "the file or folder cannot be used; check its permissions and the disk";
    Error::new(ErrorKind::Io, OPEN, message).with("path", path.display())
}

const OPEN: &str = "open the certificate manager";
const FOLDER: &str = "gds";
const LOCK: &str = "lock";
const CHECKPOINTS: &str = "audit-checkpoints";
