//! What was found, with what is wrong with it.

use iiot_core::time::UtcTime;

use super::gather::{Evidence, Gathered, Sighting, gather};
use super::told::merge;
use super::visits::Visits;
use crate::findings::{Seen, of_application, of_endpoint, shared};
use crate::found::{FoundEndpoint, FoundServer, SearchResult};

pub(super) fn results(sightings: &[Sighting], evidence: &Evidence, visits: &Visits, now: UtcTime) -> Vec<SearchResult> {
    let gathered = gather(sightings, evidence);
    let mut servers: Vec<_> = gathered.into_iter().map(|one| server(one, visits, now)).collect();
    shared(&mut servers);
    let servers = servers.into_iter().map(SearchResult::Server);
    servers.chain(visits.failures().into_iter().map(SearchResult::Failed)).collect()
}

fn server(gathered: Gathered, visits: &Visits, now: UtcTime) -> FoundServer {
    let Gathered { told, places } = gathered;
    let (mut description, mut via, mut addresses, mut unreached) =
        (told.description, Vec::new(), Vec::new(), Vec::new());
    for place in &places {
        merge(&mut description.capabilities, visits.capabilities(place));
        via.extend(visits.via(place));
        addresses.push(place.address.to_string());
        unreached.extend(visits.unreached(place).into_iter().map(|one| (one.url, one.why)));
    }
    addresses.dedup();
    via.sort();
    via.dedup();
    let flaws: Vec<String> = told.flaws.into_iter().collect();
    let seen = Seen { flaws: &flaws, unreached: &unreached, now };
    let findings = of_application(&description, &told.endpoints, &seen);
    let endpoint = |description| FoundEndpoint { findings: of_endpoint(&description), description };
    FoundServer { endpoints: told.endpoints.into_iter().map(endpoint).collect(), description, addresses, findings, via }
}
