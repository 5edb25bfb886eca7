//! Enters what a search found into the record of a plant.
//!
//! Within a site, whose edges see one space of addresses, an application is who has an ApplicationUri at an address: it keeps
//! its record with another certificate, name or endpoint. Who has its ApplicationUri and certificate at another address, while
//! nobody has it at the old one, has moved. Anyone else is new: three copies of one PLC are three applications, which are
//! flagged.

mod application;
mod bounds;
mod diff;
mod draft;
mod endpoints;
mod identity;
mod server;
mod shared;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use iiot_core::model::{Application, DiscoveryRun, RunState, Seen};
use iiot_core::registry::Write;
use iiot_core::time::UtcTime;

use super::cover::{Cover, place};
use super::id;
use super::placement::{Fleet, Step, decide};
use super::rules::ApprovalRules;
use crate::found::{FailedTarget, Scope, SearchResult};
use crate::outcome::Outcome;

pub(super) use diff::{Verdict, Verdicts};
pub(super) use draft::{Draft, Drafts, EndpointDraft};
use server::Server;
pub(super) use shared::{flag, is_shared};

/// What a search found, all of it.
#[derive(Debug, Clone)]
pub struct Findings {
    /// The id of the search.
    pub id: String,
    /// How it ended.
    pub run: DiscoveryRun,
    /// What it covers. A server that it covers and did not find is gone.
    pub scope: Scope,
    /// Servers, and what could not be asked.
    pub results: Vec<SearchResult>,
    /// The edge that searched.
    pub edge: Option<String>,
    /// The site of that edge.
    pub site: Option<String>,
}

/// What a merge is to know beside the records and the findings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) rules: &'a ApprovalRules,
    pub(super) now: UtcTime,
    pub(super) patience: Duration,
    /// Ids that are taken by records which are not at hand.
    pub(super) taken: &'a HashSet<String>,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Each application that changes, with its endpoints.
    pub(super) groups: Vec<Group>,
    /// What the search says of each application that it concerns.
    pub(super) verdicts: Verdicts,
    /// Endpoints for which an edge has to be told something.
    pub(super) unsettled: Vec<String>,
}

/// Changes that belong together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) application: String,
    pub(super) writes: Vec<Write>,
}

/// What all steps of a merge look at.
struct Search<'a> {
    id: &'a str,
    at: UtcTime,
    edge: Option<&'a str>,
    site: Option<&'a str>,
    cover: Cover,
    /// Places where something speaks OPC UA, or could not be tried, so that nobody knows who it is.
    unclear: BTreeSet<String>,
    circumstances: Circumstances<'a>,
}

/// What has to change, where `drafts` are the applications of the site and of the edge with their endpoints.
pub(super) fn merge(mut drafts: Drafts, findings: &Findings, circumstances: Circumstances<'_>) -> Plan {
    let search = Search::new(findings, circumstances);
    let servers = server::servers(&findings.results);
    let matches = identity::matches(&drafts, &servers, &search);
    for (server, matched) in servers.iter().zip(matches) {
        let id = matched.unwrap_or_else(|| search.enter(&mut drafts, server));
        if let Some(draft) = drafts.get_mut(&id) {
            application::found(&id, draft, server, &search);
        }
    }
    drafts
        .values_mut()
        .filter(|draft| draft.verdict.is_none())
        .for_each(|draft| application::not_found(draft, &search));
    identity::tell_apart(&mut drafts, &search);
    flag(&mut drafts);
    drafts.values_mut().for_each(application::compare_findings);
    circumstances.rules.apply(&mut drafts);
    plan(drafts, &search)
}

impl<'a> Search<'a> {
    fn new(findings: &'a Findings, circumstances: Circumstances<'a>) -> Self {
        let complete = findings.run.state == RunState::Finished;
        Self {
            id: &findings.id,
            // A clock that is ahead somewhere else does not make all that comes later older.
            at: findings.run.ended.map_or(circumstances.now, |ended| ended.min(circumstances.now)),
            edge: findings.edge.as_deref(),
            site: findings.site.as_deref(),
            cover: if complete { Cover::of(&findings.scope) } else { Cover::default() },
            unclear: findings.results.iter().filter_map(unclear).collect(),
            circumstances,
        }
    }

    /// Whether the search should have found who stands there, if anybody does.
    fn covers(&self, address: &str) -> bool {
        self.cover.covers(address) && !self.unclear.contains(address)
    }

    /// Whether something was seen, or missed, by a later search than this one.
    fn is_older_than(&self, seen: Option<Seen>) -> bool {
        seen.is_some_and(|seen| seen.last > self.at || seen.gone_since.is_some_and(|since| since > self.at))
    }

    /// Whether this edge may change what is said of an application: nobody else looks after it, or not now.
    fn speaks_for(&self, application: &Application) -> bool {
        let Circumstances { fleet, now, patience, .. } = self.circumstances;
        let owner = application.edge.as_deref();
        let is_gone = application.seen.is_some_and(|seen| seen.gone_since.is_some());
        owner == self.edge
            || is_gone
            || !application.enabled
            || owner.is_none_or(|owner| fleet.is_lost(owner, now, patience))
    }

    /// Enters a server that is not on record; returns its id.
    fn enter(&self, drafts: &mut Drafts, server: &Server) -> String {
        let place = self.site.or(self.edge).unwrap_or_default();
        let address = server.addresses.first().map(String::as_str).unwrap_or_default();
        let uri = &server.description.application_uri;
        let taken = |id: &str| drafts.contains_key(id) || self.circumstances.taken.contains(id);
        let id = id::free(|salt| id::of_application(place, uri, address, salt), taken);
        drafts.insert(id.clone(), Draft::new(Application::new(server.description.clone())));
        id
    }
}

/// The place of what is there and could not be asked.
fn unclear(result: &SearchResult) -> Option<String> {
    let SearchResult::Failed(FailedTarget { address, outcome, .. }) = result else { return None };
    let is_there = match outcome {
        None | Some(Outcome::OpcUa | Outcome::Refused { .. } | Outcome::NotTried { .. }) => true,
        Some(_) => false,
    };
    let at = place(address.as_deref()?)?;
    is_there.then(|| at.to_string())
}

fn plan(drafts: Drafts, search: &Search<'_>) -> Plan {
    let mut plan = Plan::default();
    for (id, mut draft) in drafts {
        plan.unsettled.extend(unsettled(&draft, search));
        if let Some(verdict) = draft.verdict.take() {
            plan.verdicts.note(&id, &draft.application.description.application_name, verdict);
        }
        let writes = draft.into_writes(&id);
        if !writes.is_empty() {
            plan.groups.push(Group { application: id, writes });
        }
    }
    plan
}

fn unsettled(draft: &Draft, search: &Search<'_>) -> Vec<String> {
    let Circumstances { fleet, now, patience, .. } = search.circumstances;
    let needs = |(id, draft_of): (&String, &EndpointDraft)| {
        let endpoint = draft_of.endpoint.as_ref()?;
        let step = decide(id, endpoint, Some(&draft.application), fleet, now, patience);
        (step != Step::Keep).then(|| id.clone())
    };
    draft.endpoints.iter().filter_map(needs).collect()
}

/// By ApplicationUri, as it is compared.
fn uri_of(application: &Application) -> String {
    application.description.application_uri.to_lowercase()
}

type Index<K> = BTreeMap<K, Vec<String>>;
