//! Which of the places that answered are one server.
//!
//! A server may be reached at several addresses, and several servers may say the same of themselves: PLCs are cloned, with
//! ApplicationUri, name and sometimes the certificate's key. To take two servers for one loses one of them, so places are
//! one server only where that is as good as proven:
//!
//! 1. The same address and port, with the same ApplicationUri: one server, whatever the path.
//! 2. The same ApplicationUri at several addresses, and certificates that do not contradict: channels are opened at the
//!    addresses in turn, and their numbers must rise over both of any two ([`order`](super::order)).
//! 3. Where they do not, since a server numbers channels at random or for each address: the certificate is the same *and*
//!    what each of the places reports leads to both addresses.
//! 4. Else they are several servers, which is told of each of them.
//!
//! What may go wrong: two clones pass for one by rule 2 if other clients connect to both just so in every round, and by
//! rule 3 if their configuration, cloned too, names the addresses of both. One server is told as several if it numbers
//! channels at random and reports host names alone.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::SocketAddr;

use iiot_core::model::EndpointDescription;

use super::place::{Location, Place};
use super::told::{Told, is_same_way};

/// An application at a place.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub(crate) place: Place,
    pub(crate) told: Told,
    /// Where the URLs lead that it reports of itself.
    pub(crate) names: BTreeSet<SocketAddr>,
}

/// One application, and the places where it was seen.
#[derive(Debug, Clone)]
pub(crate) struct Gathered {
    pub(crate) told: Told,
    pub(crate) places: BTreeSet<Place>,
}

/// Addresses that were proven to be one server.
#[derive(Debug, Default, Clone)]
pub(crate) struct Evidence {
    pairs: HashSet<(SocketAddr, SocketAddr)>,
}

impl Evidence {
    /// Takes that both are one.
    pub(crate) fn add(&mut self, one: SocketAddr, other: SocketAddr) {
        self.pairs.insert((one.min(other), one.max(other)));
    }

    fn proves(&self, one: SocketAddr, other: SocketAddr) -> bool {
        self.pairs.contains(&(one.min(other), one.max(other)))
    }
}

/// Addresses that may belong to one server, and of which evidence is wanted.
pub(crate) fn doubtful(sightings: &[Sighting]) -> Vec<Vec<SocketAddr>> {
    let mut by_uri: BTreeMap<&str, BTreeSet<SocketAddr>> = BTreeMap::new();
    for sighting in sightings {
        by_uri.entry(uri(sighting)).or_default().insert(sighting.place.address);
    }
    by_uri.into_values().filter(|addresses| addresses.len() > 1).map(|all| all.into_iter().collect()).collect()
}

/// Puts together what is surely one.
pub(crate) fn gather(sightings: &[Sighting], evidence: &Evidence) -> Vec<Gathered> {
    let mut groups: BTreeMap<&str, Vec<Vec<&Sighting>>> = BTreeMap::new();
    for sighting in sightings {
        let clusters = groups.entry(uri(sighting)).or_default();
        let home = clusters.iter_mut().find(|cluster| cluster.iter().all(|one| are_one(one, sighting, evidence)));
        match home {
            Some(cluster) => cluster.push(sighting),
            None => clusters.push(vec![sighting]),
        }
    }
    groups.into_values().flatten().map(|cluster| united(&cluster)).collect()
}

fn uri(sighting: &Sighting) -> &str {
    &sighting.told.description.application_uri
}

fn are_one(one: &Sighting, other: &Sighting, evidence: &Evidence) -> bool {
    let (here, there) = (one.place.address, other.place.address);
    if here == there {
        return true;
    }
    let (ours, theirs) = (thumbprints(&one.told), thumbprints(&other.told));
    let shared = ours.intersection(&theirs).next().is_some();
    let contradicts = !shared && !ours.is_empty() && !theirs.is_empty();
    let names_both = |sighting: &Sighting| sighting.names.contains(&here) && sighting.names.contains(&there);
    !contradicts && (evidence.proves(here, there) || (shared && names_both(one) && names_both(other)))
}

/// The certificates that it shows.
pub(crate) fn thumbprints(told: &Told) -> BTreeSet<&str> {
    told.endpoints.iter().filter_map(|endpoint| endpoint.certificate_thumbprint.as_deref()).collect()
}

fn united(cluster: &[&Sighting]) -> Gathered {
    let mut told = cluster[0].told.clone();
    let places = cluster.iter().map(|sighting| sighting.place.clone()).collect();
    for sighting in &cluster[1..] {
        for endpoint in &sighting.told.endpoints {
            prefer_own_port(&mut told.endpoints, endpoint);
        }
        told.learn(sighting.told.clone());
    }
    Gathered { told, places }
}

/// An endpoint that a server reports at another port than it was asked at is better reached where it answered at that
/// port.
fn prefer_own_port(known: &mut [EndpointDescription], other: &EndpointDescription) {
    let Some(known) = known.iter_mut().find(|known| is_same_way(known, other)) else { return };
    let port = |url: &str| Location::parse(url).ok().map(|location| location.port());
    let reported = port(&known.reported_url);
    if port(&known.url) != reported && port(&other.url) == reported {
        known.url.clone_from(&other.url);
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
