//! Revocation lists: an empty one from the start, a new one every day and with every revocation.

use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::finish::{SELF, is_taken};
use super::{Authorities, AuthorityRecord, TbsRecord, error, event};
use crate::pki::{Issuer, RevokedEntry, revocation_list};
use crate::policy::{CrlAlarm, CrlDates, CrlEvent, CrlSchedule, Due};
use crate::store::{ArtefactName, AuditEvent, Reservation, Revocation, RevocationReason, Transaction, Write};

/// How it stands with the revocation lists of an authority.
#[derive(Debug)]
pub struct Published {
    /// The authority.
    pub authority: String,
    /// Why a list that was due could not be made.
    pub failure: Option<Error>,
    /// Whether somebody must see to it.
    pub alarm: Option<CrlAlarm>,
    /// When the next one is due.
    pub next: Due,
}

impl Authorities {
    /// The newest revocation list of an authority (DER); none before its first one is signed.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn revocation_list(&self, id: &str) -> Result<Option<Vec<u8>>> {
        let newest = self.store().revocation_list(id).await?;
        Ok(newest.and_then(|newest| match newest.outcome {
            Some(crate::store::Outcome::Signed(der)) => Some(der),
            _ => None,
        }))
    }

    /// Makes a new revocation list of an authority now; returns it (DER).
    ///
    /// # Errors
    /// `NotFound` if there is no such authority; those of the key and the store.
    pub async fn publish(&self, id: &str, by: &str) -> Result<Vec<u8>> {
        let authority = self.authority(id).await?;
        self.make_list(&authority, &Revoking::default(), vec![event("revocationList.wanted", by, id, json!({}))]).await
    }

    /// Makes the revocation lists that are due, of all authorities that are trusted. Ask again at the earliest time that it
    /// tells, and at least once in an hour; what failed is tried again then.
    ///
    /// # Errors
    /// If the store or the clock cannot be read. What fails for one authority stands in its part of the answer.
    pub async fn publish_due(&self) -> Result<Vec<Published>> {
        let mut all = Vec::new();
        for authority in self.all().await?.into_iter().filter(AuthorityRecord::is_trusted) {
            let now = self.now()?;
            let schedule = self.schedule(&authority).await?;
            let failure = match schedule.next(now) {
                Due::Now => self.publish(&authority.id, SELF).await.err(),
                _ => None,
            };
            let happened = if failure.is_some() { Some(CrlEvent::Failed) } else { None };
            let schedule = self.told(&authority, happened, now).await?;
            let (alarm, next) = (schedule.alarm(now), schedule.next(now));
            all.push(Published { authority: authority.id, failure, alarm, next });
        }
        Ok(all)
    }

    /// Reserves and signs a revocation list that names what is revoked already and what is revoked with it.
    pub(super) async fn make_list(
        &self,
        authority: &AuthorityRecord,
        revoking: &Revoking,
        events: Vec<AuditEvent>,
    ) -> Result<Vec<u8>> {
        let _one_at_a_time = self.publishing.lock().await;
        let issuer = Issuer::of(authority.der()?)?;
        // A list by itself takes no number while there is no key; a revocation is on record all the same.
        let ready = match revoking.certificates.is_empty() {
            true => Some(self.key_of(authority).await?),
            false => None,
        };
        let mut tries = 0;
        let records = loop {
            let transaction = self.prepare_list(authority, &issuer, revoking, events.clone()).await?;
            match TbsRecord::reserve(self.store(), transaction).await {
                // Another process has taken the number.
                Err(cause) if is_taken(cause.kind()) && tries < MAX_TRIES => tries += 1,
                outcome => break outcome?.0,
            }
        };
        let key = match ready {
            Some(key) => key,
            None => self.key_of(authority).await?,
        };
        let mut signed = Vec::new();
        for record in &records {
            signed = self.sign_and_finish(record, &key, None).await?;
        }
        Ok(signed)
    }

    async fn prepare_list(
        &self,
        authority: &AuthorityRecord,
        issuer: &Issuer,
        revoking: &Revoking,
        events: Vec<AuditEvent>,
    ) -> Result<Transaction> {
        let (id, now) = (&authority.id, self.now()?);
        // First the number, then what is revoked: if the number is still free in the end, nobody has revoked anything since.
        let last = self.store().last_number(id).await?;
        let dates = CrlSchedule::new(authority.crl, self.dates_of(id, last).await?).dates(now);
        let revoked = self.revoked(id, dates, &revoking.certificates).await?;
        let entries = revoked.len();
        let list = revocation_list(issuer, last + 1, dates.this_update, dates.next_update, revoked)?;
        let reservation = reservation_for(id, last + 1, dates, list.bytes().to_vec());
        let details = json!({ "entries": entries, "thisUpdate": dates.this_update, "nextUpdate": dates.next_update });
        let reserved = event("revocationList.reserved", SELF, &format!("{id}#{}", last + 1), details);
        let mut transaction = Transaction::new(reserved, now);
        transaction.events.splice(0..0, events);
        transaction.reservations.push(reservation);
        transaction.revocations.clone_from(&revoking.certificates);
        transaction.documents.clone_from(&revoking.documents);
        Ok(transaction)
    }

    /// What a list names: everything that is revoked, until a while after it has expired.
    async fn revoked(&self, id: &str, dates: CrlDates, new: &[Revocation]) -> Result<Vec<RevokedEntry>> {
        let until_after = UtcTime::from_ticks(dates.this_update.ticks() - KEPT_DAYS * TICKS_PER_DAY);
        let recorded = self.store().revoked(id, until_after).await?;
        let recorded = recorded.into_iter().map(|one| (one.serial, one.at, one.reason));
        let new = new.iter().map(|one| (one.serial.clone(), one.at, one.reason));
        recorded.chain(new).map(|(serial, at, reason)| entry(&serial, at, reason)).collect()
    }

    /// The dates of a list that is on record, signed or not.
    async fn dates_of(&self, id: &str, number: u64) -> Result<Option<CrlDates>> {
        let name = ArtefactName::RevocationList { issuer: id.into(), number };
        let reserved = if number == 0 { None } else { self.store().reserved(&name).await? };
        // A restored database may know the number without the list: the newest that it has tells the least.
        let known = match reserved {
            None => self.store().revocation_list(id).await?,
            Some(reserved) => Some(reserved),
        };
        Ok(known.map(|known| reservation_of_list(&known.reservation)))
    }

    /// The schedule of an authority, brought up to what is on record.
    async fn schedule(&self, authority: &AuthorityRecord) -> Result<CrlSchedule> {
        let signed = self.store().revocation_list(&authority.id).await?;
        let dates = signed.as_ref().map(|signed| reservation_of_list(&signed.reservation));
        let fresh = CrlSchedule::new(authority.crl, dates);
        let mut schedules = self.schedules.lock();
        let known = schedules.entry(authority.id.clone()).or_insert_with(|| fresh.clone());
        if known.last() != dates {
            known.clone_from(&fresh);
        }
        Ok(known.clone())
    }

    async fn told(&self, authority: &AuthorityRecord, happened: Option<CrlEvent>, now: UtcTime) -> Result<CrlSchedule> {
        let mut schedule = self.schedule(authority).await?;
        if let Some(happened) = happened {
            schedule.handle(happened, now);
            self.schedules.lock().insert(authority.id.clone(), schedule.clone());
        }
        Ok(schedule)
    }
}

