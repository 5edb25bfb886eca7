//! Authorities that sign certificates and revocation lists, each on record before it is signed.
//!
//! [`Authorities`] keeps them: it [creates](Authorities::create) roots and the authorities below them,
//! [issues](Authorities::issue) certificates for [approved](crate::policy::Approved) requests,
//! [revokes](Authorities::revoke) them and [publishes](Authorities::publish_due) revocation lists.
//!
//! Whatever a key signs goes the same way. One transaction puts the number and the very bytes on record, with an entry of
//! the audit record; then the key signs, outside of any transaction; another transaction puts the result on record. What
//! was interrupted in between is [finished](Authorities::recover) after a restart: the same bytes are signed, or voided. If
//! the audit record cannot be written, nothing is signed.

mod create;
mod desk;
mod finish;
mod issue;
mod keyring;
mod lists;
mod material;
mod prepare;
mod publish;
mod record;
mod recover;
mod requests;
mod revoke;
mod roll_over;
mod signing;
#[cfg(test)]
mod tests;

pub use issue::Issued;
pub use publish::Published;
pub use record::{AuthorityRecord, AuthoritySpec};
pub use recover::Recovered;
pub use requests::RequestRecord;
pub use signing::{SigningKey, TbsRecord};

pub use crate::model::{AuthorityKey, Stage};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::clock::Clock;
use iiot_core::keys::KeyStore;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::document::{self, Kept};
use crate::policy::{ClockGuard, CrlSchedule};
use crate::store::{AuditEvent, Store, Transaction};
use desk::Desk;
use keyring::Keyring;

/// The parts that authorities need.
#[derive(Debug, Clone)]
pub struct AuthorityParts {
    /// Where everything is on record.
    pub store: Arc<dyn Store>,
    /// Where the keys of the authorities are.
    pub keys: Arc<dyn KeyStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The authorities of a certificate manager. Several processes may work on one store.
#[derive(Debug)]
pub struct Authorities {
    parts: AuthorityParts,
    guard: Mutex<ClockGuard>,
    /// When the next revocation list of each authority is due, as far as this process has seen.
    schedules: Mutex<BTreeMap<String, CrlSchedule>>,
    /// What certificates were issued by last, for each group.
    desks: Mutex<BTreeMap<String, Arc<Desk>>>,
    keyring: Keyring,
    /// One revocation list of this process is made at a time: they would only take each other's numbers.
    publishing: tokio::sync::Mutex<()>,
}

impl Authorities {
    /// Those on record in a store. What was interrupted is finished by [`recover`](Self::recover).
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open(parts: AuthorityParts) -> Result<Self> {
        let (last, _) = parts.store.audit_head().await?;
        let entries = parts.store.audit(last.saturating_sub(1), 1).await?;
        let recorded = entries.last().map_or(UtcTime::UNIX_EPOCH, |entry| entry.at);
        Ok(Self {
            parts,
            guard: Mutex::new(ClockGuard::new(recorded)),
            schedules: Mutex::default(),
            desks: Mutex::default(),
            keyring: Keyring::default(),
            publishing: tokio::sync::Mutex::default(),
        })
    }

    /// The record of an authority.
    ///
    /// # Errors
    /// `NotFound` if there is none; those of the store.
    pub async fn authority(&self, id: &str) -> Result<AuthorityRecord> {
        Ok(self.kept(id).await?.value)
    }

    /// The records of all authorities, ordered by id.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn all(&self) -> Result<Vec<AuthorityRecord>> {
        let all = document::all(self.store(), document::AUTHORITY).await?;
        Ok(all.into_iter().map(|kept| kept.value).collect())
    }

    /// The certificates (DER) of an authority and of those above it, the root last: what a chain needs behind a
    /// certificate of this authority.
    ///
    /// # Errors
    /// `NotFound` if there is none, `Unavailable` if it is not ready; those of the store.
    pub async fn chain(&self, id: &str) -> Result<Vec<Vec<u8>>> {
        let (mut chain, mut next) = (Vec::new(), Some(id.to_owned()));
        while let Some(id) = next.filter(|_| chain.len() < LONGEST_CHAIN) {
            let record = self.authority(&id).await?;
            chain.push(record.der()?.to_vec());
            next = record.issuer;
        }
        Ok(chain)
    }

    /// An operator says that the clock of the machine is right, although it was set; see [`ClockGuard`].
    ///
    /// # Errors
    /// Those of the store.
    pub async fn believe_clock(&self, by: &str) -> Result<()> {
        let now = self.parts.clock.utc();
        self.store().commit(Transaction::new(event("clock.believed", by, "clock", serde_json::json!({})), now)).await?;
        self.guard.lock().believe(now, self.parts.clock.now());
        Ok(())
    }

    fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    /// The time, if it can be believed.
    ///
    /// # Errors
    /// `Unavailable` if the clock of the machine was set; see [`ClockGuard`].
    pub fn now(&self) -> Result<UtcTime> {
        let clock = &self.parts.clock;
        Ok(self.guard.lock().check(clock.utc(), clock.now())?)
    }

    async fn kept(&self, id: &str) -> Result<Kept<AuthorityRecord>> {
        let kept = document::load(self.store(), document::AUTHORITY, id).await?;
        kept.ok_or_else(|| {
            error(ErrorKind::NotFound, "use authority", "there is none with this id").with("authority", id)
        })
    }

    /// The key of an authority, which may be still in the making.
    async fn key_of(&self, record: &AuthorityRecord) -> Result<Arc<SigningKey>> {
        let certificate = record.certificate.as_ref().map(|der| der.0.as_slice());
        let now = self.parts.clock.now();
        self.in_time(self.keyring.get(&*self.parts.keys, &record.key, certificate, now)).await
    }

    /// Work of a key, which is not waited for without end: hardware can stall.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let clock = &self.parts.clock;
        tokio::select! {
            biased;
            // A token that is away shows no keys.
            outcome = work => outcome.map_err(|cause| match cause.kind() {
                ErrorKind::NotFound => cause.retryable(true),
                _ => cause,
            }),
            () = clock.sleep_until(clock.now() + KEY_PATIENCE) => {
                let message = "the key has not answered in time; what was to be signed is signed when it does, by a recovery";
                Err(error(ErrorKind::Timeout, "use key", message))
            }
        }
    }
}

/// A key that has not answered for so long is given up for now.
pub(crate) const KEY_PATIENCE: Duration = Duration::from_secs(20);

/// No chain of ours is longer.
const LONGEST_CHAIN: usize = 8;

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(kind, operation, message)
}

fn event(action: &str, by: &str, subject: &str, details: serde_json::Value) -> AuditEvent {
    AuditEvent { action: action.into(), by: by.into(), subject: subject.into(), details }
}
