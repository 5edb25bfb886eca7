//! What may take place: the same for every store, without I/O.

use std::collections::BTreeMap;

use iiot_core::{Error, ErrorKind, Result};

use super::{
    ArtefactName, AuditEntry, AuditEvent, COMMIT, Committed, Outcome, Reservation, Revocation, Transaction, Unchanged,
    Write,
};
use crate::audit::{Effect, next_entry, recorded};

/// What is there of all that transactions touch.
#[derive(Debug, Default)]
pub(super) struct Situation {
    /// The revision of each document, by kind and id.
    pub(super) documents: BTreeMap<(String, String), u64>,
    pub(super) artefacts: BTreeMap<ArtefactName, State>,
    /// The largest number of a revocation list of each issuer.
    pub(super) numbers: BTreeMap<String, u64>,
    /// The number and the hash of the last audit entry.
    pub(super) head: (u64, String),
}

/// How far an artefact has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) finished: bool,
    pub(super) revoked: bool,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) committed: Committed,
    pub(super) entries: Vec<AuditEntry>,
    pub(super) documents: Vec<Write>,
    pub(super) reservations: Vec<Reservation>,
    pub(super) outcomes: Vec<(ArtefactName, Outcome)>,
    /// Those that change something.
    pub(super) revocations: Vec<Revocation>,
}

impl Situation {
    /// Judges a transaction that was [checked](super::check::check); if it may take place, the situation is the one after it.
    pub(super) fn carry_out(&mut self, transaction: Transaction) -> Result<Accepted> {
        transaction.unchanged.iter().try_for_each(|document| self.stands(document))?;
        transaction.documents.iter().try_for_each(|document| self.expect(document))?;
        // Before the reservations: nothing was signed that is not on record.
        transaction.outcomes.iter().try_for_each(|(name, _)| self.may_finish(name))?;
        self.may_reserve(&transaction.reservations)?;
        transaction.revocations.iter().try_for_each(|revocation| self.may_revoke(revocation))?;
        let Transaction { events, at, unchanged: _, documents, reservations, outcomes, mut revocations } = transaction;
        revocations.retain(|revocation| self.revoke(revocation));
        let effects = reservations.iter().map(Effect::reserved);
        let effects = effects.chain(outcomes.iter().map(|(name, outcome)| Effect::finished(name, outcome)));
        let effects = effects.chain(revocations.iter().map(Effect::revoked)).collect();
        let entries = self.record(&events, at, effects)?;
        let revision = self.head.0;
        documents.iter().for_each(|document| self.write(document, revision));
        reservations.iter().for_each(|reservation| self.reserve(&reservation.name));
        outcomes.iter().for_each(|(name, _)| self.artefacts.entry(name.clone()).or_default().finished = true);
        let committed = Committed { revisions: vec![revision; documents.len()], audit: revision };
        Ok(Accepted { committed, entries, documents, reservations, outcomes, revocations })
    }

    fn stands(&self, Unchanged { kind, id, revision }: &Unchanged) -> Result<()> {
        self.revision_is(kind, id, Some(*revision))
    }

    fn expect(&self, document: &Write) -> Result<()> {
        self.revision_is(&document.kind, &document.id, document.expected)
    }

    fn revision_is(&self, kind: &str, id: &str, expected: Option<u64>) -> Result<()> {
        let is = self.documents.get(&(kind.to_owned(), id.to_owned())).copied();
        let (error, message) = match expected {
            expected if expected == is => return Ok(()),
            None => (ErrorKind::AlreadyExists, "there is such a document"),
            Some(_) => (ErrorKind::Conflict, "the document was changed meanwhile; read it again"),
        };
        Err(Error::new(error, COMMIT, message).with("document", format!("{kind} {id}")))
    }

    fn may_finish(&self, name: &ArtefactName) -> Result<()> {
        match self.artefacts.get(name) {
            None => Err(refused(ErrorKind::NotFound, "nothing is reserved under this name", name)),
            Some(state) if state.finished => {
                Err(refused(ErrorKind::Conflict, "it was signed or voided already, which is for ever", name))
            }
            Some(_) => Ok(()),
        }
    }

    fn may_reserve(&self, reservations: &[Reservation]) -> Result<()> {
        let mut last = BTreeMap::new();
        for Reservation { name, .. } in reservations {
            if self.artefacts.contains_key(name) {
                return Err(refused(ErrorKind::AlreadyExists, "it is reserved already, which is for ever", name));
            }
            if let ArtefactName::RevocationList { issuer, number } = name {
                let last = last.entry(issuer).or_insert_with(|| self.numbers.get(issuer).copied().unwrap_or(0));
                if *number <= *last {
                    let message = format!("numbers of revocation lists rise, and {last} is taken");
                    return Err(refused(ErrorKind::Conflict, message, name));
                }
                *last = *number;
            }
        }
        Ok(())
    }

    fn may_revoke(&self, revocation: &Revocation) -> Result<()> {
        let name = revocation.name();
        match self.artefacts.contains_key(&name) {
            true => Ok(()),
            false => Err(refused(ErrorKind::NotFound, "no such certificate was ever reserved", &name)),
        }
    }

    /// Whether it changes anything.
    fn revoke(&mut self, revocation: &Revocation) -> bool {
        let state = self.artefacts.entry(revocation.name()).or_default();
        !std::mem::replace(&mut state.revoked, true)
    }

    fn record(
        &mut self,
        events: &[AuditEvent],
        at: iiot_core::time::UtcTime,
        effects: Vec<Effect>,
    ) -> Result<Vec<AuditEntry>> {
        let (last, mut effects) = (events.len() - 1, Some(effects));
        let mut entries = Vec::with_capacity(events.len());
        for (place, event) in events.iter().enumerate() {
            let effects = if place == last { effects.take() } else { None };
            let text = recorded(event, effects.unwrap_or_default())
                .map_err(|cause| Error::new(ErrorKind::Internal, COMMIT, "an event does not encode").because(cause))?;
            let entry = next_entry(&self.head, at, text);
            self.head = (entry.number, entry.hash.clone());
            entries.push(entry);
        }
        Ok(entries)
    }

    fn write(&mut self, document: &Write, revision: u64) {
        let key = (document.kind.clone(), document.id.clone());
        match document.content {
            Some(_) => drop(self.documents.insert(key, revision)),
            None => drop(self.documents.remove(&key)),
        }
    }

    fn reserve(&mut self, name: &ArtefactName) {
        if let ArtefactName::RevocationList { issuer, number } = name {
            self.numbers.insert(issuer.clone(), *number);
        }
        self.artefacts.insert(name.clone(), State::default());
    }
}

fn refused(kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>, name: &ArtefactName) -> Error {
    Error::new(kind, COMMIT, message).with("artefact", name)
}
