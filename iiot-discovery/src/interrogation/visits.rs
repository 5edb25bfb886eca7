//! Which URLs are visited, and in which order.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::place::{Location, Place};
use crate::found::{FailedTarget, Via};
use crate::outcome::Outcome;
use crate::plan::Follow;
use iiot_core::text::{MAX_URI, cleaned};

/// Whether an address fulfils a condition.
pub type AddressRule = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// What may be visited.
#[derive(Clone)]
pub struct Rules {
    /// Which URLs are visited that servers report.
    pub follow: Follow,
    /// Whether an address belongs to the plan.
    pub inside: AddressRule,
    /// Whether an address must not be contacted; it goes before everything else.
    pub denied: AddressRule,
    /// Visits at the most that only servers asked for.
    pub most_reported: usize,
}

impl Rules {
    /// Nothing that servers report, and nothing denied.
    #[must_use]
    pub fn new(follow: Follow) -> Self {
        Self { follow, inside: Arc::new(|_| false), denied: Arc::new(|_| false), most_reported: MAX_REPORTED }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("follow", &self.follow).finish_non_exhaustive()
    }
}

/// A server to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// What the server is told to be asked for.
    pub(crate) url: String,
    pub(crate) location: Location,
    pub(crate) place: Place,
    /// Where the same URL leads too, should nobody answer at the place.
    pub(crate) otherwise: Vec<IpAddr>,
}

/// Somebody to be visited, as it was heard of.
#[derive(Debug, Clone)]
pub(crate) struct Lead {
    pub(crate) url: String,
    /// Addresses of its host, or why there are none.
    pub(crate) addresses: Result<Vec<IpAddr>, String>,
    pub(crate) via: Via,
    pub(crate) capabilities: Vec<String>,
    /// Who told of it; none if the plan or multicast did.
    pub(crate) reporter: Option<Place>,
    /// URLs of one application, as its reporter says, have a number in common.
    pub(crate) application: usize,
}

/// Why nobody was found behind a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) message: String,
}

/// Visits that are due, and what became of others. A place is asked once; a place where nobody answered is asked again by
/// another name, since some servers know only theirs.
#[derive(Debug)]
pub(crate) struct Visits {
    rules: Rules,
    places: HashMap<Place, Known>,
    due: VecDeque<Visit>,
    paths: HashMap<SocketAddr, usize>,
    reported: usize,
    applications: usize,
    /// Places of one application.
    groups: HashMap<usize, Vec<Place>>,
    /// URLs that were not visited, by their application.
    missed: HashMap<usize, Vec<Missed>>,
    misses: usize,
}

#[derive(Debug, Default)]
struct Known {
    state: State,
    urls: HashSet<String>,
    /// Other names to try, should nobody answer by the first.
    others: Vec<Visit>,
    via: BTreeSet<Via>,
    capabilities: BTreeSet<String>,
    groups: BTreeSet<usize>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum State {
    #[default]
    Due,
    Answered,
    Failed(String, Failure),
}

/// A URL that was not visited.
#[derive(Debug, Clone)]
struct Missed {
    url: String,
    address: Option<SocketAddr>,
    via: Via,
    why: String,
    /// It leads nowhere from here, whatever the plan allows.
    hopeless: bool,
}

/// A URL of a server that does not lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreached {
    pub(crate) url: String,
    pub(crate) why: String,
}

/// Enough for every plant, and a bound on what servers can make us do.
const MAX_REPORTED: usize = 20_000;
/// Different paths that are asked for at one address and port.
const MAX_PATHS: usize = 4;
/// Names by which one place is tried.
const MAX_NAMES: usize = 4;
const MAX_VIA: usize = 16;
const MAX_CAPABILITIES: usize = 100;
/// URLs that are remembered as not visited.
const MAX_MISSED: usize = 10_000;

