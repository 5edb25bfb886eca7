//! A store that tells how its writes went.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::store::{
    ArtefactName, AuditEntry, CertificateQuery, CertificateRecord, Committed, Document, DocumentQuery, Outcome,
    Reserved, Revocation, Store, Transaction,
};
use parking_lot::Mutex;

/// A [`Store`] that knows whether the last write went well, and how much was signed.
#[derive(Debug)]
pub struct WatchedStore {
    store: Arc<dyn Store>,
    trouble: Mutex<Option<String>>,
    certificates: AtomicU64,
    revocation_lists: AtomicU64,
}

impl WatchedStore {
    /// Watches a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let (certificates, revocation_lists) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { store, trouble: Mutex::default(), certificates, revocation_lists }
    }

    /// Why the last write failed, if the store was at fault; `None` since one went well.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().clone()
    }

    /// Certificates and revocation lists that were signed since this was made.
    #[must_use]
    pub fn signed(&self) -> (u64, u64) {
        (self.certificates.load(Ordering::Relaxed), self.revocation_lists.load(Ordering::Relaxed))
    }

    fn note(&self, signed: &[ArtefactName]) {
        for name in signed {
            let count = match name {
                ArtefactName::Certificate { .. } => &self.certificates,
                ArtefactName::RevocationList { .. } => &self.revocation_lists,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        *self.trouble.lock() = None;
    }

    fn failed(&self, error: &Error) {
        let its_fault = !matches!(
            error.kind(),
            ErrorKind::Conflict | ErrorKind::AlreadyExists | ErrorKind::NotFound | ErrorKind::InvalidArgument
        );
        if its_fault {
            *self.trouble.lock() = Some(error.report());
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for WatchedStore {
    async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>> {
        self.store.document(kind, id).await
    }

    async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>> {
        self.store.documents(query).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let outcomes = transaction.outcomes.iter();
        let signed = outcomes.filter(|(_, outcome)| matches!(outcome, Outcome::Signed(_)));
        let signed: Vec<ArtefactName> = signed.map(|(name, _)| name.clone()).collect();
        let committed = self.store.commit(transaction).await;
        match &committed {
            Ok(_) => self.note(&signed),
            Err(error) => self.failed(error),
        }
        committed
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
