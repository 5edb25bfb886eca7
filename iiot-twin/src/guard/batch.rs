//! Requests of several items that change something, seen alike.

use std::borrow::Cow;

use iiot_core::operation::Principal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::nodes::is_standard;
use super::policy::{EndpointGuard, denied};
use crate::Status;
use crate::call::{CallRequest, CallResponse, CallResult, MethodCall};
use crate::condition::{
    ConditionEvent, ConditionEventsRequest, ConditionResponse, ConditionResult, ConditionsRequest, DialogResponse,
    RespondRequest, ShelveRequest, ShelvedAlarm,
};
use crate::files::{FileChange, FileChangeRequest, FileChangeResponse, FileChangeResult};
use crate::history_update::{HistoryChange, HistoryUpdateRequest, HistoryUpdateResponse, HistoryUpdateResult};
use crate::read::{ReadItem, ReadRequest};
use crate::write::{WriteItem, WriteRequest, WriteResponse, WriteResult};

/// A request of several items, each of which is decided on, and has a result, of its own.
pub(super) trait Batch: DeserializeOwned + Send + Sync + 'static {
    /// One of them.
    type Item: Serialize + Send + Sync;
    /// How it went.
    type Result: Serialize + Send + Sync;
    /// All results, in order.
    type Response: Serialize + Send + Sync;

    fn endpoint(&self) -> &str;
    fn items(&mut self) -> &mut Vec<Self::Item>;
    fn results(response: Self::Response) -> Vec<Self::Result>;
    fn response(results: Vec<Self::Result>) -> Self::Response;
    fn refused(status: Status) -> Self::Result;

    /// Whether the policy allows it.
    fn may(item: &Self::Item, guard: &EndpointGuard, principal: &Principal) -> Result<(), Status>;

    /// The nodes by which it is decided.
    fn nodes(_: &mut Self::Item) -> Vec<&mut String> {
        Vec::new()
    }

    /// What to read before it is changed.
    fn before(&self) -> Option<ReadRequest> {
        None
    }

    /// Has what was changed read back for the record; returns whether the caller asked for it himself.
    fn read_back(&mut self) -> bool {
        true
    }

    /// Takes out what only the record was to have.
    fn without_read_back(_: &mut Self::Result) {}

    /// The item as it is recorded.
    fn record(item: &Self::Item) -> Value {
        json!(item)
    }
}

/// What all batches have in common.
macro_rules! batch {
    ($Request:ty: $items:ident, $Item:ty => $Response:ident, $Result:ident; $($more:item)*) => {
        impl Batch for $Request {
            type Item = $Item;
            type Result = $Result;
            type Response = $Response;

            fn endpoint(&self) -> &str {
                &self.endpoint
            }

            fn items(&mut self) -> &mut Vec<$Item> {
                &mut self.$items
            }

            fn results(response: $Response) -> Vec<$Result> {
                response.results
            }

            fn response(results: Vec<$Result>) -> $Response {
                $Response { results }
            }

            fn refused(status: Status) -> $Result {
                $Result { status, ..Default::default() }
            }

            $($more)*
        }
    };
}

batch! { WriteRequest: nodes, WriteItem => WriteResponse, WriteResult;
    fn may(item: &WriteItem, guard: &EndpointGuard, principal: &Principal) -> Result<(), Status> {
        guard.may_write(item, principal)
    }

    fn nodes(item: &mut WriteItem) -> Vec<&mut String> {
        vec![&mut item.node]
    }

    fn before(&self) -> Option<ReadRequest> {
        let item = |WriteItem { node, attribute, index_range, .. }: &WriteItem| {
            ReadItem { node: node.clone(), attribute: *attribute, index_range: index_range.clone() }
        };
        Some(ReadRequest {
            endpoint: self.endpoint.clone(),
            header: self.header.clone(),
            encoding: self.encoding,
            nodes: self.nodes.iter().map(item).collect(),
            ..Default::default()
        })
    }

    fn read_back(&mut self) -> bool {
        std::mem::replace(&mut self.read_back, true)
    }

    fn without_read_back(result: &mut WriteResult) {
        result.read_back = None;
    }
}

batch! { CallRequest: calls, MethodCall => CallResponse, CallResult;
    fn may(call: &MethodCall, guard: &EndpointGuard, principal: &Principal) -> Result<(), Status> {
        guard.may_call(call, principal)
    }

    fn nodes(call: &mut MethodCall) -> Vec<&mut String> {
        vec![&mut call.object, &mut call.method]
    }

    /// Methods of OPC UA itself take passwords (OPC 10000-18 §5.2): what they are given is left out.
    fn record(call: &MethodCall) -> Value {
        let mut call = Cow::Borrowed(call);
        if is_standard(&call.method) {
            call.to_mut().inputs = Default::default();
        }
        json!(call)
    }
}

fn if_allowed(allowed: bool, what: &str) -> Result<(), Status> {
    if allowed { Ok(()) } else { Err(denied(what)) }
}

/// Conditions, history and files: all or none of them.
macro_rules! batches_by_kind {
    ($($Request:ty: $items:ident, $Item:ty => $Response:ident, $Result:ident, $kind:ident, $what:literal;)*) => { $(
        batch! { $Request: $items, $Item => $Response, $Result;
            fn may(_: &$Item, guard: &EndpointGuard, _: &Principal) -> Result<(), Status> {
                if_allowed(guard.$kind, $what)
            }
        }
    )* };
}

batches_by_kind! {
    ConditionEventsRequest: events, ConditionEvent => ConditionResponse, ConditionResult, conditions, "what concerns conditions";
    ConditionsRequest: conditions, String => ConditionResponse, ConditionResult, conditions, "what concerns conditions";
    ShelveRequest: alarms, ShelvedAlarm => ConditionResponse, ConditionResult, conditions, "what concerns conditions";
    RespondRequest: responses, DialogResponse => ConditionResponse, ConditionResult, conditions, "what concerns conditions";
    HistoryUpdateRequest: changes, HistoryChange => HistoryUpdateResponse, HistoryUpdateResult, history, "changes of history";
    FileChangeRequest: changes, FileChange => FileChangeResponse, FileChangeResult, files, "changes of files";
}
