//! Who is where, by what one server said.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};

use iiot_core::model::ApplicationType;
use iiot_core::text::{MAX_URI, cleaned};
use iiot_core::ua;
use iiot_core::ua::trust::leaf_of_chain;

use super::ask::Said;
use super::place::Location;
use super::told::{Taking, Told};
use super::visits::Visit;

/// Addresses of the hosts that a server named.
pub(crate) type Hosts = HashMap<String, Result<Vec<IpAddr>, String>>;

/// Who answered, and whom he told of.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) here: Vec<Told>,
    pub(crate) elsewhere: Vec<Elsewhere>,
}

/// An application that is to be visited itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    pub(crate) urls: Vec<String>,
    pub(crate) capabilities: Vec<String>,
}

impl Account {
    /// Puts what was said in order: endpoints go to the application that they belong to, and an application is here if
    /// its URLs lead here; if none does, the one that has endpoints, before all a discovery server.
    pub(crate) fn new(visit: &Visit, said: &Said, hosts: &Hosts) -> Self {
        let mut all = applications(visit, said);
        let has_endpoints = all.iter().any(|told| !told.endpoints.is_empty());
        let candidates: Vec<usize> =
            (0..all.len()).filter(|&index| !has_endpoints || !all[index].endpoints.is_empty()).collect();
        let here = who_is_here(&all, &candidates, |url| leads_here(url, visit, hosts));
        let mut account = Self::default();
        for (index, mut told) in all.drain(..).enumerate() {
            if here.contains(&index) {
                identify(&mut told, visit);
                account.here.push(told);
            } else if told.description.application_type != ApplicationType::Client {
                account.elsewhere.push(Elsewhere { urls: urls(&told), capabilities: Vec::new() });
            }
        }
        if let Some(first) = account.here.first_mut() {
            first.flaws.extend(said.flaws());
        }
        account.elsewhere.extend(said.network.items.iter().map(on_network));
        account.elsewhere.retain(|one| !one.urls.is_empty());
        account
    }
}

/// The URLs of an application, each once.
pub(crate) fn urls(told: &Told) -> Vec<String> {
    let endpoints = told.endpoints.iter().map(|endpoint| &endpoint.reported_url);
    let mut seen = BTreeSet::new();
    let all = told.description.discovery_urls.iter().chain(endpoints).filter(|url| !url.is_empty());
    all.filter(|url| seen.insert(normal(url))).cloned().collect()
}

/// Hosts that have to be looked up before it is clear who is where.
pub(crate) fn hosts_of_endpoints(said: &Said) -> BTreeSet<String> {
    let urls = said.endpoints.items.iter().map(|endpoint| endpoint.endpoint_url.as_ref());
    let all = urls.chain(
        said.servers
            .items
            .iter()
            .flat_map(|server| server.discovery_urls.as_deref().unwrap_or_default().iter().map(AsRef::as_ref)),
    );
    all.filter_map(host_to_resolve).take(MAX_HOSTS).collect()
}

/// The host of a URL, if it has to be looked up.
pub(crate) fn host_to_resolve(url: &str) -> Option<String> {
    let location = Location::parse(url).ok()?;
    location.ip().is_none().then(|| location.host())
}

/// Where a URL leads.
pub(crate) fn addresses(url: &str, hosts: &Hosts) -> Result<Vec<SocketAddr>, String> {
    let location = Location::parse(url).map_err(|error| error.message().to_owned())?;
    let ips = match location.ip() {
        Some(ip) => vec![ip],
        None => hosts.get(&location.host()).cloned().unwrap_or_else(|| Err("its host was not looked up".into()))?,
    };
    Ok(ips.into_iter().map(|ip| SocketAddr::new(ip.to_canonical(), location.port())).collect())
}

/// Names that are looked up for one server.
const MAX_HOSTS: usize = 200;

fn applications(visit: &Visit, said: &Said) -> Vec<Told> {
    let (mut all, mut by_uri): (Vec<Told>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
    let mut learn = |server: &ua::ApplicationDescription, only: Option<&str>| {
        let told = Told::new(server);
        let uri = match (only, told.description.application_uri.as_str()) {
            (Some(only), "") => only.to_owned(),
            (_, uri) => uri.to_owned(),
        };
        match by_uri.get(&uri) {
            Some(index) => {
                all[*index].learn(told);
                *index
            }
            None => {
                by_uri.insert(uri, all.len());
                all.push(told);
                all.len() - 1
            }
        }
    };
    for server in &said.servers.items {
        learn(server, None);
    }
    let only = match &said.servers.items[..] {
        [one] => Some(cleaned(one.application_uri.as_ref(), MAX_URI)),
        _ => None,
    };
    let owners: Vec<usize> = said.endpoints.items.iter().map(|one| learn(&one.server, only.as_deref())).collect();
    for (endpoint, owner) in said.endpoints.items.iter().zip(owners) {
        all[owner].take(endpoint, &visit.location);
    }
    all
}

fn who_is_here(all: &[Told], candidates: &[usize], leads_here: impl Fn(&str) -> bool) -> Vec<usize> {
    if candidates.len() <= 1 {
        return candidates.to_vec();
    }
    let is_here = |index: &usize| urls(&all[*index]).iter().any(|url| leads_here(url));
    let here: Vec<usize> = candidates.iter().copied().filter(is_here).collect();
    if !here.is_empty() {
        return here;
    }
    let tells_of_others =
        |index: &&usize| all[**index].description.application_type == ApplicationType::DiscoveryServer;
    candidates.iter().find(tells_of_others).or_else(|| candidates.first()).copied().into_iter().collect()
}

fn leads_here(url: &str, visit: &Visit, hosts: &Hosts) -> bool {
    let Ok(location) = Location::parse(url) else { return false };
    if location.port() != visit.place.address.port() {
        return false;
    }
    let is_own = |address: &SocketAddr| {
        address.ip() == visit.place.address.ip() || address.ip().is_loopback() || address.ip().is_unspecified()
    };
    location.host().eq_ignore_ascii_case(&visit.location.host())
        || addresses(url, hosts).is_ok_and(|addresses| addresses.iter().any(is_own))
}

/// Gives a name to who says none.
fn identify(told: &mut Told, visit: &Visit) {
    if !told.description.application_uri.is_empty() {
        return;
    }
    told.flaws.insert("it tells no ApplicationUri".into());
    let certified = told.endpoints.iter().find_map(|endpoint| certified_uri(endpoint.certificate.as_deref()?));
    told.description.application_uri = certified.unwrap_or_else(|| format!("urn:unnamed:{}", visit.place.address));
}

fn certified_uri(chain: &str) -> Option<String> {
    use base64::Engine;
    let chain = base64::prelude::BASE64_STANDARD.decode(chain).ok()?;
    let uri = leaf_of_chain(&chain).ok()?.0.application_uri()?;
    Some(cleaned(&uri, MAX_URI)).filter(|uri| !uri.is_empty())
}

fn on_network(record: &ua::ServerOnNetwork) -> Elsewhere {
    let mut taking = Taking::default();
    let urls = vec![cleaned(record.discovery_url.as_ref(), MAX_URI)];
    Elsewhere {
        urls: urls.into_iter().filter(|url| !url.is_empty()).collect(),
        capabilities: taking.list("capability", record.server_capabilities.as_deref()),
    }
}

fn normal(url: &str) -> String {
    url.trim_end_matches('/').to_lowercase()
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
