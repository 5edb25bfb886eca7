//! What is there of all that some transactions touch.

use std::collections::BTreeSet;

use super::engine::Work;
use super::read::{audit_head, head, last_number};
use super::rows::{artefact_name, key};
use super::statement::{Column, Statement, Value};
use crate::store::rules::{Situation, State};
use crate::store::{ArtefactName, Transaction};

/// Reads it, by whoever has the right to write.
pub(super) async fn situation(work: &mut dyn Work, transactions: &[Transaction]) -> sqlx::Result<Situation> {
    let head = work.rows(audit_head()).await?.into_iter().next().map(head).unwrap_or_default();
    let mut situation = Situation { head, ..Situation::default() };
    documents(work, transactions, &mut situation).await?;
    artefacts(work, transactions, &mut situation).await?;
    numbers(work, transactions, &mut situation).await?;
    Ok(situation)
}

async fn documents(work: &mut dyn Work, all: &[Transaction], situation: &mut Situation) -> sqlx::Result<()> {
    let written = all.iter().flat_map(|transaction| &transaction.documents);
    let unchanged = all.iter().flat_map(|transaction| &transaction.unchanged);
    let written = written.map(|document| (&document.kind, &document.id));
    let touched: BTreeSet<_> = unchanged.map(|document| (&document.kind, &document.id)).chain(written).collect();
    let keys = touched.into_iter().map(|(kind, id)| [kind.as_str().into(), id.as_str().into()]);
    let statements = Statement::of_rows(DOCUMENTS, keys.collect(), ")");
    for statement in statements {
        let columns = &[Column::Text, Column::Text, Column::Number];
        for mut row in work.rows(statement.yields(columns)).await? {
            let key = (row.text(), row.text());
            situation.documents.insert(key, row.unsigned());
        }
    }
    Ok(())
}

async fn artefacts(work: &mut dyn Work, all: &[Transaction], situation: &mut Situation) -> sqlx::Result<()> {
    let keys: BTreeSet<[Value; 3]> = all.iter().flat_map(names).map(|name| key(&name)).collect();
    for statement in Statement::of_rows(ARTEFACTS, keys.into_iter().collect(), ")") {
        let columns = &[Column::Text, Column::Text, Column::Text, Column::Number, Column::Number];
        for mut row in work.rows(statement.yields(columns)).await? {
            let name = artefact_name(&mut row).map_err(|cause| sqlx::Error::Decode(Box::new(cause)))?;
            let (finished, revoked) = (row.maybe_number().is_some(), row.maybe_number().is_some());
            situation.artefacts.insert(name, State { finished, revoked });
        }
    }
    Ok(())
}

fn names(transaction: &Transaction) -> Vec<ArtefactName> {
    let reserved = transaction.reservations.iter().map(|reservation| reservation.name.clone());
    let finished = transaction.outcomes.iter().map(|(name, _)| name.clone());
    let revoked = transaction.revocations.iter().map(|revocation| revocation.name());
    reserved.chain(finished).chain(revoked).collect()
}

async fn numbers(work: &mut dyn Work, all: &[Transaction], situation: &mut Situation) -> sqlx::Result<()> {
    let reservations = all.iter().flat_map(|transaction| &transaction.reservations);
    let issuers: BTreeSet<&str> = reservations.filter_map(|reservation| of_list(&reservation.name)).collect();
    for issuer in issuers {
        let last = work.rows(last_number(issuer)).await?.into_iter().next();
        if let Some(number) = last.and_then(|mut row| row.text().parse().ok()) {
            situation.numbers.insert(issuer.to_owned(), number);
        }
    }
    Ok(())
}

fn of_list(name: &ArtefactName) -> Option<&str> {
    match name {
        ArtefactName::RevocationList { issuer, .. } => Some(issuer),
        ArtefactName::Certificate { .. } => None,
    }
}

const DOCUMENTS: &str = "SELECT kind, id, revision FROM documents WHERE (kind, id) IN (VALUES";
const ARTEFACTS: &str =
    "SELECT kind, issuer, name, finished, revoked FROM artefacts WHERE (kind, issuer, name) IN (VALUES";