impl Visits {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            places: HashMap::new(),
            due: VecDeque::new(),
            paths: HashMap::new(),
            reported: 0,
            applications: 0,
            groups: HashMap::new(),
            missed: HashMap::new(),
            misses: 0,
        }
    }

    /// A number for an application that somebody tells of. Who tells of himself gives his place.
    pub(crate) fn application(&mut self, here: Option<&Place>) -> usize {
        self.applications += 1;
        if let Some(place) = here {
            self.join(self.applications, place.clone());
        }
        self.applications
    }

    /// Takes what was heard of, and gives whether a visit became due.
    pub(crate) fn hear(&mut self, lead: Lead) -> bool {
        let location = match Location::parse(&lead.url) {
            Ok(location) => location,
            Err(error) => return self.miss(&lead, None, error.message().to_owned()),
        };
        let addresses = match &lead.addresses {
            Ok(addresses) => addresses.clone(),
            Err(why) => return self.miss(&lead, None, why.clone()),
        };
        let refused = addresses.iter().map(|address| self.refusal(&lead, *address)).collect::<Vec<_>>();
        let allowed: Vec<IpAddr> =
            addresses.iter().zip(&refused).filter(|(_, why)| why.is_none()).map(|(address, _)| *address).collect();
        match allowed.split_first() {
            Some((first, rest)) => {
                let visit = Visit {
                    url: location.to_string(),
                    place: location.place(*first),
                    location,
                    otherwise: rest.to_vec(),
                };
                self.plan(&lead, visit)
            }
            None => {
                let why = refused.into_iter().flatten().next().unwrap_or_else(|| "its host has no address".into());
                let first = addresses.first().map(|address| SocketAddr::new(*address, location.port()));
                self.miss(&lead, first, why)
            }
        }
    }

    /// The next visit.
    pub(crate) fn next(&mut self) -> Option<Visit> {
        self.due.pop_front()
    }

    /// Takes that somebody answered.
    pub(crate) fn answered(&mut self, visit: &Visit) {
        if let Some(known) = self.places.get_mut(&visit.place) {
            known.state = State::Answered;
            known.others.clear();
        }
    }

    /// Takes that nobody did; another name or address may become due.
    pub(crate) fn failed(&mut self, visit: Visit, failure: Failure) {
        let Some(known) = self.places.get_mut(&visit.place) else { return };
        known.state = State::Failed(visit.url.clone(), failure);
        if let Some(other) = known.others.pop() {
            known.state = State::Due;
            self.due.push_back(other);
        }
        let Some((next, rest)) = visit.otherwise.split_first() else { return };
        let place = visit.location.place(*next);
        let (via, groups) = (known.via.clone(), known.groups.clone());
        if self.places.contains_key(&place) {
            return groups.into_iter().for_each(|group| self.join(group, place.clone()));
        }
        let known = Known { urls: HashSet::from([visit.url.clone()]), via, groups: groups.clone(), ..Known::default() };
        self.places.insert(place.clone(), known);
        groups.into_iter().for_each(|group| self.join(group, place.clone()));
        self.due.push_back(Visit { place, otherwise: rest.to_vec(), ..visit });
    }

    /// How somebody at this place was heard of.
    pub(crate) fn via(&self, place: &Place) -> Vec<Via> {
        self.places.get(place).map(|known| known.via.iter().cloned().collect()).unwrap_or_default()
    }

    /// What others say that it can do.
    pub(crate) fn capabilities(&self, place: &Place) -> Vec<String> {
        self.places.get(place).map(|known| known.capabilities.iter().cloned().collect()).unwrap_or_default()
    }

    /// URLs of the application at this place that lead nowhere, while it is there.
    pub(crate) fn unreached(&self, place: &Place) -> Vec<Unreached> {
        let Some(known) = self.places.get(place) else { return Vec::new() };
        let others = known.groups.iter().filter_map(|group| self.groups.get(group)).flatten();
        let failed = others.filter_map(|other| match &self.places.get(other)?.state {
            // By another address of its host it leads there all the same.
            State::Failed(url, _) if known.urls.contains(url) => None,
            State::Failed(url, failure) => Some(Unreached { url: url.clone(), why: failure.message.clone() }),
            _ => None,
        });
        let missed = known.groups.iter().filter_map(|group| self.missed.get(group)).flatten();
        let missed = missed.filter(|missed| missed.hopeless);
        let mut all: Vec<_> =
            failed.chain(missed.map(|missed| Unreached { url: missed.url.clone(), why: missed.why.clone() })).collect();
        all.sort_by(|one, other| one.url.cmp(&other.url));
        all.dedup_by(|one, other| one.url == other.url);
        all
    }

    /// Who should be there and could not be asked. A further URL of an application that was found is none of it.
    pub(crate) fn failures(&self) -> Vec<FailedTarget> {
        let failed = self.places.iter().filter_map(|(place, known)| match &known.state {
            State::Failed(url, failure) if !known.groups.iter().any(|group| self.is_found(*group)) => {
                Some(FailedTarget {
                    url: url.clone(),
                    address: Some(place.address.to_string()),
                    outcome: failure.outcome.clone(),
                    message: failure.message.clone(),
                    via: known.via.iter().cloned().collect(),
                })
            }
            _ => None,
        });
        let missed = self
            .missed
            .iter()
            .filter(|(group, _)| !self.is_found(**group))
            .flat_map(|(_, missed)| missed)
            .map(Missed::told);
        let mut all: Vec<_> = failed.chain(missed).collect();
        all.sort_by(|one, other| (&one.url, &one.address).cmp(&(&other.url, &other.address)));
        all.dedup_by(|one, other| one.url == other.url && one.address == other.address && one.message == other.message);
        let unlisted = self.misses.saturating_sub(MAX_MISSED);
        all.extend((unlisted > 0).then(|| overflow(unlisted)));
        all
    }

    /// Whether this place can be asked for an application, as another server says.
    fn refusal(&self, lead: &Lead, address: IpAddr) -> Option<String> {
        let address = address.to_canonical();
        if (self.rules.denied)(address) {
            return Some(format!("{address} is denied by the plan"));
        }
        let Some(reporter) = &lead.reporter else {
            return matches!(lead.via, Via::Multicast { .. }).then(|| self.unwanted(address)).flatten();
        };
        let reporter = reporter.address.ip();
        if is_of_one_machine(address) && !is_of_one_machine(reporter) {
            return Some(format!("{address} means the machine itself, wherever it is said"));
        }
        if is_link_local(address) && !is_link_local(reporter) {
            return Some(format!("{address} means another machine on every link"));
        }
        self.unwanted(address)
    }

    fn unwanted(&self, address: IpAddr) -> Option<String> {
        match self.rules.follow {
            Follow::Everywhere => None,
            Follow::Inside if (self.rules.inside)(address) => None,
            Follow::Inside => {
                Some(format!("{address} is none of the addresses of the plan; add it, or follow everywhere"))
            }
            Follow::Never => Some("the plan follows no URL that servers report".into()),
        }
    }

    fn plan(&mut self, lead: &Lead, visit: Visit) -> bool {
        let place = visit.place.clone();
        if !self.places.contains_key(&place)
            && let Some(why) = self.over_bounds(lead, &place)
        {
            return self.miss(lead, Some(place.address), why);
        }
        self.join(lead.application, place.clone());
        let known = self.places.entry(place).or_default();
        if known.via.len() < MAX_VIA {
            known.via.insert(lead.via.clone());
        }
        let room = MAX_CAPABILITIES.saturating_sub(known.capabilities.len());
        known.capabilities.extend(lead.capabilities.iter().take(room).cloned());
        known.groups.insert(lead.application);
        let is_first = known.urls.is_empty();
        if known.urls.len() >= MAX_NAMES || !known.urls.insert(visit.url.clone()) {
            return false;
        }
        match known.state {
            State::Answered => return false,
            State::Due if !is_first => {
                known.others.push(visit);
                return false;
            }
            State::Due | State::Failed(..) => known.state = State::Due,
        }
        self.due.push_back(visit);
        true
    }

    /// What keeps a place from being remembered, counting it if nothing does.
    fn over_bounds(&mut self, lead: &Lead, place: &Place) -> Option<String> {
        if lead.reporter.is_some() {
            if self.reported >= self.rules.most_reported {
                return Some(format!(
                    "servers report more than {} URLs; the others are not visited",
                    self.rules.most_reported
                ));
            }
            let paths = self.paths.entry(place.address).or_default();
            if *paths >= MAX_PATHS {
                return Some(format!("more than {MAX_PATHS} paths are reported at {}", place.address));
            }
            self.reported += 1;
        }
        *self.paths.entry(place.address).or_default() += 1;
        None
    }

    fn miss(&mut self, lead: &Lead, address: Option<SocketAddr>, why: String) -> bool {
        self.misses += 1;
        if self.misses <= MAX_MISSED {
            let (url, via) = (cleaned(&lead.url, MAX_URI), lead.via.clone());
            let is_there = |place: &Place| is_of_one_machine(place.address.ip());
            let hopeless = match address {
                Some(address) => is_of_one_machine(address.ip()) && !lead.reporter.as_ref().is_some_and(is_there),
                None => true,
            };
            let missed = Missed { url, address, via, why, hopeless };
            self.missed.entry(lead.application).or_default().push(missed);
        }
        false
    }

    fn join(&mut self, group: usize, place: Place) {
        if let Some(known) = self.places.get_mut(&place) {
            known.groups.insert(group);
        }
        let places = self.groups.entry(group).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    fn is_found(&self, group: usize) -> bool {
        let state = |place: &Place| self.places.get(place).map(|known| &known.state);
        self.groups.get(&group).is_some_and(|places| places.iter().any(|place| state(place) == Some(&State::Answered)))
    }
}

impl Missed {
    fn told(&self) -> FailedTarget {
        let (url, address) = (self.url.clone(), self.address.map(|address| address.to_string()));
        let message = format!("not visited: {}", self.why);
        FailedTarget { url, address, outcome: None, message, via: vec![self.via.clone()] }
    }
}

fn overflow(count: usize) -> FailedTarget {
    let message = format!("{count} more URLs that servers report were not visited, and are too many to be listed");
    FailedTarget { url: String::new(), address: None, outcome: None, message, via: Vec::new() }
}

/// Loopback and the like: what another machine means by it is not here.
fn is_of_one_machine(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    address.is_loopback() || address.is_unspecified() || address.is_multicast() || broadcast
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
#[path = "visits_tests.rs"]
mod tests;
