//! Stored values.

use std::collections::BTreeMap;

use futures::StreamExt;
use iiot_core::operation::POINTER;
use iiot_core::session::{
    BrowseName, Condition, EventField, EventQuery, HistoricalValue, HistoryExt, HistoryPages, HistoryRange, Processing,
};
use iiot_core::time::UtcTime;
use iiot_core::ua::{DataValue, HistoryUpdateType, ModificationInfo, NodeId, Variant};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::Value;

use super::visit::{Attributed, Visit, at_least_one, at_most};
use crate::history::{
    HistoryDetails, HistoryReadRequest, HistoryReadResponse, HistoryResult, MAX_VALUES, Modification, ModificationKind,
};
use crate::{Status, ValueEncoding};

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
    Processed(UtcTime, UtcTime, Processing),
    AtTimes(Vec<UtcTime>),
    Modified(HistoryRange),
    Events(HistoryRange, EventQuery, Vec<String>),
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
            HistoryDetails::Modified { start, end } => Self::Modified(between(*start, *end, request)),
            HistoryDetails::Events { start, end, fields, event_type } => {
                let names = if fields.is_empty() { BASE_FIELDS.map(str::to_owned).to_vec() } else { fields.clone() };
                Self::Events(between(*start, *end, request), query(visit, &names, event_type.as_deref())?, names)
            }
        })
    }

    /// Whether the server may have stopped because of our number. It should say so by a continuation point, and not all do.
    fn is_cut(&self, last_answer: usize) -> bool {
        let (Self::Raw(range) | Self::Modified(range) | Self::Events(range, ..)) = self else { return false };
        range.page > 0 && last_answer == range.page as usize
    }
}

fn between(start: UtcTime, end: UtcTime, request: &HistoryReadRequest) -> HistoryRange {
    HistoryRange::between(start, end).in_pages_of(PAGE.min(limit(request) + 1))
}

fn limit(request: &HistoryReadRequest) -> u32 {
    request.max_values.unwrap_or(DEFAULT_VALUES).clamp(1, MAX_VALUES)
}

impl Visit {
    async fn history_of(&self, node: &str, wanted: &Wanted, request: &HistoryReadRequest) -> Result<HistoryResult> {
        let limit = limit(request) as usize;
        let node = match self.node(node) {
            Ok(node) => node,
            Err(status) => return Ok(HistoryResult { status, ..Default::default() }),
        };
        match wanted {
            Wanted::Modified(range) => {
                let read = gather(self.session.history_modified(&node, *range), wanted, limit).await;
                let modifications = read.items.iter().map(|item| item.modification.as_ref().map(told)).collect();
                let values = read.items.into_iter().map(|item| item.value).collect();
                let values = self.render_data(values, request.encoding).await?;
                Ok(HistoryResult { status: read.status, values, modifications, more: read.more, ..Default::default() })
            }
            Wanted::Events(range, query, names) => {
                let read = gather(self.session.history_events(&node, *range, query), wanted, limit).await;
                let events = self.render_events(read.items, names, request.encoding).await?;
                Ok(HistoryResult { status: read.status, events, more: read.more, ..Default::default() })
            }
            _ => {
                let read = gather(self.values(&node, wanted), wanted, limit).await;
                let values = self.render_data(read.items, request.encoding).await?;
                Ok(HistoryResult { status: read.status, values, more: read.more, ..Default::default() })
            }
        }
    }

    fn values(&self, node: &NodeId, wanted: &Wanted) -> Result<HistoryPages<'_, Attributed, DataValue>> {
        match wanted {
            Wanted::Raw(range) | Wanted::Modified(range) | Wanted::Events(range, ..) => {
                self.session.history_raw(node, *range)
            }
            Wanted::Processed(start, end, how) => Ok(self.session.history_processed(node, *start, *end, how.clone())),
            Wanted::AtTimes(times) => Ok(self.session.history_at(node, times)),
        }
    }

    async fn render_events(
        &self,
        events: Vec<Vec<Variant>>,
        names: &[String],
        encoding: ValueEncoding,
    ) -> Result<Vec<BTreeMap<String, Value>>> {
        let fields: Vec<Variant> = events.iter().flatten().cloned().collect();
        // A value that cannot be written is null.
        let mut written = self.render(&fields, encoding).await?.into_iter().map(|field| field.unwrap_or(Value::Null));
        let event = |event: &Vec<Variant>| {
            let values: Vec<Value> = written.by_ref().take(event.len()).collect();
            names.iter().cloned().zip(values).collect()
        };
        Ok(events.iter().map(event).collect())
    }
}

