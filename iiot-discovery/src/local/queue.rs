//! Carries out searches, one after the other.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::model::{DiscoveryRun, Record, RunState};
use iiot_core::registry::{RecordKey, RecordKind, RegistryExt};
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::book::Book;
use super::report::Report;
use super::{DiscoveryParts, Findings};
use crate::plan::ScanPlan;

/// How long a search may go on after it was cancelled.
const GRACE: Duration = Duration::from_millis(800);

pub(super) struct Queue {
    pub(super) parts: DiscoveryParts,
    pub(super) book: Arc<Mutex<Book>>,
}

impl Queue {
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<String>) {
        while let Some(id) = waiting.recv().await {
            self.carry_out(&id).await;
            if let Err(error) = self.record(&id).await {
                tracing::warn!(run = id, "a search is not recorded: {}", error.report());
            }
        }
    }

    async fn carry_out(&self, id: &str) {
        let Some((plan, stop)) = self.begin(id) else { return };
        let outcome = self.search(id, &plan, &stop).await;
        let (state, error) = match outcome {
            _ if stop.is_cancelled() => (RunState::Cancelled, None),
            Ok(()) => (RunState::Finished, None),
            Err(error) => (RunState::Failed, Some(error.report())),
        };
        if let Some(findings) = self.findings(id, state)
            && let Err(error) = self.hand_over(findings).await
        {
            tracing::warn!(run = id, "what a search found was not entered: {}", error.report());
            self.end(id, RunState::Failed, Some(error.report()));
        } else {
            self.end(id, state, error);
        }
    }

    /// The plan of a search that waits for us; none if it was cancelled meanwhile.
    fn begin(&self, id: &str) -> Option<(ScanPlan, CancellationToken)> {
        let (now, mut book) = (self.parts.clock.utc(), self.book.lock());
        let entry = book.entry(id).ok()?;
        if entry.run.state != RunState::Pending {
            return None;
        }
        entry.enter(RunState::Running, now, None);
        Some((entry.plan.clone(), entry.stop.clone()))
    }

    async fn search(&self, id: &str, plan: &ScanPlan, stop: &CancellationToken) -> Result<()> {
        let report = Report { run: id.to_owned(), book: Arc::clone(&self.book), clock: Arc::clone(&self.parts.clock) };
        let clock = &self.parts.clock;
        let too_long = async {
            stop.cancelled().await;
            clock.sleep_until(clock.now() + GRACE).await;
        };
        tokio::select! {
            outcome = self.parts.search.search(plan, &report, stop) => outcome,
            () = too_long => Err(Error::new(ErrorKind::Cancelled, "search", "it did not end by itself")),
        }
    }

    fn findings(&self, id: &str, state: RunState) -> Option<Findings> {
        let mut book = self.book.lock();
        let entry = book.entry(id).ok()?;
        let run = DiscoveryRun { state, ended: Some(self.parts.clock.utc()), ..entry.run.clone() };
        let mut scope = entry.scope.clone();
        scope.complete = state == RunState::Finished;
        Some(Findings { id: id.to_owned(), run, scope, results: entry.results().to_vec() })
    }

    async fn hand_over(&self, findings: Findings) -> Result<()> {
        match &self.parts.finished {
            Some(finished) => finished(findings).await,
            None => Ok(()),
        }
    }

    fn end(&self, id: &str, state: RunState, error: Option<String>) {
        let now = self.parts.clock.utc();
        if let Ok(entry) = self.book.lock().entry(id) {
            entry.enter(state, now, error);
        }
    }

    /// What others have entered there, as the difference that it made, stays.
    async fn record(&self, id: &str) -> Result<()> {
        let run = self.book.lock().response(id)?.run;
        let key = RecordKey::new(RecordKind::DiscoveryRun, id);
        let update = |record| match record {
            Record::DiscoveryRun(known) => {
                Ok(Some(Record::DiscoveryRun(DiscoveryRun { diff: known.diff, ..run.clone() })))
            }
            _ => Ok(None),
        };
        let recorded = self.parts.registry.update(&key, update).await?;
        if let Some(Record::DiscoveryRun(recorded)) = recorded.map(|versioned| versioned.record)
            && let Ok(entry) = self.book.lock().entry(id)
        {
            entry.run.diff = recorded.diff;
        }
        Ok(())
    }
}
