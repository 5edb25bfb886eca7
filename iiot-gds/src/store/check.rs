//! What can be said against a transaction or a query without looking at the store.

use std::collections::BTreeSet;
use std::fmt::Debug;

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

use super::{ArtefactName, AuditEvent, DocumentQuery, Outcome, Reservation, Transaction, Write};

/// Refuses what no store takes.
pub(super) fn check(transaction: &Transaction) -> Result<()> {
    let Transaction { events, at, unchanged, documents, reservations, outcomes, revocations } = transaction;
    if events.is_empty() {
        return Err(refused("it has no event for the audit record; say what is done and by whom"));
    }
    if events.len() > MANY || documents.len() > MANY || reservations.len() > MANY || outcomes.len() > MANY {
        return Err(refused("it has more than 1,000 events, documents, reservations or outcomes; take several"));
    }
    if unchanged.len() > MANY {
        return Err(refused("it goes by more than 1,000 documents"));
    }
    if revocations.len() > MANY_REVOCATIONS {
        return Err(refused("it has more than 10,000 revocations; take several transactions"));
    }
    check_time(*at)?;
    events.iter().try_for_each(check_event)?;
    unchanged.iter().try_for_each(|document| check_key(&document.kind, &document.id))?;
    documents.iter().try_for_each(check_document)?;
    reservations.iter().try_for_each(check_reservation)?;
    outcomes.iter().try_for_each(|(name, outcome)| check_outcome(name, outcome))?;
    for revocation in revocations {
        check_name(&revocation.name())?;
        check_time(revocation.at)?;
    }
    once("document", documents.iter().map(|document| (&document.kind, &document.id)))?;
    once("artefact", reservations.iter().map(|reservation| &reservation.name))?;
    once("artefact", outcomes.iter().map(|(name, _)| name))
}

/// Refuses a query without end.
pub(super) fn check_query(query: &DocumentQuery) -> Result<()> {
    check_limit(query.limit, 1)
}

/// Refuses a page that is too long.
pub(super) fn check_limit(limit: usize, least: usize) -> Result<()> {
    if (least..=MANY).contains(&limit) {
        return Ok(());
    }
    let message = format!("the limit is not {least} to {MANY}");
    Err(Error::new(ErrorKind::InvalidArgument, "read records", message).with("limit", limit))
}

fn check_event(event: &AuditEvent) -> Result<()> {
    check_text("action", &event.action, 1, 200)?;
    check_text("by", &event.by, 1, 1_000)?;
    check_text("subject", &event.subject, 0, 1_000)?;
    let length = event.details.to_string().len();
    limit("details of an event", length, MAX_DETAILS)
}

fn check_key(kind: &str, id: &str) -> Result<()> {
    check_text("kind", kind, 1, 64)?;
    check_text("id", id, 1, 500)
}

fn check_document(document: &Write) -> Result<()> {
    check_key(&document.kind, &document.id)?;
    limit("content", document.content.as_ref().map_or(0, String::len), MAX_CONTENT)?;
    if document.content.as_ref().is_some_and(|content| content.contains('\0')) {
        return Err(refused("the content holds a NUL").with("document", &document.id));
    }
    limit("labels", document.labels.len(), 100)?;
    once("label", &document.labels)?;
    document.labels.iter().try_for_each(|(field, value)| {
        check_text("label", field, 1, 64)?;
        check_text("label", value, 0, 500)
    })
}

fn check_reservation(reservation: &Reservation) -> Result<()> {
    check_name(&reservation.name)?;
    check_time(reservation.from)?;
    check_time(reservation.until)?;
    check_text("application", &reservation.application, 0, 500)?;
    check_text("group", &reservation.group, 0, 500)?;
    check_text("request", &reservation.request, 0, 500)?;
    check_bytes(&reservation.to_be_signed)
}

fn check_outcome(name: &ArtefactName, outcome: &Outcome) -> Result<()> {
    check_name(name)?;
    match outcome {
        Outcome::Signed(der) => check_bytes(der),
        Outcome::Void(reason) => check_text("reason", reason, 1, 10_000),
    }
}

fn check_name(name: &ArtefactName) -> Result<()> {
    check_text("issuer", name.issuer(), 1, 500)?;
    match name {
        ArtefactName::Certificate { serial, .. } => check_serial(serial),
        ArtefactName::RevocationList { number, .. } if *number == 0 || i64::try_from(*number).is_err() => {
            Err(refused("the number of a revocation list is not 1 to 2^63 - 1").with("number", number))
        }
        ArtefactName::RevocationList { .. } => Ok(()),
    }
}

/// One to 20 octets (RFC 5280 §4.1.2.2).
fn check_serial(serial: &str) -> Result<()> {
    let digit = |letter: u8| letter.is_ascii_digit() || (b'a'..=b'f').contains(&letter);
    if (1..=40).contains(&serial.len()) && serial.bytes().all(digit) {
        return Ok(());
    }
    Err(refused("a serial number is 1 to 40 hexadecimal digits, lower case").with("serial", format!("{serial:?}")))
}

fn check_bytes(bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() {
        return Err(refused("there are no bytes to sign, or signed ones"));
    }
    limit("bytes", bytes.len(), MAX_BYTES)
}

/// As many as ISO 8601 can show, for the hash of an entry covers that.
fn check_time(time: UtcTime) -> Result<()> {
    let shown: Result<UtcTime> = time.to_string().parse();
    if shown.is_ok_and(|shown| shown == time) {
        return Ok(());
    }
    Err(refused("a time is not between 1601 and 9999").with("ticks", time.ticks()))
}

fn check_text(what: &'static str, text: &str, least: usize, most: usize) -> Result<()> {
    if !(least..=most).contains(&text.len()) {
        return Err(refused(format!("{what} is not {least} to {most} bytes long")).with("length", text.len()));
    }
    if text.chars().any(char::is_control) {
        return Err(refused(format!("{what} holds control characters")).with(what, format!("{text:?}")));
    }
    Ok(())
}

fn limit(what: &str, is: usize, most: usize) -> Result<()> {
    if is <= most { Ok(()) } else { Err(refused(format!("{what}: {is} are more than {most}"))) }
}

fn once<T: Ord + Debug>(what: &str, names: impl IntoIterator<Item = T>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        let text = format!("{name:?}");
        if !seen.insert(name) {
            return Err(refused(format!("the same {what} is in it twice")).with("which", text));
        }
    }
    Ok(())
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidArgument, super::COMMIT, message)
}

const MANY: usize = 1_000;
const MANY_REVOCATIONS: usize = 10_000;
const MAX_CONTENT: usize = 4 << 20;
const MAX_DETAILS: usize = 256 << 10;
/// A revocation list of a million entries takes about 40 MB.
const MAX_BYTES: usize = 64 << 20;
