//! The twin of servers that this process reaches itself.

mod alarms;
mod batch;
mod browse;
mod cache;
mod call;
mod capabilities;
mod columns;
mod condition;
mod connection;
mod convert;
mod crawl;
mod diagnostics;
mod endpoints;
mod event_filter;
mod events;
mod feed;
mod files;
mod history;
mod history_update;
mod node;
mod read;
mod render;
mod translate;
mod types;
mod values;
mod visit;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::clock::Clock;
use iiot_core::session::SessionPool;
use iiot_core::ua::MethodId;

use parking_lot::Mutex;

use alarms::AlarmList;
use cache::{ReadCache, Shelf};
pub use columns::ColumnStream;
pub use endpoints::{EndpointMap, Endpoints};
use events::EventFeed;
use feed::Feeds;
use read::Lately;
use values::ValueFeed;
use visit::Visit;

use crate::alarm::{AlarmUpdate, AlarmsRequest, AlarmsResponse, WatchAlarmsRequest};
use crate::browse::{BrowseNextRequest, BrowseRequest, BrowseResponse};
use crate::call::{CallRequest, CallResponse, MethodRequest, MethodResponse};
use crate::capabilities::{CapabilitiesRequest, CapabilitiesResponse};
use crate::condition::{ConditionEventsRequest, ConditionResponse, ConditionsRequest, RespondRequest, ShelveRequest};
use crate::connection::{
    ConnectionRequest, ConnectionResponse, DisconnectResponse, TestConnectionRequest, TestConnectionResponse,
};
use crate::crawl::{CrawlBatch, CrawlRequest};
use crate::diagnostics::{DiagnosticsRequest, DiagnosticsResponse};
use crate::event::{EventUpdate, WatchEventsRequest};
use crate::files::{
    FileChangeRequest, FileChangeResponse, FileListRequest, FileListResponse, FileReadRequest, FileReadResponse,
    FileWriteRequest, FileWriteResponse,
};
use crate::history::{HistoryReadRequest, HistoryReadResponse};
use crate::history_update::{HistoryUpdateRequest, HistoryUpdateResponse};
use crate::node::{NodeRequest, NodeResponse};
use crate::read::{ReadRequest, ReadResponse};
use crate::translate::{TranslateRequest, TranslateResponse};
use crate::value::{ValueUpdate, WatchValuesRequest};
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
#[derive(Debug, Clone)]
pub struct LocalTwin {
    pool: Arc<SessionPool>,
    endpoints: Arc<dyn Endpoints>,
    clock: Arc<dyn Clock>,
    gates: Arc<crawl::Gates>,
    feeds: Arc<Watched>,
    cache: Arc<Mutex<ReadCache>>,
}

/// What is being watched.
#[derive(Debug, Default)]
struct Watched {
    alarms: Feeds<AlarmList>,
    events: Feeds<EventFeed>,
    values: Feeds<ValueFeed>,
}

impl LocalTwin {
    /// The twin of the servers that `endpoints` knows.
    #[must_use]
    pub fn new(pool: Arc<SessionPool>, endpoints: Arc<dyn Endpoints>, clock: Arc<dyn Clock>) -> Self {
        Self { pool, endpoints, clock, gates: Arc::default(), feeds: Arc::default(), cache: Arc::default() }
    }

    async fn visit(&self, endpoint: &str, header: &Header) -> Result<Visit> {
        let (options, deadline) = self.approach(endpoint, header).await?;
        let lease = self.lease(&options, header, deadline).await.map_err(|error| error.with("endpoint", endpoint))?;
        Ok(Visit::new(Arc::new(lease), header, deadline, Arc::clone(&self.clock)))
    }

    /// What was read lately, for who takes that; whoever comes as somebody else may see other values.
    fn lately(&self, request: &ReadRequest, visit: &Visit) -> Option<Lately<'_>> {
        if request.cache_ms == 0 || request.header.elevation.is_some() {
            return None;
        }
        let shelf = Shelf {
            endpoint: request.endpoint.as_str().into(),
            locales: request.header.locales.clone(),
            timestamps: request.timestamps,
            connection: Arc::clone(&visit.namespaces),
        };
        Some(Lately { cache: &self.cache, shelf, clock: self.clock.as_ref() })
    }

    /// While this is held a server is changed; afterwards nothing is known of it from before, however the change ended.
    fn changing(&self, endpoint: &str) -> Changing {
        Changing { cache: Arc::clone(&self.cache), endpoint: endpoint.to_owned() }
    }
}

