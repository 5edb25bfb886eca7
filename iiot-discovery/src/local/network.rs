//! Searches the networks of this machine: who answers is asked who he is, and whom he knows.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::stream::{self, Stream, StreamExt};
use iiot_core::clock::Clock;
use iiot_core::operation::POINTER;
use iiot_core::{Error, ErrorKind, Result};
use tokio_util::sync::CancellationToken;

use super::multicast::{self, Announcement};
use super::prober::HelloProber;
use super::resolve::{Resolved, lookup, resolve};
use super::scan::{ScanEvent, ScanParts, ScanSettings, scan};
use super::shared_pace::SharedPace;
use super::surroundings::surroundings;
use super::{Prepared, Report, Search};
use crate::explain::{ExplainParts, Explainer};
use crate::explanation::{ExplainRequest, Explanation};
use crate::found::{FailedTarget, Scope, SearchResult, Via};
use crate::interrogation::place::Location;
use crate::interrogation::{Heard, Interrogation, InterrogationParts, Resolve, Rules, Target};
use crate::plan::ScanPlan;
use crate::presets::effective;
use crate::range::{Targets, Written};

/// Searches from where this process runs.
#[derive(Debug)]
pub struct NetworkSearch {
    clock: Arc<dyn Clock>,
    resolver: Arc<dyn Resolve>,
    explainer: Explainer,
}

/// Names of hosts are asked for so long.
const LOOKUP: Duration = Duration::from_secs(5);
const PREPARE: &str = "read the scan plan";

impl NetworkSearch {
    /// With the clock and the resolver with which it explains.
    #[must_use]
    pub fn new(parts: ExplainParts) -> Self {
        let (clock, resolver) = (Arc::clone(&parts.clock), Arc::clone(&parts.resolver));
        Self { clock, resolver, explainer: Explainer::new(parts) }
    }

    async fn resolve(&self, plan: &ScanPlan) -> Result<Resolved> {
        resolve(Written::of(plan)?, self.resolver.as_ref(), LOOKUP, self.clock.as_ref()).await
    }

    /// Addresses of the hosts in the URLs of a plan: they belong to it too.
    async fn hosts(&self, plan: &ScanPlan) -> Vec<IpAddr> {
        let lookups = stream::iter(plan.urls.clone()).map(|url| async move {
            let Ok(host) = Location::parse(&url).map(|location| location.host()) else { return Vec::new() };
            match host.parse() {
                Ok(address) => vec![address],
                Err(_) => lookup(&host, self.resolver.as_ref(), LOOKUP, self.clock.as_ref()).await.unwrap_or_default(),
            }
        });
        lookups.buffer_unordered(16).concat().await
    }
}

#[async_trait]
impl Search for NetworkSearch {
    async fn prepare(&self, plan: ScanPlan) -> Result<Prepared> {
        let plan = effective(&plan, &surroundings()?)?;
        let settings = ScanSettings::of(&plan)?;
        check(&plan)?;
        let Resolved { targets, .. } = self.resolve(&plan).await?;
        tracing::debug!(?settings, targets = targets.count(), "a search was prepared");
        let planned = targets.count();
        Ok(Prepared { what: what(&plan, &targets), scope: scope(&targets), planned, plan })
    }

    async fn search(&self, plan: &ScanPlan, report: &Report, stop: &CancellationToken) -> Result<()> {
        let Resolved { targets, unresolved } = self.resolve(plan).await?;
        for one in unresolved {
            report.say(format!("{}: {}", one.name.name, one.message));
        }
        let hosts = self.hosts(plan).await;
        let settings = ScanSettings::of(plan)?;
        let pace = SharedPace::new(&settings, Arc::clone(&self.clock));
        let interrogation = Interrogation::new(InterrogationParts {
            gate: Arc::new(Arc::clone(&pace)),
            clock: Arc::clone(&self.clock),
            resolver: Arc::clone(&self.resolver),
            ..InterrogationParts::new(plan, rules(plan, &targets, hosts))
        });
        let looking = Looking { search: self, plan, targets: &targets, report, stop, settings: &settings, pace };
        let whole = async {
            looking.run(&interrogation).await;
            interrogation.settle().await;
        };
        // What was found by then stays.
        let _ = stop.run_until_cancelled(whole).await;
        enter(interrogation.results(), report);
        Ok(())
    }

    async fn explain(&self, request: ExplainRequest) -> Result<Explanation> {
        self.explainer.explain(&request).await
    }
}

/// One search.
struct Looking<'a> {
    search: &'a NetworkSearch,
    plan: &'a ScanPlan,
    targets: &'a Targets,
    report: &'a Report,
    stop: &'a CancellationToken,
    settings: &'a ScanSettings,
    pace: Arc<SharedPace>,
}

