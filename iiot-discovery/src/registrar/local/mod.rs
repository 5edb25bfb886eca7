//! The registrar over a registry that this process reaches.

mod applications;
mod changes;
mod edges;
mod endpoints;
mod hand;
mod merge;
mod purge;
mod queries;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::lock::Mutex;
use futures::stream::BoxStream;
use iiot_core::clock::Clock;
use iiot_core::registry::{Change, Registry, Revision};
use iiot_core::{Error, ErrorKind, Result};

use super::activator::Activator;
use super::applications::{
    AddApplicationRequest, AdoptRequest, ApplicationDecision, ApplicationRequest, ApplicationWithEndpoints,
    ApplicationsRequest, ApplicationsResponse, ChangeApplicationRequest, PurgeRequest, PurgeResponse,
    UpdateApplicationRequest,
};
use super::edges::{
    EdgeDecision, EdgeRequest, EdgesRequest, EdgesResponse, PutSiteRequest, RecordedEdge, RecordedRun,
    RecordedRunRequest, RecordedRunsRequest, RecordedRunsResponse, RecordedSite, SiteRequest, SitesRequest,
    SitesResponse,
};
use super::endpoints::{
    ChangeEndpointRequest, EndpointRequest, EndpointsRequest, EndpointsResponse, RecordedEndpoint, ReleaseRequest,
    ReleaseResponse,
};
use super::operations::{Registrar, Removed};
use super::placement::Fleet;
use super::rules::ApprovalRules;
use super::settle::{Rebalanced, Settler, edges};
pub use merge::findings;

use super::watch::{RecordChange, RegistryUpdate, WatchRegistryRequest};

/// Keeps the record of a plant in a [`Registry`], and has endpoints used by an [`Activator`].
///
/// Of several processes over one registry, one merges what was found; all others may change and ask.
///
/// ```
/// use std::sync::Arc;
/// use iiot_core::clock::ManualClock;
/// use iiot_core::registry::MemoryRegistry;
/// use iiot_core::time::UtcTime;
/// use iiot_discovery::Registrar;
/// use iiot_discovery::registrar::applications::ApplicationsRequest;
/// use iiot_discovery::registrar::{Here, LocalRegistrar, RegistrarOptions};
///
/// # futures::executor::block_on(async {
/// let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
/// let options = RegistrarOptions::of_edge("press-hall", Some("berlin"));
/// let registrar = LocalRegistrar::new(Arc::new(MemoryRegistry::new()), Arc::new(Here), clock, options);
/// assert!(registrar.applications(ApplicationsRequest::default()).await?.applications.is_empty());
/// # Ok::<(), iiot_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct LocalRegistrar {
    registry: Arc<dyn Registry>,
    activator: Arc<dyn Activator>,
    clock: Arc<dyn Clock>,
    options: RegistrarOptions,
    /// Held while findings are merged, or an application is entered: two at once could enter the same one twice.
    entering: Mutex<()>,
}

/// Where a registrar stands, and what it does by itself.
#[derive(Debug, Clone)]
pub struct RegistrarOptions {
    /// The edge that this process is; none above edges.
    pub edge: Option<String>,
    /// The site of that edge.
    pub site: Option<String>,
    /// How long an edge may be away before others do its work. Default 30 s.
    pub patience: Duration,
    /// What is approved without anybody looking at it. Default nothing.
    pub rules: ApprovalRules,
}

impl Default for RegistrarOptions {
    /// Above edges.
    fn default() -> Self {
        Self { edge: None, site: None, patience: Duration::from_secs(30), rules: ApprovalRules::default() }
    }
}

impl RegistrarOptions {
    /// On an edge, which uses endpoints itself.
    #[must_use]
    pub fn of_edge(edge: impl Into<String>, site: Option<&str>) -> Self {
        Self { edge: Some(edge.into()), site: site.map(str::to_owned), ..Self::default() }
    }
}

impl LocalRegistrar {
    /// A registrar over these parts.
    #[must_use]
    pub fn new(
        registry: Arc<dyn Registry>,
        activator: Arc<dyn Activator>,
        clock: Arc<dyn Clock>,
        options: RegistrarOptions,
    ) -> Self {
        Self { registry, activator, clock, options, entering: Mutex::new(()) }
    }

    /// As [`rebalance`](super::rebalance), with the parts and the patience of this registrar.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn rebalance(&self) -> Result<Rebalanced> {
        self.settler().await?.rebalance().await
    }

    async fn fleet(&self) -> Result<Fleet> {
        match &self.options.edge {
            Some(edge) => Ok(Fleet::Alone(edge.clone())),
            None => Ok(Fleet::Many(edges(&*self.registry).await?)),
        }
    }

    async fn settler(&self) -> Result<Settler<'_>> {
        Ok(Settler {
            registry: &*self.registry,
            activator: &*self.activator,
            fleet: self.fleet().await?,
            now: self.clock.utc(),
            patience: self.options.patience,
        })
    }

    async fn settle_all(&self, endpoints: Vec<String>) -> Result<()> {
        if endpoints.is_empty() { Ok(()) } else { self.settler().await?.settle_all(endpoints).await }
    }
}

