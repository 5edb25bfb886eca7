//! The process above the edges: calls go to the edge that they concern.
//!
//! [`Edges`] reaches the edges of a registry that were approved and are there. [`of_twins`] offers the twin of every activated
//! endpoint, carried out by the edge that holds it; [`of_edges`] what concerns an edge itself. Each edge checks who asks, his
//! role and its own guard, and records it.

mod activator;
mod balance;
mod edges;
mod places;
mod rounds;
mod route;
mod runs;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::access::SigningKey;
use iiot_core::operation::{Dispatch, Operation};
use iiot_core::presence::EdgeWatch;
use iiot_core::{Error, ErrorKind, Result};
use iiot_discovery::registrar::ApprovalRules;

pub use activator::AtEdges;
pub use balance::Balance;
pub use edges::{EdgeCaller, Edges};
pub use route::{ByEdge, ByEndpoint};
pub use runs::Runs;

use crate::app::Running;

/// The twins of all activated endpoints.
#[must_use]
pub fn of_twins(edges: &Arc<Edges>) -> Arc<dyn Dispatch> {
    Arc::new(ByEndpoint::new(iiot_twin::OPERATIONS, Arc::clone(edges)))
}

/// What concerns an edge itself: how it stands, what it publishes, its searches.
#[must_use]
pub fn of_edges(edges: &Arc<Edges>) -> Vec<Arc<dyn Dispatch>> {
    let of = |operations: &'static LazyLock<Vec<Operation>>| -> Arc<dyn Dispatch> {
        Arc::new(ByEdge::new(operations, Arc::clone(edges)))
    };
    vec![of(&PUBLISHER), of(&CONFIGURATION), of(&DISCOVERY)]
}

static PUBLISHER: LazyLock<Vec<Operation>> = LazyLock::new(|| ByEdge::table(iiot_publisher::operations::OPERATIONS));
static CONFIGURATION: LazyLock<Vec<Operation>> =
    LazyLock::new(|| ByEdge::table(iiot_publisher::configuration::operations::OPERATIONS));
static DISCOVERY: LazyLock<Vec<Operation>> = LazyLock::new(|| ByEdge::table(iiot_discovery::OPERATIONS));

/// The key that a process with its files in `data` signs requests to edges with; made with the first call.
///
/// # Errors
/// As of [`SigningKey::open`].
pub fn caller_key(data: &Path) -> Result<SigningKey> {
    SigningKey::open(&data.join("rpc").join("caller.key"))
}

/// The rules in a file, by which applications are approved when a search finds them.
///
/// # Errors
/// `Io` if it cannot be read, `InvalidArgument` if it holds none.
pub fn rules(file: &Path) -> Result<ApprovalRules> {
    let text = std::fs::read(file).map_err(|cause| {
        Error::new(ErrorKind::Io, "read the rules", "the file cannot be read")
            .with("file", file.display())
            .because(cause)
    })?;
    ApprovalRules::from_json(&text).map_err(|error| error.with("file", file.display()))
}

#[async_trait]
impl Running for EdgeWatch {
    fn name(&self) -> &'static str {
        "watch on edges"
    }

    async fn failed(&self) -> Error {
        std::future::pending().await
    }

    async fn stop(&self, _: Duration) {}
}
