//! The audit record: shown, checked, followed.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot_core::clock::Clock;
use iiot_core::operation::Principal;
use iiot_core::{ErrorKind, Result};

use super::{LocalCertificates, error, page};
use crate::audit::{Fault, Finding, Verified, Verifier, verify_store};
use crate::certificates::audit::{
    AuditCheck, AuditFinding, AuditRequest, AuditResponse, BelieveClockRequest, Believed, CertificatesUpdate,
    CheckAuditRequest, ExportAuditRequest, RecordedEntry, WatchCertificatesRequest,
};
use crate::store::{AuditEntry, AuditEvent, Store};

impl LocalCertificates {
    pub(super) async fn audit_page(&self, request: AuditRequest) -> Result<AuditResponse> {
        let limit = page(request.limit)?;
        let (newest, _) = self.store().audit_head().await?;
        let entries = self.store().audit(number(request.after)?, limit).await?;
        let next = entries.last().map(|last| last.number).filter(|_| entries.len() == limit);
        Ok(AuditResponse { entries: entries.into_iter().map(Into::into).collect(), next, newest })
    }

    /// Checks the record up to now. Others go on to write meanwhile.
    pub(super) async fn check_audit(&self, request: CheckAuditRequest) -> Result<AuditCheck> {
        let _one = self.checking.try_lock().map_err(|_| {
            error(ErrorKind::LimitExceeded, "check audit record", "it is being checked already; ask again later")
        })?;
        let mut tries = 0;
        loop {
            let (before, _) = self.store().audit_head().await?;
            let outcome = self.verify(request.artefacts).await?;
            let (after, _) = self.store().audit_head().await?;
            // What was written while the artefacts were compared is told of by entries that were not read.
            let moved = before != after && tries < TRIES;
            match outcome {
                Err(Finding { fault: Fault::Artefact(_), .. }) if moved => tries += 1,
                Err(finding) => return Ok(found(before, &finding)),
                Ok(Verified { entries, signed }) => {
                    return Ok(AuditCheck { intact: true, entries, signed, finding: None });
                }
            }
        }
    }

    async fn verify(&self, artefacts: bool) -> Result<std::result::Result<Verified, Finding>> {
        // Before the entries: those that are marked are there then.
        let marks = self.options.marks.as_ref().map(crate::audit::MarkedStore::marks);
        let keys = self.options.checkpoint_keys.clone();
        if artefacts {
            return verify_store(self.store(), keys, marks.as_ref()).await;
        }
        let mut verifier = Verifier::new(keys);
        loop {
            let page = self.store().audit(verifier.next() - 1, PAGE).await?;
            if let Err(finding) = page.iter().try_for_each(|entry| verifier.entry(entry)) {
                return Ok(Err(finding));
            }
            if page.len() < PAGE {
                return Ok(verifier.finish(marks.as_ref()));
            }
        }
    }

    pub(super) async fn watch(
        &self,
        request: WatchCertificatesRequest,
    ) -> Result<BoxStream<'static, Result<CertificatesUpdate>>> {
        let after = match request.after {
            Some(after) => number(Some(after))?,
            None => self.store().audit_head().await?.0,
        };
        let pages = Follow { store: Arc::clone(&self.office.store), clock: Arc::clone(&self.office.clock), after };
        let pages = stream::unfold(pages, |mut follow| async move { Some((follow.next().await, follow)) });
        Ok(pages.flat_map(flat).map(|entry| update(entry?)).boxed())
    }

    pub(super) async fn export_audit(
        &self,
        request: ExportAuditRequest,
    ) -> Result<BoxStream<'static, Result<RecordedEntry>>> {
        let (last, _) = self.store().audit_head().await?;
        let begin = Some((Arc::clone(&self.office.store), number(request.after)?));
        let pages = stream::unfold(begin, move |at| async move {
            let (store, after) = at.filter(|(_, after)| *after < last)?;
            let limit = usize::try_from(last - after).unwrap_or(PAGE).min(PAGE);
            let page = store.audit(after, limit).await;
            let next = page.as_ref().ok().and_then(|page| page.last()).map(|entry| (store, entry.number));
            Some((page, next))
        });
        Ok(pages.flat_map(flat).map(|entry| entry.map(Into::into)).boxed())
    }

    pub(super) async fn believe_clock(&self, request: BelieveClockRequest, principal: &Principal) -> Result<Believed> {
        let now = self.now();
        let apart = now.since(request.time).max(request.time.since(now));
        if apart > SKEW {
            let message = "the clock of the machine shows another time: set it first";
            let refused = error(ErrorKind::InvalidArgument, "believe clock", message);
            return Err(refused.with("machine", now).with("told", request.time));
        }
        self.office.authorities.believe_clock(&principal.name).await?;
        Ok(Believed { time: now })
    }
}

/// Reads entries as they come. Other processes write them too, so the store is looked at again and again.
struct Follow {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    after: u64,
}

impl Follow {
    async fn next(&mut self) -> Result<Vec<AuditEntry>> {
        loop {
            let page = self.store.audit(self.after, PAGE).await?;
            if let Some(last) = page.last() {
                self.after = last.number;
                return Ok(page);
            }
            self.clock.sleep_until(self.clock.now() + PAUSE).await;
        }
    }
}

fn flat(page: Result<Vec<AuditEntry>>) -> impl stream::Stream<Item = Result<AuditEntry>> + Send {
    stream::iter(match page {
        Ok(entries) => entries.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    })
}

fn update(entry: AuditEntry) -> Result<CertificatesUpdate> {
    let event: AuditEvent = serde_json::from_str(&entry.event).map_err(|cause| {
        error(ErrorKind::Corrupt, "watch certificates", "an entry of the audit record cannot be read").because(cause)
    })?;
    let AuditEvent { action, by, subject, .. } = event;
    Ok(CertificatesUpdate { sequence: entry.number, at: entry.at, action, by, subject })
}

fn found(entries: u64, finding: &Finding) -> AuditCheck {
    let finding = AuditFinding { number: finding.number, message: finding.to_string() };
    AuditCheck { intact: false, entries, signed: 0, finding: Some(finding) }
}

/// The number of an entry, as a database has it.
fn number(after: Option<u64>) -> Result<u64> {
    let after = after.unwrap_or(0);
    if i64::try_from(after).is_ok() {
        return Ok(after);
    }
    Err(error(ErrorKind::InvalidArgument, "read audit record", "`after` is no number of an entry"))
}

const PAGE: usize = 500;
const TRIES: u32 = 3;
/// Between two looks at the record.
const PAUSE: Duration = Duration::from_millis(500);
const SKEW: Duration = Duration::from_secs(300);
