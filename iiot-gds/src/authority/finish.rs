//! From a record to a signature on record.

use iiot_core::time::UtcTime;
use iiot_core::{ErrorKind, Result};
use serde_json::json;

use super::publish::{First, reservation_of_list};
use super::{Authorities, AuthorityRecord, RequestRecord, SigningKey, Stage, TbsRecord, error, event};
use crate::document::{self, AUTHORITY, Kept, REQUEST};
use crate::model::Der;
use crate::pki::Issuer;
use crate::policy::{CrlEvent, RequestEvent};
use crate::store::{ArtefactName, Outcome, Transaction};

impl Authorities {
    /// Signs what is on record and puts the result on record; returns what is on record then (DER), which is another
    /// process's if that was quicker. An authority gets its first revocation list with it.
    ///
    /// `request` is the request that a certificate answers, as it is on record, if that is known.
    pub(super) async fn sign_and_finish(
        &self,
        record: &TbsRecord,
        key: &SigningKey,
        request: Option<Kept<RequestRecord>>,
    ) -> Result<Vec<u8>> {
        let der = self.sign(record, key).await?;
        let now = self.now()?;
        let mut transaction = Transaction::new(event(&action(record), SELF, &subject(record), json!({})), now);
        transaction.outcomes.push((record.name().clone(), Outcome::Signed(der.clone())));
        let finished = match self.complete(record, request, &der, now, &mut transaction).await {
            Ok(owner) => TbsRecord::reserve(self.store(), transaction).await.map(|(next, _)| (owner, next)),
            Err(cause) => Err(cause),
        };
        let (owner, next) = match finished {
            Ok(finished) => finished,
            // Somebody else has finished it.
            Err(cause) if cause.kind() == ErrorKind::Conflict => {
                return self.settled(record.name()).await?.ok_or(cause);
            }
            Err(cause) => return Err(cause),
        };
        self.heard(record, now);
        if let Some(owner) = owner {
            let key = self.key_of(&owner).await?;
            for list in next {
                Box::pin(self.sign_and_finish(&list, &key, None)).await?;
            }
        }
        Ok(der)
    }

    async fn sign(&self, record: &TbsRecord, key: &SigningKey) -> Result<Vec<u8>> {
        let signed = self.in_time(key.sign(record)).await;
        signed.inspect_err(|_| self.keyring.forget(key.name()))
    }

    /// What else changes with a signature: the request that it answers, or the authority that it makes, which is returned.
    async fn complete(
        &self,
        record: &TbsRecord,
        known: Option<Kept<RequestRecord>>,
        der: &[u8],
        now: UtcTime,
        transaction: &mut Transaction,
    ) -> Result<Option<AuthorityRecord>> {
        let ArtefactName::Certificate { issuer, serial } = record.name() else { return Ok(None) };
        let request = &record.reservation().request;
        if !request.is_empty() {
            let kept = match known {
                None => document::load(self.store(), REQUEST, request).await?,
                known => known,
            };
            if let Some(Kept { mut value, revision }) = kept {
                value.request.handle(RequestEvent::Issued { issuer: issuer.clone(), serial: serial.clone() })?;
                transaction.documents.push(value.write(Some(revision))?);
            }
        }
        if !record.reservation().application.is_empty() {
            return Ok(None);
        }
        let all: Vec<Kept<AuthorityRecord>> = document::all(self.store(), AUTHORITY).await?;
        let is = |one: &&Kept<AuthorityRecord>| {
            one.value.serial == *serial && one.value.issuer.as_ref().unwrap_or(&one.value.id) == issuer
        };
        let Some(Kept { value, revision }) = all.iter().find(is) else { return Ok(None) };
        let mut authority = value.clone();
        authority.certificate = Some(Der(der.to_vec()));
        authority.stage = if authority.replaces.is_some() { Stage::Prepared } else { Stage::Active };
        let number = self.store().last_number(&authority.id).await? + 1;
        let first = First { record: &authority, issuer: &Issuer::of(der)?, now, number };
        transaction.reservations.push(first.reservation()?);
        transaction.documents.push(document::write((AUTHORITY, &authority.id), &authority, &[], Some(*revision))?);
        Ok(Some(authority))
    }

    /// What is on record of something that somebody else has finished: what was signed under its name; or the list that has
    /// taken its place, which names all that it would have named.
    async fn settled(&self, name: &ArtefactName) -> Result<Option<Vec<u8>>> {
        let signed = self.signed(name).await?;
        let (None, ArtefactName::RevocationList { issuer, number: voided }) = (&signed, name) else {
            return Ok(signed);
        };
        let newest = self.store().revocation_list(issuer).await?;
        Ok(newest.and_then(|newest| match (newest.reservation.name, newest.outcome) {
            (ArtefactName::RevocationList { number, .. }, Some(Outcome::Signed(der))) if number > *voided => Some(der),
            _ => None,
        }))
    }

    /// What is on record under a name, if it was signed.
    pub(super) async fn signed(&self, name: &ArtefactName) -> Result<Option<Vec<u8>>> {
        Ok(match self.store().reserved(name).await?.and_then(|reserved| reserved.outcome) {
            Some(Outcome::Signed(der)) => Some(der),
            _ => None,
        })
    }

    /// The schedule of an authority hears of its new list.
    fn heard(&self, record: &TbsRecord, now: UtcTime) {
        let ArtefactName::RevocationList { issuer, .. } = record.name() else { return };
        let dates = reservation_of_list(record.reservation());
        if let Some(schedule) = self.schedules.lock().get_mut(issuer) {
            schedule.handle(CrlEvent::Published(dates), now);
        }
    }
}

/// The name of whatever happens by itself in the audit record.
pub(super) const SELF: &str = "authority";

fn action(record: &TbsRecord) -> String {
    match record.name() {
        ArtefactName::Certificate { .. } => "certificate.issued".into(),
        ArtefactName::RevocationList { .. } => "revocationList.signed".into(),
    }
}

fn subject(record: &TbsRecord) -> String {
    text(record.name())
}

/// An artefact for the audit record: `works/0a1b` or `works#12`.
pub(super) fn text(name: &ArtefactName) -> String {
    match name {
        ArtefactName::Certificate { issuer, serial } => format!("{issuer}/{serial}"),
        ArtefactName::RevocationList { issuer, number } => format!("{issuer}#{number}"),
    }
}

pub(super) fn is_taken(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::AlreadyExists | ErrorKind::Conflict)
}

pub(super) fn missing(name: &ArtefactName) -> iiot_core::Error {
    error(ErrorKind::NotFound, "use certificate", "there is none with this number").with("certificate", text(name))
}
