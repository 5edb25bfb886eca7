//! By what records can be found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Application, Approval, DiscoveryRun, Edge, Endpoint, Record, Site};

/// A property that records can be asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Field {
    /// ApplicationUri, whatever its case.
    ApplicationUri,
    /// ProductUri.
    ProductUri,
    /// `server`, `client`, `clientAndServer`, `discoveryServer`.
    ApplicationType,
    /// One of the capabilities of a server, or of an edge.
    Capability,
    /// `IP:PORT` of an application.
    Address,
    /// SHA-1 of a certificate.
    Thumbprint,
    /// The application of an endpoint.
    Application,
    /// The URL of an endpoint, as reached.
    Url,
    /// `None`, `Sign`, `SignAndEncrypt`.
    SecurityMode,
    /// URI of the security policy.
    SecurityPolicy,
    /// The site.
    Site,
    /// The edge; of an endpoint also those that may still use it.
    Edge,
    /// `discovered`, `approved`, `rejected`.
    Approval,
    /// `true` or `false`.
    Enabled,
    /// Of endpoints: `true` or `false`.
    Activated,
    /// Not found by the last search that should have: `true` or `false`.
    Gone,
    /// Of edges: `true` or `false`.
    Connected,
    /// Of searches: `pending`, `running`, `finished`, `cancelled`, `failed`.
    State,
}

impl Field {
    /// The name under which stores keep it.
    #[must_use]
    pub fn name(self) -> String {
        word(&self)
    }
}

impl Record {
    /// What it can be found by; a field may stand there several times.
    #[must_use]
    pub fn labels(&self) -> Vec<(Field, String)> {
        match self {
            Self::Application(application) => of_application(application),
            Self::Endpoint(endpoint) => of_endpoint(endpoint),
            Self::Edge(edge) => of_edge(edge),
            Self::Site(_) => Vec::new(),
            Self::DiscoveryRun(run) => of_run(run),
        }
    }

    /// What people look for in it: names and URIs, in lower case.
    #[must_use]
    pub fn text(&self) -> String {
        let text = match self {
            Self::Application(Application { description, .. }) => {
                format!("{} {} {}", description.application_name, description.application_uri, description.product_uri)
            }
            Self::Endpoint(Endpoint { description, .. }) => format!("{} {}", description.url, description.reported_url),
            Self::Edge(Edge { root, .. }) => root.clone(),
            Self::Site(Site { name, .. }) => name.clone(),
            Self::DiscoveryRun(DiscoveryRun { what, .. }) => what.clone(),
        };
        text.to_lowercase()
    }
}

/// The value under which a field is kept and looked for.
#[must_use]
pub(crate) fn normal_value(field: Field, value: &str) -> String {
    match field {
        Field::ApplicationUri | Field::Thumbprint | Field::Url => value.to_lowercase(),
        _ => value.to_owned(),
    }
}

fn of_application(application: &Application) -> Vec<(Field, String)> {
    let Application { description, addresses, thumbprints, .. } = application;
    let mut labels = vec![
        (Field::ApplicationUri, normal_value(Field::ApplicationUri, &description.application_uri)),
        (Field::ProductUri, description.product_uri.clone()),
        (Field::ApplicationType, word(&description.application_type)),
        (Field::Enabled, application.enabled.to_string()),
        (Field::Gone, application.seen.is_some_and(|seen| seen.gone_since.is_some()).to_string()),
        approval(application.approval),
    ];
    labels.extend(description.capabilities.iter().map(|one| (Field::Capability, one.clone())));
    labels.extend(addresses.iter().map(|one| (Field::Address, one.clone())));
    labels.extend(thumbprints.iter().map(|one| (Field::Thumbprint, normal_value(Field::Thumbprint, one))));
    labels.extend(application.site.clone().map(|site| (Field::Site, site)));
    labels.extend(application.edge.clone().map(|edge| (Field::Edge, edge)));
    labels
}

fn of_endpoint(endpoint: &Endpoint) -> Vec<(Field, String)> {
    let description = &endpoint.description;
    let mut labels = vec![
        (Field::Application, endpoint.application.clone()),
        (Field::Url, normal_value(Field::Url, &description.url)),
        (Field::SecurityMode, description.security_mode.clone()),
        (Field::SecurityPolicy, description.security_policy_uri.clone()),
        (Field::Activated, endpoint.activated.to_string()),
        (Field::Gone, endpoint.seen.is_some_and(|seen| seen.gone_since.is_some()).to_string()),
    ];
    let thumbprint = description.certificate_thumbprint.as_deref();
    labels.extend(thumbprint.map(|one| (Field::Thumbprint, normal_value(Field::Thumbprint, one))));
    labels.extend(endpoint.site.clone().map(|site| (Field::Site, site)));
    labels.extend(endpoint.edge.iter().chain(&endpoint.unreleased).map(|edge| (Field::Edge, edge.clone())));
    labels
}

fn of_edge(edge: &Edge) -> Vec<(Field, String)> {
    let mut labels = vec![approval(edge.approval), (Field::Connected, edge.presence.connected.to_string())];
    labels.extend(edge.site.clone().map(|site| (Field::Site, site)));
    labels.extend(edge.capabilities.iter().map(|one| (Field::Capability, one.clone())));
    labels
}

fn of_run(run: &DiscoveryRun) -> Vec<(Field, String)> {
    let state = (Field::State, word(&run.state));
    std::iter::once(state).chain(run.edge.clone().map(|edge| (Field::Edge, edge))).collect()
}

fn approval(approval: Approval) -> (Field, String) {
    (Field::Approval, word(&approval))
}

/// As it stands in JSON.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
