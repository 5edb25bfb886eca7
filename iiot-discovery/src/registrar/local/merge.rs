//! Enters what a search found.

use std::collections::{BTreeMap, HashSet};

use iiot_core::model::{DiscoveryRun, Field, Record, RunDiff};
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, RegistryExt, Versioned, Write};
use iiot_core::{Error, ErrorKind, Result};

use super::LocalRegistrar;
use super::applications::MAX_COMMIT;
use super::queries::recorded_application;
use crate::found::{ResultsRequest, SearchResult};
use crate::operations::Discovery;
use crate::registrar::merge::{Circumstances, Draft, Drafts, EndpointDraft, Findings, Group, Plan, Verdicts, merge};

impl LocalRegistrar {
    /// Enters what a search found, and stores the search with what it changed. Entered again, it changes nothing. What was
    /// active and is back is used again; what is gone no longer.
    ///
    /// Applications are entered one by one or some at once, each with its endpoints, and the search last: if this fails half
    /// way, it can be entered again.
    ///
    /// # Errors
    /// Those of the registry; `Conflict` if others change the same records all the time.
    pub async fn merge(&self, findings: Findings) -> Result<RunDiff> {
        let findings = Findings {
            edge: findings.edge.or_else(|| self.options.edge.clone()),
            site: findings.site.or_else(|| self.options.site.clone()),
            ..findings
        };
        let turn = self.entering.lock().await;
        let entered = self.enter(&findings).await?;
        drop(turn);
        let diff = entered.verdicts.into_diff();
        self.store(&findings, &diff).await?;
        self.settle_all(entered.unsettled).await?;
        Ok(diff)
    }

    async fn enter(&self, findings: &Findings) -> Result<Entered> {
        let (mut entered, mut taken) = (Entered::default(), HashSet::new());
        for _ in 0..ATTEMPTS {
            let fleet = self.fleet().await?;
            let circumstances = Circumstances {
                fleet: &fleet,
                rules: &self.options.rules,
                now: self.clock.utc(),
                patience: self.options.patience,
                taken: &taken,
            };
            let plan = merge(self.records(findings).await?, findings, circumstances);
            let new = new_ids(&plan);
            match self.carry_out(plan, &mut entered).await {
                Ok(()) => return Ok(entered),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => taken.extend(self.on_record(new).await?),
                Err(error) => return Err(error),
            }
        }
        let message = "others change the same records all the time; try again later";
        Err(Error::new(ErrorKind::Conflict, MERGE, message).with("run", &findings.id))
    }

    /// In commits of some hundred records, each application with its endpoints in one.
    async fn carry_out(&self, plan: Plan, entered: &mut Entered) -> Result<()> {
        let Plan { groups, verdicts, unsettled } = plan;
        entered.unsettled.extend(unsettled);
        for groups in batches(groups) {
            let applications: Vec<String> = groups.iter().map(|group| group.application.clone()).collect();
            let writes: Vec<Write> = groups.into_iter().flat_map(|group| group.writes).collect();
            self.registry.commit(writes).await?;
            applications.iter().for_each(|id| entered.verdicts.take_over(id, &verdicts));
        }
        entered.verdicts.take_over_others(verdicts);
        Ok(())
    }

    /// The applications of the site and of the edge, with their endpoints.
    async fn records(&self, findings: &Findings) -> Result<Drafts> {
        let mut drafts = Drafts::new();
        let places = [(Field::Site, &findings.site), (Field::Edge, &findings.edge)];
        for (field, value) in places.into_iter().filter_map(|(field, value)| Some((field, value.as_ref()?))) {
            let found = self.registry.all(Query::of(RecordKind::Application).with(field, value)).await?;
            let known = found.into_iter().filter_map(recorded_application);
            drafts.extend(known.map(|one| (one.id, Draft::on_record(one.revision, one.application))));
        }
        for (application, endpoints) in self.endpoints_for(findings, &drafts).await? {
            if let Some(draft) = drafts.get_mut(&application) {
                draft.endpoints = endpoints;
            }
        }
        Ok(drafts)
    }

