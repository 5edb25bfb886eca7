//! The endpoints of an application, before and after a search.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::model::{Endpoint, EndpointDescription, Seen};

use super::server::{EndpointKey, MAX_ENDPOINTS, Server, key_of};
use super::{Draft, EndpointDraft, Search};
use crate::found::FoundEndpoint;
use crate::registrar::cover::place_of_url;
use crate::registrar::id;

/// Takes over the endpoints that the server tells; what has changed by that.
pub(super) fn merge(
    application: &str,
    draft: &mut Draft,
    server: &Server,
    search: &Search<'_>,
) -> BTreeSet<&'static str> {
    let mut changed = BTreeSet::new();
    let mut rest = by_key(draft);
    let mut new = Vec::new();
    for (key, found) in &server.endpoints {
        match rest.remove(key) {
            Some(id) => changed.extend(update(draft, &id, found, search)),
            None => new.push((key, found)),
        }
    }
    let left = left(draft, rest.into_values().collect(), server);
    let mut moved = moved(draft, &left, &new, search);
    for (key, found) in new {
        match moved.remove(key) {
            Some(id) => changed.extend(update(draft, &id, found, search)),
            None => {
                enter(application, draft, found, search);
                changed.insert("endpoints");
            }
        }
    }
    let matched: BTreeSet<EndpointKey> = server.endpoints.keys().cloned().collect();
    for id in left {
        let endpoint = draft.endpoints.get_mut(&id).and_then(|one| one.endpoint.as_mut());
        if let Some(endpoint) = endpoint.filter(|endpoint| !matched.contains(&key(endpoint)))
            && miss(endpoint, search)
        {
            changed.insert("endpoints");
        }
    }
    forget(draft);
    set_site(draft);
    changed
}

/// All endpoints at these addresses are gone.
pub(super) fn leave(draft: &mut Draft, addresses: &BTreeSet<String>, search: &Search<'_>) {
    let there = |endpoint: &Endpoint| place(endpoint).is_some_and(|at| addresses.contains(&at));
    for endpoint in all(draft).filter(|endpoint| there(endpoint)) {
        miss(endpoint, search);
    }
}

/// All endpoints are gone with their application.
pub(super) fn go(draft: &mut Draft, search: &Search<'_>) {
    for endpoint in all(draft) {
        miss(endpoint, search);
    }
}

fn all(draft: &mut Draft) -> impl Iterator<Item = &mut Endpoint> {
    draft.endpoints.values_mut().filter_map(|one| one.endpoint.as_mut())
}

fn by_key(draft: &Draft) -> BTreeMap<EndpointKey, String> {
    let endpoints = draft.endpoints.iter().filter_map(|(id, one)| Some((key(one.endpoint.as_ref()?), id.clone())));
    endpoints.rev().collect()
}

/// Those that the server should have told, or that were entered by hand.
fn left(draft: &Draft, rest: Vec<String>, server: &Server) -> Vec<String> {
    let is_left = |id: &String| {
        let endpoint = draft.endpoints.get(id).and_then(|one| one.endpoint.as_ref());
        endpoint.is_some_and(|endpoint| match place(endpoint) {
            // Where the application is still said to be, and was not asked, they may still be.
            Some(at) => server.addresses.contains(&at) || !draft.application.addresses.contains(&at),
            None => draft.application.addresses.iter().all(|address| server.addresses.contains(address)),
        })
    };
    rest.into_iter().filter(is_left).collect()
}

/// Of those that are no longer told, who is told with another URL: by mode, policy and path, where these name one only.
fn moved<'a>(
    draft: &Draft,
    left: &[String],
    new: &[(&'a EndpointKey, &FoundEndpoint)],
    search: &Search<'_>,
) -> BTreeMap<&'a EndpointKey, String> {
    type Kind<'k> = (&'k str, &'k str, String);
    fn kind(description: &EndpointDescription) -> Kind<'_> {
        (&description.security_mode, &description.security_policy_uri, path(&description.url))
    }
    let mut told: BTreeMap<Kind<'_>, Vec<&'a EndpointKey>> = BTreeMap::new();
    for (key, found) in new {
        told.entry(kind(&found.description)).or_default().push(key);
    }
    let mut missing: BTreeMap<Kind<'_>, Vec<&String>> = BTreeMap::new();
    for id in left {
        if let Some(endpoint) = draft.endpoints.get(id).and_then(|one| one.endpoint.as_ref())
            && !search.is_older_than(endpoint.seen)
        {
            missing.entry(kind(&endpoint.description)).or_default().push(id);
        }
    }
    let pair = |(kind, ids): (Kind<'_>, Vec<&String>)| match (ids.as_slice(), told.get(&kind).map(Vec::as_slice)) {
        ([id], Some([key])) => Some((*key, (*id).clone())),
        _ => None,
    };
    missing.into_iter().filter_map(pair).collect()
}