/// What was read of a node.
struct Gathered<T> {
    items: Vec<T>,
    status: Status,
    more: bool,
}

/// Reads up to the limit; what came before a failure is kept.
async fn gather<T: HistoricalValue>(
    pages: Result<HistoryPages<'_, Attributed, T>>,
    wanted: &Wanted,
    limit: usize,
) -> Gathered<T> {
    let (mut items, mut last_answer) = (Vec::new(), 0);
    let mut pages = match pages {
        Ok(pages) => pages,
        Err(error) => return Gathered { items, status: Status::from(&error), more: false },
    };
    loop {
        match pages.next().await {
            Ok(Some(page)) => {
                last_answer = page.len();
                items.extend(page);
            }
            Ok(None) => return Gathered { items, status: Status::good(), more: wanted.is_cut(last_answer) },
            Err(error) => {
                let more = !items.is_empty();
                return Gathered { items, status: Status::from(&error), more };
            }
        }
        if items.len() > limit {
            items.truncate(limit);
            return Gathered { items, status: Status::good(), more: true };
        }
    }
}

fn told(info: &ModificationInfo) -> Modification {
    let kind = match info.update_type {
        HistoryUpdateType::Insert => ModificationKind::Insert,
        HistoryUpdateType::Replace => ModificationKind::Replace,
        HistoryUpdateType::Update => ModificationKind::Update,
        HistoryUpdateType::Delete => ModificationKind::Delete,
    };
    let time = UtcTime::from_wire(info.modification_time.ticks());
    Modification { kind, time, user: info.user_name.as_ref().to_owned() }
}

const MAX_FIELDS: usize = 100;
/// Fields of every event (OPC 10000-5 §6.4.2).
const BASE_FIELDS: [&str; 8] =
    ["EventId", "EventType", "SourceNode", "SourceName", "Time", "ReceiveTime", "Message", "Severity"];

/// Fields of events by their names.
pub(super) fn query(visit: &Visit, names: &[String], event_type: Option<&str>) -> Result<EventQuery> {
    at_most(MAX_FIELDS, names.len(), "#/details/fields")?;
    let fields: Vec<EventField> = names.iter().map(|name| field(visit, name)).collect::<Result<_>>()?;
    let query = EventQuery::new(fields);
    Ok(match event_type {
        Some(event_type) => query.matching(Condition::of_type(visit.node_at(event_type, "#/details/eventType")?)),
        None => query,
    })
}

fn field(visit: &Visit, path: &str) -> Result<EventField> {
    let invalid = |status: Status| {
        let message = format!("{path} is no field: {}", status.reason.unwrap_or(status.symbol));
        Error::new(ErrorKind::InvalidArgument, "read history", message).with(POINTER, "#/details/fields")
    };
    names(path).into_iter().try_fold(EventField::default(), |field, name| {
        visit.name(name).map(|name| field.then(BrowseName::Indexed(name))).map_err(invalid)
    })
}

/// The names of a path; URIs may have slashes.
fn names(path: &str) -> Vec<&str> {
    let uri = if path.starts_with("nsu=") { path.find(';').unwrap_or(0) } else { 0 };
    match path[uri..].find('/') {
        Some(at) => [vec![&path[..uri + at]], names(&path[uri + at + 1..])].concat(),
        None => vec![path],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_path_may_have_uris() {
        assert_eq!(names("Severity"), ["Severity"]);
        assert_eq!(names("ActiveState/Id"), ["ActiveState", "Id"]);
        assert_eq!(names("nsu=http://a/b;State/nsu=c/d;Id"), ["nsu=http://a/b;State", "nsu=c/d;Id"]);
    }
}
