//! How names, documents and artefacts stand in the tables.

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

use super::READ;
use super::statement::{Column, Row, Value};
use crate::store::{ArtefactName, AuditEntry, CertificateRecord, Document, Outcome, Reservation, Reserved, Revocation};

/// The key of an artefact: kind, issuer, name.
pub(super) fn key(name: &ArtefactName) -> [Value; 3] {
    match name {
        ArtefactName::Certificate { issuer, serial } => {
            [CERTIFICATE.into(), issuer.as_str().into(), serial.as_str().into()]
        }
        // All digits, so that the order of texts is that of numbers.
        ArtefactName::RevocationList { issuer, number } => {
            [REVOCATION_LIST.into(), issuer.as_str().into(), format!("{number:020}").into()]
        }
    }
}

/// The name in a key.
pub(super) fn artefact_name(row: &mut Row) -> Result<ArtefactName> {
    let (kind, issuer, name) = (row.text(), row.text(), row.text());
    match (kind.as_str(), name.parse()) {
        (CERTIFICATE, _) => Ok(ArtefactName::Certificate { issuer, serial: name }),
        (REVOCATION_LIST, Ok(number)) => Ok(ArtefactName::RevocationList { issuer, number }),
        _ => Err(corrupt("the name of an artefact").with("artefact", format!("{kind} {name} of {issuer}"))),
    }
}

pub(super) const RESERVED: &str =
    "SELECT kind, issuer, name, to_be_signed, valid_from, valid_until, application, group_id,
    request, outcome, signed, void FROM artefacts";
pub(super) const RESERVED_COLUMNS: &[Column] = &[
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Bytes,
    Column::Number,
    Column::Number,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Bytes,
    Column::Text,
];

/// Of [`RESERVED`].
pub(super) fn reserved(mut row: Row) -> Result<Reserved> {
    let reservation = Reservation {
        name: artefact_name(&mut row)?,
        to_be_signed: row.bytes(),
        from: UtcTime::from_ticks(row.number()),
        until: UtcTime::from_ticks(row.number()),
        application: row.text(),
        group: row.text(),
        request: row.text(),
    };
    let outcome = match (row.maybe_text().as_deref(), row.maybe_bytes(), row.maybe_text()) {
        (Some("signed"), Some(der), _) => Some(Outcome::Signed(der)),
        (Some("void"), _, Some(reason)) => Some(Outcome::Void(reason)),
        _ => None,
    };
    Ok(Reserved { reservation, outcome })
}

pub(super) const CERTIFICATES: &str =
    "SELECT issuer, name, signed, valid_from, valid_until, application, group_id, request,
    revoked_at, reason FROM artefacts";
pub(super) const CERTIFICATE_COLUMNS: &[Column] = &[
    Column::Text,
    Column::Text,
    Column::Bytes,
    Column::Number,
    Column::Number,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Number,
    Column::Text,
];

/// Of [`CERTIFICATES`].
pub(super) fn certificate(mut row: Row) -> Result<CertificateRecord> {
    Ok(CertificateRecord {
        issuer: row.text(),
        serial: row.text(),
        certificate: row.bytes(),
        from: UtcTime::from_ticks(row.number()),
        until: UtcTime::from_ticks(row.number()),
        application: row.text(),
        group: row.text(),
        request: row.text(),
        revoked: match (row.maybe_number(), row.maybe_text()) {
            (Some(at), Some(reason)) => {
                Some((UtcTime::from_ticks(at), reason.parse().map_err(|cause| corrupt("a reason").because(cause))?))
            }
            _ => None,
        },
    })
}

pub(super) const REVOCATION_COLUMNS: &[Column] = &[Column::Text, Column::Number, Column::Text];

/// Of the serial number, the time and the reason.
pub(super) fn revocation(mut row: Row, issuer: &str) -> Result<Revocation> {
    Ok(Revocation {
        issuer: issuer.to_owned(),
        serial: row.text(),
        at: UtcTime::from_ticks(row.number()),
        reason: row.text().parse().map_err(|cause| corrupt("a reason").because(cause))?,
    })
}

pub(super) const DOCUMENTS: &str = "SELECT kind, id, revision, content, labels FROM documents";
pub(super) const DOCUMENT_COLUMNS: &[Column] =
    &[Column::Text, Column::Text, Column::Number, Column::Text, Column::Text];

/// Of [`DOCUMENTS`].
pub(super) fn document(mut row: Row) -> Result<Document> {
    let (kind, id, revision, content) = (row.text(), row.text(), row.unsigned(), row.text());
    let labels = serde_json::from_str(&row.text()).map_err(|cause| corrupt("labels").because(cause))?;
    Ok(Document { kind, id, revision, content, labels })
}

pub(super) const AUDIT: &str = "SELECT number, at, event, previous, hash FROM audit";
pub(super) const AUDIT_COLUMNS: &[Column] = &[Column::Number, Column::Number, Column::Text, Column::Text, Column::Text];

/// Of [`AUDIT`].
pub(super) fn audit_entry(mut row: Row) -> AuditEntry {
    AuditEntry {
        number: row.unsigned(),
        at: UtcTime::from_ticks(row.number()),
        event: row.text(),
        previous: row.text(),
        hash: row.text(),
    }
}

fn corrupt(what: &str) -> Error {
    let message = format!("{what} does not decode; it was written by a newer version, or the database is damaged");
    Error::new(ErrorKind::Corrupt, READ, message)
}

const CERTIFICATE: &str = "certificate";
const REVOCATION_LIST: &str = "revocationList";