    async fn endpoints_for(
        &self,
        findings: &Findings,
        drafts: &Drafts,
    ) -> Result<BTreeMap<String, BTreeMap<String, EndpointDraft>>> {
        let query = Query::of(RecordKind::Endpoint);
        let elsewhere: Vec<&String> = drafts
            .iter()
            .filter(|(_, draft)| findings.site.is_none() || draft.application.site != findings.site)
            .map(|(id, _)| id)
            .collect();
        let mut queries = Vec::new();
        if elsewhere.len() > MAX_SINGLE_QUERIES {
            queries.push(query);
        } else {
            queries.extend(elsewhere.into_iter().map(|id| query.clone().with(Field::Application, id)));
            queries.extend(findings.site.as_ref().map(|site| query.clone().with(Field::Site, site)));
        }
        let mut all: BTreeMap<String, BTreeMap<String, EndpointDraft>> = BTreeMap::new();
        for query in queries {
            for (application, endpoints) in self.endpoints_by_application(query).await? {
                let drafts =
                    endpoints.into_iter().map(|one| (one.id, EndpointDraft::on_record(one.revision, one.endpoint)));
                all.entry(application).or_default().extend(drafts);
            }
        }
        Ok(all)
    }

    /// The search, with what it changed when it was first entered.
    async fn store(&self, findings: &Findings, diff: &RunDiff) -> Result<()> {
        let key = RecordKey::new(RecordKind::DiscoveryRun, &*findings.id);
        loop {
            let expected = match self.registry.get(&key).await? {
                Some(Versioned { record: Record::DiscoveryRun(DiscoveryRun { diff: Some(_), .. }), .. }) => {
                    return Ok(());
                }
                Some(found) => Expected::Revision(found.revision),
                None => Expected::Absent,
            };
            let run = DiscoveryRun {
                edge: findings.edge.clone().or_else(|| findings.run.edge.clone()),
                diff: Some(diff.clone()),
                ..findings.run.clone()
            };
            match self.registry.put(&key, Record::DiscoveryRun(run), expected).await {
                Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::AlreadyExists) => {}
                outcome => return outcome.map(drop),
            }
        }
    }

    async fn on_record(&self, ids: Vec<RecordKey>) -> Result<Vec<String>> {
        let mut on_record = Vec::new();
        for key in ids {
            if self.registry.get(&key).await?.is_some() {
                on_record.push(key.id);
            }
        }
        Ok(on_record)
    }
}

/// What has been entered so far.
#[derive(Debug, Default)]
struct Entered {
    verdicts: Verdicts,
    unsettled: Vec<String>,
}

fn new_ids(plan: &Plan) -> Vec<RecordKey> {
    let writes = plan.groups.iter().flat_map(|group| &group.writes);
    let new = writes.filter(|write| write.expected == Expected::Absent);
    new.map(|write| write.key.clone()).collect()
}

/// Groups that are committed together.
fn batches(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut batches: Vec<Vec<Group>> = Vec::new();
    let mut room = 0;
    for group in groups {
        let count = group.writes.len();
        if count > room || batches.is_empty() {
            batches.push(Vec::new());
            room = MAX_COMMIT.max(count);
        }
        room -= count;
        batches.last_mut().expect("there is one by now").push(group);
    }
    batches
}

/// All that a search found, page by page, as [`LocalRegistrar::merge`] takes it.
///
/// # Errors
/// Those of the discovery; `InvalidArgument` if the search is not over.
pub async fn findings(discovery: &dyn Discovery, run: &str) -> Result<Findings> {
    let mut results: Vec<SearchResult> = Vec::new();
    let mut after = 0;
    loop {
        let request = ResultsRequest { run: run.to_owned(), after, limit: Some(MAX_RESULTS) };
        let page = discovery.results(request).await?;
        if !page.run.state.is_over() {
            let error = Error::new(ErrorKind::InvalidArgument, MERGE, "the search is not over; wait for its end");
            return Err(error.with("run", run));
        }
        results.extend(page.results);
        match page.next.filter(|next| *next > after) {
            Some(next) => after = next,
            None => {
                let edge = page.run.edge.clone();
                return Ok(Findings {
                    id: run.to_owned(),
                    run: page.run,
                    scope: page.scope,
                    results,
                    edge,
                    site: None,
                });
            }
        }
    }
}

const MERGE: &str = "enter what a search found";
/// How often it is begun anew because others have changed the same records.
const ATTEMPTS: usize = 100;
/// Applications whose endpoints are asked for one by one.
const MAX_SINGLE_QUERIES: usize = 64;
const MAX_RESULTS: u32 = 500;
