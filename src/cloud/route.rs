//! Operations that are carried out by the edge which they concern.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::model::Record;
use iiot_core::operation::{
    Beside, Details, Dispatch, Invoke, Operation, POINTER, Principal, Reply, Shape, admit, unknown,
};
use iiot_core::registry::{RecordKey, RecordKind};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;
use serde_json::value::RawValue;

use super::edges::Edges;

/// A capability whose requests name an endpoint: the edge that holds it carries them out.
pub struct ByEndpoint {
    operations: &'static [Operation],
    edges: Arc<Edges>,
}

/// A capability that every edge has, whose requests know nothing of edges: the edge stands beside them
/// ([`Beside`]).
pub struct ByEdge {
    operations: &'static [Operation],
    edges: Arc<Edges>,
}

impl ByEndpoint {
    /// Of a table whose requests say in a member which endpoint they are about.
    #[must_use]
    pub fn new(operations: &'static [Operation], edges: Arc<Edges>) -> Self {
        Self { operations, edges }
    }

    /// The edge through which an endpoint is used.
    async fn holder(&self, id: &str) -> Result<String> {
        let refused = |kind, message: String| Err(Error::new(kind, FIND, message).with("id", id));
        let found = self.edges.registry().get(&RecordKey::new(RecordKind::Endpoint, id)).await?;
        let Some(Record::Endpoint(endpoint)) = found.map(|found| found.record) else {
            return refused(ErrorKind::NotFound, "no endpoint of this id is on record".into());
        };
        match (endpoint.activated, endpoint.edge, endpoint.problem) {
            (true, Some(edge), _) => Ok(edge),
            (true, None, problem) => {
                let why = problem.map_or_else(String::new, |problem| format!(": {problem}"));
                refused(ErrorKind::Unavailable, format!("no edge holds it at the moment{why}"))
            }
            (false, ..) => {
                let refusal = refused(ErrorKind::Unavailable, "it is not activated: activate it first".into());
                refusal.map_err(|error| error.retryable(false))
            }
        }
    }
}

impl ByEdge {
    /// Of a [`table`](Self::table).
    #[must_use]
    pub fn new(operations: &'static [Operation], edges: Arc<Edges>) -> Self {
        Self { operations, edges }
    }

    /// The operations of a capability, each of one of the edges.
    #[must_use]
    pub fn table(operations: &[Operation]) -> Vec<Operation> {
        operations.iter().map(|operation| operation.beside(EDGE, "edges", "The edge, by its id.")).collect()
    }
}

#[async_trait]
impl Dispatch for ByEndpoint {
    fn operations(&self) -> &'static [Operation] {
        self.operations
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
        let operation = declared(self.operations, operation, principal)?;
        let member = operation.of.map_or("endpoint", |of| of.member);
        let endpoint = named(member, request)?;
        let edge = self.holder(&endpoint).await?;
        details.set(vec![json!({ "edge": edge, member: endpoint })]);
        forward(&self.edges, &edge, operation, principal, request).await
    }
}

#[async_trait]
impl Dispatch for ByEdge {
    fn operations(&self) -> &'static [Operation] {
        self.operations
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
        let operation = declared(self.operations, operation, principal)?;
        let Beside { of: edge, request } = Beside::read(EDGE, request)?;
        details.set(vec![json!({ "edge": edge })]);
        forward(&self.edges, &edge, operation, principal, request).await
    }
}

/// The operation, if this principal may ask for it.
fn declared(operations: &'static [Operation], name: &str, principal: &Principal) -> Result<&'static Operation> {
    let capability = operations.first().map_or("", |first| first.capability);
    admit(operations, capability, name, principal)?;
    operations.iter().find(|operation| operation.name == name).ok_or_else(|| unknown(capability, name))
}

/// What a request says in a member; the rest of it is for the edge to look at.
fn named(member: &str, request: &[u8]) -> Result<String> {
    let refused =
        |message: String, pointer: &str| Error::new(ErrorKind::InvalidArgument, FIND, message).with(POINTER, pointer);
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(request)
        .map_err(|cause| refused(format!("the request does not parse: {cause}"), "#"))?;
    let text = members.get(member).and_then(|text| serde_json::from_str(text.get()).ok());
    text.ok_or_else(|| refused(format!("{member} must be there, and be a text"), &format!("#/{member}")))
}

async fn forward(
    edges: &Edges,
    edge: &str,
    operation: &'static Operation,
    principal: &Principal,
    request: &[u8],
) -> Result<Reply> {
    let caller = edges.on_behalf_of(edge, principal).await?;
    match operation.shape {
        Shape::Call => caller.call(operation, request.to_vec()).await.map(Reply::One),
        Shape::Stream => caller.open(operation, request.to_vec()).await.map(Reply::Many),
    }
}

impl fmt::Debug for ByEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByEndpoint").field("operations", &self.operations).finish_non_exhaustive()
    }
}

impl fmt::Debug for ByEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByEdge").field("operations", &self.operations).finish_non_exhaustive()
    }
}

const EDGE: &str = "edge";
const FIND: &str = "find the endpoint";
