//! Requests with many operations, in pieces that the server takes.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::session::{Shared, changes_something};
use crate::error::{Error, ErrorKind, Result};
use crate::ua::batching::{Refusal, is_refused_unread, is_too_large};
use crate::ua::{
    BrowsePathResult, BrowseResult, CallMethodResult, DataValue, HistoryReadResult, HistoryUpdateResult,
    MonitoredItemCreateResult, MonitoredItemModifyResult, Request, Response, StatusCode,
};

/// Ties the operations of a request to the results of its response, and says what the result of an
/// operation is that was refused with a status.
macro_rules! batches {
    ($($service:ident: $operations:ident -> $results:ident, $refused:expr;)*) => {
        /// How many operations a request has, if it can be sent in pieces.
        pub(super) fn operations(request: &Request) -> Option<usize> {
            match request {
                $(Request::$service(request) => request.$operations.as_ref().map(Vec::len),)*
                Request::UnregisterNodes(request) => request.nodes_to_unregister.as_ref().map(Vec::len),
                _ => None,
            }
        }

        /// The same request with some of its operations.
        fn piece(whole: &mut Request, range: Range<usize>) -> Request {
            match whole {
                $(Request::$service(whole) => {
                    let operations = whole.$operations.take().unwrap_or_default();
                    let mut piece = whole.clone();
                    piece.$operations = Some(operations[range].to_vec());
                    whole.$operations = Some(operations);
                    Request::$service(piece)
                })*
                Request::UnregisterNodes(whole) => {
                    let mut piece = whole.clone();
                    piece.nodes_to_unregister = whole.nodes_to_unregister.as_ref().map(|nodes| nodes[range].to_vec());
                    Request::UnregisterNodes(piece)
                }
                other => other.clone(),
            }
        }

        /// A response without results yet.
        fn empty(request: &Request) -> Option<Response> {
            match request {
                $(Request::$service(_) => Some(Response::$service(Default::default())),)*
                Request::UnregisterNodes(_) => Some(Response::UnregisterNodes(Default::default())),
                _ => None,
            }
        }

        /// Adds the results of a piece. False unless it has one for each of its operations.
        fn append(joined: &mut Response, piece: Response, count: usize) -> bool {
            match (joined, piece) {
                $((Response::$service(joined), Response::$service(piece)) => {
                    let results = piece.$results.unwrap_or_default();
                    let fits = results.len() == count;
                    if fits {
                        joined.response_header = piece.response_header;
                        joined.$results.get_or_insert_default().extend(results);
                    }
                    fits
                })*
                (Response::UnregisterNodes(joined), Response::UnregisterNodes(piece)) => {
                    **joined = *piece;
                    true
                }
                _ => false,
            }
        }

        /// Adds a status as the result of some operations.
        fn append_refused(joined: &mut Response, request: &Request, range: Range<usize>, status: StatusCode) {
            match (joined, request) {
                $((Response::$service(joined), Request::$service(request)) => {
                    let refused = request.$operations.iter().flatten().skip(range.start).take(range.len());
                    joined.$results.get_or_insert_default().extend(refused.map(|operation| $refused(operation, status)));
                })*
                _ => {}
            }
        }
    };
}

