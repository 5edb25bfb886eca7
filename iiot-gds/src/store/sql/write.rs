//! What accepted transactions mean for each table.

use std::collections::BTreeMap;

use super::engine::Work;
use super::rows::key;
use super::statement::{Statement, Value};
use crate::store::rules::Accepted;
use crate::store::{ArtefactName, AuditEntry, Outcome, Reservation, Revocation, Write};

/// Rows of several transactions, in their order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The last word on each document.
    documents: BTreeMap<(String, String), (Write, u64)>,
    reserved: Vec<[Value; 11]>,
    signed: Vec<[Value; 5]>,
    void: Vec<[Value; 5]>,
    revoked: Vec<[Value; 6]>,
    audit: Vec<[Value; 5]>,
}

impl Plan {
    /// Adds a transaction; returns its answer.
    pub(super) fn add(&mut self, accepted: Accepted) -> crate::store::Committed {
        let Accepted { committed, entries, documents, reservations, outcomes, revocations } = accepted;
        let number = committed.audit;
        for document in documents {
            self.documents.insert((document.kind.clone(), document.id.clone()), (document, number));
        }
        let places = reservations.into_iter().zip(0_u64..);
        self.reserved.extend(places.map(|(reservation, place)| reserved(reservation, number, place)));
        outcomes.into_iter().for_each(|(name, outcome)| self.finish(&name, outcome, number));
        self.revoked.extend(revocations.iter().map(|revocation| revoked(revocation, number)));
        self.audit.extend(entries.into_iter().map(entry));
        committed
    }

    /// Whether nothing is to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.audit.is_empty()
    }

    /// Carries it out.
    pub(super) async fn write(self, work: &mut dyn Work) -> sqlx::Result<()> {
        let documents = document_statements(self.documents);
        let artefacts = Statement::of_rows(RESERVE, self.reserved, "");
        let audit = Statement::of_rows(RECORD, self.audit, "");
        for statement in documents.into_iter().chain(artefacts).chain(audit) {
            work.run(statement).await?;
        }
        change(work, SIGN, self.signed, OF_KEY).await?;
        change(work, VOID, self.void, OF_KEY).await?;
        change(work, REVOKE, self.revoked, OF_KEY).await
    }

    fn finish(&mut self, name: &ArtefactName, outcome: Outcome, number: u64) {
        let [kind, issuer, name] = key(name);
        match outcome {
            Outcome::Signed(der) => self.signed.push([kind, issuer, name, number.into(), der.into()]),
            Outcome::Void(reason) => self.void.push([kind, issuer, name, number.into(), reason.into()]),
        }
    }
}

/// Changes artefacts, each of which must be there.
async fn change<const N: usize>(
    work: &mut dyn Work,
    before: &str,
    rows: Vec<[Value; N]>,
    after: &str,
) -> sqlx::Result<()> {
    let (must, mut changed) = (rows.len() as u64, 0);
    for statement in Statement::of_rows(before, rows, after) {
        changed += work.run(statement).await?;
    }
    if changed == must { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

fn document_statements(documents: BTreeMap<(String, String), (Write, u64)>) -> Vec<Statement> {
    let (mut put, mut deleted, mut labels, mut all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((kind, id), (document, revision)) in documents {
        let key: [Value; 2] = [kind.into(), id.into()];
        all.push(key.clone());
        let (Some(content), [kind, id]) = (document.content, key.clone()) else {
            deleted.push(key);
            continue;
        };
        let label = |(field, value): &(String, String)| {
            [kind.clone(), field.as_str().into(), value.as_str().into(), id.clone()]
        };
        labels.extend(document.labels.iter().map(label));
        let names =
            serde_json::Value::from_iter(document.labels.iter().map(|(field, value)| vec![field.as_str(), value]));
        put.push([kind, id, revision.into(), content.into(), names.to_string().into()]);
    }
    let statements = [
        Statement::of_rows("DELETE FROM labels WHERE (kind, id) IN (VALUES", all, ")"),
        Statement::of_rows("DELETE FROM documents WHERE (kind, id) IN (VALUES", deleted, ")"),
        Statement::of_rows(PUT, put, PUT_AGAIN),
        Statement::of_rows("INSERT INTO labels (kind, field, value, id) VALUES", labels, ""),
    ];
    statements.into_iter().flatten().collect()
}

fn reserved(reservation: Reservation, number: u64, place: u64) -> [Value; 11] {
    let [kind, issuer, name] = key(&reservation.name);
    [
        kind,
        issuer,
        name,
        number.into(),
        place.into(),
        reservation.to_be_signed.into(),
        reservation.from.ticks().into(),
        reservation.until.ticks().into(),
        reservation.application.into(),
        reservation.group.into(),
        reservation.request.into(),
    ]
}

fn revoked(revocation: &Revocation, number: u64) -> [Value; 6] {
    let [kind, issuer, name] = key(&revocation.name());
    [kind, issuer, name, number.into(), revocation.at.ticks().into(), revocation.reason.name().into()]
}

fn entry(entry: AuditEntry) -> [Value; 5] {
    [entry.number.into(), entry.at.ticks().into(), entry.event.into(), entry.previous.into(), entry.hash.into()]
}

const PUT: &str = "INSERT INTO documents (kind, id, revision, content, labels) VALUES";
const PUT_AGAIN: &str = "ON CONFLICT (kind, id) DO UPDATE
    SET revision = excluded.revision, content = excluded.content, labels = excluded.labels";
const RESERVE: &str =
    "INSERT INTO artefacts (kind, issuer, name, reserved, place, to_be_signed, valid_from, valid_until,
    application, group_id, request) VALUES";
const RECORD: &str = "INSERT INTO audit (number, at, event, previous, hash) VALUES";
const SIGN: &str = "UPDATE artefacts SET outcome = 'signed', finished = new.column4, signed = new.column5 FROM (VALUES";
const VOID: &str = "UPDATE artefacts SET outcome = 'void', finished = new.column4, void = new.column5 FROM (VALUES";
const REVOKE: &str =
    "UPDATE artefacts SET revoked = new.column4, revoked_at = new.column5, reason = new.column6 FROM (VALUES";
/// Both databases name the columns of VALUES so.
const OF_KEY: &str = ") AS new WHERE kind = new.column1 AND issuer = new.column2 AND name = new.column3";
