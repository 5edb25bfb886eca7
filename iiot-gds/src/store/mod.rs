//! Where a certificate manager keeps what it must not forget.
//!
//! A [`Store`] holds four things. [Documents](Document) are what changes: authorities, groups, requests, devices. What is
//! [to be signed](Reservation), what became of it and the audit record only grow, whoever writes to the database.

#[cfg(feature = "local")]
mod check;
#[cfg(feature = "local")]
mod memory;
mod names;
#[cfg(feature = "local")]
mod open;
#[cfg(feature = "local")]
mod rules;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::time::UtcTime;
use serde::{Deserialize, Serialize};

#[cfg(feature = "local")]
pub use memory::MemoryStore;
#[cfg(feature = "local")]
pub use open::{inspect, open};
#[cfg(feature = "postgres")]
pub use sql::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sql::SqliteStore;

/// Keeps what a certificate manager must not forget.
///
/// # Behaviour
/// - A [`Transaction`] takes place as a whole or not at all, and has outlasted a power cut when [`commit`](Self::commit)
///   returns.
/// - Two that expect the same revision of a document: exactly one takes place, the other fails with `Conflict`; two that
///   expect none: the other fails with `AlreadyExists`.
/// - A serial number is reserved once for each issuer and a number once for each issuer's revocation lists, else
///   `AlreadyExists`; what is reserved never changes but by being signed, once, or voided, once, else `Conflict`.
/// - The numbers of an issuer's revocation lists rise, else `Conflict`.
/// - Each entry of the audit record has the hash of the one before it; nobody can change or delete one through the
///   database that the store made.
/// - A store that has failed to write refuses all further ones until it is opened again: what was lost is not known.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// The document of a kind with this id.
    async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>>;

    /// A page of documents, ordered by id.
    async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>>;

    /// Carries out a transaction.
    async fn commit(&self, transaction: Transaction) -> Result<Committed>;

    /// What was reserved and neither signed nor voided yet, oldest first: what a restart has to finish.
    async fn unfinished(&self) -> Result<Vec<Reserved>>;

    /// What was ever reserved under this serial or number.
    async fn reserved(&self, name: &ArtefactName) -> Result<Option<Reserved>>;

    /// A page of certificates, ordered by issuer and serial.
    async fn certificates(&self, query: &CertificateQuery) -> Result<Vec<CertificateRecord>>;

    /// All that an issuer has revoked and that was to hold at this time or later, ordered by serial: what its revocation
    /// list names. Revoked ones that were never signed are among them.
    async fn revoked(&self, issuer: &str, until_after: UtcTime) -> Result<Vec<Revocation>>;

    /// The newest revocation list of an issuer that is signed.
    async fn revocation_list(&self, issuer: &str) -> Result<Option<Reserved>>;

    /// The largest number that was ever reserved for a revocation list of an issuer; 0 if none was.
    async fn last_number(&self, issuer: &str) -> Result<u64>;

    /// Entries of the audit record behind a number, in order.
    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>>;

    /// The last entry of the audit record: its number and its hash. `(0, "")` if there is none.
    async fn audit_head(&self) -> Result<(u64, String)>;
}

/// Something that changes, under compare-and-swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is: `authority`, `group`, `request`.
    pub kind: String,
    /// Which one.
    pub id: String,
    /// Rises with every change.
    pub revision: u64,
    /// Its content (JSON).
    pub content: String,
    /// What it is found by.
    pub labels: Vec<(String, String)>,
}

/// Which documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentQuery {
    /// Of this kind.
    pub kind: String,
    /// With all of these labels.
    pub labels: Vec<(String, String)>,
    /// Behind this id.
    pub after: Option<String>,
    /// So many at most, 1 to 1,000.
    pub limit: usize,
}

/// A document to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What it is.
    pub kind: String,
    /// Which one.
    pub id: String,
    /// What it is to be; `None` deletes it.
    pub content: Option<String>,
    /// What it is found by.
    pub labels: Vec<(String, String)>,
    /// The revision that is replaced; `None` if there must be none.
    pub expected: Option<u64>,
}

/// A document as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// What it is.
    pub kind: String,
    /// Which one.
    pub id: String,
    /// The revision that it must still have.
    pub revision: u64,
}

/// What is done together. It cannot be made without saying what is done, for the audit record.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// What is done, by whom.
    pub events: Vec<AuditEvent>,
    /// When, by the clock of the one who does it.
    pub at: UtcTime,
    /// Documents that it goes by: it fails with `Conflict` if one of them was changed since it was read.
    pub unchanged: Vec<Unchanged>,
    /// Documents that change.
    pub documents: Vec<Write>,
    /// What is to be signed.
    pub reservations: Vec<Reservation>,
    /// What became of reservations.
    pub outcomes: Vec<(ArtefactName, Outcome)>,
    /// Certificates that are revoked.
    pub revocations: Vec<Revocation>,
}

