//! Walking the address space.

mod frontier;
mod gate;
mod pace;
mod telling;
mod visited;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use iiot_core::session::{Session, SessionExt, SessionState};
use iiot_core::ua::{
    self, BrowseDescription, BrowseNextRequest, BrowseRequest, BrowseResult, BrowseResultMask, NodeId, ObjectId,
    ReferenceTypeId, ViewDescription,
};
use iiot_core::{Error, ErrorKind, Result};
use tokio::task::JoinSet;

use super::LocalTwin;
use super::batch::one_each;
use super::visit::{Attributed, Visit, at_most, timeout};
use crate::crawl::{CrawlBatch, CrawlEnd, CrawlFailure, CrawlRequest, MAX_DEPTH, MAX_NODES, MAX_PARALLEL};
use frontier::{Bounds, Frontier, GivenUp, Told, Work};
pub(super) use gate::Gates;
use gate::Pass;

const MAX_START: usize = 1_000;
const MAX_REFERENCE_TYPES: usize = 10;
const DEFAULT_NODES: u32 = 1_000_000;

/// All nodes below those of the request, as they are found.
pub(super) async fn crawl(twin: &LocalTwin, request: CrawlRequest) -> Result<BoxStream<'static, Result<CrawlBatch>>> {
    at_most(MAX_START, request.nodes.len(), "#/nodes")?;
    at_most(MAX_REFERENCE_TYPES, request.reference_types.len(), "#/referenceTypes")?;
    let pass = twin.gates.enter(&request.endpoint)?;
    let visit = twin.visit(&request.endpoint, &request.header).await?;
    let walk = Walk::new(twin.clone(), visit, pass, request)?;
    Ok(futures::stream::unfold(walk, |mut walk| async move { Some((walk.next().await?, walk)) }).boxed())
}

/// A crawl under way: asks ahead for as much as is allowed, and no further until its reader has taken what was found.
struct Walk {
    twin: LocalTwin,
    request: CrawlRequest,
    visit: Visit,
    pass: Pass,
    timeout: Duration,
    questions: Arc<Questions>,
    frontier: Frontier,
    under_way: JoinSet<Answer>,
    /// What was found and not yet told.
    ready: VecDeque<CrawlBatch>,
    told: u64,
    /// The table that the ids of nodes go by.
    namespaces: Arc<Vec<String>>,
    has_ended: bool,
}

/// What is asked of every node.
struct Questions {
    view: ViewDescription,
    reference_types: Vec<NodeId>,
}

/// What became of a request, and the table of the connection that it was made for.
struct Answer {
    work: Work,
    results: Result<Vec<BrowseResult>>,
    namespaces: Arc<Vec<String>>,
}

impl Walk {
    fn new(twin: LocalTwin, visit: Visit, pass: Pass, request: CrawlRequest) -> Result<Self> {
        let questions = Questions::of(&visit, &request)?;
        let mut frontier = Frontier::new(bounds(&request), visit.session.limits().max_nodes_per_browse);
        let mut failures = Vec::new();
        let objects = [NodeId::from(ObjectId::ObjectsFolder).to_string()];
        let starts = if request.nodes.is_empty() { &objects[..] } else { &request.nodes };
        for start in starts {
            match visit.node(start) {
                Ok(node) => frontier.start(node),
                Err(status) => failures.push(CrawlFailure { node: start.clone(), status }),
            }
        }
        let first = CrawlBatch { failures, ..Default::default() };
        let ready = if first.failures.is_empty() { VecDeque::new() } else { VecDeque::from([first]) };
        Ok(Self {
            timeout: timeout(&request.header),
            namespaces: Arc::clone(&visit.namespaces),
            questions: Arc::new(questions),
            under_way: JoinSet::new(),
            told: 0,
            has_ended: false,
            twin,
            request,
            visit,
            pass,
            frontier,
            ready,
        })
    }

    /// The next batch; none behind the last or an error.
    async fn next(&mut self) -> Option<Result<CrawlBatch>> {
        if self.has_ended {
            return None;
        }
        let next = self.go_on().await;
        self.has_ended = next.as_ref().map_or(true, |batch| batch.end.is_some());
        Some(next)
    }

    async fn go_on(&mut self) -> Result<CrawlBatch> {
        loop {
            self.ask();
            if let Some(batch) = self.ready.pop_front() {
                return Ok(self.counted(batch));
            }
            match self.under_way.join_next().await {
                None => return Ok(self.last()),
                Some(Ok(answer)) => self.take(answer).await?,
                Some(Err(broken)) => {
                    return Err(Error::new(ErrorKind::Internal, "crawl", "a request was given up").because(broken));
                }
            }
        }
    }

    /// Sends what may be under way beside what is; nothing while there is enough to tell.
    fn ask(&mut self) {
        if self.ready.len() > ENOUGH {
            return;
        }
        while let Some(work) = self.frontier.next_work() {
            let session = self.visit.session.within(self.timeout);
            let (questions, place) = (Arc::clone(&self.questions), self.pass.request());
            let timeout = self.timeout;
            self.under_way.spawn(async move {
                let _place = place.await;
                let session = session.within(timeout);
                let namespaces = session.namespaces();
                let results = questions.ask(&session, &work).await;
                Answer { work, results, namespaces }
            });
        }
    }

