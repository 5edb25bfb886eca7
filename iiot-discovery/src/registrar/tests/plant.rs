//! A plant that is told in lines of text.
//!
//! - `east 10.0.0.0/24: urn:press@10.0.0.1 A; urn:oven@10.0.0.2,10.0.1.2 B` is a search by the edge `east`, which covers these
//!   addresses and finds these servers, each with its addresses and its certificate. `name=…`, `modes=Sign,None` and `port=…`
//!   may follow. `failed@10.0.0.3` could not be asked. `cancelled` behind the addresses ends the search early.
//! - `approve urn:press`, `reject`, `enable`, `disable`, `activate`, `deactivate`, `delete` do so with the application that has
//!   the ApplicationUri, and an endpoint of it; `@10.0.0.1` behind the URI names one of several.
//! - `lose east` and `find east` let an edge go and come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::clock::{Clock, ManualClock};
use iiot_core::model::{
    Application, ApplicationDescription, ApplicationType, Approval, Counts, DiscoveryRun, Edge, Endpoint,
    EndpointDescription, FindingCode, Presence, Record, RunDiff, RunState,
};
use iiot_core::registry::{Expected, MemoryRegistry, Query, RecordKey, RecordKind, RegistryExt, Versioned};
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

use crate::found::{FailedTarget, FoundEndpoint, FoundServer, Scope, SearchResult};
use crate::registrar::applications::{ApplicationDecision, ChangeApplicationRequest, RecordedApplication};
use crate::registrar::endpoints::{ChangeEndpointRequest, RecordedEndpoint};
use crate::registrar::{Activator, Findings, LocalRegistrar, Registrar, RegistrarOptions};

/// Edges `east` and `west` of the site `berlin`, `north` of `oslo`, and `alone` without a site.
pub(super) struct Plant {
    pub(super) registry: MemoryRegistry,
    pub(super) edges: Arc<Edges>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) registrar: LocalRegistrar,
    pub(super) searches: usize,
}

pub(super) const SITES: [(&str, Option<&str>); 4] =
    [("east", Some("berlin")), ("west", Some("berlin")), ("north", Some("oslo")), ("alone", None)];

impl Plant {
    pub(super) async fn new() -> Self {
        Self::with(RegistrarOptions::default()).await
    }

    pub(super) async fn with(options: RegistrarOptions) -> Self {
        let registry = MemoryRegistry::new();
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
        let edges = Arc::<Edges>::default();
        let registrar = LocalRegistrar::new(
            Arc::new(registry.clone()),
            Arc::clone(&edges) as Arc<dyn Activator>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            options,
        );
        for (name, site) in SITES {
            let record = Record::Edge(edge(site));
            registry.put(&RecordKey::new(RecordKind::Edge, name), record, Expected::Absent).await.unwrap();
        }
        Self { registry, edges, clock, registrar, searches: 0 }
    }

    /// What a line says; the diff of a search. A minute passes.
    pub(super) async fn step(&mut self, line: &str) -> Option<RunDiff> {
        self.clock.advance(Duration::from_secs(60));
        if line.contains(':') && line.split(':').next().unwrap().contains('/') {
            let findings = self.findings(line);
            return Some(self.registrar.merge(findings).await.unwrap());
        }
        let (verb, object) = line.split_once(' ').unwrap();
        match verb {
            "lose" => self.presence(object, false).await,
            "find" => self.presence(object, true).await,
            _ => self.change(verb, object).await.unwrap(),
        }
        None
    }

