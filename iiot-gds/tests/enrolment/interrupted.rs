//! The certificate manager dies at every step, and the application asks again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use iiot_core::registry::{Query, RecordKind};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::policy::ApprovalPolicy;
use iiot_gds::store::{
    ArtefactName, AuditEntry, CertificateQuery, CertificateRecord, Committed, Document, DocumentQuery, MemoryStore,
    Reserved, Revocation, Store, Transaction,
};

use crate::works::{Edge, Works, certificate};

/// Fails when it has let so many transactions pass: before the next one takes place, or after.
#[derive(Debug)]
struct Fused {
    store: MemoryStore,
    left: AtomicUsize,
    after: bool,
}

const WHOLE: usize = usize::MAX;

#[async_trait]
impl Store for Fused {
    async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>> {
        self.store.document(kind, id).await
    }

    async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>> {
        self.store.documents(query).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let died = || Error::new(ErrorKind::Io, "commit", "the process has died");
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 && !self.after {
            return Err(died());
        }
        let committed = self.store.commit(transaction).await?;
        if left == 0 {
            return Err(died());
        }
        if left != WHOLE {
            self.left.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(committed)
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

#[tokio::test]
async fn whatever_step_it_dies_at_there_is_one_application_one_request_and_one_certificate() {
    for after in [false, true] {
        let mut step = 0;
        while !dies_at(step, after).await {
            step += 1;
        }
        assert_eq!(step, 5, "bound, entered, announced, reserved, signed");
    }
}

/// Dies at a step and goes on; tells whether there is no such step.
async fn dies_at(step: usize, after: bool) -> bool {
    let store = Arc::new(Fused { store: MemoryStore::new(), left: AtomicUsize::new(WHOLE), after });
    let works = Works::with(ApprovalPolicy::Automatic, Arc::clone(&store) as _).await;
    let (edge, invited) = (Edge::new("edge").await, works.invite().await);
    let applicant = works.applicant(&invited.token);
    store.left.store(step, Ordering::SeqCst);
    let first = edge.enroll(&applicant).await;
    store.left.store(WHOLE, Ordering::SeqCst);
    works.office.authorities.recover().await.unwrap();
    let again = edge.enroll(&applicant).await.unwrap();
    let application = again.application.clone();
    let issued = certificate(again);
    if let Ok(first) = &first {
        assert_eq!(certificate(first.clone()), issued);
    }
    let query = Query::of(RecordKind::Application);
    let applications = works.office.registry.query(&query).await.unwrap().records;
    assert_eq!(applications.iter().map(|one| &one.key.id).collect::<Vec<_>>(), [&application]);
    assert_eq!(works.recorded("request.submitted").await, 1, "step {step}");
    let certificates = works.office.store.certificates(&CertificateQuery::default()).await.unwrap();
    assert_eq!(certificates.iter().filter(|one| !one.application.is_empty()).count(), 1, "step {step}");
    first.is_ok()
}
