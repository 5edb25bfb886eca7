//! Brings what edges use into line with what is on record.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use iiot_core::model::{Application, Endpoint, Field, Record};
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, Registry, RegistryExt, Revision};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

use super::activator::Activator;
use super::placement::{Fleet, Step, decide};

/// What a look at all endpoints has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebalanced {
    /// Endpoints that were looked at.
    pub endpoints: usize,
    /// Those that another edge uses now, or one again.
    pub moved: usize,
    /// Those that somebody wants to be used and no edge can use now.
    pub unused: usize,
}

/// Has the endpoints of edges that have been away for `patience`, or may not be used any more, used by others of the same
/// site; tries those again that no edge could use; and tells edges that are back what they no longer use. To be called when
/// an edge comes or goes, and now and then.
///
/// # Errors
/// Those of the registry. What an edge refuses is noted at the endpoint.
pub async fn rebalance(
    registry: &dyn Registry,
    activator: &dyn Activator,
    now: UtcTime,
    patience: Duration,
) -> Result<Rebalanced> {
    let fleet = Fleet::Many(edges(registry).await?);
    Settler { registry, activator, fleet, now, patience }.rebalance().await
}

/// Every edge on record.
pub(super) async fn edges(registry: &dyn Registry) -> Result<BTreeMap<String, iiot_core::model::Edge>> {
    let all = registry.all(Query::of(RecordKind::Edge)).await?;
    let edge = |record| if let Record::Edge(edge) = record { Some(edge) } else { None };
    Ok(all.into_iter().filter_map(|found| Some((found.key.id, edge(found.record)?))).collect())
}

/// Tells edges what they are to use.
#[derive(Debug)]
pub(super) struct Settler<'a> {
    pub(super) registry: &'a dyn Registry,
    pub(super) activator: &'a dyn Activator,
    pub(super) fleet: Fleet,
    pub(super) now: UtcTime,
    pub(super) patience: Duration,
}

