//! Servers are asked who they are and whom they know, and whom they know is asked too.
//!
//! An [`Interrogation`] takes places where a server answered or should ([`Target`]), asks several of them at a time, and
//! follows what they report as far as the plan allows. A server is never lost because something else failed: not by
//! another server, and not by another service of its own.

mod account;
mod ask;
mod failure;
mod gate;
mod gather;
mod order;
pub(crate) mod place;
mod resolve;
mod results;
mod single;
#[cfg(test)]
mod tests;
mod told;
mod visits;

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered, Stream, StreamExt};
use iiot_core::clock::{Clock, SystemClock};
use parking_lot::Mutex;

use crate::found::{SearchResult, Via};
use crate::plan::{Follow, ScanPlan};
use account::{Account, Elsewhere, Hosts, addresses, host_to_resolve, hosts_of_endpoints, urls};
use ask::Manner;
pub use gate::{Entry, Gate, OpenGate};
use gather::{Evidence, Sighting, doubtful};
use order::{FIRST_ROUNDS, ROUNDS, Rounds, candidates, rises};
use place::Location;
pub use resolve::{Resolve, SystemResolver};
pub(crate) use single::{Answered, Asker};
use told::Told;
pub use visits::{AddressRule, Rules};
use visits::{Lead, Visit, Visits};

/// A place to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `opc.tcp://host:port/path`
    pub url: String,
    /// Where it answered; where the URL says if there is none.
    pub address: Option<SocketAddr>,
    /// How it was found.
    pub via: Via,
    /// What it is said to be able to do, as multicast tells.
    pub capabilities: Vec<String>,
}

impl Target {
    /// An address where something speaks OPC UA.
    #[must_use]
    pub fn scanned(address: SocketAddr) -> Self {
        let via = Via::Scan { address: address.to_string() };
        Self { url: Location::of(address).to_string(), address: Some(address), via, capabilities: Vec::new() }
    }

    /// A URL that the plan names.
    #[must_use]
    pub fn url(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { via: Via::Url { url: url.clone() }, url, address: None, capabilities: Vec::new() }
    }
}

/// What an [`Interrogation`] is made of.
#[derive(Debug, Clone)]
pub struct InterrogationParts {
    /// Whom to visit.
    pub rules: Rules,
    /// Languages of names, the preferred first.
    pub locales: Vec<String>,
    /// How long a server may take to tell all about itself. Default 20 s.
    pub server_timeout: Duration,
    /// Servers that are asked at a time. Default 32.
    pub at_once: usize,
    /// Who may connect, and when.
    pub gate: Arc<dyn Gate>,
    /// Names of hosts.
    pub resolver: Arc<dyn Resolve>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl InterrogationParts {
    /// As a plan says, on the clock and the resolver of the machine, with every connection let through.
    #[must_use]
    pub fn new(plan: &ScanPlan, rules: Rules) -> Self {
        Self {
            rules,
            locales: plan.locales.clone(),
            server_timeout: Duration::from_millis(u64::from(plan.server_timeout_ms)),
            at_once: AT_ONCE.min(plan.concurrency as usize).max(1),
            gate: Arc::new(OpenGate),
            resolver: Arc::new(SystemResolver),
            clock: Arc::new(SystemClock),
        }
    }
}

/// What happens while servers are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Somebody answered.
    Server {
        /// Its name.
        name: String,
        /// Where.
        address: SocketAddr,
    },
    /// Nobody did.
    Failed {
        /// Where he should be.
        url: String,
        /// Why.
        message: String,
    },
}

/// Asks servers, and those that they know of.
///
/// ```no_run
/// use futures::stream;
/// use iiot_discovery::interrogation::{Interrogation, InterrogationParts, Rules, Target};
/// use iiot_discovery::plan::{Follow, ScanPlan};
///
/// # async fn ask() {
/// let parts = InterrogationParts::new(&ScanPlan::default(), Rules::new(Follow::Never));
/// let interrogation = Interrogation::new(parts);
/// let targets = stream::iter([Target::url("opc.tcp://plc-7:4840")]);
/// interrogation.run(targets, &|heard| println!("{heard:?}")).await;
/// interrogation.settle().await;
/// println!("{:#?}", interrogation.results());
/// # }
/// ```
#[derive(Debug)]
pub struct Interrogation {
    parts: InterrogationParts,
    manner: Manner,
    state: Mutex<State>,
    hosts: Mutex<Hosts>,
}

