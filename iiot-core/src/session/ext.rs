//! The services as typed calls over the one generic call.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::ua::{
    AttributeId, BrowseDescription, BrowseNextRequest, BrowsePath, BrowsePathResult, BrowseRequest, BrowseResult,
    ByteString, CallMethodRequest, CallMethodResult, CallRequest, DataValue, NodeId, ReadRequest, ReadValueId,
    ReferenceDescription, RegisterNodesRequest, Response, Service, StatusCode, TimestampsToReturn,
    TranslateBrowsePathsToNodeIdsRequest, UnregisterNodesRequest, WriteRequest, WriteValue,
};

/// Typed service calls on any [`Session`].
///
/// ```
/// # use iiot_core::session::{ConnectOptions, Connector, MemoryServer, SessionExt};
/// # use iiot_core::ua::NodeId;
/// # futures::executor::block_on(async {
/// let server = MemoryServer::new();
/// let boiler = NodeId::new(1, "Boiler");
/// server.add_variable(boiler.clone(), "Boiler", 21.5);
///
/// let session = server.connector().connect(ConnectOptions::new(server.url())).await?;
/// let values = session.read_values(&[boiler]).await?;
/// assert_eq!(values[0].value, Some(21.5.into()));
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[async_trait]
pub trait SessionExt: Session {
    /// Calls a service with its request structure and returns its response structure.
    async fn service<S: Service>(&self, request: S) -> Result<S::Response> {
        let response = self.call(request.into(), None).await?;
        S::response(response).map_err(|other| unexpected(S::NAME, &other))
    }

    /// Reads attributes; one result per entry, in order, with its own status.
    async fn read(&self, nodes: Vec<ReadValueId>) -> Result<Vec<DataValue>> {
        self.read_aged(nodes, Duration::ZERO).await
    }

    /// As [`read`](Self::read); values that the server has read from their source within `max_age` will do.
    async fn read_aged(&self, nodes: Vec<ReadValueId>, max_age: Duration) -> Result<Vec<DataValue>> {
        let asked = nodes.len();
        let request = ReadRequest {
            max_age: max_age.as_secs_f64() * 1e3,
            timestamps_to_return: TimestampsToReturn::Both,
            nodes_to_read: Some(nodes),
            ..Default::default()
        };
        one_each("Read", asked, self.service(request).await?.results)
    }

    /// Reads the Value attribute of each node.
    async fn read_values(&self, nodes: &[NodeId]) -> Result<Vec<DataValue>> {
        self.read(nodes.iter().map(|node| attribute(node, AttributeId::Value)).collect()).await
    }

    /// Writes attributes; one status per entry, in order.
    async fn write(&self, values: Vec<WriteValue>) -> Result<Vec<StatusCode>> {
        let asked = values.len();
        let request = WriteRequest { nodes_to_write: Some(values), ..Default::default() };
        one_each("Write", asked, self.service(request).await?.results)
    }

    /// All references of a node that the description asks for, fetched to the end.
    /// Fails with the status of the node, and with `LimitExceeded` beyond a million references.
    async fn browse(&self, description: BrowseDescription) -> Result<Vec<ReferenceDescription>> {
        let node = description.node_id.clone();
        let request = BrowseRequest { nodes_to_browse: Some(vec![description]), ..Default::default() };
        let first = single("Browse", self.service(request).await?.results)?;
        let (mut references, mut empty_pages) = (Vec::new(), 0);
        let mut point = take_page("Browse", &node, first, &mut references)?;
        while let Some(continuation) = point {
            if references.len() > MAX_REFERENCES || empty_pages > MAX_EMPTY_PAGES {
                self.browse_next(continuation, true).await?;
                return Err(Error::new(
                    ErrorKind::LimitExceeded,
                    "Browse",
                    "the node has over a million references, or the server does not come to an end",
                )
                .with("node", node));
            }
            let page = single("BrowseNext", self.browse_next(continuation, false).await?)?;
            empty_pages += usize::from(page.references.as_ref().is_none_or(Vec::is_empty));
            point = take_page("BrowseNext", &node, page, &mut references)?;
        }
        Ok(references)
    }