batches! {
    Read: nodes_to_read -> results, |_, status| DataValue { status: Some(status), ..Default::default() };
    Write: nodes_to_write -> results, |_, status| status;
    Browse: nodes_to_browse -> results, |_, status_code| BrowseResult { status_code, ..Default::default() };
    BrowseNext: continuation_points -> results,
        |_, status_code| BrowseResult { status_code, ..Default::default() };
    TranslateBrowsePathsToNodeIds: browse_paths -> results,
        |_, status_code| BrowsePathResult { status_code, ..Default::default() };
    Call: methods_to_call -> results, |_, status_code| CallMethodResult { status_code, ..Default::default() };
    // A node that is not registered goes by the name it has.
    RegisterNodes: nodes_to_register -> registered_node_ids, |node: &crate::ua::NodeId, _| node.clone();
    HistoryRead: nodes_to_read -> results,
        |_, status_code| HistoryReadResult { status_code, ..Default::default() };
    HistoryUpdate: history_update_details -> results,
        |_, status_code| HistoryUpdateResult { status_code, ..Default::default() };
    CreateMonitoredItems: items_to_create -> results,
        |_, status_code| MonitoredItemCreateResult { status_code, ..Default::default() };
    ModifyMonitoredItems: items_to_modify -> results,
        |_, status_code| MonitoredItemModifyResult { status_code, ..Default::default() };
    SetMonitoringMode: monitored_item_ids -> results, |_, status| status;
    DeleteMonitoredItems: monitored_item_ids -> results, |_, status| status;
}

/// Whether sending an operation twice is as good as once.
fn may_repeat(request: &Request) -> bool {
    match request {
        Request::Read(_)
        | Request::Browse(_)
        | Request::TranslateBrowsePathsToNodeIds(_)
        | Request::RegisterNodes(_)
        | Request::UnregisterNodes(_)
        | Request::ModifyMonitoredItems(_)
        | Request::SetMonitoringMode(_)
        | Request::DeleteMonitoredItems(_) => true,
        Request::HistoryRead(request) => {
            !request.release_continuation_points
                && request.nodes_to_read.iter().flatten().all(|node| node.continuation_point.is_null_or_empty())
        }
        _ => false,
    }
}

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// Each request by itself.
    EachRequest(Duration),
    /// The whole call.
    Until(Instant),
}

impl Patience {
    fn deadline(self, now: Instant) -> Instant {
        match self {
            Self::EachRequest(timeout) => now + timeout,
            Self::Until(deadline) => deadline,
        }
    }
}

/// A response that is being put together.
struct Joined {
    response: Response,
    operations: usize,
    /// Why the first piece without an answer has none, and whether some piece has one.
    error: Option<Error>,
    any_answer: bool,
}

/// Calls a service, in as many requests as the server's limits ask for.
pub(super) async fn call(shared: &Shared, mut request: Request, patience: Patience) -> Result<Response> {
    match (operations(&request), empty(&request)) {
        (Some(count @ 2..), Some(response)) => {
            let joined = Joined { response, operations: 0, error: None, any_answer: false };
            in_pieces(shared, request, count, joined, patience).await
        }
        _ => {
            let deadline = patience.deadline(shared.clock.now());
            shared.linked(request.service(), deadline).await?.call(shared, &mut request, deadline).await
        }
    }
}

async fn in_pieces(
    shared: &Shared,
    mut request: Request,
    count: usize,
    mut joined: Joined,
    patience: Patience,
) -> Result<Response> {
    let service = request.service();
    let mut batching = shared.learned.lock().batching(&request);
    while joined.operations < count {
        let range = joined.operations..count.min(joined.operations + batching.size());
        let deadline = patience.deadline(shared.clock.now());
        let link = match shared.linked(service, deadline).await {
            Ok(link) => link,
            Err(error) => return joined.cut_short(&request, count, error),
        };
        let answer = if range.len() == count {
            link.call(shared, &mut request, deadline).await
        } else {
            link.call(shared, &mut piece(&mut request, range.clone()), deadline).await
        };
        match answer.and_then(|response| joined.take(response, range.len())) {
            Ok(()) => batching.answered(range.len()),
            Err(error) => {
                // A connection that breaks may break again, so only what was too large is worth that.
                let hopeless = link.channel.has_ended() && !is_too_large(error.status());
                let smaller = !hopeless && batching.refused(range.len(), error.status()) == Refusal::Smaller;
                if !(smaller && (may_repeat(&request) || is_refused_unread(error.status()))) {
                    let ends = ends_call(&request, &error);
                    joined.refuse(&request, range, error);
                    if ends {
                        return joined.cut_short(&request, count, cancelled(service));
                    }
                }
            }
        }
        shared.learned.lock().found(service, &batching);
    }
    joined.finish()
}