#[derive(Debug)]
struct State {
    visits: Visits,
    sightings: Vec<Sighting>,
    /// How each address was reached.
    doors: HashMap<SocketAddr, Visit>,
    evidence: Evidence,
}

/// Few enough to be no burden to anybody.
const AT_ONCE: usize = 32;
/// Names that are looked up at a time.
const LOOKUPS_AT_ONCE: usize = 8;
/// A resolver that does not answer keeps a server from being understood so long, and no longer.
const LOOKUP: Duration = Duration::from_secs(3);
/// Names that are remembered.
const MAX_HOSTS: usize = 50_000;
/// Addresses with one ApplicationUri between which it is decided; beyond them they are several servers.
const MAX_DOUBTFUL: usize = 64;
const MAX_PAIRS: usize = 256;

type Job<'a> = BoxFuture<'a, ()>;
type Hearing<'a> = &'a (dyn Fn(Heard) + Send + Sync);

impl Interrogation {
    /// Nobody was asked yet.
    #[must_use]
    pub fn new(parts: InterrogationParts) -> Self {
        let manner = Manner {
            locales: parts.locales.clone(),
            timeout: parts.server_timeout,
            gate: Arc::clone(&parts.gate),
            clock: Arc::clone(&parts.clock),
        };
        let visits = Visits::new(parts.rules.clone());
        let state = State { visits, sightings: Vec::new(), doors: HashMap::new(), evidence: Evidence::default() };
        Self { parts, manner, state: Mutex::new(state), hosts: Mutex::default() }
    }

