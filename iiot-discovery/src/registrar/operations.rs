//! What can be asked of whoever keeps the record of the plant.

use iiot_core::registry::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::applications::{
    AddApplicationRequest, AdoptRequest, ApplicationDecision, ApplicationRequest, ApplicationWithEndpoints,
    ApplicationsRequest, ApplicationsResponse, ChangeApplicationRequest, PurgeRequest, PurgeResponse,
    UpdateApplicationRequest,
};
use super::edges::{
    EdgeDecision, EdgeRequest, EdgesRequest, EdgesResponse, PutSiteRequest, RecordedRun, RecordedRunRequest,
    RecordedRunsRequest, RecordedRunsResponse, SiteRequest, SitesRequest, SitesResponse,
};
use super::endpoints::{
    ChangeEndpointRequest, EndpointRequest, EndpointsRequest, EndpointsResponse, RecordedEndpoint, ReleaseRequest,
    ReleaseResponse,
};
use super::watch::{RegistryUpdate, WatchRegistryRequest};

iiot_core::operations! {
    /// The record of a plant: applications, endpoints, edges, sites and searches; what was decided about them.
    pub trait Registrar / RemoteRegistrar = "registry" {
        calls {
            /// Applications, page by page.
            applications(ApplicationsRequest) -> ApplicationsResponse, Reader, Reads;
            /// An application with its endpoints.
            application(ApplicationRequest) -> ApplicationWithEndpoints, Reader, Reads;
            /// Endpoints, page by page.
            endpoints(EndpointsRequest) -> EndpointsResponse, Reader, Reads;
            /// An endpoint.
            endpoint(EndpointRequest) -> RecordedEndpoint, Reader, Reads;
            /// Edges, page by page.
            edges(EdgesRequest) -> EdgesResponse, Reader, Reads;
            /// Sites, page by page.
            sites(SitesRequest) -> SitesResponse, Reader, Reads;
            /// Searches, page by page.
            runs(RecordedRunsRequest) -> RecordedRunsResponse, Reader, Reads;
            /// A search with what it changed.
            run(RecordedRunRequest) -> RecordedRun, Reader, Reads;
            /// Changes what an application is called and where it stands. What is set here, searches leave as it is.
            update_application(UpdateApplicationRequest) -> ApplicationWithEndpoints, Operator, Changes;
            /// Has an endpoint used: by the edge whose search found it, else by another one of its site.
            activate(ChangeEndpointRequest) -> RecordedEndpoint, Operator, Changes;
            /// Has an endpoint no longer used.
            deactivate(ChangeEndpointRequest) -> RecordedEndpoint, Operator, Changes;
            /// Enters an application by hand. It is approved.
            add_application(AddApplicationRequest) -> ApplicationWithEndpoints, Approver, Changes;
            /// Says whether an application belongs to the plant. The endpoints of one that does not are deactivated.
            decide_application(ApplicationDecision) -> ApplicationWithEndpoints, Approver, Changes;
            /// Lets an application be used again; its endpoints stay deactivated.
            enable(ChangeApplicationRequest) -> ApplicationWithEndpoints, Approver, Changes;
            /// Lets an application no longer be used; its endpoints are deactivated.
            disable(ChangeApplicationRequest) -> ApplicationWithEndpoints, Approver, Changes;
            /// Deletes an application with its endpoints. A search that finds it again enters it as new.
            delete_application(ChangeApplicationRequest) -> Removed, Approver, Changes;
            /// Deletes applications and endpoints that have been gone for long; rejected applications stay.
            purge(PurgeRequest) -> PurgeResponse, Approver, Changes;
            /// Takes an endpoint over, under the ids that it has elsewhere, and uses it. It can be asked again.
            adopt(AdoptRequest) -> RecordedEndpoint, Approver, Changes;
            /// Has an endpoint that was taken over no longer used. It can be asked again.
            release(ReleaseRequest) -> ReleaseResponse, Approver, Changes;
            /// Says whether an edge belongs to the plant. Until then nothing is sent to it.
            decide_edge(EdgeDecision) -> RecordedEdge, Administrator, Changes;
            /// Forgets an edge; what it uses is moved to others of its site. It is offered again when it announces itself.
            remove_edge(EdgeRequest) -> Removed, Administrator, Changes;
            /// Names a site, or renames it.
            put_site(PutSiteRequest) -> RecordedSite, Administrator, Changes;
            /// Forgets a site at which nothing is on record.
            remove_site(SiteRequest) -> Removed, Administrator, Changes;
        }
        streams {
            /// What changes on record, as it does. Who wants all of it begins to watch before it lists.
            watch(WatchRegistryRequest) -> RegistryUpdate, Reader;
        }
    }
}

pub use super::edges::{RecordedEdge, RecordedSite};

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// Its id.
    pub id: String,
    /// The revision that was deleted.
    pub revision: Revision,
}
