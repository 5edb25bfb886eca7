//! Requests about applications.

use iiot_core::model::{Application, ApplicationDescription, ApplicationType, Approval, Endpoint, EndpointDescription};
use iiot_core::registry::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::endpoints::RecordedEndpoint;

/// Asks for applications that fit all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApplicationsRequest {
    /// What the name or an URI contains, whatever its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub contains: Option<String>,
    /// ApplicationUri, whatever its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub application_uri: Option<String>,
    /// Server, client or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<ApplicationType>,
    /// ProductUri.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub product_uri: Option<String>,
    /// One of its capabilities: `DA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub capability: Option<String>,
    /// The site.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub site: Option<String>,
    /// The edge that looks after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub edge: Option<String>,
    /// What was decided about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Whether it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether the last search that should have found it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<bool>,
    /// Where it answers: `10.0.0.7:4840`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub address: Option<String>,
    /// SHA-1 of its certificate, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub thumbprint: Option<String>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Applications in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Applications, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationsResponse {
    /// Those of the page.
    pub applications: Vec<RecordedApplication>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An application as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedApplication {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The application.
    pub application: Application,
}

/// Names an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
}

/// An application with its endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationWithEndpoints {
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The application.
    pub application: Application,
    /// Its endpoints, ordered by id.
    pub endpoints: Vec<RecordedEndpoint>,
}

/// Names an application that is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeApplicationRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// The revision that it must have; `conflict` if it was changed since. Any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

/// Says whether an application belongs to the plant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationDecision {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// `approved`, `rejected`, or `discovered` to take a decision back.
    pub approval: Approval,
    /// The revision that was looked at; `conflict` if it was changed since. Any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

/// Changes what an application is called and where it stands, as RFC 7396 does: what is absent stays as it is; `null` gives
/// it back to the searches, which fill in again what the server says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateApplicationRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// The revision that it must have; `conflict` if it was changed since. Any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// For people.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", length(max = 4096))]
    pub application_name: Option<Option<String>>,
    /// The product.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", length(max = 4096))]
    pub product_uri: Option<Option<String>>,
    /// What it can do, by the identifiers of OPC 10000-12 Annex D.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>", length(max = 100))]
    pub capabilities: Option<Option<Vec<String>>>,
    /// Where its endpoints can be asked for.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>", length(max = 100))]
    pub discovery_urls: Option<Option<Vec<String>>>,
    /// The site; `null` that of its edge.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", length(max = 256))]
    pub site: Option<Option<String>>,
}

/// Enters an application by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddApplicationRequest {
    /// What it is.
    pub description: ApplicationDescription,
    /// Where it answers, if that is known: `10.0.0.7:4840`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 64)))]
    pub addresses: Vec<String>,
    /// Its endpoints, if they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub endpoints: Vec<EndpointDescription>,
    /// The site where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub site: Option<String>,
    /// The edge that reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub edge: Option<String>,
}

/// Takes over an endpoint that somebody above keeps on record, and uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdoptRequest {
    /// The id of the application.
    #[schemars(length(min = 1, max = 256))]
    pub application: String,
    /// What the application says of itself.
    pub application_description: ApplicationDescription,
    /// Where it answers: `10.0.0.7:4840`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 64)))]
    pub addresses: Vec<String>,
    /// The id of the endpoint.
    #[schemars(length(min = 1, max = 256))]
    pub endpoint: String,
    /// The endpoint.
    pub endpoint_description: EndpointDescription,
}

impl AdoptRequest {
    /// For an endpoint with this id, and its application.
    #[must_use]
    pub fn new(id: &str, endpoint: &Endpoint, application: &Application) -> Self {
        Self {
            application: endpoint.application.clone(),
            application_description: application.description.clone(),
            addresses: application.addresses.clone(),
            endpoint: id.to_owned(),
            endpoint_description: endpoint.description.clone(),
        }
    }
}

/// Deletes what has been gone for long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PurgeRequest {
    /// How long it must not have been seen, in minutes.
    #[schemars(range(max = 52_560_000))]
    pub not_seen_for_minutes: u32,
    /// Only tells what would be deleted.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was deleted, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PurgeResponse {
    /// The ids of applications, all their endpoints with them; the first thousand.
    pub applications: Vec<String>,
    /// The ids of endpoints of applications that stay; the first thousand.
    pub endpoints: Vec<String>,
    /// Records, all together.
    pub records: u64,
    /// Whether they are still there.
    pub dry_run: bool,
}

/// Tells `null` from what is absent.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
