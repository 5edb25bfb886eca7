//! Changing history.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use iiot_core::Result;
use iiot_core::session::HistoryExt;
use iiot_core::ua::{ByteString, DataValue, NodeId, PerformUpdateType, StatusCode, Variant};
use serde_json::Value;

use super::batch::{Places, sendable};
use super::event_filter::literal;
use super::history::query;
use super::visit::{Visit, at_most};
use super::write::LookUp;
use crate::history_update::{
    Change, HistoryChange, HistoryUpdateRequest, HistoryUpdateResponse, HistoryUpdateResult, StoredEvents, StoredValue,
};
use crate::write::WriteItem;
use crate::{MAX_ITEMS, Status};

const MAX_CHANGES: usize = 100;
/// Of one change, so that a request of them fits into what the faces take.
const MAX_VALUES: usize = 1_000;

pub(super) async fn history_update(visit: &Visit, request: &HistoryUpdateRequest) -> Result<HistoryUpdateResponse> {
    at_most(MAX_CHANGES, request.changes.len(), "#/changes")?;
    request.changes.iter().try_for_each(|change| at_most(MAX_VALUES, count(&change.change), "#/changes"))?;
    at_most(MAX_ITEMS, request.changes.iter().map(|change| count(&change.change)).sum(), "#/changes")?;
    let mut results = Vec::with_capacity(request.changes.len());
    // One after the other: a later one may build on an earlier one.
    for change in &request.changes {
        results.push(visit.change(change).await?);
    }
    Ok(HistoryUpdateResponse { results })
}

fn count(change: &Change) -> usize {
    match change {
        Change::Insert { values } | Change::Replace { values } | Change::Update { values } => values.len(),
        Change::DeleteRange { .. } => 0,
        Change::DeleteAtTimes { times } => times.len(),
        Change::InsertEvents(events) | Change::ReplaceEvents(events) | Change::UpdateEvents(events) => {
            events.events.len()
        }
        Change::DeleteEvents { event_ids } => event_ids.len(),
    }
}

impl Visit {
    async fn change(&self, change: &HistoryChange) -> Result<HistoryUpdateResult> {
        let node = match self.node(&change.node) {
            Ok(node) => node,
            Err(status) => return Ok(HistoryUpdateResult { status, items: Vec::new() }),
        };
        match &change.change {
            Change::Insert { values } => self.put(change, &node, PerformUpdateType::Insert, values).await,
            Change::Replace { values } => self.put(change, &node, PerformUpdateType::Replace, values).await,
            Change::Update { values } => self.put(change, &node, PerformUpdateType::Update, values).await,
            Change::DeleteRange { start, end, modified } => {
                let deleted = self.session.history_delete(&node, *start, *end, *modified).await;
                Ok(result(deleted.map(|()| Vec::new())))
            }
            Change::DeleteAtTimes { times } if times.is_empty() => Ok(HistoryUpdateResult::default()),
            Change::DeleteAtTimes { times } => {
                let deleted = self.session.history_delete_at(&node, times).await;
                Ok(result(deleted.map(|statuses| statuses.into_iter().map(Status::from).collect())))
            }
            Change::InsertEvents(events) => self.put_events(&node, PerformUpdateType::Insert, events).await,
            Change::ReplaceEvents(events) => self.put_events(&node, PerformUpdateType::Replace, events).await,
            Change::UpdateEvents(events) => self.put_events(&node, PerformUpdateType::Update, events).await,
            Change::DeleteEvents { event_ids } => self.delete_events(&node, event_ids).await,
        }
    }

    async fn put(
        &self,
        change: &HistoryChange,
        node: &NodeId,
        how: PerformUpdateType,
        values: &[StoredValue],
    ) -> Result<HistoryUpdateResult> {
        let items: Vec<WriteItem> = values.iter().map(|value| item(change, value)).collect();
        let lookup = LookUp::of(self, &items).await?;
        let data = |item: &WriteItem| lookup.write_value(self, item).map(|written| written.value);
        let (values, places) = sendable(items.iter().map(data).collect::<Vec<Result<DataValue, Status>>>());
        let put = match values.is_empty() {
            true => Ok(Vec::new()),
            false => self.session.history_update_values(node, how, values).await,
        };
        told(put, places)
    }

    async fn put_events(
        &self,
        node: &NodeId,
        how: PerformUpdateType,
        given: &StoredEvents,
    ) -> Result<HistoryUpdateResult> {
        let query = match query(self, &given.fields, None) {
            Ok(query) => query,
            Err(error) => return Ok(result(Err(error))),
        };
        let (events, places) = sendable(given.events.iter().map(|event| values(&given.fields, event)).collect());
        let put = match events.is_empty() {
            true => Ok(Vec::new()),
            false => self.session.history_update_events(node, how, &query, events).await,
        };
        told(put, places)
    }

    async fn delete_events(&self, node: &NodeId, ids: &[String]) -> Result<HistoryUpdateResult> {
        let id = |text: &String| {
            let bytes = STANDARD.decode(text);
            let invalid = |_| Status::because(StatusCode::BadEventIdUnknown, "the EventId is no base64");
            bytes.map(ByteString::from).map_err(invalid)
        };
        let (ids, places) = sendable(ids.iter().map(id).collect());
        let deleted = match ids.is_empty() {
            true => Ok(Vec::new()),
            false => self.session.history_delete_events(node, ids).await,
        };
        told(deleted, places)
    }
}

/// What the server said to those that were sent, among those that were not.
fn told(said: Result<Vec<StatusCode>>, places: Places) -> Result<HistoryUpdateResult> {
    let items = match said {
        Ok(statuses) => places.fill(statuses)?,
        Err(error) => return Ok(result(Err(error))),
    };
    Ok(result(Ok(items.into_iter().map(|status| status.map_or_else(|bad| bad, Status::from)).collect())))
}

/// The values of an event, one for each field.
fn values(fields: &[String], event: &[Value]) -> Result<Vec<Variant>, Status> {
    if event.len() != fields.len() {
        let message = format!("the event has {} values, and there are {} fields", event.len(), fields.len());
        return Err(Status::because(StatusCode::BadInvalidArgument, message));
    }
    let unfit = |error: iiot_core::Error| Status::because(StatusCode::BadTypeMismatch, error.report());
    event.iter().map(|value| literal(value).map_err(unfit)).collect()
}

fn item(change: &HistoryChange, value: &StoredValue) -> WriteItem {
    WriteItem {
        node: change.node.clone(),
        value: value.value.clone(),
        status: value.status,
        source_timestamp: Some(value.source_timestamp),
        ..Default::default()
    }
}

/// The status of a change is that of the first item that is bad. What failed as a whole is told like that and stops no other.
fn result(items: Result<Vec<Status>>) -> HistoryUpdateResult {
    match items {
        Ok(items) => {
            let status = items.iter().find(|status| status.is_bad()).cloned().unwrap_or_default();
            HistoryUpdateResult { status, items }
        }
        Err(error) => HistoryUpdateResult { status: Status::from(&error), items: Vec::new() },
    }
}
