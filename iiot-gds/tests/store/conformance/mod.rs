//! What every store keeps.

mod artefacts;
mod audit;
mod documents;

use std::sync::Arc;
use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::{ErrorKind, Result};
use serde_json::json;

use iiot_gds::store::{
    ArtefactName, AuditEvent, Committed, Outcome, Reservation, Revocation, RevocationReason, Store, Transaction, Write,
};

/// Runs the contract of [`Store`] on an empty one. `other` leads to the same records: opened a second time where the store can
/// be, else a clone.
pub(crate) async fn store(store: Arc<dyn Store>, other: Arc<dyn Store>) {
    let (store, other) = (&*store, &*other);
    documents::changes_need_what_they_expect(store).await;
    documents::a_transaction_goes_by_what_has_not_changed(store, other).await;
    documents::of_many_writers_one_wins_each_round(store, other).await;
    documents::pages_are_ordered_and_labels_narrow_them(store).await;
    documents::wrong_transactions_are_refused(store).await;
    documents::all_takes_place_or_nothing(store).await;
    artefacts::a_serial_is_reserved_once(store, other).await;
    artefacts::an_artefact_is_finished_once(store, other).await;
    artefacts::nothing_is_signed_that_was_not_on_record(store).await;
    artefacts::numbers_rise(store, other).await;
    artefacts::revoked_twice_keeps_the_first(store).await;
    artefacts::what_a_list_names_is_found(store).await;
    artefacts::what_is_unfinished_comes_oldest_first(store).await;
    artefacts::certificates_are_found_by_what_they_are_for(store).await;
    artefacts::what_was_never_signed_can_be_revoked(store).await;
    audit::every_entry_has_the_hash_of_the_one_before(store, other).await;
    audit::entries_name_what_became_of_artefacts(store).await;
}

pub(crate) fn transaction(action: &str) -> Transaction {
    let event = AuditEvent {
        action: action.to_owned(),
        by: "conformance".to_owned(),
        subject: "it".to_owned(),
        details: json!({ "why": "to try" }),
    };
    Transaction::new(event, at(0))
}

/// Some seconds after a time that is round.
pub(crate) fn at(seconds: u64) -> UtcTime {
    UtcTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

pub(crate) fn serial(issuer: &str, serial: u64) -> ArtefactName {
    ArtefactName::Certificate { issuer: issuer.to_owned(), serial: format!("{serial:032x}") }
}

pub(crate) fn list(issuer: &str, number: u64) -> ArtefactName {
    ArtefactName::RevocationList { issuer: issuer.to_owned(), number }
}

pub(crate) fn reservation(name: ArtefactName) -> Reservation {
    Reservation {
        to_be_signed: format!("to be signed: {name}").into_bytes(),
        name,
        from: at(0),
        until: at(1_000),
        application: "app-1".to_owned(),
        group: "group-1".to_owned(),
        request: "request-1".to_owned(),
    }
}

pub(crate) fn signed(name: &ArtefactName) -> Outcome {
    Outcome::Signed(format!("signed: {name}").into_bytes())
}

pub(crate) async fn reserve(store: &dyn Store, name: ArtefactName) -> Result<Committed> {
    store.commit(Transaction { reservations: vec![reservation(name)], ..transaction("reserved") }).await
}

pub(crate) async fn finish(store: &dyn Store, name: &ArtefactName, outcome: Outcome) -> Result<Committed> {
    store.commit(Transaction { outcomes: vec![(name.clone(), outcome)], ..transaction("finished") }).await
}

pub(crate) async fn revoke(
    store: &dyn Store,
    name: &ArtefactName,
    at: UtcTime,
    reason: RevocationReason,
) -> Result<Committed> {
    store.commit(Transaction { revocations: vec![revocation(name, at, reason)], ..transaction("revoked") }).await
}

pub(crate) fn revocation(name: &ArtefactName, at: UtcTime, reason: RevocationReason) -> Revocation {
    match name.clone() {
        ArtefactName::Certificate { issuer, serial } => Revocation { issuer, serial, at, reason },
        ArtefactName::RevocationList { .. } => panic!("a list is not revoked"),
    }
}

pub(crate) fn write(kind: &str, id: &str, content: Option<&str>, expected: Option<u64>) -> Write {
    let (kind, id, content) = (kind.to_owned(), id.to_owned(), content.map(str::to_owned));
    Write { kind, id, content, labels: Vec::new(), expected }
}

pub(crate) async fn put(store: &dyn Store, write: Write) -> Result<u64> {
    Ok(store.commit(Transaction { documents: vec![write], ..transaction("written") }).await?.revisions[0])
}

pub(crate) fn kind<T: std::fmt::Debug>(outcome: Result<T>) -> ErrorKind {
    outcome.expect_err("it is refused").kind()
}