impl Settler<'_> {
    pub(super) async fn rebalance(&self) -> Result<Rebalanced> {
        let mut told = Rebalanced::default();
        for (id, before) in self.concerned().await? {
            told.endpoints += 1;
            if self.is_settled(&id, &before).await? {
                continue;
            }
            let after = self.settle(&id).await?;
            told.moved += usize::from(after.as_ref().is_some_and(|after| has_moved(&before, after)));
            told.unused += usize::from(after.is_some_and(|after| after.activated && after.problem.is_some()));
        }
        Ok(told)
    }

    /// Settles several; slow edges do not wait for each other. The first failure of the registry.
    pub(super) async fn settle_all(&self, ids: Vec<String>) -> Result<()> {
        let work = stream::iter(ids).map(|id| async move { self.settle(&id).await });
        let outcomes: Vec<_> = work.buffer_unordered(AT_ONCE).collect().await;
        outcomes.into_iter().try_for_each(|outcome| outcome.map(drop))
    }

    /// Has an endpoint used where it should be, or nowhere. As it stands afterwards; `None` if it is not on record.
    pub(super) async fn settle(&self, id: &str) -> Result<Option<Endpoint>> {
        let key = RecordKey::new(RecordKind::Endpoint, id);
        // Edges that were asked while somebody else changed the record.
        let mut asked = BTreeSet::new();
        for _ in 0..ATTEMPTS {
            let Some((revision, before)) = self.endpoint(&key).await? else { return Ok(None) };
            let application = self.application(&before.application).await?;
            let after = self.carry_out(id, &before, application.as_ref(), &mut asked).await;
            if after == before {
                return Ok(Some(after));
            }
            match self.registry.put(&key, Record::Endpoint(after.clone()), Expected::Revision(revision)).await {
                Ok(_) => return Ok(Some(after)),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        let message = "it is changed all the time by others; try again later";
        Err(Error::new(ErrorKind::Conflict, "settle an endpoint", message).with("endpoint", id))
    }

    async fn carry_out(
        &self,
        id: &str,
        before: &Endpoint,
        application: Option<&Application>,
        asked: &mut BTreeSet<String>,
    ) -> Endpoint {
        let mut endpoint = before.clone();
        match (decide(id, before, application, &self.fleet, self.now, self.patience), application) {
            (Step::Use(candidates), Some(application)) => {
                self.take(id, &mut endpoint, application, candidates, asked).await;
            }
            (Step::Stop(reason), _) => {
                asked.extend(endpoint.edge.take());
                endpoint.problem = reason;
            }
            (Step::Wait(reason), _) => endpoint.problem = Some(reason),
            (Step::Keep | Step::Use(_), _) => {}
        }
        self.release(id, &mut endpoint, asked).await;
        endpoint
    }

    /// Has the first of the candidates use it that does.
    async fn take(
        &self,
        id: &str,
        endpoint: &mut Endpoint,
        application: &Application,
        candidates: Vec<String>,
        asked: &mut BTreeSet<String>,
    ) {
        let mut refusals = Vec::new();
        for edge in candidates {
            asked.insert(edge.clone());
            match self.activator.activate(id, endpoint, application, &edge).await {
                Ok(()) => {
                    asked.extend(endpoint.edge.replace(edge));
                    endpoint.problem = None;
                    return;
                }
                Err(error) => refusals.push(format!("{edge}: {}", error.report())),
            }
        }
        endpoint.problem = Some(refusals.join("; ").chars().take(MAX_PROBLEM).collect());
    }

    /// Tells all edges that might use it and are not to; who cannot be told is noted, until it can or is forgotten.
    async fn release(&self, id: &str, endpoint: &mut Endpoint, asked: &BTreeSet<String>) {
        let mut others: BTreeSet<String> = endpoint.unreleased.drain(..).chain(asked.iter().cloned()).collect();
        others.retain(|edge| Some(edge) != endpoint.edge.as_ref() && self.fleet.knows(edge));
        for edge in others {
            let told = self.fleet.can_be_asked(&edge) && self.activator.deactivate(id, &edge).await.is_ok();
            if !told {
                endpoint.unreleased.push(edge);
            }
        }
    }

    /// Whether there is nothing to do; nobody is asked.
    async fn is_settled(&self, id: &str, endpoint: &Endpoint) -> Result<bool> {
        let reachable = |edge: &String| self.fleet.can_be_asked(edge) || !self.fleet.knows(edge);
        if endpoint.unreleased.iter().any(reachable) {
            return Ok(false);
        }
        let application = self.application(&endpoint.application).await?;
        Ok(decide(id, endpoint, application.as_ref(), &self.fleet, self.now, self.patience) == Step::Keep)
    }

    /// Endpoints that are activated, and those that an edge uses or might use.
    async fn concerned(&self) -> Result<BTreeMap<String, Endpoint>> {
        let mut queries = vec![Query::of(RecordKind::Endpoint).with(Field::Activated, "true")];
        if let Fleet::Many(edges) = &self.fleet {
            queries.extend(edges.keys().map(|edge| Query::of(RecordKind::Endpoint).with(Field::Edge, edge)));
        }
        let mut concerned = BTreeMap::new();
        for query in queries {
            for found in self.registry.all(query).await? {
                if let Record::Endpoint(endpoint) = found.record {
                    concerned.insert(found.key.id, endpoint);
                }
            }
        }
        Ok(concerned)
    }

    async fn endpoint(&self, key: &RecordKey) -> Result<Option<(Revision, Endpoint)>> {
        let found = self.registry.get(key).await?;
        Ok(found.and_then(|found| match found.record {
            Record::Endpoint(endpoint) => Some((found.revision, endpoint)),
            _ => None,
        }))
    }

    async fn application(&self, id: &str) -> Result<Option<Application>> {
        let found = self.registry.get(&RecordKey::new(RecordKind::Application, id)).await?;
        Ok(found.and_then(|found| match found.record {
            Record::Application(application) => Some(application),
            _ => None,
        }))
    }
}

fn has_moved(before: &Endpoint, after: &Endpoint) -> bool {
    after.edge.is_some() && (after.edge != before.edge || before.problem.is_some() && after.problem.is_none())
}

/// Endpoints that are settled at the same time.
const AT_ONCE: usize = 16;
/// How often an endpoint is settled anew because somebody else has changed it meanwhile.
const ATTEMPTS: usize = 16;
const MAX_PROBLEM: usize = 1_000;
