//! What is on record.

use iiot_core::Result;
use iiot_core::model::{Application, DiscoveryRun, Edge, Endpoint, Field, Record, RunDiff, Site};
use iiot_core::registry::{Filter, Query, RecordKey, RecordKind, RegistryExt, Revision, Versioned};
use serde::Serialize;

use super::{LocalRegistrar, missing};
use crate::registrar::applications::{
    ApplicationWithEndpoints, ApplicationsRequest, ApplicationsResponse, RecordedApplication,
};
use crate::registrar::edges::{
    EdgesRequest, EdgesResponse, RecordedEdge, RecordedRun, RecordedRunsRequest, RecordedRunsResponse, RecordedSite,
    SitesRequest, SitesResponse,
};
use crate::registrar::endpoints::{EndpointsRequest, EndpointsResponse, RecordedEndpoint};

impl LocalRegistrar {
    pub(super) async fn list_applications(&self, request: ApplicationsRequest) -> Result<ApplicationsResponse> {
        let query = query(RecordKind::Application, request.contains, request.after, request.limit)
            .and(Field::ApplicationUri, request.application_uri)
            .and(Field::ApplicationType, request.application_type.as_ref().and_then(word))
            .and(Field::ProductUri, request.product_uri)
            .and(Field::Capability, request.capability)
            .and(Field::Site, request.site)
            .and(Field::Edge, request.edge)
            .and(Field::Approval, request.approval.as_ref().and_then(word))
            .and(Field::Enabled, request.enabled)
            .and(Field::Gone, request.gone)
            .and(Field::Address, request.address)
            .and(Field::Thumbprint, request.thumbprint);
        let page = self.registry.query(&query.0).await?;
        let applications = page.records.into_iter().filter_map(recorded_application).collect();
        Ok(ApplicationsResponse { applications, next: page.next })
    }

    pub(super) async fn list_endpoints(&self, request: EndpointsRequest) -> Result<EndpointsResponse> {
        let query = query(RecordKind::Endpoint, request.contains, request.after, request.limit)
            .and(Field::Application, request.application)
            .and(Field::Url, request.url)
            .and(Field::SecurityMode, request.security_mode)
            .and(Field::SecurityPolicy, request.security_policy_uri)
            .and(Field::Thumbprint, request.thumbprint)
            .and(Field::Site, request.site)
            .and(Field::Edge, request.edge)
            .and(Field::Activated, request.activated)
            .and(Field::Gone, request.gone);
        let page = self.registry.query(&query.0).await?;
        let endpoints = page.records.into_iter().filter_map(recorded_endpoint).collect();
        Ok(EndpointsResponse { endpoints, next: page.next })
    }

    pub(super) async fn list_edges(&self, request: EdgesRequest) -> Result<EdgesResponse> {
        let query = query(RecordKind::Edge, None, request.after, request.limit)
            .and(Field::Site, request.site)
            .and(Field::Approval, request.approval.as_ref().and_then(word))
            .and(Field::Connected, request.connected)
            .and(Field::Capability, request.capability);
        let page = self.registry.query(&query.0).await?;
        let edges = page.records.into_iter().filter_map(recorded_edge).collect();
        Ok(EdgesResponse { edges, next: page.next })
    }

    pub(super) async fn list_sites(&self, request: SitesRequest) -> Result<SitesResponse> {
        let query = query(RecordKind::Site, None, request.after, request.limit);
        let page = self.registry.query(&query.0).await?;
        let sites = page.records.into_iter().filter_map(recorded_site).collect();
        Ok(SitesResponse { sites, next: page.next })
    }

    /// Without what each has changed, which may be long; only the summaries.
    pub(super) async fn list_runs(&self, request: RecordedRunsRequest) -> Result<RecordedRunsResponse> {
        let query = query(RecordKind::DiscoveryRun, None, request.after, request.limit)
            .and(Field::Edge, request.edge)
            .and(Field::State, request.state.as_ref().and_then(word));
        let page = self.registry.query(&query.0).await?;
        let runs = page.records.into_iter().filter_map(recorded_run).map(summarised).collect();
        Ok(RecordedRunsResponse { runs, next: page.next })
    }

    pub(super) async fn one_run(&self, id: &str) -> Result<RecordedRun> {
        let found = self.registry.get(&RecordKey::new(RecordKind::DiscoveryRun, id)).await?;
        found.and_then(recorded_run).ok_or_else(|| missing("find a search", "run", id))
    }

    pub(super) async fn whole_application(&self, id: &str) -> Result<ApplicationWithEndpoints> {
        let RecordedApplication { id, revision, application } = self.one_application(id).await?;
        let endpoints = self.endpoints_of(&id).await?;
        Ok(ApplicationWithEndpoints { id, revision, application, endpoints })
    }

    pub(super) async fn one_application(&self, id: &str) -> Result<RecordedApplication> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Application, id)).await?;
        found.and_then(recorded_application).ok_or_else(|| missing("find an application", "application", id))
    }

    pub(super) async fn endpoints_of(&self, application: &str) -> Result<Vec<RecordedEndpoint>> {
        let query = Query::of(RecordKind::Endpoint).with(Field::Application, application);
        Ok(self.registry.all(query).await?.into_iter().filter_map(recorded_endpoint).collect())
    }

    pub(super) async fn one_endpoint(&self, id: &str) -> Result<RecordedEndpoint> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Endpoint, id)).await?;
        found.and_then(recorded_endpoint).ok_or_else(|| missing("find an endpoint", "endpoint", id))
    }

    pub(super) async fn one_edge(&self, id: &str) -> Result<RecordedEdge> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Edge, id)).await?;
        found.and_then(recorded_edge).ok_or_else(|| missing("find an edge", "edge", id))
    }
}

/// A query that grows by what is asked for.
struct Asked(Query);

fn query(kind: RecordKind, contains: Option<String>, after: Option<String>, limit: Option<u32>) -> Asked {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_PAGE);
    Asked(Query { contains, after, limit, ..Query::of(kind) })
}

impl Asked {
    fn and(mut self, field: Field, value: Option<impl ToString>) -> Self {
        self.0.filters.extend(value.map(|value| Filter { field, value: value.to_string() }));
        self
    }
}

/// As it stands in JSON, and so in labels.
fn word(value: &impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

fn summarised(mut recorded: RecordedRun) -> RecordedRun {
    recorded.run.diff = recorded.run.diff.map(|diff| RunDiff {
        summary: diff.summary,
        unchanged: diff.unchanged,
        ..RunDiff::default()
    });
    recorded
}

macro_rules! recorded {
    ($($function:ident: $Record:ident { $member:ident } of $Variant:ident;)*) => {$(
        pub(super) fn $function(found: Versioned) -> Option<$Record> {
            let Versioned { key, revision, record } = found;
            let Record::$Variant($member) = record else { return None };
            let ($member, revision): ($Variant, Revision) = ($member, revision);
            Some($Record { id: key.id, revision, $member })
        }
    )*};
}

recorded! {
    recorded_application: RecordedApplication { application } of Application;
    recorded_endpoint: RecordedEndpoint { endpoint } of Endpoint;
    recorded_edge: RecordedEdge { edge } of Edge;
    recorded_site: RecordedSite { site } of Site;
    recorded_run: RecordedRun { run } of DiscoveryRun;
}

const DEFAULT_PAGE: usize = 100;
