//! Guards what is changed: a policy decides item by item before anything is sent, and what was changed is told for the audit
//! record.

mod batch;
mod course;
mod limits;
mod nodes;
mod policy;
mod rate;
mod record;

use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::clock::Clock;
use iiot_core::operation::{
    Details, Dispatch, Effect, Operation, Principal, Reply, admit, one, parse_request, unknown,
};
use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use serde_json::{Value, json};

use batch::Batch;
use course::Course;
use nodes::{canonical, is_indexed};
use policy::denied;
pub use policy::{CallRule, EndpointGuard, GuardPolicy, WriteRule};
use rate::Rates;
use record::record;

use crate::call::CallRequest;
use crate::capabilities::CapabilitiesRequest;
use crate::condition::{ConditionEventsRequest, ConditionsRequest, RespondRequest, ShelveRequest};
use crate::connection::ConnectionRequest;
use crate::files::{FileChangeRequest, FileWriteRequest, FileWriteResponse};
use crate::history_update::HistoryUpdateRequest;
use crate::read::DataValue;
use crate::write::WriteRequest;
use crate::{OPERATIONS, Status, Twin};

/// A twin as faces offer it. What changes something passes the policy item by item: what that does not allow is answered and
/// not sent. What was asked, was there before and came of it is left in the [`Details`]. All else is forwarded.
///
/// Nodes are compared with the URI of their namespace and sent that way. Where a request names one by index, the server is
/// asked for its table; if that fails, the item is refused.
#[derive(Debug)]
pub struct Guarded {
    twin: Arc<dyn Twin>,
    policy: Option<GuardPolicy>,
    rates: Mutex<Rates>,
    clock: Arc<dyn Clock>,
}

/// Who changes what.
#[derive(Clone, Copy)]
struct Asked<'a> {
    operation: &'a str,
    principal: &'a Principal,
    request: &'a [u8],
    details: &'a Details,
}

impl Guarded {
    /// Without a policy, all is allowed that the role of the caller allows.
    #[must_use]
    pub fn new(twin: Arc<dyn Twin>, policy: Option<GuardPolicy>, clock: Arc<dyn Clock>) -> Self {
        Self { twin, policy, rates: Mutex::default(), clock }
    }

    async fn change(&self, asked: Asked<'_>) -> Result<Reply> {
        type Events = ConditionEventsRequest;
        type Conditions = ConditionsRequest;
        match asked.operation {
            "write" => self.batch(asked, |twin, r: WriteRequest| async move { twin.write(r).await }).await,
            "call" => self.batch(asked, |twin, r: CallRequest| async move { twin.call(r).await }).await,
            "history_update" => {
                self.batch(asked, |twin, r: HistoryUpdateRequest| async move { twin.history_update(r).await }).await
            }
            "file_change" => {
                self.batch(asked, |twin, r: FileChangeRequest| async move { twin.file_change(r).await }).await
            }
            "file_write" => self.file_write(asked).await,
            "acknowledge" => self.batch(asked, |twin, r: Events| async move { twin.acknowledge(r).await }).await,
            "confirm" => self.batch(asked, |twin, r: Events| async move { twin.confirm(r).await }).await,
            "add_comment" => self.batch(asked, |twin, r: Events| async move { twin.add_comment(r).await }).await,
            "enable" => self.batch(asked, |twin, r: Conditions| async move { twin.enable(r).await }).await,
            "disable" => self.batch(asked, |twin, r: Conditions| async move { twin.disable(r).await }).await,
            "unshelve" => self.batch(asked, |twin, r: Conditions| async move { twin.unshelve(r).await }).await,
            "shelve" => self.batch(asked, |twin, r: ShelveRequest| async move { twin.shelve(r).await }).await,
            "respond" => self.batch(asked, |twin, r: RespondRequest| async move { twin.respond(r).await }).await,
            "disconnect" => self.disconnect(asked).await,
            // What is not known here is never let pass.
            other => Err(unknown(CAPABILITY, other)),
        }
    }

