//! Records that last as long as the process, for tests.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::time::UtcTime;
use parking_lot::Mutex;

use super::check::{check, check_limit, check_query};
use super::rules::{Accepted, Situation};
use super::{
    ArtefactName, AuditEntry, CertificateQuery, CertificateRecord, Committed, Document, DocumentQuery, Outcome,
    Reservation, Reserved, Revocation, RevocationReason, Store, Transaction, Write,
};

/// Records in memory, by the rules of the others; a clone shares them.
///
/// ```
/// use iiot_core::time::UtcTime;
/// use iiot_gds::store::{AuditEvent, MemoryStore, Store, Transaction};
///
/// # futures::executor::block_on(async {
/// let store = MemoryStore::new();
/// let event = AuditEvent {
///     action: "group.created".to_owned(),
///     by: "ann".to_owned(),
///     subject: "presses".to_owned(),
///     details: serde_json::json!({}),
/// };
/// let committed = store.commit(Transaction::new(event, UtcTime::UNIX_EPOCH)).await?;
/// assert_eq!(store.audit_head().await?.0, committed.audit);
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    situation: Situation,
    documents: BTreeMap<(String, String), Document>,
    artefacts: BTreeMap<ArtefactName, Artefact>,
    /// In the order of their reservation.
    order: Vec<ArtefactName>,
    audit: Vec<AuditEntry>,
}

#[derive(Debug)]
struct Artefact {
    reserved: Reserved,
    revoked: Option<(UtcTime, RevocationReason)>,
}

impl MemoryStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>> {
        Ok(self.0.lock().documents.get(&(kind.to_owned(), id.to_owned())).cloned())
    }

    async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>> {
        check_query(query)?;
        let from = (query.kind.clone(), query.after.clone().unwrap_or_default());
        let records = self.0.lock();
        let behind = records.documents.range((Bound::Excluded(from), Bound::Unbounded)).map(|(_, document)| document);
        let of_kind = behind.take_while(|document| document.kind == query.kind);
        let fits = |document: &&Document| query.labels.iter().all(|label| document.labels.contains(label));
        Ok(of_kind.filter(fits).take(query.limit).cloned().collect())
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        check(&transaction)?;
        let mut records = self.0.lock();
        let accepted = records.situation.carry_out(transaction)?;
        Ok(records.write(accepted))
    }

    async fn unfinished(&self) -> Result<Vec<Reserved>> {
        let records = self.0.lock();
        let all = records.order.iter().filter_map(|name| records.artefacts.get(name));
        Ok(all.map(|artefact| &artefact.reserved).filter(|reserved| reserved.outcome.is_none()).cloned().collect())
    }

    async fn reserved(&self, name: &ArtefactName) -> Result<Option<Reserved>> {
        Ok(self.0.lock().artefacts.get(name).map(|artefact| artefact.reserved.clone()))
    }

    async fn certificates(&self, query: &CertificateQuery) -> Result<Vec<CertificateRecord>> {
        check_limit(query.limit, 0)?;
        let records = self.0.lock();
        let all = records.artefacts.values().filter_map(|artefact| certificate(artefact, query.revoked == Some(true)));
        let most = if query.limit == 0 { usize::MAX } else { query.limit };
        Ok(all.filter(|record| fits(record, query)).take(most).collect())
    }

    async fn revoked(&self, issuer: &str, until_after: UtcTime) -> Result<Vec<Revocation>> {
        let records = self.0.lock();
        let revoked = |artefact: &Artefact| match (&artefact.reserved.reservation, artefact.revoked) {
            (Reservation { name: ArtefactName::Certificate { issuer: of, serial }, until, .. }, Some((at, reason)))
                if of == issuer && *until >= until_after =>
            {
                Some(Revocation { issuer: of.clone(), serial: serial.clone(), at, reason })
            }
            _ => None,
        };
        Ok(records.artefacts.values().filter_map(revoked).collect())
    }

    async fn revocation_list(&self, issuer: &str) -> Result<Option<Reserved>> {
        let records = self.0.lock();
        let list = |number| ArtefactName::RevocationList { issuer: issuer.to_owned(), number };
        let newest_first =
            records.artefacts.range(list(0)..=list(u64::MAX)).rev().map(|(_, artefact)| &artefact.reserved);
        let mut signed = newest_first.filter(|reserved| matches!(reserved.outcome, Some(Outcome::Signed(_))));
        Ok(signed.next().cloned())
    }

    async fn last_number(&self, issuer: &str) -> Result<u64> {
        Ok(self.0.lock().situation.numbers.get(issuer).copied().unwrap_or(0))
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        check_limit(limit, 1)?;
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(self.0.lock().audit.iter().skip(after).take(limit).cloned().collect())
    }

    async fn audit_head(&self) -> Result<(u64, String)> {
        Ok(self.0.lock().situation.head.clone())
    }
}

impl Records {
    fn write(&mut self, accepted: Accepted) -> Committed {
        let Accepted { committed, entries, documents, reservations, outcomes, revocations } = accepted;
        documents.into_iter().for_each(|document| self.document(document, committed.audit));
        for reservation in reservations {
            let name = reservation.name.clone();
            self.order.push(name.clone());
            let reserved = Reserved { reservation, outcome: None };
            self.artefacts.insert(name, Artefact { reserved, revoked: None });
        }
        for (name, outcome) in outcomes {
            self.artefacts.entry(name).and_modify(|artefact| artefact.reserved.outcome = Some(outcome));
        }
        for revocation in revocations {
            let revoked = Some((revocation.at, revocation.reason));
            self.artefacts.entry(revocation.name()).and_modify(|artefact| artefact.revoked = revoked);
        }
        self.audit.extend(entries);
        committed
    }

    fn document(&mut self, Write { kind, id, content, labels, .. }: Write, revision: u64) {
        let key = (kind.clone(), id.clone());
        match content {
            Some(content) => {
                drop(self.documents.insert(key, Document { kind, id, revision, content, labels }));
            }
            None => drop(self.documents.remove(&key)),
        }
    }
}

/// One that was signed; or `also_void`.
fn certificate(artefact: &Artefact, also_void: bool) -> Option<CertificateRecord> {
    let reservation = &artefact.reserved.reservation;
    let ArtefactName::Certificate { issuer, serial } = &reservation.name else { return None };
    let certificate = match &artefact.reserved.outcome {
        Some(Outcome::Signed(der)) => der.clone(),
        _ if also_void => Vec::new(),
        _ => return None,
    };
    Some(CertificateRecord {
        issuer: issuer.clone(),
        serial: serial.clone(),
        certificate,
        from: reservation.from,
        until: reservation.until,
        application: reservation.application.clone(),
        group: reservation.group.clone(),
        request: reservation.request.clone(),
        revoked: artefact.revoked,
    })
}

fn fits(record: &CertificateRecord, query: &CertificateQuery) -> bool {
    let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    is(&query.issuer, &record.issuer)
        && is(&query.application, &record.application)
        && is(&query.group, &record.group)
        && query.revoked.is_none_or(|revoked| record.revoked.is_some() == revoked)
        && query.until_after.is_none_or(|time| record.until >= time)
        && query.after.as_ref().is_none_or(|(issuer, serial)| (&record.issuer, &record.serial) > (issuer, serial))
}
