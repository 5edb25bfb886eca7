//! Servers that cannot be told apart.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::model::{Finding, FindingCode, Severity};

use super::finding;
use crate::found::FoundServer;

/// Adds to each of these servers what it has in common with another and should not.
pub fn shared(servers: &mut [FoundServer]) {
    let by_uri = groups(servers, |server| BTreeSet::from([server.description.application_uri.clone()]));
    let by_certificate = groups(servers, thumbprints);
    let names: Vec<String> = servers.iter().map(|server| server.addresses.join(", ")).collect();
    for (group, told) in [(by_uri, shared_uri as Telling), (by_certificate, shared_certificate)] {
        for (what, members) in group {
            for member in &members {
                let others: Vec<&str> =
                    members.iter().filter(|other| *other != member).map(|other| names[*other].as_str()).collect();
                servers[*member].findings.push(told(&what, &listed(&others)));
            }
        }
    }
    for server in servers {
        server.findings.sort_by(|one, other| (other.severity, one).cmp(&(one.severity, other)));
    }
}

type Telling = fn(&str, &str) -> Finding;

const MAX_NAMES: usize = 5;

/// What several have in common, and who.
fn groups(servers: &[FoundServer], of: impl Fn(&FoundServer) -> BTreeSet<String>) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, server) in servers.iter().enumerate() {
        for what in of(server) {
            groups.entry(what).or_default().push(index);
        }
    }
    groups.retain(|_, members| members.len() > 1);
    groups
}

fn thumbprints(server: &FoundServer) -> BTreeSet<String> {
    server.endpoints.iter().filter_map(|endpoint| endpoint.description.certificate_thumbprint.clone()).collect()
}

fn listed(names: &[&str]) -> String {
    let first = names.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join("; ");
    if names.len() > MAX_NAMES { format!("{first} and {} more", names.len() - MAX_NAMES) } else { first }
}

fn shared_uri(uri: &str, others: &str) -> Finding {
    finding(
        Severity::Medium,
        FindingCode::SharedApplicationUri,
        format!(
            "the server at {others} has the same ApplicationUri {uri}: clients and trust lists cannot tell them apart"
        ),
        "give each server an ApplicationUri of its own, and a certificate with it",
    )
}

fn shared_certificate(thumbprint: &str, others: &str) -> Finding {
    finding(
        Severity::High,
        FindingCode::SharedCertificate,
        format!(
            "the server at {others} shows the same certificate {thumbprint}: whoever has the key of one is the other"
        ),
        "have a key and a certificate made for each server; a cloned image must not hold any",
    )
}
