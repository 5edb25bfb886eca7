//! Stored values.

use futures::StreamExt;
use iiot_core::session::{HistoryExt, HistoryPages, HistoryRange, Processing};
use iiot_core::ua::{DataValue, NodeId};
use iiot_core::{Error, ErrorKind, Result};

use super::visit::{Attributed, Visit, at_least_one, at_most};
use crate::Status;
use crate::history::{HistoryDetails, HistoryReadRequest, HistoryReadResponse, HistoryResult, MAX_VALUES};

const MAX_NODES: usize = 100;
const MAX_TIMES: usize = 10_000;
/// Values that one answer may have, of all nodes.
const MAX_VALUES_IN_ALL: usize = 1_000_000;
const DEFAULT_VALUES: u32 = 10_000;
/// Raw values in one answer of a server, so that it fits into a message.
const PAGE: u32 = 5_000;
/// Nodes that are asked for at a time.
const AT_ONCE: usize = 4;

pub(super) async fn history_read(visit: &Visit, request: &HistoryReadRequest) -> Result<HistoryReadResponse> {
    at_most(MAX_NODES, request.nodes.len(), "#/nodes")?;
    at_least_one(request.max_values.unwrap_or(1) as usize, "#/maxValues")?;
    at_most(MAX_VALUES as usize, request.max_values.unwrap_or(0) as usize, "#/maxValues")?;
    at_most(MAX_VALUES_IN_ALL, request.nodes.len() * limit(request) as usize, "#/maxValues")?;
    let wanted = Wanted::of(visit, request)?;
    let read = |node: String| {
        let wanted = &wanted;
        async move { visit.history_of(&node, wanted, request).await }
    };
    let reading: Vec<_> = request.nodes.iter().cloned().map(read).collect();
    let results: Vec<Result<HistoryResult>> = futures::stream::iter(reading).buffered(AT_ONCE).collect().await;
    Ok(HistoryReadResponse { results: results.into_iter().collect::<Result<_>>()? })
}

/// What is wanted of each node, checked.
enum Wanted {
    Raw(HistoryRange),
    Processed(iiot_core::time::UtcTime, iiot_core::time::UtcTime, Processing),
    AtTimes(Vec<iiot_core::time::UtcTime>),
}

impl Wanted {
    fn of(visit: &Visit, request: &HistoryReadRequest) -> Result<Self> {
        Ok(match &request.details {
            HistoryDetails::Raw { start: None, end: None, .. } => {
                let message = "give the start, the end or both";
                return Err(Error::new(ErrorKind::InvalidArgument, "read history", message));
            }
            HistoryDetails::Raw { start, end, bounds } => {
                // Where an end is open, the number is the other end.
                let is_closed = start.is_some() && end.is_some();
                let page = if is_closed { PAGE.min(limit(request) + 1) } else { limit(request) };
                Self::Raw(HistoryRange { start: *start, end: *end, page, bounds: *bounds })
            }
            HistoryDetails::Processed { start, end, aggregate, interval_ms } => {
                let aggregate = visit.node_at(aggregate, "#/details/aggregate")?;
                let processing = Processing { aggregate, interval_ms: (*interval_ms).into(), configuration: None };
                Self::Processed(*start, *end, processing)
            }
            HistoryDetails::AtTimes { times } => {
                at_least_one(times.len(), "#/details/times")?;
                at_most(MAX_TIMES, times.len(), "#/details/times")?;
                Self::AtTimes(times.clone())
            }
        })
    }

    fn pages<'v>(&self, visit: &'v Visit, node: &NodeId) -> Result<HistoryPages<'v, Attributed, DataValue>> {
        match self {
            Self::Raw(range) => visit.session.history_raw(node, *range),
            Self::Processed(start, end, how) => Ok(visit.session.history_processed(node, *start, *end, how.clone())),
            Self::AtTimes(times) => Ok(visit.session.history_at(node, times)),
        }
    }

    /// Whether the server may have stopped because of our number. It should say so by a continuation point, and not all do.
    fn is_cut(&self, last_answer: usize) -> bool {
        matches!(self, Self::Raw(range) if range.page > 0 && last_answer == range.page as usize)
    }
}

fn limit(request: &HistoryReadRequest) -> u32 {
    request.max_values.unwrap_or(DEFAULT_VALUES).clamp(1, MAX_VALUES)
}

impl Visit {
    async fn history_of(&self, node: &str, wanted: &Wanted, request: &HistoryReadRequest) -> Result<HistoryResult> {
        let limit = limit(request) as usize;
        let (values, status, more) = match self.node(node) {
            Err(status) => (Vec::new(), status, false),
            Ok(node) => self.collect(&node, wanted, limit).await,
        };
        Ok(HistoryResult { values: self.render_data(values, request.encoding).await?, status, more })
    }

    /// Values up to the limit; what came before a failure is kept.
    async fn collect(&self, node: &NodeId, wanted: &Wanted, limit: usize) -> (Vec<DataValue>, Status, bool) {
        let (mut values, mut last_answer) = (Vec::new(), 0);
        let mut pages = match wanted.pages(self, node) {
            Ok(pages) => pages,
            Err(error) => return (values, Status::from(&error), false),
        };
        loop {
            match pages.next().await {
                Ok(Some(page)) => {
                    last_answer = page.len();
                    values.extend(page);
                }
                Ok(None) => return (values, Status::good(), wanted.is_cut(last_answer)),
                Err(error) => return (values, Status::from(&error), false),
            }
            if values.len() > limit {
                values.truncate(limit);
                return (values, Status::good(), true);
            }
        }
    }
}
