//! What has to be seen to, whoever asks or not.

use std::time::Duration;

use iiot_core::{Error, ErrorKind, Result};

use super::LocalCertificates;
use super::held::KEY_NOTE;
use super::held::KeyNote;
use super::proposals::PROPOSAL;
use super::proposals::ProposalRecord;
use crate::authority::Recovered;
use crate::document::{self, Kept};
use crate::policy::RequestState;
use crate::store::RevocationReason;

/// What was seen to.
#[derive(Debug, Default)]
pub struct Tended {
    /// What was interrupted between its record and its signature.
    pub recovered: Recovered,
    /// The requests whose keys were lost before they were delivered; their certificates are revoked.
    pub lost: Vec<String>,
    /// What could not be done, and is tried again: the id of the request or proposal, and why.
    pub failed: Vec<(String, Error)>,
}

impl LocalCertificates {
    /// Finishes what was interrupted, carries out what is approved, and ends what has waited too long. Call it after a start,
    /// and then every minute or so.
    ///
    /// # Errors
    /// If the store or the clock cannot be read. What fails for one request or proposal stands in the answer.
    pub async fn tend(&self) -> Result<Tended> {
        let mut tended = Tended { recovered: self.office.authorities.recover().await?, ..Tended::default() };
        self.tend_keys(&mut tended).await?;
        self.tend_proposals(&mut tended).await?;
        self.tend_requests(&mut tended).await?;
        Ok(tended)
    }

    /// [Tends](Self::tend) it for ever, with so long in between.
    pub async fn tend_every(&self, pause: Duration) {
        let clock = &self.office.clock;
        loop {
            match self.tend().await {
                Ok(tended) => tended.told(),
                Err(error) => tracing::error!(error = %error.report(), "certificates could not be tended"),
            }
            clock.sleep_until(clock.now() + pause).await;
        }
    }

    async fn tend_keys(&self, tended: &mut Tended) -> Result<()> {
        let notes: Vec<Kept<KeyNote>> = document::all(self.store(), KEY_NOTE).await?;
        for Kept { value: note, .. } in notes.into_iter().filter(|note| self.is_over(&note.value)) {
            let request = note.request.clone();
            match self.end(note).await {
                Ok(true) => tended.lost.push(request),
                Ok(false) => {}
                Err(error) => tended.failed.push((request, error)),
            }
        }
        Ok(())
    }

    /// Whether nobody can deliver the key any more: its time is over, or it was here before a restart.
    fn is_over(&self, note: &KeyNote) -> bool {
        let mine = note.holder == self.options.holder;
        let here = self.held.keys.lock().contains_key(&note.request);
        (mine && !here) || note.until <= self.now()
    }

    /// Ends a key, and the certificate with it if nobody was given the key; whether that was so.
    async fn end(&self, seen: KeyNote) -> Result<bool> {
        let _turn = self.held.turn.lock().await;
        // It may have been delivered or accepted since.
        let Some(note) = self.note_of(&seen.request).await?.filter(|note| self.is_over(&note.value)) else {
            return Ok(false);
        };
        let (request, by) = (&note.value.request, self.options.holder.as_str());
        let state = self.office.authorities.request(request).await?.request.state;
        let lost = match (state, note.value.delivered) {
            // Its certificate is not signed yet: that comes first.
            (RequestState::Approved, _) => return Ok(false),
            (RequestState::Issued { issuer, serial }, None) => {
                let reason = RevocationReason::CessationOfOperation;
                self.office.authorities.revoke(&issuer, &serial, reason, by).await?;
                self.office.authorities.key_lost(request, LOST.into(), by).await?;
                true
            }
            _ => false,
        };
        self.forget_key(request, if lost { "keyPair.lost" } else { "keyPair.forgotten" }, by).await?;
        Ok(lost)
    }

    async fn tend_proposals(&self, tended: &mut Tended) -> Result<()> {
        for state in ["approved", "new"] {
            let labels = [("state", state)];
            let open: Vec<Kept<ProposalRecord>> = document::all_with(self.store(), PROPOSAL, &labels).await?;
            for kept in open {
                let id = kept.value.proposal.id;
                if let Err(error) = self.settle_proposal(&id).await {
                    tended.failed.push((id, error));
                }
            }
        }
        Ok(())
    }

    /// Requests that enough have agreed to, or that nobody has to, and that could not be answered then.
    async fn tend_requests(&self, tended: &mut Tended) -> Result<()> {
        let (labels, mut after) = (vec![("state".to_owned(), "new".to_owned())], None);
        loop {
            let page = self.office.authorities.requests(labels.clone(), after.take(), PAGE).await?;
            after = page.last().map(|last| last.request.id.clone()).filter(|_| page.len() == PAGE);
            for record in page {
                let id = record.request.id;
                match self.settle_request(&id).await {
                    Err(error) if error.kind() != ErrorKind::Forbidden => tended.failed.push((id, error)),
                    // Of an application that is disabled: it waits.
                    _ => {}
                }
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

impl Tended {
    fn told(&self) {
        for (name, error) in &self.recovered.failed {
            tracing::error!(artefact = %name, error = %error.report(), "it is on record and cannot be signed");
        }
        for request in &self.lost {
            tracing::warn!(request, "the key was lost before it was delivered; its certificate is revoked");
        }
        for (id, error) in &self.failed {
            tracing::warn!(id, error = %error.report(), "it is approved and could not be carried out");
        }
    }
}

const PAGE: usize = 1_000;
const LOST: &str = "the key that was made for it is gone, since it was not fetched in time or the process that held it ended; \
    its certificate is revoked: make a new request";
