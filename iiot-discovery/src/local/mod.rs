//! Searches of the networks of this machine.

mod book;
mod descriptors;
pub mod multicast;
mod network;
pub mod prober;
mod queue;
mod report;
pub mod resolve;
pub mod scan;
mod search;
pub mod shared_pace;
pub mod surroundings;
mod tally;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use iiot_core::clock::Clock;
use iiot_core::model::{Counts, DiscoveryRun, Record, RunState};
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, Registry, RegistryExt};
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::explanation::{ExplainRequest, Explanation};
use crate::found::{ResultsRequest, ResultsResponse, Scope};
use crate::operations::{Discovery, RunRequest, RunResponse, RunsRequest, RunsResponse, StartRequest, StartResponse};
use crate::plan::ScanPlan;
use crate::progress::{Progress, ProgressRequest};
use crate::registrar::Findings;
use book::{Book, Entry};
use queue::Queue;

pub use network::NetworkSearch;
pub use report::Report;
pub use search::{Prepared, Search};

/// Searches that wait.
const WAITING: usize = 100;
const PAGE: usize = 100;

/// Takes searches and carries them out one after the other.
///
/// They are records of a registry, so that the next process knows of them; results are kept in memory, those of the last 16.
#[derive(Debug)]
pub struct LocalDiscovery {
    parts: DiscoveryParts,
    book: Arc<Mutex<Book>>,
    queue: mpsc::Sender<String>,
    working: JoinHandle<()>,
}

/// What a [`LocalDiscovery`] is made of.
#[derive(Clone)]
pub struct DiscoveryParts {
    /// What searches.
    pub search: Arc<dyn Search>,
    /// Where searches are recorded.
    pub registry: Arc<dyn Registry>,
    /// The edge whose searches these are.
    pub edge: Option<String>,
    /// Called when a search is over, with what it found: enters it into the registry, for instance. Searches wait for it.
    pub finished: Option<OnFinished>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What is done with the findings of a search.
pub type OnFinished = Arc<dyn Fn(Findings) -> BoxFuture<'static, Result<()>> + Send + Sync>;

impl std::fmt::Debug for DiscoveryParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiscoveryParts").field("search", &self.search).field("edge", &self.edge).finish_non_exhaustive()
    }
}

impl LocalDiscovery {
    /// Knows the searches of the registry; those that were not over failed with the process that they were in.
    ///
    /// # Errors
    /// As of [`Registry::query`].
    pub async fn start(parts: DiscoveryParts) -> Result<Self> {
        let book = Arc::new(Mutex::new(remembered(&parts).await?));
        let (queue, waiting) = mpsc::channel(WAITING);
        let working = tokio::spawn(Queue { parts: parts.clone(), book: Arc::clone(&book) }.run(waiting));
        Ok(Self { parts, book, queue, working })
    }

    /// Ends the search that runs and takes no more.
    pub async fn stop(&self) {
        let running = self.book.lock().page(None, None, usize::MAX).runs;
        for run in running.into_iter().filter(|run| !run.run.state.is_over()) {
            // It may be over by now.
            let _ = self.cancel(RunRequest { run: run.id }).await;
        }
        self.working.abort();
    }

    /// One that waits is over at once; the queue passes over it.
    fn end(&self, run: &str) -> Result<()> {
        let (now, mut book) = (self.parts.clock.utc(), self.book.lock());
        let entry = book.entry(run)?;
        entry.stop.cancel();
        if entry.run.state == RunState::Pending {
            entry.enter(RunState::Cancelled, now, None);
        }
        Ok(())
    }

    async fn over(&self, run: &str) -> Result<RunResponse> {
        let (_, over, mut news) = self.book.lock().entry(run)?.lines_after(u64::MAX);
        if !over {
            let is_over = |book: &Mutex<Book>| book.lock().response(run).is_ok_and(|run| run.run.state.is_over());
            // The sender lives as long as the search is known.
            let _ = news.wait_for(|_| is_over(&self.book)).await;
        }
        self.book.lock().response(run)
    }
}

impl Drop for LocalDiscovery {
    fn drop(&mut self) {
        self.working.abort();
    }
}

