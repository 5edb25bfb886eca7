//! What was interrupted between its record and its signature.

use std::collections::BTreeSet;

use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::finish::{SELF, text};
use super::{Authorities, AuthorityRecord, RequestRecord, Stage, TbsRecord, event};
use crate::document::{self, Kept, REQUEST};
use crate::policy::RequestEvent;
use crate::store::{ArtefactName, Outcome, Reserved, RevocationReason, Transaction};

/// What became of what was unfinished.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Signed: exactly the bytes that were on record.
    pub signed: Vec<ArtefactName>,
    /// Voided, since it would be of no use any more.
    pub voided: Vec<ArtefactName>,
    /// Still unfinished, and why: to be tried again.
    pub failed: Vec<(ArtefactName, Error)>,
}

impl Authorities {
    /// Finishes what is on record and not signed: after a start, and when a key or the store is back. The bytes on record
    /// are signed. What is of no use any more is voided: a revocation list that a newer one has replaced, and a certificate
    /// that has expired or whose authority has retired, which is revoked as well where it can be, since it may have been
    /// signed.
    ///
    /// # Errors
    /// If the store or the clock cannot be read.
    pub async fn recover(&self) -> Result<Recovered> {
        let (mut recovered, mut silent) = (Recovered::default(), BTreeSet::new());
        for reserved in self.store().unfinished().await? {
            let name = reserved.reservation.name.clone();
            // Each question takes so long, and there may be many.
            if silent.contains(name.issuer()) {
                recovered.failed.push((name, keeps_silent()));
                continue;
            }
            match self.resolve(&reserved, self.now()?).await {
                Ok(true) => recovered.signed.push(name),
                Ok(false) => recovered.voided.push(name),
                Err(cause) => {
                    if cause.kind() == ErrorKind::Timeout {
                        silent.insert(name.issuer().to_owned());
                    }
                    recovered.failed.push((name, cause));
                }
            }
        }
        Ok(recovered)
    }

    /// An operator gives up what is on record and cannot be signed, as when its key is lost.
    ///
    /// # Errors
    /// `NotFound` if there is nothing of this name, `Conflict` if it was signed or voided already; those of the store.
    pub async fn give_up(&self, name: &ArtefactName, why: &str, by: &str) -> Result<()> {
        self.void(name, why, by).await
    }

    /// Whether it was signed; else it was voided.
    pub(super) async fn resolve(&self, reserved: &Reserved, now: UtcTime) -> Result<bool> {
        let (ArtefactName::Certificate { issuer, .. } | ArtefactName::RevocationList { issuer, .. }) =
            &reserved.reservation.name;
        let authority = self.authority(issuer).await?;
        let Some(why) = self.useless(reserved, &authority, now).await? else {
            let record = TbsRecord::left(reserved)?;
            self.sign_and_finish(&record, &*self.key_of(&authority).await?, None).await?;
            return Ok(true);
        };
        self.void(&reserved.reservation.name, why, SELF).await?;
        if let (ArtefactName::Certificate { serial, .. }, true) = (&reserved.reservation.name, authority.is_trusted()) {
            self.revoke_all(issuer, std::slice::from_ref(serial), RevocationReason::Unspecified, SELF).await?;
        }
        Ok(false)
    }

    async fn useless(
        &self,
        reserved: &Reserved,
        authority: &AuthorityRecord,
        now: UtcTime,
    ) -> Result<Option<&'static str>> {
        Ok(match &reserved.reservation.name {
            ArtefactName::RevocationList { issuer, number } if *number < self.store().last_number(issuer).await? => {
                Some("a newer list takes its place")
            }
            ArtefactName::Certificate { .. } if reserved.reservation.until <= now => Some("it has expired"),
            _ if authority.stage == Stage::Retired => Some("its authority has retired"),
            _ => None,
        })
    }

    /// Puts on record that something will never be signed, and that the request for it has failed.
    async fn void(&self, name: &ArtefactName, why: &str, by: &str) -> Result<()> {
        let now = self.now()?;
        let mut transaction = Transaction::new(event("artefact.voided", by, &text(name), json!({ "why": why })), now);
        transaction.outcomes.push((name.clone(), Outcome::Void(why.to_owned())));
        let reserved = self.store().reserved(name).await?;
        let request = reserved.map(|reserved| reserved.reservation.request).filter(|request| !request.is_empty());
        if let Some(request) = request {
            let kept: Option<Kept<RequestRecord>> = document::load(self.store(), REQUEST, &request).await?;
            if let Some(Kept { mut value, revision }) = kept {
                let reason = format!("its certificate could not be signed: {why}; make a new request");
                value.request.handle(RequestEvent::Failed { status: StatusCode::BadConfigurationError, reason })?;
                transaction.documents.push(value.write(Some(revision))?);
            }
        }
        self.store().commit(transaction).await.map(drop)
    }
}

fn keeps_silent() -> Error {
    let message = "the key of its authority has not answered just now, and is not asked again this time";
    super::error(ErrorKind::Timeout, "recover", message)
}

impl Recovered {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty()
    }
}