    /// Asks the targets as they come, and whom servers report, until there is nobody left. It may be dropped at any time;
    /// what was found by then stays.
    pub async fn run(&self, targets: impl Stream<Item = Target> + Send, heard: Hearing<'_>) {
        let mut targets = pin!(targets.fuse());
        let mut jobs = FuturesUnordered::<Job<'_>>::new();
        loop {
            while jobs.len() < self.parts.at_once
                && let Some(visit) = self.next()
            {
                jobs.push(Box::pin(self.visit(visit, heard)));
            }
            let has_room = jobs.len() < self.parts.at_once;
            if jobs.is_empty() && targets.is_done() {
                return;
            }
            tokio::select! {
                Some(()) = jobs.next(), if !jobs.is_empty() => {}
                target = targets.next(), if has_room && !targets.is_done() => {
                    jobs.extend(target.map(|target| Box::pin(self.hear(target)) as Job<'_>));
                }
            }
        }
    }

    /// Finds out which addresses are one server, by opening channels where one ApplicationUri answers at several.
    pub async fn settle(&self) {
        let doubtful = doubtful(&self.state.lock().sightings);
        let trials = stream::iter(doubtful).map(|addresses| self.try_order(addresses));
        trials.buffer_unordered(self.parts.at_once).for_each(|()| async {}).await;
    }

    /// What was found so far. Several addresses of one server are told as several servers until
    /// [`settle`](Self::settle) has found that out.
    #[must_use]
    pub fn results(&self) -> Vec<SearchResult> {
        let state = self.state.lock();
        results::results(&state.sightings, &state.evidence, &state.visits, self.parts.clock.utc())
    }

    fn next(&self) -> Option<Visit> {
        self.state.lock().visits.next()
    }

    async fn hear(&self, target: Target) {
        let Target { url, address, via, capabilities } = target;
        let addresses = match address {
            Some(address) => Ok(vec![address.ip()]),
            None => {
                self.look_up(host_to_resolve(&url).into_iter().collect()).await;
                addresses(&url, &self.hosts.lock()).map(ips)
            }
        };
        let mut state = self.state.lock();
        let application = state.visits.application(None);
        state.visits.hear(Lead { url, addresses, via, capabilities, reporter: None, application });
    }

    async fn visit(&self, visit: Visit, heard: Hearing<'_>) {
        let said = match self.manner.ask(&visit).await {
            Ok(said) => said,
            Err(failure) => {
                heard(Heard::Failed { url: visit.url.clone(), message: failure.message.clone() });
                return self.state.lock().visits.failed(visit, failure);
            }
        };
        self.look_up(hosts_of_endpoints(&said)).await;
        let account = Account::new(&visit, &said, &self.hosts.lock());
        let reported = if self.parts.rules.follow == Follow::Never { &[][..] } else { &account.elsewhere };
        let hosts = reported.iter().flat_map(|one| &one.urls).filter_map(|url| host_to_resolve(url));
        self.look_up(hosts.collect()).await;
        for told in &account.here {
            let name = told.description.application_name.clone();
            heard(Heard::Server { name, address: visit.place.address });
        }
        self.state.lock().take(&visit, account, &self.hosts.lock(), self.parts.rules.follow);
    }

    /// Looks names up that were not yet.
    async fn look_up(&self, names: BTreeSet<String>) {
        let new: Vec<String> = {
            let known = self.hosts.lock();
            names.into_iter().filter(|name| !known.contains_key(name)).collect()
        };
        let lookups = stream::iter(new).map(|name| async {
            let found = self.resolve(&name).await;
            let mut known = self.hosts.lock();
            if known.len() >= MAX_HOSTS {
                known.clear();
            }
            known.insert(name, found);
        });
        let lookups = lookups.buffer_unordered(LOOKUPS_AT_ONCE).for_each(|()| async {});
        let clock = &self.parts.clock;
        tokio::select! {
            () = lookups => {}
            () = clock.sleep_until(clock.now() + self.parts.server_timeout) => {}
        }
    }

    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        let clock = &self.parts.clock;
        let found = tokio::select! {
            found = self.parts.resolver.resolve(name) => found,
            () = clock.sleep_until(clock.now() + LOOKUP) => return Err("its host name was not resolved in time".into()),
        };
        match found {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            _ => Err("its host name does not resolve from here".into()),
        }
    }

    /// Opens channels at these addresses in turn, then at any two of them that may be one server.
    async fn try_order(&self, addresses: Vec<SocketAddr>) {
        let addresses = &addresses[..addresses.len().min(MAX_DOUBTFUL)];
        let first = self.rounds(addresses, FIRST_ROUNDS).await;
        for (one, other) in candidates(&first, addresses.len()).into_iter().take(MAX_PAIRS) {
            let (one, other) = (addresses[one], addresses[other]);
            if rises(&self.rounds(&[one, other], ROUNDS).await, 0, 1) {
                self.state.lock().evidence.add(one, other);
            }
        }
    }

    async fn rounds(&self, addresses: &[SocketAddr], rounds: usize) -> Rounds {
        let mut all = Rounds::new();
        for _ in 0..rounds {
            let mut round = Vec::new();
            for address in addresses {
                round.push(self.channel_number(*address).await);
            }
            all.push(round);
        }
        all
    }

    async fn channel_number(&self, address: SocketAddr) -> Option<u32> {
        let door = self.state.lock().doors.get(&address).cloned()?;
        self.manner.channel_number(&door).await
    }
}

impl State {
    fn take(&mut self, visit: &Visit, account: Account, hosts: &Hosts, follow: Follow) {
        self.visits.answered(visit);
        self.doors.entry(visit.place.address).or_insert_with(|| visit.clone());
        for told in account.here {
            self.hear_own(visit, &told, hosts);
            let names = urls(&told).iter().filter_map(|url| addresses(url, hosts).ok()).flatten().collect();
            self.sightings.push(Sighting { place: visit.place.clone(), told, names });
        }
        for Elsewhere { urls, capabilities } in account.elsewhere {
            let application = self.visits.application(None);
            for url in urls {
                let addresses = match follow {
                    Follow::Never => Err("the plan follows no URL that servers report".into()),
                    _ => addresses(&url, hosts).map(ips),
                };
                self.visits.hear(lead(visit, url, addresses, capabilities.clone(), application));
            }
        }
    }

    /// Further URLs of whoever answered; those that lead where it did are no news.
    fn hear_own(&mut self, visit: &Visit, told: &Told, hosts: &Hosts) {
        let application = self.visits.application(Some(&visit.place));
        for url in urls(told) {
            let addresses = addresses(&url, hosts);
            if !addresses.as_ref().is_ok_and(|addresses| addresses.contains(&visit.place.address)) && is_binary(&url) {
                self.visits.hear(lead(visit, url, addresses.map(ips), Vec::new(), application));
            }
        }
    }
}

fn lead(
    from: &Visit,
    url: String,
    addresses: Result<Vec<IpAddr>, String>,
    capabilities: Vec<String>,
    application: usize,
) -> Lead {
    let via = Via::Reported { server: from.url.clone() };
    Lead { url, addresses, via, capabilities, reporter: Some(from.place.clone()), application }
}

/// Other schemes are for other clients; what is no URL at all is told.
fn is_binary(url: &str) -> bool {
    !Location::parse(url).is_err_and(|error| error.kind() == iiot_core::ErrorKind::Unsupported)
}

fn ips(addresses: Vec<SocketAddr>) -> Vec<IpAddr> {
    addresses.into_iter().map(|address| address.ip()).collect()
}
