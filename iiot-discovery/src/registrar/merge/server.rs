//! What was found, in the form in which it is compared with the record.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use iiot_core::model::{ApplicationDescription, Finding, FindingCode, Severity};

use super::bounds;
use super::shared::is_shared;
use crate::found::{FoundEndpoint, FoundServer, SearchResult};
use crate::registrar::cover::place;

/// A server that was found. No two of a search have both their ApplicationUri and an address in common.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// ApplicationUri, as it is compared.
    pub(super) uri: String,
    pub(super) description: ApplicationDescription,
    pub(super) addresses: BTreeSet<String>,
    pub(super) thumbprints: BTreeSet<String>,
    pub(super) endpoints: BTreeMap<EndpointKey, FoundEndpoint>,
    pub(super) findings: Vec<Finding>,
}

/// What tells endpoints of an application apart: URL in lower case, security mode, policy.
pub(super) type EndpointKey = (String, String, String);

/// The servers among the results, in an order that does not depend on when they were found.
pub(super) fn servers(results: &[SearchResult]) -> Vec<Server> {
    let found = results.iter().filter_map(|result| match result {
        SearchResult::Server(found) => Server::of(found),
        SearchResult::Failed(_) => None,
    });
    let mut servers = joined(found);
    servers.iter_mut().for_each(Server::keep_within_bounds);
    servers.sort_by(|one, other| (&one.uri, &one.addresses).cmp(&(&other.uri, &other.addresses)));
    servers
}

impl Server {
    fn of(found: &FoundServer) -> Option<Self> {
        let description = bounds::application(&found.description);
        let addresses = found.addresses.iter().filter_map(|address| Some(place(address)?.to_string()));
        let server = Self {
            uri: description.application_uri.to_lowercase(),
            description,
            addresses: addresses.take(MAX_ADDRESSES).collect(),
            thumbprints: BTreeSet::new(),
            endpoints: found.endpoints.iter().map(bounded).map(|one| (key(&one), one)).collect(),
            findings: found.findings.iter().filter(|finding| !is_shared(finding)).cloned().collect(),
        };
        (!server.addresses.is_empty() && !server.uri.is_empty()).then_some(server)
    }

    fn join(&mut self, other: Self) {
        self.addresses.extend(other.addresses);
        for (key, endpoint) in other.endpoints {
            self.endpoints.entry(key).or_insert(endpoint);
        }
        let new: Vec<Finding> = other.findings.into_iter().filter(|one| !self.findings.contains(one)).collect();
        self.findings.extend(new);
    }

    fn keep_within_bounds(&mut self) {
        let count = self.endpoints.len();
        if let Some((first_left_out, _)) = self.endpoints.iter().nth(MAX_ENDPOINTS) {
            let first_left_out = first_left_out.clone();
            self.endpoints.split_off(&first_left_out);
            self.findings.push(too_many(count));
        }
        self.findings.truncate(MAX_FINDINGS);
        self.endpoints.values_mut().for_each(|endpoint| endpoint.findings.truncate(MAX_FINDINGS));
        let thumbprints = self.endpoints.values().filter_map(|one| one.description.certificate_thumbprint.as_ref());
        self.thumbprints = thumbprints.map(|one| one.to_lowercase()).take(MAX_ADDRESSES).collect();
    }
}

fn bounded(found: &FoundEndpoint) -> FoundEndpoint {
    FoundEndpoint { description: bounds::endpoint(&found.description), findings: found.findings.clone() }
}

fn key(endpoint: &FoundEndpoint) -> EndpointKey {
    let description = &endpoint.description;
    key_of(&description.url, &description.security_mode, &description.security_policy_uri)
}

pub(super) fn key_of(url: &str, mode: &str, policy: &str) -> EndpointKey {
    (url.to_lowercase(), mode.to_owned(), policy.to_owned())
}

/// What has the ApplicationUri and an address in common was found twice.
fn joined(found: impl Iterator<Item = Server>) -> Vec<Server> {
    let mut servers: Vec<Option<Server>> = Vec::new();
    let mut at: HashMap<(String, String), usize> = HashMap::new();
    for mut server in found {
        let places = |server: &Server| -> Vec<(String, String)> {
            server.addresses.iter().map(|address| (server.uri.clone(), address.clone())).collect()
        };
        let same: BTreeSet<usize> = places(&server).iter().filter_map(|place| at.get(place).copied()).collect();
        for other in same.into_iter().filter_map(|index| servers[index].take()) {
            let later = std::mem::replace(&mut server, other);
            server.join(later);
        }
        at.extend(places(&server).into_iter().map(|place| (place, servers.len())));
        servers.push(Some(server));
    }
    servers.into_iter().flatten().collect()
}

fn too_many(count: usize) -> Finding {
    Finding {
        severity: Severity::Medium,
        code: FindingCode::Malformed,
        message: format!("the server tells {count} endpoints, of which {MAX_ENDPOINTS} are kept"),
        fix: "Ask the maker of the server why it tells so many.".to_owned(),
    }
}

/// Addresses that are kept of an application.
pub(super) const MAX_ADDRESSES: usize = 64;
/// Endpoints that are kept of an application.
pub(super) const MAX_ENDPOINTS: usize = 500;
const MAX_FINDINGS: usize = 50;
