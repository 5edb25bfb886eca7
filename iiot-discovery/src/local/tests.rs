//! The queue of searches, with a search that does what it is told.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use iiot_core::clock::SystemClock;
use iiot_core::model::{ApplicationDescription, ApplicationType};
use iiot_core::registry::{MemoryRegistry, Versioned};
use iiot_core::testing::within;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::found::{FoundServer, Via};

/// Finds one server for each permit, as many as the plan has addresses.
#[derive(Debug)]
struct Made {
    permits: Semaphore,
    /// Goes on although it is told to stop.
    stubborn: bool,
}

impl Made {
    fn new() -> Self {
        Self { permits: Semaphore::new(0), stubborn: false }
    }
}

#[async_trait]
impl Search for Made {
    async fn prepare(&self, plan: ScanPlan) -> Result<Prepared> {
        if plan.addresses.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument, "start a search", "it names nothing"));
        }
        let planned = plan.addresses.len() as u64;
        let scope = Scope { addresses: plan.addresses.clone(), ..Scope::default() };
        Ok(Prepared { plan, planned, scope, what: format!("{planned} addresses") })
    }

    async fn search(&self, plan: &ScanPlan, report: &Report, stop: &CancellationToken) -> Result<()> {
        for address in &plan.addresses {
            let permit = self.permits.acquire();
            let permit = match self.stubborn {
                true => Some(permit.await),
                false => stop.run_until_cancelled(permit).await,
            };
            let Some(permit) = permit else { return Ok(()) };
            permit.unwrap().forget();
            if address == "broken" {
                return Err(Error::new(ErrorKind::Io, "search", "the network is down"));
            }
            report.count(|counts| counts.probed += 1);
            report.found(SearchResult::Server(server(address)));
        }
        Ok(())
    }

    async fn explain(&self, request: ExplainRequest) -> Result<Explanation> {
        let sentence = "nobody knows".to_owned();
        Ok(Explanation { target: request.target, reachable: false, sentence, steps: Vec::new() })
    }
}

fn server(address: &str) -> FoundServer {
    FoundServer {
        description: ApplicationDescription {
            application_uri: format!("urn:{address}"),
            application_name: address.to_owned(),
            locale: None,
            product_uri: String::new(),
            application_type: ApplicationType::Server,
            gateway_server_uri: None,
            discovery_profile_uri: None,
            discovery_urls: Vec::new(),
            capabilities: Vec::new(),
        },
        addresses: vec![format!("{address}:4840")],
        endpoints: Vec::new(),
        findings: Vec::new(),
        via: vec![Via::Scan { address: format!("{address}:4840") }],
    }
}

struct Lab {
    made: Arc<Made>,
    registry: Arc<MemoryRegistry>,
    discovery: Arc<dyn Discovery>,
}

async fn lab(made: Made) -> Lab {
    let (made, registry) = (Arc::new(made), Arc::new(MemoryRegistry::new()));
    let discovery = Arc::new(LocalDiscovery::start(parts(&made, &registry)).await.unwrap());
    Lab { made, registry, discovery }
}

fn parts(made: &Arc<Made>, registry: &Arc<MemoryRegistry>) -> DiscoveryParts {
    DiscoveryParts {
        search: Arc::clone(made) as _,
        registry: Arc::clone(registry) as _,
        edge: Some("edge-1".into()),
        finished: None,
        clock: Arc::new(SystemClock),
    }
}

impl Lab {
    async fn start(&self, addresses: &[&str]) -> StartResponse {
        let addresses = addresses.iter().map(|&address| address.to_owned()).collect();
        self.discovery.start(StartRequest { plan: ScanPlan { addresses, ..ScanPlan::default() } }).await.unwrap()
    }

    /// All that is told of a search, to its end.
    async fn told(&self, run: &str, after: u64) -> Vec<Progress> {
        let request = ProgressRequest { run: run.to_owned(), after };
        let told = self.discovery.progress(request).await.unwrap().map(Result::unwrap);
        within("the end of a search", PATIENCE, told.collect()).await
    }

    async fn state(&self, run: &str) -> RunState {
        self.discovery.run(RunRequest { run: run.to_owned() }).await.unwrap().run.state
    }

