//! Decisions about applications.

use std::collections::BTreeMap;

use iiot_core::model::{Application, Approval, Endpoint, Field, Record};
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, RegistryExt, Write};
use iiot_core::{Error, ErrorKind, Result};

use super::LocalRegistrar;
use super::changes::{deactivate_all, expect, goes_on};
use super::queries::{recorded_application, recorded_endpoint};
use crate::registrar::applications::{
    ApplicationDecision, ApplicationWithEndpoints, ChangeApplicationRequest, RecordedApplication,
    UpdateApplicationRequest,
};
use crate::registrar::endpoints::RecordedEndpoint;
use crate::registrar::merge::{Draft, Drafts, flag};
use crate::registrar::operations::Removed;

impl LocalRegistrar {
    pub(super) async fn edit_application(&self, request: UpdateApplicationRequest) -> Result<ApplicationWithEndpoints> {
        const UPDATE: &str = "update an application";
        let id = &request.application;
        let site_of_edge = self.site_of_edge(id, &request).await?;
        let edit = |application: &mut Application, endpoints: &mut [Endpoint]| {
            edit(application, &request, site_of_edge.as_deref());
            endpoints.iter_mut().for_each(|endpoint| endpoint.site.clone_from(&application.site));
            Ok(())
        };
        self.change_application(UPDATE, id, request.revision, edit).await?;
        self.whole_application(id).await
    }

    pub(super) async fn decide(&self, request: ApplicationDecision) -> Result<ApplicationWithEndpoints> {
        let ApplicationDecision { application: id, approval, revision } = request;
        let decide = |application: &mut Application, endpoints: &mut [Endpoint]| {
            application.approval = approval;
            if approval != Approval::Approved {
                deactivate_all(endpoints);
            }
            Ok(())
        };
        self.change_application("decide about an application", &id, revision, decide).await?;
        self.whole_application(&id).await
    }

    pub(super) async fn set_enabled(
        &self,
        request: ChangeApplicationRequest,
        enabled: bool,
    ) -> Result<ApplicationWithEndpoints> {
        let ChangeApplicationRequest { application: id, revision } = request;
        let set = |application: &mut Application, endpoints: &mut [Endpoint]| {
            application.enabled = enabled;
            if !enabled {
                deactivate_all(endpoints);
            }
            Ok(())
        };
        let operation = if enabled { "enable an application" } else { "disable an application" };
        self.change_application(operation, &id, revision, set).await?;
        self.whole_application(&id).await
    }

    /// First nobody uses it any more, then it is deleted.
    pub(super) async fn remove_application(&self, request: ChangeApplicationRequest) -> Result<Removed> {
        let ChangeApplicationRequest { application: id, revision } = request;
        expect(DELETE, revision, self.one_application(&id).await?.revision, "application", &id)?;
        let deactivate = |_: &mut Application, endpoints: &mut [Endpoint]| {
            deactivate_all(endpoints);
            Ok(())
        };
        self.change_application(DELETE, &id, revision, deactivate).await?;
        let mut attempt = 0;
        let removed = loop {
            let found = self.one_application(&id).await?;
            expect(DELETE, revision, found.revision, "application", &id)?;
            let endpoints = self.endpoints_of(&id).await?;
            endpoints.iter().try_for_each(is_unused)?;
            match self.registry.commit(deletions(&found, &endpoints)).await {
                Ok(_) => break found,
                Err(error) if goes_on(&error, revision, &mut attempt) => {}
                Err(error) => return Err(error),
            }
        };
        if removed.application.findings.iter().any(crate::registrar::merge::is_shared) {
            self.flag_anew(&removed.application).await?;
        }
        Ok(Removed { id, revision: removed.revision })
    }

