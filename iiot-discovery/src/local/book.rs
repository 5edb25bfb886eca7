//! The searches of this process: how they stand, what they found, what was told of them.

use std::collections::{BTreeMap, VecDeque};

use iiot_core::model::{Counts, DiscoveryRun, RunState};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::found::{ResultsResponse, Scope, SearchResult};
use crate::operations::{RunResponse, RunsResponse};
use crate::plan::ScanPlan;
use crate::progress::Progress;

/// Searches that are remembered; the oldest that are over are forgotten first.
const RUNS: usize = 1_000;
/// Searches whose results are kept.
const RUNS_WITH_RESULTS: usize = 16;
/// Results of one search; further ones are counted and not kept.
pub(super) const RESULTS: usize = 100_000;
/// Lines of progress that are kept of one search.
const LINES: usize = 1_000;
/// How often counts alone are told, in seconds.
const BEAT: u64 = 1;

/// Ids rise with the time of the request, so that their order is that of the searches.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: BTreeMap<String, Entry>,
}

/// A search.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) run: DiscoveryRun,
    pub(super) plan: ScanPlan,
    pub(super) scope: Scope,
    pub(super) stop: CancellationToken,
    results: Vec<SearchResult>,
    lines: VecDeque<Progress>,
    sequence: u64,
    told: Option<UtcTime>,
    /// Carries the last sequence.
    news: watch::Sender<u64>,
}

impl Entry {
    /// A search that was asked for.
    pub(super) fn new(run: DiscoveryRun, plan: ScanPlan, scope: Scope) -> Self {
        let (stop, news) = (CancellationToken::new(), watch::Sender::new(0));
        let (results, lines) = (Vec::new(), VecDeque::new());
        Self { run, plan, scope, stop, results, lines, sequence: 0, told: None, news }
    }

    /// Takes a change of the state.
    pub(super) fn enter(&mut self, state: RunState, now: UtcTime, error: Option<String>) {
        self.run.state = state;
        match state {
            RunState::Running => self.run.started = Some(now),
            RunState::Pending => {}
            RunState::Finished | RunState::Cancelled | RunState::Failed => self.run.ended = Some(now),
        }
        self.scope.complete = state == RunState::Finished;
        let message = error.as_ref().map(|error| format!("failed: {error}"));
        self.run.error = error;
        self.tell(now, message);
    }

    /// Takes counts, which are told once a second.
    pub(super) fn count(&mut self, now: UtcTime, change: impl FnOnce(&mut Counts)) {
        change(&mut self.run.counts);
        if self.told.is_none_or(|told| now.since(told).as_secs() >= BEAT) {
            self.tell(now, None);
        }
    }

    /// Takes a result, and gives whether there was room for it.
    pub(super) fn find(&mut self, result: SearchResult, now: UtcTime) -> bool {
        let counts = &mut self.run.counts;
        match &result {
            SearchResult::Server(_) => counts.servers += 1,
            SearchResult::Failed(_) => counts.failed += 1,
        }
        let (room, line) = (self.results.len() < RESULTS, line_of(&result));
        if room {
            self.results.push(result);
        }
        self.tell(now, Some(line));
        room
    }

    pub(super) fn tell(&mut self, now: UtcTime, message: Option<String>) {
        self.sequence += 1;
        self.told = Some(now);
        let (state, counts) = (self.run.state, self.run.counts);
        if self.lines.len() >= LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(Progress { sequence: self.sequence, at: now, state, counts, message });
        self.news.send_replace(self.sequence);
    }

    pub(super) fn results(&self) -> &[SearchResult] {
        &self.results
    }

    /// What was told behind a sequence, and how to learn of more.
    pub(super) fn lines_after(&self, after: u64) -> (Vec<Progress>, bool, watch::Receiver<u64>) {
        let lines = self.lines.iter().filter(|line| line.sequence > after).cloned().collect();
        (lines, self.run.state.is_over(), self.news.subscribe())
    }
}

impl Book {
    /// Takes a search.
    pub(super) fn insert(&mut self, id: String, entry: Entry) {
        self.entries.insert(id, entry);
        self.forget();
    }

    pub(super) fn entry(&mut self, id: &str) -> Result<&mut Entry> {
        self.entries.get_mut(id).ok_or_else(|| unknown(id))
    }

    pub(super) fn response(&self, id: &str) -> Result<RunResponse> {
        let entry = self.entries.get(id).ok_or_else(|| unknown(id))?;
        Ok(RunResponse { id: id.to_owned(), run: entry.run.clone() })
    }

    /// Searches that are not over and were asked for before this one.
    pub(super) fn ahead_of(&self, id: &str) -> usize {
        self.entries.range(..id.to_owned()).filter(|(_, entry)| !entry.run.state.is_over()).count()
    }

    /// A page of searches, the newest first.
    pub(super) fn page(&self, state: Option<RunState>, after: Option<&str>, limit: usize) -> RunsResponse {
        let newest_first = self.entries.iter().rev().filter(|(id, _)| after.is_none_or(|after| id.as_str() < after));
        let mut fitting = newest_first.filter(|(_, entry)| state.is_none_or(|state| entry.run.state == state));
        let take = |(id, entry): (&String, &Entry)| RunResponse { id: id.clone(), run: entry.run.clone() };
        let runs: Vec<_> = fitting.by_ref().take(limit).map(take).collect();
        let next = fitting.next().and_then(|_| runs.last()).map(|last| last.id.clone());
        RunsResponse { runs, next }
    }

    /// A page of what a search found.
    pub(super) fn results(&self, id: &str, after: u32, limit: usize) -> Result<ResultsResponse> {
        let entry = self.entries.get(id).ok_or_else(|| unknown(id))?;
        let results: Vec<_> = entry.results.iter().skip(after as usize).take(limit).cloned().collect();
        let end = after as usize + results.len();
        let next = (end < entry.results.len()).then(|| u32::try_from(end).unwrap_or(u32::MAX));
        Ok(ResultsResponse { run: entry.run.clone(), scope: entry.scope.clone(), results, next })
    }

    fn forget(&mut self) {
        let over = |entry: &Entry| entry.run.state.is_over();
        while self.entries.len() > RUNS {
            let oldest = self.entries.iter().find(|(_, entry)| over(entry)).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { break };
            self.entries.remove(&oldest);
        }
        let with_results = self.entries.values_mut().rev().filter(|entry| !entry.results.is_empty() && over(entry));
        with_results.skip(RUNS_WITH_RESULTS).for_each(|entry| {
            entry.results = Vec::new();
            // Without them nobody can say what is gone.
            entry.scope.complete = false;
        });
    }
}

fn unknown(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, "find the search", "there is none of this id, or it was forgotten").with("run", id)
}

fn line_of(result: &SearchResult) -> String {
    match result {
        SearchResult::Server(server) => {
            let name = &server.description.application_name;
            format!("{name} at {}, {} endpoints", server.addresses.join(", "), server.endpoints.len())
        }
        SearchResult::Failed(failed) => format!("{}: {}", failed.url, failed.message),
    }
}