    async fn recorded(&self, run: &str) -> DiscoveryRun {
        match self.registry.get(&RecordKey::new(RecordKind::DiscoveryRun, run)).await.unwrap() {
            Some(Versioned { record: Record::DiscoveryRun(run), .. }) => run,
            other => panic!("a search, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn searches_take_place_one_after_the_other_and_tell_how_they_get_on() {
    let lab = lab(Made::new()).await;
    let (first, second) = (lab.start(&["a", "b"]).await, lab.start(&["c"]).await);
    assert_eq!((first.position, second.position, first.planned), (0, 1, 2));
    lab.made.permits.add_permits(2);
    let told = lab.told(&first.run, 0).await;
    assert!(told.windows(2).all(|pair| pair[0].sequence < pair[1].sequence), "{told:?}");
    let states: Vec<_> = told.iter().map(|line| line.state).collect();
    assert_eq!((states.first(), states.last()), (Some(&RunState::Pending), Some(&RunState::Finished)));
    assert_eq!(told.last().unwrap().counts, Counts { planned: 2, probed: 2, servers: 2, ..Counts::default() });
    assert!(told.iter().any(|line| line.message.as_deref() == Some("b at b:4840, 0 endpoints")), "{told:?}");
    assert!(!lab.state(&second.run).await.is_over(), "nothing lets it go on");
    lab.made.permits.add_permits(1);
    lab.told(&second.run, 0).await;

    let runs = lab.discovery.runs(RunsRequest { limit: Some(1), ..RunsRequest::default() }).await.unwrap();
    assert_eq!((runs.runs[0].id.as_str(), runs.next.as_deref()), (second.run.as_str(), Some(second.run.as_str())));
    let runs = lab.discovery.runs(RunsRequest { after: runs.next, ..RunsRequest::default() }).await.unwrap();
    assert_eq!((runs.runs.len(), runs.runs[0].id.as_str(), runs.next), (1, first.run.as_str(), None));
}

#[tokio::test]
async fn results_come_page_by_page_and_progress_goes_on_behind_a_sequence() {
    let lab = lab(Made::new()).await;
    let names: Vec<String> = (0..25).map(|n| format!("plc-{n}")).collect();
    let run = lab.start(&names.iter().map(String::as_str).collect::<Vec<_>>()).await.run;
    lab.made.permits.add_permits(25);
    let told = lab.told(&run, 0).await;
    let half = told[told.len() / 2].sequence;
    let rest = lab.told(&run, half).await;
    assert!(!rest.is_empty() && rest.iter().all(|line| line.sequence > half));

    let (mut found, mut after) = (Vec::new(), Some(0));
    while let Some(start) = after {
        let request = ResultsRequest { run: run.clone(), after: start, limit: Some(10) };
        let page = lab.discovery.results(request).await.unwrap();
        assert!(page.results.len() <= 10 && page.scope.complete);
        found.extend(page.results);
        after = page.next;
    }
    let expected: Vec<_> = names.iter().map(|name| SearchResult::Server(server(name))).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_search_that_is_cancelled_ends_and_covers_nothing() {
    for stubborn in [false, true] {
        let lab = lab(Made { stubborn, ..Made::new() }).await;
        let (running, waiting) = (lab.start(&["a", "b"]).await.run, lab.start(&["c"]).await.run);
        lab.made.permits.add_permits(1);
        while lab.discovery.run(RunRequest { run: running.clone() }).await.unwrap().run.counts.servers == 0 {
            tokio::task::yield_now().await;
        }
        for run in [&waiting, &running] {
            let cancelled = lab.discovery.cancel(RunRequest { run: run.clone() });
            let cancelled = within("the end of a search", Duration::from_secs(1), cancelled).await.unwrap();
            assert_eq!(cancelled.run.state, RunState::Cancelled);
        }
        let request = ResultsRequest { run: running.clone(), after: 0, limit: None };
        let page = lab.discovery.results(request).await.unwrap();
        assert_eq!((page.results.len(), page.scope.complete), (1, false), "what it had found stays");
    }
}

#[tokio::test]
async fn what_fails_is_told_and_the_next_search_takes_place() {
    let lab = lab(Made::new()).await;
    lab.made.permits.add_permits(2);
    let (broken, next) = (lab.start(&["broken"]).await.run, lab.start(&["a"]).await.run);
    lab.told(&next, 0).await;
    let broken = lab.recorded(&broken).await;
    assert_eq!(broken.state, RunState::Failed);
    assert!(broken.error.unwrap().contains("the network is down"));

    let empty = lab.discovery.start(StartRequest { plan: ScanPlan::default() }).await.unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::InvalidArgument);
    let unknown = lab.discovery.run(RunRequest { run: "none".into() }).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_next_process_knows_the_searches_of_the_one_before() {
    let lab = lab(Made::new()).await;
    lab.made.permits.add_permits(1);
    let (over, cut) = (lab.start(&["a"]).await.run, lab.start(&["b"]).await.run);
    lab.told(&over, 0).await;
    drop(lab.discovery);
    let next = LocalDiscovery::start(parts(&lab.made, &lab.registry)).await.unwrap();
    let runs = next.runs(RunsRequest::default()).await.unwrap().runs;
    let states: Vec<_> = runs.iter().map(|run| (run.id.clone(), run.run.state)).collect();
    assert_eq!(states, [(cut, RunState::Failed), (over, RunState::Finished)]);
}

#[tokio::test]
async fn findings_are_handed_over_before_a_search_is_over() {
    let (made, registry) = (Arc::new(Made::new()), Arc::new(MemoryRegistry::new()));
    let entered = Arc::new(Mutex::new(Vec::new()));
    let taking = Arc::clone(&entered);
    let finished: OnFinished = Arc::new(move |findings| {
        taking.lock().push((findings.run.state, findings.scope.complete, findings.results.len()));
        Box::pin(async { Ok(()) })
    });
    let parts = DiscoveryParts { finished: Some(finished), ..parts(&made, &registry) };
    let discovery: Arc<dyn Discovery> = Arc::new(LocalDiscovery::start(parts).await.unwrap());
    let lab = Lab { made, registry, discovery };
    lab.made.permits.add_permits(2);
    let run = lab.start(&["a", "b"]).await.run;
    lab.told(&run, 0).await;
    assert_eq!(*entered.lock(), [(RunState::Finished, true, 2)]);
}

const PATIENCE: Duration = Duration::from_secs(20);
