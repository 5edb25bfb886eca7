//! A store that knows how far it had come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::task::AbortHandle;

use super::{CHECKPOINT, Checkpoint, Marks, MarksFile};
use crate::store::{
    ArtefactName, AuditEntry, AuditEvent, CertificateQuery, CertificateRecord, Committed, Document, DocumentQuery,
    Reserved, Revocation, Store, Transaction,
};

/// A [`Store`] with [`Marks`] outside its database, against which it is compared when it is opened.
///
/// The marks are on the disk before the number of a revocation list is used, and within a second after anything else. A number
/// below a mark is refused, whatever the database says. Once the marks cannot be written, nothing is.
#[derive(Debug, Clone)]
pub struct MarkedStore(Arc<Core>);

#[derive(Debug)]
struct Core {
    keeper: Arc<Keeper>,
    writing: AbortHandle,
}

#[derive(Debug)]
struct Keeper {
    store: Arc<dyn Store>,
    file: MarksFile,
    known: Mutex<Known>,
    /// One writes at a time, so that no old marks replace new ones.
    turn: AsyncMutex<()>,
    changed: Notify,
}

#[derive(Debug)]
struct Known {
    marks: Marks,
    /// Why they cannot be written.
    broken: Option<String>,
}

impl MarkedStore {
    /// Opens a store whose marks are in this file, which is made where both are new.
    ///
    /// # Errors
    /// `Corrupt` if the database is older than the marks, is another one, or has no marks though it is not empty:
    /// [`accept`](Self::accept) it then, if that is meant. And those of the store and the file.
    pub async fn open(store: Arc<dyn Store>, file: MarksFile, clock: Arc<dyn Clock>) -> Result<Self> {
        let marks = read(&file).await?;
        compare(&*store, marks.as_ref()).await?;
        Self::keep(store, file, marks.unwrap_or_default(), clock).await
    }

    /// Opens a store that [`open`](Self::open) refuses, because an operator says that it is the right one. That goes into the
    /// audit record. Numbers of revocation lists go on behind those that were ever given.
    ///
    /// # Errors
    /// Those of the store and the file. The file may be missing, but not unreadable.
    pub async fn accept(store: Arc<dyn Store>, file: MarksFile, clock: Arc<dyn Clock>, operator: &str) -> Result<Self> {
        let marks = read(&file).await?.unwrap_or_default();
        let (number, hash) = store.audit_head().await?;
        let event = AuditEvent {
            action: "audit.accepted".to_owned(),
            by: operator.to_owned(),
            subject: number.to_string(),
            details: json!({
                "is": { "number": number, "hash": hash },
                "was": { "number": marks.number, "hash": marks.hash, "revocationLists": marks.revocation_lists },
            }),
        };
        store.commit(Transaction::new(event, clock.utc())).await?;
        let mut given = marks.given;
        marks.revocation_lists.into_iter().for_each(|(issuer, number)| raise(&mut given, issuer, number));
        Self::keep(store, file, Marks { given, ..Marks::default() }, clock).await
    }

    async fn keep(store: Arc<dyn Store>, file: MarksFile, marks: Marks, clock: Arc<dyn Clock>) -> Result<Self> {
        let known = Mutex::new(Known { marks, broken: None });
        let keeper = Arc::new(Keeper { store, file, known, turn: AsyncMutex::new(()), changed: Notify::new() });
        keeper.write().await?;
        let writing = tokio::spawn(write_soon(Arc::clone(&keeper), clock)).abort_handle();
        Ok(Self(Arc::new(Core { keeper, writing })))
    }

    /// The marks as they are known here.
    #[must_use]
    pub fn marks(&self) -> Marks {
        self.0.keeper.known.lock().marks.clone()
    }

    /// Writes the marks now, as before a process ends.
    ///
    /// # Errors
    /// If they cannot be written.
    pub async fn flush(&self) -> Result<()> {
        self.0.keeper.write().await
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.writing.abort();
    }
}

/// Whether the store has come as far as the marks say.
async fn compare(store: &dyn Store, marks: Option<&Marks>) -> Result<()> {
    let (head, _) = store.audit_head().await?;
    let Some(marks) = marks else {
        let message = "the database holds records but its high-water marks are missing: restore their file, or accept the \
            database as it is";
        return if head == 0 { Ok(()) } else { Err(older(message.to_owned())) };
    };
    if head < marks.number {
        return Err(older(format!(
            "the database ends with audit entry {head}, though {} was written: it was restored from a backup, or truncated; \
            find the right one, or accept it as it is",
            marks.number
        )));
    }
    let marked = store.audit(marks.number.saturating_sub(1), 1).await?;
    if marks.number > 0 && marked.first().is_none_or(|entry| entry.hash != marks.hash) {
        return Err(older(format!(
            "audit entry {} is not the one that was written: the database is another one, or was restored from a backup and \
            went on; find the right one, or accept it as it is",
            marks.number
        )));
    }
    for (issuer, number) in &marks.revocation_lists {
        let last = store.last_number(issuer).await?;
        if last < *number {
            let message =
                format!("its last revocation list is {last}, though {number} was reserved; accept it as it is");
            return Err(older(message).with("issuer", issuer));
        }
    }
    Ok(())
}

