//! Records that the capabilities share: what is known of a plant.

mod application;
mod edge;
mod endpoint;
mod finding;
mod labels;
mod run;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::UtcTime;

pub use application::{Application, ApplicationDescription, ApplicationType, Approval};
pub use edge::{Edge, Presence, Site};
pub use endpoint::{Endpoint, EndpointDescription, UserTokenPolicy};
pub use finding::{Finding, FindingCode, Severity};
pub use labels::Field;
pub(crate) use labels::normal_value;
pub use run::{Counts, DiscoveryRun, NamedApplication, RunDiff, RunState};

/// What a registry stores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Record {
    /// An OPC UA application.
    Application(Application),
    /// An endpoint of an application.
    Endpoint(Endpoint),
    /// A process on a factory floor.
    Edge(Edge),
    /// A plant, or a part of one, that edges stand in.
    Site(Site),
    /// A search for servers, from its request to its end.
    DiscoveryRun(DiscoveryRun),
}

/// Since when something is known, and whether it is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// When it was found first.
    pub first: UtcTime,
    /// When it was found last.
    pub last: UtcTime,
    /// When a search that should have found it did not, for the first time since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<UtcTime>,
}

impl Seen {
    /// Found for the first time.
    #[must_use]
    pub const fn at(now: UtcTime) -> Self {
        Self { first: now, last: now, gone_since: None }
    }

    /// Found again.
    #[must_use]
    pub const fn again(self, now: UtcTime) -> Self {
        Self { last: now, gone_since: None, ..self }
    }

    /// Looked for in vain.
    #[must_use]
    pub fn missed(self, now: UtcTime) -> Self {
        Self { gone_since: self.gone_since.or(Some(now)), ..self }
    }
}