    /// Sends the items that may be sent.
    async fn batch<B, F, A>(&self, asked: Asked<'_>, forward: F) -> Result<Reply>
    where
        B: Batch,
        F: FnOnce(Arc<dyn Twin>, B) -> A + Send,
        A: Future<Output = Result<B::Response>> + Send,
    {
        let mut request: B = parse_request(asked.operation, asked.request)?;
        let mut items = std::mem::take(request.items());
        let refusals = self.decide::<B>(request.endpoint(), &mut items, asked.principal).await;
        let mut course = Course::<B>::new(asked.details, &items, refusals);
        // Where nothing is asked for the twin still says whether it knows the endpoint.
        let nothing_asked = items.is_empty();
        *request.items() = course.sendable(items);
        let wanted = request.read_back();
        let something_sent = !request.items().is_empty();
        if something_sent {
            course.before(self.look(&request).await);
        }
        if something_sent || nothing_asked {
            let response = forward(Arc::clone(&self.twin), request).await?;
            course.after(asked.operation, B::results(response))?;
        }
        one(asked.operation, &course.response(wanted))
    }

    /// Why which of them may not be sent. Their nodes are in canonical form afterwards.
    async fn decide<B: Batch>(&self, endpoint: &str, items: &mut [B::Item], who: &Principal) -> Vec<Option<Status>> {
        let Some(policy) = &self.policy else { return items.iter().map(|_| None).collect() };
        let guard = policy.of(endpoint);
        let indexed = items.iter_mut().any(|item| B::nodes(item).iter().any(|node| is_indexed(node)));
        let table = if indexed { self.namespaces(endpoint).await } else { Ok(Vec::new()) };
        let decide = |item: &mut B::Item| {
            in_one_form(B::nodes(item), &table)?;
            B::may(item, guard, who)?;
            self.may_be_sent(guard, endpoint, who)
        };
        items.iter_mut().map(|item| decide(item).err()).collect()
    }

    /// Whether something allowed is sent now.
    fn may_be_sent(&self, guard: &EndpointGuard, endpoint: &str, who: &Principal) -> Result<(), Status> {
        if guard.dry_run {
            return Err(Status::because(
                StatusCode::BadOperationAbandoned,
                "a dry run: it is allowed, and was not sent",
            ));
        }
        // Whoever asks for others is counted once, whatever their names.
        let caller = who.name.rsplit(" by ").next().unwrap_or_default();
        match guard.per_minute {
            Some(limit) if !self.rates.lock().take(endpoint, caller, limit, self.clock.now()) => {
                let reason = format!("the guard allows {limit} changes a minute: try again later");
                Err(Status::because(StatusCode::BadTooManyOperations, reason))
            }
            _ => Ok(()),
        }
    }

    async fn namespaces(&self, endpoint: &str) -> Result<Vec<String>, Status> {
        let request = CapabilitiesRequest { endpoint: endpoint.to_owned(), ..Default::default() };
        let unknown = |error: Error| format!("the namespaces of the server are not known: {}", error.report());
        let told = self.twin.capabilities(request).await.map(|told| told.namespaces);
        told.map_err(|error| Status::because(StatusCode::BadUserAccessDenied, unknown(error)))
    }

    /// What is there before it is changed; that it cannot be read does not keep it from being changed.
    async fn look(&self, request: &impl Batch) -> Vec<DataValue> {
        let Some(read) = request.before() else { return Vec::new() };
        let count = read.nodes.len();
        match self.twin.read(read).await {
            Ok(response) => response.results,
            Err(error) => vec![DataValue { status: Status::from(&error), ..Default::default() }; count],
        }
    }

    async fn file_write(&self, asked: Asked<'_>) -> Result<Reply> {
        let request: FileWriteRequest = parse_request(asked.operation, asked.request)?;
        let (file, place, bytes) = (&request.file, &request.place, request.data.len() / 4 * 3);
        let item = json!({ "file": file, "place": place, "bytes": bytes });
        asked.details.set(vec![record(&item, NOTHING, NOTHING)]);
        let may = self.may(&request.endpoint, asked.principal, |guard| guard.files, "changes of files");
        let response = match may {
            Ok(()) => self.twin.file_write(request).await?,
            Err(status) => FileWriteResponse { status, written: 0 },
        };
        asked.details.set(vec![record(&item, NOTHING, Some(&response))]);
        one(asked.operation, &response)
    }

    async fn disconnect(&self, asked: Asked<'_>) -> Result<Reply> {
        let request: ConnectionRequest = parse_request(asked.operation, asked.request)?;
        let may = self.may(&request.endpoint, asked.principal, |guard| guard.disconnect, "connections to be closed");
        may.map_err(|status| Error::new(ErrorKind::Forbidden, "disconnect", status.reason.unwrap_or(status.symbol)))?;
        one(asked.operation, &self.twin.disconnect(request).await?)
    }

    /// Whether something without items may be sent.
    fn may(
        &self,
        endpoint: &str,
        who: &Principal,
        allowed: fn(&EndpointGuard) -> bool,
        what: &str,
    ) -> Result<(), Status> {
        let Some(policy) = &self.policy else { return Ok(()) };
        let guard = policy.of(endpoint);
        if !allowed(guard) {
            return Err(denied(what));
        }
        self.may_be_sent(guard, endpoint, who)
    }
}

#[async_trait]
impl Dispatch for Guarded {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    async fn dispatch(&self, operation: &str, principal: &Principal, request: &[u8]) -> Result<Reply> {
        self.dispatch_recorded(operation, principal, request, &Details::default()).await
    }

    async fn dispatch_recorded(
        &self,
        operation: &str,
        principal: &Principal,
        request: &[u8],
        details: &Details,
    ) -> Result<Reply> {
        let changes = |known: &Operation| known.name == operation && known.effect == Effect::Changes;
        if !OPERATIONS.iter().any(changes) {
            return (*self.twin).dispatch(operation, principal, request).await;
        }
        admit(OPERATIONS, CAPABILITY, operation, principal)?;
        self.change(Asked { operation, principal, request, details }).await
    }
}

fn in_one_form(nodes: Vec<&mut String>, table: &Result<Vec<String>, Status>) -> Result<(), Status> {
    for node in nodes {
        let known: &[String] = if is_indexed(node) { table.as_ref().map_err(Clone::clone)? } else { &[] };
        *node = canonical(node, known)?;
    }
    Ok(())
}

const CAPABILITY: &str = "twin";
/// Nothing is known of it.
const NOTHING: Option<&Value> = None;

#[cfg(test)]
mod tests;
