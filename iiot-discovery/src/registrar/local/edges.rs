//! Decisions about edges and sites.

use iiot_core::model::{Approval, Edge, Field, Record, Site};
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, RegistryExt};
use iiot_core::{Error, ErrorKind, Result};

use super::changes::{expect, goes_on};
use super::queries::recorded_site;
use super::{LocalRegistrar, missing, refused};
use crate::registrar::edges::{EdgeDecision, EdgeRequest, PutSiteRequest, RecordedEdge, RecordedSite, SiteRequest};
use crate::registrar::operations::Removed;

impl LocalRegistrar {
    /// Afterwards its work is given to it, or to others.
    pub(super) async fn decide_about_edge(&self, request: EdgeDecision) -> Result<RecordedEdge> {
        let EdgeDecision { edge: id, approval, place_key } = request;
        let mut attempt = 0;
        loop {
            let found = self.one_edge(&id).await?;
            if found.edge.place_key != place_key {
                let message = "it announces another key than the one that was compared; compare again";
                return Err(Error::new(ErrorKind::Conflict, "decide about an edge", message).with("edge", &id));
            }
            let key = RecordKey::new(RecordKind::Edge, &*id);
            let record = Record::Edge(Edge { approval, ..found.edge.clone() });
            match self.registry.put(&key, record, Expected::Revision(found.revision)).await {
                Ok(_) => break,
                Err(error) if goes_on(&error, None, &mut attempt) => {}
                Err(error) => return Err(error),
            }
        }
        let decided = self.one_edge(&id).await?;
        if let Some(site) = decided.edge.site.as_ref().filter(|_| approval == Approval::Approved) {
            self.know_site(site).await?;
        }
        self.rebalance().await?;
        Ok(decided)
    }

    pub(super) async fn forget_edge(&self, request: EdgeRequest) -> Result<Removed> {
        let found = self.one_edge(&request.edge).await?;
        let key = RecordKey::new(RecordKind::Edge, &*found.id);
        self.registry.delete(&key, Expected::Any).await?;
        self.rebalance().await?;
        Ok(Removed { id: found.id, revision: found.revision })
    }

    pub(super) async fn name_site(&self, request: PutSiteRequest) -> Result<RecordedSite> {
        const PUT: &str = "name a site";
        let PutSiteRequest { site: id, name, revision } = request;
        let key = RecordKey::new(RecordKind::Site, &*id);
        let mut attempt = 0;
        loop {
            let found = self.registry.get(&key).await?.and_then(recorded_site);
            match (revision, &found) {
                (Some(_), None) => return Err(missing(PUT, "site", &id)),
                (revision, Some(found)) => expect(PUT, revision, found.revision, "site", &id)?,
                (None, None) => {}
            }
            let created = found.as_ref().map_or_else(|| self.clock.utc(), |found| found.site.created);
            let site = Site { name: name.clone(), created };
            let expected = found.map_or(Expected::Absent, |found| Expected::Revision(found.revision));
            match self.registry.put(&key, Record::Site(site.clone()), expected).await {
                Ok(revision) => return Ok(RecordedSite { id, revision, site }),
                Err(error) if goes_on(&error, revision, &mut attempt) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn forget_site(&self, request: SiteRequest) -> Result<Removed> {
        let id = request.site;
        let key = RecordKey::new(RecordKind::Site, &*id);
        let found = self.registry.get(&key).await?.ok_or_else(|| missing(REMOVE_SITE, "site", &id))?;
        for (kind, message) in [
            (RecordKind::Edge, "an edge says that it stands there; remove it first, or move it"),
            (RecordKind::Application, "an application stands there; delete it first, or move it"),
        ] {
            let query = Query { limit: 1, ..Query::of(kind).with(Field::Site, &*id) };
            if let Some(there) = self.registry.query(&query).await?.records.first() {
                let error = refused(REMOVE_SITE, message).with("site", &id);
                return Err(error.with("record", &there.key));
            }
        }
        self.registry.delete(&key, Expected::Revision(found.revision)).await?;
        Ok(Removed { id, revision: found.revision })
    }

    /// A site that an approved edge stands at is on record, if only by its id.
    async fn know_site(&self, id: &str) -> Result<()> {
        let key = RecordKey::new(RecordKind::Site, id);
        let site = Site { name: id.to_owned(), created: self.clock.utc() };
        match self.registry.put(&key, Record::Site(site), Expected::Absent).await {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

const REMOVE_SITE: &str = "remove a site";
