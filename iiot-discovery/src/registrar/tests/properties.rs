//! Plants and searches by chance, and what holds for all of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::executor::block_on;
use iiot_core::model::{FindingCode, RunDiff};
use proptest::prelude::*;

use super::plant::Plant;
use crate::registrar::applications::RecordedApplication;

/// Where a server stands, what it calls itself and which certificate it shows.
#[derive(Debug, Clone)]
struct Server {
    at: u8,
    uri: u8,
    certificate: u8,
}

#[derive(Debug, Clone)]
enum Event {
    /// A search by an edge, of one of three networks or of all.
    Search {
        edge: usize,
        network: u8,
        cancelled: bool,
    },
    /// A server is somewhere else, if there is room.
    Move(usize, u8),
    Renew(usize, u8),
    Rename(usize, u8),
    Leave(usize),
    Come(Server),
    Decide(usize, &'static str),
    Presence(usize, bool),
}

const EDGES: [&str; 3] = ["east", "west", "north"];

fn server() -> impl Strategy<Value = Server> {
    (0..18_u8, 0..4_u8, 0..4_u8).prop_map(|(at, uri, certificate)| Server { at, uri, certificate })
}

fn event() -> impl Strategy<Value = Event> {
    let one = 0..12_usize;
    prop_oneof![
        6 => (0..3_usize, 0..4_u8, prop::bool::weighted(0.1))
            .prop_map(|(edge, network, cancelled)| Event::Search { edge, network, cancelled }),
        2 => (one.clone(), 0..18_u8).prop_map(|(which, at)| Event::Move(which, at)),
        1 => (one.clone(), 0..4_u8).prop_map(|(which, certificate)| Event::Renew(which, certificate)),
        1 => (one.clone(), 0..4_u8).prop_map(|(which, uri)| Event::Rename(which, uri)),
        1 => one.clone().prop_map(Event::Leave),
        2 => server().prop_map(Event::Come),
        2 => (one, prop::sample::select(vec!["approve", "reject", "activate", "disable", "enable"]))
            .prop_map(|(which, verb)| Event::Decide(which, verb)),
        1 => (0..3_usize, any::<bool>()).prop_map(|(edge, there)| Event::Presence(edge, there)),
    ]
}

/// Servers by their addresses: each has one, in one of three networks.
type Servers = BTreeMap<u8, Server>;

fn ip(at: u8) -> String {
    format!("10.0.{}.{}", at / 6, at % 6 + 1)
}

fn is_in(at: u8, network: u8) -> bool {
    network == 3 || at / 6 == network
}

fn search(edge: usize, network: u8, cancelled: bool, servers: &Servers) -> String {
    let scope = if network == 3 { "10.0.0.0/16".to_owned() } else { format!("10.0.{network}.0/24") };
    let seen = servers.values().filter(|one| is_in(one.at, network));
    let seen = seen.map(|one| format!("urn:{}@{} c{}", one.uri, ip(one.at), one.certificate));
    let cancelled = if cancelled { " cancelled" } else { "" };
    format!("{} {scope}{cancelled}: {}", EDGES[edge], seen.collect::<Vec<_>>().join("; "))
}

fn happen(plant: &mut Plant, servers: &mut Servers, event: Event) -> Result<(), TestCaseError> {
    let named = |servers: &Servers, which: usize| servers.keys().nth(which % servers.len().max(1)).copied();
    match event {
        Event::Search { edge, network, cancelled } => return searched(plant, servers, edge, network, cancelled),
        Event::Move(which, to) => {
            if let Some(at) = named(servers, which).filter(|_| !servers.contains_key(&to)) {
                let one = servers.remove(&at).unwrap();
                servers.insert(to, Server { at: to, ..one });
            }
        }
        Event::Renew(which, certificate) => {
            let at = named(servers, which);
            at.and_then(|at| servers.get_mut(&at)).into_iter().for_each(|one| one.certificate = certificate);
        }
        Event::Rename(which, uri) => {
            let at = named(servers, which);
            at.and_then(|at| servers.get_mut(&at)).into_iter().for_each(|one| one.uri = uri);
        }
        Event::Leave(which) => {
            let at = named(servers, which);
            at.map(|at| servers.remove(&at));
        }
        Event::Come(server) => {
            servers.entry(server.at).or_insert(server);
        }
        Event::Decide(which, verb) => {
            let all = block_on(plant.applications());
            if let Some(one) = all.get(which % all.len().max(1)).filter(|one| !one.application.addresses.is_empty()) {
                let at = one.application.addresses[0].replace(":4840", "");
                let name = format!("{}@{at}", one.application.description.application_uri);
                // What is not approved cannot be activated.
                let _ = block_on(plant.change(verb, &name));
            }
        }
        Event::Presence(edge, there) => {
            let verb = if there { "find" } else { "lose" };
            block_on(plant.step(&format!("{verb} {}", EDGES[edge])));
        }
    }
    Ok(())
}

fn searched(
    plant: &mut Plant,
    servers: &Servers,
    edge: usize,
    network: u8,
    cancelled: bool,
) -> Result<(), TestCaseError> {
    let before = block_on(plant.applications());
    plant.clock.advance(std::time::Duration::from_secs(60));
    let findings = plant.findings(&search(edge, network, cancelled, servers));
    let diff = block_on(plant.registrar.merge(findings.clone())).unwrap();
    let after = block_on(plant.applications());
    nothing_is_lost(&before, &after)?;
    nobody_is_there_twice(&after)?;
    who_was_found_is_there(servers, network, edge, &after)?;
    the_diff_adds_up(&diff, servers, network, cancelled, &before, edge)?;
    flags_are_true(&after)?;
    endpoints_are_used_by_whom_they_say(plant)?;

    let dump = block_on(plant.dump());
    let again = block_on(plant.registrar.merge(findings)).unwrap();
    prop_assert_eq!(block_on(plant.dump()), dump, "entered twice");
    prop_assert_eq!((again.new.len(), again.back.len(), again.changed.len(), again.gone.len()), (0, 0, 0, 0));
    Ok(())
}

fn nothing_is_lost(before: &[RecordedApplication], after: &[RecordedApplication]) -> Result<(), TestCaseError> {
    let ids: HashSet<&String> = after.iter().map(|one| &one.id).collect();
    prop_assert!(before.iter().all(|one| ids.contains(&one.id)));
    for one in before {
        let same = after.iter().find(|other| other.id == one.id).unwrap();
        prop_assert_eq!(one.application.approval, same.application.approval);
        prop_assert_eq!(one.application.enabled, same.application.enabled);
    }
    Ok(())
}

fn nobody_is_there_twice(all: &[RecordedApplication]) -> Result<(), TestCaseError> {
    let mut places = HashSet::new();
    for one in all {
        for address in &one.application.addresses {
            let uri = one.application.description.application_uri.clone();
            prop_assert!(places.insert((one.application.site.clone(), uri, address.clone())), "{:?}", one);
        }
    }
    Ok(())
}

fn who_was_found_is_there(
    servers: &Servers,
    network: u8,
    edge: usize,
    all: &[RecordedApplication],
) -> Result<(), TestCaseError> {
    let site = super::plant::SITES[edge].1;
    for server in servers.values().filter(|one| is_in(one.at, network)) {
        let (uri, address) = (format!("urn:{}", server.uri), format!("{}:4840", ip(server.at)));
        let is_it = |one: &&RecordedApplication| {
            let application = &one.application;
            application.site.as_deref() == site
                && application.description.application_uri == uri
                && application.addresses.contains(&address)
                && application.seen.is_some_and(|seen| seen.gone_since.is_none())
        };
        prop_assert_eq!(all.iter().filter(is_it).count(), 1, "{:?} of {:?}", server, all);
    }
    Ok(())
}

fn the_diff_adds_up(
    diff: &RunDiff,
    servers: &Servers,
    network: u8,
    cancelled: bool,
    before: &[RecordedApplication],
    edge: usize,
) -> Result<(), TestCaseError> {
    let found = servers.values().filter(|one| is_in(one.at, network)).count() as u64;
    let lists = [&diff.new, &diff.back, &diff.changed];
    let told = lists.iter().map(|list| list.len() as u64).sum::<u64>() + diff.unchanged;
    prop_assert_eq!(told, found, "each server has one address: {:?}", diff);
    let named: Vec<&String> = lists.into_iter().chain([&diff.gone]).flatten().map(|one| &one.id).collect();
    prop_assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len());
    prop_assert!(diff.gone.is_empty() || !cancelled);
    for gone in &diff.gone {
        let was = &before.iter().find(|one| one.id == gone.id).unwrap().application;
        prop_assert!(was.edge.as_deref().is_none_or(|owner| owner == EDGES[edge]), "{:?}", was);
        let networks = was.addresses.iter().map(|address| address.split('.').nth(2).unwrap().parse::<u8>().unwrap());
        prop_assert!(networks.into_iter().all(|of| network == 3 || of == network), "{:?}", was);
    }
    Ok(())
}

