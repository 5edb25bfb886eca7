//! A record of applications without edges that use them.

use async_trait::async_trait;
use iiot_core::model::{Application, Endpoint};
use iiot_core::{Error, ErrorKind, Result};
use iiot_discovery::registrar::Activator;

/// There is nobody here who could use an endpoint: a certificate manager knows applications, and reaches no edges.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

#[async_trait]
impl Activator for Nowhere {
    async fn activate(&self, _: &str, _: &Endpoint, _: &Application, edge: &str) -> Result<()> {
        Err(unreached(edge))
    }

    async fn deactivate(&self, _: &str, edge: &str) -> Result<()> {
        Err(unreached(edge))
    }
}

fn unreached(edge: &str) -> Error {
    let message = "a certificate manager reaches no edges: ask the process above them";
    Error::new(ErrorKind::Unsupported, "use endpoint", message).with("edge", edge)
}
