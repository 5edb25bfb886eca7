//! What a server takes: what it says of itself, and what it was found to take.

use std::collections::HashMap;
use std::sync::Arc;

use super::handshake::{Established, Handshake};
use crate::session::{ServerLimits, attribute};
use crate::ua::batching::{Batching, Refusal, may_be_one_operation};
use crate::ua::{AttributeId, DataValue, ReadRequest, Request, Variant};

/// Sizes of requests for the life of a session.
#[derive(Debug, Default)]
pub(super) struct Learned {
    told: Arc<ServerLimits>,
    /// By service: less than the server says, because it complained.
    found: HashMap<&'static str, usize>,
}

/// More operations than this never go into one request, whatever the server says.
const MAX_OPERATIONS: usize = 10_000;
/// Limits asked for at once, before any limit is known.
const FIRST_READ: usize = 12;

impl Learned {
    pub(super) fn new(told: Arc<ServerLimits>) -> Self {
        Self { told, found: HashMap::new() }
    }

    /// A connection is made. Complaints are forgotten with the session they were about: a server
    /// that was restarted may have other limits.
    pub(super) fn connected(&mut self, told: Arc<ServerLimits>, same_session: bool) {
        self.told = told;
        if !same_session {
            self.found.clear();
        }
    }

    pub(super) fn told(&self) -> &Arc<ServerLimits> {
        &self.told
    }

    /// How to size the requests of one call.
    pub(super) fn batching(&self, request: &Request) -> Batching {
        let mut batching = Batching::new(told(&self.told, request), MAX_OPERATIONS);
        if let Some(found) = self.found.get(request.service()) {
            batching.lower(*found);
        }
        batching
    }

    /// Remembers what a call has learned.
    pub(super) fn found(&mut self, service: &'static str, batching: &Batching) {
        if batching.cap() < MAX_OPERATIONS {
            let found = self.found.entry(service).or_insert(MAX_OPERATIONS);
            *found = batching.cap().min(*found);
        }
    }
}

fn told(limits: &ServerLimits, request: &Request) -> Option<u32> {
    match request {
        Request::Read(_) => limits.max_nodes_per_read,
        Request::Write(_) => limits.max_nodes_per_write,
        Request::Browse(_) | Request::BrowseNext(_) => limits.max_nodes_per_browse,
        Request::TranslateBrowsePathsToNodeIds(_) => limits.max_nodes_per_translate,
        Request::Call(_) => limits.max_nodes_per_method_call,
        Request::RegisterNodes(_) | Request::UnregisterNodes(_) => limits.max_nodes_per_register,
        Request::CreateMonitoredItems(_)
        | Request::ModifyMonitoredItems(_)
        | Request::SetMonitoringMode(_)
        | Request::DeleteMonitoredItems(_) => limits.max_monitored_items_per_call,
        Request::HistoryRead(_) => {
            least(limits.max_nodes_per_history_read_data, limits.max_nodes_per_history_read_events)
        }
        Request::HistoryUpdate(_) => {
            least(limits.max_nodes_per_history_update_data, limits.max_nodes_per_history_update_events)
        }
        _ => None,
    }
}

fn least(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    a.into_iter().chain(b).min()
}

/// Asks the server for its limits. One that does not know them, or does not answer, has none.
pub(super) async fn read_limits(handshake: &Handshake<'_>, session: &Established) -> ServerLimits {
    let mut batching = Batching::new(None, FIRST_READ);
    let mut values = Vec::new();
    while let rest @ [_, ..] = &ServerLimits::VARIABLES[values.len()..] {
        let count = batching.size().min(rest.len());
        let nodes = rest[..count].iter().map(|variable| attribute(&(*variable).into(), AttributeId::Value));
        let request = ReadRequest { nodes_to_read: Some(nodes.collect()), ..Default::default() };
        let token = &session.authentication_token;
        match handshake.call(request, token, |request| &mut request.request_header).await {
            Ok(response) if response.results.as_ref().is_some_and(|results| results.len() == count) => {
                batching.answered(count);
                values.extend(response.results.iter().flatten().map(limit));
            }
            Ok(_) => break,
            Err(_) if handshake.channel.has_ended() => break,
            Err(error) => match batching.refused(count, error.status()) {
                Refusal::Smaller => {}
                Refusal::Final if count == 1 && may_be_one_operation(error.status()) => values.push(None),
                Refusal::Final => {
                    tracing::debug!(%error, "the server does not tell its limits");
                    break;
                }
            },
        }
    }
    ServerLimits::from_values(values)
}

/// The value of a limit: UInt32, UInt16 for continuation points; servers also use other integers.
fn limit(value: &DataValue) -> Option<u32> {
    match value.value.as_ref().filter(|_| !value.status.is_some_and(|status| status.is_bad()))? {
        Variant::UInt32(limit) => Some(*limit),
        Variant::UInt16(limit) => Some(u32::from(*limit)),
        Variant::Byte(limit) => Some(u32::from(*limit)),
        Variant::Int32(limit) => u32::try_from(*limit).ok(),
        Variant::Int64(limit) => u32::try_from(*limit).ok(),
        Variant::UInt64(limit) => Some(u32::try_from(*limit).unwrap_or(u32::MAX)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ua::{StatusCode, UAString, WriteRequest};

    #[test]
    fn complaints_are_remembered_as_long_as_the_session() {
        let mut learned = Learned::default();
        let told = Arc::new(ServerLimits { max_nodes_per_read: Some(100), ..Default::default() });
        learned.connected(Arc::clone(&told), false);
        let read: Request = ReadRequest::default().into();
        let mut batching = learned.batching(&read);
        assert_eq!(batching.size(), 100);
        assert_eq!(batching.refused(100, StatusCode::BadTooManyOperations), Refusal::Smaller);
        learned.found("Read", &batching);
        assert_eq!(learned.batching(&read).size(), 50);
        assert_eq!(learned.batching(&WriteRequest::default().into()).size(), MAX_OPERATIONS);
        learned.connected(Arc::clone(&told), true);
        assert_eq!(learned.batching(&read).size(), 50);
        learned.connected(told, false);
        assert_eq!(learned.batching(&read).size(), 100);
    }

    #[test]
    fn a_limit_of_a_wrong_type_or_with_a_bad_status_is_none() {
        assert_eq!(limit(&DataValue::new_now(7u16)), Some(7));
        assert_eq!(limit(&DataValue::new_now(-7i32)), None);
        assert_eq!(limit(&DataValue::new_now(UAString::from("7"))), None);
        assert_eq!(limit(&DataValue::default()), None);
        let bad = DataValue { status: Some(StatusCode::BadNodeIdUnknown), ..DataValue::new_now(7u32) };
        assert_eq!(limit(&bad), None);
    }
}