    /// Looks again which applications of a place share what they should not.
    pub(super) async fn flag_anew(&self, like: &Application) -> Result<()> {
        let query = match (&like.site, &like.edge) {
            (Some(site), _) => Query::of(RecordKind::Application).with(Field::Site, site),
            (None, Some(edge)) => Query::of(RecordKind::Application).with(Field::Edge, edge),
            (None, None) => return Ok(()),
        };
        let _turn = self.entering.lock().await;
        let mut attempt = 0;
        loop {
            let found = self.registry.all(query.clone()).await?.into_iter().filter_map(recorded_application);
            let mut drafts: Drafts =
                found.map(|one| (one.id, Draft::on_record(one.revision, one.application))).collect();
            flag(&mut drafts);
            let writes: Vec<Write> = drafts.into_iter().flat_map(|(id, draft)| draft.into_writes(&id)).collect();
            match self.commit_all(writes).await {
                Err(error) if goes_on(&error, None, &mut attempt) => {}
                outcome => return outcome,
            }
        }
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<()> {
        for some in writes.chunks(MAX_COMMIT) {
            self.registry.commit(some.to_vec()).await?;
        }
        Ok(())
    }

    /// Where an application stands that nobody says any more where it stands.
    async fn site_of_edge(&self, id: &str, request: &UpdateApplicationRequest) -> Result<Option<String>> {
        if request.site != Some(None) {
            return Ok(None);
        }
        let edge = self.one_application(id).await?.application.edge;
        match edge {
            Some(edge) if self.options.edge.as_ref() == Some(&edge) => Ok(self.options.site.clone()),
            Some(edge) => Ok(self.one_edge(&edge).await.ok().and_then(|found| found.edge.site)),
            None => Ok(None),
        }
    }

    /// All endpoints on record, by their applications.
    pub(super) async fn endpoints_by_application(
        &self,
        query: Query,
    ) -> Result<BTreeMap<String, Vec<RecordedEndpoint>>> {
        let mut all: BTreeMap<String, Vec<RecordedEndpoint>> = BTreeMap::new();
        for found in self.registry.all(query).await?.into_iter().filter_map(recorded_endpoint) {
            all.entry(found.endpoint.application.clone()).or_default().push(found);
        }
        Ok(all)
    }
}

fn edit(application: &mut Application, request: &UpdateApplicationRequest, site_of_edge: Option<&str>) {
    let UpdateApplicationRequest { application_name, product_uri, capabilities, discovery_urls, site, .. } = request;
    let Application { description, edited, .. } = application;
    set(edited, "applicationName", application_name, &mut description.application_name);
    set(edited, "productUri", product_uri, &mut description.product_uri);
    set(edited, "capabilities", capabilities, &mut description.capabilities);
    set(edited, "discoveryUrls", discovery_urls, &mut description.discovery_urls);
    match site {
        Some(None) => application.site = site_of_edge.map(str::to_owned),
        Some(Some(site)) => application.site = Some(site.clone()),
        None => {}
    }
    mark(edited, "site", site.as_ref().map(Option::is_some));
}

fn set<T: Clone>(edited: &mut Vec<String>, member: &str, asked: &Option<Option<T>>, value: &mut T) {
    if let Some(Some(new)) = asked {
        value.clone_from(new);
    }
    mark(edited, member, asked.as_ref().map(Option::is_some));
}

/// Notes whether a member is set by hand, if anything is said of it.
fn mark(edited: &mut Vec<String>, member: &str, by_hand: Option<bool>) {
    let Some(by_hand) = by_hand else { return };
    edited.retain(|other| other != member);
    if by_hand {
        edited.push(member.to_owned());
        edited.sort();
    }
}

/// Whether an endpoint can be deleted without an edge going on to use it.
pub(super) fn is_unused(found: &RecordedEndpoint) -> Result<()> {
    let endpoint = &found.endpoint;
    match endpoint.edge.iter().chain(&endpoint.unreleased).next() {
        None if endpoint.activated => {
            let message = "it was activated meanwhile; try again";
            Err(Error::new(ErrorKind::Conflict, DELETE, message).with("endpoint", &found.id))
        }
        None => Ok(()),
        Some(edge) => {
            let message =
                "an edge still uses it and cannot be told; try again when the edge is back, or remove the edge";
            Err(Error::new(ErrorKind::Unavailable, DELETE, message).with("endpoint", &found.id).with("edge", edge))
        }
    }
}

/// Deletes an application with its endpoints.
pub(super) fn deletions(application: &RecordedApplication, endpoints: &[RecordedEndpoint]) -> Vec<Write> {
    let own = (RecordKind::Application, &application.id, application.revision);
    let endpoints = endpoints.iter().map(|one| (RecordKind::Endpoint, &one.id, one.revision));
    let delete = |(kind, id, revision): (RecordKind, &String, _)| Write {
        key: RecordKey::new(kind, id.clone()),
        record: None::<Record>,
        expected: Expected::Revision(revision),
    };
    std::iter::once(own).chain(endpoints).map(delete).collect()
}

const DELETE: &str = "delete an application";
/// Records in a commit, where they need not be in one.
pub(super) const MAX_COMMIT: usize = 300;