#[async_trait]
impl Registrar for LocalRegistrar {
    async fn applications(&self, request: ApplicationsRequest) -> Result<ApplicationsResponse> {
        self.list_applications(request).await
    }

    async fn application(&self, request: ApplicationRequest) -> Result<ApplicationWithEndpoints> {
        self.whole_application(&request.application).await
    }

    async fn endpoints(&self, request: EndpointsRequest) -> Result<EndpointsResponse> {
        self.list_endpoints(request).await
    }

    async fn endpoint(&self, request: EndpointRequest) -> Result<RecordedEndpoint> {
        self.one_endpoint(&request.endpoint).await
    }

    async fn edges(&self, request: EdgesRequest) -> Result<EdgesResponse> {
        self.list_edges(request).await
    }

    async fn sites(&self, request: SitesRequest) -> Result<SitesResponse> {
        self.list_sites(request).await
    }

    async fn runs(&self, request: RecordedRunsRequest) -> Result<RecordedRunsResponse> {
        self.list_runs(request).await
    }

    async fn run(&self, request: RecordedRunRequest) -> Result<RecordedRun> {
        self.one_run(&request.run).await
    }

    async fn update_application(&self, request: UpdateApplicationRequest) -> Result<ApplicationWithEndpoints> {
        self.edit_application(request).await
    }

    async fn activate(&self, request: ChangeEndpointRequest) -> Result<RecordedEndpoint> {
        self.set_activated(request, true).await
    }

    async fn deactivate(&self, request: ChangeEndpointRequest) -> Result<RecordedEndpoint> {
        self.set_activated(request, false).await
    }

    async fn add_application(&self, request: AddApplicationRequest) -> Result<ApplicationWithEndpoints> {
        self.enter_by_hand(request).await
    }

    async fn decide_application(&self, request: ApplicationDecision) -> Result<ApplicationWithEndpoints> {
        self.decide(request).await
    }

    async fn enable(&self, request: ChangeApplicationRequest) -> Result<ApplicationWithEndpoints> {
        self.set_enabled(request, true).await
    }

    async fn disable(&self, request: ChangeApplicationRequest) -> Result<ApplicationWithEndpoints> {
        self.set_enabled(request, false).await
    }

    async fn delete_application(&self, request: ChangeApplicationRequest) -> Result<Removed> {
        self.remove_application(request).await
    }

    async fn purge(&self, request: PurgeRequest) -> Result<PurgeResponse> {
        self.delete_gone(request).await
    }

    async fn adopt(&self, request: AdoptRequest) -> Result<RecordedEndpoint> {
        self.take_over(request).await
    }

    async fn release(&self, request: ReleaseRequest) -> Result<ReleaseResponse> {
        self.let_go(request).await
    }

    async fn decide_edge(&self, request: EdgeDecision) -> Result<RecordedEdge> {
        self.decide_about_edge(request).await
    }

    async fn remove_edge(&self, request: EdgeRequest) -> Result<Removed> {
        self.forget_edge(request).await
    }

    async fn put_site(&self, request: PutSiteRequest) -> Result<RecordedSite> {
        self.name_site(request).await
    }

    async fn remove_site(&self, request: SiteRequest) -> Result<Removed> {
        self.forget_site(request).await
    }

    async fn watch(&self, request: WatchRegistryRequest) -> Result<BoxStream<'static, Result<RegistryUpdate>>> {
        let changes = self.registry.watch(request.after.map(Revision)).await?;
        let kinds = request.kinds;
        let update = move |change: Change| {
            let asked_for = |kind| kinds.is_empty() || kinds.contains(&kind);
            let update = match change {
                Change::Put(found) if asked_for(found.key.kind) => RegistryUpdate {
                    sequence: Some(found.revision.0),
                    change: RecordChange::Put { id: found.key.id, record: Box::new(found.record) },
                },
                Change::Deleted(key, revision) if asked_for(key.kind) => {
                    RegistryUpdate { sequence: Some(revision.0), change: RecordChange::Deleted { key } }
                }
                Change::Missed => RegistryUpdate { sequence: None, change: RecordChange::Missed },
                Change::Put(_) | Change::Deleted(..) => return futures::future::ready(None),
            };
            futures::future::ready(Some(Ok(update)))
        };
        Ok(changes.filter_map(update).boxed())
    }
}

fn missing(operation: &'static str, what: &'static str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, operation, "it is not on record").with(what, id)
}

fn refused(operation: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidArgument, operation, message)
}