fn older(message: String) -> Error {
    Error::new(ErrorKind::Corrupt, "compare the store with its high-water marks", message)
}

async fn read(file: &MarksFile) -> Result<Option<Marks>> {
    let file = file.clone();
    off_thread(move || file.read()).await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let ended = |cause| Error::new(ErrorKind::Internal, "keep high-water marks", "a thread ended").because(cause);
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

/// Writes what has changed, as often as it must.
async fn write_soon(keeper: Arc<Keeper>, clock: Arc<dyn Clock>) {
    loop {
        keeper.changed.notified().await;
        clock.sleep_until(clock.now() + PACE).await;
        if let Err(error) = keeper.write().await {
            tracing::error!(error = %error.report(), "high-water marks cannot be written; nothing is signed any more");
            return;
        }
    }
}

impl Keeper {
    async fn write(&self) -> Result<()> {
        let _turn = self.turn.lock().await;
        let (number, hash) = self.store.audit_head().await?;
        let marks = {
            let marks = &mut self.known.lock().marks;
            (marks.number, marks.hash) = (number, hash);
            marks.clone()
        };
        let file = self.file.clone();
        let written = off_thread(move || file.write(&marks)).await;
        written.inspect_err(|error| {
            self.known.lock().broken.get_or_insert_with(|| error.to_string());
        })
    }

    /// Refuses what the marks do not allow.
    fn check(&self, transaction: &Transaction) -> Result<()> {
        let known = self.known.lock();
        if let Some(cause) = &known.broken {
            let message =
                "the high-water marks could not be written; make sure that their file can be, and open the store again";
            return Err(Error::new(ErrorKind::Closed, COMMIT, message).because(cause.clone()));
        }
        for (issuer, number) in numbers(transaction) {
            if let Some(last) = known.marks.given.get(issuer).filter(|last| number <= **last) {
                let message = format!("numbers of revocation lists rise, and {last} was given once");
                return Err(Error::new(ErrorKind::Conflict, COMMIT, message)
                    .with("issuer", issuer)
                    .with("number", number));
            }
        }
        Ok(())
    }

    fn note(&self, numbers: BTreeMap<String, u64>, checkpoint: Option<Checkpoint>) {
        let marks = &mut self.known.lock().marks;
        numbers.into_iter().for_each(|(issuer, number)| raise(&mut marks.revocation_lists, issuer, number));
        marks.checkpoint = checkpoint.or_else(|| marks.checkpoint.take());
    }
}

fn raise(numbers: &mut BTreeMap<String, u64>, issuer: String, number: u64) {
    let last = numbers.entry(issuer).or_default();
    *last = number.max(*last);
}

fn numbers(transaction: &Transaction) -> impl Iterator<Item = (&String, u64)> {
    transaction.reservations.iter().filter_map(|reservation| match &reservation.name {
        ArtefactName::RevocationList { issuer, number } => Some((issuer, *number)),
        ArtefactName::Certificate { .. } => None,
    })
}

fn checkpoint(transaction: &Transaction) -> Option<Checkpoint> {
    let event = transaction.events.iter().rev().find(|event| event.action == CHECKPOINT)?;
    serde_json::from_value(event.details.clone()).ok()
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for MarkedStore {
    async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>> {
        self.0.keeper.store.document(kind, id).await
    }

    async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>> {
        self.0.keeper.store.documents(query).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Committed> {
        let keeper = &self.0.keeper;
        keeper.check(&transaction)?;
        let numbers: BTreeMap<String, u64> =
            numbers(&transaction).map(|(issuer, number)| (issuer.clone(), number)).collect();
        let (checkpoint, at_once) = (checkpoint(&transaction), !numbers.is_empty());
        let committed = keeper.store.commit(transaction).await?;
        keeper.note(numbers, checkpoint);
        match at_once {
            true => keeper.write().await?,
            false => keeper.changed.notify_one(),
        }
        Ok(committed)
    }

    async fn unfinished(&self) -> Result<Vec<Reserved>> {
        self.0.keeper.store.unfinished().await
    }

    async fn reserved(&self, name: &ArtefactName) -> Result<Option<Reserved>> {
        self.0.keeper.store.reserved(name).await
    }

    async fn certificates(&self, query: &CertificateQuery) -> Result<Vec<CertificateRecord>> {
        self.0.keeper.store.certificates(query).await
    }

    async fn revoked(&self, issuer: &str, until_after: UtcTime) -> Result<Vec<Revocation>> {
        self.0.keeper.store.revoked(issuer, until_after).await
    }

    async fn revocation_list(&self, issuer: &str) -> Result<Option<Reserved>> {
        self.0.keeper.store.revocation_list(issuer).await
    }

    /// Also where only the marks know it, of a database that another one took the place of.
    async fn last_number(&self, issuer: &str) -> Result<u64> {
        let given = self.0.keeper.known.lock().marks.given.get(issuer).copied().unwrap_or(0);
        Ok(self.0.keeper.store.last_number(issuer).await?.max(given))
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        self.0.keeper.store.audit(after, limit).await
    }

    async fn audit_head(&self) -> Result<(u64, String)> {
        self.0.keeper.store.audit_head().await
    }
}

const COMMIT: &str = "keep records";
const PACE: Duration = Duration::from_millis(500);
