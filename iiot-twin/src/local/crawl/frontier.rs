//! What a crawl knows and has still to ask for.

use std::collections::VecDeque;
use std::sync::Arc;

use iiot_core::ua::{BrowseResult, ByteString, NodeId, QualifiedName, ReferenceDescription, StatusCode};

use super::pace::{Pace, is_too_large};
use super::visited::Visited;

/// Decides what is asked next; knows neither session nor time.
///
/// A node is entered once. What was found last is entered first, so that what waits stays small; with a depth it is what
/// was found first, since only so the first way to a node is the shortest.
#[derive(Debug)]
pub(super) struct Frontier {
    bounds: Bounds,
    pace: Pace,
    visited: Visited,
    waiting: VecDeque<Waiting>,
    /// Nodes whose next references the server has at hand.
    open: Vec<Open>,
    /// Nodes that the server had no continuation point for, which are asked for alone.
    alone: VecDeque<Waiting>,
    under_way: usize,
    found: u64,
    /// Requests lost since the last answer.
    lost: usize,
}

/// How far a crawl goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) parallel: usize,
    pub(super) depth: u32,
    /// A depth was asked for.
    pub(super) is_deep: bool,
    pub(super) nodes: u64,
    /// Types of references that are followed.
    pub(super) reference_types: usize,
    pub(super) paths: bool,
}

/// A node to be looked into, along one type of references.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    pub(super) node: NodeId,
    pub(super) reference_type: usize,
    pub(super) level: u32,
    pub(super) trail: Option<Arc<Trail>>,
    attempts: u8,
    idle_pages: u16,
}

/// The way to a node.
#[derive(Debug, PartialEq)]
pub(super) struct Trail {
    pub(super) before: Option<Arc<Self>>,
    pub(super) name: QualifiedName,
}

/// A node that the server has not told all of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    of: Waiting,
    pub(super) point: ByteString,
}

/// A request.
#[derive(Debug, PartialEq)]
pub(super) enum Work {
    Browse { nodes: Vec<Waiting>, page: u32 },
    Next(Vec<Open>),
}

/// What an answer told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    /// Nodes that are new, by where they were found.
    pub(super) found: Vec<(Waiting, Vec<ReferenceDescription>)>,
    pub(super) failed: Vec<(NodeId, StatusCode)>,
}

/// The server, or the way to it, is gone for good.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GivenUp;

/// How often a node is looked into when the answer was lost or the server forgot where it was.
const ATTEMPTS: u8 = 4;
/// A server may need time and say so by empty pages, but not for ever.
const MAX_IDLE_PAGES: u16 = 1_000;
/// Lost requests in a row for each that may be under way.
const PATIENCE: usize = 3;

impl Frontier {
    pub(super) fn new(bounds: Bounds, nodes_per_browse: Option<u32>) -> Self {
        Self {
            bounds,
            pace: Pace::new(nodes_per_browse),
            visited: Visited::default(),
            waiting: VecDeque::new(),
            open: Vec::new(),
            alone: VecDeque::new(),
            under_way: 0,
            found: 0,
            lost: 0,
        }
    }

    /// Begins here too.
    pub(super) fn start(&mut self, node: NodeId) {
        if self.visited.is_new(&node) {
            self.enter(&node, 0, None);
        }
    }

    /// The next request; none while enough are under way, or if there is nothing to ask.
    pub(super) fn next_work(&mut self) -> Option<Work> {
        if self.under_way >= self.bounds.parallel || self.is_full() {
            return None;
        }
        let work = self.choose()?;
        self.under_way += 1;
        Some(work)
    }

    /// The server answered, each operation with a result.
    pub(super) fn answered(&mut self, work: Work, results: Vec<BrowseResult>) -> Told {
        self.under_way -= 1;
        self.lost = 0;
        self.pace.answered();
        let mut told = Told::default();
        let asked: Vec<Waiting> = work.into_nodes();
        for (of, result) in asked.into_iter().zip(results) {
            self.take(of, result, &mut told);
        }
        told
    }

    /// The request failed as a whole.
    pub(super) fn refused(&mut self, work: Work, status: StatusCode) -> Told {
        self.under_way -= 1;
        let count = work.len();
        let smaller = is_too_large(status) && self.pace.refused(count, status);
        let mut told = Told::default();
        match work {
            _ if smaller => work.into_nodes().into_iter().for_each(|node| self.put_back(node)),
            // One of them may have spoilt it.
            Work::Browse { nodes, .. } if count > 1 => self.alone.extend(nodes),
            other => told.failed.extend(other.into_nodes().into_iter().map(|of| (of.node, status))),
        }
        told
    }

    /// The request or its answer was lost, or came over another connection than it was made for.
    pub(super) fn lost(&mut self, work: Work) -> Result<(), GivenUp> {
        self.under_way -= 1;
        self.lost += 1;
        work.into_nodes().into_iter().for_each(|node| self.put_back(node));
        if self.lost > PATIENCE * self.bounds.parallel { Err(GivenUp) } else { Ok(()) }
    }

    /// The connection is another one: the server no longer knows where it was.
    pub(super) fn reconnected(&mut self) {
        std::mem::take(&mut self.open).into_iter().for_each(|open| self.put_back(open.of));
    }

