//! Enters what edges find into the record of the plant.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use iiot_core::clock::Clock;
use iiot_core::model::{Approval, DiscoveryRun, Edge, Record};
use iiot_core::registry::{Change, Expected, Query, RecordKey, RecordKind, RegistryExt};
use iiot_core::{Error, ErrorKind, Result};
use iiot_discovery::operations::{RunResponse, RunsRequest};
use iiot_discovery::registrar::{Findings, LocalRegistrar, findings};
use iiot_discovery::{Discovery, RemoteDiscovery};
use tokio::task::JoinHandle;

use super::edges::Edges;
use crate::app::Running;

/// Follows the searches of all edges that are there, whoever began them, and enters what they found.
#[derive(Debug)]
pub struct Runs {
    following: JoinHandle<()>,
}

impl Runs {
    /// Asks edges by `edges`, and has `registrar` enter what they found.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(edges: Arc<Edges>, registrar: Arc<LocalRegistrar>, clock: Arc<dyn Clock>) -> Self {
        Self { following: tokio::spawn(follow(Follower { edges, registrar, clock })) }
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.following.abort();
    }
}

#[async_trait]
impl Running for Runs {
    fn name(&self) -> &'static str {
        "searches of edges"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, _: Duration) {
        self.following.abort();
    }
}

#[derive(Debug, Clone)]
struct Follower {
    edges: Arc<Edges>,
    registrar: Arc<LocalRegistrar>,
    clock: Arc<dyn Clock>,
}

/// Follows one edge until it is dropped.
struct Following(JoinHandle<()>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn follow(follower: Follower) {
    loop {
        if let Err(error) = follower.all_edges().await {
            tracing::warn!("searches of edges are not followed, it is tried again: {}", error.report());
        }
        follower.clock.sleep_until(follower.clock.now() + IDLE).await;
    }
}

impl Follower {
    /// Each edge in a task of its own: a slow one keeps nobody waiting.
    async fn all_edges(&self) -> Result<()> {
        let mut changes = self.edges.registry().watch(None).await?;
        let mut followed: HashMap<String, Following> = HashMap::new();
        for one in self.edges.registry().all(Query::of(RecordKind::Edge)).await? {
            self.note(&mut followed, one.key.id, &one.record);
        }
        while let Some(change) = changes.next().await {
            match change {
                Change::Put(one) if one.key.kind == RecordKind::Edge => {
                    self.note(&mut followed, one.key.id, &one.record)
                }
                Change::Deleted(key, _) if key.kind == RecordKind::Edge => drop(followed.remove(&key.id)),
                Change::Missed => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    }

    fn note(&self, followed: &mut HashMap<String, Following>, id: String, record: &Record) {
        let Record::Edge(edge) = record else { return };
        if !searches(edge) {
            followed.remove(&id);
        } else {
            let follow = |id: &String| Following(tokio::spawn(self.clone().one_edge(id.clone())));
            followed.entry(id).or_insert_with_key(follow);
        }
    }

    async fn one_edge(self, edge: String) {
        let mut lost = HashSet::new();
        let mut complaint = String::new();
        loop {
            let pause = match tokio::time::timeout(PATIENCE, self.look(&edge, &mut lost)).await {
                Ok(Ok(true)) => ACTIVE,
                Ok(Ok(false)) => IDLE,
                Ok(Err(error)) => {
                    complain(&mut complaint, &edge, error.report());
                    IDLE
                }
                Err(_) => {
                    complain(&mut complaint, &edge, format!("it has not told all within {PATIENCE:?}"));
                    IDLE
                }
            };
            self.clock.sleep_until(self.clock.now() + pause).await;
        }
    }

    /// Whether a search is under way.
    async fn look(&self, edge: &str, lost: &mut HashSet<String>) -> Result<bool> {
        let discovery = RemoteDiscovery::new(Arc::new(self.edges.ask(edge, ANSWER).await?));
        let runs = discovery.runs(RunsRequest { limit: Some(NEWEST), ..RunsRequest::default() }).await?.runs;
        let mut active = false;
        for run in runs.into_iter().take(NEWEST as usize) {
            active |= !run.run.state.is_over();
            if !lost.contains(&run.id) {
                self.enter(edge, run, &discovery, lost).await?;
            }
        }
        Ok(active)
    }

    async fn enter(
        &self,
        edge: &str,
        run: RunResponse,
        discovery: &RemoteDiscovery,
        lost: &mut HashSet<String>,
    ) -> Result<()> {
        let RunResponse { id, run } = run;
        let key = RecordKey::new(RecordKind::DiscoveryRun, &*id);
        // Whose search it is, is not up to the edge.
        let run = DiscoveryRun { edge: Some(edge.to_owned()), diff: None, ..run };
        let known = self.edges.registry().get(&key).await?;
        let recorded = known.as_ref().and_then(|known| as_run(&known.record));
        if recorded.is_some_and(|recorded| recorded.diff.is_some() || recorded.edge.as_deref() != Some(edge)) {
            return Ok(());
        }
        if run.state.is_over() {
            match findings(discovery, &id).await {
                Ok(found) => return self.merge(edge, run, found).await,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    tracing::warn!("what the search {id} of the edge {edge} found is lost: {}", error.report());
                    lost.insert(id);
                }
                Err(error) => return Err(error),
            }
        }
        if recorded == Some(&run) {
            return Ok(());
        }
        let expected = known.as_ref().map_or(Expected::Absent, |known| Expected::Revision(known.revision));
        self.edges.registry().put(&key, Record::DiscoveryRun(run), expected).await.map(drop)
    }

    async fn merge(&self, edge: &str, run: DiscoveryRun, found: Findings) -> Result<()> {
        let site = match self.edges.registry().get(&RecordKey::new(RecordKind::Edge, edge)).await?.map(|one| one.record)
        {
            Some(Record::Edge(edge)) => edge.site,
            _ => None,
        };
        let id = found.id.clone();
        let diff = self.registrar.merge(Findings { run, edge: Some(edge.to_owned()), site, ..found }).await?;
        tracing::info!("the search {id} of the edge {edge} was entered: {}", diff.summary);
        Ok(())
    }
}

fn searches(edge: &Edge) -> bool {
    let can = edge.capabilities.iter().any(|one| one == "discovery");
    can && edge.approval == Approval::Approved && edge.presence.connected
}

fn as_run(record: &Record) -> Option<&DiscoveryRun> {
    match record {
        Record::DiscoveryRun(run) => Some(run),
        _ => None,
    }
}

/// Says the same thing once.
fn complain(complaint: &mut String, edge: &str, report: String) {
    if *complaint != report {
        tracing::warn!("the searches of the edge {edge} could not be looked at: {report}");
        *complaint = report;
    }
}

/// Between two looks at an edge that searches, and at one that does not.
const ACTIVE: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(5);
/// For one answer, and for all of a look.
const ANSWER: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(300);
/// Searches that are looked at, the newest of an edge; it keeps what fewer of them found.
const NEWEST: u32 = 100;