/// What is written together with a revocation list.
#[derive(Debug, Default)]
pub(super) struct Revoking {
    pub(super) certificates: Vec<Revocation>,
    pub(super) documents: Vec<Write>,
}

/// The first list of an authority.
pub(super) struct First<'a> {
    pub(super) record: &'a AuthorityRecord,
    pub(super) issuer: &'a Issuer,
    pub(super) now: UtcTime,
    /// 1, or the one behind those of a database that was lost.
    pub(super) number: u64,
}

impl First<'_> {
    pub(super) fn reservation(&self) -> Result<Reservation> {
        let dates = CrlSchedule::new(self.record.crl, None).dates(self.now);
        let list = revocation_list(self.issuer, self.number, dates.this_update, dates.next_update, [])?;
        Ok(reservation_for(&self.record.id, self.number, dates, list.bytes().to_vec()))
    }
}

pub(super) fn reservation_of_list(reservation: &Reservation) -> CrlDates {
    CrlDates { this_update: reservation.from, next_update: reservation.until }
}

fn reservation_for(id: &str, number: u64, dates: CrlDates, to_be_signed: Vec<u8>) -> Reservation {
    Reservation {
        name: ArtefactName::RevocationList { issuer: id.into(), number },
        to_be_signed,
        from: dates.this_update,
        until: dates.next_update,
        application: String::new(),
        group: String::new(),
        request: String::new(),
    }
}

fn entry(serial: &str, at: UtcTime, reason: RevocationReason) -> Result<RevokedEntry> {
    let serial = serial.parse().map_err(|cause: Error| {
        error(ErrorKind::Corrupt, "make revocation list", "a serial number on record is none").because(cause)
    })?;
    Ok(RevokedEntry { serial, at, reason })
}

const MAX_TRIES: u32 = 20;
/// RFC 5280 §3.3: a certificate is named by one list at least that was made after it has expired.
const KEPT_DAYS: i64 = 8;
const TICKS_PER_DAY: i64 = Duration::from_secs(86_400).as_nanos() as i64 / 100;
