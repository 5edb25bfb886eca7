//! Deletes what has been gone for long.

use std::time::Duration;

use iiot_core::model::{Approval, Field, Seen};
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, RegistryExt, Write};
use iiot_core::{ErrorKind, Result};

use super::LocalRegistrar;
use super::applications::{deletions, is_unused};
use super::queries::{recorded_application, recorded_endpoint};
use crate::registrar::applications::{PurgeRequest, PurgeResponse, RecordedApplication};
use crate::registrar::endpoints::RecordedEndpoint;
use crate::registrar::merge::is_shared;

impl LocalRegistrar {
    pub(super) async fn delete_gone(&self, request: PurgeRequest) -> Result<PurgeResponse> {
        let span = Duration::from_secs(60 * u64::from(request.not_seen_for_minutes));
        let mut purge = Purge { dry_run: request.dry_run, told: PurgeResponse::default(), flagged: Vec::new() };
        purge.told.dry_run = request.dry_run;
        let gone = Query::of(RecordKind::Application).with(Field::Gone, "true");
        let applications = self.registry.all(gone).await?.into_iter().filter_map(recorded_application);
        for found in applications.filter(|found| found.application.approval != Approval::Rejected) {
            if self.is_past(found.application.seen, span) {
                self.purge_application(found, &mut purge).await?;
            }
        }
        let gone = Query::of(RecordKind::Endpoint).with(Field::Gone, "true").with(Field::Activated, "false");
        let endpoints = self.registry.all(gone).await?.into_iter().filter_map(recorded_endpoint);
        for found in endpoints.filter(|found| self.is_past(found.endpoint.seen, span)) {
            self.purge_endpoint(found, &mut purge).await?;
        }
        for application in purge.flagged {
            self.flag_anew(&application.application).await?;
        }
        Ok(purge.told)
    }

    fn is_past(&self, seen: Option<Seen>, span: Duration) -> bool {
        seen.is_some_and(|seen| seen.gone_since.is_some() && self.clock.utc().since(seen.last) >= span)
    }

    /// One that was found again meanwhile, or that an edge still uses, stays.
    async fn purge_application(&self, found: RecordedApplication, purge: &mut Purge) -> Result<()> {
        let endpoints = self.endpoints_of(&found.id).await?;
        let in_use = |one: &RecordedEndpoint| one.endpoint.edge.is_some() || !one.endpoint.unreleased.is_empty();
        if endpoints.iter().any(in_use) {
            return Ok(());
        }
        let writes = deletions(&found, &endpoints);
        let records = writes.len() as u64;
        if self.delete_unless(writes, purge.dry_run).await? {
            note(&mut purge.told.applications, &found.id);
            purge.told.records += records;
            if found.application.findings.iter().any(is_shared) {
                purge.flagged.push(found);
            }
        }
        Ok(())
    }

    async fn purge_endpoint(&self, found: RecordedEndpoint, purge: &mut Purge) -> Result<()> {
        let application = RecordKey::new(RecordKind::Application, &*found.endpoint.application);
        let rejected_or_gone = match self.registry.get(&application).await?.and_then(recorded_application) {
            Some(of) => of.application.seen.is_some_and(|seen| seen.gone_since.is_some()),
            None => false,
        };
        if rejected_or_gone || is_unused(&found).is_err() {
            return Ok(());
        }
        let key = RecordKey::new(RecordKind::Endpoint, &*found.id);
        let write = Write { key, record: None, expected: Expected::Revision(found.revision) };
        if self.delete_unless(vec![write], purge.dry_run).await? {
            note(&mut purge.told.endpoints, &found.id);
            purge.told.records += 1;
        }
        Ok(())
    }

    /// Whether it was deleted, or would be: nobody has changed it meanwhile.
    async fn delete_unless(&self, writes: Vec<Write>, dry_run: bool) -> Result<bool> {
        if dry_run {
            return Ok(true);
        }
        match self.registry.commit(writes).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}

struct Purge {
    dry_run: bool,
    told: PurgeResponse,
    /// What others may have been told to share something with.
    flagged: Vec<RecordedApplication>,
}

fn note(list: &mut Vec<String>, id: &str) {
    if list.len() < MAX_TOLD {
        list.push(id.to_owned());
    }
}

const MAX_TOLD: usize = 1_000;