    /// What the server still keeps for us.
    pub(super) fn take_open(&mut self) -> Vec<ByteString> {
        std::mem::take(&mut self.open).into_iter().map(|open| open.point).collect()
    }

    /// As many nodes as were wanted have been found.
    pub(super) fn is_full(&self) -> bool {
        self.found >= self.bounds.nodes
    }

    pub(super) fn count_waiting(&self) -> u64 {
        ((self.waiting.len() + self.alone.len() + self.open.len()) / self.bounds.reference_types.max(1)) as u64
    }

    fn choose(&mut self) -> Option<Work> {
        // What the server has at hand goes first: it keeps few places.
        if !self.open.is_empty() {
            let count = self.open.len().min(self.pace.size());
            return Some(Work::Next(self.open.drain(..count).collect()));
        }
        if !self.waiting.is_empty() {
            let free = self.bounds.parallel - self.under_way;
            let fair = self.waiting.len().div_ceil(free).max(WORTHWHILE);
            let count = self.waiting.len().min(self.pace.size()).min(fair);
            let nodes = (0..count).filter_map(|_| self.take_waiting()).collect();
            return Some(Work::Browse { nodes, page: self.pace.page() });
        }
        let is_quiet = self.under_way == 0;
        let node = if is_quiet { self.alone.pop_front() } else { None };
        node.map(|node| Work::Browse { nodes: vec![node], page: self.pace.page() })
    }

    fn take_waiting(&mut self) -> Option<Waiting> {
        if self.bounds.is_deep { self.waiting.pop_front() } else { self.waiting.pop_back() }
    }

    /// It will be next.
    fn put_back(&mut self, node: Waiting) {
        if self.bounds.is_deep { self.waiting.push_front(node) } else { self.waiting.push_back(node) }
    }

    fn take(&mut self, of: Waiting, result: BrowseResult, told: &mut Told) {
        let BrowseResult { status_code, continuation_point, references } = result;
        if status_code.is_bad() {
            self.take_bad(of, status_code, told);
            return;
        }
        let references = references.unwrap_or_default();
        let idle_pages = if references.is_empty() { of.idle_pages + 1 } else { 0 };
        let new = self.new_ones(&of, references);
        match continuation_point.is_null_or_empty() {
            true => {}
            false if idle_pages > MAX_IDLE_PAGES => told.failed.push((of.node.clone(), StatusCode::BadTimeout)),
            false => self.open.push(Open { of: Waiting { idle_pages, ..of.clone() }, point: continuation_point }),
        }
        if !new.is_empty() {
            told.found.push((of, new));
        }
    }

    fn take_bad(&mut self, of: Waiting, status: StatusCode, told: &mut Told) {
        let again = Waiting { attempts: of.attempts + 1, ..of };
        match status {
            _ if again.attempts >= ATTEMPTS => told.failed.push((again.node, status)),
            StatusCode::BadNoContinuationPoints => self.alone.push_back(again),
            _ if may_go_better(status) => self.put_back(again),
            _ => told.failed.push((again.node, status)),
        }
    }

    /// Those that were not met before; they will be entered.
    fn new_ones(&mut self, of: &Waiting, references: Vec<ReferenceDescription>) -> Vec<ReferenceDescription> {
        let mut new = Vec::new();
        for reference in references {
            if self.is_full() {
                break;
            }
            let is_here = reference.node_id.server_index == 0 && reference.node_id.namespace_uri.is_null();
            if is_here && !self.visited.is_new(&reference.node_id.node_id) {
                continue;
            }
            self.found += 1;
            if is_here && of.level + 1 < self.bounds.depth {
                let trail = self.bounds.paths.then(|| reference.browse_name.clone());
                let trail = trail.map(|name| Arc::new(Trail { before: of.trail.clone(), name }));
                self.enter(&reference.node_id.node_id, of.level + 1, trail);
            }
            new.push(reference);
        }
        new
    }

    fn enter(&mut self, node: &NodeId, level: u32, trail: Option<Arc<Trail>>) {
        for reference_type in 0..self.bounds.reference_types {
            let trail = trail.clone();
            self.waiting.push_back(Waiting {
                node: node.clone(),
                reference_type,
                level,
                trail,
                attempts: 0,
                idle_pages: 0,
            });
        }
    }
}

/// Nodes that are not divided further among the requests under way.
const WORTHWHILE: usize = 16;

/// What is no fault of the node.
fn may_go_better(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadContinuationPointInvalid
            | StatusCode::BadRequestCancelledByClient
            | StatusCode::BadTimeout
            | StatusCode::BadConnectionClosed
            | StatusCode::BadCommunicationError
            | StatusCode::BadSecureChannelClosed
            | StatusCode::BadSessionIdInvalid
            | StatusCode::BadSessionClosed
            | StatusCode::BadServerNotConnected
    )
}

impl Work {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Browse { nodes, .. } => nodes.len(),
            Self::Next(open) => open.len(),
        }
    }

    fn into_nodes(self) -> Vec<Waiting> {
        match self {
            Self::Browse { nodes, .. } => nodes,
            Self::Next(open) => open.into_iter().map(|open| open.of).collect(),
        }
    }
}

#[cfg(test)]
#[path = "frontier_tests.rs"]
mod tests;
