//! The twin of servers that this process reaches itself.

mod batch;
mod browse;
mod call;
mod capabilities;
mod connection;
mod convert;
mod endpoints;
mod history;
mod node;
mod read;
mod render;
mod translate;
mod types;
mod visit;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::clock::Clock;
use iiot_core::session::SessionPool;

pub use endpoints::{EndpointMap, Endpoints};
use visit::Visit;

use crate::browse::{BrowseNextRequest, BrowseRequest, BrowseResponse};
use crate::call::{CallRequest, CallResponse, MethodRequest, MethodResponse};
use crate::capabilities::{CapabilitiesRequest, CapabilitiesResponse};
use crate::connection::{TestConnectionRequest, TestConnectionResponse};
use crate::history::{HistoryReadRequest, HistoryReadResponse};
use crate::node::{NodeRequest, NodeResponse};
use crate::read::{ReadRequest, ReadResponse};
use crate::translate::{TranslateRequest, TranslateResponse};
use crate::write::{WriteRequest, WriteResponse};
use crate::{Header, Twin};

/// Does what a [`Twin`] can, with sessions of a pool.
///
/// Calls run side by side, each within the time of its [`Header`]; a server that stalls costs only those who ask it.
///
/// ```
/// # use std::sync::Arc;
/// # use iiot_core::clock::SystemClock;
/// # use iiot_core::session::{ConnectOptions, MemoryServer, PoolOptions, SessionPool};
/// # use iiot_core::ua::NodeId;
/// # use iiot_twin::read::{ReadItem, ReadRequest};
/// # use iiot_twin::{EndpointMap, LocalTwin, Twin, ValueEncoding};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let server = MemoryServer::new();
/// server.add_variable(NodeId::new(1, "Boiler"), "Boiler", 21.5);
/// let pool = SessionPool::new(Arc::new(server.connector()), Arc::new(SystemClock), PoolOptions::default());
/// let endpoints = EndpointMap::new();
/// endpoints.insert("boiler-house", ConnectOptions::new(server.url()));
///
/// let twin = LocalTwin::new(Arc::new(pool), Arc::new(endpoints), Arc::new(SystemClock));
/// let request = ReadRequest {
///     endpoint: "boiler-house".into(),
///     encoding: ValueEncoding::Raw,
///     nodes: vec![ReadItem { node: "ns=1;s=Boiler".into(), ..Default::default() }],
///     ..Default::default()
/// };
/// assert_eq!(twin.read(request).await?.results[0].value, 21.5);
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct LocalTwin {
    pool: Arc<SessionPool>,
    endpoints: Arc<dyn Endpoints>,
    clock: Arc<dyn Clock>,
}

impl LocalTwin {
    /// The twin of the servers that `endpoints` knows.
    #[must_use]
    pub fn new(pool: Arc<SessionPool>, endpoints: Arc<dyn Endpoints>, clock: Arc<dyn Clock>) -> Self {
        Self { pool, endpoints, clock }
    }

    async fn visit(&self, endpoint: &str, header: &Header) -> Result<Visit> {
        let (options, deadline) = self.approach(endpoint, header).await?;
        let lease = self.pool.lease(&options, deadline).await.map_err(|error| error.with("endpoint", endpoint))?;
        Ok(Visit::new(lease, header, deadline, Arc::clone(&self.clock)))
    }
}

#[async_trait]
impl Twin for LocalTwin {
    async fn test_connection(&self, request: TestConnectionRequest) -> Result<TestConnectionResponse> {
        self.test(&request).await
    }

    async fn capabilities(&self, request: CapabilitiesRequest) -> Result<CapabilitiesResponse> {
        capabilities::capabilities(&self.visit(&request.endpoint, &request.header).await?).await
    }

    async fn browse(&self, request: BrowseRequest) -> Result<BrowseResponse> {
        browse::browse(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn browse_next(&self, request: BrowseNextRequest) -> Result<BrowseResponse> {
        browse::browse_next(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn translate(&self, request: TranslateRequest) -> Result<TranslateResponse> {
        translate::translate(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn node(&self, request: NodeRequest) -> Result<NodeResponse> {
        node::node(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadResponse> {
        read::read(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn write(&self, request: WriteRequest) -> Result<WriteResponse> {
        write::write(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn method(&self, request: MethodRequest) -> Result<MethodResponse> {
        call::method(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn call(&self, request: CallRequest) -> Result<CallResponse> {
        call::call(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn history_read(&self, request: HistoryReadRequest) -> Result<HistoryReadResponse> {
        history::history_read(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }
}