fn flags_are_true(all: &[RecordedApplication]) -> Result<(), TestCaseError> {
    for one in all {
        let is_here = |one: &RecordedApplication| one.application.seen.is_some_and(|seen| seen.gone_since.is_none());
        let others = || {
            let there = all.iter().filter(|other| other.id != one.id && is_here(other));
            there.filter(|other| other.application.site == one.application.site).map(|other| &other.application)
        };
        let uri = &one.application.description.application_uri;
        let shares_uri = is_here(one) && others().any(|other| other.description.application_uri == *uri);
        let thumbprints = &one.application.thumbprints;
        let shares_certificate =
            is_here(one) && others().any(|other| other.thumbprints.iter().any(|theirs| thumbprints.contains(theirs)));
        let has = |code| one.application.findings.iter().any(|finding| finding.code == code);
        prop_assert_eq!(has(FindingCode::SharedApplicationUri), shares_uri, "{:?}", one);
        prop_assert_eq!(has(FindingCode::SharedCertificate), shares_certificate, "{:?}", one);
    }
    Ok(())
}

/// Everybody answers, so every edge uses what is said of it, or is not to be asked now.
fn endpoints_are_used_by_whom_they_say(plant: &Plant) -> Result<(), TestCaseError> {
    let endpoints = block_on(plant.endpoints());
    for edge in EDGES {
        let said = endpoints.iter().filter(|one| {
            one.endpoint.edge.as_deref() == Some(edge) || one.endpoint.unreleased.iter().any(|name| name == edge)
        });
        prop_assert_eq!(plant.edges.used_by(edge).len(), said.count(), "{}", edge);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_record_is_straight(
        servers in prop::collection::vec(server(), 0..8),
        events in prop::collection::vec(event(), 1..20),
    ) {
        let mut servers: Servers = servers.into_iter().map(|server| (server.at, server)).collect();
        let mut plant = block_on(Plant::new());
        for event in events {
            happen(&mut plant, &mut servers, event)?;
        }
    }
}