/// Something of a server is being changed.
struct Changing {
    cache: Arc<Mutex<ReadCache>>,
    endpoint: String,
}

impl Drop for Changing {
    fn drop(&mut self) {
        self.cache.lock().forget(&self.endpoint);
    }
}

#[async_trait]
impl Twin for LocalTwin {
    async fn test_connection(&self, request: TestConnectionRequest) -> Result<TestConnectionResponse> {
        self.test(&request).await
    }

    async fn connection(&self, request: ConnectionRequest) -> Result<ConnectionResponse> {
        self.standing(&request).await
    }

    async fn disconnect(&self, request: ConnectionRequest) -> Result<DisconnectResponse> {
        self.part(&request).await
    }

    async fn diagnostics(&self, request: DiagnosticsRequest) -> Result<DiagnosticsResponse> {
        diagnostics::diagnostics(&self.visit(&request.endpoint, &request.header).await?, &request).await
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
        let visit = self.visit(&request.endpoint, &request.header).await?;
        let lately = self.lately(&request, &visit);
        read::read(&visit, &request, lately).await
    }

    async fn write(&self, request: WriteRequest) -> Result<WriteResponse> {
        let _changing = self.changing(&request.endpoint);
        write::write(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn method(&self, request: MethodRequest) -> Result<MethodResponse> {
        call::method(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn call(&self, request: CallRequest) -> Result<CallResponse> {
        let _changing = self.changing(&request.endpoint);
        call::call(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn history_read(&self, request: HistoryReadRequest) -> Result<HistoryReadResponse> {
        history::history_read(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn alarms(&self, request: AlarmsRequest) -> Result<AlarmsResponse> {
        self.list_alarms(&request).await
    }

    async fn acknowledge(&self, request: ConditionEventsRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.on_events(&request, MethodId::AcknowledgeableConditionType_Acknowledge).await
    }

    async fn confirm(&self, request: ConditionEventsRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.on_events(&request, MethodId::AcknowledgeableConditionType_Confirm).await
    }

    async fn add_comment(&self, request: ConditionEventsRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.on_events(&request, MethodId::ConditionType_AddComment).await
    }

    async fn enable(&self, request: ConditionsRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.on_all(&request, MethodId::ConditionType_Enable).await
    }

    async fn disable(&self, request: ConditionsRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.on_all(&request, MethodId::ConditionType_Disable).await
    }

    async fn shelve(&self, request: ShelveRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.put_aside(&request).await
    }

    async fn unshelve(&self, request: ConditionsRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.take_back(&request).await
    }

    async fn respond(&self, request: RespondRequest) -> Result<ConditionResponse> {
        let _changing = self.changing(&request.endpoint);
        self.answer(&request).await
    }

    async fn watch_alarms(&self, request: WatchAlarmsRequest) -> Result<BoxStream<'static, Result<AlarmUpdate>>> {
        self.follow_alarms(&request).await
    }

    async fn watch_events(&self, request: WatchEventsRequest) -> Result<BoxStream<'static, Result<EventUpdate>>> {
        self.follow_events(request).await
    }

    async fn watch_values(&self, request: WatchValuesRequest) -> Result<BoxStream<'static, Result<ValueUpdate>>> {
        self.follow_values(request).await
    }

    async fn history_update(&self, request: HistoryUpdateRequest) -> Result<HistoryUpdateResponse> {
        history_update::history_update(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn file_list(&self, request: FileListRequest) -> Result<FileListResponse> {
        files::list(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn file_read(&self, request: FileReadRequest) -> Result<FileReadResponse> {
        files::read(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn file_write(&self, request: FileWriteRequest) -> Result<FileWriteResponse> {
        let _changing = self.changing(&request.endpoint);
        files::write(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn file_change(&self, request: FileChangeRequest) -> Result<FileChangeResponse> {
        let _changing = self.changing(&request.endpoint);
        files::change(&self.visit(&request.endpoint, &request.header).await?, &request).await
    }

    async fn crawl(&self, request: CrawlRequest) -> Result<BoxStream<'static, Result<CrawlBatch>>> {
        crawl::crawl(self, request).await
    }
}
