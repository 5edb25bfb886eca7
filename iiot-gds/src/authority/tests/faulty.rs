//! A store and keys that fail at one call, before or after they have done what they were asked for.

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use iiot_core::keys::{DecryptionAlgorithm, KeySpec, KeyStore, PrivateKey, SignatureAlgorithm};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::authority::AuthorityParts;
use crate::store::{
    ArtefactName, AuditEntry, CertificateQuery, CertificateRecord, Committed, Document, DocumentQuery, Reserved,
    Revocation, Store, Transaction,
};

/// How the call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing was done, and nothing works until all is opened again.
    CrashBefore,
    /// It was done, nobody heard, and nothing works until all is opened again.
    CrashAfter,
    /// Nothing was done; the next call works.
    ErrorBefore,
    /// It was done, and nobody heard; the next call works.
    ErrorAfter,
    /// Nothing was done, and nothing comes back; the process says so and waits for its end.
    HangBefore,
    /// It was done, and nothing comes back; the process says so and waits for its end.
    HangAfter,
}

/// What a process says that waits for its end.
pub(super) const REACHED: &str = "REACHED";

impl Fault {
    pub(super) const ALL: [Self; 4] = [Self::CrashBefore, Self::CrashAfter, Self::ErrorBefore, Self::ErrorAfter];
}

/// Counts the calls that change something, and blows at one of them; keeps whatever a key has signed.
#[derive(Debug)]
pub(super) struct Fuse {
    calls: AtomicUsize,
    blows: usize,
    fault: Fault,
    pub(super) signed: Mutex<Vec<Vec<u8>>>,
    /// A file that keeps it too, in hexadecimal, a line each.
    file: Option<Mutex<File>>,
}

impl Fuse {
    /// One that blows at this call; never at call 0.
    pub(super) fn new(blows: usize, fault: Fault) -> Arc<Self> {
        Arc::new(Self { calls: AtomicUsize::new(0), blows, fault, signed: Mutex::default(), file: None })
    }

    /// One that never blows, and keeps in a file too what a key is about to sign.
    pub(super) fn with_file(path: &Path) -> Arc<Self> {
        Self::with_file_and(path, 0, Fault::CrashBefore)
    }

    /// One that blows at this call, and keeps in a file too what a key is about to sign.
    pub(super) fn with_file_and(path: &Path, blows: usize, fault: Fault) -> Arc<Self> {
        let file = File::options().create(true).append(true).open(path).unwrap();
        let (signed, file) = (Mutex::default(), Some(Mutex::new(file)));
        Arc::new(Self { calls: AtomicUsize::new(0), blows, fault, signed, file })
    }

    fn signs(&self, data: &[u8]) {
        self.signed.lock().push(data.to_vec());
        if let Some(file) = &self.file {
            // In one call, so that a line is there as a whole or not at all.
            let line: String = data.iter().map(|byte| format!("{byte:02x}")).chain(["\n".to_owned()]).collect();
            file.lock().write_all(line.as_bytes()).unwrap();
        }
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn has_blown(&self) -> bool {
        self.blows > 0 && self.calls() >= self.blows
    }

    async fn call<T>(&self, what: impl Future<Output = Result<T>>) -> Result<T> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let blown = || Error::new(ErrorKind::Io, "test", "the fuse has blown");
        let crashed =
            self.blows > 0 && call > self.blows && matches!(self.fault, Fault::CrashBefore | Fault::CrashAfter);
        if crashed {
            return Err(blown());
        }
        match (call == self.blows, self.fault) {
            (true, Fault::CrashBefore | Fault::ErrorBefore) => Err(blown()),
            (true, Fault::CrashAfter | Fault::ErrorAfter) => {
                let _ = what.await;
                Err(blown())
            }
            (true, Fault::HangBefore) => hang().await,
            (true, Fault::HangAfter) => {
                let _ = what.await;
                hang().await
            }
            (false, _) => what.await,
        }
    }
}

async fn hang<T>() -> T {
    println!("\n{REACHED}");
    std::io::stdout().flush().unwrap();
    std::future::pending().await
}

/// The same parts behind a fuse.
pub(super) fn behind(fuse: &Arc<Fuse>, parts: &AuthorityParts) -> AuthorityParts {
    AuthorityParts {
        store: Arc::new(FaultyStore { store: Arc::clone(&parts.store), fuse: Arc::clone(fuse) }),
        keys: Arc::new(FaultyKeys { keys: Arc::clone(&parts.keys), fuse: Arc::clone(fuse) }),
        clock: Arc::clone(&parts.clock),
    }
}

#[derive(Debug)]
struct FaultyStore {
    store: Arc<dyn Store>,
    fuse: Arc<Fuse>,
}

#[async_trait]
impl Store for FaultyStore {
    async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>> {
        self.store.document(kind, id).await
    }

    async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>> {
        self.store.documents(query).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        self.fuse.call(self.store.commit(transaction)).await
    }

    async fn unfinished(&self) -> Result<Vec<Reserved>> {
        self.store.unfinished().await
    }

    async fn reserved(&self, name: &ArtefactName) -> Result<Option<Reserved>> {
        self.store.reserved(name).await
    }

    async fn certificates(&self, query: &CertificateQuery) -> Result<Vec<CertificateRecord>> {
        self.store.certificates(query).await
    }

    async fn revoked(&self, issuer: &str, until_after: UtcTime) -> Result<Vec<Revocation>> {
        self.store.revoked(issuer, until_after).await
    }

    async fn revocation_list(&self, issuer: &str) -> Result<Option<Reserved>> {
        self.store.revocation_list(issuer).await
    }

    async fn last_number(&self, issuer: &str) -> Result<u64> {
        self.store.last_number(issuer).await
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        self.store.audit(after, limit).await
    }

    async fn audit_head(&self) -> Result<(u64, String)> {
        self.store.audit_head().await
    }
}

#[derive(Debug)]
struct FaultyKeys {
    keys: Arc<dyn KeyStore>,
    fuse: Arc<Fuse>,
}

#[async_trait]
impl KeyStore for FaultyKeys {
    async fn generate(&self, name: &str, spec: KeySpec) -> Result<Arc<dyn PrivateKey>> {
        self.fuse.call(self.keys.generate(name, spec)).await
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<dyn PrivateKey>>> {
        let key = self.keys.open(name).await?;
        Ok(key.map(|key| Arc::new(FaultyKey { key, fuse: Arc::clone(&self.fuse) }) as _))
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.keys.remove(name).await
    }

    async fn names(&self) -> Result<Vec<String>> {
        self.keys.names().await
    }
}

struct FaultyKey {
    key: Arc<dyn PrivateKey>,
    fuse: Arc<Fuse>,
}

impl fmt::Debug for FaultyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyKey")
    }
}

#[async_trait]
impl PrivateKey for FaultyKey {
    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    async fn sign(&self, algorithm: SignatureAlgorithm, data: &[u8]) -> Result<Vec<u8>> {
        let sign = async {
            self.fuse.signs(data);
            self.key.sign(algorithm, data).await
        };
        self.fuse.call(sign).await
    }

    async fn decrypt(&self, algorithm: DecryptionAlgorithm, block: &[u8]) -> Result<Vec<u8>> {
        self.key.decrypt(algorithm, block).await
    }
}