impl Transaction {
    /// One that does nothing yet but to be recorded.
    #[must_use]
    pub fn new(event: AuditEvent, at: UtcTime) -> Self {
        Self {
            events: vec![event],
            at,
            unchanged: Vec::new(),
            documents: Vec::new(),
            reservations: Vec::new(),
            outcomes: Vec::new(),
            revocations: Vec::new(),
        }
    }
}

/// What a transaction came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The new revision of each document, in their order.
    pub revisions: Vec<u64>,
    /// The number of its last entry in the audit record.
    pub audit: u64,
}

/// Names what a key of an authority signs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ArtefactName {
    /// A certificate.
    #[serde(rename_all = "camelCase")]
    Certificate {
        /// The id of the authority.
        issuer: String,
        /// The serial number, hexadecimal, lower case.
        serial: String,
    },
    /// A revocation list.
    #[serde(rename_all = "camelCase")]
    RevocationList {
        /// The id of the authority.
        issuer: String,
        /// Its number.
        number: u64,
    },
}

/// What is to be signed, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// What it will be called for ever.
    pub name: ArtefactName,
    /// The bytes to sign (DER).
    pub to_be_signed: Vec<u8>,
    /// From when on it holds.
    pub from: UtcTime,
    /// Until when it holds: `notAfter`, `nextUpdate`.
    pub until: UtcTime,
    /// The application that it is for; empty for revocation lists and authorities.
    pub application: String,
    /// The group that it is for; empty where there is none.
    pub group: String,
    /// The request that it answers; empty where there is none.
    pub request: String,
}

/// A reservation as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// What was reserved.
    pub reservation: Reservation,
    /// What became of it; `None` while it is unfinished.
    pub outcome: Option<Outcome>,
}

/// What became of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was signed: the certificate or revocation list (DER).
    Signed(Vec<u8>),
    /// It will never be, because of this.
    Void(String),
}

/// A certificate to be revoked. One that is revoked already stays as it is, with its first time and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The id of the authority.
    pub issuer: String,
    /// The serial number, hexadecimal, lower case.
    pub serial: String,
    /// Since when it is not to be trusted.
    pub at: UtcTime,
    /// Why.
    pub reason: RevocationReason,
}

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RevocationReason {
    /// Nobody said.
    Unspecified,
    /// Somebody else may have its key.
    KeyCompromise,
    /// Somebody else may have the authority's key.
    CaCompromise,
    /// What it says is no longer so.
    AffiliationChanged,
    /// Another one took its place.
    Superseded,
    /// Its application is no longer there.
    CessationOfOperation,
}

/// Which certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateQuery {
    /// Of this authority.
    pub issuer: Option<String>,
    /// Of this application.
    pub application: Option<String>,
    /// Of this group.
    pub group: Option<String>,
    /// Revoked ones alone, or those alone that are not. Among the revoked are those that were never signed, or not that we
    /// know of, but were revoked to be sure: they have no bytes.
    pub revoked: Option<bool>,
    /// That hold at this time or later.
    pub until_after: Option<UtcTime>,
    /// Behind this issuer and serial.
    pub after: Option<(String, String)>,
    /// So many at most, 1 to 1,000; 0 for all, in one answer.
    pub limit: usize,
}

/// A certificate that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRecord {
    /// The id of the authority.
    pub issuer: String,
    /// The serial number, hexadecimal, lower case.
    pub serial: String,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// From when on it is valid.
    pub from: UtcTime,
    /// Until when it is valid.
    pub until: UtcTime,
    /// The application; empty for an authority.
    pub application: String,
    /// The group; empty for an authority.
    pub group: String,
    /// The request that it answers; empty where there is none.
    pub request: String,
    /// When and why it was revoked.
    pub revoked: Option<(UtcTime, RevocationReason)>,
}

/// Something that was done, as it stands in the audit record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// What: `certificate.reserved`, `request.approved`.
    pub action: String,
    /// Who.
    pub by: String,
    /// To what: the id of a record, the name of an artefact.
    pub subject: String,
    /// What else matters. Never a secret.
    pub details: serde_json::Value,
}

/// An entry of the audit record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its number: 1, 2, 3 …
    pub number: u64,
    /// When, by the clock of the one who did it.
    pub at: UtcTime,
    /// The [`AuditEvent`], exactly the text that the hash covers (JSON).
    pub event: String,
    /// The hash of the entry before it; empty in the first one.
    pub previous: String,
    /// SHA-256, hexadecimal, over the number, the time, the text and the hash before.
    pub hash: String,
}

#[cfg(feature = "local")]
pub(crate) const COMMIT: &str = "keep records";