    /// Asks for the next page of a browse, or releases its continuation point.
    async fn browse_next(&self, point: ByteString, release: bool) -> Result<Option<Vec<BrowseResult>>> {
        let request = BrowseNextRequest {
            release_continuation_points: release,
            continuation_points: Some(vec![point]),
            ..Default::default()
        };
        Ok(self.service(request).await?.results)
    }

    /// Follows browse paths; one result per path, in order, with its own status.
    async fn translate(&self, paths: Vec<BrowsePath>) -> Result<Vec<BrowsePathResult>> {
        let asked = paths.len();
        let request = TranslateBrowsePathsToNodeIdsRequest { browse_paths: Some(paths), ..Default::default() };
        one_each("TranslateBrowsePathsToNodeIds", asked, self.service(request).await?.results)
    }

    /// Calls methods; one result per call, in order, with its own status.
    async fn call_methods(&self, methods: Vec<CallMethodRequest>) -> Result<Vec<CallMethodResult>> {
        let asked = methods.len();
        let request = CallRequest { methods_to_call: Some(methods), ..Default::default() };
        one_each("Call", asked, self.service(request).await?.results)
    }

    /// Has the server prepare for using nodes again and again; returns the ids to use instead of
    /// them, in order. They hold for the connection as it is: see
    /// [`CyclicReads::with_registered_nodes`](crate::session::CyclicReads::with_registered_nodes).
    async fn register_nodes(&self, nodes: Vec<NodeId>) -> Result<Vec<NodeId>> {
        let asked = nodes.len();
        let request = RegisterNodesRequest { nodes_to_register: Some(nodes), ..Default::default() };
        one_each("RegisterNodes", asked, self.service(request).await?.registered_node_ids)
    }

    /// Gives back what [`register_nodes`](Self::register_nodes) returned.
    async fn unregister_nodes(&self, handles: Vec<NodeId>) -> Result<()> {
        let request = UnregisterNodesRequest { nodes_to_unregister: Some(handles), ..Default::default() };
        self.service(request).await.map(drop)
    }
}

impl<T: Session + ?Sized> SessionExt for T {}

/// An attribute of a node, whole and in the default encoding.
#[must_use]
pub fn attribute(node: &NodeId, attribute: AttributeId) -> ReadValueId {
    ReadValueId { node_id: node.clone(), attribute_id: attribute as u32, ..Default::default() }
}

/// Far above any folder of a real server, far below what exhausts memory.
const MAX_REFERENCES: usize = 1_000_000;

/// A server may need time and say so by an empty page, but not for ever.
const MAX_EMPTY_PAGES: usize = 1000;

fn one_each<T>(service: &'static str, asked: usize, results: Option<Vec<T>>) -> Result<Vec<T>> {
    let results = results.unwrap_or_default();
    if results.len() == asked {
        return Ok(results);
    }
    Err(Error::new(
        ErrorKind::Protocol,
        service,
        format!("the server answered {} results to {asked} operations", results.len()),
    )
    .with_status(StatusCode::BadUnknownResponse))
}

fn single<T>(service: &'static str, results: Option<Vec<T>>) -> Result<T> {
    one_each(service, 1, results).map(|mut results| results.remove(0))
}

/// Moves the references of a page out and returns where the next one starts.
fn take_page(
    service: &'static str,
    node: &NodeId,
    page: BrowseResult,
    references: &mut Vec<ReferenceDescription>,
) -> Result<Option<ByteString>> {
    if page.status_code.is_bad() {
        return Err(Error::from_status(service, page.status_code).with("node", node));
    }
    references.extend(page.references.unwrap_or_default());
    Ok(Some(page.continuation_point).filter(|point| !point.is_null_or_empty()))
}

fn unexpected(service: &'static str, response: &Response) -> Error {
    Error::new(ErrorKind::Protocol, service, format!("the server answered with {}", response.service()))
        .with_status(StatusCode::BadUnknownResponse)
}