    async fn take(&mut self, answer: Answer) -> Result<()> {
        let Answer { work, results, namespaces } = answer;
        let is_same = Arc::ptr_eq(&namespaces, &self.visit.session.namespaces());
        if !self.is_known_connection() {
            self.reconnected().await?;
        }
        let told = match results {
            Ok(results) if is_same => self.frontier.answered(work, results),
            // What the server kept for one connection may mean something else on the next.
            Ok(_) => return self.lost(work, None),
            Err(error) if is_lost(&error) => return self.lost(work, Some(error)),
            Err(error) => self.frontier.refused(work, error.status()),
        };
        self.tell(told);
        Ok(())
    }

    fn is_known_connection(&self) -> bool {
        let closed = self.visit.session.state() == SessionState::Closed;
        !closed && Arc::ptr_eq(&self.namespaces, &self.visit.session.namespaces())
    }

    /// Goes on over another connection, if nodes are still called the same there.
    async fn reconnected(&mut self) -> Result<()> {
        if self.visit.session.state() == SessionState::Closed {
            self.visit = self.twin.visit(&self.request.endpoint, &self.request.header).await?;
        }
        let namespaces = self.visit.session.namespaces();
        if *namespaces != *self.namespaces {
            let message =
                "the server came back with other namespaces, so ids of nodes mean something else; crawl again";
            return Err(self.ended(Error::new(ErrorKind::Conflict, "crawl", message)));
        }
        self.namespaces = namespaces;
        self.frontier.reconnected();
        Ok(())
    }

    fn lost(&mut self, work: Work, error: Option<Error>) -> Result<()> {
        self.frontier.lost(work).map_err(|GivenUp| {
            let message = "the connection was lost and the server no longer answers; crawl again";
            let ended = Error::new(ErrorKind::Unavailable, "crawl", message);
            self.ended(match error {
                Some(error) => ended.because(error),
                None => ended,
            })
        })
    }

    fn ended(&self, error: Error) -> Error {
        error.with("endpoint", &self.request.endpoint).with("found", self.told)
    }

    fn tell(&mut self, told: Told) {
        let batches = telling::batches(&self.visit, &self.request, told);
        self.ready.extend(batches);
    }

    fn counted(&mut self, batch: CrawlBatch) -> CrawlBatch {
        self.told += batch.nodes.len() as u64;
        CrawlBatch { found: self.told, waiting: self.frontier.count_waiting(), ..batch }
    }

    fn last(&self) -> CrawlBatch {
        let end = if self.frontier.is_full() { CrawlEnd::MaxNodes } else { CrawlEnd::Complete };
        let waiting = self.frontier.count_waiting();
        CrawlBatch { found: self.told, waiting, end: Some(end), ..Default::default() }
    }
}

/// Batches that wait for the reader until nothing more is asked.
const ENOUGH: usize = 16;

/// Whoever gives up early leaves nothing behind at the server.
impl Drop for Walk {
    fn drop(&mut self) {
        let points = self.frontier.take_open();
        if !points.is_empty() && self.is_known_connection() {
            let request = BrowseNextRequest {
                release_continuation_points: true,
                continuation_points: Some(points),
                ..Default::default()
            };
            // The first poll sends it; nobody needs the answer.
            let _ = self.visit.session.within(self.timeout).call(request.into(), None).now_or_never();
        }
    }
}

fn bounds(request: &CrawlRequest) -> Bounds {
    Bounds {
        parallel: request.parallel.unwrap_or(MAX_PARALLEL).clamp(1, MAX_PARALLEL) as usize,
        depth: request.max_depth.unwrap_or(MAX_DEPTH).clamp(1, MAX_DEPTH),
        is_deep: request.max_depth.is_some(),
        nodes: request.max_nodes.unwrap_or(DEFAULT_NODES).clamp(1, MAX_NODES).into(),
        reference_types: request.reference_types.len().max(1),
        paths: request.paths,
    }
}

/// Whether it is the way to the server that failed.
fn is_lost(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::Closed
            | ErrorKind::Indeterminate
            | ErrorKind::Cancelled
    ) && !pace::is_too_large(error.status())
}

impl Questions {
    fn of(visit: &Visit, request: &CrawlRequest) -> Result<Self> {
        let named = request.reference_types.iter().map(|id| visit.node_at(id, "#/referenceTypes"));
        let mut reference_types: Vec<NodeId> = named.collect::<Result<_>>()?;
        if reference_types.is_empty() {
            reference_types.push(ReferenceTypeId::HierarchicalReferences.into());
        }
        Ok(Self { view: visit.view(request.view.as_ref())?, reference_types })
    }

    async fn ask(&self, session: &Attributed, work: &Work) -> Result<Vec<BrowseResult>> {
        let results = match work {
            Work::Browse { nodes, page } => {
                let nodes = nodes.iter().map(|node| self.description(&node.node, node.reference_type)).collect();
                let request = BrowseRequest {
                    view: self.view.clone(),
                    requested_max_references_per_node: *page,
                    nodes_to_browse: Some(nodes),
                    ..Default::default()
                };
                session.service(request).await?.results
            }
            Work::Next(open) => {
                let points = open.iter().map(|open| open.point.clone()).collect();
                let request = BrowseNextRequest { continuation_points: Some(points), ..Default::default() };
                session.service(request).await?.results
            }
        };
        let results = results.unwrap_or_default();
        one_each(work.len(), &results)?;
        Ok(results)
    }

    fn description(&self, node: &NodeId, reference_type: usize) -> BrowseDescription {
        BrowseDescription {
            node_id: node.clone(),
            browse_direction: ua::BrowseDirection::Forward,
            reference_type_id: self.reference_types[reference_type].clone(),
            include_subtypes: true,
            node_class_mask: 0,
            result_mask: BrowseResultMask::All as u32,
        }
    }
}
