//! Changing history: one request, one result per entry.

use crate::error::{Error, ErrorKind, Result};
use crate::session::{EventQuery, Session, SessionExt};
use crate::time::UtcTime;
use crate::ua::{
    ByteString, DataValue, DeleteAtTimeDetails, DeleteEventDetails, DeleteRawModifiedDetails, ExtensionObject,
    HistoryEventFieldList, HistoryUpdateRequest, HistoryUpdateResult, NodeId, PerformUpdateType, StatusCode,
    UpdateDataDetails, UpdateEventDetails, UpdateStructureDataDetails, Variant,
};

pub(super) async fn send<S: Session + ?Sized>(
    session: &S,
    details: Vec<ExtensionObject>,
) -> Result<Vec<HistoryUpdateResult>> {
    let asked = details.len();
    let request = HistoryUpdateRequest { history_update_details: Some(details), ..Default::default() };
    one_each(asked, session.service(request).await?.results.unwrap_or_default())
}

pub(super) async fn values<S: Session + ?Sized>(
    session: &S,
    node: &NodeId,
    how: PerformUpdateType,
    values: Vec<DataValue>,
) -> Result<Vec<StatusCode>> {
    let asked = values.len();
    let details = UpdateDataDetails { node_id: node.clone(), perform_insert_replace: how, update_values: Some(values) };
    each(session, node, ExtensionObject::from_message(details), asked).await
}

pub(super) async fn structures<S: Session + ?Sized>(
    session: &S,
    node: &NodeId,
    how: PerformUpdateType,
    values: Vec<DataValue>,
) -> Result<Vec<StatusCode>> {
    let asked = values.len();
    let details =
        UpdateStructureDataDetails { node_id: node.clone(), perform_insert_replace: how, update_values: Some(values) };
    each(session, node, ExtensionObject::from_message(details), asked).await
}

pub(super) async fn events<S: Session + ?Sized>(
    session: &S,
    notifier: &NodeId,
    how: PerformUpdateType,
    query: &EventQuery,
    events: Vec<Vec<Variant>>,
) -> Result<Vec<StatusCode>> {
    if let Some(wrong) = events.iter().find(|event| event.len() != query.fields.len()) {
        let message = format!("an event has {} fields, the query {}", wrong.len(), query.fields.len());
        return Err(Error::new(ErrorKind::InvalidArgument, "HistoryUpdate", message));
    }
    let asked = events.len();
    let events = events.into_iter().map(|fields| HistoryEventFieldList { event_fields: Some(fields) });
    let details = UpdateEventDetails {
        node_id: notifier.clone(),
        perform_insert_replace: how,
        filter: super::resolved(query, &session.namespaces())?,
        event_data: Some(events.collect()),
    };
    each(session, notifier, ExtensionObject::from_message(details), asked).await
}

pub(super) async fn delete<S: Session + ?Sized>(
    session: &S,
    node: &NodeId,
    start: UtcTime,
    end: UtcTime,
    is_delete_modified: bool,
) -> Result<()> {
    let details = DeleteRawModifiedDetails {
        node_id: node.clone(),
        is_delete_modified,
        start_time: start.into(),
        end_time: end.into(),
    };
    each(session, node, ExtensionObject::from_message(details), 0).await.map(drop)
}

pub(super) async fn delete_at<S: Session + ?Sized>(
    session: &S,
    node: &NodeId,
    times: &[UtcTime],
) -> Result<Vec<StatusCode>> {
    let req_times = Some(times.iter().map(|time| (*time).into()).collect());
    let details = DeleteAtTimeDetails { node_id: node.clone(), req_times };
    each(session, node, ExtensionObject::from_message(details), times.len()).await
}

pub(super) async fn delete_events<S: Session + ?Sized>(
    session: &S,
    notifier: &NodeId,
    ids: Vec<ByteString>,
) -> Result<Vec<StatusCode>> {
    let asked = ids.len();
    let details = DeleteEventDetails { node_id: notifier.clone(), event_ids: Some(ids) };
    each(session, notifier, ExtensionObject::from_message(details), asked).await
}

/// Sends one entry and returns the status of each of its `asked` operations.
async fn each<S: Session + ?Sized>(
    session: &S,
    node: &NodeId,
    details: ExtensionObject,
    asked: usize,
) -> Result<Vec<StatusCode>> {
    let result = send(session, vec![details]).await?.remove(0);
    let statuses = result.operation_results.unwrap_or_default();
    match statuses.len() {
        // The entry may be bad because one of its operations is.
        count if count == asked && asked > 0 => Ok(statuses),
        _ if result.status_code.is_bad() => {
            Err(Error::from_status("HistoryUpdate", result.status_code).with("node", node))
        }
        // Good as a whole: some servers leave out what they would repeat.
        0 => Ok(vec![result.status_code; asked]),
        _ => one_each(asked, statuses),
    }
}

fn one_each<T>(asked: usize, results: Vec<T>) -> Result<Vec<T>> {
    if results.len() == asked {
        return Ok(results);
    }
    let message = format!("the server answered {} results to {asked} operations", results.len());
    Err(Error::new(ErrorKind::Protocol, "HistoryUpdate", message))
}