impl Joined {
    fn take(&mut self, response: Response, count: usize) -> Result<()> {
        let service = response.service();
        if !append(&mut self.response, response, count) {
            let message = format!("the server did not answer with {count} results to {count} operations");
            return Err(Error::new(ErrorKind::Protocol, service, message).with_status(StatusCode::BadUnknownResponse));
        }
        self.operations += count;
        self.any_answer = true;
        Ok(())
    }

    fn refuse(&mut self, request: &Request, range: Range<usize>, error: Error) {
        self.operations = range.end;
        append_refused(&mut self.response, request, range, error.status());
        self.error.get_or_insert(error);
    }

    /// Nothing more is sent.
    fn cut_short(mut self, request: &Request, count: usize, error: Error) -> Result<Response> {
        append_refused(&mut self.response, request, self.operations..count, StatusCode::BadRequestCancelledByClient);
        self.error.get_or_insert(error);
        self.finish()
    }

    fn finish(self) -> Result<Response> {
        match self.error {
            Some(error) if !self.any_answer => Err(error),
            _ => Ok(self.response),
        }
    }
}

/// Whether the rest of a call had better not be sent: nobody answers, or what was sent so far may
/// or may not have taken place.
fn ends_call(request: &Request, error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Timeout | ErrorKind::Closed | ErrorKind::Indeterminate => true,
        ErrorKind::Unavailable => changes_something(request),
        _ => false,
    }
}

fn cancelled(service: &'static str) -> Error {
    Error::new(ErrorKind::Cancelled, service, "an earlier part of the call had no answer")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ua::{ReadRequest, ReadResponse, ReadValueId, WriteRequest};

    fn read(count: usize) -> Request {
        let node = |attribute_id| ReadValueId { attribute_id: attribute_id as u32, ..Default::default() };
        ReadRequest { nodes_to_read: Some((0..count).map(node).collect()), max_age: 7.0, ..Default::default() }.into()
    }

    fn answer(values: Range<u32>) -> Response {
        let results = Some(values.map(DataValue::new_now).collect());
        ReadResponse { results, ..Default::default() }.into()
    }

    #[test]
    fn a_piece_keeps_everything_but_the_other_operations() {
        let mut whole = read(5);
        let Request::Read(piece) = piece(&mut whole, 2..4) else { panic!("another service") };
        assert_eq!(piece.max_age, 7.0);
        let attributes: Vec<u32> = piece.nodes_to_read.iter().flatten().map(|node| node.attribute_id).collect();
        assert_eq!(attributes, [2, 3]);
        assert_eq!(operations(&whole), Some(5));
    }

    #[test]
    fn results_are_joined_in_order_with_the_status_of_what_was_refused() {
        let request = read(5);
        let response = empty(&request).expect("can be split");
        let mut joined = Joined { response, operations: 0, error: None, any_answer: false };
        assert!(joined.take(answer(0..2), 2).is_ok());
        assert!(joined.take(answer(2..4), 1).is_err(), "two results to one operation");
        joined.refuse(&request, 2..3, Error::from_status("Read", StatusCode::BadNodeIdUnknown));
        assert!(joined.take(answer(3..4), 1).is_ok());
        let cut = joined.cut_short(&request, 5, cancelled("Read")).expect("something was answered");
        let Response::Read(response) = cut else { panic!("another service") };
        let statuses: Vec<_> = response.results.iter().flatten().map(|value| value.status).collect();
        let good = Some(StatusCode::Good);
        let (unknown, unsent) = (StatusCode::BadNodeIdUnknown, StatusCode::BadRequestCancelledByClient);
        assert_eq!(statuses, [good, good, Some(unknown), good, Some(unsent)]);
    }

    #[test]
    fn only_what_changes_nothing_is_sent_again() {
        assert!(may_repeat(&read(1)));
        assert!(!may_repeat(&WriteRequest::default().into()));
    }
}