impl Looking<'_> {
    /// Scans, listens and asks, side by side.
    async fn run(&self, interrogation: &Interrogation) {
        let (sender, receiver) = unbounded();
        let told = |heard: Heard| self.tell(heard);
        let asking = interrogation.run(self.targets_to_ask(receiver), &told);
        futures::join!(self.find(sender), asking);
    }

    /// What the plan names, and then what answers.
    fn targets_to_ask(&self, answers: UnboundedReceiver<Target>) -> impl Stream<Item = Target> + Send + use<'_> {
        stream::iter(self.plan.urls.iter().map(Target::url)).chain(answers)
    }

    async fn find(&self, sender: UnboundedSender<Target>) {
        let hearing = async {
            if self.plan.multicast {
                self.hear(&sender).await;
            }
        };
        futures::join!(self.scan(sender.clone()), hearing);
    }

    async fn scan(&self, sender: UnboundedSender<Target>) {
        let clock = Arc::clone(&self.search.clock);
        let prober = Arc::new(HelloProber::new(Arc::clone(&clock)));
        let (seed, pace) = (uuid::Uuid::new_v4().as_u64_pair().0, Some(Arc::clone(&self.pace)));
        let parts = ScanParts { clock, prober, seed, pace };
        let tally = scan(self.targets, self.settings, &parts, self.stop, |event| self.take(event, &sender)).await;
        self.count(tally.probed(), tally.answered());
        // One that was stopped covers nothing anyway.
        if tally.not_tried > 0 {
            self.report.say(format!(
                "{} addresses and ports could not be tried: who was not found there may be there all the same",
                tally.not_tried
            ));
            self.report.covers(|scope| scope.addresses.clear());
        }
    }

    fn take(&self, event: ScanEvent, sender: &UnboundedSender<Target>) {
        match event {
            ScanEvent::Answer { address, outcome } if outcome.is_opc_ua() => {
                // Whoever receives is there until the scan is over.
                let _ = sender.unbounded_send(Target::scanned(address));
            }
            ScanEvent::Answer { address, outcome } => tracing::debug!(%address, ?outcome, "no OPC UA server"),
            ScanEvent::Progress(tally) => self.count(tally.probed(), tally.answered()),
            ScanEvent::Quiet { until } => self.report.say(format!("waits for the end of quiet hours at {until}")),
        }
    }

    fn count(&self, probed: u64, answered: u64) {
        self.report.count(|counts| (counts.probed, counts.answered) = (probed, answered));
    }

    async fn hear(&self, sender: &UnboundedSender<Target>) {
        let clock = self.search.clock.as_ref();
        match multicast::listen(multicast::LISTEN, clock, self.stop).await {
            Ok(announcements) => announcements.iter().flat_map(announced).for_each(|target| {
                let _ = sender.unbounded_send(target);
            }),
            Err(error) => self.report.say(error.report()),
        }
    }

    fn tell(&self, heard: Heard) {
        match heard {
            Heard::Server { name, address } => self.report.say(format!("{name} answers at {address}")),
            Heard::Failed { url, message } => self.report.say(format!("{url}: {message}")),
        }
    }
}

/// An announcement at each of its addresses.
fn announced(announcement: &Announcement) -> Vec<Target> {
    let target = |address: &IpAddr| {
        let url = announcement.url_at(&address.to_string())?;
        let address = Some(SocketAddr::new(*address, announcement.port));
        let via = Via::Multicast { name: announcement.name.clone() };
        Some(Target { url, address, via, capabilities: announcement.capabilities.clone() })
    };
    announcement.addresses.iter().filter_map(target).collect()
}

fn rules(plan: &ScanPlan, targets: &Targets, hosts: Vec<IpAddr>) -> Rules {
    let (inside, denied) = (targets.clone(), targets.clone());
    Rules {
        inside: Arc::new(move |address| inside.contains(address) || hosts.contains(&address)),
        denied: Arc::new(move |address| denied.is_denied(address)),
        ..Rules::new(plan.follow)
    }
}

/// Places that were asked by their URL and are not there count as searched.
fn enter(results: Vec<SearchResult>, report: &Report) {
    let by_url = |failed: &&FailedTarget| failed.via.iter().any(|via| matches!(via, Via::Url { .. }));
    let failed = results.iter().filter_map(|result| match result {
        SearchResult::Failed(failed) => Some(failed),
        SearchResult::Server(_) => None,
    });
    let places: Vec<String> = failed.filter(by_url).filter_map(|failed| failed.address.clone()).collect();
    report.covers(|scope| scope.places.extend(places));
    results.into_iter().for_each(|result| report.found(result));
}

fn check(plan: &ScanPlan) -> Result<()> {
    let wrong =
        |message: String, at: String| Err(Error::new(ErrorKind::InvalidArgument, PREPARE, message).with(POINTER, at));
    if plan.addresses.is_empty() && plan.urls.is_empty() && !plan.multicast {
        let message = "it names nothing to search: give addresses or URLs, choose a preset, or listen to multicast";
        return wrong(message.into(), "#/plan".into());
    }
    if !(100..=600_000).contains(&plan.server_timeout_ms) {
        return wrong("it takes 100 to 600,000 milliseconds".into(), "#/plan/serverTimeoutMs".into());
    }
    for (index, url) in plan.urls.iter().enumerate() {
        if let Err(error) = Location::parse(url) {
            return wrong(error.message().to_owned(), format!("#/plan/urls/{index}"));
        }
    }
    Ok(())
}

fn scope(targets: &Targets) -> Scope {
    Scope {
        addresses: targets.addresses().to_entries(),
        deny: targets.denied().to_entries(),
        ports: targets.ports().to_entries(),
        places: Vec::new(),
        complete: false,
    }
}

/// `254 addresses at ports 4840-4841, 2 URLs, multicast`
fn what(plan: &ScanPlan, targets: &Targets) -> String {
    let mut parts = Vec::new();
    match (targets.addresses().count(), targets.ports().to_entries().as_slice()) {
        (0, _) => {}
        (count, ports) if ports.len() <= 5 => parts.push(format!("{count} addresses at port {}", ports.join(", "))),
        (count, _) => parts.push(format!("{count} addresses at {} ports", targets.ports().count())),
    }
    parts.extend((!plan.urls.is_empty()).then(|| format!("{} URLs", plan.urls.len())));
    parts.extend(plan.multicast.then(|| "multicast".to_owned()));
    parts.join(", ")
}