    pub(super) fn findings(&mut self, line: &str) -> Findings {
        self.searches += 1;
        let (head, servers) = line.split_once(':').unwrap();
        let words: Vec<&str> = head.split_whitespace().collect();
        let cancelled = words.contains(&"cancelled");
        let site = SITES.iter().find(|(name, _)| *name == words[0]).unwrap().1;
        let results = servers.split(';').map(str::trim).filter(|text| !text.is_empty()).map(result).collect();
        Findings {
            id: format!("run-{}", self.searches),
            run: run(if cancelled { RunState::Cancelled } else { RunState::Finished }, self.clock.utc()),
            scope: Scope {
                addresses: words[1..].iter().filter(|word| word.contains('/')).map(|&word| word.to_owned()).collect(),
                ports: vec!["4840".into()],
                complete: !cancelled,
                ..Scope::default()
            },
            results,
            edge: Some(words[0].to_owned()),
            site: site.map(str::to_owned),
        }
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    async fn presence(&self, edge: &str, connected: bool) {
        let key = RecordKey::new(RecordKind::Edge, edge);
        let presence = Presence { connected, since: self.clock.utc() };
        let change = |record| match record {
            Record::Edge(edge) => Ok(Some(Record::Edge(Edge { presence, ..edge }))),
            _ => Ok(None),
        };
        self.registry.update(&key, change).await.unwrap();
    }

    pub(super) async fn change(&self, verb: &str, object: &str) -> Result<()> {
        let RecordedApplication { id, .. } = self.named(object).await;
        let application = ChangeApplicationRequest { application: id.clone(), revision: None };
        match verb {
            "approve" => self.decide(&id, Approval::Approved).await,
            "reject" => self.decide(&id, Approval::Rejected).await,
            "enable" => self.registrar.enable(application).await.map(drop),
            "disable" => self.registrar.disable(application).await.map(drop),
            "delete" => self.registrar.delete_application(application).await.map(drop),
            "activate" => self.registrar.activate(self.best(&id).await).await.map(drop),
            "deactivate" => self.registrar.deactivate(self.best(&id).await).await.map(drop),
            other => panic!("what is {other}?"),
        }
    }

    async fn decide(&self, id: &str, approval: Approval) -> Result<()> {
        let decision = ApplicationDecision { application: id.to_owned(), approval, revision: None };
        self.registrar.decide_application(decision).await.map(drop)
    }

    /// The one that encrypts.
    async fn best(&self, application: &str) -> ChangeEndpointRequest {
        let endpoints = self.endpoints().await.into_iter();
        let mut fitting = endpoints.filter(|one| {
            one.endpoint.application == application && one.endpoint.description.security_mode == "SignAndEncrypt"
        });
        ChangeEndpointRequest { endpoint: fitting.next().unwrap().id, revision: None }
    }

    /// `urn:press` or `urn:press@10.0.0.1`
    pub(super) async fn named(&self, name: &str) -> RecordedApplication {
        let (uri, address) = name.split_once('@').map_or((name, None), |(uri, at)| (uri, Some(format!("{at}:4840"))));
        let fits = |one: &RecordedApplication| {
            one.application.description.application_uri == uri
                && address.as_ref().is_none_or(|address| one.application.addresses.contains(address))
        };
        self.applications().await.into_iter().find(fits).unwrap_or_else(|| panic!("there is no {name}"))
    }

    pub(super) async fn applications(&self) -> Vec<RecordedApplication> {
        let recorded = |found: Versioned| match found.record {
            Record::Application(application) => {
                RecordedApplication { id: found.key.id, revision: found.revision, application }
            }
            other => panic!("{other:?}"),
        };
        self.all(RecordKind::Application).await.into_iter().map(recorded).collect()
    }

    pub(super) async fn endpoints(&self) -> Vec<RecordedEndpoint> {
        let recorded = |found: Versioned| match found.record {
            Record::Endpoint(endpoint) => RecordedEndpoint { id: found.key.id, revision: found.revision, endpoint },
            other => panic!("{other:?}"),
        };
        self.all(RecordKind::Endpoint).await.into_iter().map(recorded).collect()
    }

    pub(super) async fn all(&self, kind: RecordKind) -> Vec<Versioned> {
        self.registry.all(Query::of(kind)).await.unwrap()
    }

    /// All applications and endpoints, with their revisions.
    pub(super) async fn dump(&self) -> Vec<Versioned> {
        [self.all(RecordKind::Application).await, self.all(RecordKind::Endpoint).await].concat()
    }

    /// All applications, a line each: ApplicationUri, addresses, certificates, owner, decision, and what is odd.
    pub(super) async fn told(&self) -> Vec<String> {
        let endpoints = self.endpoints().await;
        let mut lines: Vec<String> = self.applications().await.iter().map(|one| line(one, &endpoints)).collect();
        lines.sort();
        lines
    }
}

fn line(recorded: &RecordedApplication, endpoints: &[RecordedEndpoint]) -> String {
    let Application { description, addresses, thumbprints, edge, approval, enabled, seen, findings, .. } =
        &recorded.application;
    let short = |all: &[String]| all.join(",").replace(":4840", "").to_uppercase();
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let mut words = vec![
        description.application_uri.clone(),
        or_dash(short(addresses)),
        or_dash(short(thumbprints)),
        edge.clone().unwrap_or_else(|| "-".into()),
        format!("{approval:?}").to_lowercase(),
    ];
    let has = |code| findings.iter().any(|finding| finding.code == code);
    for (word, is_so) in [
        ("disabled", !enabled),
        ("gone", seen.is_some_and(|seen| seen.gone_since.is_some())),
        ("sharedUri", has(FindingCode::SharedApplicationUri)),
        ("sharedCertificate", has(FindingCode::SharedCertificate)),
    ] {
        words.extend(is_so.then(|| word.to_owned()));
    }
    let mut own: Vec<&Endpoint> =
        endpoints.iter().map(|one| &one.endpoint).filter(|one| one.application == recorded.id).collect();
    own.sort_by_key(|one| (one.description.security_mode.clone(), one.description.url.clone()));
    words.extend(own.into_iter().filter(|one| one.activated || one.edge.is_some()).map(|endpoint| {
        let problem = if endpoint.problem.is_some() { "!" } else { "" };
        let wish = if endpoint.activated { "*" } else { "" };
        let mode = &endpoint.description.security_mode;
        format!("{wish}{mode}>{}{problem}", endpoint.edge.as_deref().unwrap_or("-"))
    }));
    words.join(" ")
}

fn result(text: &str) -> SearchResult {
    let mut words = text.split_whitespace();
    let (uri, addresses) = words.next().unwrap().split_once('@').unwrap();
    let options: BTreeMap<&str, &str> = words.clone().filter_map(|word| word.split_once('=')).collect();
    let port = options.get("port").copied().unwrap_or("4840");
    let addresses: Vec<String> = addresses.split(',').map(|ip| format!("{ip}:{port}")).collect();
    if uri == "failed" {
        return SearchResult::Failed(failed(&addresses[0]));
    }
    let certificate = words.next().filter(|word| !word.contains('='));
    let modes = options.get("modes").copied().unwrap_or("None,SignAndEncrypt");
    let endpoints = modes.split(',').map(|mode| found_endpoint(&addresses[0], mode, certificate)).collect();
    let name = options.get("name").copied().unwrap_or(uri);
    SearchResult::Server(FoundServer {
        description: description(uri, name),
        addresses,
        endpoints,
        findings: Vec::new(),
        via: Vec::new(),
    })
}

pub(super) fn description(uri: &str, name: &str) -> ApplicationDescription {
    ApplicationDescription {
        application_uri: uri.to_owned(),
        application_name: name.to_owned(),
        locale: None,
        product_uri: "urn:maker".into(),
        application_type: ApplicationType::Server,
        gateway_server_uri: None,
        discovery_profile_uri: None,
        discovery_urls: Vec::new(),
        capabilities: vec!["DA".into()],
    }
}

fn found_endpoint(address: &str, mode: &str, certificate: Option<&str>) -> FoundEndpoint {
    let url = format!("opc.tcp://{address}");
    FoundEndpoint { description: endpoint_description(&url, mode, certificate), findings: Vec::new() }
}

pub(super) fn endpoint_description(url: &str, mode: &str, certificate: Option<&str>) -> EndpointDescription {
    let policy = if mode == "None" { "None" } else { "Basic256Sha256" };
    EndpointDescription {
        url: url.to_owned(),
        reported_url: "opc.tcp://plc:4840".into(),
        security_mode: mode.to_owned(),
        security_policy_uri: format!("http://opcfoundation.org/UA/SecurityPolicy#{policy}"),
        security_level: 0,
        transport_profile_uri: String::new(),
        certificate_thumbprint: certificate.map(str::to_owned),
        certificate: None,
        user_tokens: Vec::new(),
    }
}

fn failed(address: &str) -> FailedTarget {
    FailedTarget {
        url: format!("opc.tcp://{address}"),
        address: Some(address.to_owned()),
        outcome: None,
        message: "it does not answer GetEndpoints".into(),
        via: Vec::new(),
    }
}

pub(super) fn run(state: RunState, now: UtcTime) -> DiscoveryRun {
    DiscoveryRun {
        edge: None,
        what: "everything".into(),
        state,
        requested: now,
        started: Some(now),
        ended: Some(now),
        counts: Counts::default(),
        diff: None,
        error: None,
    }
}

pub(super) fn edge(site: Option<&str>) -> Edge {
    Edge {
        site: site.map(str::to_owned),
        root: "iiot".into(),
        place_key: "key".into(),
        approval: Approval::Approved,
        presence: Presence { connected: true, since: UtcTime::UNIX_EPOCH },
        version: String::new(),
        capabilities: Vec::new(),
        first_seen: UtcTime::UNIX_EPOCH,
        problem: None,
    }
}

/// Edges that remember what they are to use.
#[derive(Debug, Default)]
pub(super) struct Edges(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    used: BTreeMap<String, BTreeMap<String, String>>,
    deaf: BTreeSet<String>,
    told: usize,
}

impl Edges {
    /// Whether an edge answers.
    pub(super) fn set_deaf(&self, edge: &str, deaf: bool) {
        let mut state = self.0.lock().unwrap();
        if deaf {
            state.deaf.insert(edge.to_owned());
        } else {
            state.deaf.remove(edge);
        }
    }

    /// The URLs that an edge uses.
    pub(super) fn used_by(&self, edge: &str) -> Vec<String> {
        self.0.lock().unwrap().used.get(edge).map(|used| used.values().cloned().collect()).unwrap_or_default()
    }

    /// How often edges were told something.
    pub(super) fn told(&self) -> usize {
        self.0.lock().unwrap().told
    }

    fn tell(&self, edge: &str, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<()> {
        let mut state = self.0.lock().unwrap();
        if state.deaf.contains(edge) {
            return Err(Error::new(ErrorKind::Timeout, "call an edge", "no answer").with("edge", edge));
        }
        state.told += 1;
        change(state.used.entry(edge.to_owned()).or_default());
        Ok(())
    }
}

#[async_trait]
impl Activator for Edges {
    async fn activate(&self, id: &str, endpoint: &Endpoint, _: &Application, edge: &str) -> Result<()> {
        let url = endpoint.description.url.clone();
        self.tell(edge, |used| {
            used.insert(id.to_owned(), url);
        })
    }

    async fn deactivate(&self, id: &str, edge: &str) -> Result<()> {
        self.tell(edge, |used| {
            used.remove(id);
        })
    }
}