fn update(draft: &mut Draft, id: &str, found: &FoundEndpoint, search: &Search<'_>) -> BTreeSet<&'static str> {
    let mut changed = BTreeSet::new();
    let Some(endpoint) = draft.endpoints.get_mut(id).and_then(|one| one.endpoint.as_mut()) else { return changed };
    let was_gone = endpoint.seen.is_none_or(|seen| seen.gone_since.is_some());
    if endpoint.description != found.description {
        if !is_same_but_for_certificate(&endpoint.description, &found.description) {
            changed.insert("endpoints");
        } else if endpoint.description.certificate_thumbprint != found.description.certificate_thumbprint {
            changed.insert("certificate");
        }
        endpoint.description = found.description.clone();
        if endpoint.edge.is_some() {
            endpoint.problem = Some("it is no longer as it was, which its edge has not been told yet".to_owned());
        }
    }
    if was_gone {
        changed.insert("endpoints");
    }
    endpoint.seen = Some(endpoint.seen.map_or_else(|| Seen::at(search.at), |seen| seen.again(search.at)));
    endpoint.findings = found.findings.clone();
    changed
}

fn is_same_but_for_certificate(one: &EndpointDescription, other: &EndpointDescription) -> bool {
    let bare = |description: &EndpointDescription| EndpointDescription {
        certificate: None,
        certificate_thumbprint: None,
        ..description.clone()
    };
    bare(one) == bare(other)
}

fn enter(application: &str, draft: &mut Draft, found: &FoundEndpoint, search: &Search<'_>) {
    let EndpointDescription { url, security_mode, security_policy_uri, .. } = &found.description;
    let id = |salt| id::of_endpoint(application, url, security_mode, security_policy_uri, salt);
    let id = id::free(id, |id| draft.endpoints.contains_key(id) || search.circumstances.taken.contains(id));
    let mut endpoint = Endpoint::new(application, found.description.clone());
    endpoint.seen = Some(Seen::at(search.at));
    endpoint.findings = found.findings.clone();
    draft.endpoints.insert(id, EndpointDraft::new(endpoint));
}

/// Whether it was there until now. What was entered by hand stays as it is.
fn miss(endpoint: &mut Endpoint, search: &Search<'_>) -> bool {
    let Some(seen) = endpoint.seen.filter(|seen| seen.gone_since.is_none()) else { return false };
    endpoint.seen = Some(seen.missed(search.at));
    true
}

/// A server that tells other endpoints each time does not fill the record: the oldest that are gone are deleted.
fn forget(draft: &mut Draft) {
    let idle = |endpoint: &Endpoint| !endpoint.activated && endpoint.edge.is_none() && endpoint.unreleased.is_empty();
    let mut gone: Vec<(i64, String)> = Vec::new();
    for (id, one) in &draft.endpoints {
        if let Some(endpoint) = one.endpoint.as_ref().filter(|endpoint| idle(endpoint))
            && let Some(seen) = endpoint.seen.filter(|seen| seen.gone_since.is_some())
        {
            gone.push((seen.last.ticks(), id.clone()));
        }
    }
    gone.sort();
    let surplus = draft.endpoints.len().saturating_sub(MAX_ENDPOINTS);
    for (_, id) in gone.into_iter().take(surplus) {
        if let Some(one) = draft.endpoints.get_mut(&id) {
            one.endpoint = None;
        }
    }
}

fn set_site(draft: &mut Draft) {
    let site = draft.application.site.clone();
    for endpoint in all(draft) {
        endpoint.site.clone_from(&site);
    }
}

fn key(endpoint: &Endpoint) -> EndpointKey {
    let description = &endpoint.description;
    key_of(&description.url, &description.security_mode, &description.security_policy_uri)
}

fn place(endpoint: &Endpoint) -> Option<String> {
    place_of_url(&endpoint.description.url).map(|at| at.to_string())
}

/// What stands behind host and port.
fn path(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/').to_lowercase()
}