#[async_trait]
impl Discovery for LocalDiscovery {
    async fn start(&self, request: StartRequest) -> Result<StartResponse> {
        let Prepared { plan, planned, scope, what } = self.parts.search.prepare(request.plan).await?;
        let place = self.queue.try_reserve().map_err(|_| too_many())?;
        let (now, edge) = (self.parts.clock.utc(), self.parts.edge.clone());
        let counts = Counts { planned, ..Counts::default() };
        let state = RunState::Pending;
        let run = DiscoveryRun {
            edge,
            what,
            state,
            requested: now,
            started: None,
            ended: None,
            counts,
            diff: None,
            error: None,
        };
        let id = new_id(now.ticks());
        let key = RecordKey::new(RecordKind::DiscoveryRun, &id);
        self.parts.registry.put(&key, Record::DiscoveryRun(run.clone()), Expected::Absent).await?;
        let mut book = self.book.lock();
        let mut entry = Entry::new(run, plan.clone(), scope);
        entry.tell(now, None);
        book.insert(id.clone(), entry);
        let position = u32::try_from(book.ahead_of(&id)).unwrap_or(u32::MAX);
        place.send(id.clone());
        Ok(StartResponse { run: id, plan, planned, position })
    }

    async fn cancel(&self, request: RunRequest) -> Result<RunResponse> {
        self.end(&request.run)?;
        self.over(&request.run).await
    }

    async fn run(&self, request: RunRequest) -> Result<RunResponse> {
        self.book.lock().response(&request.run)
    }

    async fn runs(&self, request: RunsRequest) -> Result<RunsResponse> {
        let limit = request.limit.map_or(PAGE, |limit| limit as usize);
        Ok(self.book.lock().page(request.state, request.after.as_deref(), limit))
    }

    async fn results(&self, request: ResultsRequest) -> Result<ResultsResponse> {
        let limit = request.limit.map_or(PAGE, |limit| limit as usize);
        self.book.lock().results(&request.run, request.after, limit)
    }

    async fn explain(&self, request: ExplainRequest) -> Result<Explanation> {
        self.parts.search.explain(request).await
    }

    async fn progress(&self, request: ProgressRequest) -> Result<BoxStream<'static, Result<Progress>>> {
        self.book.lock().response(&request.run)?;
        let batches = stream::unfold((Arc::clone(&self.book), request.after), move |(book, after)| {
            let run = request.run.clone();
            async move {
                let lines = next_lines(&book, &run, after).await?;
                let last = lines.last().map_or(after, |line| line.sequence);
                Some((stream::iter(lines.into_iter().map(Ok)), (book, last)))
            }
        });
        Ok(batches.flatten().boxed())
    }
}

/// What is told behind a sequence, once there is something; none when the search is over and all was told.
async fn next_lines(book: &Mutex<Book>, run: &str, after: u64) -> Option<Vec<Progress>> {
    loop {
        let (lines, over, mut news) = book.lock().entry(run).ok()?.lines_after(after);
        if !lines.is_empty() {
            return Some(lines);
        }
        if over {
            return None;
        }
        news.wait_for(|last| *last > after).await.ok()?;
    }
}

async fn remembered(parts: &DiscoveryParts) -> Result<Book> {
    let mut book = Book::default();
    let found = parts.registry.all(Query::of(RecordKind::DiscoveryRun)).await?;
    for versioned in found {
        let Record::DiscoveryRun(run) = versioned.record else { continue };
        if run.edge != parts.edge {
            continue;
        }
        let was_over = run.state.is_over();
        let mut entry = Entry::new(run, ScanPlan::default(), Scope::default());
        if !was_over {
            entry.enter(RunState::Failed, parts.clock.utc(), Some("its process was ended".into()));
            let record = Record::DiscoveryRun(entry.run.clone());
            parts.registry.put(&versioned.key, record, Expected::Revision(versioned.revision)).await?;
        }
        book.insert(versioned.key.id, entry);
    }
    Ok(book)
}

/// An id behind those of earlier searches.
fn new_id(ticks: i64) -> String {
    format!("{ticks:016x}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8])
}

fn too_many() -> Error {
    let message = format!("{WAITING} searches wait already; cancel some of them");
    Error::new(ErrorKind::LimitExceeded, "start a search", message)
}
